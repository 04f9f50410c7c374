import type { Viewer } from '../../../src/domain/actor.ts';
import type { CommandKind } from '../command.ts';
import { AUDITOR, CUSTOMERS, OPERATORS } from '../draw.ts';
import { accountsOf } from '../model.ts';
import { countersNow, transfersOf, viewAccount, viewTransfer } from '../model-views.ts';
import { allPages, inPages } from '../pages.ts';

type PagesDraw = {
  readonly viewer: Viewer & { id: string };
  readonly what: 'accounts' | 'transfers';
  readonly limit: number;
};

/** A whole list, page by page. */
export const readPagesKind: CommandKind<PagesDraw> = {
  name: 'readPages',
  weight: 5,
  door: 'read',

  generate({ random, model }) {
    const named = OPERATORS.flatMap((one) => (one.id === undefined ? [] : { ...one, id: one.id }));
    // Short lists are read in short pages, long ones in longer: a walk takes a few steps either way.
    const longest = Math.max(4, Math.ceil(model.transfers.size / 4));
    return {
      viewer: random.pick([...CUSTOMERS, ...CUSTOMERS, ...named, AUDITOR]),
      what: random.pick(['accounts', 'transfers'] as const),
      limit: random.integer(Math.ceil(longest / 4), longest),
    };
  },

  runOnLedger({ viewer, what, limit }, { ledger }) {
    return what === 'accounts'
      ? allPages((page) => ledger.listAccounts(viewer, viewer.id, page), limit)
      : allPages((page) => ledger.listTransfers(viewer, page), limit);
  },

  runOnModel({ viewer, what, limit }, model) {
    return what === 'accounts'
      ? inPages(
          accountsOf(model, viewer.id).map((one) => viewAccount(one, countersNow(model, one))),
          limit,
        )
      : inPages(
          transfersOf(model, viewer.id).map((one) => viewTransfer(one, viewer, model.now)),
          limit,
        );
  },
};
