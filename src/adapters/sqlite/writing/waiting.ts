import { setTimeout as sleep } from 'node:timers/promises';
import { allSettled } from '../../shared/all-settled.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { isBusy, unavailable } from '../connection/faults.ts';

const LONGEST_PAUSE_MS = 16;
/** What a timer can hold: 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Attempts until no other process's lock is in the way. The pauses are timers, as SQLite's own busy timeout would
 * stop the event loop, and random, so that processes that wait for each other do not keep step.
 * @param until on the scale of `performance.now()`
 * @throws PassbookError `unavailable` if it comes to `until`, and whatever `attempt` throws
 */
export async function whenUnlocked<R>(attempt: () => R | Promise<R>, until: number): Promise<R> {
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (fault) {
      if (!isBusy(fault)) throw fault;
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw unavailable(fault);
      await sleep(Math.min(leftMs, 1 + Math.random() * pauseMs));
    }
  }
}

function closed(): PassbookError {
  const reason = 'The store is closed, nothing was done';
  return new PassbookError('unavailable', { retryAfterSeconds: 1, reason });
}

/** One after another, in the order they came. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws PassbookError `unavailable` if the turn has not come by `until`; `unit` is not run then */
  take<R>(until: number, unit: () => Promise<R>): Promise<R> {
    if (this.#closed) return Promise.reject(closed());

    const before = this.#last;
    const mine = inTime(before, until).then(unit);
    // Where this one gives up, those after it still wait for those before it.
    this.#last = allSettled(before, mine);
    return mine;
  }

  /** Lets nobody else in, and waits for those who are. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}

async function inTime(before: Promise<unknown>, until: number): Promise<void> {
  const late = () => unavailable(new Error('Other units of work took too long'));
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.min(until - performance.now(), LONGEST_TIMER_MS));
  });
  try {
    await Promise.race([before, tooLate]);
  } finally {
    clearTimeout(timer);
  }
  if (performance.now() >= until) throw late();
}
