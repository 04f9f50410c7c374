import type { Clock, Stores, UnitOfWork } from '../../application/ports.ts';
import { parcelsOf } from '../../application/parcel.ts';
import type { ParcelsSeen } from '../../application/parcel.ts';
import type { Books, Changes, Decision } from '../../domain/books.ts';
import type { Want } from '../../domain/command.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { StoredAccount } from './account-document.ts';
import type { ClockGuard } from './clock-guard.ts';
import type { Collections, HeadDocument } from './collections.ts';
import { isPassing } from './faults.ts';
import { isPlain, loadBooks, loadPlainBooks } from './mongo-books.ts';
import type { MongoBooks } from './mongo-books.ts';
import { storesOf } from './mongo-stores.ts';
import { RememberedLedger } from './remembered-ledger.ts';
import { TimeLimit } from './time-limit.ts';
import { Turn } from './turn.ts';
import type { Transaction, Transactions } from './transactions.ts';
import { isEmpty, Moved, writeChanges } from './write-changes.ts';

/** So often a unit is tried with what is remembered, or read beside it, before it reads all in its own transaction. */
const QUICK_ATTEMPTS = 2;

type Done<R> = {
  readonly result: R;
  readonly changes: Changes;
  /** Where the head is since. */
  readonly unit: bigint;
  readonly stored: readonly StoredAccount[];
};

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

  async transact<R>(want: Want, decide: (books: Books) => Decision<R>, deadline: Instant): Promise<R> {
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

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    const limit = new TimeLimit(this.#runTimeoutMs);
    return this.#transactions.run(limit, async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      const stores = storesOf(transaction, this.#collections, this.#parcelsSeen);
      return this.#transactions.lend(() => work(stores));
    });
  }

  async #commit<R>(want: Want, decide: (books: Books) => Decision<R>, limit: TimeLimit): Promise<R> {
    let attempt = 0;
    try {
      await this.#takeTurn(limit);
      const { result, changes, unit, stored } = await this.#transactions.run(limit, async (transaction) => {
        await transaction.read(() => this.#clockGuard.check());
        if (attempt > 0) {
          this.#turn.contend();
          await this.#takeTurn(limit);
        }
        const isQuick = attempt++ < QUICK_ATTEMPTS && isPlain(want);
        const quick = isQuick ? await this.#quickly(transaction, want, decide) : undefined;
        return quick ?? (await this.#thoroughly(transaction, want, decide));
      });
      if (!isEmpty(changes)) this.#remembered.committed(unit, stored);
      for (const parcel of parcelsOf(changes.messages)) this.#parcelsSeen.saw(parcel);
      return result;
    } catch (fault) {
      this.#remembered.forget();
      throw fault;
    }
  }

  /** With what is remembered; undefined where that does not serve, and nothing was done yet. */
  async #quickly<R>(
    transaction: Transaction,
    want: Want,
    decide: (books: Books) => Decision<R>,
  ): Promise<Done<R> | undefined> {
    const loaded = await this.#loadPlain(want);
    if (!loaded) return undefined;
    const { unit, books, accounts } = loaded;
    const { result, changes } = decide(books);
    if (isEmpty(changes)) {
      return (await this.#head()).unit === unit ? { result, changes, unit, stored: [] } : undefined;
    }

    const stored = await this.#write(transaction, { books, changes, unit });
    this.#remembered.learn(unit, accounts);
    return { result, changes, unit: unit + 1n, stored };
  }

  async #takeTurn(limit: TimeLimit): Promise<void> {
    if (await this.#turn.take(limit)) this.#remembered.forget();
  }

  /** What is read after it is at least as new; that it is no newer, the unit's own transaction finds out. */
  async #learnHead(): Promise<bigint> {
    const { unit } = await this.#head();
    this.#remembered.learn(unit, []);
    return unit;
  }

  /** As a majority has it. */
  async #head(): Promise<HeadDocument> {
    const head = await this.#collections.ledger.findOne({ _id: 'head' });
    if (!head) throw new TypeError('The ledger has no head');
    return head;
  }

  /** A fault here is nobody's yet: what is read in the transaction may fare better. */
  async #loadPlain(want: Want) {
    try {
      const unit = this.#remembered.unit ?? (await this.#learnHead());
      const loaded = await loadPlainBooks(this.#collections, want, this.#remembered);
      return loaded && { ...loaded, unit };
    } catch (fault) {
      if (!isPassing(fault)) throw fault;
      return undefined;
    }
  }

  /** With everything read in the transaction. */
  async #thoroughly<R>(
    transaction: Transaction,
    want: Want,
    decide: (books: Books) => Decision<R>,
  ): Promise<Done<R>> {
    const { ledger } = this.#collections;
    const head = await transaction.read((session) => ledger.findOne({ _id: 'head' }, { session }));
    if (!head) throw new TypeError('The ledger has no head');
    const { books, accounts } = await loadBooks(transaction, this.#collections, want);
    const { result, changes } = decide(books);
    if (isEmpty(changes)) return { result, changes, unit: head.unit, stored: [] };

    const stored = await this.#write(transaction, { books, changes, unit: head.unit });
    this.#remembered.learn(head.unit, accounts);
    return { result, changes, unit: head.unit + 1n, stored };
  }

  async #write(
    transaction: Transaction,
    unit: { books: MongoBooks; changes: Changes; unit: bigint },
  ): Promise<readonly StoredAccount[]> {
    try {
      return await writeChanges(transaction, this.#collections, unit);
    } catch (fault) {
      if (fault instanceof Moved) this.#remembered.forget();
      throw fault;
    }
  }
}
