import { v7 } from 'uuid';
import type { Clock, IdGenerator } from '../application/ports/runtime.ts';
import type { Instant } from '../domain/time.ts';
import type { SeededDraws } from './random.ts';

/** A clock that stands still between the moments of a history. */
export class HistoryClock implements Clock {
  #now: Instant;

  constructor(now: Instant) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  /** @throws TypeError for a moment in the past, because no entry may be older than the one before it */
  moveTo(at: Instant): void {
    if (at < this.#now) throw new TypeError('A history runs forwards');
    this.#now = at;
  }
}

/** Makes the ids of a history: version 7 UUIDs of the clock's time, salts and digits, all from the draws of a seed. */
export function historyIds(clock: Clock, draws: SeededDraws): IdGenerator {
  let last: Instant = -Infinity;
  let sequence = 0;
  return {
    newId: () => {
      const now = clock.now();
      sequence = now === last ? sequence + 1 : 0;
      last = now;
      return v7({ msecs: now, seq: sequence, random: draws.bytes16() });
    },
    newSalt: () => draws.bytes16().toString('hex'),
    newDigits: (length) => Array.from({ length }, () => draws.integer(0, 9)).join(''),
  };
}
