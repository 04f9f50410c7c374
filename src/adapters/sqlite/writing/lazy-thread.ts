import { WritingThread } from './writing-thread.ts';
import type { ThreadTerms } from './writing-thread.ts';

/** Starts the writing thread once units are large enough to need it. */
export class LazyThread {
  readonly #start: (() => Promise<WritingThread>) | undefined;
  readonly #threadThreshold: number;
  #starting: Promise<void> | undefined;
  #thread: WritingThread | undefined;
  /** Sizes of the last two units: the first command of a burst often runs alone. */
  #commands = [0, 0];

  /** @param terms how to start the thread; undefined to write only in this thread */
  constructor(terms: ThreadTerms | undefined, { threadThreshold }: { threadThreshold: number }) {
    this.#start = terms && (() => WritingThread.start(terms));
    this.#threadThreshold = threadThreshold;
  }

  /** Undefined if the next unit is better written in this thread. */
  get ready(): WritingThread | undefined {
    return this.#isCrowd && this.#thread?.hasEnded === false ? this.#thread : undefined;
  }

  /** Notes a unit's number of commands, as an estimate for the next ones. */
  expect(commands: number): void {
    this.#commands = [...this.#commands.slice(1), commands];
    if (this.#isCrowd) void this.start();
  }

  /** Starts the thread. If that fails, this thread writes everything, more slowly. */
  start(): Promise<void> {
    this.#starting ??= (async () => {
      try {
        this.#thread = await this.#start?.();
      } catch {
        this.#thread = undefined;
      }
    })();
    return this.#starting;
  }

  async close(): Promise<void> {
    await this.#starting;
    await this.#thread?.close();
  }

  get #isCrowd(): boolean {
    return Math.max(...this.#commands) >= this.#threadThreshold;
  }
}
