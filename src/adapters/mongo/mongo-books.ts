import type { Filter } from 'mongodb';
import type { Account } from '../../domain/account.ts';
import type { Books } from '../../domain/books.ts';
import type { OwnerAndCurrency, Want } from '../../domain/command.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/idempotency.ts';
import { accountOf } from './account-document.ts';
import type { AccountDocument, OwnerDocument } from './account-document.ts';
import type { Collections } from './collections.ts';
import { recordOf, transferIdOf } from './record-document.ts';
import type { RecordDocument } from './record-document.ts';
import type { TransferDocument } from './transfer-document.ts';
import type { Transaction } from './transactions.ts';

/** More than any batch wants, so that a find is one round trip: a reply is filled up to 16 MB. */
const ALL = 100_000;

type Loaded = {
  readonly accounts: readonly AccountDocument[];
  readonly owners: readonly OwnerDocument[];
  readonly records: readonly RecordDocument[];
  readonly transfers: readonly TransferDocument[];
};

/** What one transaction has read, and which of it the decision has looked at. */
export class MongoBooks implements Books {
  readonly #accounts: ReadonlyMap<string, { readonly account: Account; readonly version: bigint }>;
  readonly #owners: ReadonlyMap<string, OwnerDocument>;
  readonly #records: ReadonlyMap<string, RecordDocument>;
  readonly #transfers: ReadonlyMap<string, TransferDocument>;
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

  oldestActive({ ownerId, currency }: OwnerAndCurrency): Account | undefined {
    let oldest: Account | undefined;
    for (const { account } of this.#accounts.values()) {
      if (account.ownerId !== ownerId || account.currency !== currency || account.status !== 'active')
        continue;
      if (!oldest || account.id < oldest.id) oldest = account;
    }
    return oldest && this.account(oldest.id);
  }

  accountCount(ownerId: string): number {
    if (this.#ownerIds.has(ownerId)) this.#ownersSeen.add(ownerId);
    return Number(this.#owners.get(ownerId)?.accountCount ?? 0n);
  }

  record(key: IdempotencyKey): IdempotencyRecord | undefined {
    const document = this.#records.get(keyText(key));
    const transferId = document && transferIdOf(document);
    return document && recordOf(key, document, this.#transfers.get(transferId ?? ''));
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
  const transferIds = records.flatMap((record) => transferIdOf(record) ?? []);
  const transfers = await findAll(transferIds, () =>
    transaction.read((session) =>
      collections.transfers.find({ _id: { $in: transferIds } }, { session, batchSize: ALL }).toArray(),
    ),
  );
  const filters = accountFilters(want);
  const accounts = await findAll(filters, () =>
    transaction.read((session) =>
      collections.accounts
        .find(filters.length === 1 && filters[0] ? filters[0] : { $or: filters }, { session, batchSize: ALL })
        .toArray(),
    ),
  );
  const ownerIds = [...want.ownerIds];
  const owners = await findAll(ownerIds, () =>
    transaction.read((session) =>
      collections.owners.find({ _id: { $in: ownerIds } }, { session, batchSize: ALL }).toArray(),
    ),
  );
  return new MongoBooks(want, { accounts, owners, records, transfers });
}

async function findAll<T>(wanted: readonly unknown[], find: () => Promise<T[]>): Promise<readonly T[]> {
  return wanted.length === 0 ? [] : find();
}

function accountFilters({ accountIds, purposes, oldestActive }: Want): Filter<AccountDocument>[] {
  const filters: Filter<AccountDocument>[] = [];
  if (accountIds.length > 0) filters.push({ _id: { $in: [...accountIds] } });
  // In every currency: there are few, and which ones are needed is only known from the other accounts
  if (purposes.length > 0) filters.push({ purpose: { $in: [...purposes] } });
  const currencies = new Map<string, string[]>();
  for (const { ownerId, currency } of oldestActive) {
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
