import type { AnyBulkWriteOperation, Binary, Collection, Db, Filter } from 'mongodb';
import { storedAccountDigest } from './number-accounts.ts';
import { collectionsOf } from './collections.ts';
import { recordDigest } from '../documents/record-document.ts';
import { transferDigestBinary, transferOf } from '../documents/transfer-document.ts';

const PORTION = 500;
const UNCHECKED = { ordered: false, bypassDocumentValidation: true } as const;

/**
 * Adds a digest to every document from before digests existed. Repeated and concurrent runs are safe. Such documents
 * lack later fields too, which the validators require.
 */
export async function digestDocuments(db: Db): Promise<void> {
  const { accounts, transfers, records } = collectionsOf(db);
  await fill(accounts, storedAccountDigest);
  await fill(transfers, (document) => transferDigestBinary(transferOf(document), document.record));
  await fill(records, recordDigest);
}

async function fill<T extends { readonly _id: string; readonly digest: Binary }>(
  collection: Collection<T>,
  digestOf: (document: T) => Binary,
): Promise<void> {
  const without = { digest: { $exists: false } } as Filter<T>;
  let writes: AnyBulkWriteOperation<T>[] = [];
  const flush = async () => {
    if (writes.length > 0) await collection.bulkWrite(writes, UNCHECKED);
    writes = [];
  };
  for await (const document of collection.find(without)) {
    const one = document as unknown as T;
    const filter = { ...without, _id: one._id } as Filter<T>;
    writes.push({ updateOne: { filter, update: { $set: { digest: digestOf(one) } } } } as never);
    if (writes.length === PORTION) await flush();
  }
  await flush();
}
