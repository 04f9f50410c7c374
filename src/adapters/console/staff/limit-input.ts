import { readAmount } from '../amount-input.ts';

/**
 * Reads a limit that a person typed, which may be zero or negative, as minor units. Undefined for anything else.
 * @param exponent decimals of the currency
 */
export function readBalanceLimit(text: string, exponent: number): bigint | undefined {
  const [, sign = '', rest = ''] = /^([-\u2212]?)\s*(.*)$/.exec(text.trim()) ?? [];
  if (/^0+([.,]0*)?$/.test(rest)) return 0n;
  const amount = readAmount(rest, exponent);
  return amount === undefined || sign === '' ? amount : -amount;
}
