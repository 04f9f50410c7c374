import type { Connection } from '../connection/connection.ts';
import type { Value } from '../connection/driver.ts';
import { atCommit } from '../connection/faults.ts';
import type { Writer } from '../connection/writer.ts';

/** A connection that writes units, one at a time, each in a transaction of its own. */
export interface WritingConnection extends Writer {
  /** Takes SQLite's write lock. @throws what SQLite does, where another process has it */
  begin(): Promise<void>;
  /** Under the lock: another one than before, if any other connection has committed since. */
  dataVersion(): Promise<bigint>;
  /** Passes on what was taken so far, which may be written while more is decided. */
  flush(): void;
  /** @throws PassbookError `unavailable`, `outcome_unknown`, or whatever a statement failed with */
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

/** In this thread, each statement at once. */
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
    // Nothing waits
  }

  async commit(): Promise<void> {
    try {
      this.#connection.exec('COMMIT');
    } catch (fault) {
      throw atCommit(fault);
    }
  }

  async rollBack(): Promise<void> {
    this.#connection.rollBack();
  }
}

/** Whether anybody else wrote since this process last did, by whichever of its connections. Asked under the lock. */
export class OtherWriters {
  readonly #versions = new Map<WritingConnection, bigint>();
  #last: WritingConnection | undefined;

  async haveWritten(now: WritingConnection): Promise<boolean> {
    const last = this.#last;
    const before = last && this.#versions.get(last);
    for (const one of new Set([last ?? now, now])) this.#versions.set(one, await one.dataVersion());
    return last === undefined || this.#versions.get(last) !== before;
  }

  /** After this process's own commit. */
  wroteBy(connection: WritingConnection): void {
    this.#last = connection;
  }

  /** The next answer is that they have. */
  forget(): void {
    this.#last = undefined;
  }
}
