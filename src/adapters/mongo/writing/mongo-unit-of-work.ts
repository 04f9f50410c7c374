import { setImmediate } from 'node:timers/promises';
import type { Stores, UnitOfWork } from '../../../application/ports/ledger-store.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import type { ParcelsSeen } from '../../shared/outbox-batch.ts';
import type { Books } from '../../../domain/books/working-books.ts';
import type { Decision } from '../../../domain/books/changes.ts';
import type { Want } from '../../../domain/books/prefetch.ts';
import { keyText } from '../../../domain/books/idempotency.ts';
import type { Instant } from '../../../domain/time.ts';
import type { StoredAccount } from '../documents/account-document.ts';
import type { ClockGuard } from '../transactions/clock-guard.ts';
import type { Collections } from '../schema/collections.ts';
import type { EntryBlocks } from './counterparty-blocks.ts';
import { isPassing, Moved } from '../transactions/errors.ts';
import { moveHead, readHead } from './ledger-version.ts';
import { isPlain, loadBooks, loadPlainBooks } from './prefetch.ts';
import type { KnownAccounts, LoadedBooks } from './prefetch.ts';
import { storesOf } from '../mongo-stores.ts';
import { RememberedLedger } from './account-cache.ts';
import { TimeLimit } from '../transactions/deadline.ts';
import { Turn } from './writer-lease.ts';
import type { Transactions } from '../transactions/transaction-runner.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { UnitInLine } from './pipeline.ts';
import type { Tentative } from './pipeline.ts';
import { UnitWriter } from './write-changes.ts';
import type { UnitChanges, Written } from './write-changes.ts';

type Decide<R> = (books: Books) => Decision<R>;

/** What is asked of the store. */
type Terms<R> = {
  readonly ask: () => Want;
  readonly decide: Decide<R>;
  readonly limit: TimeLimit;
  readonly unit: UnitInLine;
  readonly before: UnitInLine;
};

/** What an attempt is about. */
type Work<R> = { readonly want: Want; readonly decide: Decide<R>; readonly unit: UnitInLine };

/** What a unit begins upon. */
type Ground = Pick<Tentative, 'unit' | 'accounts' | 'isCommitted'>;

type Done<R> = Written & {
  readonly result: R;
  /** Where the head was before, and where it is since. */
  readonly from: bigint;
  readonly unit: bigint;
  readonly read: readonly StoredAccount[];
};

/** From so many callers on, half of them in a unit and half in the next one keep this process and the server busy. */
const HALVES_FROM = 128;
/** So many units are not begun ahead after one was in vain: the next ones may well change the same as those before. */
const ALONE_AFTER_FAILURE = 100;

/**
 * Units of the ledger come one after another: in this process in line, among processes by the head of the ledger, which
 * each of them moves. So what a unit left behind is still true for the next one, unless the head has moved.
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
  #last = UnitInLine.first();
  /** How many of the next units are to wait for the one before. */
  #alone = 0;

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

  /** Not while another process has its turns: then all callers go into the one unit of a turn. */
  get halvesFrom(): number | undefined {
    return this.#turn.isContended ? undefined : HALVES_FROM;
  }

  async transact<R>(ask: () => Want, decide: Decide<R>, deadline: Instant): Promise<R> {
    this.#transactions.assertOutside();
    // The deadline is the clock's; how long is left is measured by one that nobody sets
    const limit = new TimeLimit(deadline - this.#clock.now());
    const before = this.#last;
    const unit = new UnitInLine();
    this.#last = unit;
    const committed = this.#commit({ ask, decide, limit, before, unit });
    // Where this one gives up, those after it still wait for those before it, and until nothing of it is open
    const ended = committed.catch(() => this.#transactions.settled().then(() => committed));
    void unit.endWith(ended, before);
    return committed;
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

  async #commit<R>({ ask, decide, limit, before, unit }: Terms<R>): Promise<R> {
    let ground = await this.#groundOn(before, limit);
    let attempt = 0;
    try {
      await this.#takeTurn(limit);
      const want = ask();
      if (ground && (!isApart(want, ground) || this.#mayHaveDue(want, ground))) {
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
          this.#turn.contend();
          await this.#takeTurn(limit);
          return this.#thoroughly(transaction, want, decide);
        }
        const head = isPlain(want) ? await this.#knownHead() : undefined;
        if (head === undefined) return this.#thoroughly(transaction, want, decide);
        return this.#quickly(transaction, { want, decide, unit }, head);
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

  /** What the unit before is about to commit, as soon as one may begin upon it; undefined once that has ended. */
  async #groundOn(before: UnitInLine, limit: TimeLimit): Promise<Tentative | undefined> {
    if (before.hasEnded) return undefined;
    if (this.#alone > 0) {
      this.#alone--;
    } else if (!this.#turn.isContended) {
      const tentative = await limit.race(before.tentative);
      if (tentative && (await limit.race(tentative.hasGround))) return tentative;
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
  async #ahead<R>(transaction: Transaction, work: Work<R>, ground: Ground): Promise<Done<R>> {
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
    { unit: head, accounts, isCommitted }: Ground,
  ): Promise<Done<R> | undefined> {
    const moved = moveHead(transaction, this.#collections.ledger, head);
    const known = (id: string) => accounts.get(id) ?? this.#remembered.account(id);
    const [loaded] = await Promise.all([this.#loadPlain(want, known), moved]);
    if (!loaded) return undefined;
    const offer = (changes: UnitChanges) => {
      unit.offer({ ...changes, unit: head + 1n, hasGround: isCommitted });
    };
    return this.#decide(transaction, decide, loaded, head, offer);
  }

  /**
   * With everything read in the transaction, after it has taken the head. Who only read first would be too late again and
   * again, where another process has all it needs; so it is the other that meets a conflict, and takes turns.
   */
  async #thoroughly<R>(transaction: Transaction, want: Want, decide: Decide<R>): Promise<Done<R>> {
    const head = await transaction.read((session) => readHead(this.#collections.ledger, session));
    await moveHead(transaction, this.#collections.ledger, head);
    return this.#decide(transaction, decide, await this.#loadAll(transaction, want), head);
  }

  #loadAll(transaction: Transaction, want: Want): Promise<LoadedBooks> {
    return loadBooks(transaction, this.#collections, { want, now: this.#clock.now() });
  }

  async #decide<R>(
    transaction: Transaction,
    decide: Decide<R>,
    { books, accounts }: LoadedBooks,
    head: bigint,
    onDecided: (changes: UnitChanges) => void = () => {},
  ): Promise<Done<R>> {
    const writer = new UnitWriter(transaction, this.#collections, books);
    let part = decide(books);
    for (; 'next' in part; part = part.next()) {
      await writer.add(part.changes);
      await setImmediate();
    }
    await writer.add(part.changes);
    const written = await writer.finish(onDecided);
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
      const head = await readHead(this.#collections.ledger, this.#transactions.reader);
      this.#remembered.learn(head, []);
      return head;
    });
  }

  /** What is due is read where all units before are committed. */
  #mayHaveDue({ accountIds, holdsDueBy }: Want, { accounts }: Ground): boolean {
    const now = Math.min(this.#clock.now(), holdsDueBy);
    return accountIds.some((id) => {
      const { nextExpiryAt } = (accounts.get(id) ?? this.#remembered.account(id))?.account ?? {};
      return typeof nextExpiryAt === 'number' && nextExpiryAt <= now;
    });
  }

  #loadPlain(want: Want, known: KnownAccounts): Promise<LoadedBooks | undefined> {
    const { reader } = this.#transactions;
    const now = this.#clock.now();
    return orUndefined(() => loadPlainBooks(reader, this.#collections, { want, now, known }));
  }
}

/**
 * Whether of all that a unit has changed none but accounts is wanted. What the first command under a key came to is as
 * it was, whatever became of its transfer since; but for its texts, and a unit that erases some is no ground.
 */
function isApart(want: Want, { keys, transferIds }: Tentative): boolean {
  return (
    isPlain(want) &&
    want.keys.every((key) => !keys.has(keyText(key))) &&
    want.transferIds.every((id) => !transferIds.has(id))
  );
}

/** What was committed: nothing more is known of it than is remembered. */
function committedAt(head: bigint): Ground {
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
  return transaction.lock(() => Promise.reject(new Moved(reason)));
}

async function orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (fault) {
    if (!isPassing(fault)) throw fault;
    return undefined;
  }
}
