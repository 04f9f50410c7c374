import { setImmediate } from 'node:timers/promises';
import { allSettled } from '../../application/all-settled.ts';
import type { Clock, Stores, UnitOfWork } from '../../application/ports.ts';
import type { ParcelsSeen } from '../../application/parcel.ts';
import type { Books, Decision } from '../../domain/books.ts';
import type { Want } from '../../domain/command.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { StoredAccount } from './account-document.ts';
import type { ClockGuard } from './clock-guard.ts';
import type { Collections } from './collections.ts';
import type { EntryBlocks } from './entry-blocks.ts';
import { isPassing } from './faults.ts';
import { isPlain, loadBooks, loadPlainBooks } from './mongo-books.ts';
import type { MongoBooks } from './mongo-books.ts';
import { storesOf } from './mongo-stores.ts';
import { RememberedLedger } from './remembered-ledger.ts';
import { TimeLimit } from './time-limit.ts';
import { Turn } from './turn.ts';
import type { Transaction, Transactions } from './transactions.ts';
import { moveHead, takeHead, unitOf, UnitWriter } from './write-changes.ts';
import type { Written } from './write-changes.ts';

type Decide<R> = (books: Books) => Decision<R>;

type Loaded = {
  readonly books: MongoBooks;
  /** Those that were read, not remembered. */
  readonly accounts: readonly StoredAccount[];
};

type Done<R> = Written & {
  readonly result: R;
  /** Where the head was before, and where it is since. */
  readonly from: bigint;
  readonly unit: bigint;
  readonly read: readonly StoredAccount[];
};

/**
 * Units of the ledger run one after another: in this process by turns, among processes by the head of the ledger,
 * which each of them moves. So what a unit left behind is still true for the next one, unless the head has moved.
 */
export class MongoUnitOfWork implements UnitOfWork {
  readonly #transactions: Transactions;
  readonly #collections: Collections;
  readonly #blocks: EntryBlocks;
  readonly #clock: Clock;
  readonly #clockGuard: ClockGuard;
  readonly #parcelsSeen: ParcelsSeen;
  readonly #runTimeoutMs: number;
  readonly #remembered = new RememberedLedger();
  readonly #turn: Turn;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    transactions: Transactions;
    collections: Collections;
    blocks: EntryBlocks;
    clock: Clock;
    clockGuard: ClockGuard;
    parcelsSeen: ParcelsSeen;
    runTimeoutMs: number;
  }) {
    this.#transactions = parts.transactions;
    this.#collections = parts.collections;
    this.#turn = new Turn(parts.collections.turns);
    this.#blocks = parts.blocks;
    this.#clock = parts.clock;
    this.#clockGuard = parts.clockGuard;
    this.#parcelsSeen = parts.parcelsSeen;
    this.#runTimeoutMs = parts.runTimeoutMs;
  }

  async transact<R>(ask: () => Want, decide: Decide<R>, deadline: Instant): Promise<R> {
    this.#transactions.assertOutside();
    // The deadline is the clock's; how long is left is measured by one that nobody sets
    const limit = new TimeLimit(deadline - this.#clock.now());
    const before = this.#last;
    const mine = (async () => {
      await limit.race(before, () => new PassbookError('unavailable', { retryAfterSeconds: 1 }));
      return this.#commit(ask, decide, limit);
    })();
    // Where this one gives up, those after it still wait for those before it
    this.#last = allSettled(before, mine);
    return mine;
  }

  async run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    const limit = new TimeLimit(this.#runTimeoutMs);
    const { result, seen } = await this.#transactions.run(limit, async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      const seen = this.#parcelsSeen.forUnit();
      const stores = storesOf(transaction, this.#collections, seen);
      return { result: await this.#transactions.lend(() => work(stores)), seen };
    });
    seen.keep();
    return result;
  }

  async #commit<R>(ask: () => Want, decide: Decide<R>, limit: TimeLimit): Promise<R> {
    let attempt = 0;
    try {
      await this.#takeTurn(limit);
      const want = ask();
      const done = await this.#transactions.run(limit, async (transaction) => {
        await transaction.read(() => this.#clockGuard.check());
        if (attempt++ > 0) {
          this.#turn.contend();
          await this.#takeTurn(limit);
          return this.#thoroughly(transaction, want, decide);
        }
        const head = isPlain(want) ? await this.#knownHead() : undefined;
        if (head === undefined) return this.#thoroughly(transaction, want, decide);
        return this.#quickly(transaction, want, decide, head);
      });
      // Not before: what an attempt has read that then failed may never have been
      this.#remembered.learn(done.from, done.read);
      this.#remembered.committed(done.unit, done.stored);
      for (const parcel of done.claimed) this.#parcelsSeen.saw(parcel);
      this.#blocks.committed(done.entries);
      return done.result;
    } catch (fault) {
      this.#remembered.forget();
      throw fault;
    } finally {
      const { operationTime: at } = this.#transactions.reader;
      this.#turn.pass(() => (at ? this.#remembered.tell(at) : null));
    }
  }

  /**
   * With what is remembered, and the rest read beside the transaction while that moves the head: until it ends nobody
   * else writes, so all of it belongs together.
   */
  async #quickly<R>(transaction: Transaction, want: Want, decide: Decide<R>, head: bigint): Promise<Done<R>> {
    const moved = moveHead(transaction, this.#collections, head);
    const [loaded] = await Promise.all([this.#loadPlain(want), moved]);
    if (!loaded) return this.#decide(transaction, decide, await this.#loadAll(transaction, want), head);
    const done = await this.#decide(transaction, decide, loaded, head);
    if (!done.isEmpty) return done;
    // A majority has all that the decision rests on: there is nothing to commit
    transaction.undo();
    return { ...done, unit: head };
  }

  /**
   * With everything read in the transaction, after it has taken the head. Who only read first would be too late again and
   * again, where another process has all it needs; so it is the other that meets a conflict, and takes turns.
   */
  async #thoroughly<R>(transaction: Transaction, want: Want, decide: Decide<R>): Promise<Done<R>> {
    const head = await takeHead(transaction, this.#collections);
    return this.#decide(transaction, decide, await this.#loadAll(transaction, want), head);
  }

  #loadAll(transaction: Transaction, want: Want): Promise<Loaded> {
    return loadBooks(transaction, this.#collections, want);
  }

  async #decide<R>(
    transaction: Transaction,
    decide: Decide<R>,
    { books, accounts }: Loaded,
    head: bigint,
  ): Promise<Done<R>> {
    const writer = new UnitWriter(transaction, this.#collections, books);
    let part = decide(books);
    for (; 'next' in part; part = part.next()) {
      await writer.add(part.changes);
      await setImmediate();
    }
    await writer.add(part.changes);
    const written = await writer.finish();
    return { ...written, result: part.result, from: head, unit: head + 1n, read: accounts };
  }

  async #takeTurn(limit: TimeLimit): Promise<void> {
    const taken = await this.#turn.take(limit);
    if (!taken) return;
    if (taken.told) this.#transactions.reader.advanceOperationTime(taken.told.at);
    this.#remembered.hear(taken.told);
  }

  /**
   * As a majority has it. What is read after it is at least as new; that it is no newer, the unit's own transaction
   * finds out. A fault here is nobody's yet, and undefined: what is read in the transaction may fare better.
   */
  async #knownHead(): Promise<bigint | undefined> {
    if (this.#remembered.unit !== undefined) return this.#remembered.unit;
    return orUndefined(async () => {
      const head = unitOf(
        await this.#collections.ledger.findOne({ _id: 'head' }, { session: this.#transactions.reader }),
      );
      this.#remembered.learn(head, []);
      return head;
    });
  }

  #loadPlain(want: Want): Promise<Loaded | undefined> {
    const { reader } = this.#transactions;
    return orUndefined(() => loadPlainBooks(reader, this.#collections, want, this.#remembered));
  }
}

async function orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (fault) {
    if (!isPassing(fault)) throw fault;
    return undefined;
  }
}
