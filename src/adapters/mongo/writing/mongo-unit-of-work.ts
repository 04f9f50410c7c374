import { wholeTurn } from '../../../application/event-loop.ts';
import type { Stores, UnitOfWork } from '../../../application/ports/ledger-store.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import type { ClaimedBatches } from '../../shared/outbox-batch.ts';
import type { Books } from '../../../domain/books/working-books.ts';
import type { Decision } from '../../../domain/books/changes.ts';
import type { Prefetch } from '../../../domain/books/prefetch.ts';
import { keyText } from '../../../domain/books/idempotency.ts';
import type { Instant } from '../../../domain/time.ts';
import type { StoredAccount } from '../documents/account-document.ts';
import type { ClockGuard } from '../transactions/clock-guard.ts';
import type { Collections } from '../schema/collections.ts';
import type { CounterpartyIndex } from './counterparty-blocks.ts';
import { isPassing, VersionConflict } from '../transactions/errors.ts';
import { advanceVersion, readVersion } from './ledger-version.ts';
import { isReadableOutside, loadBooks, loadBooksOutside } from './prefetch.ts';
import type { KnownAccounts, LoadedBooks } from './prefetch.ts';
import { storesOf } from '../mongo-stores.ts';
import { AccountCache } from './account-cache.ts';
import { Deadline } from '../transactions/deadline.ts';
import { WriterLease } from './writer-lease.ts';
import type { TransactionRunner } from '../transactions/transaction-runner.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { PipelinedUnit } from './pipeline.ts';
import type { PendingUnit } from './pipeline.ts';
import { MongoUnitWriter } from './write-changes.ts';
import type { UnitChanges, Written } from './write-changes.ts';

type Decide<R> = (books: Books) => Decision<R>;

/** What is asked of the store. */
type Terms<R> = {
  readonly ask: () => Prefetch;
  readonly decide: Decide<R>;
  readonly limit: Deadline;
  readonly unit: PipelinedUnit;
  readonly before: PipelinedUnit;
};

/** What an attempt is about. */
type Work<R> = { readonly want: Prefetch; readonly decide: Decide<R>; readonly unit: PipelinedUnit };

/** What a unit begins upon. */
type Base = Pick<PendingUnit, 'unit' | 'accounts' | 'isCommitted'>;

type Done<R> = Written & {
  readonly result: R;
  /** Where the head was before, and where it is since. */
  readonly from: bigint;
  readonly unit: bigint;
  readonly read: readonly StoredAccount[];
};

/** From so many callers on, half of them in a unit and half in the next one keep this process and the server busy. */
const PIPELINE_THRESHOLD = 128;
/** So many units are not begun ahead after one was in vain: the next ones may well change the same as those before. */
const ALONE_AFTER_FAILURE = 100;

/**
 * Units of the ledger come one after another: in this process in line, among processes by the head of the ledger, which
 * each of them moves. So what a unit left behind is still true for the next one, unless the head has moved.
 */
export class MongoUnitOfWork implements UnitOfWork {
  readonly #transactions: TransactionRunner;
  readonly #collections: Collections;
  readonly #blocks: CounterpartyIndex;
  readonly #clock: Clock;
  readonly #clockGuard: ClockGuard;
  readonly #parcelsSeen: ClaimedBatches;
  readonly #runTimeoutMs: number;
  readonly #cache = new AccountCache();
  readonly #lease: WriterLease;
  #last = PipelinedUnit.first();
  /** How many of the next units are to wait for the one before. */
  #alone = 0;

  constructor(parts: {
    transactions: TransactionRunner;
    collections: Collections;
    blocks: CounterpartyIndex;
    clock: Clock;
    clockGuard: ClockGuard;
    parcelsSeen: ClaimedBatches;
    runTimeoutMs: number;
  }) {
    this.#transactions = parts.transactions;
    this.#collections = parts.collections;
    this.#lease = new WriterLease(parts.collections.turns);
    this.#blocks = parts.blocks;
    this.#clock = parts.clock;
    this.#clockGuard = parts.clockGuard;
    this.#parcelsSeen = parts.parcelsSeen;
    this.#runTimeoutMs = parts.runTimeoutMs;
  }

  /** Not while another process has its turns: then all callers go into the one unit of a turn. */
  get pipelineThreshold(): number | undefined {
    return this.#lease.isContended ? undefined : PIPELINE_THRESHOLD;
  }

  async transact<R>(ask: () => Prefetch, decide: Decide<R>, deadline: Instant): Promise<R> {
    this.#transactions.assertOutside();
    // The deadline is the clock's; how long is left is measured by one that nobody sets
    const limit = new Deadline(deadline - this.#clock.now());
    const before = this.#last;
    const unit = new PipelinedUnit();
    this.#last = unit;
    const committed = this.#commit({ ask, decide, limit, before, unit });
    // Where this one gives up, those after it still wait for those before it, and until nothing of it is open
    const ended = committed.catch(() => this.#transactions.settled().then(() => committed));
    void unit.endWith(ended, before);
    return committed;
  }

  async run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    const limit = new Deadline(this.#runTimeoutMs);
    const { result, seen } = await this.#transactions.run(limit, async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      const seen = this.#parcelsSeen.forUnit();
      const stores = storesOf(transaction, this.#collections, seen);
      return { result: await this.#transactions.guardReentrancy(() => work(stores)), seen };
    });
    seen.keep();
    return result;
  }

  async #commit<R>({ ask, decide, limit, before, unit }: Terms<R>): Promise<R> {
    let ground = await this.#pendingBase(before, limit);
    let attempt = 0;
    try {
      await this.#acquireLease(limit);
      const want = ask();
      if (ground && (!isIndependentOf(want, ground) || this.#mayHaveDue(want, ground))) {
        ground = undefined;
        await limit.race(before.ended);
      }
      const done = await this.#transactions.run(limit, async (transaction) => {
        unit.beginAttempt();
        await transaction.read(() => this.#clockGuard.check());
        if (ground) {
          const tentative = ground;
          ground = undefined;
          return this.#ahead(transaction, { want, decide, unit }, tentative);
        }
        await before.ended;
        if (attempt++ > 0) {
          this.#lease.markContended();
          await this.#acquireLease(limit);
          return this.#thoroughly(transaction, want, decide);
        }
        const head = isReadableOutside(want) ? await this.#knownHead() : undefined;
        if (head === undefined) return this.#thoroughly(transaction, want, decide);
        return this.#quickly(transaction, { want, decide, unit }, head);
      });
      // Not before: what an attempt has read that then failed may never have been
      this.#cache.load(done.from, done.read);
      this.#cache.committed(done.unit, done.stored);
      for (const parcel of done.claimed) this.#parcelsSeen.saw(parcel);
      this.#blocks.committed(done.entries);
      return done.result;
    } catch (fault) {
      this.#cache.forget();
      throw fault;
    } finally {
      const { operationTime: at } = this.#transactions.reader;
      this.#lease.release(() => (at ? this.#cache.changedAccounts(at) : null));
    }
  }

  /** What the unit before is about to commit, as soon as one may begin upon it; undefined once that has ended. */
  async #pendingBase(before: PipelinedUnit, limit: Deadline): Promise<PendingUnit | undefined> {
    if (before.hasEnded) return undefined;
    if (this.#alone > 0) {
      this.#alone--;
    } else if (!this.#lease.isContended) {
      const tentative = await limit.race(before.pending);
      if (tentative && (await limit.race(tentative.isBaseCommitted))) return tentative;
    }
    await limit.race(before.ended);
    return undefined;
  }

  /** Upon what was committed last, with everything read in the transaction only where that is not enough. */
  async #quickly<R>(transaction: Transaction, work: Work<R>, head: bigint): Promise<Done<R>> {
    const done = await this.#decideUpon(transaction, work, committedAt(head));
    if (done) return undoEmpty(transaction, done);
    const { want, decide } = work;
    return this.#decide(transaction, decide, await this.#loadAll(transaction, want), head);
  }

  /**
   * Upon what the unit before is about to commit, and committed after it: so the server and this process both have work
   * while they wait for the other. The transaction does not see what it begins upon. It touches none of that, or it
   * fails, and is run again once the other has ended.
   */
  async #ahead<R>(transaction: Transaction, work: Work<R>, ground: Base): Promise<Done<R>> {
    try {
      const done = await this.#decideUpon(transaction, work, ground);
      if (!done) return await giveUp(transaction, 'More is wanted than is known ahead');
      if (!(await ground.isCommitted)) await giveUp(transaction, 'The unit before was not committed');
      return undoEmpty(transaction, done);
    } catch (fault) {
      this.#alone = ALONE_AFTER_FAILURE;
      throw fault;
    }
  }

  /**
   * With what is known, and the rest read beside the transaction while that moves the head: until it ends nobody else
   * writes, so all of it belongs together. Undefined where more is wanted than can be read so.
   */
  async #decideUpon<R>(
    transaction: Transaction,
    { want, decide, unit }: Work<R>,
    { unit: head, accounts, isCommitted }: Base,
  ): Promise<Done<R> | undefined> {
    const moved = advanceVersion(transaction, this.#collections.ledger, head);
    const known = (id: string) => accounts.get(id) ?? this.#cache.account(id);
    const [loaded] = await Promise.all([this.#loadPlain(want, known), moved]);
    if (!loaded) return undefined;
    const offer = (changes: UnitChanges) => {
      unit.offer({ ...changes, unit: head + 1n, isBaseCommitted: isCommitted });
    };
    return this.#decide(transaction, decide, loaded, head, offer);
  }

  /**
   * With everything read in the transaction, after it has taken the head. Who only read first would be too late again and
   * again, where another process has all it needs; so it is the other that meets a conflict, and takes turns.
   */
  async #thoroughly<R>(transaction: Transaction, want: Prefetch, decide: Decide<R>): Promise<Done<R>> {
    const head = await transaction.read((session) => readVersion(this.#collections.ledger, session));
    await advanceVersion(transaction, this.#collections.ledger, head);
    return this.#decide(transaction, decide, await this.#loadAll(transaction, want), head);
  }

  #loadAll(transaction: Transaction, want: Prefetch): Promise<LoadedBooks> {
    return loadBooks(transaction, this.#collections, { want, now: this.#clock.now() });
  }

  async #decide<R>(
    transaction: Transaction,
    decide: Decide<R>,
    { books, accounts }: LoadedBooks,
    head: bigint,
    onDecided: (changes: UnitChanges) => void = () => {},
  ): Promise<Done<R>> {
    const writer = new MongoUnitWriter(transaction, this.#collections, books);
    let part = decide(books);
    for (; 'next' in part; part = part.next()) {
      await writer.add(part.changes);
      await wholeTurn();
    }
    await writer.add(part.changes);
    const written = await writer.finish(onDecided);
    return { ...written, result: part.result, from: head, unit: head + 1n, read: accounts };
  }

  async #acquireLease(limit: Deadline): Promise<void> {
    const taken = await this.#lease.acquire(limit);
    if (!taken) return;
    if (taken.told) this.#transactions.reader.advanceOperationTime(taken.told.at);
    this.#cache.apply(taken.told);
  }

  /**
   * As a majority has it. What is read after it is at least as new; that it is no newer, the unit's own transaction
   * finds out. A fault here is nobody's yet, and undefined: what is read in the transaction may fare better.
   */
  async #knownHead(): Promise<bigint | undefined> {
    if (this.#cache.unit !== undefined) return this.#cache.unit;
    return orUndefined(async () => {
      const head = await readVersion(this.#collections.ledger, this.#transactions.reader);
      this.#cache.load(head, []);
      return head;
    });
  }

  /** What is due is read where all units before are committed. */
  #mayHaveDue({ accountIds, holdsDueBy }: Prefetch, { accounts }: Base): boolean {
    const now = Math.min(this.#clock.now(), holdsDueBy);
    return accountIds.some((id) => {
      const { nextExpiryAt } = (accounts.get(id) ?? this.#cache.account(id))?.account ?? {};
      return typeof nextExpiryAt === 'number' && nextExpiryAt <= now;
    });
  }

  #loadPlain(want: Prefetch, known: KnownAccounts): Promise<LoadedBooks | undefined> {
    const { reader } = this.#transactions;
    const now = this.#clock.now();
    return orUndefined(() => loadBooksOutside(reader, this.#collections, { want, now, known }));
  }
}

/**
 * Whether of all that a unit has changed none but accounts is wanted. What the first command under a key came to is as
 * it was, whatever became of its transfer since; but for its texts, and a unit that erases some is no ground.
 */
function isIndependentOf(want: Prefetch, { keys, transferIds }: PendingUnit): boolean {
  return (
    isReadableOutside(want) &&
    want.keys.every((key) => !keys.has(keyText(key))) &&
    want.transferIds.every((id) => !transferIds.has(id))
  );
}

/** What was committed: nothing more is known of it than is remembered. */
function committedAt(head: bigint): Base {
  return { unit: head, accounts: new Map(), isCommitted: Promise.resolve(true) };
}

/** A majority has all that the decision rests on: there is nothing to commit. */
function undoEmpty<R>(transaction: Transaction, done: Done<R>): Done<R> {
  if (!done.isEmpty) return done;
  transaction.undo();
  return { ...done, unit: done.from };
}

/** For another attempt. */
function giveUp(transaction: Transaction, reason: string): Promise<never> {
  return transaction.lock(() => Promise.reject(new VersionConflict(reason)));
}

async function orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (fault) {
    if (!isPassing(fault)) throw fault;
    return undefined;
  }
}
