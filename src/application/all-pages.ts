import { ownTurn } from './event-loop.ts';
import type { PageRequest } from './ports/page-request.ts';

/** Yields all pages of a list until a page is empty. Yields to other work in the event loop between two pages. */
export async function* allPages<T>(
  read: (page: PageRequest) => Promise<readonly T[]> | readonly T[],
  { idOf, limit }: { idOf: (one: T) => string; limit: number },
): AsyncGenerator<readonly T[], void> {
  for (let after: string | null = null; ; ) {
    const page: readonly T[] = await read({ after, limit });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = idOf(last);
    await ownTurn();
  }
}
