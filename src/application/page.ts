import { invalid } from '../domain/errors.ts';
import { invalidCursor } from './cursor.ts';
import type { Cursors } from './cursor.ts';
import { ownTurn } from './event-loop.ts';
import type { PageRequest as StorePage } from './ports/page-request.ts';

const PAGE_LIMIT = 50;
export const PAGE_LIMIT_MAX = 200;

/** `cursor` is the `nextCursor` of a page of the same list with the same filter. */
export type ListRequest = { readonly limit?: number; readonly cursor?: string };

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/**
 * Reads a page, plus one item to find out whether another page follows.
 * @throws PassbookError `invalid_request` for a limit out of bounds or a cursor of another list
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

/**
 * Reads a page from a store that tells by itself where a list goes on, and that may end a read early.
 * @throws PassbookError `invalid_request` for a limit out of bounds or a cursor of another list
 */
export async function readPositions<T>(
  request: ListRequest,
  cursors: Cursors,
  list: {
    readonly read: (page: StorePage) => Promise<{ items: readonly T[]; next: string | null }>;
    readonly positionOf: (item: T) => string;
  },
): Promise<Page<T>> {
  const limit = limitOf(request);
  const { cursor } = request;
  const after = cursor === undefined ? null : cursors.decodePosition(cursor);
  const found = await list.read({ after, limit: limit + 1 });
  const items = found.items.slice(0, limit);
  const last = items.at(-1);
  const next = found.items.length > limit && last !== undefined ? list.positionOf(last) : found.next;
  return { items, nextCursor: next === null ? null : cursors.encode(next) };
}

export type Scan<T> = {
  readonly cursors: Cursors;
  /** Reads the items after `after`, in the order of the list. */
  readonly read: (page: StorePage) => Promise<readonly T[]>;
  readonly idOf: (item: T) => string;
  /** Returns whether the item belongs in the list. */
  readonly matches: (item: T) => boolean;
  /** Returns whether neither this item nor any after it belongs in the list. */
  readonly isPast: (item: T) => boolean;
  /** Whether most items are unlikely to match, so that larger chunks pay off. */
  readonly isSelective: boolean;
  /** Returns the id after which to read on, if the last read gave up early; otherwise null. */
  readonly leftOffAt?: () => string | null;
};

/** Maximum number of items that one page scans, and the size of one read. */
const SCAN_MAX = 1_000;
const SCAN_CHUNK = 100;

/**
 * Returns a page of matching items from a bounded scan. If few match, the page may be short or even empty and still
 * have a cursor, from which the next page scans on. Yields to other work between two reads.
 * @throws PassbookError `invalid_request` for a limit out of bounds or a cursor of another list
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

/** Parses a sequence from a cursor. @throws PassbookError `invalid_request` for a cursor of another list */
export function sequenceOf(id: string): number {
  if (!/^[1-9]\d{0,14}$/.test(id)) throw invalidCursor();
  return Number(id);
}

/** Returns the id after which the page starts; null for the first page. */
function placeOf({ cursor }: ListRequest, cursors: Cursors): string | null {
  return cursor === undefined ? null : cursors.decode(cursor);
}

function limitOf({ limit = PAGE_LIMIT }: ListRequest): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_LIMIT_MAX) {
    throw invalid('limit', `must be an integer from 1 to ${PAGE_LIMIT_MAX}`);
  }
  return limit;
}
