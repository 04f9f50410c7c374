import type { Connection } from '../connection/connection.ts';
import type { Value } from '../connection/driver.ts';

export type SqliteValue = Value;

/** The ledger's transaction in SQLite, for the writes of a caller's own. Integers are read as bigints. */
export interface SqliteTransaction {
  /** Runs a statement, and returns the number of changed rows. */
  run(sql: string, ...values: SqliteValue[]): number;
  /** Returns the first row, or undefined. */
  get(sql: string, ...values: SqliteValue[]): unknown;
  all(sql: string, ...values: SqliteValue[]): unknown[];
}

/**
 * Runs one write of a caller's own.
 * @throws TypeError if it returns a promise, or ends the transaction
 */
export function runOwnWrite<R>(
  connection: Connection,
  write: (transaction: SqliteTransaction, result: R) => unknown,
  result: R,
): void {
  let isOver = false;
  const open = () => {
    if (isOver || !connection.isInTransaction) throw new TypeError('The transaction of `alongside` is over');
    return connection;
  };
  try {
    const returned = write(
      {
        run: (sql, ...values) => open().run(sql, ...values),
        get: (sql, ...values) => open().get(sql, ...values),
        all: (sql, ...values) => open().all(sql, ...values),
      },
      result,
    );
    if (returned instanceof Promise) throw unawaited(returned);
  } finally {
    isOver = true;
  }
  if (!connection.isInTransaction) throw new TypeError('`alongside` has ended the transaction of the ledger');
}

function unawaited(promise: Promise<unknown>): TypeError {
  promise.catch(() => {});
  return new TypeError('SQLite needs an `alongside` that returns no promise');
}
