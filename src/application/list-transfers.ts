import type { Viewer } from '../domain/actor.ts';
import { readPage } from './page.ts';
import type { Page, PageRequest } from './page.ts';
import type { Clock, LedgerReads } from './ports.ts';
import { viewTransfer } from './views.ts';
import type { TransferView } from './views.ts';

/**
 * The transfers that a user is a party of, the newest first: as payer, as payee, or as the one who tried.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function listTransfers({ reads, clock }: { reads: LedgerReads; clock: Clock }) {
  return async (viewer: Viewer & { id: string }, request: PageRequest = {}): Promise<Page<TransferView>> => {
    const page = await readPage(request, (terms) => reads.transfersOf(viewer.id, terms));
    const terms = { viewer, at: clock.now() };
    return { ...page, items: page.items.map((transfer) => viewTransfer(transfer, terms)) };
  };
}
