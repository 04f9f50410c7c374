import type { Instant } from '../../domain/time.ts';

/** The commands that one second saw. */
export type SecondFigures = {
  /** Start of the second. */
  readonly at: Instant;
  /** Commands that were committed. */
  readonly committed: number;
  /** 99th percentile of the time from a command's submission to its answer, in milliseconds. Null without commands. */
  readonly p99Ms: number | null;
};

/** Figures of this process since it started, for a page that shows them live. */
export interface LiveFigures {
  /** Returns whole seconds, oldest first: at most the last 120. */
  seconds(): readonly SecondFigures[];
  /** Returns the number of refused commands by error code. */
  refusals(): ReadonlyMap<string, number>;
}
