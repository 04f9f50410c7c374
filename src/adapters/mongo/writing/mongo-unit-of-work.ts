import type { ClientSession } from 'mongodb';
import { wholeTurn } from '../../../application/event-loop.ts';
import type { Stores, UnitOfWork, UnitTerms } from '../../../application/ports/ledger-store.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import type { ClaimedBatches } from '../../shared/outbox-batch.ts';
import type { Books } from '../../../domain/books/working-books.ts';
import type { Decision } from '../../../domain/books/changes.ts';
import { identifierText } from '../../../domain/books/prefetch.ts';
import type { Prefetch } from '../../../domain/books/prefetch.ts';
import { keyText } from '../../../domain/books/idempotency.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Instant } from '../../../domain/time.ts';
import type { StoredAccount } from '../documents/account-document.ts';
import type { MongoClockGuard } from '../transactions/clock-guard.ts';
import type { Collections } from '../schema/collections.ts';
import type { CounterpartyIndex } from './counterparty-blocks.ts';
import { isPassing, VersionConflict } from '../transactions/errors.ts';
import { advanceVersion, readVersion } from './ledger-version.ts';
import { isReadableOutside, loadBooks, loadBooksOutside } from './prefetch.ts';
import type { KnownAccounts, LoadedBooks } from './prefetch.ts';
import { mongoStores } from '../mongo-stores.ts';
import { AccountCache } from './account-cache.ts';
import { Deadline } from '../../shared/deadline.ts';
import { WriterLease } from './writer-lease.ts';
import type { TransactionRunner } from '../transactions/transaction-runner.ts';
import type { ReadRoute } from '../transactions/read-route.ts';
import { Transaction } from '../transactions/transaction.ts';
import { PipelinedUnit } from './pipeline.ts';
import type { PendingUnit } from './pipeline.ts';
import { MongoUnitWriter } from './write-changes.ts';
import type { UnitChanges, Written } from './write-changes.ts';

type Decide<R> = (books: Books) => Decision<R>;

/** One request to the store. */
type Terms<R> = {
  readonly ask: () => UnitTerms<R, ClientSession>;
  readonly decide: Decide<R>;
  readonly limit: Deadline;
  readonly unit: PipelinedUnit;
  readonly before: PipelinedUnit;
};

/** One attempt's input. */
type Work<R> = {
  readonly want: UnitTerms<R, ClientSession>;
  readonly decide: Decide<R>;
  readonly unit: PipelinedUnit;
};

/** The state on which a unit builds: committed, or about to be committed. */
type Base = Pick<PendingUnit, 'unit' | 'accounts' | 'isCommitted'>;

type Done<R> = Written & {
  readonly result: R;
  /** The ledger version before the unit, and after it. */
  readonly from: bigint;
  readonly unit: bigint;
  readonly read: readonly StoredAccount[];
};

/**
 * Number of waiting callers from which units are pipelined. Half of them in one unit and half in the next keep both
 * this process and the server busy.
 */
const PIPELINE_THRESHOLD = 128;
/** Number of units that run without pipelining after one failed: the next ones probably change the same records too. */
const ALONE_AFTER_FAILURE = 100;

/**
 * Runs the ledger's units one after another: within this process by a pipeline, between processes by the ledger
 * version. Each unit advances that version, so the account cache stays valid until the version changes elsewhere.
 */
export class MongoUnitOfWork implements UnitOfWork<ClientSession> {
  readonly #transactions: TransactionRunner;
  readonly #collections: Collections;
  readonly #blocks: CounterpartyIndex;
  readonly #clock: Clock;
  readonly #clockGuard: MongoClockGuard;
  readonly #parcelsSeen: ClaimedBatches;
  readonly #runTimeoutMs: number;
  readonly #route: ReadRoute;
  readonly #cache = new AccountCache();
  readonly #lease: WriterLease;
  #last = PipelinedUnit.first();
  /** Number of units still to run without pipelining. */
  #alone = 0;

  constructor(parts: {
    transactions: TransactionRunner;
    collections: Collections;
    blocks: CounterpartyIndex;
    clock: Clock;
    clockGuard: MongoClockGuard;
    parcelsSeen: ClaimedBatches;
    runTimeoutMs: number;
    route: ReadRoute;
  }) {
    this.#transactions = parts.transactions;
    this.#collections = parts.collections;
    this.#lease = new WriterLease(parts.collections.turns);
    this.#blocks = parts.blocks;
    this.#clock = parts.clock;
    this.#clockGuard = parts.clockGuard;
    this.#parcelsSeen = parts.parcelsSeen;
    this.#runTimeoutMs = parts.runTimeoutMs;
    this.#route = parts.route;
  }

  /** Undefined while another process contends for the lease: then one unit takes all waiting callers. */
  get pipelineThreshold(): number | undefined {
    return this.#lease.isContended ? undefined : PIPELINE_THRESHOLD;
  }

  async transact<R>(
    ask: () => UnitTerms<R, ClientSession>,
    decide: Decide<R>,
    deadline: Instant,
  ): Promise<R> {
    this.#transactions.assertOutside();
    // The deadline comes from the settable clock; the remaining time is measured by the monotonic one
    const limit = new Deadline(deadline - this.#clock.now());
    const before = this.#last;
    const unit = new PipelinedUnit();
    this.#last = unit;
    const committed = this.#commit({ ask, decide, limit, before, unit });
    // If this unit gives up, later ones still wait for earlier ones, and until none of its transactions is open
    const ended = committed.catch(() => this.#transactions.settled().then(() => committed));
    void unit.endWith(ended, before);
    return committed;
  }

  assertOutside(): void {
    this.#transactions.assertOutside();
  }

  /** Without a primary, a unit that only reads is answered by another member. */
  async run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    const read = this.#route.isWithoutPrimary ? await this.#runReading(work) : undefined;
    if (read) return read.result;
    const limit = new Deadline(this.#runTimeoutMs);
    const { result, seen } = await this.#transactions.run(limit, async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      const seen = this.#parcelsSeen.forUnit();
      const stores = mongoStores(transaction, this.#collections, seen);
      return { result: await this.#transactions.guardReentrancy(() => work(stores)), seen };
    });
    seen.keep();
    return result;
  }

  /** Undefined for a unit that writes: it runs again, and waits for a primary. */
  async #runReading<R>(work: (stores: Stores) => Promise<R>): Promise<{ readonly result: R } | undefined> {
    this.#transactions.assertOutside();
    return this.#route.readElsewhere(async (session, collections) => {
      const refusal = new PassbookError('unavailable', { retryAfterSeconds: 1 });
      const transaction = new Transaction(session, { refusal });
      const stores = mongoStores(transaction, collections, this.#parcelsSeen.forUnit());
      let result: R;
      try {
        result = await this.#transactions.guardReentrancy(() => work(stores));
      } catch (fault) {
        if (transaction.failure?.fault === refusal) return undefined;
        throw fault;
      }
      await transaction.finish();
      if (transaction.failure?.fault === refusal) return undefined;
      if (transaction.failure) throw transaction.failure.fault;
      return { result };
    });
  }

  async #commit<R>({ ask, decide, limit, before, unit }: Terms<R>): Promise<R> {
    let ground = await this.#pendingBase(before, limit);
    let attempt = 0;
    try {
      await this.#acquireLease(limit);
      const want = ask();
      if (ground && !this.#mayBuildOn(ground, want)) {
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
          return this.#thoroughly(transaction, { want, decide, unit });
        }
        const head = isReadableOutside(want) ? await this.#knownHead() : undefined;
        if (head === undefined) return this.#thoroughly(transaction, { want, decide, unit });
        return this.#quickly(transaction, { want, decide, unit }, head);
      });
      // Not earlier: a failed attempt may have read data that never committed
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

  /**
   * Returns the pending result of the unit before, as soon as a unit may build on it. Undefined once that unit has
   * ended.
   */
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

  /** Decides on the last committed state. Reads everything in the transaction only if that is not enough. */
  async #quickly<R>(transaction: Transaction, work: Work<R>, head: bigint): Promise<Done<R>> {
    const done = await this.#decideUpon(transaction, work, committedAt(head));
    if (done) return undoEmpty(transaction, done);
    return this.#decide(transaction, work, await this.#loadAll(transaction, work.want), head);
  }

  /**
   * Decides on the pending result of the unit before, and commits after it, so that server and process work in
   * parallel. The transaction cannot see that result. It touches none of those records; otherwise it fails and runs
   * again once the other unit has ended.
   */
  async #ahead<R>(transaction: Transaction, work: Work<R>, ground: Base): Promise<Done<R>> {
    try {
      const done = await this.#decideUpon(transaction, work, ground);
      if (!done) return await giveUp(transaction, 'The prefetch needs more than the cache has');
      if (!(await ground.isCommitted)) await giveUp(transaction, 'The unit before was not committed');
      return undoEmpty(transaction, done);
    } catch (fault) {
      this.#alone = ALONE_AFTER_FAILURE;
      throw fault;
    }
  }

  /**
   * Decides on cached accounts and reads the rest outside the transaction, which advances the ledger version meanwhile.
   * Nobody else can write until it ends, so all reads are consistent. Undefined if the prefetch needs more than such
   * reads give.
   */
  async #decideUpon<R>(
    transaction: Transaction,
    work: Work<R>,
    { unit: head, accounts, isCommitted }: Base,
  ): Promise<Done<R> | undefined> {
    const moved = advanceVersion(transaction, this.#collections.ledger, head);
    const known = (id: string) => accounts.get(id) ?? this.#cache.account(id);
    const [loaded] = await Promise.all([this.#loadPlain(work.want, known), moved]);
    if (!loaded) return undefined;
    const offer = (changes: UnitChanges) => {
      work.unit.offer({ ...changes, unit: head + 1n, isBaseCommitted: isCommitted });
    };
    return this.#decide(transaction, work, loaded, head, offer);
  }

  /**
   * Reads everything in the transaction, after advancing the ledger version. A process that only reads first would lose
   * again and again to one with a full cache. This way the other meets the conflict, and both use the lease.
   */
  async #thoroughly<R>(transaction: Transaction, work: Work<R>): Promise<Done<R>> {
    const head = await transaction.read((session) => readVersion(this.#collections.ledger, session));
    await advanceVersion(transaction, this.#collections.ledger, head);
    return this.#decide(transaction, work, await this.#loadAll(transaction, work.want), head);
  }

  #loadAll(transaction: Transaction, want: Prefetch): Promise<LoadedBooks> {
    return loadBooks(transaction, this.#collections, { want, now: this.#clock.now() });
  }

  async #decide<R>(
    transaction: Transaction,
    { want, decide }: Work<R>,
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
    const { result } = part;
    for (const write of want.alongside ?? []) {
      await transaction.runOwn((session) =>
        this.#transactions.guardReentrancy(async () => write(session, result)),
      );
    }
    const written = await writer.finish(onDecided);
    return { ...written, result, from: head, unit: head + 1n, read: accounts };
  }

  async #acquireLease(limit: Deadline): Promise<void> {
    const taken = await this.#lease.acquire(limit);
    if (!taken) return;
    if (taken.handover) this.#transactions.reader.advanceOperationTime(taken.handover.at);
    this.#cache.apply(taken.handover);
  }

  /**
   * Returns the ledger version that a majority has. Later reads are at least as new; the unit's own transaction detects
   * newer ones. Undefined after an error, as reads within the transaction may still succeed.
   */
  async #knownHead(): Promise<bigint | undefined> {
    if (this.#cache.unit !== undefined) return this.#cache.unit;
    return orUndefined(async () => {
      const head = await readVersion(this.#collections.ledger, this.#transactions.reader);
      this.#cache.load(head, []);
      return head;
    });
  }

  /** A caller's own writes must see those of earlier units, so their unit waits for the one before. */
  #mayBuildOn(ground: PendingUnit, want: UnitTerms<never, never>): boolean {
    const hasOwn = (want.alongside ?? []).length > 0;
    return !hasOwn && isIndependentOf(want, ground) && !this.#mayHaveDue(want, ground);
  }

  /** Due holds can only be read once all earlier units have committed. */
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
 * Whether the prefetch needs nothing but accounts from a pending unit's changes. A key's recorded outcome never
 * changes, except for its texts; a unit that erases texts is never a base.
 */
function isIndependentOf(want: Prefetch, { keys, transferIds, identifiers }: PendingUnit): boolean {
  return (
    isReadableOutside(want) &&
    want.keys.every((key) => !keys.has(keyText(key))) &&
    want.transferIds.every((id) => !transferIds.has(id)) &&
    want.identifiers.every((identifier) => !identifiers.has(identifierText(identifier)))
  );
}

/** A committed base: it adds no accounts to those in the cache. */
function committedAt(head: bigint): Base {
  return { unit: head, accounts: new Map(), isCommitted: Promise.resolve(true) };
}

/**
 * Undoes a unit without changes. A majority already has everything that it decided on, so there is nothing to commit.
 */
function undoEmpty<R>(transaction: Transaction, done: Done<R>): Done<R> {
  if (!done.isEmpty) return done;
  transaction.undo();
  return { ...done, unit: done.from };
}

/** Fails the attempt, so that the unit runs again. */
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
