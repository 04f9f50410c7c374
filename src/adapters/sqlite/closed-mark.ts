import type { Connection } from './connection.ts';
import { Busy } from './faults.ts';

/**
 * The `user_version` of a database that was closed in order, or copied by a backup: no log belongs to it. It is taken
 * away, from the file too, before the first write. https://sqlite.org/fileformat2.html#database_header
 */
const CLOSED = 1;
export const USER_VERSION_OFFSET = 60;

/** A log with one page holds at most the removal of the mark. */
const ONE_PAGE_LOG_BYTES = 32 + 24 + 4096;

/** Whether a log of so many bytes can belong to a file with this `user_version`. */
export function logBelongs({ logBytes, userVersion }: { logBytes: number; userVersion: number }): boolean {
  return userVersion !== CLOSED || logBytes <= ONE_PAGE_LOG_BYTES;
}

export function markClosed(connection: Connection): void {
  connection.exec(`PRAGMA user_version = ${CLOSED}`);
}

export function isMarkedClosed(connection: Connection): boolean {
  return Number((connection.get('PRAGMA user_version') as { user_version: bigint }).user_version) === CLOSED;
}

/** Outside a transaction. @throws Busy where another connection keeps the file from being written */
export function markOpen(connection: Connection): void {
  if (!isMarkedClosed(connection)) return;
  connection.exec('PRAGMA user_version = 0');
  const { busy } = connection.get('PRAGMA wal_checkpoint(TRUNCATE)') as { busy: bigint };
  if (busy === 0n) return;
  markClosed(connection);
  throw new Busy();
}
