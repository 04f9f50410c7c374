import { ReentrancyGuard } from '../../shared/reentrancy-guard.ts';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClientSession, Db } from 'mongodb';
import { PassbookError } from '../../../domain/errors.ts';
import type { Deadline } from '../../shared/deadline.ts';
import { abortAnswered, endTransaction } from './end-transaction.ts';
import { closed, isAborted, isPassing, mongoFault, mongoUnavailable } from './errors.ts';
import type { Heartbeat } from './heartbeat.ts';
import { TRANSACTION_OPTIONS, Transaction } from './transaction.ts';

/** How long a commit is still retried after its caller got `outcome_unknown`. */
const SETTLE_MS = 30_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;

/**
 * Runs a unit of work until it commits, fails permanently or reaches its deadline. The driver's own loop is unsuitable:
 * its limit of 120 seconds cannot be changed.
 */
export class TransactionRunner {
  /**
   * Session for reads outside a transaction, with majority read concern. Reads in it are never older than a commit of
   * this process. Without it, a new primary might at first know less of the majority's data than the previous one
   * acknowledged.
   */
  readonly reader: ClientSession;
  readonly #db: Db;
  readonly #presence: Heartbeat;
  readonly #onRetry: () => void;
  readonly #guard = new ReentrancyGuard();
  readonly #endings = new Set<Promise<void>>();
  #failed = 0;
  #isClosed = false;

  constructor({ db, presence, onRetry = () => {} }: { db: Db; presence: Heartbeat; onRetry?: () => void }) {
    this.#db = db;
    this.#presence = presence;
    this.#onRetry = onRetry;
    this.reader = db.client.startSession({ causalConsistency: true });
  }

  /** @throws TypeError inside another unit; PassbookError `unavailable` after the store was closed */
  assertOutside(): void {
    if (this.#isClosed) throw closed();
    this.#guard.assertOutside();
  }

  /** @throws PassbookError `unavailable`, `outcome_unknown`; TypeError inside another unit */
  async run<R>(limit: Deadline, work: (transaction: Transaction) => Promise<R>): Promise<R> {
    this.assertOutside();

    const unit = new Unit({
      db: this.#db,
      presence: this.#presence,
      limit,
      work,
      onCommit: ({ operationTime }) => operationTime && this.reader.advanceOperationTime(operationTime),
      onRetry: this.#onRetry,
      isClosed: () => this.#isClosed,
    });
    const running = limit.race(unit.run(), () => {
      this.#waitFor(unit.abandon());
      return unit.timeIsOver();
    });
    try {
      return await running;
    } catch (fault) {
      this.#failed++;
      throw fault;
    }
  }

  /** Number of failed units. */
  get failed(): number {
    return this.#failed;
  }

  /** Resolves once the server has ended the transactions of all units that passed their deadline. */
  async settled(): Promise<void> {
    await Promise.all(this.#endings);
  }

  #waitFor(ending: Promise<void>): void {
    this.#endings.add(ending);
    void ending.finally(() => this.#endings.delete(ending));
  }

  /** Marks `work` as inside a unit: code from outside may try to begin another one. */
  guardReentrancy<R>(work: () => Promise<R>): Promise<R> {
    return this.#guard.run(work);
  }

  /** Ends background work. Work with a waiting caller fails as the client closes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#presence.close();
    await this.reader.endSession();
  }
}

/** All attempts at one unit of work. */
class Unit<R> {
  readonly #db: Db;
  readonly #session: ClientSession;
  readonly #presence: Heartbeat;
  readonly #limit: Deadline;
  readonly #work: (transaction: Transaction) => Promise<R>;
  readonly #onCommit: (session: ClientSession) => void;
  readonly #onRetry: () => void;
  readonly #isClosed: () => boolean;
  #transaction: Transaction | undefined;
  /** Number of the session's latest transaction that is known to have ended. */
  #endedNumber: number;
  #ending: Promise<void> | undefined;
  #isAbandoned = false;
  #isCommitting = false;
  #isUnsettled = false;
  #lastFault: unknown;

  constructor(terms: {
    db: Db;
    presence: Heartbeat;
    limit: Deadline;
    work: (transaction: Transaction) => Promise<R>;
    onCommit: (session: ClientSession) => void;
    onRetry: () => void;
    isClosed: () => boolean;
  }) {
    this.#db = terms.db;
    this.#session = terms.db.client.startSession();
    this.#endedNumber = this.#session.serverSession.txnNumber;
    this.#presence = terms.presence;
    this.#limit = terms.limit;
    this.#work = terms.work;
    this.#onCommit = terms.onCommit;
    this.#onRetry = terms.onRetry;
    this.#isClosed = terms.isClosed;
  }

  timeIsOver(): PassbookError {
    const cause = this.#lastFault ?? new Error('The deadline passed');
    if (!this.#isUnsettled) return mongoFault(cause);
    return new PassbookError('outcome_unknown', { retryAfterSeconds: 1 }, { cause });
  }

  async run(): Promise<R> {
    try {
      return await this.#presence.during(this.#session, () => this.#untilCommitted());
    } finally {
      await this.#session.endSession();
    }
  }

  /**
   * Ends the transaction of an unanswered statement, as its connection may be lost without a sign. Its caller was
   * answered that nothing was done, so no more statements are sent. A commit that was sent continues.
   */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    if (this.#isCommitting) return;
    this.#transaction?.stop(new Error('The deadline passed'));
    await this.#end();
  }

  async #untilCommitted(): Promise<R> {
    for (let attempt = 0; !this.#isOver; attempt++) {
      if (attempt > 0) {
        this.#onRetry();
        // A dead process may hold the locks
        void this.#presence.endDead();
        await pause(attempt);
      }
      const committed = await this.#attempt();
      if (committed) return committed.result;
    }
    throw this.timeIsOver();
  }

  get #isOver(): boolean {
    return this.#isAbandoned || this.#limit.isOver;
  }

  /** Undefined if nothing was written and the unit must run again. */
  async #attempt(): Promise<{ result: R } | undefined> {
    this.#session.startTransaction(TRANSACTION_OPTIONS);
    const transaction = new Transaction(this.#session);
    this.#transaction = transaction;
    const ended = await this.#perform(transaction);
    if ('result' in ended && !transaction.isUndone) {
      return (await this.#commit(transaction)) ? ended : undefined;
    }

    await this.#abort();
    if ('result' in ended) return ended;
    const { fault } = ended;
    this.#lastFault = fault;
    // An error of the work itself, or a bug of ours
    if (!transaction.failure) throw fault;
    const { duplicate } = transaction;
    if (duplicate && (await duplicate.isDurable())) throw duplicate.refusal;
    if (!isPassing(fault)) throw mongoUnavailable(fault);
    return undefined;
  }

  /** Returns once the server has confirmed that nothing of the transaction is open. */
  async #abort(): Promise<void> {
    if (await abortAnswered(this.#session)) this.#endedNumber = this.#session.serverSession.txnNumber;
    else await this.#end();
  }

  /** Ends the transaction on another connection, if any of its statements was sent. */
  async #end(): Promise<void> {
    if (this.#session.serverSession.txnNumber === this.#endedNumber) return;
    this.#ending ??= this.#endElsewhere();
    await this.#ending;
    this.#ending = undefined;
  }

  async #endElsewhere(): Promise<void> {
    const { serverSession } = this.#session;
    const latest = await endTransaction(this.#db, serverSession, this.#isClosed);
    // The next attempt must begin above this number
    serverSession.txnNumber = latest;
    this.#endedNumber = latest;
  }

  /** Runs the work. A failed operation fails the attempt, even if the work caught the error. */
  async #perform(transaction: Transaction): Promise<{ result: R } | { fault: unknown }> {
    let ended: { result: R } | { fault: unknown };
    try {
      ended = { result: await this.#work(transaction) };
    } catch (fault) {
      ended = { fault };
    }
    await transaction.finish();
    return transaction.failure ?? ended;
  }

  /**
   * Returns whether the unit was committed. Sends the same commit again until its outcome is known, past the deadline
   * too: until then its writes block all others on the same accounts.
   */
  async #commit({ hasWritten }: Transaction): Promise<boolean> {
    // Nothing was sent yet, so a late caller can still be answered that nothing was done
    if (this.#isOver) {
      await this.#abort();
      return false;
    }
    this.#isCommitting = true;
    this.#isUnsettled = hasWritten;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#session.commitTransaction();
        this.#onCommit(this.#session);
        return true;
      } catch (fault) {
        this.#lastFault = fault;
        if (isAborted(fault)) {
          this.#isUnsettled = false;
          this.#isCommitting = false;
          this.#endedNumber = this.#session.serverSession.txnNumber;
          return false;
        }
        if (this.#isClosed()) throw this.timeIsOver();
        if (this.#limit.remainingMs < -SETTLE_MS) {
          await this.#end();
          throw this.timeIsOver();
        }
      }
      await pause(attempt);
    }
  }
}

/** Waits longer with each attempt, and for a random time, so that conflicting units do not meet again. */
async function pause(attempt: number): Promise<void> {
  const longest = Math.min(FIRST_PAUSE_MS * 1.5 ** (attempt - 1), LONGEST_PAUSE_MS);
  await wait(Math.random() * longest, undefined, { ref: false });
}
