import { randomUUID } from 'node:crypto';
import { PassbookError } from '../../../domain/errors.ts';
import type { MongoClockGuard } from './clock-guard.ts';
import type { Collections } from '../schema/collections.ts';
import { Deadline } from '../../shared/deadline.ts';
import { mongoFault } from './errors.ts';
import type { TransactionRunner } from './transaction-runner.ts';

/** How long a successful probe counts for later checks. */
const FRESH_MS = 1000;

/**
 * Tries the operations that a write of the ledger needs. Concurrent checks share one transaction, with few of them a
 * second.
 */
export class WriteProbe {
  readonly #transactions: TransactionRunner;
  readonly #ledger: Collections['ledger'];
  readonly #clockGuard: MongoClockGuard;
  readonly #timeoutMs: number;
  #running: Promise<void> | undefined;
  #last = { at: -Infinity, failed: 0 };

  constructor(parts: {
    transactions: TransactionRunner;
    collections: Collections;
    clockGuard: MongoClockGuard;
    timeoutMs: number;
  }) {
    this.#transactions = parts.transactions;
    this.#ledger = parts.collections.ledger;
    this.#clockGuard = parts.clockGuard;
    this.#timeoutMs = parts.timeoutMs;
  }

  /** @throws PassbookError `unavailable`, `storage_full` if the ledger cannot be written now */
  async check(): Promise<void> {
    this.#transactions.assertOutside();
    if (this.#isFresh) return;
    this.#running ??= this.#probe();
    await this.#running;
  }

  /** If a unit has failed meanwhile, the next probe might fail too. */
  get #isFresh(): boolean {
    return performance.now() - this.#last.at < FRESH_MS && this.#transactions.failed === this.#last.failed;
  }

  async #probe(): Promise<void> {
    try {
      await this.#write();
      this.#last = { at: performance.now(), failed: this.#transactions.failed };
    } catch (fault) {
      // Nobody waits for the outcome of a probe: its fault is the store's
      if (fault instanceof PassbookError && fault.code === 'outcome_unknown') throw mongoFault(fault.cause);
      throw fault;
    } finally {
      this.#running = undefined;
    }
  }

  /**
   * Runs a transaction like a unit's: a read, an insert and an update, committed by a majority with its journal. It
   * does not block the ledger version, and leaves no data.
   */
  async #write(): Promise<void> {
    const mine = { _id: `probe ${randomUUID()}` as never };
    await this.#transactions.run(new Deadline(this.#timeoutMs), async (transaction) => {
      await transaction.read(() => this.#clockGuard.check());
      await transaction.read((session) => this.#ledger.findOne({ _id: 'even' }, { session }));
      await transaction.lock((session) => this.#ledger.insertOne({ ...mine, unit: 0n }, { session }));
      await transaction.lock((session) => this.#ledger.updateOne(mine, { $set: { unit: 1n } }, { session }));
      await transaction.lock((session) => this.#ledger.deleteOne(mine, { session }));
    });
  }
}
