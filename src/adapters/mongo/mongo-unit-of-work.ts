import type { Clock, Stores, UnitOfWork } from '../../application/ports.ts';
import type { ParcelsSeen } from '../../application/parcel.ts';
import type { Books, Decision } from '../../domain/books.ts';
import type { Want } from '../../domain/command.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { StoredAccount } from './account-document.ts';
import type { ClockGuard } from './clock-guard.ts';
import type { Collections } from './collections.ts';
import { isPassing } from './faults.ts';
import { isPlain, loadBooks, loadPlainBooks } from './mongo-books.ts';
import type { MongoBooks } from './mongo-books.ts';
import { storesOf } from './mongo-stores.ts';
import { RememberedLedger } from './remembered-ledger.ts';
import { TimeLimit } from './time-limit.ts';
import { Turn } from './turn.ts';
import type { Transaction, Transactions } from './transactions.ts';
import { takeHead, unitOf, UnitWriter } from './write-changes.ts';
import type { Written } from './write-changes.ts';

type Decide<R> = (books: Books) => Decision<R>;

type Head = {
  /** Where it was. */
  readonly unit: bigint;
  /** Whether this unit has moved it since. */
  readonly hasMoved: boolean;
};

type Loaded = Head & {
  readonly books: MongoBooks;
  /** Those that were read, not remembered. */
  readonly accounts: readonly StoredAccount[];
};

type Done<R> = { readonly result: R; readonly loaded: Loaded; readonly written: Written };

/**
 * Units of the ledger run one after another: in this process by turns, among processes by the head of the ledger,
 * which each of them moves. So what a unit left behind is still true for the next one, unless the head has moved.
 */
export class MongoUnitOfWork implements UnitOfWork {
  readonly #transactions: Transactions;
  readonly #collections: Collections;
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
    clock: Clock;
    clockGuard: ClockGuard;
    parcelsSeen: ParcelsSeen;
    runTimeoutMs: number;
  }) {
    this.#transactions = parts.transactions;
    this.#collections = parts.collections;
    this.#turn = new Turn(parts.collections.turns);
    this.#clock = parts.clock;
    this.#clockGuard = parts.clockGuard;
    this.#parcelsSeen = parts.parcelsSeen;
    this.#runTimeoutMs = parts.runTimeoutMs;
  }

  async transact<R>(want: Want, decide: Decide<R>, deadline: Instant): Promise<R> {
    this.#transactions.assertOutside();
    // The deadline is the clock's; how long is left is measured by one that nobody sets
    const limit = new TimeLimit(deadline - this.#clock.now());
    const before = this.#last;
    const mine = (async () => {
      await limit.race(before, () => new PassbookError('unavailable', { retryAfterSeconds: 1 }));
      return this.#commit(want, decide, limit);
    })();
    // Where this one gives up, those after it still wait for those before it
    this.#last = Promise.allSettled([before, mine]);
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

  async #commit<R>(want: Want, decide: Decide<R>, limit: TimeLimit): Promise<R> {
    let attempt = 0;
    try {
      await this.#takeTurn(limit);
      const { result, loaded, written } = await this.#transactions.run(limit, async (transaction) => {
        await transaction.read(() => this.#clockGuard.check());
        if (attempt++ > 0)
          return this.#thoroughly(transaction, want, decide, await this.#claim(transaction, limit));
        const done = isPlain(want) ? await this.#quickly(transaction, want, decide) : undefined;
        return done ?? this.#thoroughly(transaction, want, decide, await this.#readHead(transaction));
      });
      // Not before: what an attempt has read that then failed may never have been
      this.#remembered.learn(loaded.unit, loaded.accounts);
      this.#remembered.committed(written.unit, written.stored);
      for (const parcel of written.parcels) this.#parcelsSeen.saw(parcel);
      return result;
    } catch (fault) {
      this.#remembered.forget();
      throw fault;
    } finally {
      this.#turn.pass(() => this.#remembered.tell());
    }
  }

  /** With what is remembered; undefined where that does not serve, and nothing was done yet. */
  async #quickly<R>(transaction: Transaction, want: Want, decide: Decide<R>): Promise<Done<R> | undefined> {
    const loaded = await this.#loadPlain(want);
    if (!loaded) return undefined;
    const done = await this.#write(transaction, { ...loaded, hasMoved: false }, decide);
    // What was decided without a change is true if all that was read belongs together
    const isSound = done.written.unit !== loaded.unit || (await this.#headUnit()) === loaded.unit;
    return isSound ? done : undefined;
  }

  /** With everything else read in the transaction too. */
  async #thoroughly<R>(
    transaction: Transaction,
    want: Want,
    decide: Decide<R>,
    head: Head,
  ): Promise<Done<R>> {
    const loaded = await loadBooks(transaction, this.#collections, want);
    return this.#write(transaction, { ...loaded, ...head }, decide);
  }

  async #readHead(transaction: Transaction): Promise<Head> {
    const { ledger } = this.#collections;
    const head = await transaction.read((session) => ledger.findOne({ _id: 'head' }, { session }));
    return { unit: unitOf(head), hasMoved: false };
  }

  /**
   * Moves the head before anything is read. Who only read meanwhile would be too late again and again, where another
   * process has all it needs; from now on it is the other that meets a conflict, and takes turns.
   */
  async #claim(transaction: Transaction, limit: TimeLimit): Promise<Head> {
    this.#turn.contend();
    await this.#takeTurn(limit);
    return { unit: await takeHead(transaction, this.#collections), hasMoved: true };
  }

  async #write<R>(transaction: Transaction, loaded: Loaded, decide: Decide<R>): Promise<Done<R>> {
    const writer = new UnitWriter(transaction, this.#collections, loaded);
    let part = decide(loaded.books);
    for (; 'next' in part; part = part.next()) await writer.add(part.changes);
    await writer.add(part.changes);
    return { result: part.result, loaded, written: await writer.finish() };
  }

  async #takeTurn(limit: TimeLimit): Promise<void> {
    const taken = await this.#turn.take(limit);
    if (taken) this.#remembered.hear(taken.told);
  }

  /** What is read after it is at least as new; that it is no newer, the unit's own transaction finds out. */
  async #learnHead(): Promise<bigint> {
    const unit = await this.#headUnit();
    this.#remembered.learn(unit, []);
    return unit;
  }

  /** As a majority has it. */
  async #headUnit(): Promise<bigint> {
    return unitOf(await this.#collections.ledger.findOne({ _id: 'head' }));
  }

  /** A fault here is nobody's yet: what is read in the transaction may fare better. */
  async #loadPlain(want: Want): Promise<Omit<Loaded, 'hasMoved'> | undefined> {
    try {
      const unit = this.#remembered.unit ?? (await this.#learnHead());
      const loaded = await loadPlainBooks(this.#collections, want, this.#remembered);
      return loaded && { ...loaded, unit };
    } catch (fault) {
      if (!isPassing(fault)) throw fault;
      return undefined;
    }
  }
}
