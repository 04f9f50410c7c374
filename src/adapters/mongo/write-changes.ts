import type { AnyBulkWriteOperation } from 'mongodb';
import { partRecords } from '../../application/own-records.ts';
import { parcelsOf, withoutText } from '../../application/parcel.ts';
import { messagesToText } from '../../application/stored-text.ts';
import type { Changes } from '../../domain/books.ts';
import { erasesText } from '../../domain/erasure.ts';
import type { LedgerEntry } from '../../domain/ledger-entry.ts';
import { accountFields, changingFields, mustWrite } from './account-document.ts';
import type { AccountDocument, StoredAccount } from './account-document.ts';
import { auditDocument } from './audit-document.ts';
import type { Collections } from './collections.ts';
import type { MongoBooks } from './mongo-books.ts';
import { parcelDocument, parcelOf } from './parcel-document.ts';
import { ownRecord, recordDocument } from './record-document.ts';
import type { OwnRecord } from './record-document.ts';
import { entriesOf, standingOf, transferDocument } from './transfer-document.ts';
import type { TransferDocument } from './transfer-document.ts';
import type { Transaction } from './transactions.ts';

/** Something that was read is no longer as it was; the unit of work is run again. */
export class Moved extends Error {
  override readonly name = 'Moved';
}

export function isEmpty({ messagesDueAt: _dueAt, ...lists }: Changes): boolean {
  return Object.values(lists).every((list) => list.length === 0);
}

/**
 * Writes what was decided, one call a collection: first the head of the ledger. Under snapshot isolation two units
 * that read the same and write different things would both stand; as every unit really changes the head, they cannot.
 * Gives the accounts as they are stored now.
 * @throws TypeError if the changes do not go on from what was read
 */
export async function writeChanges(
  transaction: Transaction,
  collections: Collections,
  { books, changes, unit }: { books: MongoBooks; changes: Changes; unit: bigint },
): Promise<readonly StoredAccount[]> {
  const { writes, stored } = accountWrites(books, changes);
  await moveHead(transaction, collections, unit);
  const { own, others } = partRecords(changes, ownRecord);
  await writeAll(writes, (some) =>
    transaction.write(async (session) => {
      const { matchedCount } = await collections.accounts.bulkWrite(some, { session, ordered: false });
      assertMatched('accounts', some, matchedCount);
    }),
  );
  const { inserted, updates } = transferWrites(changes, own);
  await writeAll(inserted, (documents) =>
    transaction.write((session) => collections.transfers.insertMany(documents, { session, ordered: false })),
  );
  await writeAll(updates, (writes) =>
    transaction.write(async (session) => {
      const { matchedCount } = await collections.transfers.bulkWrite(writes, { session, ordered: false });
      assertMatched('transfers', writes, matchedCount);
    }),
  );
  await writeAll(others.map(recordDocument), (documents) =>
    transaction.write((session) => collections.records.insertMany(documents, { session, ordered: false })),
  );
  await writeAll(parcelDocuments(changes), (documents) =>
    transaction.write((session) => collections.parcels.insertMany(documents, { session, ordered: false })),
  );
  for (const change of changes.transfers) {
    if (erasesText(change)) await eraseFromParcels(transaction, collections, change.after.id);
  }
  await writeAll(changes.audit.map(auditDocument), (documents) =>
    transaction.write((session) => collections.audit.insertMany(documents, { session, ordered: false })),
  );
  return stored;
}

/** What is sent is no longer there, and what waits or was given up is little. */
async function eraseFromParcels(
  transaction: Transaction,
  { parcels }: Collections,
  transferId: string,
): Promise<void> {
  const kept = await transaction.read((session) =>
    parcels
      .find({ $expr: { $gte: [{ $indexOfBytes: ['$messages', transferId] }, 0] } }, { session })
      .toArray(),
  );
  for (const document of kept) {
    const messages = messagesToText(withoutText(parcelOf(document), transferId).messages);
    await transaction.write((session) =>
      parcels.updateOne({ _id: document._id }, { $set: { messages } }, { session }),
    );
  }
}

async function moveHead(transaction: Transaction, { ledger }: Collections, unit: bigint): Promise<void> {
  await transaction.write(async (session) => {
    const { matchedCount } = await ledger.updateOne(
      { _id: 'head', unit },
      { $set: { unit: unit + 1n } },
      { session },
    );
    if (matchedCount !== 1) throw new Moved(`The ledger is no longer at unit ${unit}`);
  });
}

async function writeAll<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<unknown>,
): Promise<void> {
  if (items.length > 0) await write(items);
}

function assertMatched<T extends object>(
  what: string,
  writes: readonly AnyBulkWriteOperation<T>[],
  matched: number,
): void {
  const expected = writes.filter((write) => 'updateOne' in write).length;
  if (matched !== expected) throw new Moved(`${expected - matched} ${what} have moved on`);
}

function accountWrites(
  books: MongoBooks,
  { accounts }: Changes,
): { writes: AnyBulkWriteOperation<AccountDocument>[]; stored: StoredAccount[] } {
  const writes: AnyBulkWriteOperation<AccountDocument>[] = [];
  const stored = accounts.map(({ before, after }): StoredAccount => {
    const { id, sequence } = after;
    if (!before) {
      writes.push({ insertOne: { document: { _id: id, ...accountFields(after) } } });
      return { account: after, written: sequence };
    }
    const was = books.stored(id, before);
    if (!mustWrite(was, after)) return { account: after, written: was.written };
    const filter = { _id: id, sequence: BigInt(was.written) };
    writes.push({ updateOne: { filter, update: { $set: changingFields(after) } } });
    return { account: after, written: sequence };
  });
  return { writes, stored };
}

function transferWrites(
  { transfers, entries }: Changes,
  records: ReadonlyMap<string, OwnRecord>,
): { inserted: TransferDocument[]; updates: AnyBulkWriteOperation<TransferDocument>[] } {
  const byTransfer = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const some = byTransfer.get(entry.transferId);
    if (some) some.push(entry);
    else byTransfer.set(entry.transferId, [entry]);
  }
  const inserted: TransferDocument[] = [];
  const updates: AnyBulkWriteOperation<TransferDocument>[] = [];
  for (const change of transfers) {
    const { before, after } = change;
    const added = byTransfer.get(after.id) ?? [];
    if (!before) {
      inserted.push(transferDocument(after, { entries: added, record: records.get(after.id) }));
      continue;
    }
    const { status, reversed } = standingOf(before);
    const parts = entriesOf(added, after.legs);
    const update = {
      $set: { ...standingOf(after), ...(erasesText(change) ? { erased: after.erased } : {}) },
      ...(erasesText(change) ? { $unset: { description: true, metadata: true } } : {}),
      $push: {
        entries: { $each: parts.entries },
        places: { $each: parts.places },
        between: { $each: parts.between },
      },
    };
    updates.push({ updateOne: { filter: { _id: after.id, status, reversed }, update } } as never);
  }
  return { inserted, updates };
}

function parcelDocuments({ messages, messagesDueAt }: Changes) {
  return parcelsOf(messages).map((parcel) =>
    parcelDocument(
      parcel,
      messagesDueAt === null
        ? { dueAt: parcel.messages[0]?.at ?? 0, attempts: 0 }
        : { dueAt: messagesDueAt, attempts: 1 },
    ),
  );
}
