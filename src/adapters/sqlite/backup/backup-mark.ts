import type { Connection } from '../connection/connection.ts';
import { Busy } from '../connection/faults.ts';

/**
 * `user_version` of a backup: no log belongs to it. It is reset before the first write, in the file too.
 * https://sqlite.org/fileformat2.html#database_header
 */
const BACKUP = 1;
export const USER_VERSION_OFFSET = 60;

/** A log of one page holds at most the removal of the mark. */
const ONE_PAGE_LOG_BYTES = 32 + 24 + 4096;

/** Whether a log of this size can belong to a file with this `user_version`. */
export function logBelongs({ logBytes, userVersion }: { logBytes: number; userVersion: number }): boolean {
  return userVersion !== BACKUP || logBytes <= ONE_PAGE_LOG_BYTES;
}

export function markBackup(connection: Connection): void {
  connection.exec(`PRAGMA user_version = ${BACKUP}`);
}

export function isMarkedBackup(connection: Connection): boolean {
  return Number((connection.get('PRAGMA user_version') as { user_version: bigint }).user_version) === BACKUP;
}

/**
 * Removes the mark; must be called outside a transaction.
 * @throws Busy if another connection prevents the write to the file
 */
export function unmarkBackup(connection: Connection): void {
  if (!isMarkedBackup(connection)) return;
  connection.exec('PRAGMA user_version = 0');
  const { busy } = connection.get('PRAGMA wal_checkpoint(TRUNCATE)') as { busy: bigint };
  if (busy === 0n) return;
  markBackup(connection);
  throw new Busy();
}
