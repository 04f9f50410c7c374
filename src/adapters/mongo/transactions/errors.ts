import {
  BSON,
  MongoBulkWriteError,
  MongoError,
  MongoErrorLabel,
  MongoExpiredSessionError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { PassbookError } from '../../../domain/errors.ts';

const DUPLICATE_KEY = 11000;
const DOCUMENT_VALIDATION_FAILURE = 121;
/** The operation or its session was killed. */
const INTERRUPTED = 11601;
const OUT_OF_DISK_SPACE = 14031;
/** An administrator has blocked user writes. */
const USER_WRITES_BLOCKED = 371;
/** Message of shared clusters for a used-up quota, and of a server with a full file system. */
const FULL_TEXT = /no space left|space quota/i;
const FULL_RETRY_SECONDS = 10;

/** A record has changed since it was read. The unit of work runs again. */
export class VersionConflict extends Error {
  override readonly name = 'Moved';
}

/** Bugs of ours, which every retry repeats. They are thrown unchanged. */
function isOurs(fault: unknown): boolean {
  return (
    hasCode(fault, DOCUMENT_VALIDATION_FAILURE) ||
    fault instanceof TypeError ||
    fault instanceof SyntaxError ||
    fault instanceof RangeError ||
    fault instanceof BSON.BSONError ||
    fault instanceof MongoInvalidArgumentError
  );
}

/** Translates an error for the ports: errors of the driver or the server appear only as a cause. */
export function mongoUnavailable(fault: unknown): unknown {
  if (fault instanceof PassbookError || isOurs(fault)) return fault;
  if (fault instanceof MongoNotConnectedError || fault instanceof MongoExpiredSessionError)
    return new TypeError('The store is closed', { cause: fault });
  return mongoFault(fault);
}

/** Error of a store that did nothing: it is full, read-only or unreachable. */
export function mongoFault(fault: unknown): PassbookError {
  const facts = { retryAfterSeconds: FULL_RETRY_SECONDS };
  if (isFull(fault)) return new PassbookError('storage_full', facts, { cause: fault });
  if (hasCode(fault, USER_WRITES_BLOCKED)) {
    const reason = 'The store cannot be written, nothing was done';
    return new PassbookError('storage_full', { ...facts, reason }, { cause: fault });
  }
  return new PassbookError('unavailable', { retryAfterSeconds: 1 }, { cause: fault });
}

function isFull(fault: unknown): boolean {
  return (
    hasCode(fault, OUT_OF_DISK_SPACE) || (fault instanceof MongoServerError && FULL_TEXT.test(fault.message))
  );
}

/** Error for a unit that was requested after the store was closed. */
export function closed(): PassbookError {
  const reason = 'The store is closed, nothing was done';
  return new PassbookError('unavailable', { retryAfterSeconds: 1, reason });
}

/**
 * Whether a transaction that failed before its commit may succeed when it is run again. A duplicate key counts: another
 * unit wrote the record meanwhile, and the next attempt reads it.
 */
export function isPassing(thrown: unknown): boolean {
  const fault = beneathBulk(thrown);
  if (fault instanceof PassbookError || isOurs(fault)) return false;
  if (!(fault instanceof MongoError)) return true; // A socket error, such as ECONNRESET
  if (fault.hasErrorLabel(MongoErrorLabel.TransientTransactionError)) return true;
  if (fault.hasErrorLabel(MongoErrorLabel.RetryableWriteError)) return true;
  if (isDuplicateKey(fault) || hasCode(fault, INTERRUPTED)) return true;
  return fault instanceof MongoNetworkError || fault instanceof MongoServerSelectionError;
}

/** Whether the server or the connection failed the transaction, and not its content. */
export function isTransient(thrown: unknown): boolean {
  const fault = beneathBulk(thrown);
  return fault instanceof MongoError && fault.hasErrorLabel(MongoErrorLabel.TransientTransactionError);
}

/**
 * Returns the error that kept a bulk command from being sent or answered. The driver wraps it as a server error,
 * without the labels that a single command would have.
 */
function beneathBulk(fault: unknown): unknown {
  return fault instanceof MongoBulkWriteError && fault.errorResponse instanceof Error
    ? fault.errorResponse
    : fault;
}

/**
 * Whether a failed commit is known to have changed nothing. The server gives this label to a commit only after a
 * majority agrees that there is no such transaction. After any other failure, labelled or not, the outcome is unknown.
 */
export function isAborted(fault: unknown): boolean {
  return (
    fault instanceof MongoError &&
    fault.hasErrorLabel(MongoErrorLabel.TransientTransactionError) &&
    !fault.hasErrorLabel(MongoErrorLabel.UnknownTransactionCommitResult)
  );
}

export function isDuplicateKey(fault: unknown): fault is MongoServerError {
  return hasCode(fault, DUPLICATE_KEY);
}

export function hasCode(fault: unknown, code: number): fault is MongoServerError {
  return fault instanceof MongoServerError && fault.code === code;
}
