import { decimalText } from '../../domain/money/money.ts';
import { Calendar, isoDay } from '../../domain/calendar.ts';
import type { Instant } from '../../domain/time.ts';

/** An amount of money in minor units. */
export type Money = { readonly amount: bigint; readonly currency: string; readonly exponent: number };

/** Reader of a page: their language and time zone. */
export type Reader = { readonly language: string; readonly timeZone: string };

const FORMATS_KEPT = 500;
const formats = new Map<string, Intl.NumberFormat>();

/** An amount in the reader's language with the currency's sign and all its decimals, such as "€1,234.50". Exact. */
export function moneyText(
  { amount, currency, exponent }: Money,
  { language }: Pick<Reader, 'language'>,
): string {
  return numberFormat(language, { currency, exponent })
    .format(decimalText(amount, exponent))
    .replace('-', '\u2212');
}

/** The same with a plus or minus sign: "+€12.00". */
export function signedMoneyText(money: Money, reader: Pick<Reader, 'language'>): string {
  const text = moneyText({ ...money, amount: money.amount < 0n ? -money.amount : money.amount }, reader);
  return `${money.amount < 0n ? '\u2212' : '+'}${text}`;
}

/** The sign of a currency in the reader's language, such as "€". */
export function currencySign(of: Omit<Money, 'amount'>, { language }: Pick<Reader, 'language'>): string {
  const parts = numberFormat(language, of).formatToParts(0);
  return parts.find(({ type }) => type === 'currency')?.value ?? of.currency;
}

/** The name of a currency in a language, such as "Swiss Franc"; its code if it has no name there. */
export function currencyName(currency: string, language: string): string {
  let names = currencyNames.get(language);
  if (!names) {
    names = new Intl.DisplayNames([language, 'en'], { type: 'currency' });
    if (currencyNames.size >= FORMATS_KEPT) currencyNames.clear();
    currencyNames.set(language, names);
  }
  return names.of(currency) ?? currency;
}

const currencyNames = new Map<string, Intl.DisplayNames>();

/** An amount as a person types it: "1234.50". */
export function typedAmount({ amount, exponent }: Pick<Money, 'amount' | 'exponent'>): string {
  return decimalText(amount, exponent);
}

/** An amount to type, for a hint. */
export function exampleAmount(exponent: number): string {
  return decimalText(1250n * 10n ** BigInt(Math.max(0, exponent - 2)), exponent);
}

/** Creating a format takes a hundred times as long as using it. */
function numberFormat(language: string, { currency, exponent }: Omit<Money, 'amount'>): Intl.NumberFormat {
  const key = `${language} ${currency} ${exponent}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.NumberFormat([language, 'en'], {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  if (formats.size >= FORMATS_KEPT) formats.clear();
  formats.set(key, made);
  return made;
}

/** The time of day, such as "15:54". */
export function timeText(at: Instant, { timeZone }: Pick<Reader, 'timeZone'>): string {
  return dateFormat(timeZone, 'time').format(at);
}

/** Day and time, such as "27 November 2026, 15:54". */
export function momentText(at: Instant, reader: Pick<Reader, 'timeZone'>): string {
  return `${dateFormat(reader.timeZone, 'date').format(at)}, ${timeText(at, reader)}`;
}

/** A day for people: "Today", "Yesterday", or "Friday, 27 November", with the year if it is not this one. */
export function dayText(at: Instant, { timeZone, now }: { timeZone: string; now: Instant }): string {
  const calendar = calendarOf(timeZone);
  const [day, today] = [calendar.dayOf(at), calendar.dayOf(now)];
  if (isoDay(day) === isoDay(today)) return 'Today';
  if (isoDay(day) === isoDay(calendar.dayOf(calendar.startOf(today) - 1))) return 'Yesterday';
  return dateFormat(timeZone, day.year === today.year ? 'weekday' : 'year').format(at);
}

/** A day as ISO 8601 writes it, in the reader's time zone. */
export function isoDayOf(at: Instant, { timeZone }: Pick<Reader, 'timeZone'>): string {
  return isoDay(calendarOf(timeZone).dayOf(at));
}

const DATE_PARTS = {
  time: { hour: '2-digit', minute: '2-digit' },
  date: { day: 'numeric', month: 'long', year: 'numeric' },
  weekday: { weekday: 'long', day: 'numeric', month: 'long' },
  year: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short' },
  month: { month: 'long', year: 'numeric' },
  exact: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** A day within the year, such as "27 Nov". */
export function shortDayText(at: Instant, { timeZone }: Pick<Reader, 'timeZone'>): string {
  return dateFormat(timeZone, 'short').format(at);
}

/** A month for people, such as "November 2026". */
export function monthText({ year, month }: { readonly year: number; readonly month: number }): string {
  return dateFormat('UTC', 'month').format(Date.UTC(year, month - 1, 1));
}

/** Day and time to the second, such as "27 Nov 2026, 15:54:03". */
export function exactText(at: Instant, { timeZone }: Pick<Reader, 'timeZone'>): string {
  return dateFormat(timeZone, 'exact').format(at);
}

const calendars = new Map<string, Calendar>();

/** The days of a time zone. Creating a calendar takes a hundred times as long as asking it. */
export function calendarOf(timeZone: string): Calendar {
  const known = calendars.get(timeZone);
  if (known) return known;
  const made = new Calendar(timeZone);
  if (calendars.size >= FORMATS_KEPT) calendars.clear();
  calendars.set(timeZone, made);
  return made;
}

const dates = new Map<string, Intl.DateTimeFormat>();

function dateFormat(timeZone: string, parts: keyof typeof DATE_PARTS): Intl.DateTimeFormat {
  const key = `${timeZone} ${parts}`;
  const known = dates.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone, ...DATE_PARTS[parts] });
  if (dates.size >= FORMATS_KEPT) dates.clear();
  dates.set(key, made);
  return made;
}
