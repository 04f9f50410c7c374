import type { TransferView } from '../../../src/application/views.ts';
import type { Viewer } from '../../../src/domain/actor.ts';
import { drawIdOrNumber, idOf, isMistyped } from '../account-numbers.ts';
import type { CommandKind, Drawing } from '../command.ts';
import { thrown } from '../command.ts';
import { AUDITOR, CUSTOMERS, drawAccountId, OPERATORS } from '../draw.ts';
import { accountsOf } from '../model.ts';
import { countersNow, transfersOf, viewAccount, viewTransfer } from '../model-views.ts';
import { allPages, inPages } from '../pages.ts';

type PagesDraw = {
  readonly viewer: Viewer & { id: string };
  readonly what: 'accounts' | 'transfers';
  readonly limit: number;
  readonly filter: Filter;
};

type Filter = { readonly reference?: string; readonly counterparty?: string };

/** A whole list, page by page; of transfers sometimes those with a reference or a counterparty. */
export const readPagesKind: CommandKind<PagesDraw> = {
  name: 'readPages',
  weight: 5,
  door: 'read',

  generate(drawing) {
    const { random, model } = drawing;
    const named = OPERATORS.flatMap((one) => (one.id === undefined ? [] : { ...one, id: one.id }));
    // Short lists are read in short pages, long ones in longer: a walk takes a few steps either way.
    const longest = Math.max(4, Math.ceil(model.transfers.size / 4));
    return {
      viewer: random.pick([...CUSTOMERS, ...CUSTOMERS, ...named, AUDITOR]),
      what: random.pick(['accounts', 'transfers'] as const),
      limit: random.integer(Math.ceil(longest / 4), longest),
      filter: drawFilter(drawing),
    };
  },

  async runOnLedger({ viewer, what, limit, filter }, { ledger }) {
    if (what === 'accounts') return allPages((page) => ledger.listAccounts(viewer, viewer.id, page), limit);
    const pages = await allPages((page) => ledger.listTransfers(viewer, { ...page, ...filter }), limit);
    // A page of a filtered list may be short
    return isWhole(filter) ? pages : pages.flat();
  },

  runOnModel({ viewer, what, limit, filter }, model) {
    if (what === 'accounts') {
      const accounts = accountsOf(model, viewer.id).map((one) => viewAccount(one, countersNow(model, one)));
      return inPages(accounts, limit);
    }
    const { reference, counterparty } = filter;
    if (counterparty !== undefined && isMistyped(counterparty)) {
      return thrown('invalid_request', 'counterparty');
    }
    const transfers = transfersOf(model, viewer.id).map((one) => viewTransfer(one, viewer, model.now));
    if (isWhole(filter)) return inPages(transfers, limit);
    return transfers.filter(
      (one) =>
        (reference === undefined || one.reference === reference) &&
        (counterparty === undefined || accountsIn(one).includes(idOf(model, counterparty))),
    );
  },
};

function drawFilter(drawing: Drawing): Filter {
  const { random, model } = drawing;
  if (random.chance(0.3)) return {};
  const references = [...model.transfers.values()].flatMap(({ reference }) => reference ?? []);
  if (random.chance(0.4)) return { reference: random.pick([...references, 'of none']) };
  const accountId = drawAccountId(drawing, ({ ownerId }) => ownerId !== null);
  return { counterparty: drawIdOrNumber(drawing, accountId, 0.6) };
}

function isWhole(filter: Filter): boolean {
  return Object.keys(filter).length === 0;
}

/** As far as the view has them. */
function accountsIn({
  sourceAccountId,
  destinationAccountId,
  legs,
}: TransferView): readonly (string | null)[] {
  return [sourceAccountId, destinationAccountId, ...(legs ?? []).map(({ accountId }) => accountId)];
}
