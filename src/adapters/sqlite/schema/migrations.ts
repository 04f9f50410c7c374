import type { Instant } from '../../../domain/time.ts';
import { unmarkBackup } from '../backup/backup-mark.ts';
import type { Connection } from '../connection/connection.ts';
import { digestRows, numberAccounts } from '../tables/digest-rows.ts';
import type { AppliedMigration, SchemaRefusal, SchemaState } from '../../shared/schema-state.ts';
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
  const refusal = refusalOf(connection, migrations);
  if (refusal) throw new Error(refusal.reason);
}

function refusalOf(connection: Connection, migrations: readonly Migration[]): SchemaRefusal | null {
  if (isForeign(connection)) return { kind: 'foreign', reason: FOREIGN };

  const version = schemaVersion(connection);
  if (version > migrations.length) {
    const reason = `It was written by a newer Passbook (schema ${version}, and this one knows ${migrations.length}): upgrade Passbook`;
    return { kind: 'newer', reason };
  }
  if (version > 0 && nameOfFirst(connection) !== migrations[0]?.name) {
    const reason = 'It was made before the first release and cannot be migrated: use a new file';
    return { kind: 'unreleased', reason };
  }
  return null;
}

/** Reads the schema, and changes nothing. */
export function sqliteSchemaState(
  connection: Connection,
  migrations: readonly Migration[] = MIGRATIONS,
): SchemaState {
  const refusal = refusalOf(connection, migrations);
  const applied = refusal?.kind === 'foreign' ? [] : appliedMigrations(connection);
  const version = applied.at(-1)?.version ?? 0;
  const all = migrations.map(({ name }, index) => ({ version: index + 1, name }));
  const missing = refusal ? [] : all.filter((one) => one.version > version);
  return { version, known: migrations.length, applied, missing, refusal };
}

function appliedMigrations(connection: Connection): readonly AppliedMigration[] {
  if (schemaVersion(connection) === 0) return [];
  const sql = 'SELECT number, name, applied_at FROM schema_migrations ORDER BY number';
  const rows = connection.all(sql) as { number: bigint; name: string; applied_at: bigint }[];
  return rows.map(({ number, name, applied_at }) => ({
    version: Number(number),
    name,
    appliedAt: Number(applied_at),
  }));
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

const FOREIGN = 'It belongs to another program';

function schemaVersion(connection: Connection): number {
  if (tablesOf(connection).length === 0) return 0;
  if (isForeign(connection)) throw new Error(FOREIGN);

  const row = connection.get('SELECT max(number) AS version FROM schema_migrations') as
    | { version: bigint | null }
    | undefined;
  return Number(row?.version ?? 0);
}

function isForeign(connection: Connection): boolean {
  const tables = tablesOf(connection);
  return tables.length > 0 && !tables.includes('schema_migrations');
}

function tablesOf(connection: Connection): readonly string[] {
  const rows = connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") as { name: string }[];
  return rows.map(({ name }) => name);
}
