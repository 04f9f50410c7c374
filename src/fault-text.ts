import { PassbookError } from './domain/errors.ts';

/**
 * An error as one line for operators. The core's message about a failing store is meant for callers: its cause names
 * the host or the file.
 */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);

  const { cause } = error;
  return error instanceof PassbookError && cause instanceof Error
    ? `${error.message}: ${faultText(cause)}`
    : error.message;
}
