import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OutboxState, SchemaState } from '../shared/schema-state.ts';
import type { Instant } from '../../domain/time.ts';
import { Connection } from './connection/connection.ts';
import { openingFault } from './connection/database-file.ts';
import type { OpeningFault } from './connection/database-file.ts';
import { loadDriver } from './connection/driver.ts';
import { faultName } from './connection/faults.ts';
import { sqliteSchemaState } from './schema/migrations.ts';
import { whenUnlocked } from './writing/waiting.ts';

/** State of a database file, read without opening it as a store: nothing is migrated or written. */
export type SqliteInspection =
  | { readonly kind: 'missing' }
  | { readonly kind: 'blocked'; readonly fault: OpeningFault }
  | { readonly kind: 'unusable'; readonly reason: string }
  | {
      readonly kind: 'read';
      readonly schema: SchemaState;
      /** Instant of the newest entry in the books. Null: there is none, or the schema is too old to tell. */
      readonly newestEntry: Instant | null;
      /** Null if the schema does not allow to read it. */
      readonly outbox: OutboxState | null;
    };

const LOCK_TIMEOUT_MS = 5_000;

/** @throws Error if this machine has no driver, and PassbookError `unavailable` for a lock that lasts */
export async function inspectSqlite(given: string): Promise<SqliteInspection> {
  const path = resolve(given);
  const fault = openingFaultOf(path);
  if (fault) return fault;
  if (!existsSync(path)) return { kind: 'missing' };

  const driver = await loadDriver();
  const until = performance.now() + LOCK_TIMEOUT_MS;
  try {
    return await whenUnlocked(() => {
      const connection = new Connection(driver, addressOf(path), { readOnly: true });
      try {
        return factsOf(connection);
      } finally {
        connection.close();
      }
    }, until);
  } catch (cause) {
    if (faultName(cause) === undefined) throw cause;
    return { kind: 'unusable', reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

function openingFaultOf(path: string): SqliteInspection | null {
  try {
    const fault = openingFault(path);
    return fault && { kind: 'blocked', fault };
  } catch (cause) {
    return { kind: 'unusable', reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

/**
 * Without a log no program has the file open. It is then read as immutable: any other reader would leave an empty log
 * behind.
 */
function addressOf(path: string): string | URL {
  if (existsSync(`${path}-wal`)) return path;
  const url = pathToFileURL(path);
  url.search = '?immutable=1';
  return url;
}

function factsOf(connection: Connection): SqliteInspection {
  const schema = sqliteSchemaState(connection);
  const isReadable = schema.refusal === null;
  return {
    kind: 'read',
    schema,
    newestEntry: isReadable ? newestEntryOf(connection) : null,
    outbox: isReadable ? outboxOf(connection) : null,
  };
}

function newestEntryOf(connection: Connection): Instant | null {
  if (!hasTable(connection, 'newest_entry')) return null;
  const row = connection.get('SELECT at FROM newest_entry WHERE id = 1') as { at: bigint } | undefined;
  return row ? Number(row.at) : null;
}

function outboxOf(connection: Connection): OutboxState | null {
  if (!hasTable(connection, 'parcels')) return null;
  const row = connection.get(
    'SELECT count(due_at) AS waiting, min(due_at) AS oldest, count(*) - count(due_at) AS given_up FROM parcels',
  ) as { waiting: bigint; oldest: bigint | null; given_up: bigint };
  return {
    waiting: Number(row.waiting),
    oldestDueAt: row.oldest === null ? null : Number(row.oldest),
    givenUp: Number(row.given_up),
  };
}

function hasTable(connection: Connection, name: string): boolean {
  const sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
  return connection.get(sql, name) !== undefined;
}
