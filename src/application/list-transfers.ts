import type { Viewer } from '../domain/actor.ts';
import type { Instant } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import { isSelective, matches, requireFilter } from './history.ts';
import type { HistoryFacts, HistoryFilter, HistoryRequest } from './history.ts';
import { idAt, instantOf } from './id-time.ts';
import { scanPage } from './page.ts';
import type { Page } from './page.ts';
import type { Clock, LedgerReads } from './ports.ts';
import { viewTransfer } from './views.ts';
import type { TransferView } from './views.ts';

/** How far ids and the instants of their transfers may be apart, beside the time that a commit takes. */
const ID_TOLERANCE_MS = 60_000;

/**
 * The transfers that a user is a party of, the newest first: as payer, as payee, or as the one who tried. What was
 * there before the first page comes once, whatever is written meanwhile. `counterparty` is any account that the
 * viewer is shown. Time is looked up by id; other conditions look at so many transfers a page.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function listTransfers({
  reads,
  clock,
  commitDeadlineMs,
}: {
  reads: LedgerReads;
  clock: Clock;
  commitDeadlineMs: number;
}) {
  return async (
    viewer: Viewer & { id: string },
    request: HistoryRequest = {},
  ): Promise<Page<TransferView>> => {
    requireFilter(request);
    const { first, earliest } = idsOf(request, commitDeadlineMs);
    const at = clock.now();

    const page = await scanPage(request, {
      read: ({ after, limit }) => reads.transfersOf(viewer.id, { after: after ?? first, limit }),
      idOf: ({ id }) => id,
      matches: (transfer) => matches(request, factsOf(transfer, { viewer, at })),
      isPast: ({ id }) => instantOf(id) < earliest,
      isSelective: isSelective(request),
    });
    return { ...page, items: page.items.map((transfer) => viewTransfer(transfer, { viewer, at })) };
  };
}

/** An id is drawn before the instant of its transfer, by so much at most. */
function idsOf({ from, to }: HistoryFilter, commitDeadlineMs: number) {
  return {
    first: to === undefined ? null : idAt(to + ID_TOLERANCE_MS),
    earliest: from === undefined ? -Infinity : from - commitDeadlineMs - ID_TOLERANCE_MS,
  };
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
  };
}
