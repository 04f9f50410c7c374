import type { Clock, Logger } from '../ports/runtime.ts';
import type { Instant } from '../../domain/time.ts';
import type { Verification, Verified, VerifyRequest } from './verify-books.ts';

const NOTHING: Verified = { accounts: 0, entries: 0, transfers: 0, records: 0, auditRecords: 0 };

export type VerificationRun = { readonly startedAt: Instant; readonly verified: Verified };

/** The end of a run. `found` is null if the run was stopped by a failure, such as one of the store. */
export type EndedVerification = {
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly found: Verification | null;
};

/** Verifies the books in the background of this process, one run at a time, and keeps the last result in memory. */
export class VerificationRuns {
  readonly #verify: (request: VerifyRequest) => Promise<Verification>;
  readonly #clock: Clock;
  readonly #log: Logger;
  #running: VerificationRun | null = null;
  #last: EndedVerification | null = null;
  #ended: Promise<void> = Promise.resolve();

  constructor(ports: {
    verify: (request: VerifyRequest) => Promise<Verification>;
    clock: Clock;
    log: Logger;
  }) {
    this.#verify = ports.verify;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  /** The run in progress, with its counts so far; null between two runs. */
  get running(): VerificationRun | null {
    return this.#running;
  }

  /** The last run that ended; null before the first. */
  get last(): EndedVerification | null {
    return this.#last;
  }

  /** Begins a run. Has no effect while one is in progress. */
  start(): void {
    if (this.#running) return;
    this.#running = { startedAt: this.#clock.now(), verified: NOTHING };
    this.#ended = this.#run(this.#running.startedAt);
  }

  /** Resolves once no run is in progress. */
  ended(): Promise<void> {
    return this.#ended;
  }

  async #run(startedAt: Instant): Promise<void> {
    let found: Verification | null = null;
    try {
      found = await this.#verify({ onProgress: (verified) => (this.#running = { startedAt, verified }) });
      const { faults, verified } = found;
      if (faults.length > 0) this.#log.error({ faults }, 'the books are not right');
      else this.#log.info(verified, 'the books are right');
    } catch (err) {
      this.#log.error({ err }, 'the verification of the books stopped');
    }
    this.#last = { startedAt, endedAt: this.#clock.now(), found };
    this.#running = null;
  }
}
