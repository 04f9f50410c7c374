import type { Viewer } from '../../domain/actor.ts';
import type { Instant } from '../../domain/time.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import { requireReader } from '../views.ts';
import type { TrialBalanceView } from './get-trial-balance.ts';

/** Computing trial balances takes at most this share of the time of the process: one part in twenty. */
const KEPT_FOR_TIMES = 20;
/** Time that a reader waits for a new trial balance. A bank with a thousand accounts needs less. */
const PATIENCE_MS = 200;

export type RecentTrialBalance = {
  /** Null before the first one, and after a first one that failed. Its `at` says how old it is. */
  readonly trial: TrialBalanceView | null;
  /** Whether a newer one is being computed. */
  readonly isRunning: boolean;
};

/**
 * Trial balances for pages, which must not wait for a bank of many accounts. One computation serves all readers, and
 * its result is kept for twenty times as long as it took: a small bank always gets a new one.
 */
export class RecentTrialBalances {
  readonly #compute: (viewer: Viewer) => Promise<TrialBalanceView>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #patienceMs: number;
  #last: TrialBalanceView | null = null;
  #keptUntil: Instant = 0;
  #running: Promise<void> | null = null;

  constructor(ports: {
    compute: (viewer: Viewer) => Promise<TrialBalanceView>;
    clock: Clock;
    log: Logger;
    /** Default: 200 */
    patienceMs?: number;
  }) {
    this.#compute = ports.compute;
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#patienceMs = ports.patienceMs ?? PATIENCE_MS;
  }

  /** Returns a new trial balance if it is there soon, or else the last one. @throws PassbookError `forbidden` for a user */
  async read(viewer: Viewer): Promise<RecentTrialBalance> {
    requireReader(viewer);
    if (this.#clock.now() >= this.#keptUntil) this.#running ??= this.#run();
    if (this.#running) await endOrTimer(this.#running, this.#patienceMs);
    return { trial: this.#last, isRunning: this.#running !== null };
  }

  async #run(): Promise<void> {
    const startedAt = this.#clock.now();
    try {
      this.#last = await this.#compute({ kind: 'system' });
      const endedAt = this.#clock.now();
      this.#keptUntil = endedAt + KEPT_FOR_TIMES * (endedAt - startedAt);
    } catch (err) {
      this.#log.error({ err }, 'the trial balance could not be computed');
    }
    this.#running = null;
  }
}

/** Resolves once the work has ended or the time is over. */
async function endOrTimer(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
