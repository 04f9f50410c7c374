import type { ClientSession, Filter } from 'mongodb';
import { systemAccountId } from '../../../domain/entities/account.ts';
import type { Account } from '../../../domain/entities/account.ts';
import type { PendingSums } from '../../../domain/entities/counters.ts';
import type { AuditHead } from '../../../domain/integrity/audit-log.ts';
import { MOST_EXPIRIES } from '../../../domain/books/working-books.ts';
import type { Books } from '../../../domain/books/working-books.ts';
import { identifierText } from '../../../domain/books/prefetch.ts';
import type { Identifier, OwnerAndCurrency, Prefetch } from '../../../domain/books/prefetch.ts';
import { keyText } from '../../../domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../../domain/books/idempotency.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Transfer } from '../../../domain/entities/transfer.ts';
import type { AccountDocument, StoredAccount } from '../documents/account-document.ts';
import { auditRecordOf } from '../documents/audit-document.ts';
import type { AuditDocument } from '../documents/audit-document.ts';
import type { Collections } from '../schema/collections.ts';
import { findIdentified } from '../documents/identified.ts';
import { DueSteps, findDue, findFirstHolds } from './due-holds.ts';
import { recordOf, recordOfTransfer, transferIdsOf } from '../documents/record-document.ts';
import type { RecordDocument } from '../documents/record-document.ts';
import { withLastEntries } from '../documents/latest-accounts.ts';
import { ENTRIES_PART, transferOf } from '../documents/transfer-document.ts';
import type { TransferDocument } from '../documents/transfer-document.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** Batch size above any prefetch, so that a find takes one round trip. The server fills a reply up to 16 MB. */
const ALL = 100_000;

/** Maximum number of accounts on which a unit writes expiries: each costs a search. */
const MOST_SWEPT = 20;

type Loaded = {
  readonly accounts: ReadonlyMap<string, StoredAccount>;
  /** Number of accounts by owner, closed ones included. */
  readonly accountCounts: ReadonlyMap<string, number>;
  readonly records: readonly RecordDocument[];
  /** Transfers from the prefetch, transfers of records, and pending holds. */
  readonly transfers: readonly TransferDocument[];
  /** Texts of the identifiers from the prefetch that something has. */
  readonly taken: ReadonlySet<string>;
  readonly due: LoadedDue;
  readonly auditHead: AuditDocument | null;
};

/** The books that were loaded for one unit. */
export class MongoBooks implements Books {
  readonly #accounts: ReadonlyMap<string, StoredAccount>;
  readonly #accountCounts: ReadonlyMap<string, number>;
  readonly #records: ReadonlyMap<string, RecordDocument>;
  readonly #transfers: ReadonlyMap<string, TransferDocument>;
  /** Transfers that contain their idempotency record, by key. */
  readonly #ownRecords = new Map<string, TransferDocument>();
  /** Each transfer is restored once, so that a change can be compared with the state that was read. */
  readonly #restored = new Map<string, Transfer>();
  readonly #taken: ReadonlySet<string>;
  readonly #due: LoadedDue;
  readonly #auditHead: AuditHead | undefined;

  constructor(loaded: Loaded) {
    this.#accounts = loaded.accounts;
    this.#accountCounts = loaded.accountCounts;
    this.#records = byId(loaded.records);
    this.#transfers = byId(loaded.transfers);
    for (const transfer of loaded.transfers) {
      if (transfer.record) this.#ownRecords.set(transfer.record.key, transfer);
    }
    this.#taken = loaded.taken;
    this.#due = loaded.due;
    this.#auditHead = loaded.auditHead ? auditRecordOf(loaded.auditHead) : undefined;
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id)?.account;
  }

  transfer(id: string): Transfer | undefined {
    const restored = this.#restored.get(id);
    const document = this.#transfers.get(id);
    if (restored || !document) return restored;

    const transfer = transferOf(document);
    this.#restored.set(id, transfer);
    return transfer;
  }

  get dueKnownBy(): Instant {
    return this.#due.knownBy;
  }

  dueOn(accountId: string, until: Instant): PendingSums {
    return this.#due.steps.by(accountId, until);
  }

  firstHolds(accountId: string, limit: number): readonly Transfer[] {
    const first = this.#due.first.get(accountId) ?? [];
    return first.slice(0, limit).flatMap(({ _id }) => this.transfer(_id) ?? []);
  }

  activeAccounts({ ownerId, currency }: OwnerAndCurrency): readonly Account[] {
    return Array.from(this.#accounts.values(), ({ account }) => account)
      .filter((one) => one.ownerId === ownerId && one.currency === currency && one.status === 'active')
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  auditHead(): AuditHead | undefined {
    return this.#auditHead;
  }

  accountCount(ownerId: string): number {
    return this.#accountCounts.get(ownerId) ?? 0;
  }

  isTaken(identifier: Identifier): boolean {
    return this.#taken.has(identifierText(identifier));
  }

  record(key: IdempotencyKey): IdempotencyRecord | undefined {
    const text = keyText(key);
    const document = this.#ownRecords.get(text);
    if (document?.record) return recordOfTransfer(key, { document, record: document.record });
    const record = this.#records.get(text);
    return record && recordOf(key, record, this.#transfers);
  }

  /** @throws TypeError if `before` is not the state that was read */
  stored(id: string, before: Account): StoredAccount {
    const stored = this.#accounts.get(id);
    if (stored?.account !== before) throw staleAccount(id);
    return stored;
  }
}

/** Error for changes that do not build on the state that was read. */
export function staleAccount(accountId: string): TypeError {
  return new TypeError(`Account ${accountId} has changed since it was read`);
}

export type LoadedBooks = {
  readonly books: MongoBooks;
  /** Accounts that were read, without those from the cache. */
  readonly accounts: readonly StoredAccount[];
};

/** The clock's instant, and the latest instant that counts in the decision. */
type DueInstants = Pick<Prefetch, 'holdsDueBy'> & { readonly now: Instant };

/** Holds that were loaded for accounts with a possibly due one. */
type LoadedDue = {
  readonly knownBy: Instant;
  readonly steps: DueSteps;
  /** By account. */
  readonly first: ReadonlyMap<string, readonly TransferDocument[]>;
};

function nothingDue(knownBy: Instant): LoadedDue {
  return { knownBy, steps: DueSteps.none(), first: new Map() };
}

/** Loads the whole prefetch in the transaction. */
export async function loadBooks(
  transaction: Transaction,
  collections: Collections,
  { want, now }: { want: Prefetch; now: Instant },
): Promise<LoadedBooks> {
  const find = new Finder(collections, (read) => transaction.read(read));
  const { records, transfers } = await find.recordsAndTransfers(want);
  const accounts = await find.accounts({
    ...want,
    accountIds: [...want.accountIds, ...accountIdsOf(transfers, want.transferIds)],
  });
  const { due, all } = await loadDue(find, accounts, { ...want, now });
  const books = new MongoBooks({
    accounts: byKey(all),
    accountCounts: await find.accountCounts(want.ownerIds),
    records,
    transfers: [...transfers, ...[...due.first.values()].flat()],
    taken: await find.taken(want.identifiers),
    due,
    auditHead: want.auditHead ? await find.auditHead() : null,
  });
  return { books, accounts: all };
}

/**
 * Loads due holds, with the accounts on their other side. If one of those accounts has a later instant than all others,
 * more holds may be due by then, so the search repeats.
 */
async function loadDue(
  find: Finder,
  accounts: readonly StoredAccount[],
  instants: DueInstants,
): Promise<{ due: LoadedDue; all: readonly StoredAccount[] }> {
  let all = accounts;
  for (let until = latestOf(accounts, instants); ; ) {
    const ids = accounts.filter(({ account }) => mayBeDue(account, until)).map(({ account }) => account.id);
    if (ids.length === 0) return { due: nothingDue(until), all };

    const due = await find.due(ids, { now: instants.now, until });
    const known = new Set(all.map(({ account }) => account.id));
    const legs = [...due.first.values()].flat().flatMap((hold) => hold.legs);
    const others = new Set(legs.map(({ accountId }) => accountId).filter((id) => !known.has(id)));
    all = [...all, ...(await find.accountsById([...others]))];
    const latest = latestOf(all, instants);
    if (latest === until) return { due, all };
    until = latest;
  }
}

/** Latest instant for which a decision may need the due holds. */
function latestOf(accounts: Iterable<StoredAccount>, { now, holdsDueBy }: DueInstants): Instant {
  let latest = now;
  for (const { account } of accounts) latest = Math.max(latest, account.latestAt);
  return Math.min(latest, holdsDueBy);
}

function mayBeDue({ nextExpiryAt }: Account, until: Instant): boolean {
  return nextExpiryAt !== null && nextExpiryAt <= until;
}

/** Whether the prefetch names accounts, transfers and keys only by their ids. */
export function isReadableOutside(want: Prefetch): boolean {
  return want.activeAccounts.length === 0 && want.ownerIds.length === 0 && !want.auditHead;
}

export type KnownAccounts = (accountId: string) => StoredAccount | undefined;

/**
 * Takes known accounts, and reads the rest outside any transaction with majority read concern. Such reads are as
 * reliable as the cache: the unit's own transaction detects a changed ledger version.
 * Undefined if a hold may be due, since finding it requires reading all of them.
 */
export async function loadBooksOutside(
  reader: ClientSession,
  collections: Collections,
  { want, now, known }: { want: Prefetch; now: Instant; known: KnownAccounts },
): Promise<LoadedBooks | undefined> {
  const find = new Finder(collections, (read) => read(reader));
  const accounts = new Map<string, StoredAccount>();
  const read: StoredAccount[] = [];
  const take = async (ids: readonly string[]): Promise<void> => {
    const unknown: string[] = [];
    for (const id of ids) {
      const account = known(id);
      if (account) accounts.set(id, account);
      else unknown.push(id);
    }
    for (const stored of await find.accountsById(unknown)) {
      accounts.set(stored.account.id, stored);
      read.push(stored);
    }
  };
  const [{ records, transfers }, taken] = await Promise.all([
    find.recordsAndTransfers(want),
    find.taken(want.identifiers),
    take(want.accountIds),
  ]);
  const ofTransfers = accountIdsOf(transfers, want.transferIds).filter((id) => !accounts.has(id));
  await take([...new Set(ofTransfers)]);
  const currencies = new Set(Array.from(accounts.values(), ({ account }) => account.currency));
  await take(want.purposes.flatMap((purpose) => [...currencies].map((one) => systemAccountId(purpose, one))));

  const latest = latestOf(accounts.values(), { ...want, now });
  for (const { account } of accounts.values()) if (mayBeDue(account, latest)) return undefined;
  const books = new MongoBooks({
    accounts,
    accountCounts: new Map(),
    records,
    transfers,
    taken,
    due: nothingDue(latest),
    auditHead: null,
  });
  return { books, accounts: read };
}

type Read = <T>(operation: (session: ClientSession) => Promise<T>) => Promise<T>;

/** Loads records with one round trip for each kind. */
class Finder {
  readonly #collections: Collections;
  readonly #read: Read;

  constructor(collections: Collections, read: Read) {
    this.#collections = collections;
    this.#read = read;
  }

  async recordsAndTransfers(
    want: Prefetch,
  ): Promise<{ records: readonly RecordDocument[]; transfers: readonly TransferDocument[] }> {
    const keys = want.keys.map(keyText);
    const [records, own, wanted] = await Promise.all([
      this.#all(this.#collections.records, keys, { _id: { $in: keys } }),
      this.#all(this.#collections.transfers, keys, { 'record.key': { $in: keys } }),
      this.#transfersById(want.transferIds),
    ]);
    const found = [...own, ...wanted];
    const known = new Set(found.map(({ _id }) => _id));
    const ofRecords = records.flatMap(transferIdsOf).filter((id) => !known.has(id));
    return { records, transfers: [...found, ...(await this.#transfersById(ofRecords))] };
  }

  async accounts(want: Prefetch): Promise<readonly StoredAccount[]> {
    const filters = accountFilters(want);
    const filter = filters.length === 1 && filters[0] ? filters[0] : { $or: filters };
    return this.#upToDate(await this.#all(this.#collections.accounts, filters, filter));
  }

  async accountsById(ids: readonly string[]): Promise<readonly StoredAccount[]> {
    const found = await this.#all(this.#collections.accounts, ids, { _id: { $in: [...ids] } });
    return this.#upToDate(found);
  }

  async accountCounts(ownerIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const ownerId of ownerIds) {
      const filter = { ownerId: { $eq: ownerId } };
      const ids = await this.#read((session) =>
        this.#collections.accounts
          .find(filter, { session, batchSize: ALL, projection: { _id: 1 } })
          .toArray(),
      );
      counts.set(ownerId, ids.length);
    }
    return counts;
  }

  async taken(identifiers: readonly Identifier[]): Promise<ReadonlySet<string>> {
    const found = await findIdentified(this.#collections, identifiers, (find) =>
      this.#read((session) => find({ session })),
    );
    return new Set(found.keys());
  }

  /** Loads the sums of due holds, and some holds of the first accounts: as many as one unit may expire. */
  async due(ids: readonly string[], instants: { now: Instant; until: Instant }): Promise<LoadedDue> {
    const swept = ids.slice(0, MOST_SWEPT);
    const each = Math.ceil(MOST_EXPIRIES / swept.length);
    const steps = await this.#read((session) =>
      findDue(this.#collections, { ids, ...instants }, { session }),
    );
    const found = await this.#read((session) =>
      findFirstHolds(this.#collections, { ids: swept, limit: each + 1 }, session),
    );
    // If all are due, more due ones may follow
    const first = new Map(
      Array.from(found, ([id, holds]) => [id, areDue(holds, instants.until) ? holds.slice(0, each) : holds]),
    );
    return { knownBy: instants.until, steps, first };
  }

  auditHead(): Promise<AuditDocument | null> {
    const { audit } = this.#collections;
    return this.#read((session) => audit.findOne({}, { session, sort: { _id: -1 } }));
  }

  #upToDate(documents: readonly AccountDocument[]): Promise<readonly StoredAccount[]> {
    const { transfers } = this.#collections;
    return withLastEntries(documents, (filter) =>
      this.#read((session) => transfers.find(filter, { session, ...ENTRIES_PART, batchSize: ALL }).toArray()),
    );
  }

  #transfersById(ids: readonly string[]): Promise<readonly TransferDocument[]> {
    return this.#all(this.#collections.transfers, ids, { _id: { $in: [...ids] } });
  }

  async #all<T extends object>(
    collection: { find: (filter: Filter<T>, options: object) => { toArray: () => Promise<unknown[]> } },
    wanted: readonly unknown[],
    filter: Filter<T>,
  ): Promise<readonly T[]> {
    if (wanted.length === 0) return [];
    return this.#read((session) => {
      const options = { session, batchSize: ALL };
      return collection.find(filter, options).toArray() as Promise<T[]>;
    });
  }
}

function areDue(holds: readonly TransferDocument[], by: Instant): boolean {
  return holds.every(({ expiresAt }) => expiresAt !== undefined && expiresAt.getTime() <= by);
}

function accountIdsOf(transfers: readonly TransferDocument[], ids: readonly string[]): readonly string[] {
  const wanted = new Set(ids);
  return transfers
    .filter(({ _id }) => wanted.has(_id))
    .flatMap(({ legs }) => legs.map(({ accountId }) => accountId));
}

function accountFilters({ accountIds, purposes, activeAccounts }: Prefetch): Filter<AccountDocument>[] {
  const filters: Filter<AccountDocument>[] = [];
  if (accountIds.length > 0) filters.push({ _id: { $in: [...accountIds] } });
  // Loads every currency: there are few, and only the other accounts show which are needed
  if (purposes.length > 0) filters.push({ purpose: { $in: [...purposes] } });
  const currencies = new Map<string, string[]>();
  for (const { ownerId, currency } of activeAccounts) {
    const owners = currencies.get(currency);
    if (owners) owners.push(ownerId);
    else currencies.set(currency, [ownerId]);
  }
  for (const [currency, ownerIds] of currencies) {
    filters.push({ ownerId: { $in: ownerIds }, currency, status: 'active' });
  }
  return filters;
}

function byKey(accounts: readonly StoredAccount[]): ReadonlyMap<string, StoredAccount> {
  return new Map(accounts.map((stored) => [stored.account.id, stored]));
}

function byId<T extends { readonly _id: string }>(documents: readonly T[]): ReadonlyMap<string, T> {
  return new Map(documents.map((document) => [document._id, document]));
}
