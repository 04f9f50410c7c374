import { readFileSync } from 'node:fs';
import { PassbookError } from './domain/errors.ts';

/**
 * An error as one line for operators. The core's message about a failing store is meant for callers: its cause names
 * the host or the file.
 */
export function reasonText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const missing = missingPackage(error);
  if (missing !== undefined) {
    return `Passbook's programs need the package ${missing}, which is not installed: run "npm install ${packagesOfPrograms().join(' ')}"`;
  }

  const { cause } = error;
  return error instanceof PassbookError && cause instanceof Error
    ? `${error.message}: ${reasonText(cause)}`
    : error.message;
}

/** The package that Node did not find. Undefined for any other error. */
export function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) return undefined;
  // Node names the package in its message alone
  return /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
}

/** Every package that the server and the commands need beside the ledger, with its major version. */
function packagesOfPrograms(): readonly string[] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { peerDependencies } = JSON.parse(text) as { peerDependencies: Record<string, string> };
  // A store's tests need it, and no program does
  const { vitest: _ofTests, ...ofPrograms } = peerDependencies;
  return Object.entries(ofPrograms).map(
    ([name, range]) => `${name}@${range.replace(/^\^(0\.\d+|\d+).*/, '$1')}`,
  );
}
