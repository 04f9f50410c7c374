/**
 * Reads an amount that a person typed, such as `12.50`, `12,50` or `1,234.50`, as minor units. A separator before
 * exactly three digits groups thousands, unless the currency has three decimals. Undefined for anything else.
 * @param exponent decimals of the currency
 */
export function readAmount(text: string, exponent: number): bigint | undefined {
  const plain = text
    .replaceAll(/[\s'\u00a0\u202f]/g, '')
    .replace(/^[^\d]{0,4}(?=\d)/, (sign) => (/[-\u2212.,]/.test(sign) ? 'x' : ''));
  const [, whole = '', fraction = ''] = decimalPattern(exponent).exec(plain) ?? [];
  if (whole === '' || !/^(\d+|\d{1,3}([.,])\d{3}(\2\d{3})*)$/.test(whole)) return undefined;
  // Both signs cannot be the same: 1.234.50 has no meaning
  const [group, point] = [/[.,]/.exec(whole)?.[0], /[.,]/.exec(plain.slice(whole.length))?.[0]];
  if (group !== undefined && group === point) return undefined;
  const amount = BigInt(`${whole.replaceAll(/[.,]/g, '')}${fraction.padEnd(exponent, '0')}`);
  return amount > 0n ? amount : undefined;
}

function decimalPattern(exponent: number): RegExp {
  if (exponent === 0) return /^([\d.,]*\d)$/;
  return new RegExp(`^([\\d.,]*?\\d)(?:[.,](\\d{1,${exponent}}))?$`);
}
