import { invalid } from '../../domain/errors.ts';

/** NIST SP 800-63B, section 3.1.1.2: a minimum length and a list of common passwords, but no composition rules. */
export const PASSWORD_MIN_LENGTH = 8;
/** Long enough for any passphrase, and short enough not to add to the cost of hashing. */
export const PASSWORD_MAX_LENGTH = 256;

/** @throws PassbookError `invalid_request` */
export function requirePassword(password: string, isCommon: (password: string) => boolean): string {
  const length = [...password].length;
  if (length < PASSWORD_MIN_LENGTH || length > PASSWORD_MAX_LENGTH) {
    const rule = `must be ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`;
    throw invalid('password', `${rule}, and has ${length}`);
  }
  if (isCommon(password)) throw invalid('password', 'is one of the most common passwords: choose another');
  return password;
}
