import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { BATCH_MAX } from '../../../application/transfers/submit-batch.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInEnv } from '../env.ts';

export type WriteLimits = {
  /** Commands that a person may give in a minute, for as long as they like; 0 for no limit. */
  readonly perMinute: number;
  /** Commands that a person may give at once after a rest. */
  readonly atOnce: number;
  /** People who are remembered. Someone who is forgotten has rested. */
  readonly maxPeople: number;
};

const PER_MINUTE = 3_000;
const LARGEST_BATCHES_AT_ONCE = 5;
const MINUTE_MS = 60_000;

/**
 * A bound on the commands that each person gives, as every command leaves something behind, a refused one too. Each
 * transfer of a batch is a command. The bank's own operators have no limit. Counts are this process's own.
 *
 * A token bucket a person, kept as one instant: when the bucket will be full again (the generic cell rate algorithm).
 */
export class WriteThrottle {
  readonly #limits: WriteLimits;
  readonly #now: () => number;
  /** Milliseconds of the monotonic clock, by person; those who gave a command last are last. */
  readonly #fullAt = new Map<string, number>();

  constructor(
    { perMinute = PER_MINUTE, ...limits }: Partial<WriteLimits> = {},
    now: () => number = () => performance.now(),
  ) {
    const atOnce = Math.max(LARGEST_BATCHES_AT_ONCE * BATCH_MAX, perMinute);
    this.#limits = { perMinute, atOnce, maxPeople: 100_000, ...limits };
    this.#now = now;
  }

  /** Behind `sessionRequired`, before anything of the request is looked at: counts one command. */
  readonly limited = createMiddleware<SignedInEnv>(async (c, next) => {
    this.#take(c, 1);
    await next();
  });

  /**
   * Counts the other commands of a request with `count` in all. None of them counts if they are too many.
   * @throws PassbookError `too_many_requests`
   */
  takeRest(c: Context<SignedInEnv>, count: number): void {
    this.#take(c, count - 1, count);
  }

  /** @param needed for the same request again */
  #take(c: Context<SignedInEnv>, count: number, needed = count): void {
    const { perMinute, atOnce } = this.#limits;
    const { id, role } = c.get('user');
    if (role === 'system' || perMinute === 0) return;

    const msEach = MINUTE_MS / perMinute;
    const now = this.#now();
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

  /** The one who gave no command for longest, most likely with a full bucket by now. */
  #forgetOne(): void {
    const [idlest] = this.#fullAt.keys();
    if (idlest !== undefined) this.#fullAt.delete(idlest);
  }
}
