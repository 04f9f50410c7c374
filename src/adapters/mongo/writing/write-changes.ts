import type { AnyBulkWriteOperation, Collection, OptionalUnlessRequiredId } from 'mongodb';
import { counterpartyOf } from '../../shared/counterparty-blocks.ts';
import { splitRecords } from '../../shared/transfer-records.ts';
import { batchNotifications, withoutText } from '../../shared/outbox-batch.ts';
import type { OutboxBatch } from '../../shared/outbox-batch.ts';
import { messagesToText } from '../../shared/compact-json.ts';
import type { Account } from '../../../domain/entities/account.ts';
import type { Change, Changes } from '../../../domain/books/changes.ts';
import { erasesText } from '../../../domain/decisions/erase-text.ts';
import { keyText } from '../../../domain/books/idempotency.ts';
import {
  identifierText,
  identifiersOfAccount,
  identifiersOfTransfer,
} from '../../../domain/books/prefetch.ts';
import type { Identifier } from '../../../domain/books/prefetch.ts';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import type { Transfer } from '../../../domain/entities/transfer.ts';
import {
  accountDigestBinary,
  accountFields,
  changingFields,
  hasNewFacts,
  mustWrite,
} from '../documents/account-document.ts';
import type { AccountDocument, StoredAccount } from '../documents/account-document.ts';
import { auditDocument } from '../documents/audit-document.ts';
import type { AuditDocument } from '../documents/audit-document.ts';
import type { Collections } from '../schema/collections.ts';
import type { BookedEntry } from './counterparty-blocks.ts';
import { VersionConflict } from '../transactions/errors.ts';
import { staleAccount } from './prefetch.ts';
import type { MongoBooks } from './prefetch.ts';
import { outboxDocument, batchOf } from '../documents/outbox-document.ts';
import type { OutboxDocument } from '../documents/outbox-document.ts';
import { inlineRecord, recordDocument } from '../documents/record-document.ts';
import type { RecordDocument } from '../documents/record-document.ts';
import type { InlineRecord, TransferDocument } from '../documents/transfer-document.ts';
import { entriesOf, storedProgress, transferDocument } from '../documents/transfer-document.ts';
import type { Transaction } from '../transactions/transaction.ts';

function isEmpty({ messagesDueAt: _dueAt, ...lists }: Changes): boolean {
  return Object.values(lists).every((list) => list.length === 0);
}

/** Changes of a unit that another unit may need. */
export type UnitChanges = {
  readonly accounts: ReadonlyMap<string, StoredAccount>;
  /** Idempotency keys, as texts. */
  readonly keys: ReadonlySet<string>;
  readonly transferIds: ReadonlySet<string>;
  /** Texts of the identifiers of new accounts and transfers. */
  readonly identifiers: ReadonlySet<string>;
};

/** The result of writing a unit. */
export type Written = {
  /** Whether nothing was written. */
  readonly isEmpty: boolean;
  /** The changed accounts, as now stored. */
  readonly stored: readonly StoredAccount[];
  /** Outbox batches that were written as claimed by this process. It learns of other batches only by claiming them. */
  readonly claimed: readonly OutboxBatch[];
  /** In posting order. */
  readonly entries: readonly BookedEntry[];
};

/**
 * Writes a unit that has advanced the ledger version, part by part during the decision.
 * New transfers, which are most of the work, are sent with their part; all else with the last, one call per collection.
 */
export class MongoUnitWriter {
  readonly #transaction: Transaction;
  readonly #collections: Collections;
  readonly #books: MongoBooks;
  #isEmpty = true;
  /** The last insert of transfers. Its failure fails the transaction, which the next send reports. */
  #sent: Promise<unknown> = Promise.resolve();
  /** Accounts as they were read, and after their changes. */
  readonly #accounts = new Map<string, { readonly was: StoredAccount | null; after: Account }>();
  readonly #updates: AnyBulkWriteOperation<TransferDocument>[] = [];
  readonly #records: RecordDocument[] = [];
  readonly #claimed: OutboxBatch[] = [];
  readonly #parcelDocuments: OutboxDocument[] = [];
  readonly #erased: string[] = [];
  readonly #audit: AuditDocument[] = [];
  readonly #entries: BookedEntry[] = [];
  readonly #keys = new Set<string>();
  readonly #transferIds = new Set<string>();
  readonly #identifiers = new Set<string>();

  constructor(transaction: Transaction, collections: Collections, books: MongoBooks) {
    this.#transaction = transaction;
    this.#collections = collections;
    this.#books = books;
  }

  /**
   * Returns once the previous part was acknowledged. This one is sent in the background.
   * @throws TypeError if the changes do not build on the state that was read
   */
  async add(changes: Changes): Promise<void> {
    if (isEmpty(changes)) return;
    this.#isEmpty = false;
    for (const record of changes.records) this.#keys.add(keyText(record));
    for (const { after } of changes.transfers) this.#transferIds.add(after.id);
    for (const identifier of identifiersOf(changes)) this.#identifiers.add(identifierText(identifier));
    const { own, others } = splitRecords(changes, inlineRecord);
    const { inserted, updates } = transferWrites(changes, own);
    await this.#sent;
    this.#sent = this.#insert(this.#collections.transfers, inserted);
    this.#sent.catch(() => {});

    this.#updates.push(...updates);
    this.#records.push(...others.map(recordDocument));
    this.#keepAccounts(changes);
    this.#keepParcels(changes);
    this.#erased.push(...changes.transfers.filter(erasesText).map(({ after }) => after.id));
    this.#audit.push(...changes.audit.map(auditDocument));
    this.#keepEntries(changes);
  }

  /** @param onDecided receives the changes of a unit that is not empty, before all of them are acknowledged */
  async finish(onDecided: (changes: UnitChanges) => void): Promise<Written> {
    const { accounts, transfers, records, parcels, audit } = this.#collections;
    const { writes, stored } = accountWrites(this.#accounts);
    if (!this.#isEmpty) {
      onDecided({
        accounts: new Map(stored.map((one) => [one.account.id, one])),
        keys: this.#keys,
        transferIds: this.#transferIds,
        identifiers: this.#identifiers,
      });
    }
    await this.#sent;
    await this.#update(accounts, writes);
    await this.#update(transfers, this.#updates);
    await this.#insert(records, this.#records);
    await this.#insert(parcels, this.#parcelDocuments);
    for (const id of this.#erased) await eraseFromParcels(this.#transaction, this.#collections, id);
    await this.#insert(audit, this.#audit);
    return { isEmpty: this.#isEmpty, stored, claimed: this.#claimed, entries: this.#entries };
  }

  async #insert<T extends object>(
    collection: Collection<T>,
    documents: readonly OptionalUnlessRequiredId<T>[],
  ): Promise<void> {
    if (documents.length === 0) return;
    await this.#transaction.write((session) => collection.insertMany(documents, { session, ordered: false }));
  }

  /** Applies updates in order: one document may change more than once. */
  async #update<T extends object>(
    collection: Collection<T>,
    writes: readonly AnyBulkWriteOperation<T>[],
  ): Promise<void> {
    if (writes.length === 0) return;
    await this.#transaction.write(async (session) => {
      const { matchedCount } = await collection.bulkWrite(writes, { session });
      const expected = writes.filter((write) => 'updateOne' in write).length;
      if (matchedCount === expected) return;
      throw new VersionConflict(
        `${expected - matchedCount} of ${collection.collectionName} have changed since they were read`,
      );
    });
  }

  #keepAccounts({ accounts }: Changes): void {
    for (const { before, after } of accounts) {
      const kept = this.#accounts.get(after.id);
      if (!kept) {
        const was = before && this.#books.stored(after.id, before);
        this.#accounts.set(after.id, { was, after });
        continue;
      }
      if (kept.after !== before) throw staleAccount(after.id);
      kept.after = after;
    }
  }

  #keepEntries({ transfers, entries }: Changes): void {
    const legs = new Map(transfers.map(({ after }) => [after.id, after.legs]));
    for (const entry of entries) {
      const otherId = counterpartyOf(entry, legs.get(entry.transferId) ?? []);
      this.#entries.push({ accountId: entry.accountId, sequence: entry.sequence, otherId });
    }
  }

  #keepParcels({ messages, messagesDueAt }: Changes): void {
    for (const parcel of batchNotifications(messages)) {
      const due =
        messagesDueAt === null
          ? { dueAt: parcel.messages[0]?.at ?? 0, attempts: 0 }
          : { dueAt: messagesDueAt, attempts: 1 };
      if (messagesDueAt !== null) this.#claimed.push(parcel);
      this.#parcelDocuments.push(outboxDocument(parcel, due));
    }
  }
}

function identifiersOf({ accounts, transfers }: Changes): readonly Identifier[] {
  return [
    ...accounts.flatMap(({ before, after }) => (before ? [] : identifiersOfAccount(after))),
    ...transfers.flatMap(({ before, after }) => (before ? [] : identifiersOfTransfer(after))),
  ];
}

/** Erases a transfer's text from its notifications. Sent ones are already deleted; waiting and failed ones are few. */
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
    const messages = messagesToText(withoutText(batchOf(document), transferId).messages);
    await transaction.write((session) =>
      parcels.updateOne({ _id: document._id }, { $set: { messages } }, { session }),
    );
  }
}

function accountWrites(
  changed: ReadonlyMap<string, { readonly was: StoredAccount | null; readonly after: Account }>,
): { writes: AnyBulkWriteOperation<AccountDocument>[]; stored: StoredAccount[] } {
  const writes: AnyBulkWriteOperation<AccountDocument>[] = [];
  const stored = Array.from(changed, ([id, { was, after }]): StoredAccount => {
    const { sequence } = after;
    if (!was) {
      const document = { _id: id, ...accountFields(after), digest: accountDigestBinary(after) };
      writes.push({ insertOne: { document } });
      return { account: after, written: sequence };
    }
    if (!mustWrite(was, after)) return { account: after, written: was.written };
    const filter = { _id: id, sequence: BigInt(was.written) };
    const digest = hasNewFacts(was.account, after) ? { digest: accountDigestBinary(after) } : {};
    writes.push({ updateOne: { filter, update: { $set: { ...changingFields(after), ...digest } } } });
    return { account: after, written: sequence };
  });
  return { writes, stored };
}

/** Fields that a change removes from a transfer's document. */
function unsetBy(change: Change<Transfer>): object {
  const { before, after } = change;
  const fields = {
    ...(erasesText(change) ? { description: true, reference: true, metadata: true } : {}),
    ...(before?.status === 'pending' && after.status !== 'pending' ? { reserved: true } : {}),
  };
  return Object.keys(fields).length > 0 ? { $unset: fields } : {};
}

function transferWrites(
  { transfers, entries }: Changes,
  records: ReadonlyMap<string, InlineRecord>,
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
    const { status, reversed } = storedProgress(before);
    const parts = entriesOf(added, after.legs);
    const update = {
      $set: { ...storedProgress(after), ...(erasesText(change) ? { erased: after.erased } : {}) },
      ...unsetBy(change),
      $push: {
        entries: { $each: parts.entries },
        places: { $each: parts.places },
      },
    };
    updates.push({ updateOne: { filter: { _id: after.id, status, reversed }, update } } as never);
  }
  return { inserted, updates };
}
