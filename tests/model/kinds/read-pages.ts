import type { Viewer } from '../../../src/domain/actor.ts';
import type { Page, PageRequest } from '../../../src/index.ts';
import type { CommandKind } from '../command.ts';
import { AUDITOR, CUSTOMERS, OPERATORS } from '../draw.ts';
import { accountsOf } from '../model.ts';
import { transfersOf, viewAccount, viewTransfer } from '../model-views.ts';

type PagesDraw = {
  readonly viewer: Viewer & { id: string };
  readonly what: 'accounts' | 'transfers';
  readonly limit: number;
};

/** A whole list, page by page. */
export const readPagesKind: CommandKind<PagesDraw> = {
  name: 'readPages',
  weight: 2,
  door: 'read',

  generate({ random, model }) {
    const named = OPERATORS.flatMap((one) => (one.id === undefined ? [] : { ...one, id: one.id }));
    // Short lists are read in short pages, long ones in longer: a walk takes a few steps either way.
    const longest = Math.max(4, Math.ceil(model.transfers.length / 4));
    return {
      viewer: random.pick([...CUSTOMERS, ...CUSTOMERS, ...named, AUDITOR]),
      what: random.pick(['accounts', 'transfers'] as const),
      limit: random.integer(Math.ceil(longest / 4), longest),
    };
  },

  runOnLedger({ viewer, what, limit }, { ledger }) {
    return what === 'accounts'
      ? allPages((page) => ledger.listAccounts(viewer.id, page), limit)
      : allPages((page) => ledger.listTransfers(viewer, page), limit);
  },

  runOnModel({ viewer, what, limit }, model) {
    return what === 'accounts'
      ? inPages(accountsOf(model, viewer.id).map(viewAccount), limit)
      : inPages(
          transfersOf(model, viewer.id).map((one) => viewTransfer(one, viewer)),
          limit,
        );
  },
};

async function allPages<T>(list: (page: PageRequest) => Promise<Page<T>>, limit: number) {
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
function inPages<T>(list: readonly T[], limit: number) {
  const pages = [list.slice(0, limit)];
  for (let from = limit; from < list.length; from += limit) pages.push(list.slice(from, from + limit));
  return pages;
}
