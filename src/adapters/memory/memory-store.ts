import { ReentrancyGuard } from '../shared/reentrancy-guard.ts';
import { decideInTurns } from '../shared/decide-in-turns.ts';
import { ownTurn } from '../../application/event-loop.ts';
import { joined, whole } from '../../domain/books/changes.ts';
import type { Books } from '../../domain/books/working-books.ts';
import type { Decision } from '../../domain/books/changes.ts';
import { identifierText } from '../../domain/books/prefetch.ts';
import type { Prefetch } from '../../domain/books/prefetch.ts';
import { PassbookError } from '../../domain/errors.ts';
import { keyText } from '../../domain/books/idempotency.ts';
import { assertClockNotBehind, CLOCK_TOLERANCE_MS } from '../shared/clock-behind.ts';
import type {
  BooksAtOnce,
  BookLine,
  LedgerReads,
  LedgerScan,
  Store,
  Stores,
  TransferWithEntries,
  UnitOfWork,
  UnitTerms,
} from '../../application/ports/ledger-store.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import type { PageRequest } from '../../application/ports/page-request.ts';
import type { PayeeReads } from '../../application/ports/payee-store.ts';
import type { SessionReads } from '../../application/ports/user-store.ts';
import { MemoryData } from './memory-data.ts';
import { memoryDifferences } from './memory-differences.ts';
import { memoryOutboxReads } from './memory-outbox-reads.ts';
import { Journal, memoryStores } from './memory-stores.ts';

export type MemoryStoreOptions = {
  /**
   * How often each decision and unit of work is run and undone before the run that counts, as in a store with write
   * conflicts. Default: 0. For tests that a unit has no effect except through its stores.
   */
  readonly rehearsals?: number;
  /**
   * The ledger's clock. Writes are refused while the newest entry is ahead of it. Default: none, which disables that
   * check.
   */
  readonly clock?: Clock;
  /** How far the newest entry may be ahead of the clock, in milliseconds. Default: 1,500. */
  readonly clockToleranceMs?: number;
};

/** A store that `await using` closes. */
export interface MemoryStore extends Store<undefined>, AsyncDisposable {}

/**
 * Creates a store in this process's memory. It keeps every promise of the ports except durability: its data ends with
 * the process.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return memoryStoreOver(new MemoryData(), options);
}

/** Creates a store over given data: for tests that tamper with it. */
export function memoryStoreOver(data: MemoryData, options: MemoryStoreOptions = {}): MemoryStore {
  const unitOfWork = new MemoryUnitOfWork(data, options);
  const whileOpen = { assertOpen: () => unitOfWork.assertOpen() };
  const scan = scanOf(data);
  return {
    unitOfWork,
    reads: guarded(readsOf(data), whileOpen),
    scan: {
      ...guarded(scan, whileOpen),
      async *differences() {
        unitOfWork.assertOpen();
        yield* scan.differences();
      },
    },
    outbox: guarded(memoryOutboxReads(data), whileOpen),
    check: () => unitOfWork.check(),
    close: async () => unitOfWork.close(),
    [Symbol.asyncDispose]: async () => unitOfWork.close(),
  };
}

/** Runs units one after another, in order of arrival. */
class MemoryUnitOfWork implements UnitOfWork<undefined> {
  readonly #data: MemoryData;
  readonly #rehearsals: number;
  readonly #guard = new ReentrancyGuard();
  readonly #clock: Clock | undefined;
  readonly #clockToleranceMs: number;
  #newest = -Infinity;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(data: MemoryData, options: MemoryStoreOptions) {
    this.#data = data;
    this.#rehearsals = options.rehearsals ?? 0;
    this.#clock = options.clock;
    this.#clockToleranceMs = options.clockToleranceMs ?? CLOCK_TOLERANCE_MS;
  }

  /** Hands no transaction to the caller's own writes: they run last, so that nothing is kept if one throws. */
  transact<R>(want: () => UnitTerms<R, undefined>, decide: (books: Books) => Decision<R>): Promise<R> {
    return this.#queue(async () => {
      this.#assertClockNotBehind();
      const terms = want();
      const books = booksOf(this.#data, terms);
      for (let run = 0; run < this.#rehearsals; run++) whole(decide(books));
      const { result, parts } = await decideInTurns(decide(books));
      for (const write of terms.alongside ?? []) await write(undefined, result);
      const changes = joined(parts);
      this.#data.write(changes);
      for (const { after } of changes.accounts) this.#newest = Math.max(this.#newest, after.latestAt);
      return result;
    });
  }

  assertOutside(): void {
    this.#guard.assertOutside();
  }

  /** Rejects unless a unit of the ledger could run now. */
  check(): Promise<void> {
    return this.#queue(async () => this.#assertClockNotBehind());
  }

  /** @throws TypeError if it is closed */
  assertOpen(): void {
    if (this.#isClosed) throw new TypeError('The store is closed');
  }

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    return this.#queue(async () => {
      for (let run = 0; run < this.#rehearsals; run++) await this.#attempt(work, { keep: false });
      return this.#attempt(work, { keep: true });
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  async #attempt<R>(work: (stores: Stores) => Promise<R>, { keep }: { keep: boolean }): Promise<R> {
    const journal = new Journal();
    let done = false;
    try {
      const result = await work(memoryStores(this.#data, journal));
      done = keep;
      return result;
    } finally {
      if (!done) journal.rollBack();
    }
  }

  #assertClockNotBehind(): void {
    const [newest, toleranceMs] = [this.#newest, this.#clockToleranceMs];
    if (this.#clock) assertClockNotBehind({ newest, now: this.#clock.now(), toleranceMs });
  }

  async #queue<R>(unit: () => Promise<R>): Promise<R> {
    if (this.#isClosed) {
      const reason = 'The store is closed, nothing was done';
      throw new PassbookError('unavailable', { retryAfterSeconds: 1, reason });
    }
    this.#guard.assertOutside();

    const before = this.#last;
    const mine = (async () => {
      await before;
      return this.#guard.run(unit);
    })();
    this.#last = mine.catch(() => {});
    return mine;
  }
}

/** Wraps asynchronous functions so that each first asserts that the store is open. */
function guarded<T extends object>(functions: T, { assertOpen }: { assertOpen: () => void }): T {
  const entries = Object.entries(functions).map(([name, call]: [string, (...args: unknown[]) => unknown]) => [
    name,
    async (...args: unknown[]) => {
      assertOpen();
      return call(...args);
    },
  ]);
  return Object.fromEntries(entries) as T;
}

function booksOf(data: MemoryData, { holdsDueBy }: Prefetch): Books {
  return {
    account: (id) => data.accounts.get(id),
    transfer: (id) => data.transfers.get(id),
    dueKnownBy: holdsDueBy,
    dueOn: (accountId, until) => data.dueOn(accountId, until),
    firstHolds: (accountId, limit) => data.pendingAfter(accountId, { after: null, limit }),
    activeAccounts: ({ ownerId, currency }) =>
      data.accountsOf(ownerId).filter((one) => one.currency === currency && one.status === 'active'),
    accountCount: (ownerId) => data.accountsOf(ownerId).length,
    isTaken: (identifier) => data.identifiers.has(identifierText(identifier)),
    record: (key) => data.records.get(keyText(key)),
    auditHead: () => data.auditLog.at(-1),
  };
}

function readsOf(data: MemoryData): LedgerReads & SessionReads & PayeeReads {
  return {
    account: async (id) => data.accounts.get(id),
    accountsOf: async (ownerId, { after, limit }) =>
      data
        .accountsOf(ownerId)
        .filter(({ id }) => after === null || id > after)
        .slice(0, limit),
    transfer: async (id) => data.transfers.get(id),
    async identify(identifiers) {
      const texts = identifiers.map(identifierText);
      return new Map(
        texts.flatMap((text) => {
          const id = data.identifiers.get(text);
          return id === undefined ? [] : [[text, id] as const];
        }),
      );
    },
    unbookedOf: async (userId, { before, limit }) => data.unbookedOf(userId, { before, limit }),
    entriesOf: async (accountId, { after, limit }) => {
      const from = after ?? 0;
      return (data.entries.get(accountId) ?? []).slice(from, from + limit);
    },
    linesOf: async (accountId, { after, limit }) => {
      const from = after ?? 0;
      return (data.entries.get(accountId) ?? []).slice(from, from + limit).map((entry) => data.line(entry));
    },
    entriesAt: async (accountId, sequences) => {
      const entries = data.entries.get(accountId) ?? [];
      const distinct = [...new Set(sequences)].sort((a, b) => a - b);
      return distinct.flatMap((sequence) => entries[sequence - 1] ?? []);
    },
    async linesBetween(accountId, counterpartyAccountId, { before, limit }) {
      const entries = data.entries.get(accountId) ?? [];
      const found: BookLine[] = [];
      for (let below = before ?? entries.length + 1; below > 1; await ownTurn()) {
        const first = Math.max(0, below - 1 - ENTRIES_AT_ONCE);
        for (const entry of entries.slice(first, below - 1).toReversed()) {
          const line = data.line(entry);
          if (!line.transfer.legs.some((leg) => leg.accountId === counterpartyAccountId)) continue;
          if (found.push(line) === limit) return found;
        }
        below = first + 1;
      }
      return found;
    },
    record: async (key) => data.records.get(keyText(key)),
    sessions: async (ids) => ids.flatMap((id) => data.session(id) ?? []),
    apiKeys: async (digests) => data.apiKeys(digests),
    accountsOfPayees: async (userId, accountIds) => data.accountsOfPayees(userId, accountIds),
    dueOn: async (accountId, until) => data.dueOn(accountId, until),
    pendingHolds: async (accountId, page) =>
      data.pendingAfter(accountId, page).map((hold) => data.booked(hold, accountId)),
    holdsPlaced: async (accountId, page) =>
      data.holdsBefore(accountId, page).map((hold) => data.booked(hold, accountId)),
    accountsWithDueHolds: async (until, limit) =>
      [...data.accounts.values()]
        .filter(({ nextExpiryAt }) => nextExpiryAt !== null && nextExpiryAt <= until)
        .sort((a, b) => Number(a.nextExpiryAt) - Number(b.nextExpiryAt))
        .slice(0, limit)
        .map(({ id }) => id),
    audit: async ({ after, limit }) => data.auditLog.slice(after ?? 0, (after ?? 0) + limit),
  };
}

function scanOf(data: MemoryData): LedgerScan {
  const sorted = {
    accounts: new SortedKeys(data.accounts),
    transfers: new SortedKeys(data.transfers),
    records: new SortedKeys(data.records),
  };
  const withEntries = (id: string): readonly TransferWithEntries[] => {
    const transfer = data.transfers.get(id);
    return transfer ? [{ transfer, entries: [...(data.entriesOfTransfers.get(id) ?? [])] }] : [];
  };
  return {
    accountsPage: async (page) => sorted.accounts.page(page).flatMap((id) => data.accounts.get(id) ?? []),
    transfersPage: async (page) => sorted.transfers.page(page).flatMap(withEntries),
    transfersById: async (ids) => ids.flatMap(withEntries),
    recordsPage: async (page) => sorted.records.page(page).flatMap((key) => data.records.get(key) ?? []),
    differences: () => memoryDifferences(data),
    atOnce: async (read) => read(booksAtOnce(data)),
  };
}

/** Number of entries that are searched in one turn of the event loop. */
const ENTRIES_AT_ONCE = 1_000;

/** Entities are immutable, so a list of them is a snapshot of the books. */
function booksAtOnce(data: MemoryData): BooksAtOnce {
  const accounts = [...data.accounts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    auditHead: data.auditLog.at(-1),
    async *accounts() {
      for (let from = 0; from < accounts.length; from += PORTION) {
        if (from > 0) await ownTurn();
        yield accounts.slice(from, from + PORTION);
      }
    },
  };
}

const PORTION = 500;

/** The keys of a map in order. Sorts again only after keys were added. */
class SortedKeys {
  readonly #map: ReadonlyMap<string, unknown>;
  #keys: readonly string[] = [];

  constructor(map: ReadonlyMap<string, unknown>) {
    this.#map = map;
  }

  page({ after, limit }: PageRequest): readonly string[] {
    if (this.#keys.length !== this.#map.size) this.#keys = [...this.#map.keys()].sort();
    const from = after === null ? 0 : this.#countUpTo(after);
    return this.#keys.slice(from, from + limit);
  }

  #countUpTo(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
