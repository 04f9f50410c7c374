import { PassbookError } from '../../../domain/errors.ts';

/** The longest that Node's timers take; a longer wait would end at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** How long something may take, by a clock that nobody sets. */
export class Deadline {
  readonly #endsAt: number;

  /** Milliseconds from now; none are left where it is 0 or less. */
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
   * What `work` comes to, or the fault that `late` gives once time is over (`unavailable` unless given); `work` then goes
   * on unheard.
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
