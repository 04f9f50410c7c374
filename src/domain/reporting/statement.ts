import type { Account } from '../entities/account.ts';
import type { Direction } from '../entities/counters.ts';

/** Direction of money from the owner's view: `in` raises the balance. */
export type Flow = 'in' | 'out';

/** Totals of a period on an account, in minor units: `opening + totalIn - totalOut = closing`. */
export type StatementTotals = {
  readonly opening: bigint;
  readonly totalIn: bigint;
  readonly totalOut: bigint;
  readonly closing: bigint;
};

export function flowOf({ normalSide }: Pick<Account, 'normalSide'>, direction: Direction): Flow {
  return direction === normalSide ? 'in' : 'out';
}

/** Returns the side on which money is reserved to leave the account. */
export function heldSideOf({ normalSide }: Pick<Account, 'normalSide'>): Direction {
  return normalSide === 'debit' ? 'credit' : 'debit';
}

/** Computes a period's totals from the account's counters at both ends, without reading the entries between. */
export function totalsBetween(before: Account, after: Account): StatementTotals {
  const debits = after.counters.debitsPosted - before.counters.debitsPosted;
  const credits = after.counters.creditsPosted - before.counters.creditsPosted;
  const [totalIn, totalOut] = after.normalSide === 'debit' ? [debits, credits] : [credits, debits];
  return { opening: before.balance, totalIn, totalOut, closing: after.balance };
}
