/** Runs a task at a fixed interval. A run that is due while the previous one still runs is skipped. */
export class RepeatingTask {
  readonly #run: () => Promise<unknown>;
  readonly #everyMs: number;
  readonly #onError: (error: unknown) => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #running: Promise<void> | undefined;

  constructor(terms: {
    run: () => Promise<unknown>;
    everyMs: number;
    /** Called for a run that fails. The next one is due as ever. */
    onError: (error: unknown) => void;
  }) {
    this.#run = terms.run;
    this.#everyMs = terms.everyMs;
    this.#onError = terms.onError;
  }

  /** The first run is due after one interval, or at once with `atOnce`. */
  start({ atOnce = false } = {}): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#begin(), this.#everyMs);
    if (atOnce) this.#begin();
  }

  /** Begins no more runs, and waits for the one in progress. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  #begin(): void {
    this.#running ??= this.#runOnce();
  }

  async #runOnce(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#running = undefined;
    }
  }
}
