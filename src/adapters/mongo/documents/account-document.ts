import type { Binary } from 'mongodb';
import { accountText } from '../../shared/row-digest.ts';
import { Account } from '../../../domain/entities/account.ts';
import type { AccountState } from '../../../domain/entities/account.ts';
import type { Counters } from '../../../domain/entities/counters.ts';
import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import { digestOf } from './digest.ts';
import { entryKey } from './entry-document.ts';

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

/**
 * An account's last entry tells its counters, sequence, instant and head; its document has them as of some entry before,
 * at most `ENTRIES_AHEAD` ago. All else is as it is.
 */
export type AccountDocument = AccountFields & {
  readonly _id: string;
  /** Covers what neither the account's entries nor the audit log tell of it. */
  readonly digest: Binary;
};

/** An account as it is, and up to which sequence its document knows. */
export type StoredAccount = { readonly account: Account; readonly written: number };

/** An update costs the server as much as a whole transfer; to read some entries more costs little, and seldom. */
const ENTRIES_AHEAD = 8;

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

export function accountDigest(account: Account): Binary {
  return digestOf(accountText(account));
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

/** Whether the document must be written: anything but money has changed, or it would fall too far behind. */
export function mustWrite(before: StoredAccount, after: Account): boolean {
  const { account, written } = before;
  return (
    // A change without an entry
    after.sequence === account.sequence ||
    after.sequence - written > ENTRIES_AHEAD ||
    account.nextExpiryAt !== after.nextExpiryAt ||
    account.name !== after.name ||
    account.status !== after.status ||
    account.creditsFrozen !== after.creditsFrozen ||
    account.minimumBalance !== after.minimumBalance ||
    account.maximumBalance !== after.maximumBalance
  );
}

/** The places where entries may stand that a document does not know of. */
export function entryKeysAhead({
  _id,
  sequence,
}: Pick<AccountDocument, '_id' | 'sequence'>): readonly string[] {
  const first = Number(sequence) + 1;
  return Array.from({ length: ENTRIES_AHEAD }, (_, index) =>
    entryKey({ accountId: _id, sequence: first + index }),
  );
}

/** The account as its last entry left it. */
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
    sequence: Number(fields.sequence),
    latestAt: fields.latestAt.getTime(),
    nextExpiryAt: fields.nextExpiryAt?.getTime() ?? null,
    createdAt: fields.createdAt.getTime(),
  });
}

/** In one order, whoever made them: MongoDB tells documents with another order of fields apart. */
function countersOf({ debitsPosted, creditsPosted, debitsPending, creditsPending }: Counters): Counters {
  return { debitsPosted, creditsPosted, debitsPending, creditsPending };
}
