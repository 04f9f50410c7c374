import {
  BSON,
  MongoBulkWriteError,
  MongoError,
  MongoErrorLabel,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { PassbookError } from '../../../domain/errors.ts';

const DUPLICATE_KEY = 11000;
const DOCUMENT_VALIDATION_FAILURE = 121;
/** Somebody has ended the operation, or its session. */
const INTERRUPTED = 11601;
const OUT_OF_DISK_SPACE = 14031;
/** An administrator has blocked the writes of users. */
const USER_WRITES_BLOCKED = 371;
/** So shared clusters say that the quota is used up, and a server that its file system is full. */
const FULL_TEXT = /no space left|space quota/i;
const FULL_RETRY_SECONDS = 10;

/** Something that was read is no longer as it was; the unit of work is run again. */
export class VersionConflict extends Error {
  override readonly name = 'Moved';
}

/** Mistakes of ours, which another attempt repeats: they come out as they are. */
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

/** The fault as the ports have it: nothing of the driver or the server comes out but as a cause. */
export function unavailable(fault: unknown): unknown {
  if (fault instanceof PassbookError || isOurs(fault)) return fault;
  if (fault instanceof MongoNotConnectedError) return new TypeError('The store is closed', { cause: fault });
  return storeFault(fault);
}

/** The fault of a store that did nothing: it is full, takes no writes, or cannot be reached. */
export function storeFault(fault: unknown): PassbookError {
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

/** The fault of a unit that was asked for after the store was closed. */
export function closed(): PassbookError {
  const reason = 'The store is closed, nothing was done';
  return new PassbookError('unavailable', { retryAfterSeconds: 1, reason });
}

/**
 * Whether a transaction that failed before its commit may fare better when all of it is run again. A duplicate key
 * is one: another wrote the record meanwhile, and the next run reads it.
 */
export function isPassing(thrown: unknown): boolean {
  const fault = beneathBulk(thrown);
  if (fault instanceof PassbookError || isOurs(fault)) return false;
  if (!(fault instanceof MongoError)) return true; // a socket's own, as ECONNRESET
  if (fault.hasErrorLabel(MongoErrorLabel.TransientTransactionError)) return true;
  if (fault.hasErrorLabel(MongoErrorLabel.RetryableWriteError)) return true;
  if (isDuplicateKey(fault) || hasCode(fault, INTERRUPTED)) return true;
  return fault instanceof MongoNetworkError || fault instanceof MongoServerSelectionError;
}

/**
 * What kept a bulk's command from being sent or answered: it comes out as a server's error, without the labels that a
 * command by itself would have had.
 */
function beneathBulk(fault: unknown): unknown {
  return fault instanceof MongoBulkWriteError && fault.errorResponse instanceof Error
    ? fault.errorResponse
    : fault;
}

/**
 * Whether a commit that failed is known to have changed nothing. The server gives this label to a commit only after
 * a majority agrees that there is no such transaction; every other failure, labelled or not, leaves it open.
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
