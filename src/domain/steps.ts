import type { Account } from './account.ts';
import type { Actor } from './actor.ts';
import type { WorkingBooks } from './books.ts';
import { sealTransfer } from './chain.ts';
import type { DecisionContext } from './decision-context.ts';
import type { RefusalCode } from './errors.ts';
import type { EntryStep } from './ledger-entry.ts';
import type { Balances, Refusal, TransferOutcome } from './outcome.ts';
import type { Instant } from './time.ts';
import type { Transfer } from './transfer.ts';

/** Writes one step of a transfer into the books of all its accounts, and keeps the transfer as it then stands. */
export function postStep(
  books: WorkingBooks,
  transfer: Transfer,
  { step, at, captured }: { step: EntryStep; at: Instant; captured?: bigint },
  { digest }: DecisionContext,
): void {
  const seal = sealTransfer(transfer, digest);
  for (const leg of transfer.legs) {
    const posting = { step, at, seal, digest, ...(captured === undefined ? {} : { captured }) };
    const { account, entry } = requireAccount(books, leg.accountId).post(leg, transfer, posting);
    books.append(account, entry);
  }
  books.keepTransfer(transfer);
}

/** All entries of a step carry one instant, and none is earlier than the entry before it on its account. */
export function stepInstant(accounts: readonly Account[], { now }: DecisionContext): Instant {
  return Math.max(now, ...accounts.map((account) => account.latestAt));
}

/** An account with its due holds expired: how every decision sees it. */
export function settledAccount(
  books: WorkingBooks,
  id: string,
  context: DecisionContext,
): Account | undefined {
  const account = books.account(id);
  // An account may be ahead of a clock that was set back; what was not loaded is not due yet.
  const now = Math.min(Math.max(context.now, account?.latestAt ?? 0), context.holdsDueBy ?? Infinity);
  if (!account || account.nextExpiryAt === null || account.nextExpiryAt > now) return account;

  for (const hold of books.holdsOf(id)) if (hold.statusAt(now) === 'expired') expire(books, hold, context);
  const settled = requireAccount(books, id).expectExpiry(books.nextExpiryOf(id, now));
  books.keepAccount(settled);
  return settled;
}

/** Expires what is due on these accounts at the instant of a step that touches all of them. */
export function settle(books: WorkingBooks, accounts: readonly Account[], context: DecisionContext): void {
  const now = stepInstant(accounts, context);
  for (const { id } of accounts) settledAccount(books, id, { ...context, now });
}

export function expire(books: WorkingBooks, hold: Transfer, context: DecisionContext): void {
  const at = stepInstant(accountsOf(books, hold), context);
  postStep(books, hold.expire(), { step: 'expired', at }, context);
}

export function accountsOf(books: WorkingBooks, transfer: Transfer): readonly Account[] {
  return transfer.legs.map((leg) => requireAccount(books, leg.accountId));
}

/** @throws TypeError if a store did not load what was wanted */
export function requireAccount(books: WorkingBooks, id: string): Account {
  const account = books.account(id);
  if (!account) throw new TypeError(`Account ${id} was not loaded`);
  return account;
}

export function refuse(code: RefusalCode, transfer: Transfer | null = null): Refusal {
  return { kind: 'refused', code, transfer };
}

/** A transfer as it now stands, with the balances of the actor's own accounts. */
export function transferred(books: WorkingBooks, transfer: Transfer, actor: Actor): TransferOutcome {
  const ownerId = actor.kind === 'user' ? actor.id : null;
  const own = accountsOf(books, transfer).filter((account) => account.ownerId === ownerId);
  return { kind: 'transferred', transfer, balances: own.map(balancesOf) };
}

export function balancesOf(account: Account): Balances {
  const { id, balance, held, available } = account;
  return { accountId: id, balance, held, available };
}
