import type { Account } from '../../domain/entities/account.ts';
import type { EntryStep } from '../../domain/entities/counters.ts';
import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import { entryAt, linesBelow } from '../reporting/account-at.ts';
import { ownTurn } from '../event-loop.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { ABOVE_IDS, isNewer, positionOf } from '../ports/transfer-position.ts';
import type { TransferPosition } from '../ports/transfer-position.ts';

/** The steps that are a transfer's first, at the instant it was made at. */
const FIRST_STEPS: ReadonlySet<EntryStep> = new Set(['completed', 'held']);
const ACCOUNTS_PAGE = 200;
/** How many entries of a book are read at once where the user has many accounts, and how many books. */
const ENTRIES_LEAST = 8;
const BOOKS_AT_ONCE = 8;
/** Others have a turn after so many lines were read. */
const LINES_A_TURN = 100;
/** How many lines one request reads before it gives up, once it has got beyond the instant that it began at. */
const LINES_MAX = 4_000;

type Terms = { readonly before: TransferPosition | null; readonly limit: number };

/** As `UserTransfers.read`, however many lines it takes. */
export async function userTransfers(
  reads: LedgerReads,
  userId: string,
  terms: Terms,
): Promise<readonly Transfer[]> {
  return new UserTransfers(reads, userId, { linesMax: Infinity }).read(terms);
}

/**
 * The transfers that a user is a party of.
 *
 * Each of the user's accounts has its own in its book, in the order of their instants, and no index by user is kept
 * beside the books: it would cost every transfer two rows that lie anywhere. So the books are merged, as far as needed,
 * with what is in none of them.
 */
export class UserTransfers {
  readonly #reads: LedgerReads;
  readonly #userId: string;
  readonly #count: LineCount;
  /** Those of the latest instant that were not asked for yet. */
  #rest: readonly Transfer[] = [];
  #lists: readonly List[] | undefined;
  #leftOffAt: TransferPosition | null = null;

  /** @param terms how many lines of books are read at most, but for those of one instant */
  constructor(reads: LedgerReads, userId: string, { linesMax = LINES_MAX } = {}) {
    this.#reads = reads;
    this.#userId = userId;
    this.#count = new LineCount(linesMax);
  }

  /** The place before which the rest stands, where the last read gave fewer than were asked for and there is a rest. */
  get leftOffAt(): TransferPosition | null {
    return this.#leftOffAt;
  }

  /**
   * Those that stand before `before`, in the order of `TransferPlace`, the newest first. Each further call goes on
   * where the one before ended.
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
    // One more tells whether the last one is the last of its instant
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

  /** All that are left of the latest instant, each once, by id descending; none where nothing is left, or it gives up. */
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

  /** Of what is left; every list that has any of it has its first one read then. Undefined where it gives up. */
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

/** How many lines a request has read. */
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

  /** Gives others a turn, if it is time. */
  async pause(): Promise<void> {
    if (this.#lines - this.#pausedAt < LINES_A_TURN) return;
    this.#pausedAt = this.#lines;
    await ownTurn();
  }
}

/** A transfer, or the instant after which none is left, where lines were read that begin none. */
type Read = Transfer | { readonly latest: Instant };

/** By their instants, the newest first; within one instant in no order. */
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

/** A list of transfers, the newest first, that is read as far as it is needed. */
class List {
  readonly #transfers: AsyncIterator<Read, void>;
  #isOver = false;
  /** Of what is left none is later. */
  latest: Instant;
  /** The first that is left, once it is read. */
  next: Transfer | undefined;

  constructor(latest: Instant, transfers: AsyncIterator<Read, void>) {
    this.latest = latest;
    this.#transfers = transfers;
  }

  /** Whether it must be read to know that it has none of an instant. */
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
