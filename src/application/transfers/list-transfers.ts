import { isLimited } from '../../domain/actor.ts';
import type { Viewer } from '../../domain/actor.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import { Cursors, invalidCursor } from '../cursor.ts';
import {
  filterTerms,
  isSelective,
  matches,
  requireFilter,
  withCounterpartyId,
} from '../reporting/history-filter.ts';
import type { HistoryFacts, HistoryRequest } from '../reporting/history-filter.ts';
import { scanPage } from '../page.ts';
import type { Page } from '../page.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { ABOVE_IDS, positionOf } from '../ports/transfer-position.ts';
import type { TransferPosition } from '../ports/transfer-position.ts';
import { UserTransfers } from './user-transfers.ts';
import { mayViewTransfer, viewTransfer } from '../views.ts';
import type { TransferView } from '../views.ts';

/**
 * Lists the transfers of a user as payer, payee or initiator, newest first. Every transfer that existed before the
 * first page appears exactly once, even while others write. `counterparty` is any account that the viewer may see. Time
 * uses an index; other conditions scan a bounded number of transfers a page.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function listTransfers({
  reads,
  clock,
  digest,
}: {
  reads: LedgerReads;
  clock: Clock;
  digest: Digest;
}) {
  return async (viewer: Viewer & { id: string }, given: HistoryRequest = {}): Promise<Page<TransferView>> => {
    requireFilter(given);
    const request = await withCounterpartyId(reads, given);
    const { from, to } = request;
    const first = to === undefined ? null : { at: to - 1, id: ABOVE_IDS };
    const at = clock.now();
    const transfers = new UserTransfers(reads, viewer.id);

    const page = await scanPage(request, {
      cursors: new Cursors(digest, ['transactions', viewer.id, filterTerms(request)]),
      read: ({ after, limit }) => transfers.read({ before: after === null ? first : placeIn(after), limit }),
      leftOffAt: () => transfers.leftOffAt && textOf(transfers.leftOffAt),
      idOf: (transfer) => textOf(positionOf(transfer)),
      matches: (transfer) =>
        mayViewTransfer(viewer, transfer) && matches(request, factsOf(transfer, { viewer, at })),
      isPast: ({ createdAt }) => from !== undefined && createdAt < from,
      isSelective: isLimited(viewer) || isSelective(request),
    });
    return { ...page, items: page.items.map((transfer) => viewTransfer(transfer, { viewer, at })) };
  };
}

function textOf({ at, id }: TransferPosition): string {
  return `${at}:${id}`;
}

/** @throws PassbookError `invalid_request` for a cursor of another list */
function placeIn(text: string): TransferPosition {
  const [, at, id] = /^(\d{1,15}):(.+)$/.exec(text) ?? [];
  if (at === undefined || id === undefined) throw invalidCursor();
  return { at: Number(at), id };
}

function factsOf(
  transfer: Transfer,
  { viewer, at }: { viewer: Viewer & { id: string }; at: Instant },
): HistoryFacts {
  const view = viewTransfer(transfer, { viewer, at });
  const { sourceAccountId, destinationAccountId, counterparty, legs } = view;
  const accounts = [sourceAccountId, destinationAccountId, counterparty?.account ?? null];
  return {
    at: transfer.createdAt,
    directions: transfer.legs.filter((leg) => leg.ownerId === viewer.id).map((leg) => leg.direction),
    counterparties: [...accounts, ...(legs ?? []).map((leg) => leg.accountId)].filter((id) => id !== null),
    amount: view.amount,
    status: view.status,
    kind: view.kind,
    metadata: view.metadata,
    reference: view.reference,
  };
}
