import { randomInt } from 'node:crypto';

/** Returns random decimal digits, each equally likely. */
export function randomDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}
