import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';

/** Where a transfer stands among others: by the instant it was made at, and at one instant by its id. */
export type TransferPosition = { readonly at: Instant; readonly id: string };

/** Above all ids at one instant: they are visible ASCII. */
export const ABOVE_IDS = '\u007f';

export function positionOf({ createdAt, id }: Transfer): TransferPosition {
  return { at: createdAt, id };
}

export function isNewer(a: TransferPosition, b: TransferPosition): boolean {
  return a.at === b.at ? a.id > b.id : a.at > b.at;
}
