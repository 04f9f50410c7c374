import type { AnsweredCommand, CommitObserver } from '../../application/ports/commit-observer.ts';
import type { LiveFigures, SecondFigures } from '../../application/ports/live-figures.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import type { Instant } from '../../domain/time.ts';

const SECOND_MS = 1_000;
/** Number of seconds that are kept. */
const KEPT = 120;

/** Durations are counted in buckets, each a twentieth wider than the one before: from 10 microseconds to 80 seconds. */
const LEAST_MS = 0.01;
const GROWTH = Math.log(1.05);
const BUCKETS = 330;

/** Counts commands and their durations by second. Its memory does not depend on their number. */
export class RecentSeconds implements LiveFigures, CommitObserver<number> {
  readonly #clock: Clock;
  readonly #seconds: SecondFigures[] = [];
  readonly #refusals = new Map<string, number>();
  readonly #buckets = new Uint32Array(BUCKETS);
  /** Start of the second that is being counted. */
  #at: Instant;
  #committed = 0;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
    this.#at = secondOf(clock.now());
  }

  seconds(): readonly SecondFigures[] {
    this.#goOn();
    return [...this.#seconds];
  }

  refusals(): ReadonlyMap<string, number> {
    return new Map(this.#refusals);
  }

  submitted(): number {
    return performance.now();
  }

  committed(): void {
    // Commands are counted once they are answered
  }

  answered(commands: readonly AnsweredCommand<number>[]): void {
    this.#goOn();
    const now = performance.now();
    for (const { mark, outcome } of commands) {
      if (typeof outcome !== 'object') this.#count(now - mark);
      else if ('refused' in outcome) {
        this.#count(now - mark);
        for (const code of outcome.refused) this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
      }
    }
  }

  #count(durationMs: number): void {
    this.#committed++;
    const bucket = Math.ceil(Math.log(durationMs / LEAST_MS) / GROWTH);
    const index = Math.min(BUCKETS - 1, Math.max(0, bucket));
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  /** Closes the seconds that have ended. */
  #goOn(): void {
    const now = secondOf(this.#clock.now());
    if (now === this.#at) return;
    this.#close(now);
    // After a longer rest, or where the clock was set, older seconds are of no use
    const from = Math.max(this.#at, now - KEPT * SECOND_MS);
    for (let at = from; at < now; at += SECOND_MS) this.#push({ at, committed: 0, p99Ms: null });
    this.#at = now;
  }

  #close(now: Instant): void {
    if (now < this.#at) this.#seconds.length = 0;
    else this.#push({ at: this.#at, committed: this.#committed, p99Ms: this.#p99Ms() });
    this.#at += SECOND_MS;
    this.#committed = 0;
    this.#buckets.fill(0);
  }

  #push(second: SecondFigures): void {
    this.#seconds.push(second);
    if (this.#seconds.length > KEPT) this.#seconds.shift();
  }

  /** Upper bound of the bucket of the 99th percentile, at most a twentieth too high. */
  #p99Ms(): number | null {
    if (this.#committed === 0) return null;
    const rank = Math.ceil(this.#committed * 0.99);
    let seen = 0;
    const bucket = this.#buckets.findIndex((count) => (seen += count) >= rank);
    return LEAST_MS * Math.exp(GROWTH * bucket);
  }
}

function secondOf(instant: Instant): Instant {
  return Math.floor(instant / SECOND_MS) * SECOND_MS;
}
