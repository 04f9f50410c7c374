import { WritingThread } from './writing-thread.ts';
import type { ThreadTerms } from './writing-thread.ts';

/** The writing thread, which is started once there is a crowd to write for. */
export class LazyThread {
  readonly #start: (() => Promise<WritingThread>) | undefined;
  readonly #crowd: number;
  #starting: Promise<void> | undefined;
  #thread: WritingThread | undefined;
  /** Of the last two units: the first of a crowd is often taken alone. */
  #commands = [0, 0];

  /** @param terms how to start it; undefined where nothing is to be written but here */
  constructor(terms: ThreadTerms | undefined, { crowd }: { crowd: number }) {
    this.#start = terms && (() => WritingThread.start(terms));
    this.#crowd = crowd;
  }

  /** Undefined where the next unit is better written here. */
  get ready(): WritingThread | undefined {
    return this.#isCrowd && this.#thread?.hasEnded === false ? this.#thread : undefined;
  }

  /** So many commands were in a unit, so the next ones will have about as many. */
  expect(commands: number): void {
    this.#commands = [...this.#commands.slice(1), commands];
    if (this.#isCrowd) void this.start();
  }

  /** Where it cannot be started, all is written here, as well and more slowly. */
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
    return Math.max(...this.#commands) >= this.#crowd;
  }
}
