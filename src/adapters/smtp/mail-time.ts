import type { Instant } from '../../domain/time.ts';

/** An instant as people write it in the reader's time zone, such as "Friday, 27 November 2026, 15:54 CET". */
export function longTime(at: Instant, timeZone: string): string {
  const { weekday, day, month, year } = partsOf(at, timeZone);
  return `${weekday}, ${day} ${month} ${year}, ${shortTime(at, timeZone)}`;
}

/** The time of day alone, such as "15:54 CET". */
export function shortTime(at: Instant, timeZone: string): string {
  const { hour, minute, timeZoneName } = partsOf(at, timeZone);
  return `${hour}:${minute}\u00a0${timeZoneName}`;
}

function partsOf(at: Instant, timeZone: string): Partial<Record<Intl.DateTimeFormatPartTypes, string>> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}
