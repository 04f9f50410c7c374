import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';

/** How far the newest entry may be ahead of the clock, in milliseconds, where nothing else is configured. */
export const CLOCK_TOLERANCE_MS = 1_500;

const LONGEST_RETRY_SECONDS = 60;

/**
 * Keeps instants from spreading that were written while a clock ran ahead: an entry is never before the one before it
 * on its account, so one entry of the future would date every later one.
 * @throws PassbookError `unavailable` if the newest entry is further ahead of the clock than it may be
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
    `The newest entry is of ${new Date(newest).toISOString()}, and the clock says ${new Date(now).toISOString()}`,
  );
  const reason = `The clock is ${seconds} s behind the newest entry, nothing was done`;
  const retryAfterSeconds = Math.min(seconds, LONGEST_RETRY_SECONDS);
  throw new PassbookError('unavailable', { retryAfterSeconds, reason }, { cause });
}
