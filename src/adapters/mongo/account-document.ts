import { Account } from '../../domain/account.ts';
import type { AccountState, Counters } from '../../domain/account.ts';

/** Longs wherever money or a count without end is kept; dates for instants. */
export type AccountFields = Omit<
  AccountState,
  'id' | 'sequence' | 'latestAt' | 'nextExpiryAt' | 'createdAt'
> & {
  readonly sequence: bigint;
  readonly latestAt: Date;
  readonly nextExpiryAt: Date | null;
  readonly createdAt: Date;
};

export type AccountDocument = AccountFields & {
  readonly _id: string;
  /** Grows with each change, and where a decision that wrote elsewhere relied on the account. */
  readonly version: bigint;
};

/** How many accounts an owner has: what openings change, so that no two act on one count. */
export type OwnerDocument = {
  readonly _id: string;
  readonly accountCount: bigint;
  readonly version: bigint;
};

export function accountFields(account: Account): AccountFields {
  return {
    ownerId: account.ownerId,
    purpose: account.purpose,
    currency: account.currency,
    exponent: account.exponent,
    class: account.class,
    ...changingFields(account),
    createdAt: new Date(account.createdAt),
  };
}

/** What may differ once the account is open. */
export function changingFields(account: Account) {
  return {
    name: account.name,
    status: account.status,
    creditsFrozen: account.creditsFrozen,
    minimumBalance: account.minimumBalance,
    maximumBalance: account.maximumBalance,
    counters: countersOf(account.counters),
    sequence: BigInt(account.sequence),
    latestAt: new Date(account.latestAt),
    head: account.head,
    nextExpiryAt: account.nextExpiryAt === null ? null : new Date(account.nextExpiryAt),
  };
}

export function accountOf(id: string, fields: AccountFields): Account {
  return Account.restore({
    ...fields,
    id,
    sequence: Number(fields.sequence),
    latestAt: fields.latestAt.getTime(),
    nextExpiryAt: fields.nextExpiryAt?.getTime() ?? null,
    createdAt: fields.createdAt.getTime(),
  });
}

/** In one order, whoever made them: MongoDB tells documents with another order of fields apart. */
export function countersOf({
  debitsPosted,
  creditsPosted,
  debitsPending,
  creditsPending,
}: Counters): Counters {
  return { debitsPosted, creditsPosted, debitsPending, creditsPending };
}
