import { isIdentifier } from '../domain/actor.ts';
import { invalid } from '../domain/errors.ts';
import type { PageRequest as StorePage } from './ports.ts';

const PAGE_LIMIT = 50;
export const PAGE_LIMIT_MAX = 200;

/** `cursor` is the `nextCursor` of the page before, and nothing else. */
export type PageRequest = { readonly limit?: number; readonly cursor?: string };

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/**
 * Reads one item more than asked for, to know whether another page follows.
 * @throws PassbookError `invalid_request` for a limit out of bounds or a cursor that is not ours
 */
export async function readPage<T extends { readonly id: string }>(
  request: PageRequest,
  read: (page: StorePage) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const limit = request.limit ?? PAGE_LIMIT;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_LIMIT_MAX) {
    throw invalid('limit', `must be an integer from 1 to ${PAGE_LIMIT_MAX}`);
  }
  const found = await read({ after: decodeCursor(request.cursor), limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? encodeCursor(last.id) : null };
}

/** Opaque to callers, so that what a cursor holds may change: base64url of a version and the last id. */
function encodeCursor(id: string): string {
  return btoa(`1 ${id}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decodeCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const [version, id, more] = textOf(cursor).split(' ');
  if (version !== '1' || !isIdentifier(id) || more !== undefined) {
    throw invalid('cursor', 'must be the nextCursor of a page before');
  }
  return id;
}

function textOf(cursor: string): string {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
