import { MONTHS } from '../adapters/shared/months.ts';
import { Calendar, isoDay } from '../domain/calendar.ts';
import type { Day } from '../domain/calendar.ts';
import type { Instant } from '../domain/time.ts';

/** A day of the history. */
export type DiaryDay = Day & {
  /** First instant, in UTC. */
  readonly start: Instant;
  /** ISO 8601, such as 2026-11-01. */
  readonly text: string;
  /** 0 is Sunday. */
  readonly weekday: number;
};

const utc = new Calendar('UTC');

export function dayAt(at: Instant): DiaryDay {
  const day = utc.dayOf(at);
  return { ...day, start: utc.startOf(day), text: isoDay(day), weekday: new Date(at).getUTCDay() };
}

/** Returns the day `count` days later; earlier for a negative count. */
export function daysLater({ year, month, day }: Day, count: number): DiaryDay {
  return dayAt(utc.startOf({ year, month, day: day + count }));
}

export function monthsLater({ year, month, day }: Day, count: number): DiaryDay {
  return dayAt(utc.startOf({ year, month: month + count, day }));
}

/** Returns all days from the first to the last, both included. */
export function daysBetween(first: Day, last: Day): readonly DiaryDay[] {
  const days: DiaryDay[] = [];
  for (let day = daysLater(first, 0); day.start <= utc.startOf(last); day = daysLater(day, 1)) days.push(day);
  return days;
}

export function isWorkingDay({ weekday }: DiaryDay): boolean {
  return weekday !== 0 && weekday !== 6;
}

/** Returns whether orders for this day of a month are executed: banks wait for the first working day from it on. */
export function isDue(today: DiaryDay, day: number): boolean {
  const weekend = today.weekday === 1 ? 2 : 0;
  return isWorkingDay(today) && day <= today.day && day >= today.day - weekend;
}

/** Returns the day of this month, or the last working day before it: employers pay then. */
export function payday({ year, month }: Day, day: number): DiaryDay {
  let due = dayAt(utc.startOf({ year, month, day }));
  while (!isWorkingDay(due)) due = daysLater(due, -1);
  return due;
}

export function monthName({ year, month }: Day): string {
  return `${MONTHS[month - 1] ?? ''} ${year}`;
}
