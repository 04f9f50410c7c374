import type { Instant } from '../../../domain/time.ts';
import { unmarkBackup } from '../backup/backup-mark.ts';
import type { Connection } from '../connection/connection.ts';
import { digestRows, numberAccounts } from '../tables/digest-rows.ts';
import { DEFAULT_PREFIX } from '../../../domain/entities/account-number.ts';
import {
  DIGESTS_KEPT,
  ENTRY_BLOCKS,
  HOLDS_IN_SUM,
  IDENTITY,
  LEDGER_SCHEMA,
  NEWEST_ENTRY,
  NUMBERS,
  NUMBERS_KEPT,
  PAYEES,
  PEOPLE_AND_MAIL,
  ROW_DIGESTS,
  UNBOOKED_TRANSFERS,
} from './schema.ts';
import { whenUnlocked } from '../writing/waiting.ts';

/** Settings of the ledger that a migration of rows needs. */
type FillTerms = {
  /** Prefix of the account numbers that are drawn for existing accounts. */
  readonly accountPrefix: string;
};

export type Migration = {
  readonly name: string;
  readonly sql: string;
  /** Changes rows in the transaction of `sql` and after it, then applies more SQL. */
  readonly fill?: {
    readonly rows: (connection: Connection, terms: FillTerms) => void;
    readonly sql: string;
  };
};

/** Numbered from 1 by their position. Forward only: a released migration is never changed, moved or removed. */
const MIGRATIONS: readonly Migration[] = [
  { name: 'ledger and outbox', sql: LEDGER_SCHEMA },
  { name: 'entries by counterparty in blocks', sql: ENTRY_BLOCKS },
  { name: 'transfers by user in books', sql: UNBOOKED_TRANSFERS },
  { name: 'the newest entry, and a probe of writes', sql: NEWEST_ENTRY },
  {
    name: 'a digest of what no chain covers',
    sql: ROW_DIGESTS,
    fill: { rows: digestRows, sql: DIGESTS_KEPT },
  },
  { name: 'sessions by their end, mails by the hour, users in the audit log', sql: PEOPLE_AND_MAIL },
  { name: 'pending holds with their amounts', sql: HOLDS_IN_SUM },
  { name: 'profiles, refresh tokens, credentials and security events', sql: IDENTITY },
  {
    name: 'account numbers, references and external ids',
    sql: NUMBERS,
    fill: { rows: numberAccounts, sql: NUMBERS_KEPT },
  },
  { name: 'payees', sql: PAYEES },
];

const RECORD = `CREATE TABLE IF NOT EXISTS schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT`;

/**
 * Applies missing migrations, each in its own transaction. Several processes may call it at once.
 * @throws Error for a database of a newer version or of another program, and PassbookError `unavailable`
 */
export async function migrateSqlite(
  connection: Connection,
  {
    until,
    now,
    accountPrefix = DEFAULT_PREFIX,
    migrations = MIGRATIONS,
  }: { until: number; now: Instant; accountPrefix?: string; migrations?: readonly Migration[] },
): Promise<void> {
  while (schemaVersion(connection) !== migrations.length) {
    assertKnownVersion(connection, migrations);
    await whenUnlocked(() => unmarkBackup(connection), until);
    await whenUnlocked(() => applyNext(connection, { now, accountPrefix, migrations }), until);
  }
}

/** @throws Error for a schema that a newer version made, or one from before the first release */
export function assertKnownVersion(
  connection: Connection,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const version = schemaVersion(connection);
  if (version > migrations.length) {
    throw new Error(
      `It was written by a newer Passbook (schema ${version}, and this one knows ${migrations.length}): upgrade Passbook`,
    );
  }
  if (version > 0 && nameOfFirst(connection) !== migrations[0]?.name) {
    throw new Error('It was made before the first release and cannot be migrated: use a new file');
  }
}

function nameOfFirst(connection: Connection): string | undefined {
  const sql = 'SELECT name FROM schema_migrations WHERE number = 1';
  return (connection.get(sql) as { name: string } | undefined)?.name;
}

function applyNext(
  connection: Connection,
  {
    now,
    accountPrefix,
    migrations,
  }: { now: Instant; accountPrefix: string; migrations: readonly Migration[] },
): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    const number = schemaVersion(connection) + 1;
    const next = migrations[number - 1];
    if (next) {
      connection.exec(RECORD);
      connection.exec(next.sql);
      next.fill?.rows(connection, { accountPrefix });
      if (next.fill) connection.exec(next.fill.sql);
      connection.run('INSERT INTO schema_migrations VALUES (?, ?, ?)', number, next.name, now);
    }
    connection.exec('COMMIT');
  } catch (fault) {
    connection.rollBack();
    throw fault;
  }
}

function schemaVersion(connection: Connection): number {
  const tables = (
    connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") as { name: string }[]
  ).map(({ name }) => name);
  if (tables.length === 0) return 0;
  if (!tables.includes('schema_migrations')) throw new Error('It belongs to another program');

  const row = connection.get('SELECT max(number) AS version FROM schema_migrations') as
    | { version: bigint | null }
    | undefined;
  return Number(row?.version ?? 0);
}
