import { RepeatingTask } from './repeating-task.ts';
import type { Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, Logger } from '../ports/runtime.ts';

export type SessionSweeperOptions = {
  /** Milliseconds between two sweeps. */
  readonly everyMs?: number;
  /** Maximum number of sessions that one unit of work deletes. */
  readonly batch?: number;
};

const HOUR_MS = 3_600_000;
const KEPT_MS = 30 * 24 * HOUR_MS;

/** Deletes sessions that ended or expired 30 days ago, and expired credentials, at the start and then every hour. */
export class SessionSweeper {
  readonly #ports: { unitOfWork: UnitOfWork; clock: Clock; log: Logger };
  readonly #batch: number;
  readonly #task: RepeatingTask;
  #isStopping = false;

  constructor(
    ports: { unitOfWork: UnitOfWork; clock: Clock; log: Logger },
    { everyMs = HOUR_MS, batch = 500 }: SessionSweeperOptions = {},
  ) {
    this.#ports = ports;
    this.#batch = batch;
    this.#task = new RepeatingTask({
      run: () => this.sweep(),
      everyMs,
      onError: (err) => ports.log.warn({ err }, 'old sessions could not be deleted, will try again'),
    });
  }

  start(): void {
    this.#task.start({ atOnce: true });
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#task.stop();
  }

  /** Returns the number of deleted sessions. */
  async sweep(): Promise<number> {
    const now = this.#ports.clock.now();
    const limit = this.#batch;
    const deleted = await this.#delete(({ sessions }) =>
      sessions.deleteOver({ until: now - KEPT_MS, limit }),
    );
    await this.#delete(({ credentials }) => credentials.deleteExpired({ until: now, limit }));
    return deleted;
  }

  /** Repeats a deletion of at most a batch until nothing is left. */
  async #delete(some: (stores: Stores) => Promise<number>): Promise<number> {
    let deleted = 0;
    while (!this.#isStopping) {
      const count = await this.#ports.unitOfWork.run(some);
      deleted += count;
      if (count < this.#batch) break;
    }
    return deleted;
  }
}
