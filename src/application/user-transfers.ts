import type { Account } from '../domain/account.ts';
import type { EntryStep } from '../domain/ledger-entry.ts';
import type { Instant } from '../domain/time.ts';
import type { Transfer } from '../domain/transfer.ts';
import { entryAt, linesBelow } from './book-at.ts';
import type { LedgerReads } from './ports.ts';
import { isNewer, placeOf } from './transfer-place.ts';
import type { TransferPlace } from './transfer-place.ts';

/** The steps that are a transfer's first, at the instant it was made at. */
const FIRST_STEPS: ReadonlySet<EntryStep> = new Set(['completed', 'held']);
const ACCOUNTS_PAGE = 200;
/** How many entries of a book are read at once where the user has many accounts, and how many books. */
const ENTRIES_LEAST = 8;
const BOOKS_AT_ONCE = 8;

/**
 * The transfers that a user is a party of, in the order of `TransferPlace`, the newest first; only those that stand
 * before `before`.
 *
 * Each of the user's accounts has its own in its book, in the order of their instants, and no index by user is kept
 * beside the books: it would cost every transfer two rows that lie anywhere. So the books are merged, as far as needed,
 * with what is in none of them.
 */
export async function userTransfers(
  reads: LedgerReads,
  userId: string,
  { before, limit }: { before: TransferPlace | null; limit: number },
): Promise<readonly Transfer[]> {
  const accounts = await accountsOf(reads, userId);
  const upTo = before?.at ?? Infinity;
  // One more tells whether the last one is the last of its instant
  const most = limit + 1;
  const size = Math.min(most, Math.max(ENTRIES_LEAST, Math.ceil((2 * most) / accounts.length)));
  const lists = [
    new List(upTo, unbooked(reads, userId, { before, limit: most })),
    ...accounts
      .filter(({ createdAt }) => createdAt <= upTo)
      .map((account) => new List(Math.min(account.latestAt, upTo), booked(reads, account, { upTo, size }))),
  ];

  const found: Transfer[] = [];
  while (found.length < limit) {
    const newest = await takeNewest(lists);
    if (newest.length === 0) break;
    found.push(...newest.filter((transfer) => before === null || isNewer(before, placeOf(transfer))));
  }
  return found.slice(0, limit);
}

async function accountsOf(reads: LedgerReads, ownerId: string): Promise<readonly Account[]> {
  const accounts: Account[] = [];
  for (;;) {
    const after = accounts.at(-1)?.id ?? null;
    const page = await reads.accountsOf(ownerId, { after, limit: ACCOUNTS_PAGE });
    accounts.push(...page);
    if (page.length < ACCOUNTS_PAGE) return accounts;
  }
}

/** By their instants, the newest first; within one instant in no order. */
async function* booked(
  reads: LedgerReads,
  account: Account,
  { upTo, size }: { upTo: Instant; size: number },
): AsyncGenerator<Transfer, void> {
  const newest = account.latestAt <= upTo ? account : await entryAt(reads, account, upTo);
  for (let before = (newest?.sequence ?? 0) + 1; before > 1; ) {
    const lines = await linesBelow(reads, account.id, { before, limit: size });
    const last = lines.at(-1);
    if (!last) throw new TypeError(`The book of account ${account.id} has a gap`);
    for (const { entry, transfer } of lines) if (FIRST_STEPS.has(entry.step)) yield transfer;
    before = last.entry.sequence;
  }
}

async function* unbooked(
  reads: LedgerReads,
  userId: string,
  { before, limit }: { before: TransferPlace | null; limit: number },
): AsyncGenerator<Transfer, void> {
  for (let from = before; ; ) {
    const page = await reads.unbookedOf(userId, { before: from, limit });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < limit) return;
    from = placeOf(last);
  }
}

/** A list of transfers, the newest first, that is read as far as it is needed. */
class List {
  readonly #transfers: AsyncIterator<Transfer, void>;
  #isOver = false;
  /** Of what is left none is later. */
  latest: Instant;
  /** The first that is left, once it is read. */
  next: Transfer | undefined;

  constructor(latest: Instant, transfers: AsyncIterator<Transfer, void>) {
    this.latest = latest;
    this.#transfers = transfers;
  }

  /** Whether it must be read to know that it has none of an instant. */
  mayHave(instant: Instant): boolean {
    return !this.#isOver && !this.next && this.latest >= instant;
  }

  async read(): Promise<void> {
    this.next = (await this.#transfers.next()).value ?? undefined;
    if (this.next) this.latest = this.next.createdAt;
    else this.#isOver = true;
  }
}

/** All that are left of the latest instant, each once, by id descending; none where nothing is left. */
async function takeNewest(lists: readonly List[]): Promise<readonly Transfer[]> {
  const instant = await latestInstant(lists);
  const taken = new Map<string, Transfer>();
  for (const list of lists) {
    for (; list.next?.createdAt === instant; await list.read()) taken.set(list.next.id, list.next);
  }
  return [...taken.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** Of what is left; every list that has any of it has its first one read then. */
async function latestInstant(lists: readonly List[]): Promise<Instant> {
  for (;;) {
    const latest = Math.max(...lists.map(({ next }) => next?.createdAt ?? -Infinity));
    const unread = lists.filter((list) => list.mayHave(latest)).sort((a, b) => b.latest - a.latest);
    if (unread.length === 0) return latest;
    await Promise.all(unread.slice(0, BOOKS_AT_ONCE).map((list) => list.read()));
  }
}
