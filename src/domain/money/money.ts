import { CURRENCY_EXPONENTS } from './currencies.ts';

/**
 * The largest amount, and the largest balance or limit on either side of zero, in minor units: 2^53 - 1, up to
 * which every JSON client agrees on an integer's value (RFC 8259, section 6).
 */
export const MAX_AMOUNT = 9_007_199_254_740_991n;

/**
 * The largest value, in minor units, of a counter that only grows. Every store keeps counters as signed 64-bit
 * integers: below half of their range, adding an amount cannot wrap before the bound is checked.
 */
export const MAX_COUNTER = 2n ** 62n;

/** An alphabetic code of ISO 4217, such as `EUR`: upper case, and one that `isCurrency` accepts. */
export type Currency = string;

/** Whether an account can be kept in this currency: active in ISO 4217, with a minor unit. Case counts. */
export function isCurrency(code: string): boolean {
  return CURRENCY_EXPONENTS.has(code);
}

/** How many decimals the currency's minor unit has (ISO 4217): 2 means that 500 is 5.00. */
export function currencyExponent(code: string): number | undefined {
  return CURRENCY_EXPONENTS.get(code);
}

/** Whether the value is an amount of money in minor units: a bigint from 1 to MAX_AMOUNT. */
export function isAmount(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 1n && value <= MAX_AMOUNT;
}

/** Whether a balance or limit in minor units is one that may be kept: from -MAX_AMOUNT to MAX_AMOUNT. */
export function isWithinBound(balance: bigint): boolean {
  return balance >= -MAX_AMOUNT && balance <= MAX_AMOUNT;
}

/**
 * An amount for people to read, with the currency's code and every decimal: 123456n of USD with exponent 2 is
 * `USD 1,234.56`. What stands between code and number is a no-break space (U+00A0). Exact for every bigint.
 *
 * @param amountMinor in minor units; may be negative
 * @param exponent decimals of the minor unit, as the account keeps it: it may outlive ISO's list
 * @param locale BCP 47 tag; a language that is not known is answered as `en`, whatever the machine speaks
 * @throws RangeError for a currency that is not three letters, an exponent that is no count of decimals, or a
 *   locale that is not well-formed
 */
export function formatAmount(
  amountMinor: bigint,
  currency: Currency,
  exponent: number,
  locale = 'en',
): string {
  const format = new Intl.NumberFormat([locale, 'en'], {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });

  // As text: Intl reads a decimal string digit for digit, where a number would be rounded
  return format.format(decimalText(amountMinor, exponent));
}

/** An amount in major units as a plain decimal, with every decimal and nothing else: -123456n is `-1234.56`. */
export function decimalText(amountMinor: bigint, exponent: number): Intl.StringNumericLiteral {
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  const fraction = exponent === 0 ? '' : `.${digits.slice(point)}`;
  return `${sign}${digits.slice(0, point)}${fraction}` as `${number}`;
}

/** As `decimalText`, for people: thousands are parted by commas, and a true minus sign stands before what is below 0. */
export function groupedText(amountMinor: bigint, exponent: number): string {
  const [whole = '', fraction] = decimalText(amountMinor, exponent).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',').replace('-', '\u2212');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
