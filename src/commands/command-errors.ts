import { ConfigError } from '../config.ts';
import { PassbookError } from '../domain/errors.ts';
import { reasonText } from '../reason-text.ts';
import { CommandError } from './command-tools.ts';

/** An error for the person at the terminal: a line with the cause, and a line with what to do. No stack trace. */
export function errorLines(error: unknown): readonly string[] {
  const [first = '', ...more] = textOf(error).split(/\n\s*/);
  const hint = hintOf(error);
  return [`passbook: ${[first, more.join('; ')].join(' ').trim()}`, ...(hint === undefined ? [] : [hint])];
}

function textOf(error: unknown): string {
  return fileErrorText(error) ?? reasonText(error);
}

/** Advice about errors of the file system, by their code. */
const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist: check the path',
  EACCES: "cannot be used: run the command as the bank's own user, or change the permissions",
  EPERM: "cannot be used: run the command as the bank's own user, or change the permissions",
  EEXIST: 'already exists: choose another name, because no command overwrites a file',
  EISDIR: 'is a folder: name a file in it',
  ENOTDIR: 'leads through a file: check the path',
  ENOSPC: 'cannot be written, because the disk is full: free some space, and run the command again',
  EROFS: 'is on a file system that cannot be written: choose another folder',
};

function fileErrorText(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'path' in error)) return undefined;
  const advice = FILE_ERRORS[String(error.code)];
  return advice === undefined ? undefined : `${String(error.path)} ${advice}`;
}

function hintOf(error: unknown): string | undefined {
  if (error instanceof CommandError) return error.hint;
  if (error instanceof ConfigError) {
    return 'Correct them in the environment or in .env. "passbook doctor" checks all of them.';
  }
  return error instanceof PassbookError ? HINTS[error.code] : undefined;
}

const HINTS: Partial<Record<PassbookError['code'], string>> = {
  unavailable: 'Run "passbook doctor" to find the cause.',
  storage_full: 'Run "passbook doctor" to find the cause.',
  outcome_unknown: 'Look whether it was done before you repeat it.',
  user_not_found: 'Run "passbook users list" to see the users.',
};
