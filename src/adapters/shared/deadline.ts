import { PassbookError } from '../../domain/errors.ts';

/** Longest delay of a Node timer; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** A time limit, measured by the monotonic clock. */
export class Deadline {
  readonly #endsAt: number;

  /** Milliseconds from now. The deadline is over at once if it is 0 or less. */
  constructor(ms: number) {
    this.#endsAt = performance.now() + ms;
  }

  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  get isOver(): boolean {
    return this.remainingMs <= 0;
  }

  /**
   * Returns the result of `work`, or throws the error that `late` creates once time is over. `work` then continues, and
   * its result is ignored. Default of `late`: `unavailable`.
   */
  async race<T>(work: Promise<T>, late: () => Error = tooLate): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      const ms = Math.min(Math.max(this.remainingMs, 0), LONGEST_TIMER_MS);
      timer = setTimeout(() => reject(late()), ms);
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function tooLate(): PassbookError {
  return new PassbookError('unavailable', { retryAfterSeconds: 1 });
}
