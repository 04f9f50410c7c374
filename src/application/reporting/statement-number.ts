import { isoDay, isoMonth, monthNumber } from '../../domain/calendar.ts';
import type { Calendar } from '../../domain/calendar.ts';
import type { Instant } from '../../domain/time.ts';

/**
 * Returns the number of a statement, of at most 35 characters. It derives from the period alone: 2026-11 for a whole
 * month, 2026-11-01-2026-11-14 for whole days, and otherwise both instants in UTC, to the millisecond.
 */
export function statementNumber({ from, to }: { from: Instant; to: Instant }, calendar: Calendar): string {
  if (from >= to || !calendar.startsDay(from) || !calendar.startsDay(to)) {
    return `${instantDigits(from)}-${instantDigits(to)}`;
  }
  const [first, last, next] = [from, to - 1, to].map((at) => calendar.dayOf(at));
  if (!first || !last || !next) throw new TypeError('A period has a first and a last day');
  const isMonth = first.day === 1 && next.day === 1 && monthNumber(next) - monthNumber(first) === 1;
  return isMonth ? isoMonth(first) : `${isoDay(first)}-${isoDay(last)}`;
}

function instantDigits(at: Instant): string {
  return new Date(at).toISOString().replaceAll(/\D/g, '');
}
