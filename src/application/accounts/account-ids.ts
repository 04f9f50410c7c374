import {
  canonicalNumber,
  isAccountNumber,
  looksLikeAccountNumber,
} from '../../domain/entities/account-number.ts';
import { identifierText } from '../../domain/books/prefetch.ts';
import type { Identifier } from '../../domain/books/prefetch.ts';
import { invalid } from '../../domain/errors.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { requireId } from '../validation.ts';

/** Returns the id of the account that has the number; the number itself if no account has it. */
export type IdOfNumber = (number: string) => string;

const SAME: IdOfNumber = (number) => number;

/**
 * Looks up the account numbers among these values, all in one read. A number never moves to another account, so ids can
 * be looked up before a unit of work. Without a number the answer is no promise: a caller that does not wait keeps the
 * command's place among those of its event-loop turn.
 */
export function lookUpNumbers(
  reads: LedgerReads,
  values: readonly unknown[],
): IdOfNumber | Promise<IdOfNumber> {
  const numbers = new Set(values.flatMap((value) => numberIn(value) ?? []));
  return numbers.size === 0 ? SAME : idsOfNumbers(reads, [...numbers]);
}

async function idsOfNumbers(reads: LedgerReads, numbers: readonly string[]): Promise<IdOfNumber> {
  const found = await reads.identify(numbers.map(asIdentifier));
  return (number) => found.get(identifierText(asIdentifier(number))) ?? number;
}

function asIdentifier(value: string): Identifier {
  return { kind: 'account_number', value };
}

/** Returns the canonical form of a value that is an account number. */
function numberIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || !looksLikeAccountNumber(value)) return undefined;
  const number = canonicalNumber(value);
  return isAccountNumber(number) ? number : undefined;
}

/** Requires an account id, or an account number in its place, which is replaced by the id. */
export function requireAccountId(field: string, value: unknown, idOf: IdOfNumber): string {
  const isNumber = typeof value === 'string' && looksLikeAccountNumber(value);
  return isNumber ? replaceNumber(field, value, idOf) : requireId(field, value);
}

/** Replaces an account number by the id of its account. Returns any other text unchanged. */
export function replaceNumber(field: string, text: string, idOf: IdOfNumber): string {
  return looksLikeAccountNumber(text) ? idOf(requireAccountNumber(field, text)) : text;
}

/** Requires an account number as a person writes it, and returns its canonical form. */
export function requireAccountNumber(field: string, value: unknown): string {
  const number = numberIn(value);
  if (number !== undefined) return number;
  const isMistyped = typeof value === 'string' && looksLikeAccountNumber(value);
  throw invalid(
    field,
    isMistyped
      ? 'is not an account number: its check digits do not match, so a character is mistyped'
      : 'must be an account number, such as PB48 5390 0754 7034',
  );
}

/** Looks up the id of the account that a number belongs to. Returns any other text, and an unknown number, unchanged. */
export function readAccountId(
  reads: LedgerReads,
  text: string,
  field = 'accountId',
): string | Promise<string> {
  const found = lookUpNumbers(reads, [text]);
  return typeof found === 'function'
    ? replaceNumber(field, text, found)
    : found.then((idOf) => replaceNumber(field, text, idOf));
}
