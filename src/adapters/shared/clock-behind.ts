import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';

/** How far the newest entry may be ahead of the clock, in milliseconds, by default. */
export const CLOCK_TOLERANCE_MS = 1_500;

const LONGEST_RETRY_SECONDS = 60;

/**
 * Prevents the spread of instants from a clock that ran ahead. An entry is never earlier than its account's previous
 * one, so a single entry in the future would date all later ones.
 * @throws PassbookError `unavailable` if the newest entry is further ahead of the clock than allowed
 */
export function assertClockNotBehind({
  newest,
  now,
  toleranceMs,
}: {
  newest: Instant;
  now: Instant;
  toleranceMs: number;
}): void {
  const aheadMs = newest - now;
  if (aheadMs <= toleranceMs) return;

  const seconds = Math.ceil(aheadMs / 1000);
  const cause = new Error(
    `The newest entry is from ${new Date(newest).toISOString()}, but the clock says ${new Date(now).toISOString()}`,
  );
  const reason = `The clock is ${seconds} s behind the newest entry, nothing was done`;
  const retryAfterSeconds = Math.min(seconds, LONGEST_RETRY_SECONDS);
  throw new PassbookError('unavailable', { retryAfterSeconds, reason }, { cause });
}
