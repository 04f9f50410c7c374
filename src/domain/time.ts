/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

export const HOUR_MS = 3_600_000;

/** The first and last instants that RFC 3339 can express: years 0000 to 9999. */
const FIRST_INSTANT = -62_167_219_200_000;
const LAST_INSTANT = 253_402_300_799_999;

export function isInstant(value: unknown): value is Instant {
  return Number.isSafeInteger(value) && Number(value) >= FIRST_INSTANT && Number(value) <= LAST_INSTANT;
}

const INSTANT_RULE = 'must be an instant of RFC 3339, such as 2030-01-31T12:00:00Z';
const DAY_RULE = 'must be a day, such as 2030-01-31, or an instant of RFC 3339';

const DAY = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^(?<day>\d{4}-\d\d-\d\d)[Tt](?<time>\d\d:\d\d:\d\d)(?:\.\d+)?(?<offset>.*)$/;
/** Excludes leap seconds, which no clock here can show. */
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const OFFSET = /^(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * Parses an instant in RFC 3339 format (section 5.6), or returns the fault of the text.
 * @param days whether to accept a day too, which means its first instant in UTC
 */
export function readInstant(
  text: string,
  { days }: { readonly days: boolean },
): { readonly instant: Instant } | { readonly fault: string } {
  const whole = days && DAY.test(text) ? `${text}T00:00:00Z` : text;
  const fault = faultOf(whole, days ? DAY_RULE : INSTANT_RULE);
  if (fault !== undefined) return { fault };

  const instant = Date.parse(whole.toUpperCase());
  return isInstant(instant) ? { instant } : { fault: 'must be in the years 0000 to 9999 of UTC' };
}

function faultOf(text: string, rule: string): string | undefined {
  const { day = '', time = '', offset = '' } = DATE_TIME.exec(text)?.groups ?? {};
  if (day === '') return /^[+-]?\d{5,}-/.test(text) ? 'must have a year of four digits' : rule;
  if (!isDayOfCalendar(day)) return 'must have a day that is in the calendar';
  if (!TIME.test(time)) return 'must have a time from 00:00:00 to 23:59:59';
  if (offset === '') return 'must end with its offset from UTC, Z or such as +01:00';
  // A query string decodes a plus as a space
  if (/^ \d\d/.test(offset)) return 'must have the plus of its offset written as %2B in a URL';
  if (!OFFSET.test(offset)) return rule;
  if (offset.length > 1 && !TIME.test(`${offset.slice(1)}:00`)) return 'must have an offset of at most 23:59';
  return undefined;
}

/** Checks that the day exists: JavaScript turns February 31 into March 3. */
function isDayOfCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const date = new Date(0);
  // Not `Date.UTC`, which maps years 0 to 99 to the 20th century
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
