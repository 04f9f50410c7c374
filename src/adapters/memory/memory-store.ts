import { AsyncLocalStorage } from 'node:async_hooks';
import type { Books, Decision } from '../../domain/books.ts';
import type { Want } from '../../domain/command.ts';
import { keyText } from '../../domain/idempotency.ts';
import type { LedgerReads, SessionReads, Store, Stores, UnitOfWork } from '../../application/ports.ts';
import { MemoryData } from './memory-data.ts';
import { Journal, storesOf } from './memory-stores.ts';

export type MemoryStoreOptions = {
  /**
   * How often each decision and each unit of work is run, and undone, before the run that counts, as a store does
   * that meets write conflicts. 0 unless given; for tests that a unit has no effect but through its stores.
   */
  readonly rehearsals?: number;
};

/** A store in this process's memory. It keeps every promise but one: what it holds ends with the process. */
export function createMemoryStore({ rehearsals = 0 }: MemoryStoreOptions = {}): Store {
  const data = new MemoryData();
  const unitOfWork = new MemoryUnitOfWork(data, rehearsals);
  return {
    unitOfWork,
    reads: readsOf(data),
    check: async () => {},
    close: async () => unitOfWork.close(),
  };
}

/** Units run one after another, in the order they came. */
class MemoryUnitOfWork implements UnitOfWork {
  readonly #data: MemoryData;
  readonly #rehearsals: number;
  readonly #inside = new AsyncLocalStorage<true>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(data: MemoryData, rehearsals: number) {
    this.#data = data;
    this.#rehearsals = rehearsals;
  }

  transact<R>(_want: Want, decide: (books: Books) => Decision<R>): Promise<R> {
    return this.#queue(async () => {
      const books = booksOf(this.#data);
      for (let run = 0; run < this.#rehearsals; run++) decide(books);
      const { result, changes } = decide(books);
      this.#data.write(changes);
      return result;
    });
  }

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    return this.#queue(async () => {
      for (let run = 0; run < this.#rehearsals; run++) await this.#attempt(work, { keep: false });
      return this.#attempt(work, { keep: true });
    });
  }

  close(): void {
    // Node 20 walks every storage that was used, at every promise, until it is told to let go.
    this.#inside.disable();
  }

  async #attempt<R>(work: (stores: Stores) => Promise<R>, { keep }: { keep: boolean }): Promise<R> {
    const journal = new Journal();
    let done = false;
    try {
      const result = await work(storesOf(this.#data, journal));
      done = keep;
      return result;
    } finally {
      if (!done) journal.rollBack();
    }
  }

  async #queue<R>(unit: () => Promise<R>): Promise<R> {
    if (this.#inside.getStore()) throw new TypeError('A unit of work cannot run inside another');

    const before = this.#last;
    const mine = (async () => {
      await before;
      return this.#inside.run(true, unit);
    })();
    this.#last = mine.catch(() => {});
    return mine;
  }
}

function booksOf(data: MemoryData): Books {
  return {
    account: (id) => data.accounts.get(id),
    transfer: (id) => data.transfers.get(id),
    holdsOf: (accountId) => data.holdsOf(accountId),
    activeAccounts: ({ ownerId, currency }) =>
      data.accountsOf(ownerId).filter((one) => one.currency === currency && one.status === 'active'),
    accountCount: (ownerId) => data.accountsOf(ownerId).length,
    record: (key) => data.records.get(keyText(key)),
    auditHead: () => data.auditLog.at(-1),
  };
}

function readsOf(data: MemoryData): LedgerReads & SessionReads {
  return {
    account: async (id) => data.accounts.get(id),
    accountsOf: async (ownerId, { after, limit }) =>
      data
        .accountsOf(ownerId)
        .filter(({ id }) => after === null || id > after)
        .slice(0, limit),
    transfer: async (id) => data.transfers.get(id),
    transfersOf: async (userId, { after, limit }) =>
      (data.transferIds.get(userId) ?? [])
        .filter((id) => after === null || id < after)
        .sort((a, b) => (a < b ? 1 : -1))
        .slice(0, limit)
        .flatMap((id) => data.transfers.get(id) ?? []),
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
    linesBetween: async (accountId, counterpartyAccountId, { before, limit }) =>
      (data.entries.get(accountId) ?? [])
        .slice(0, before === null ? undefined : before - 1)
        .toReversed()
        .map((entry) => data.line(entry))
        .filter(({ transfer }) => transfer.legs.some((leg) => leg.accountId === counterpartyAccountId))
        .slice(0, limit),
    accountsPage: async ({ after, limit }) =>
      [...data.accounts.values()]
        .filter(({ id }) => after === null || id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit),
    totals: async () => data.totals(),
    record: async (key) => data.records.get(keyText(key)),
    session: async (id) => data.session(id),
    holdsDue: async (accountId, until) =>
      data.holdsOf(accountId).filter(({ expiresAt }) => Number(expiresAt) <= until),
    accountsWithDueHolds: async (until, limit) =>
      [...data.accounts.values()]
        .filter(({ nextExpiryAt }) => nextExpiryAt !== null && nextExpiryAt <= until)
        .sort((a, b) => Number(a.nextExpiryAt) - Number(b.nextExpiryAt))
        .slice(0, limit)
        .map(({ id }) => id),
    audit: async ({ after, limit }) => data.auditLog.slice(after ?? 0, (after ?? 0) + limit),
  };
}
