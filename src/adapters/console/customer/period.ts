import { isoDay } from '../../../domain/calendar.ts';
import type { Day } from '../../../domain/calendar.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Instant } from '../../../domain/time.ts';
import { calendarOf } from '../text.ts';

/** Days of a reader, from and to as they typed them. Both are part of the period. */
export type TypedPeriod = { readonly from: string; readonly to: string };

export type Period = { readonly from?: Instant; readonly to?: Instant };

/** @throws PassbookError `invalid_request` for a text that is no day */
export function readPeriod({ from, to }: TypedPeriod, timeZone: string): Period {
  const calendar = calendarOf(timeZone);
  const last = dayIn('to', to);
  const first = dayIn('from', from);
  return {
    ...(first ? { from: calendar.startOf(first) } : {}),
    ...(last ? { to: calendar.startOf(dayAfter(last)) } : {}),
  };
}

/** The address of a statement of the API. */
export function statementPath(
  accountId: string,
  { period, timeZone, format }: { period: TypedPeriod; timeZone: string; format?: string },
): string {
  const last = dayIn('to', period.to);
  const query = new URLSearchParams({
    ...(format === undefined ? {} : { format }),
    ...(period.from === '' ? {} : { from: period.from }),
    // The end of a period of the API is not part of it
    ...(last ? { to: isoDay(dayAfter(last)) } : {}),
    timeZone,
  });
  return `/api/accounts/${accountId}/statement${format === undefined ? '-proof' : ''}?${query}`;
}

export function dayAfter({ year, month, day }: Day): Day {
  const next = new Date(0);
  next.setUTCFullYear(year, month - 1, day + 1);
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

function dayIn(field: 'from' | 'to', text: string): Day | undefined {
  if (text === '') return undefined;
  const [, year, month, day] = (DAY.exec(text) ?? []).map(Number);
  const read = { year: year ?? 0, month: month ?? 0, day: day ?? 0 };
  const isDay = read.month >= 1 && read.month <= 12 && read.day >= 1 && read.day <= 31;
  if (isDay && isoDay(read) === isoDay(dayAfter({ ...read, day: read.day - 1 }))) return read;
  throw new PassbookError('invalid_request', {
    errors: [{ field, message: 'must be a day, such as 2026-11-30' }],
  });
}
