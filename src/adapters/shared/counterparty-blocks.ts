import type { Leg } from '../../domain/entities/transfer.ts';

/**
 * So many entries of an account, one after another, have one record that tells who was on the other side of them.
 * An index by account and counterparty costs each entry of a large ledger a page of its own, as its rows lie anywhere;
 * this costs a 64th of a row, and whoever looks for a counterparty goes through the blocks that name it.
 */
export const BLOCK = 64;

/** In a block, where an entry has no other account, or more than one. */
export const ANY_OTHER = '*';

/** Blocks are counted from 1, as sequences are. */
export function blockOf(sequence: number): number {
  return Math.ceil(sequence / BLOCK);
}

/** The sequences of a block's entries. */
export function rangeOfBlock(block: number): { first: number; last: number } {
  return { first: (block - 1) * BLOCK + 1, last: block * BLOCK };
}

/** The other account of the transfer, where there is just one. */
export function counterpartyOf(
  { accountId }: { readonly accountId: string },
  legs: readonly Leg[],
): string | null {
  const [other, more] = legs.filter((leg) => leg.accountId !== accountId);
  return more ? null : (other?.accountId ?? null);
}

/** How a block names an account: some other may be named so too. */
export function nameInBlock(accountId: string): string {
  return accountId.slice(-4);
}
