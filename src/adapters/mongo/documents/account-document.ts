import type { Binary } from 'mongodb';
import { accountText } from '../../shared/row-digest.ts';
import { Account } from '../../../domain/entities/account.ts';
import type { AccountState } from '../../../domain/entities/account.ts';
import type { Counters } from '../../../domain/entities/counters.ts';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import { digestBinary } from './digest.ts';
import { entryKey } from './entry-document.ts';

type SinceNumbers = 'number' | 'externalId' | 'metadata';

/**
 * Money and unbounded counts are longs; instants are dates. Idempotency records from before accounts had numbers lack
 * the optional fields.
 */
export type AccountFields = Omit<
  AccountState,
  'id' | 'sequence' | 'latestAt' | 'nextExpiryAt' | 'createdAt' | SinceNumbers
> & {
  readonly [K in SinceNumbers]?: AccountState[K];
} & {
  readonly sequence: bigint;
  readonly latestAt: Date;
  readonly nextExpiryAt: Date | null;
  readonly createdAt: Date;
};

/**
 * An account's document. Its counters, sequence, instant and head are those after an entry at most `ENTRIES_AHEAD`
 * before the last one, which has the current ones. All other fields are current.
 */
export type AccountDocument = AccountFields & {
  readonly _id: string;
  /** Covers the facts that neither the account's entries nor the audit log contain. */
  readonly digest: Binary;
};

/** An account's current state, and the sequence as of which its document was written. */
export type StoredAccount = { readonly account: Account; readonly written: number };

/** An update costs the server as much as a whole transfer. Reading some more entries costs little, and is rare. */
const ENTRIES_AHEAD = 8;

export function accountFields(account: Account): AccountFields {
  return {
    ownerId: account.ownerId,
    purpose: account.purpose,
    number: account.number,
    externalId: account.externalId,
    currency: account.currency,
    exponent: account.exponent,
    class: account.class,
    ...changingFields(account),
    createdAt: new Date(account.createdAt),
  };
}

export function accountDigestBinary(account: Account): Binary {
  return digestBinary(accountText(account));
}

/** Fields that may change after the opening. */
export function changingFields(account: Account) {
  return {
    name: account.name,
    metadata: account.metadata,
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

/** Whether the document must be written: a change is not only of money, or the document would fall too far behind. */
export function mustWrite(before: StoredAccount, after: Account): boolean {
  const { account, written } = before;
  return (
    // A change without an entry
    after.sequence === account.sequence ||
    after.sequence - written > ENTRIES_AHEAD ||
    account.nextExpiryAt !== after.nextExpiryAt ||
    hasNewFacts(account, after) ||
    account.status !== after.status ||
    account.creditsFrozen !== after.creditsFrozen ||
    account.minimumBalance !== after.minimumBalance ||
    account.maximumBalance !== after.maximumBalance
  );
}

/** Whether a change needs another digest. */
export function hasNewFacts(before: Account, after: Account): boolean {
  return before.name !== after.name || before.metadata !== after.metadata;
}

/** The keys of entries that may be newer than the document. */
export function entryKeysAhead({
  _id,
  sequence,
}: Pick<AccountDocument, '_id' | 'sequence'>): readonly string[] {
  const first = Number(sequence) + 1;
  return Array.from({ length: ENTRIES_AHEAD }, (_, index) =>
    entryKey({ accountId: _id, sequence: first + index }),
  );
}

/** The account after its last entry. */
export function storedAccountOf(
  { _id, ...fields }: AccountDocument,
  lastEntry: LedgerEntry | undefined,
): StoredAccount {
  const known = accountOf(_id, fields);
  if (!lastEntry) return { account: known, written: known.sequence };
  const { sequence, at: latestAt, hash: head, after: counters } = lastEntry;
  return {
    account: Account.restore({ ...known, counters, sequence, latestAt, head }),
    written: known.sequence,
  };
}

export function accountOf(id: string, fields: AccountFields): Account {
  return Account.restore({
    ...fields,
    id,
    number: fields.number ?? null,
    externalId: fields.externalId ?? null,
    metadata: fields.metadata ?? null,
    sequence: Number(fields.sequence),
    latestAt: fields.latestAt.getTime(),
    nextExpiryAt: fields.nextExpiryAt?.getTime() ?? null,
    createdAt: fields.createdAt.getTime(),
  });
}

/** Fixes the order of the fields: MongoDB treats documents with different orders as different. */
function countersOf({ debitsPosted, creditsPosted, debitsPending, creditsPending }: Counters): Counters {
  return { debitsPosted, creditsPosted, debitsPending, creditsPending };
}
