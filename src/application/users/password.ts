import { invalid } from '../../domain/errors.ts';

/** NIST SP 800-63B, section 3.1.1.2: a minimum length and a list of common passwords, but no composition rules. */
export const PASSWORD_MIN_LENGTH = 8;
/** Long enough for any passphrase, and short enough not to add to the cost of hashing. */
export const PASSWORD_MAX_LENGTH = 256;

/**
 * @param owner refused as a password: their name and their address, also with digits or signs around them
 * @throws PassbookError `invalid_request`
 */
export function requirePassword(
  password: string,
  isCommon: (password: string) => boolean,
  { field = 'password', owner }: { field?: string; owner?: { name: string; email: string } } = {},
): string {
  const length = [...password].length;
  if (length < PASSWORD_MIN_LENGTH || length > PASSWORD_MAX_LENGTH) {
    const rule = `must be ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`;
    throw invalid(field, `${rule}, and has ${length}`);
  }
  if (isCommon(password)) throw invalid(field, 'is one of the most common passwords: choose another');
  if (owner && isWordOf(owner, password)) {
    throw invalid(field, 'is your name or e-mail address: choose another');
  }
  return password;
}

function isWordOf({ name, email }: { name: string; email: string }, password: string): boolean {
  return [name, email, email.slice(0, email.lastIndexOf('@'))].some((word) => isWordIn(word, password));
}

/** Returns whether the password is the word, with nothing but digits and signs around it. */
export function isWordIn(word: string, password: string): boolean {
  return coreOf(word) !== '' && coreOf(word) === coreOf(password);
}

/** The text in lower case, without digits and signs at its ends. */
function coreOf(text: string): string {
  return text.toLowerCase().replaceAll(/^\P{L}+|\P{L}+$/gu, '');
}
