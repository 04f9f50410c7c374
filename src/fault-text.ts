import { PassbookError } from './domain/errors.ts';

/**
 * A fault as one line for people. What the core says of a store that fails is meant for callers; the cause under it
 * names the host or the file.
 */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);

  const { cause } = error;
  return error instanceof PassbookError && cause instanceof Error
    ? `${error.message}: ${faultText(cause)}`
    : error.message;
}
