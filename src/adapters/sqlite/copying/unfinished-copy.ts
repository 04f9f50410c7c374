import type { CopyProgress } from '../../../application/ports/book-copy.ts';
import type { Connection } from '../connection/connection.ts';

/** Exists from the beginning of a copy into the database to its end. Its one row is the progress, as JSON. */
const TABLE = 'unfinished_copy';

export function findUnfinishedCopy(connection: Connection): CopyProgress | undefined {
  if (!isUnfinished(connection)) return undefined;
  const { progress } = connection.get(`SELECT progress FROM ${TABLE}`) as { progress: string };
  return JSON.parse(progress) as CopyProgress;
}

/** @throws Error for a database into which a copy has not finished */
export function assertFinished(connection: Connection): void {
  if (!isUnfinished(connection)) return;
  throw new Error('A copy into it is in progress, or was interrupted: run "passbook copy" again');
}

export function createMark(connection: Connection, progress: CopyProgress): void {
  connection.exec(`CREATE TABLE ${TABLE} (progress TEXT NOT NULL) STRICT`);
  connection.run(`INSERT INTO ${TABLE} (progress) VALUES (?)`, JSON.stringify(progress));
}

/** Returns whether the stored progress was `before`, and is now `after`. */
export function moveMark(
  connection: Connection,
  { before, after }: { before: CopyProgress; after: CopyProgress },
): boolean {
  const sql = `UPDATE ${TABLE} SET progress = ? WHERE progress = ?`;
  return connection.run(sql, JSON.stringify(after), JSON.stringify(before)) === 1;
}

export function removeMark(connection: Connection): void {
  connection.exec(`DROP TABLE ${TABLE}`);
}

function isUnfinished(connection: Connection): boolean {
  return connection.get('SELECT 1 FROM sqlite_schema WHERE name = ?', TABLE) !== undefined;
}
