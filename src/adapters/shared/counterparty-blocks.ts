import type { Leg } from '../../domain/entities/transfer.ts';

/**
 * Number of consecutive entries of an account whose counterparties share one record.
 * An index by account and counterparty would cost one random page for each entry of a large ledger. A block costs a
 * 64th of a row, and a search for a counterparty visits only the blocks that name it.
 */
export const BLOCK = 64;

/** Stands in a block for an entry with no other account, or with several. */
export const ANY_OTHER = '*';

/** Blocks count from 1, as sequences do. */
export function blockOf(sequence: number): number {
  return Math.ceil(sequence / BLOCK);
}

/** The sequences of a block's entries. */
export function rangeOfBlock(block: number): { first: number; last: number } {
  return { first: (block - 1) * BLOCK + 1, last: block * BLOCK };
}

/** The transfer's other account; null unless there is exactly one. */
export function counterpartyOf(
  { accountId }: { readonly accountId: string },
  legs: readonly Leg[],
): string | null {
  const [other, more] = legs.filter((leg) => leg.accountId !== accountId);
  return more ? null : (other?.accountId ?? null);
}

/** An account's name in a block. Several accounts may share a name. */
export function nameInBlock(accountId: string): string {
  return accountId.slice(-4);
}
