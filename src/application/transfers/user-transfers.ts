import type { Account } from '../../domain/entities/account.ts';
import type { EntryStep } from '../../domain/entities/counters.ts';
import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import { entryAt, linesBelow } from '../reporting/account-at.ts';
import { ownTurn } from '../event-loop.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { ABOVE_IDS, isNewer, positionOf } from '../ports/transfer-position.ts';
import type { TransferPosition } from '../ports/transfer-position.ts';

/** The first steps of transfers, at the instant of their creation. */
const FIRST_STEPS: ReadonlySet<EntryStep> = new Set(['completed', 'held']);
const ACCOUNTS_PAGE = 200;
/** Minimum number of entries in one read of a book, for a user with many accounts; and number of parallel reads. */
const ENTRIES_LEAST = 8;
const BOOKS_AT_ONCE = 8;
/** Number of lines after which a read yields to other work in the event loop. */
const LINES_A_TURN = 100;
/** Number of lines after which a request gives up, once it has passed the instant at which it began. */
const LINES_MAX = 4_000;

type Terms = { readonly before: TransferPosition | null; readonly limit: number };

/** Same as `UserTransfers.read`, without a limit on the lines read. */
export async function userTransfers(
  reads: LedgerReads,
  userId: string,
  terms: Terms,
): Promise<readonly Transfer[]> {
  return new UserTransfers(reads, userId, { linesMax: Infinity }).read(terms);
}

/**
 * Lists the transfers of one user.
 *
 * Merges the books of the user's accounts, as far as needed, with the transfers that are in none of them. A book is
 * ordered by instant. There is no index by user, because it would cost every transfer two scattered rows.
 */
export class UserTransfers {
  readonly #reads: LedgerReads;
  readonly #userId: string;
  readonly #count: LineCount;
  /** Transfers of the latest instant that were not returned yet. */
  #rest: readonly Transfer[] = [];
  #lists: readonly List[] | undefined;
  #leftOffAt: TransferPosition | null = null;

  /** @param terms `linesMax`: maximum number of lines to read, except that an instant is always completed */
  constructor(reads: LedgerReads, userId: string, { linesMax = LINES_MAX } = {}) {
    this.#reads = reads;
    this.#userId = userId;
    this.#count = new LineCount(linesMax);
  }

  /** Position from which to read on, if the last read gave up early; otherwise null. */
  get leftOffAt(): TransferPosition | null {
    return this.#leftOffAt;
  }

  /**
   * Returns the transfers older than `before` by `TransferPosition`, newest first. Each further call continues where
   * the previous one ended.
   */
  async read({ before, limit }: Terms): Promise<readonly Transfer[]> {
    this.#lists ??= await this.#open({ before, limit });
    const beginsAt = before?.at ?? Infinity;
    const found = [...this.#rest];
    while (found.length < limit) {
      const newest = await this.#takeNewest(this.#lists, beginsAt);
      if (newest.length === 0) break;
      found.push(...newest.filter((transfer) => before === null || isNewer(before, positionOf(transfer))));
    }
    this.#rest = found.slice(limit);
    return found.slice(0, limit);
  }

  async #open({ before, limit }: Terms): Promise<readonly List[]> {
    const reads = this.#reads;
    const accounts = await accountsOf(reads, this.#userId);
    const upTo = before?.at ?? Infinity;
    // One more shows whether the last one is the last of its instant
    const most = limit + 1;
    const size = Math.min(most, Math.max(ENTRIES_LEAST, Math.ceil((2 * most) / accounts.length)));
    const terms = { upTo, size, count: this.#count };
    return [
      new List(upTo, unbooked(reads, this.#userId, { before, limit: most })),
      ...accounts
        .filter(({ createdAt }) => createdAt <= upTo)
        .map((account) => new List(Math.min(account.latestAt, upTo), booked(reads, account, terms))),
    ];
  }

  /** Takes all transfers of the latest instant, each once, by id descending. Empty at the end or on giving up. */
  async #takeNewest(lists: readonly List[], beginsAt: Instant): Promise<readonly Transfer[]> {
    const instant = await this.#latestInstant(lists, beginsAt);
    const taken = new Map<string, Transfer>();
    if (instant === undefined) return [];
    for (const list of lists) {
      while (list.next?.createdAt === instant || list.mayHave(instant)) {
        if (list.next) taken.set(list.next.id, list.next);
        await list.read();
        await this.#count.pause();
      }
    }
    return [...taken.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Returns the latest remaining instant, and reads ahead in all lists that may have it. Undefined on giving up. */
  async #latestInstant(lists: readonly List[], beginsAt: Instant): Promise<Instant | undefined> {
    for (;;) {
      const latest = Math.max(...lists.map(({ next }) => next?.createdAt ?? -Infinity));
      const unread = lists.filter((list) => list.mayHave(latest)).sort((a, b) => b.latest - a.latest);
      const left = Math.max(latest, unread[0]?.latest ?? -Infinity);
      if (this.#count.isOver && left < beginsAt && left > -Infinity) {
        this.#leftOffAt = { at: left, id: ABOVE_IDS };
        return undefined;
      }
      if (unread.length === 0) return latest;
      await Promise.all(unread.slice(0, BOOKS_AT_ONCE).map((list) => list.read()));
      await this.#count.pause();
    }
  }
}

async function accountsOf(reads: LedgerReads, ownerId: string): Promise<readonly Account[]> {
  const accounts: Account[] = [];
  for (;;) {
    const after = accounts.at(-1)?.id ?? null;
    const page = await reads.accountsOf(ownerId, { after, limit: ACCOUNTS_PAGE });
    accounts.push(...page);
    if (page.length < ACCOUNTS_PAGE) return accounts;
    await ownTurn();
  }
}

/** Counts the lines that a request has read. */
class LineCount {
  readonly #most: number;
  #lines = 0;
  #pausedAt = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get isOver(): boolean {
    return this.#lines >= this.#most;
  }

  add(lines: number): void {
    this.#lines += lines;
  }

  /** Yields to other work if enough lines were read since the last pause. */
  async pause(): Promise<void> {
    if (this.#lines - this.#pausedAt < LINES_A_TURN) return;
    this.#pausedAt = this.#lines;
    await ownTurn();
  }
}

/** A transfer, or an upper bound for the instants of the rest after lines that begin no transfer. */
type Read = Transfer | { readonly latest: Instant };

/** Yields the transfers of a book by instant, newest first; in no particular order within one instant. */
async function* booked(
  reads: LedgerReads,
  account: Account,
  { upTo, size, count }: { upTo: Instant; size: number; count: LineCount },
): AsyncGenerator<Read, void> {
  const newest = account.latestAt <= upTo ? account : await entryAt(reads, account, upTo);
  for (let before = (newest?.sequence ?? 0) + 1; before > 1; ) {
    const lines = await linesBelow(reads, account.id, { before, limit: size });
    const last = lines.at(-1);
    if (!last) throw new TypeError(`The book of account ${account.id} has a gap`);
    count.add(lines.length);
    for (const { entry, transfer } of lines) if (FIRST_STEPS.has(entry.step)) yield transfer;
    before = last.entry.sequence;
    if (before > 1) yield { latest: last.entry.at };
  }
}

async function* unbooked(
  reads: LedgerReads,
  userId: string,
  { before, limit }: { before: TransferPosition | null; limit: number },
): AsyncGenerator<Transfer, void> {
  for (let from = before; ; ) {
    const page = await reads.unbookedOf(userId, { before: from, limit });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < limit) return;
    from = positionOf(last);
    await ownTurn();
  }
}

/** A list of transfers, newest first, that is read on demand. */
class List {
  readonly #transfers: AsyncIterator<Read, void>;
  #isOver = false;
  /** Upper bound for the instants of the remaining transfers. */
  latest: Instant;
  /** The next remaining transfer, if already read. */
  next: Transfer | undefined;

  constructor(latest: Instant, transfers: AsyncIterator<Read, void>) {
    this.latest = latest;
    this.#transfers = transfers;
  }

  /** Returns whether an unread part of the list may contain the instant. */
  mayHave(instant: Instant): boolean {
    return !this.#isOver && !this.next && this.latest >= instant;
  }

  async read(): Promise<void> {
    const { value } = await this.#transfers.next();
    this.next = undefined;
    if (!value) this.#isOver = true;
    else if ('latest' in value) this.latest = value.latest;
    else {
      this.next = value;
      this.latest = value.createdAt;
    }
  }
}
