import { CURRENCY_EXPONENTS } from './currencies.ts';

/**
 * The largest amount, balance or limit (in absolute value), in minor units: 2^53 - 1. Up to it, all JSON clients agree
 * on an integer's value (RFC 8259, section 6).
 */
export const MAX_AMOUNT = 9_007_199_254_740_991n;

/**
 * The largest value of a growing counter, in minor units. Stores keep counters as signed 64-bit integers. Below half of
 * their range, adding an amount cannot overflow before the bound is checked.
 */
export const MAX_COUNTER = 2n ** 62n;

/** An alphabetic code of ISO 4217 in upper case that `isCurrency` accepts, such as `EUR`. */
export type Currency = string;

/** Returns whether accounts can use this currency: active in ISO 4217, with a minor unit. Case-sensitive. */
export function isCurrency(code: string): boolean {
  return CURRENCY_EXPONENTS.has(code);
}

/** Returns the number of decimals of the currency's minor unit (ISO 4217): with 2, an amount of 500 is 5.00. */
export function currencyExponent(code: string): number | undefined {
  return CURRENCY_EXPONENTS.get(code);
}

/** Returns whether the value is an amount in minor units: a bigint from 1 to MAX_AMOUNT. */
export function isAmount(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 1n && value <= MAX_AMOUNT;
}

/** Returns whether a balance or limit in minor units is from -MAX_AMOUNT to MAX_AMOUNT. */
export function isWithinBound(balance: bigint): boolean {
  return balance >= -MAX_AMOUNT && balance <= MAX_AMOUNT;
}

/**
 * Formats an amount for people, with the currency's code and all decimals: 123456n of USD with exponent 2 is
 * `USD 1,234.56`. Code and number are separated by a no-break space (U+00A0). Exact for every bigint.
 *
 * @param amountMinor in minor units; may be negative
 * @param exponent decimals of the minor unit, as stored in the account: the currency may have left ISO's list. Default:
 * that of the list
 * @param locale BCP 47 tag; an unknown language falls back to `en`, regardless of the machine's locale
 * @throws RangeError for a currency that is not three letters, a missing or invalid exponent, or a malformed locale
 */
export function formatAmount(
  amountMinor: bigint,
  currency: Currency,
  exponent: number | undefined = currencyExponent(currency),
  locale = 'en',
): string {
  // Intl would take decimals of its own, which differ from ISO's for some currencies
  if (exponent === undefined) throw new RangeError(`"${currency}" is not a currency of ISO 4217`);
  const format = new Intl.NumberFormat([locale, 'en'], {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });

  // Passes a decimal string: Intl reads it exactly, while a number would be rounded
  return format.format(decimalText(amountMinor, exponent));
}

/** Formats an amount in major units as a plain decimal with all decimals: -123456n is `-1234.56`. */
export function decimalText(amountMinor: bigint, exponent: number): Intl.StringNumericLiteral {
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  const fraction = exponent === 0 ? '' : `.${digits.slice(point)}`;
  return `${sign}${digits.slice(0, point)}${fraction}` as `${number}`;
}

/** Same as `decimalText`, for people: commas separate thousands, and a negative amount has a true minus sign. */
export function groupedText(amountMinor: bigint, exponent: number): string {
  const [whole = '', fraction] = decimalText(amountMinor, exponent).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',').replace('-', '\u2212');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
