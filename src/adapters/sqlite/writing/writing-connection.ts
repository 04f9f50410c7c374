import type { Connection } from '../connection/connection.ts';
import type { Value } from '../connection/driver.ts';
import { checkpointMs } from '../connection/checkpoint.mjs';
import { atCommit } from '../connection/faults.ts';
import type { Writer } from '../connection/writer.ts';

/** A connection that writes units, one at a time, each in its own transaction. */
export interface WritingConnection extends Writer {
  /** Takes SQLite's write lock. @throws SQLite's error if another process holds it */
  begin(): Promise<void>;
  /** A number that differs from the last one if another connection has committed since. Requires the lock. */
  dataVersion(): Promise<bigint>;
  /** Sends the statements so far, so that they are written while the next part is decided. */
  flush(): void;
  /**
   * Returns the milliseconds that the commit took if it ran a checkpoint too, otherwise null.
   * @throws PassbookError `unavailable`, `outcome_unknown`, or the error of a failed statement
   */
  commit(): Promise<number | null>;
  rollBack(): Promise<void>;
}

/** Writes in this thread, each statement at once. */
export class LocalWriter implements WritingConnection {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  run(sql: string, ...values: Value[]): number {
    return this.#connection.run(sql, ...values);
  }

  async begin(): Promise<void> {
    this.#connection.exec('BEGIN IMMEDIATE');
  }

  async dataVersion(): Promise<bigint> {
    // https://sqlite.org/pragma.html#pragma_data_version
    const row = this.#connection.get('PRAGMA data_version') as { data_version: bigint };
    return row.data_version;
  }

  flush(): void {
    // Every statement already ran
  }

  async commit(): Promise<number | null> {
    const startedAt = performance.now();
    try {
      this.#connection.exec('COMMIT');
    } catch (fault) {
      throw atCommit(fault);
    }
    return checkpointMs(performance.now() - startedAt, (sql) => this.#connection.get(sql));
  }

  async rollBack(): Promise<void> {
    this.#connection.rollBack();
  }
}

/** Detects commits of other processes since this process last wrote, by any of its connections. Requires the lock. */
export class OtherWriters {
  readonly #versions = new Map<WritingConnection, bigint>();
  #last: WritingConnection | undefined;

  async haveWritten(now: WritingConnection): Promise<boolean> {
    const last = this.#last;
    const before = last && this.#versions.get(last);
    for (const one of new Set([last ?? now, now])) this.#versions.set(one, await one.dataVersion());
    return last === undefined || this.#versions.get(last) !== before;
  }

  /** Notes this process's own commit. */
  wroteBy(connection: WritingConnection): void {
    this.#last = connection;
  }

  /** Makes the next answer true. */
  forget(): void {
    this.#last = undefined;
  }
}
