import { NOTHING_PENDING } from '../entities/counters.ts';
import type { Account } from '../entities/account.ts';
import type { PendingSums, EntryStep } from '../entities/counters.ts';
import type { Actor } from '../actor.ts';
import type { WorkingBooks } from '../books/working-books.ts';
import { entryDigest, linkHash, sealTransfer } from '../integrity/hash-chain.ts';
import type { Digest, TransferSeal } from '../integrity/hash-chain.ts';
import { LedgerEntry } from '../entities/ledger-entry.ts';
import { counted, movedBy } from '../entities/counters.ts';
import type { DecisionContext } from './decision-context.ts';
import type { RefusalCode } from '../errors.ts';
import type { Balances, Refusal, TransferOutcome } from '../books/outcome.ts';
import type { Instant } from '../time.ts';
import type { Leg, Transfer } from '../entities/transfer.ts';

/** Posts one step of a transfer to all its accounts and stores the transfer's new state. */
export function postStep(
  books: WorkingBooks,
  transfer: Transfer,
  { step, at, captured }: { step: EntryStep; at: Instant; captured?: bigint },
  { digest }: DecisionContext,
): void {
  const seal = sealTransfer(transfer, digest);
  for (const leg of transfer.legs) {
    const posting = { step, at, seal, digest, ...(captured === undefined ? {} : { captured }) };
    const { account, entry } = post(requireAccount(books, leg.accountId), { leg, transfer }, posting);
    books.append(account, entry);
  }
  books.keepTransfer(transfer);
}

export type PostingContext = {
  /** The instant of the entry, never before the account's latest entry. */
  readonly at: Instant;
  readonly seal: TransferSeal;
  readonly digest: Digest;
  readonly step: EntryStep;
  /** The captured part of a hold, in minor units. Default: all of it. */
  readonly captured?: bigint;
};

/** Posts one step of one leg. Returns the account afterwards and its new entry, linked to the account's chain. */
export function post(
  account: Account,
  { leg, transfer }: { leg: Leg; transfer: Transfer },
  { at, seal, digest, step, captured = leg.amount }: PostingContext,
): { account: Account; entry: LedgerEntry } {
  const { posted, pending } = movedBy(step, leg.amount, captured);
  const facts = {
    accountId: account.id,
    sequence: account.sequence + 1,
    transferId: transfer.id,
    step,
    direction: leg.direction,
    posted,
    pending,
    after: counted(account.counters, leg.direction, {
      posted,
      pending: step === 'held' ? pending : -pending,
    }),
    at,
  };
  const { number } = account;
  const hash = linkHash(account.head, entryDigest(facts, transfer, { seal, number, digest }), digest);
  const entry = LedgerEntry.restore({ ...facts, hash });
  return { account: account.afterEntry(entry), entry };
}

/** Returns the one instant of a step's entries, never before the latest entry on any of the accounts. */
export function stepInstant(accounts: readonly Account[], { now }: DecisionContext): Instant {
  return Math.max(now, ...accounts.map((account) => account.latestAt));
}

/**
 * Writes the due expiries that the unit may still write, and returns the account after them. `dueOn` counts the rest,
 * so no decision depends on how many were written.
 */
export function settledAccount(
  books: WorkingBooks,
  id: string,
  context: DecisionContext,
): Account | undefined {
  const account = books.account(id);
  if (!account || !mayBeDue(books, account, context) || books.expiriesLeft <= 0) return account;

  const now = dueInstant(books, account, context);
  for (const hold of books.holdsToExpire(id, now)) expire(books, hold, context);
  const swept = requireAccount(books, id);
  const settled = swept.expectExpiry(books.nextExpiryOf(swept, now));
  books.keepAccount(settled);
  return settled;
}

/** Expires the due holds on these accounts, at the instant of a step that touches all of them. */
export function expireDueHolds(
  books: WorkingBooks,
  accounts: readonly Account[],
  context: DecisionContext,
): void {
  const now = stepInstant(accounts, context);
  for (const { id } of accounts) settledAccount(books, id, { ...context, now });
}

/** Sums the account's holds that have expired but whose expiry is not written yet. */
export function dueOn(books: WorkingBooks, account: Account, context: DecisionContext): PendingSums {
  return mayBeDue(books, account, context)
    ? books.dueOn(account.id, dueInstant(books, account, context))
    : NOTHING_PENDING;
}

/** Returns the account without its due holds, which is how decisions count it and answers show it. */
export function released(books: WorkingBooks, account: Account, context: DecisionContext): Account {
  return account.release(dueOn(books, account, context));
}

function mayBeDue(books: WorkingBooks, account: Account, context: DecisionContext): boolean {
  return account.nextExpiryAt !== null && account.nextExpiryAt <= dueInstant(books, account, context);
}

/** Returns the instant up to which holds are due. An account may be ahead of a clock that was set back. */
function dueInstant(books: WorkingBooks, { latestAt }: Account, { now }: DecisionContext): Instant {
  return Math.min(Math.max(now, latestAt), books.dueKnownBy);
}

export function expire(books: WorkingBooks, hold: Transfer, context: DecisionContext): void {
  const at = stepInstant(accountsOf(books, hold), context);
  postStep(books, hold.expire(), { step: 'expired', at }, context);
}

export function accountsOf(books: WorkingBooks, transfer: Transfer): readonly Account[] {
  return transfer.legs.map((leg) => requireAccount(books, leg.accountId));
}

/** @throws TypeError if the store did not load a prefetched account */
export function requireAccount(books: WorkingBooks, id: string): Account {
  const account = books.account(id);
  if (!account) throw new TypeError(`Account ${id} was not loaded`);
  return account;
}

export function refuse(code: RefusalCode, transfer: Transfer | null = null): Refusal {
  return { kind: 'refused', code, transfer };
}

/** Returns the outcome of a transfer, with the balances of the actor's own accounts. */
export function transferred(
  books: WorkingBooks,
  { transfer, actor }: { transfer: Transfer; actor: Actor },
  context: DecisionContext,
): TransferOutcome {
  const ownerId = actor.kind === 'user' ? actor.id : null;
  const own = accountsOf(books, transfer).filter((account) => account.ownerId === ownerId);
  const balances = own.map((account) => balancesOf(released(books, account, context)));
  return { kind: 'transferred', transfer, balances };
}

export function balancesOf(account: Account): Balances {
  const { id, balance, held, available } = account;
  return { accountId: id, balance, held, available };
}
