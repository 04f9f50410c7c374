import type { Account } from '../../domain/entities/account.ts';
import type { Viewer } from '../../domain/actor.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { Direction, EntryStep } from '../../domain/entities/counters.ts';
import type { Instant } from '../../domain/time.ts';
import type { TransferKind } from '../../domain/entities/transfer.ts';
import { entryAt, linesBelow, readOwnAccount } from './account-at.ts';
import { Cursors } from '../cursor.ts';
import { filterTerms, isSelective, matches, requireFilter, withCounterpartyId } from './history-filter.ts';
import type { HistoryFilter, HistoryRequest } from './history-filter.ts';
import { scanPage, sequenceOf } from '../page.ts';
import type { Page } from '../page.ts';
import type { BookLine, LedgerReads } from '../ports/ledger-store.ts';
import type { PageRequest } from '../ports/page-request.ts';
import type { Clock } from '../ports/runtime.ts';
import { viewCounterpartyOf, viewMetadata, viewOtherSide } from '../views.ts';
import type { CounterpartyView } from '../views.ts';

/** An entry of an account's book, as far as a viewer may see it. Amounts are in minor units. */
export type EntryView = {
  readonly accountId: string;
  readonly sequence: number;
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly step: EntryStep;
  readonly direction: Direction;
  /** Posted amount; for a step that posts nothing, the amount held or released. */
  readonly amount: bigint;
  /** Balance after the entry, as is `held`. */
  readonly balance: bigint;
  readonly held: bigint;
  readonly at: Instant;
  readonly hash: string;
  readonly counterparty: CounterpartyView | null;
  readonly description: string | null;
  readonly reference: string | null;
};

/** Length of a counterparty filter that is the end of an account id, as shown for accounts of others. */
const LAST_CHARACTERS = 4;

/**
 * Lists an account's entries, newest first. Every entry that existed before the first page appears exactly once, even
 * while others write. Time and a full counterparty id use an index. Other conditions scan a bounded number of entries a
 * page.
 * @throws PassbookError `account_not_found` if it does not exist or is another's; `invalid_request`, `unavailable`
 */
export function listEntries({ reads, clock, digest }: { reads: LedgerReads; clock: Clock; digest: Digest }) {
  return async (viewer: Viewer, accountId: string, given: HistoryRequest = {}): Promise<Page<EntryView>> => {
    const account = await readOwnAccount(reads, { viewer, accountId });
    requireFilter(given);
    const request = await withCounterpartyId(reads, given);
    const first = request.cursor === undefined ? await firstSequence(reads, account, request) : null;
    const now = clock.now();

    const page = await scanPage(request, {
      cursors: new Cursors(digest, ['entries', account.id, filterTerms(request)]),
      read: readerOf(reads, account, { first, counterparty: request.counterparty }),
      idOf: ({ entry }) => entry.sequence.toString(),
      matches: (line) => matches(request, factsOf(line, { viewer, now })),
      isPast: ({ entry }) => request.from !== undefined && entry.at < request.from,
      isSelective: isSelective(request),
    });
    return { ...page, items: page.items.map((line) => viewEntry(account, line, viewer)) };
  };
}

/** Returns the sequence below which the first page starts, so that its newest entry is the last one before `to`. */
async function firstSequence(reads: LedgerReads, account: Account, { to }: HistoryFilter): Promise<number> {
  if (to === undefined) return account.sequence + 1;
  return ((await entryAt(reads, account, to - 1))?.sequence ?? 0) + 1;
}

function readerOf(
  reads: LedgerReads,
  { id, sequence }: Account,
  { first, counterparty }: { first: number | null; counterparty: string | undefined },
) {
  return async ({ after, limit }: PageRequest) => {
    const before = after === null ? (first ?? sequence + 1) : sequenceOf(after);
    return counterparty === undefined || counterparty.length === LAST_CHARACTERS
      ? linesBelow(reads, id, { before: Math.min(before, sequence + 1), limit })
      : reads.linesBetween(id, counterparty, { before, limit });
  };
}

function factsOf({ entry, transfer }: BookLine, { viewer, now }: { viewer: Viewer; now: Instant }) {
  const { accountId } = entry;
  return {
    at: entry.at,
    directions: [entry.direction],
    counterparties: viewOtherSide(transfer, { viewer, accountId })?.accounts ?? [],
    amount: amountOf(entry),
    status: transfer.statusAt(now),
    kind: transfer.kind,
    metadata: viewMetadata(viewer, transfer),
    reference: transfer.reference,
  };
}

function viewEntry(account: Account, { entry, transfer }: BookLine, viewer: Viewer): EntryView {
  const { accountId, sequence, transferId, step, direction, at, hash } = entry;
  const { balance, held } = account.afterEntry(entry);
  return {
    accountId,
    sequence,
    transferId,
    kind: transfer.kind,
    step,
    direction,
    amount: amountOf(entry),
    balance,
    held,
    at,
    hash,
    counterparty: viewCounterpartyOf(transfer, { viewer, accountId }),
    description: transfer.description,
    reference: transfer.reference,
  };
}

function amountOf({ step, posted, pending }: LedgerEntry): bigint {
  return step === 'completed' || step === 'captured' ? posted : pending;
}
