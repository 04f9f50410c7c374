import type { Account } from '../domain/account.ts';
import { invalid } from '../domain/errors.ts';
import type { LedgerEntry } from '../domain/ledger-entry.ts';
import type { Instant } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import { ownTurn } from './event-loop.ts';
import type { BookLine, Clock, LedgerReads } from './ports.ts';
import { requireInstant } from './request.ts';

export type ClockPorts = {
  readonly clock: Clock;
  /** How long a commit may take, in milliseconds. */
  readonly commitDeadlineMs: number;
};

/** What a clock may be off the others. */
const CLOCK_TOLERANCE_MS = 1_000;
/** How many entries one round of a search looks at. */
const PROBES = 16;
const PAGE = 100;

/**
 * Whether no commit under way can reach the instant any more, so that what is told of it never changes.
 * @throws PassbookError `invalid_request` naming `field`, for what is no instant, or one of the future
 */
export function isFinal(
  { clock, commitDeadlineMs }: ClockPorts,
  { field, at, now = clock.now() }: { field: string; at: Instant; now?: Instant },
): boolean {
  requireInstant(field, at);
  if (at > now) throw invalid(field, 'must not be in the future');
  return now - at >= commitDeadlineMs + CLOCK_TOLERANCE_MS;
}

/** The account as its book stood at an instant: an expired hold is out of it, whether or not it was swept by then. */
export async function accountAt(reads: LedgerReads, account: Account, at: Instant): Promise<Account> {
  const then = account.asAfter(await entryAt(reads, account, at));
  if (then.held === 0n && then.incoming === 0n) return then;

  const expired = await expiredBy(reads, then, at);
  return expired.reduce((sofar, hold) => sofar.withoutHold(hold), then);
}

/**
 * The last entry at or before an instant, among those up to a sequence, the account's own or an earlier one; null if
 * there is none. A few round trips, however long the book: sequences have no gap and instants never fall.
 */
export async function entryAt(
  reads: LedgerReads,
  { id, sequence, latestAt = Infinity }: Pick<Account, 'id' | 'sequence'> & { latestAt?: Instant },
  at: Instant,
): Promise<LedgerEntry | null> {
  let found: LedgerEntry | null = null;
  let low = 0;
  let high = sequence + 1;
  if (latestAt <= at) low = Math.max(0, sequence - 1);
  while (high - low > 1) {
    const probes = await reads.entriesAt(id, probesBetween(low, high));
    if (probes.length === 0) throw new TypeError(`The book of account ${id} has a gap`);
    for (const entry of probes) {
      if (entry.at > at) {
        high = entry.sequence;
        break;
      }
      [low, found] = [entry.sequence, entry];
    }
  }
  return found;
}

/** Sequences that part what lies between two into even pieces; all of them, where there are few. */
function probesBetween(low: number, high: number): readonly number[] {
  const between = high - low - 1;
  if (between <= PROBES) return Array.from({ length: between }, (_, index) => low + 1 + index);
  return Array.from(
    { length: PROBES },
    (_, index) => low + Math.ceil(((index + 1) * between) / (PROBES + 1)),
  );
}

/** The lines below a sequence, the newest first; fewer than asked for where the book begins. */
export async function linesBelow(
  reads: LedgerReads,
  accountId: string,
  { before, limit }: { before: number; limit: number },
): Promise<readonly BookLine[]> {
  const after = Math.max(0, before - 1 - limit);
  if (before - 1 - after === 0) return [];
  return (await reads.linesOf(accountId, { after, limit: before - 1 - after })).toReversed();
}

/**
 * The lines behind one sequence up to another, some at a time, each read in a turn of its own.
 * @throws TypeError where the book has a gap
 */
export async function* linesUpTo(
  reads: LedgerReads,
  accountId: string,
  { after, until, page }: { after: number; until: number; page: number },
): AsyncGenerator<readonly BookLine[], void> {
  for (let last = after; last < until; ) {
    await ownTurn();
    const lines = await reads.linesOf(accountId, { after: last, limit: Math.min(page, until - last) });
    if (lines.length === 0) throw new TypeError(`The book of account ${accountId} has a gap`);
    yield lines;
    last += lines.length;
  }
}

/**
 * The holds that its book still held, and that had expired by the instant. Whatever places a hold or moves money at
 * once expires first what is due on its accounts, so they are found right behind, or are not swept yet.
 */
async function expiredBy(reads: LedgerReads, then: Account, at: Instant): Promise<readonly Transfer[]> {
  const found: Transfer[] = [];
  let { sequence } = then;
  for (;;) {
    const lines = await reads.linesOf(then.id, { after: sequence, limit: PAGE });
    for (const { entry, transfer } of lines) {
      if (entry.step === 'held' || entry.step === 'completed') return found;
      if (entry.step === 'expired' && Number(transfer.expiresAt) <= at) found.push(transfer);
      ({ sequence } = entry);
    }
    if (lines.length === PAGE) {
      await ownTurn();
      continue;
    }

    const due = await reads.holdsDue(then.id, at);
    // Whoever swept it between the two looks has left an entry
    if ((await reads.account(then.id))?.sequence === sequence) return [...found, ...due];
  }
}
