import type { Page, ListRequest } from '../../src/index.ts';

export async function allPages<T>(list: (page: ListRequest) => Promise<Page<T>>, limit: number) {
  const pages: (readonly T[])[] = [];
  const given = new Set<string>();
  // A cursor that was given before would lead round for ever.
  for (let cursor: string | null | undefined; cursor !== null && !given.has(cursor ?? ''); ) {
    given.add(cursor ?? '');
    const page: Page<T> = await list(cursor === undefined ? { limit } : { limit, cursor });
    pages.push(page.items);
    cursor = page.nextCursor;
  }
  return pages;
}

/** An empty list is one empty page. */
export function inPages<T>(list: readonly T[], limit: number) {
  const pages = [list.slice(0, limit)];
  for (let from = limit; from < list.length; from += limit) pages.push(list.slice(from, from + limit));
  return pages;
}
