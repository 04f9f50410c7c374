import { CHECKPOINT_PAGES } from './checkpoint.mjs';
import { requireDurable } from './durable.mjs';
import type { Database, Driver, PreparedStatement, Value } from './driver.ts';
import type { Writer } from './writer.ts';

/** A negative value is in KiB. All changes of a batch of some hundred transfers stay in memory until the commit. */
const CACHE_SIZE = -65_536;

/** One connection. It prepares each statement once, and reads integers as bigints. */
export class Connection implements Writer {
  readonly #database: Database;
  readonly #statements = new Map<string, PreparedStatement>();
  #isClosed = false;

  constructor(driver: Driver, path: string | URL, { readOnly }: { readOnly: boolean }) {
    this.#database = new driver.DatabaseSync(path, { readOnly });
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** The underlying database, for the driver's own functions. */
  get database(): Database {
    return this.#database;
  }

  exec(sql: string): void {
    this.assertOpen();
    this.#database.exec(sql);
  }

  /** Returns the number of changed rows. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  get(sql: string, ...values: Value[]): unknown {
    return this.#prepared(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): unknown[] {
    return this.#prepared(sql).all(...values);
  }

  rollBack(): void {
    // After some errors SQLite has rolled back by itself (https://sqlite.org/lang_transaction.html, section 3).
    if (this.isInTransaction) this.exec('ROLLBACK');
  }

  /** With @photostructure/sqlite the file stays open until the statements are garbage-collected. */
  close(): void {
    this.#isClosed = true;
    this.#statements.clear();
    this.#database.close();
  }

  /** @throws TypeError if it is closed */
  assertOpen(): void {
    if (this.#isClosed) throw new TypeError('The store is closed');
  }

  #prepared(sql: string): PreparedStatement {
    this.assertOpen();
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Settings that SQLite keeps per connection. `fullfsync` is for macOS, where an ordinary sync stops at the drive. */
export const SETTINGS = `
    PRAGMA busy_timeout = 0;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA recursive_triggers = ON;
    PRAGMA cache_size = ${CACHE_SIZE};
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
`;

export function configure(connection: Connection): void {
  connection.exec(SETTINGS);
}

/** @throws Error naming the first setting with a wrong value */
export function assertDurable(connection: Connection): void {
  requireDurable((sql) => connection.get(sql));
}
