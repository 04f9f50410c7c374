import { invalid } from '../domain/errors.ts';
import { invalidCursor } from './cursor.ts';
import type { Cursors } from './cursor.ts';
import { ownTurn } from './event-loop.ts';
import type { PageRequest as StorePage } from './ports/ledger-store.ts';

const PAGE_LIMIT = 50;
export const PAGE_LIMIT_MAX = 200;

/** `cursor` is the `nextCursor` of a page of the same list with the same filter, and nothing else. */
export type ListRequest = { readonly limit?: number; readonly cursor?: string };

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/**
 * Reads one item more than asked for, to know whether another page follows.
 * @throws PassbookError `invalid_request` for a limit out of bounds or a cursor that is not the list's
 */
export async function readPage<T extends { readonly id: string }>(
  request: ListRequest,
  cursors: Cursors,
  read: (page: StorePage) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const limit = limitOf(request);
  const found = await read({ after: placeOf(request, cursors), limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? cursors.encode(last.id) : null };
}

export type Scan<T> = {
  readonly cursors: Cursors;
  /** From the item after `after` on, in the order of the list. */
  readonly read: (page: StorePage) => Promise<readonly T[]>;
  readonly idOf: (item: T) => string;
  /** Whether the item belongs into the list. */
  readonly matches: (item: T) => boolean;
  /** Whether neither this item nor any after it does. */
  readonly isPast: (item: T) => boolean;
  /** Whether most items are expected not to match, so that more are read at once. */
  readonly isSelective: boolean;
  /** The id after which to read on, where the last read gave up before it had what was asked for; null at the end. */
  readonly leftOffAt?: () => string | null;
};

/** How many items one page looks at, and how many it reads at once. */
const SCAN_MAX = 1_000;
const SCAN_CHUNK = 100;

/**
 * A page of what matches. It looks at a bounded number of items: where few match, the page may be short, even empty,
 * and still have a cursor, from which the next one looks on. Others have a turn between two reads.
 * @throws PassbookError `invalid_request` for a limit out of bounds or a cursor that is not the list's
 */
export async function scanPage<T>(
  request: ListRequest,
  { cursors, read, idOf, matches, isPast, isSelective, leftOffAt = () => null }: Scan<T>,
): Promise<Page<T>> {
  const limit = limitOf(request);
  const size = isSelective ? Math.max(limit + 1, SCAN_CHUNK) : limit + 1;
  const items: T[] = [];
  let after = placeOf(request, cursors);
  for (let looked = 0; looked < SCAN_MAX; ) {
    const found = await read({ after, limit: size });
    for (const item of found) {
      if (isPast(item)) return { items, nextCursor: null };
      if (matches(item)) {
        if (items.length === limit) return { items, nextCursor: after && cursors.encode(after) };
        items.push(item);
      }
      after = idOf(item);
    }
    if (found.length < size) {
      const left = leftOffAt();
      return { items, nextCursor: left === null ? null : cursors.encode(left) };
    }
    looked += found.length;
    await ownTurn();
  }
  return { items, nextCursor: after && cursors.encode(after) };
}

/** A cursor that holds no sequence is of another list. @throws PassbookError `invalid_request` */
export function sequenceOf(id: string): number {
  if (!/^[1-9]\d{0,14}$/.test(id)) throw invalidCursor();
  return Number(id);
}

/** The id that the page begins after; null for the first page. */
function placeOf({ cursor }: ListRequest, cursors: Cursors): string | null {
  return cursor === undefined ? null : cursors.decode(cursor);
}

function limitOf({ limit = PAGE_LIMIT }: ListRequest): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_LIMIT_MAX) {
    throw invalid('limit', `must be an integer from 1 to ${PAGE_LIMIT_MAX}`);
  }
  return limit;
}
