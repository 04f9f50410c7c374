import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';

/** Position of a transfer in a list: by creation instant, then by id. */
export type TransferPosition = { readonly at: Instant; readonly id: string };

/** Sorts after every id, since ids are visible ASCII. */
export const ABOVE_IDS = '\u007f';

export function positionOf({ createdAt, id }: Transfer): TransferPosition {
  return { at: createdAt, id };
}

export function isNewer(a: TransferPosition, b: TransferPosition): boolean {
  return a.at === b.at ? a.id > b.id : a.at > b.at;
}
