import { invalid } from './errors.ts';
import type { Instant } from './time.ts';

/** A day of the Gregorian calendar. `month` is 1 to 12. */
export type Day = { readonly year: number; readonly month: number; readonly day: number };

const ZONE_MAX_LENGTH = 64;
/** More than any zone is from UTC, in either direction. */
const FARTHEST_MS = 16 * 3_600_000;

/** The days of a time zone, which is a name of the IANA database. */
export class Calendar {
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat;

  /** @throws PassbookError `invalid_request` for a zone that does not exist */
  constructor(timeZone: string) {
    const format = timeZone.length <= ZONE_MAX_LENGTH ? formatOf(timeZone) : undefined;
    if (format === undefined) throw invalid('timeZone', 'must be a time zone, such as Europe/London');
    this.timeZone = format.resolvedOptions().timeZone;
    this.#format = format;
  }

  /** Returns the day to which an instant belongs. */
  dayOf(at: Instant): Day {
    if (this.timeZone === 'UTC') return dayInUtc(at);
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(at)) parts[type] = Number(value);
    const { year = 0, month = 0, day = 0 } = parts;
    return { year, month, day };
  }

  /** Returns the first instant of a day. A month or day beyond its range belongs to the next or previous one. */
  startOf({ year, month, day }: Day): Instant {
    const midnight = midnightInUtc({ year, month, day });
    if (this.timeZone === 'UTC') return midnight;
    // Offsets change, some of them at midnight: search for the change of the day
    let [before, first] = [midnight - FARTHEST_MS, midnight + FARTHEST_MS];
    while (first - before > 1) {
      const middle = Math.floor((before + first) / 2);
      if (midnightInUtc(this.dayOf(middle)) < midnight) before = middle;
      else first = middle;
    }
    return first;
  }

  /** Returns whether an instant is the first of its day. */
  startsDay(at: Instant): boolean {
    return this.startOf(this.dayOf(at)) === at;
  }
}

/** Returns the number of months since the year 0. */
export function monthNumber({ year, month }: Pick<Day, 'year' | 'month'>): number {
  return year * 12 + month - 1;
}

/** Returns the first day of a month, by its number. */
export function firstOfMonth(number: number): Day {
  return { year: Math.floor(number / 12), month: (number % 12) + 1, day: 1 };
}

/** Returns the day as ISO 8601 writes it, such as 2026-11-01. */
export function isoDay({ year, month, day }: Day): string {
  return `${isoMonth({ year, month })}-${digits(day, 2)}`;
}

/** Returns the month as ISO 8601 writes it, such as 2026-11. */
export function isoMonth({ year, month }: Pick<Day, 'year' | 'month'>): string {
  return `${digits(year, 4)}-${digits(month, 2)}`;
}

function digits(number: number, length: number): string {
  return number.toString().padStart(length, '0');
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en', {
      timeZone,
      calendar: 'gregory',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
  } catch {
    return undefined;
  }
}

function dayInUtc(at: Instant): Day {
  const date = new Date(at);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function midnightInUtc({ year, month, day }: Day): Instant {
  // Not `Date.UTC`, which maps years 0 to 99 to the 20th century
  return new Date(0).setUTCFullYear(year, month - 1, day);
}
