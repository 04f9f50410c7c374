import { setTimeout as wait } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import type { ClientSession, Db, MongoClient, ServerSession, ServerSessionId } from 'mongodb';
import { collectionsOf } from '../schema/collections.ts';
import { hasCode } from './errors.ts';
import { Deadline } from '../../shared/deadline.ts';

/** How long to wait for the server before another connection is tried. */
const ANSWER_MS = 2000;
const PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

const TRANSACTION_TOO_OLD = 225;

/** A transaction that has begun, in the server's terms. */
export type BegunTransaction = Pick<ServerSession, 'id' | 'txnNumber'>;

/**
 * Aborts the session's transaction, and returns whether the server answered. The driver ignores an error of the abort,
 * and sends no abort if the reply to the first statement was lost. Every reply of the server advances the operation
 * time.
 */
export async function abortAnswered(session: ClientSession): Promise<boolean> {
  const { operationTime } = session;
  delete session.operationTime;
  await session.abortTransaction();
  const isAnswered = session.operationTime !== undefined;
  if (operationTime) session.advanceOperationTime(operationTime);
  return isAnswered;
}

/**
 * Ends a transaction whose end was not acknowledged: its writes stay locked until then, and the ledger version with
 * them. Begins a later transaction in the same session, on another connection. The server then aborts the earlier one,
 * and refuses a statement of it that arrives late. Tries until the server has answered or `isGivenUp`.
 * Returns the latest transaction number that the server may know.
 */
export async function endTransaction(
  db: Db,
  { id, txnNumber }: BegunTransaction,
  isGivenUp: () => boolean,
): Promise<number> {
  for (let tries = 0; ; tries++) {
    // Each try has its own number: a try whose reply was lost may still arrive
    const latest = txnNumber + tries + 1;
    if ((await overtakes(db, { id, txnNumber: latest - 1 })) || isGivenUp()) return latest;
    await wait(Math.min(PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS), undefined, { ref: false });
  }
}

/** Begins the next transaction after `begun`, with a read that blocks nobody. */
async function overtakes(db: Db, begun: BegunTransaction): Promise<boolean> {
  const session = sessionLike(db.client, begun);
  const begin = async () => {
    try {
      session.startTransaction({ readConcern: { level: 'local' }, readPreference: 'primary' });
      await collectionsOf(db).ledger.findOne({}, { session, projection: { _id: 1 } });
      return true;
    } catch (fault) {
      return hasCode(fault, TRANSACTION_TOO_OLD);
    } finally {
      await session.endSession();
    }
  };
  try {
    return await new Deadline(ANSWER_MS).race(begin());
  } catch {
    return false;
  }
}

/**
 * Ends the open transaction of a session whose transaction number is unknown, without a privilege. The server refuses
 * an abort below its own number as too old and one above it as unknown, so a search finds that number.
 */
export async function endTransactionOf(client: MongoClient, id: ServerSessionId): Promise<void> {
  let tooOld = 0;
  let number = 1;
  while (await isTooOld(client, { id, txnNumber: number })) {
    tooOld = number;
    number *= 2;
  }
  while (number - tooOld > 1) {
    const middle = Math.floor((tooOld + number) / 2);
    if (await isTooOld(client, { id, txnNumber: middle })) tooOld = middle;
    else number = middle;
  }
}

/** Aborts the transaction if it is the session's latest, and returns whether the session has a later one. */
async function isTooOld(client: MongoClient, begun: BegunTransaction): Promise<boolean> {
  const session = sessionLike(client, begun);
  try {
    await client.db('admin').command({ abortTransaction: 1 }, { session });
    return false;
  } catch (fault) {
    if (!(fault instanceof MongoServerError)) throw fault;
    return hasCode(fault, TRANSACTION_TOO_OLD);
  } finally {
    await session.endSession();
  }
}

/** A session with the identity of another, for one use: the driver must not reuse it. */
function sessionLike(client: MongoClient, begun: BegunTransaction): ClientSession {
  const session = client.startSession();
  Object.assign(session.serverSession, { ...begun, isDirty: true });
  return session;
}
