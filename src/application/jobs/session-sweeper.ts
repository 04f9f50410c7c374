import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';

export type SessionSweeperOptions = {
  /** Milliseconds between two sweeps. */
  readonly everyMs?: number;
  /** Maximum number of sessions that one unit of work deletes. */
  readonly batch?: number;
};

const HOUR_MS = 3_600_000;
const KEPT_MS = 30 * 24 * HOUR_MS;

/** Deletes sessions that ended or expired 30 days ago, at the start and then every hour. */
export class SessionSweeper {
  readonly #ports: { unitOfWork: UnitOfWork; clock: Clock; log: Logger };
  readonly #everyMs: number;
  readonly #batch: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #running: Promise<void> | undefined;
  #isStopping = false;

  constructor(
    ports: { unitOfWork: UnitOfWork; clock: Clock; log: Logger },
    { everyMs = HOUR_MS, batch = 500 }: SessionSweeperOptions = {},
  ) {
    this.#ports = ports;
    this.#everyMs = everyMs;
    this.#batch = batch;
  }

  start(): void {
    if (this.#timer) return;
    const begin = () => {
      this.#running ??= this.#sweepOrWarn();
    };
    this.#timer = setInterval(begin, this.#everyMs);
    begin();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Returns the number of deleted sessions. */
  async sweep(): Promise<number> {
    const { unitOfWork, clock } = this.#ports;
    const terms = { until: clock.now() - KEPT_MS, limit: this.#batch };
    let deleted = 0;
    while (!this.#isStopping) {
      const count = await unitOfWork.run(({ sessions }) => sessions.deleteOver(terms));
      deleted += count;
      if (count < this.#batch) break;
    }
    return deleted;
  }

  async #sweepOrWarn(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'old sessions could not be deleted, will try again');
    } finally {
      this.#running = undefined;
    }
  }
}
