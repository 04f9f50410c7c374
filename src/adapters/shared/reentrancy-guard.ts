import { AsyncLocalStorage } from 'node:async_hooks';

/** Refuses a unit of work inside another one. Code that a caller passes in may try to begin one. */
export class ReentrancyGuard {
  readonly #inside = new AsyncLocalStorage<true>();
  #running = 0;

  /** @throws TypeError inside `run` */
  assertOutside(): void {
    if (this.#inside.getStore()) throw new TypeError('A unit of work cannot run inside another');
  }

  /** Runs `work` as inside a unit. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    this.#running++;
    try {
      return await this.#inside.run(true, work);
    } finally {
      this.#running--;
      // While a storage is enabled, Node 20 walks it for every promise of the process
      if (this.#running === 0) this.#inside.disable();
    }
  }
}
