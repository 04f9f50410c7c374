import type { Db } from 'mongodb';
import type { Clock } from '../../../application/ports/runtime.ts';
import { PassbookError } from '../../../domain/errors.ts';

/** How long a measurement stays valid. */
const MEASURED_FOR_MS = 10_000;
/** If the clock differs by this much from the monotonic one, it was set, or the process slept. */
const SET_BY_MS = 100;

type Measurement = {
  /** By the monotonic clock. */
  readonly at: number;
  /** How far our clock was ahead of the monotonic one. */
  readonly ahead: number;
  /** Least difference between our clock and the database's, in milliseconds. */
  readonly offMs: number;
};

/** Refuses to write if the clock differs from the database's: the instants of all processes must form one order. */
export class MongoClockGuard {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #toleranceMs: number;
  #last: Measurement | undefined;
  #measuring: Promise<Measurement> | undefined;

  constructor({ db, clock, toleranceMs }: { db: Db; clock: Clock; toleranceMs: number }) {
    this.#db = db;
    this.#clock = clock;
    this.#toleranceMs = toleranceMs;
  }

  /**
   * Checks the clock, with a round trip of its own every ten seconds.
   * @throws PassbookError `unavailable` if the clock is off; errors of the driver
   */
  async check(): Promise<void> {
    if (this.#toleranceMs === Infinity) return;
    const { offMs } = this.#recent() ?? (await this.#measure());
    if (offMs <= this.#toleranceMs) return;

    this.#last = undefined;
    const message = `The clock is ${Math.round(offMs)} ms off the database's`;
    throw new PassbookError('unavailable', { retryAfterSeconds: 10 }, { cause: new Error(message) });
  }

  #recent(): Measurement | undefined {
    const last = this.#last;
    const now = performance.now();
    if (!last || now - last.at > MEASURED_FOR_MS) return undefined;
    return Math.abs(this.#clock.now() - now - last.ahead) < SET_BY_MS ? last : undefined;
  }

  async #measure(): Promise<Measurement> {
    this.#measuring ??= this.#askTheDatabase();
    try {
      this.#last = await this.#measuring;
      return this.#last;
    } finally {
      this.#measuring = undefined;
    }
  }

  /** Measures with an error of at most half the round trip: the database read its clock at some time within it. */
  async #askTheDatabase(): Promise<Measurement> {
    const [before, sentAt] = [this.#clock.now(), performance.now()];
    const { localTime } = (await this.#db.command({ hello: 1 })) as { localTime: Date };
    const [after, at] = [this.#clock.now(), performance.now()];
    const off = Math.abs((before + after) / 2 - localTime.getTime());
    return { at, ahead: after - at, offMs: Math.max(0, off - (at - sentAt) / 2) };
  }
}
