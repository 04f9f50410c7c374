import { dictionary } from '@zxcvbn-ts/language-common';
import { PASSWORD_MIN_LENGTH } from '../../application/users/password.ts';

/** The most used passwords of public breaches, in lower case: about 18,000 that are long enough. */
const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter(({ length }) => length >= PASSWORD_MIN_LENGTH),
);

/** Whether the password is common in any case. ASVS 5.0, 6.2.4, requires at least the top 3,000. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}
