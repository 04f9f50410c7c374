import { setTimeout as sleep } from 'node:timers/promises';
import { allSettled } from '../../shared/all-settled.ts';
import { Deadline } from '../../shared/deadline.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { isBusy, sqliteUnavailable } from '../connection/faults.ts';

const LONGEST_PAUSE_MS = 16;

/**
 * Repeats the attempt until no other process's lock blocks it. The pauses are timers, as SQLite's own busy timeout
 * would block the event loop. They are random, so that waiting processes do not keep in step.
 * @param until on the scale of `performance.now()`
 * @throws PassbookError `unavailable` after `until`, and any error of `attempt`
 */
export async function whenUnlocked<R>(attempt: () => R | Promise<R>, until: number): Promise<R> {
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (fault) {
      if (!isBusy(fault)) throw fault;
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw sqliteUnavailable(fault);
      await sleep(Math.min(leftMs, 1 + Math.random() * pauseMs));
    }
  }
}

function closed(): PassbookError {
  const reason = 'The store is closed, nothing was done';
  return new PassbookError('unavailable', { retryAfterSeconds: 1, reason });
}

/** Runs units one after another, in order of arrival. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws PassbookError `unavailable` if `unit` could not start by `until`; it never runs then */
  take<R>(until: number, unit: () => Promise<R>): Promise<R> {
    if (this.#closed) return Promise.reject(closed());

    const before = this.#last;
    const mine = inTime(before, until).then(unit);
    // If this unit gives up, later ones still wait for earlier ones.
    this.#last = allSettled(before, mine);
    return mine;
  }

  /** Accepts no more units, and waits for the queued ones. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}

async function inTime(before: Promise<unknown>, until: number): Promise<void> {
  const late = () => sqliteUnavailable(new Error('Other units of work took too long'));
  const deadline = new Deadline(until - performance.now());
  await deadline.race(before, late);
  if (deadline.isOver) throw late();
}
