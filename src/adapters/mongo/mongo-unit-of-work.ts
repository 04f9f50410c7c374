import type { Clock, Stores, UnitOfWork } from '../../application/ports.ts';
import type { Books, Decision } from '../../domain/books.ts';
import type { Want } from '../../domain/command.ts';
import type { Instant } from '../../domain/time.ts';
import type { ClockGuard } from './clock-guard.ts';
import type { Collections } from './collections.ts';
import { loadBooks } from './mongo-books.ts';
import { storesOf } from './mongo-stores.ts';
import { TimeLimit } from './time-limit.ts';
import type { Transactions } from './transactions.ts';
import { writeChanges } from './write-changes.ts';

export class MongoUnitOfWork implements UnitOfWork {
  readonly #transactions: Transactions;
  readonly #collections: Collections;
  readonly #clock: Clock;
  readonly #clockGuard: ClockGuard;
  readonly #runTimeoutMs: number;

  constructor(parts: {
    transactions: Transactions;
    collections: Collections;
    clock: Clock;
    clockGuard: ClockGuard;
    runTimeoutMs: number;
  }) {
    this.#transactions = parts.transactions;
    this.#collections = parts.collections;
    this.#clock = parts.clock;
    this.#clockGuard = parts.clockGuard;
    this.#runTimeoutMs = parts.runTimeoutMs;
  }

  transact<R>(want: Want, decide: (books: Books) => Decision<R>, deadline: Instant): Promise<R> {
    // The deadline is the clock's; how long is left is measured by one that nobody sets
    const limit = new TimeLimit(deadline - this.#clock.now());
    return this.#transactions.run(limit, async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      const books = await loadBooks(transaction, this.#collections, want);
      const { result, changes } = decide(books);
      await writeChanges(transaction, this.#collections, { books, changes });
      return result;
    });
  }

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    const limit = new TimeLimit(this.#runTimeoutMs);
    return this.#transactions.run(limit, async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      return work(storesOf(transaction, this.#collections));
    });
  }
}
