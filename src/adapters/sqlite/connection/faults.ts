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

/** Which fault of the file, the disk or the locks it is; undefined for anything else, such as a broken constraint. */
export function faultName(fault: unknown): FaultName | undefined {
  if (!(fault instanceof Error) || !('errcode' in fault) || typeof fault.errcode !== 'number')
    return undefined;
  // The upper bits of an extended code tell more of the same.
  const primary = fault.errcode & 0xff;
  return (Object.keys(CODES) as FaultName[]).find((name) => CODES[name] === primary);
}

/** What SQLite says by a result rather than a fault. */
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

export function unavailable(cause: unknown): PassbookError {
  return new PassbookError('unavailable', { retryAfterSeconds: 1 }, { cause });
}

/** Extended codes of a file that takes no more bytes: IOERR_WRITE, IOERR_TRUNCATE, IOERR_SHMSIZE, IOERR_SHMMAP. */
const NOT_WRITABLE_CODES: readonly unknown[] = [778, 1546, 4874, 5386];
const FULL_ERRNOS: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** The fault of a store that cannot do what was asked: it is full, takes no writes, or fails otherwise. */
export function storeFault(cause: unknown): PassbookError {
  const { errcode, code } = (cause instanceof Error ? cause : {}) as { errcode?: unknown; code?: unknown };
  const name = faultName(cause);
  const facts = { retryAfterSeconds: FULL_RETRY_SECONDS };
  if (name === 'full' || FULL_ERRNOS.includes(code))
    return new PassbookError('storage_full', facts, { cause });
  if (name === 'readOnly' || NOT_WRITABLE_CODES.includes(errcode) || code === 'EROFS') {
    const reason = 'The store cannot be written, nothing was done';
    return new PassbookError('storage_full', { ...facts, reason }, { cause });
  }
  return unavailable(cause);
}

const FULL_RETRY_SECONDS = 10;

/** A fault of the store in the ledger's words; whatever else it is comes out as it is. Nothing was written. */
export function beforeCommit(fault: unknown): unknown {
  return faultName(fault) ? storeFault(fault) : fault;
}

/**
 * A commit that failed. Where the log could not be written whole it holds no commit. Where it could not be synced it
 * may, and a crash before anything is written over it would bring the commit back.
 */
export function atCommit(fault: unknown): unknown {
  const name = faultName(fault);
  if (!name) return fault;
  return name === 'full' || isBusy(fault)
    ? storeFault(fault)
    : new PassbookError('outcome_unknown', { retryAfterSeconds: 1 }, { cause: fault });
}
