import type { Viewer } from '../../domain/actor.ts';
import { pendingOf } from '../../domain/books/working-books.ts';
import { NOTHING_PENDING } from '../../domain/entities/counters.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { PendingSums } from '../../domain/entities/counters.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import { PassbookError, invalid } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import { readAccountId } from '../accounts/account-ids.ts';
import { ownTurn } from '../event-loop.ts';
import type { BookLine, BookedHold, HoldPlace, LedgerReads } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/runtime.ts';
import { positionOf } from '../ports/transfer-position.ts';
import type { TransferPosition } from '../ports/transfer-position.ts';
import { requireInstant } from '../validation.ts';
import { mayViewAccount } from '../views.ts';

export type ClockPorts = {
  readonly clock: Clock;
  /** Time limit of a commit, in milliseconds. */
  readonly commitDeadlineMs: number;
};

/** Tolerated difference between two processes' clocks. */
const CLOCK_TOLERANCE_MS = 1_000;
/** Number of entries that one round of a search reads. */
const PROBES = 16;
/** Number of holds read at a time. */
const PAGE = 250;

/**
 * Returns whether an instant is final: no commit in progress can still write an entry at or before it.
 * @throws PassbookError `invalid_request` naming `field`, for an invalid or future instant
 */
export function isFinal(
  { clock, commitDeadlineMs }: ClockPorts,
  { field, at, now = clock.now() }: { field: string; at: Instant; now?: Instant },
): boolean {
  requireInstant(field, at);
  if (at > now) throw invalid(field, 'must not be in the future');
  return now - at >= commitDeadlineMs + CLOCK_TOLERANCE_MS;
}

/** Returns the account as of an instant. Leaves out expired holds, swept by then or not. */
export async function accountAt(reads: LedgerReads, account: Account, at: Instant): Promise<Account> {
  const then = account.afterEntry(await entryAt(reads, account, at));
  return then.release(await dueAt(reads, then, at));
}

/** Sums the holds that were pending in the book at that time but had expired by the instant. */
async function dueAt(reads: LedgerReads, then: Account, at: Instant): Promise<PendingSums> {
  const { debitsPending, creditsPending } = then.counters;
  if (debitsPending === 0n && creditsPending === 0n) return NOTHING_PENDING;

  const due = await reads.dueOn(then.id, at);
  // Without a new entry since, the due holds are still pending: a sweep would have written an entry
  if ((await reads.account(then.id))?.sequence === then.sequence) return due;

  let { debits, credits } = NOTHING_PENDING;
  for await (const { transfer } of openHolds(reads, then, at)) {
    if (Number(transfer.expiresAt) > at) continue;
    const sums = pendingOf(transfer, then.id);
    debits += sums.debits;
    credits += sums.credits;
  }
  return { debits, credits };
}

/**
 * Yields the holds that were pending in an account's book at an instant, expired ones too, in no particular order.
 * Starts with those still pending, from an index. Then reads holds placed before the instant, newest first, until the
 * pending sums are complete. Reads no other entries.
 */
export async function* openHolds(
  reads: LedgerReads,
  then: Account,
  at: Instant,
): AsyncGenerator<BookedHold, void> {
  const seen = new Set<string>();
  let { debitsPending: debits, creditsPending: credits } = then.counters;
  const isMissing = () => debits > 0n || credits > 0n;
  function* open(holds: readonly BookedHold[]): Generator<BookedHold, void> {
    for (const hold of holds) {
      const { transfer, placed, ended } = hold;
      const wasPending = placed <= then.sequence && (ended === null || ended > then.sequence);
      if (!wasPending || seen.has(transfer.id)) continue;
      seen.add(transfer.id);
      const sums = pendingOf(transfer, then.id);
      debits -= sums.debits;
      credits -= sums.credits;
      yield hold;
    }
  }

  for (let after: HoldPlace | null = null; isMissing(); await ownTurn()) {
    const holds = await reads.pendingHolds(then.id, { after, limit: PAGE });
    yield* open(holds);
    const last = holds.at(-1)?.transfer;
    if (!last || holds.length < PAGE) break;
    after = { expiresAt: Number(last.expiresAt), id: last.id };
  }
  for (let before: TransferPosition = { at: at + 1, id: '' }; isMissing(); await ownTurn()) {
    const holds = await reads.holdsPlaced(then.id, { before, limit: PAGE });
    yield* open(holds);
    const last = holds.at(-1)?.transfer;
    if (!last || holds.length < PAGE) break;
    before = positionOf(last);
  }
}

/**
 * Returns all values of `held` after an account's entry that leave out due holds: one value for each instant up to the
 * entry at which a hold became due.
 */
export async function heldWithoutDue(reads: LedgerReads, then: Account): Promise<readonly bigint[]> {
  const due = new Map<Instant, bigint>();
  for await (const { transfer } of openHolds(reads, then, then.latestAt)) {
    const expiresAt = Number(transfer.expiresAt);
    if (expiresAt > then.latestAt) continue;
    const { held } = then;
    const released = held - then.release(pendingOf(transfer, then.id)).held;
    due.set(expiresAt, (due.get(expiresAt) ?? 0n) + released);
  }
  let { held } = then;
  return [...due].sort(([a], [b]) => a - b).map(([, released]) => (held -= released));
}

/**
 * Finds the last entry at or before an instant, among those up to `sequence`; null if there is none.
 * Takes a few round trips, even for a long book: sequences have no gaps and instants never decrease.
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

/** Number of entries that one round of a search for many instants reads. */
const PROBES_TOGETHER = 256;

/**
 * Finds the last entry at or before each instant; null if there is none. All searches share their round trips, whose
 * number grows with the logarithm of the book.
 */
export async function entriesAsOf(
  reads: LedgerReads,
  { id, sequence }: Pick<Account, 'id' | 'sequence'>,
  instants: readonly Instant[],
): Promise<readonly (LedgerEntry | null)[]> {
  const probes = Math.max(1, Math.min(PROBES, Math.floor(PROBES_TOGETHER / instants.length)));
  const searches = instants.map((at) => ({ at, low: 0, high: sequence + 1, found: nothing() }));
  for (;;) {
    const open = searches.filter(({ low, high }) => high - low > 1);
    if (open.length === 0) return searches.map(({ found }) => found);
    await ownTurn();
    const wanted = new Set(open.flatMap(({ low, high }) => probesBetween(low, high, probes)));
    const entries = await reads.entriesAt(id, [...wanted]);
    if (entries.length < wanted.size) throw new TypeError(`The book of account ${id} has a gap`);
    for (const search of open) {
      for (const entry of entries) {
        if (entry.at > search.at) search.high = Math.min(search.high, entry.sequence);
        else if (entry.sequence > search.low) [search.low, search.found] = [entry.sequence, entry];
      }
    }
  }
}

function nothing(): LedgerEntry | null {
  return null;
}

/** Returns sequences that split the range between two into even pieces; all of them if there are few. */
function probesBetween(low: number, high: number, most = PROBES): readonly number[] {
  const between = high - low - 1;
  if (between <= most) return Array.from({ length: between }, (_, index) => low + 1 + index);
  return Array.from({ length: most }, (_, index) => low + Math.ceil(((index + 1) * between) / (most + 1)));
}

/** Returns the lines below a sequence, newest first; fewer than `limit` at the beginning of the book. */
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
 * Yields the lines after one sequence up to another, in chunks, each read in an event-loop turn of its own.
 * @throws TypeError if the book has a gap
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
 * Reads an account by its id or number.
 * @throws PassbookError `account_not_found` if it does not exist or is another's; `invalid_request` for a mistyped number
 */
export async function readOwnAccount(
  reads: LedgerReads,
  { viewer, accountId }: { viewer: Viewer; accountId: string },
): Promise<Account> {
  const account = await reads.account(await readAccountId(reads, accountId));
  if (!account || !mayViewAccount(viewer, account)) throw new PassbookError('account_not_found');
  return account;
}

/** Returns the account without its due holds, swept or not. */
export async function asOf(reads: LedgerReads, account: Account, at: Instant): Promise<Account> {
  let read = account;
  for (;;) {
    if (read.nextExpiryAt === null || read.nextExpiryAt > at) return read;
    const due = await reads.dueOn(read.id, at);
    // A sweep between the two reads would have written an entry
    const again = (await reads.account(read.id)) ?? read;
    if (again.sequence === read.sequence) return read.release(due);
    read = again;
  }
}
