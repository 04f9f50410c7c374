import { dictionary } from '@zxcvbn-ts/language-common';
import { PASSWORD_MIN_LENGTH } from '../../application/users/password.ts';

/** The most used passwords of public breaches, in lower case: some 18,000 of those that are long enough. */
const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter(({ length }) => length >= PASSWORD_MIN_LENGTH),
);

/** Case does not make a common password a rare one. (ASVS 5.0, 6.2.4: at least the first 3,000) */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}
