import { currencyExponent } from '../domain/money/money.ts';

/**
 * Reads an amount in major units as minor units: `25.5` in EUR is 2550n. Takes plain decimals alone, with a point and
 * without grouping, so that no text has two meanings.
 * @param exponent decimals of the currency, as an answer's `currencyExponent`. Default: that of ISO 4217
 * @throws RangeError for text that is no such decimal, has more decimals than the currency, or an unknown currency
 */
export function parseAmount(
  text: string,
  currency: string,
  exponent: number | undefined = currencyExponent(currency),
): bigint {
  if (exponent === undefined) throw new RangeError(`"${currency}" is not a currency of ISO 4217`);
  const [whole, sign = '', units = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) throw new RangeError(`"${text}" is not a plain decimal such as 12.50`);
  if (fraction.length > exponent) throw new RangeError(`"${text}" has more than ${exponent} decimals`);

  return BigInt(`${sign}${units}${fraction.padEnd(exponent, '0')}`);
}
