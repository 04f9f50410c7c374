import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { BATCH_MAX } from '../../../application/transfers/submit-batch.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { CallerEnv } from '../env.ts';

export type WriteLimits = {
  /** Commands that a person may give per minute in the long run. 0: no limit. */
  readonly perMinute: number;
  /** Commands that a person may give at once after a rest. */
  readonly atOnce: number;
  /** Maximum of people remembered. A forgotten person starts with a full bucket. */
  readonly maxPeople: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
};

const PER_MINUTE = 3_000;
const LARGEST_BATCHES_AT_ONCE = 5;
const MINUTE_MS = 60_000;

/**
 * Limits each person's commands, because every command is stored, even a refused one. Each transfer of a batch is a
 * command. Operators of the bank have no limit. Each process counts for itself.
 *
 * Each person has a token bucket, stored as the instant when it will be full again (generic cell rate algorithm).
 */
export class WriteThrottle {
  readonly #limits: WriteLimits;
  /** The instant when each person's bucket is full again, least recently active first. */
  readonly #fullAt = new Map<string, number>();

  constructor({ perMinute = PER_MINUTE, ...limits }: Partial<WriteLimits> = {}) {
    const atOnce = Math.max(LARGEST_BATCHES_AT_ONCE * BATCH_MAX, perMinute);
    const now = () => performance.now();
    this.#limits = { perMinute, atOnce, maxPeople: 100_000, now, ...limits };
  }

  /** Counts one command. Must run after the caller is known, and before the request is read. */
  readonly limited = createMiddleware<CallerEnv>(async (c, next) => {
    this.#take(c, 1);
    await next();
  });

  /**
   * Counts the remaining commands of a request that has `count` in total. If they are too many, none of them counts.
   * @throws PassbookError `too_many_requests`
   */
  takeRest(c: Context<CallerEnv>, count: number): void {
    this.#take(c, count - 1, count);
  }

  /** @param needed commands that a retry of the same request takes */
  #take(c: Context<CallerEnv>, count: number, needed = count): void {
    const { perMinute, atOnce } = this.#limits;
    const { id, role } = c.get('caller');
    if (role === 'system' || perMinute === 0) return;

    const msEach = MINUTE_MS / perMinute;
    const now = this.#limits.now();
    const fullAt = Math.max(now, this.#fullAt.get(id) ?? now);
    const latest = now + atOnce * msEach;
    if (fullAt + count * msEach > latest) {
      const waitMs = fullAt + needed * msEach - latest;
      throw new PassbookError('too_many_requests', {
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      });
    }
    this.#fullAt.delete(id);
    this.#fullAt.set(id, fullAt + count * msEach);
    if (this.#fullAt.size > this.#limits.maxPeople) this.#forgetOne();
  }

  /** Forgets the person idle for longest, whose bucket is most likely full by now. */
  #forgetOne(): void {
    const [idlest] = this.#fullAt.keys();
    if (idlest !== undefined) this.#fullAt.delete(idlest);
  }
}
