import type { AnyBulkWriteOperation } from 'mongodb';
import type { Changes } from '../../domain/books.ts';
import { accountFields, changingFields } from './account-document.ts';
import type { AccountDocument, OwnerDocument } from './account-document.ts';
import { auditDocument } from './audit-document.ts';
import type { Collections } from './collections.ts';
import { entryDocument } from './entry-document.ts';
import { messageDocument } from './message-document.ts';
import type { MongoBooks } from './mongo-books.ts';
import { recordDocument } from './record-document.ts';
import { standingOf, transferDocument } from './transfer-document.ts';
import type { TransferDocument } from './transfer-document.ts';
import type { Transaction } from './transactions.ts';

/** Something that was read is no longer as it was; the unit of work is run again. */
class Moved extends Error {
  override readonly name = 'Moved';
}

/**
 * Writes what was decided, one call a collection: first the accounts, over which units of work meet.
 * Under snapshot isolation two units that read the same and write different things would both stand. So whatever
 * account or owner the decision has looked at is really changed, if only in its version.
 * @throws TypeError if the changes do not go on from what was read
 */
export async function writeChanges(
  transaction: Transaction,
  collections: Collections,
  { books, changes }: { books: MongoBooks; changes: Changes },
): Promise<void> {
  if (Object.values(changes).every((list) => list.length === 0)) return;
  assertGoesOnFrom(books, changes);

  await writeAll(accountWrites(books, changes), async (writes) => {
    await transaction.write(async (session) => {
      const { matchedCount } = await collections.accounts.bulkWrite(writes, { session, ordered: false });
      const expected = writes.filter((write) => 'updateOne' in write).length;
      if (matchedCount !== expected) throw new Moved(`${expected - matchedCount} accounts have moved on`);
    });
  });
  await writeAll(ownerWrites(books, changes), (writes) =>
    transaction.write((session) => collections.owners.bulkWrite(writes, { session, ordered: false })),
  );
  await writeAll(changes.records.map(recordDocument), (documents) =>
    transaction.write((session) => collections.records.insertMany(documents, { session })),
  );
  await writeAll(transferWrites(changes), (writes) =>
    transaction.write(async (session) => {
      const { matchedCount } = await collections.transfers.bulkWrite(writes, { session, ordered: false });
      const expected = writes.filter((write) => 'updateOne' in write).length;
      if (matchedCount !== expected) throw new Moved(`${expected - matchedCount} transfers have moved on`);
    }),
  );
  await writeAll(changes.entries.map(entryDocument), (documents) =>
    transaction.write((session) => collections.entries.insertMany(documents, { session })),
  );
  await writeAll(changes.messages.map(messageDocument), (documents) =>
    transaction.write((session) => collections.messages.insertMany(documents, { session })),
  );
  await writeAll(changes.audit.map(auditDocument), (documents) =>
    transaction.write((session) => collections.audit.insertMany(documents, { session })),
  );
}

async function writeAll<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<unknown>,
): Promise<void> {
  if (items.length > 0) await write(items);
}

function assertGoesOnFrom(books: MongoBooks, { accounts }: Changes): void {
  for (const { before, after } of accounts) {
    if (!books.isAsRead(after.id, before)) throw new TypeError(`Account ${after.id} has moved on`);
  }
}

function transferWrites({ transfers }: Changes): AnyBulkWriteOperation<TransferDocument>[] {
  return transfers.map(({ before, after }) => {
    if (!before) return { insertOne: { document: transferDocument(after) } };
    const { status, reversed } = standingOf(before);
    return {
      updateOne: { filter: { _id: after.id, status, reversed }, update: { $set: standingOf(after) } },
    };
  });
}

function accountWrites(books: MongoBooks, { accounts }: Changes): AnyBulkWriteOperation<AccountDocument>[] {
  const changed = new Set(accounts.map(({ after }) => after.id));
  const inserts = accounts.flatMap(({ before, after }) =>
    before ? [] : { insertOne: { document: { _id: after.id, ...accountFields(after), version: 1n } } },
  );
  const updates = accounts.flatMap(({ before, after }) =>
    before ? update(after.id, { $set: changingFields(after), $inc: { version: 1n } }) : [],
  );
  const touches = [...books.accountsSeen]
    .filter((id) => !changed.has(id))
    .map((id) => update(id, { $inc: { version: 1n } }));
  return [...inserts, ...updates, ...touches];

  function update(id: string, change: object) {
    const version = books.accountVersion(id) ?? 0n;
    return { updateOne: { filter: { _id: id, version }, update: change } };
  }
}

function ownerWrites(books: MongoBooks, { accounts }: Changes): AnyBulkWriteOperation<OwnerDocument>[] {
  const opened = new Map<string, bigint>([...books.ownersSeen].map((id) => [id, 0n]));
  for (const { before, after } of accounts) {
    if (before || after.ownerId === null) continue;
    opened.set(after.ownerId, (opened.get(after.ownerId) ?? 0n) + 1n);
  }
  return [...opened].map(([id, accountCount]) => {
    const owner = books.owner(id);
    // An owner who has moved on is inserted again, and that their id is unique says so
    const filter = owner ? { _id: id, version: owner.version } : { _id: id };
    return { updateOne: { filter, update: { $inc: { accountCount, version: 1n } }, upsert: true } };
  });
}
