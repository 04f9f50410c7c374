import type { Filter } from 'mongodb';
import type { Account } from '../../domain/account.ts';
import type { AuditHead } from '../../domain/audit.ts';
import type { Books } from '../../domain/books.ts';
import type { OwnerAndCurrency, Want } from '../../domain/command.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/idempotency.ts';
import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/transfer.ts';
import { accountOf } from './account-document.ts';
import type { AccountDocument, OwnerDocument } from './account-document.ts';
import { auditRecordOf } from './audit-document.ts';
import type { AuditDocument } from './audit-document.ts';
import type { Collections } from './collections.ts';
import { recordOf, transferIdsOf } from './record-document.ts';
import type { RecordDocument } from './record-document.ts';
import { transferOf } from './transfer-document.ts';
import type { TransferDocument } from './transfer-document.ts';
import type { Transaction } from './transactions.ts';

/** More than any batch wants, so that a find is one round trip: a reply is filled up to 16 MB. */
const ALL = 100_000;

type Loaded = {
  readonly accounts: readonly AccountDocument[];
  readonly owners: readonly OwnerDocument[];
  readonly records: readonly RecordDocument[];
  /** Those that were wanted, those of records, and pending holds. */
  readonly transfers: readonly TransferDocument[];
  readonly auditHead: AuditDocument | null;
};

/** What one transaction has read, and which of it the decision has looked at. */
export class MongoBooks implements Books {
  readonly #accounts: ReadonlyMap<string, { readonly account: Account; readonly version: bigint }>;
  readonly #owners: ReadonlyMap<string, OwnerDocument>;
  readonly #records: ReadonlyMap<string, RecordDocument>;
  readonly #transfers: ReadonlyMap<string, TransferDocument>;
  /** Restored once, so that what is changed can be told from what was read. */
  readonly #restored = new Map<string, Transfer>();
  readonly #auditHead: AuditHead | undefined;
  readonly #ownerIds: ReadonlySet<string>;
  readonly #accountsSeen = new Set<string>();
  readonly #ownersSeen = new Set<string>();

  constructor(want: Want, loaded: Loaded) {
    this.#accounts = new Map(
      loaded.accounts.map((document) => {
        const { _id, version, ...fields } = document;
        return [_id, { account: accountOf(_id, fields), version }];
      }),
    );
    this.#owners = byId(loaded.owners);
    this.#records = byId(loaded.records);
    this.#transfers = byId(loaded.transfers);
    this.#ownerIds = new Set(want.ownerIds);
    this.#auditHead = loaded.auditHead ? auditRecordOf(loaded.auditHead) : undefined;
  }

  /** Accounts and owners that a decision has looked at; what it writes may rest on them. */
  get accountsSeen(): ReadonlySet<string> {
    return this.#accountsSeen;
  }

  get ownersSeen(): ReadonlySet<string> {
    return this.#ownersSeen;
  }

  account(id: string): Account | undefined {
    const loaded = this.#accounts.get(id);
    if (loaded) this.#accountsSeen.add(id);
    return loaded?.account;
  }

  transfer(id: string): Transfer | undefined {
    const restored = this.#restored.get(id);
    const document = this.#transfers.get(id);
    if (restored || !document) return restored;

    const transfer = transferOf(document);
    this.#restored.set(id, transfer);
    return transfer;
  }

  holdsOf(accountId: string): readonly Transfer[] {
    const holds = [...this.#transfers.values()].filter(
      ({ status, legs }) => status === 'pending' && legs.some((leg) => leg.accountId === accountId),
    );
    return holds.flatMap(({ _id }) => this.transfer(_id) ?? []);
  }

  activeAccounts({ ownerId, currency }: OwnerAndCurrency): readonly Account[] {
    const ids: string[] = [];
    for (const { account } of this.#accounts.values()) {
      const { status } = account;
      if (account.ownerId === ownerId && account.currency === currency && status === 'active') {
        ids.push(account.id);
      }
    }
    return ids.sort().flatMap((id) => this.account(id) ?? []);
  }

  auditHead(): AuditHead | undefined {
    return this.#auditHead;
  }

  accountCount(ownerId: string): number {
    if (this.#ownerIds.has(ownerId)) this.#ownersSeen.add(ownerId);
    return Number(this.#owners.get(ownerId)?.accountCount ?? 0n);
  }

  record(key: IdempotencyKey): IdempotencyRecord | undefined {
    const document = this.#records.get(keyText(key));
    return document && recordOf(key, document, this.#transfers);
  }

  /** The version of an account that was read; undefined for one that was not there. */
  accountVersion(id: string): bigint | undefined {
    return this.#accounts.get(id)?.version;
  }

  /** What an opening goes on from: an owner who was read and not there has nothing yet. Undefined: not read. */
  owner(id: string): OwnerDocument | undefined {
    if (!this.#ownerIds.has(id)) return undefined;
    return this.#owners.get(id) ?? { _id: id, accountCount: 0n, version: 0n };
  }

  /** Whether `before` is what was read of the account. */
  isAsRead(id: string, before: Account | null): boolean {
    return (this.#accounts.get(id)?.account ?? null) === before;
  }
}

/** One round trip for the accounts, and one for each other kind that is wanted. */
export async function loadBooks(
  transaction: Transaction,
  collections: Collections,
  want: Want,
): Promise<MongoBooks> {
  const keys = want.keys.map(keyText);
  const records = await findAll(keys, () =>
    transaction.read((session) =>
      collections.records.find({ _id: { $in: keys } }, { session, batchSize: ALL }).toArray(),
    ),
  );
  const transferIds = [...want.transferIds, ...records.flatMap(transferIdsOf)];
  const transfers = await findAll(transferIds, () =>
    transaction.read((session) =>
      collections.transfers.find({ _id: { $in: transferIds } }, { session, batchSize: ALL }).toArray(),
    ),
  );
  const accounts = await loadAccounts(transaction, collections, {
    ...want,
    accountIds: [...want.accountIds, ...accountIdsOf(transfers, want.transferIds)],
  });
  const holds = await loadHolds(transaction, collections, { accounts, until: want.holdsDueBy });
  const known = new Set(accounts.map(({ _id }) => _id));
  const others = holds
    .flatMap(({ legs }) => legs.map(({ accountId }) => accountId))
    .filter((id) => !known.has(id));
  const ownerIds = [...want.ownerIds];
  const owners = await findAll(ownerIds, () =>
    transaction.read((session) =>
      collections.owners.find({ _id: { $in: ownerIds } }, { session, batchSize: ALL }).toArray(),
    ),
  );
  return new MongoBooks(want, {
    accounts: [...accounts, ...(await loadAccountsById(transaction, collections, [...new Set(others)]))],
    owners,
    records,
    transfers: [...transfers, ...holds],
    auditHead: want.auditHead
      ? await transaction.read((session) => collections.audit.findOne({}, { session, sort: { _id: -1 } }))
      : null,
  });
}

function accountIdsOf(transfers: readonly TransferDocument[], ids: readonly string[]): readonly string[] {
  const wanted = new Set(ids);
  return transfers
    .filter(({ _id }) => wanted.has(_id))
    .flatMap(({ legs }) => legs.map(({ accountId }) => accountId));
}

async function loadAccounts(
  transaction: Transaction,
  { accounts }: Collections,
  want: Want,
): Promise<readonly AccountDocument[]> {
  const filters = accountFilters(want);
  return findAll(filters, () =>
    transaction.read((session) =>
      accounts
        .find(filters.length === 1 && filters[0] ? filters[0] : { $or: filters }, { session, batchSize: ALL })
        .toArray(),
    ),
  );
}

async function loadAccountsById(
  transaction: Transaction,
  { accounts }: Collections,
  ids: readonly string[],
): Promise<readonly AccountDocument[]> {
  return findAll(ids, () =>
    transaction.read((session) =>
      accounts.find({ _id: { $in: [...ids] } }, { session, batchSize: ALL }).toArray(),
    ),
  );
}

/** Of accounts on which a hold may be due: those that are, and on each the next. */
async function loadHolds(
  transaction: Transaction,
  { transfers }: Collections,
  { accounts, until }: { accounts: readonly AccountDocument[]; until: Instant },
): Promise<readonly TransferDocument[]> {
  const ids = accounts
    .filter(({ nextExpiryAt }) => nextExpiryAt !== null && nextExpiryAt.getTime() <= until)
    .map(({ _id }) => _id);
  const expiresAt = { $lte: new Date(until) };
  const due = await findAll(ids, () =>
    transaction.read((session) =>
      transfers
        .find({ status: 'pending', 'legs.accountId': { $in: ids }, expiresAt }, { session, batchSize: ALL })
        .toArray(),
    ),
  );
  const next: TransferDocument[] = [];
  for (const id of ids) {
    const later = { status: 'pending', 'legs.accountId': id, expiresAt: { $gt: new Date(until) } } as const;
    const found = await transaction.read((session) =>
      transfers.findOne(later, { session, sort: { expiresAt: 1 } }),
    );
    if (found) next.push(found);
  }
  return [...due, ...next];
}

async function findAll<T>(wanted: readonly unknown[], find: () => Promise<T[]>): Promise<readonly T[]> {
  return wanted.length === 0 ? [] : find();
}

function accountFilters({ accountIds, purposes, activeAccounts }: Want): Filter<AccountDocument>[] {
  const filters: Filter<AccountDocument>[] = [];
  if (accountIds.length > 0) filters.push({ _id: { $in: [...accountIds] } });
  // In every currency: there are few, and which ones are needed is only known from the other accounts
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

function byId<T extends { readonly _id: string }>(documents: readonly T[]): ReadonlyMap<string, T> {
  return new Map(documents.map((document) => [document._id, document]));
}
