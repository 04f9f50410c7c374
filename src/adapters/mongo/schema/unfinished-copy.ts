import type { Collection, Db, Document, Filter } from 'mongodb';
import type { CopyProgress } from '../../../application/ports/book-copy.ts';
import type { Transaction } from '../transactions/transaction.ts';

/**
 * Exists from the beginning of a copy into the database to its end, beside the documents of the migrations. Programs
 * that know no copies refuse it there.
 */
type CopyDocument = { readonly _id: 'copy'; readonly progress: string };

/** Filter for the documents of the migrations. */
export const NO_COPY: Filter<Document> = { _id: { $ne: 'copy' as never } };

export async function unfinishedCopyIn(db: Db): Promise<CopyProgress | undefined> {
  const found = await marks(db).findOne({ _id: 'copy' });
  return found ? (JSON.parse(found.progress) as CopyProgress) : undefined;
}

/** @throws TypeError for a database into which a copy has not finished */
export async function assertCopyFinished(db: Db): Promise<void> {
  if (!(await marks(db).findOne({ _id: 'copy' }))) return;
  throw new TypeError(
    `A copy into the database "${db.databaseName}" is in progress, or was interrupted: run "passbook copy" again`,
  );
}

export async function markCopy(db: Db, progress: CopyProgress): Promise<void> {
  await marks(db).insertOne({ _id: 'copy', progress: JSON.stringify(progress) });
}

/** Returns whether the stored progress was `before`, and is now `after`. */
export async function advanceCopy(
  db: Db,
  transaction: Transaction,
  { before, after }: { before: CopyProgress; after: CopyProgress },
): Promise<boolean> {
  const filter = { _id: 'copy', progress: JSON.stringify(before) } as const;
  const change = { $set: { progress: JSON.stringify(after) } };
  const { matchedCount } = await transaction.write((session) =>
    marks(db).updateOne(filter, change, { session }),
  );
  return matchedCount === 1;
}

export async function unmarkCopy(db: Db): Promise<void> {
  await marks(db).deleteOne({ _id: 'copy' });
}

function marks(db: Db): Collection<CopyDocument> {
  return db.collection<CopyDocument>('schema');
}
