/**
 * The number of an account, for people: a prefix of letters, two check digits and twelve digits, such as
 * `PB48 5390 0754 7034`. The check digits follow ISO 7064 (MOD 97-10), in the order of an IBAN: the prefix and the check
 * digits count as the last characters. They expose every single wrong digit and every swap of two.
 */
const NUMBER = /^([A-Z]{2,4})(\d{2})(\d{12})$/;
const PREFIX = /^[A-Z]{2,4}$/;
const BODY = /^\d{12}$/;
/** Any text that a person may mean as a number: spaces anywhere, letters in either case, some digits too many or few. */
const LIKE_NUMBER = /^\s*[A-Za-z]{2,4}(?:\s*\d){10,20}\s*$/;
const LONGEST_LIKE_NUMBER = 64;
const GROUP = /.{1,4}/g;

/** Prefix of the numbers of a ledger that was not given another. */
export const DEFAULT_PREFIX = 'PB';

/** Number of digits after the check digits. */
export const BODY_DIGITS = 12;

/** Returns whether the value can be the prefix of a bank's account numbers: two to four capital letters. */
export function isNumberPrefix(value: unknown): value is string {
  return typeof value === 'string' && PREFIX.test(value);
}

/**
 * Makes an account number.
 * @param body twelve digits
 * @throws TypeError for another prefix or body
 */
export function makeAccountNumber(prefix: string, body: string): string {
  if (!isNumberPrefix(prefix)) throw new TypeError(`"${String(prefix)}" is not a prefix of account numbers`);
  if (!BODY.test(body)) throw new TypeError(`The body of an account number has ${BODY_DIGITS} digits`);
  const check = 98 - remainder(`${body}${prefix}00`);
  return `${prefix}${check.toString().padStart(2, '0')}${body}`;
}

/** Returns whether the text is an account number in canonical form: no spaces, capital letters, right check digits. */
export function isAccountNumber(text: string): boolean {
  const [, prefix = '', check = '', body = ''] = NUMBER.exec(text) ?? [];
  // Only 02 to 98 are ever made: 00, 01 and 99 have the remainders of 97, 98 and 02
  const isMade = Number(check) >= 2 && Number(check) <= 98;
  return body !== '' && isMade && remainder(`${body}${prefix}${check}`) === 1;
}

/** Returns whether a person may mean the text as an account number. No id looks like one. */
export function looksLikeAccountNumber(text: string): boolean {
  return text.length <= LONGEST_LIKE_NUMBER && LIKE_NUMBER.test(text);
}

/** Returns the canonical form of a number as a person wrote it, without a check. */
export function canonicalNumber(text: string): string {
  return text.replaceAll(/\s/g, '').toUpperCase();
}

/** Formats a number in groups of four. */
export function formatAccountNumber(number: string): string {
  return number.match(GROUP)?.join(' ') ?? number;
}

/** Returns the remainder by 97. A letter counts as two digits: A is 10, Z is 35. */
function remainder(text: string): number {
  let value = 0;
  for (const character of text) {
    const digit = Number.parseInt(character, 36);
    value = (value * (digit > 9 ? 100 : 10) + digit) % 97;
  }
  return value;
}
