import { PassbookError } from '../../../domain/errors.ts';

/** Primary result codes: https://sqlite.org/rescode.html */
const CODES = {
  perm: 3,
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  interrupted: 9,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notADatabase: 26,
} as const;

export type FaultName = keyof typeof CODES;

/** Classifies an error of the file, the disk or the locks. Undefined for any other, such as a broken constraint. */
export function faultName(fault: unknown): FaultName | undefined {
  if (!(fault instanceof Error) || !('errcode' in fault) || typeof fault.errcode !== 'number')
    return undefined;
  // The upper bits of an extended code only refine the primary code.
  const primary = fault.errcode & 0xff;
  return (Object.keys(CODES) as FaultName[]).find((name) => CODES[name] === primary);
}

/** A lock that SQLite reports by a result instead of an error. */
export class Busy extends Error {
  readonly errcode: number = CODES.busy;

  constructor() {
    super('database is locked');
  }
}

export function isBusy(fault: unknown): boolean {
  const name = faultName(fault);
  return name === 'busy' || name === 'locked';
}

export function sqliteUnavailable(cause: unknown): PassbookError {
  return new PassbookError('unavailable', { retryAfterSeconds: 1 }, { cause });
}

/** Extended codes of a file that accepts no more bytes: IOERR_WRITE, IOERR_TRUNCATE, IOERR_SHMSIZE, IOERR_SHMMAP. */
const NOT_WRITABLE_CODES: readonly unknown[] = [778, 1546, 4874, 5386];
const FULL_ERRNOS: readonly unknown[] = ['ENOSPC', 'EDQUOT'];
const NOT_WRITABLE_ERRNOS: readonly unknown[] = ['EROFS', 'EACCES', 'EPERM'];

/** Error of a store that cannot carry out a request: it is full, read-only, or fails otherwise. */
export function sqliteFault(cause: unknown): PassbookError {
  const { errcode, code } = (cause instanceof Error ? cause : {}) as { errcode?: unknown; code?: unknown };
  const name = faultName(cause);
  const facts = { retryAfterSeconds: FULL_RETRY_SECONDS };
  if (name === 'full' || FULL_ERRNOS.includes(code))
    return new PassbookError('storage_full', facts, { cause });
  const isNotWritable = NOT_WRITABLE_CODES.includes(errcode) || NOT_WRITABLE_ERRNOS.includes(code);
  if (name === 'readOnly' || isNotWritable) {
    const reason = 'The store cannot be written, nothing was done';
    return new PassbookError('storage_full', { ...facts, reason }, { cause });
  }
  return sqliteUnavailable(cause);
}

const FULL_RETRY_SECONDS = 10;

/** Translates a store's error before the commit, when nothing was written. Returns any other error unchanged. */
export function beforeCommit(fault: unknown): unknown {
  return faultName(fault) ? sqliteFault(fault) : fault;
}

/**
 * Translates the error of a failed commit. A log that could not be written completely contains no commit. A log that
 * could not be synced may contain it, and a crash before it is overwritten would restore the commit.
 */
export function atCommit(fault: unknown): unknown {
  const name = faultName(fault);
  if (!name) return fault;
  return name === 'full' || isBusy(fault)
    ? sqliteFault(fault)
    : new PassbookError('outcome_unknown', { retryAfterSeconds: 1 }, { cause: fault });
}
