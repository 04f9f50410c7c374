import { resolve } from 'node:path';
import { CLOCK_TOLERANCE_MS } from '../shared/clock-behind.ts';
import type { Store } from '../../application/ports/ledger-store.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import { backUp } from './backup/backup.ts';
import type { BackupTerms } from './backup/backup.ts';
import { assertFinished } from './copying/unfinished-copy.ts';
import { SqliteClockGuard } from './writing/clock-guard.ts';
import { assertDurable, configure, Connection, SETTINGS } from './connection/connection.ts';
import { DatabaseFile } from './connection/database-file.ts';
import { driverModule, loadDriver } from './connection/driver.ts';
import type { Driver } from './connection/driver.ts';
import { faultName, sqliteFault } from './connection/faults.ts';
import type { FaultName } from './connection/faults.ts';
import { LazyThread } from './writing/lazy-thread.ts';
import { assertKnownVersion, migrateSqlite } from './schema/migrations.ts';
import { readsOf } from './reading/sqlite-reads.ts';
import { scanOf } from './reading/sqlite-scan.ts';
import type { SqliteTransaction } from './writing/own-writes.ts';
import { SqliteUnitOfWork } from './writing/sqlite-unit-of-work.ts';
import { whenUnlocked } from './writing/waiting.ts';

export type SqliteStoreOptions = {
  /** Path of the database. The file and its folder are created if missing. */
  readonly path: string;
  /** The ledger's clock. Default: the machine's. */
  readonly clock?: Clock;
  /** Prefix of the numbers that a migration draws for accounts without one. Default: PB. */
  readonly accountPrefix?: string;
  /**
   * How far the newest entry may be ahead of the clock before ledger writes are refused, in milliseconds. Default:
   * 1,500. Infinity disables the check.
   */
  readonly clockToleranceMs?: number;
  /** Default time to wait for another process's lock, in milliseconds. Default: 10,000. */
  readonly lockTimeoutMs?: number;
  /** Maximum number of the database's pages of 4 KiB, to simulate a full disk; for tests. */
  readonly maxPageCount?: number;
  /**
   * Called after a commit that also moved the log into the database (a checkpoint of the write-ahead log), with the
   * milliseconds that it took. Must not throw.
   */
  readonly onCheckpoint?: (durationMs: number) => void;
  /** Number of commands in a unit from which the next ones are written by a separate thread. Default: 96; for tests. */
  readonly threadThreshold?: number;
};

export interface SqliteStore extends Store<SqliteTransaction>, AsyncDisposable {
  /**
   * Makes a consistent copy of the database while the bank runs. It gets its name only once it is complete.
   * @throws Error if `file` exists, or the copy cannot be made
   */
  backup(file: string, terms?: BackupTerms): Promise<void>;
}

/**
 * Opens a store in one file of this machine. Several processes may share the file. It must not be on a network drive,
 * where their locks and shared memory do not work.
 * @throws TypeError without a path
 * @throws Error describing the fault of the file or its folder
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  requirePath(options);
  return openWith(await loadDriver(), options, driverModule());
}

function requirePath(options: Partial<SqliteStoreOptions> | undefined): void {
  const path: unknown = options?.path;
  if (typeof path !== 'string' || path === '') {
    throw new TypeError('openSqliteStore needs the path of a database file, such as { path: "ledger.db" }');
  }
  if (path === ':memory:') {
    throw new TypeError('openSqliteStore needs a file: for a store in memory, use createMemoryStore');
  }
}

/**
 * Opens a store with the given driver and, by default, without a writing thread: for copies and tests of disk errors.
 * @param options `allowsUnfinished`: whether a copy into the database may be unfinished
 */
export async function openWith(
  driver: Driver,
  options: SqliteStoreOptions & { readonly allowsUnfinished?: boolean },
  module?: string,
): Promise<SqliteStore> {
  const {
    clock = { now: () => Date.now() },
    lockTimeoutMs = 10_000,
    threadThreshold = THREAD_THRESHOLD,
  } = options;
  const { clockToleranceMs = CLOCK_TOLERANCE_MS } = options;
  const path = resolve(options.path);
  try {
    const file = await DatabaseFile.make(path);
    const { writer, reader } = await connect(driver, path, {
      until: performance.now() + lockTimeoutMs,
      clock,
      accountPrefix: options.accountPrefix,
      maxPageCount: options.maxPageCount,
      allowsUnfinished: options.allowsUnfinished ?? false,
    });
    const setup = `${SETTINGS}; ${limitOf(options.maxPageCount)}`;
    const thread = new LazyThread(module === undefined ? undefined : { module, path, setup }, {
      threadThreshold,
    });
    if (threadThreshold === 0) await thread.start();
    const clockGuard = new SqliteClockGuard({ connection: writer, clock, toleranceMs: clockToleranceMs });
    const { onCheckpoint = () => {} } = options;
    return storeOf({ driver, file, clock, clockGuard, lockTimeoutMs, writer, reader, thread, onCheckpoint });
  } catch (cause) {
    throw new Error(`The database ${path} cannot be used: ${reasonOf(cause)}`, { cause });
  }
}

/** A smaller unit is written faster in this thread than by a round trip to another. */
const THREAD_THRESHOLD = 96;

function limitOf(maxPageCount: number | undefined): string {
  return maxPageCount === undefined ? '' : `PRAGMA max_page_count = ${maxPageCount}`;
}

type Connections = { readonly writer: Connection; readonly reader: Connection };

async function connect(
  driver: Driver,
  path: string,
  terms: {
    until: number;
    clock: Clock;
    accountPrefix: string | undefined;
    maxPageCount: number | undefined;
    allowsUnfinished: boolean;
  },
): Promise<Connections> {
  const { until, clock, accountPrefix, maxPageCount, allowsUnfinished } = terms;
  const writer = new Connection(driver, path, { readOnly: false });
  try {
    // Before any write: a database of another program must stay unchanged.
    await whenUnlocked(() => assertKnownVersion(writer), until);
    if (!allowsUnfinished) await whenUnlocked(() => assertFinished(writer), until);
    await whenUnlocked(() => configure(writer), until);
    assertDurable(writer);
    await migrateSqlite(writer, {
      until,
      now: clock.now(),
      ...(accountPrefix === undefined ? {} : { accountPrefix }),
    });
    writer.exec(limitOf(maxPageCount));
    return { writer, reader: new Connection(driver, path, { readOnly: true }) };
  } catch (fault) {
    writer.close();
    throw fault;
  }
}

function storeOf({
  driver,
  file,
  clock,
  clockGuard,
  lockTimeoutMs,
  writer,
  reader,
  thread,
  onCheckpoint,
}: Connections & {
  driver: Driver;
  file: DatabaseFile;
  clock: Clock;
  clockGuard: SqliteClockGuard;
  lockTimeoutMs: number;
  thread: LazyThread;
  onCheckpoint: (durationMs: number) => void;
}): SqliteStore {
  const unitOfWork = new SqliteUnitOfWork({
    connection: writer,
    file,
    clock,
    clockGuard,
    lockTimeoutMs,
    thread,
    onCheckpoint,
  });
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    await unitOfWork.close();
    reader.close();
    emptyLog(writer);
    writer.close();
  };
  const close = () => (closing ??= closeAll());
  const reads = readsOf(reader, { lockTimeoutMs });
  return {
    unitOfWork,
    outbox: reads,
    reads,
    scan: scanOf(reader, {
      connect: () => {
        reader.assertOpen();
        return new Connection(driver, file.path, { readOnly: true });
      },
      lockTimeoutMs,
    }),
    backup: async (target, terms) => {
      reader.assertOpen();
      await backUp(driver, { path: file.path, file: target }, terms);
    },
    check: async () => {
      await unitOfWork.check();
      try {
        reader.get('SELECT count(*) FROM schema_migrations');
        await file.assertWritable();
      } catch (cause) {
        throw sqliteFault(cause);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Empties the log, so that the one file holds everything. The log stays if another process still reads it. */
function emptyLog(writer: Connection): void {
  try {
    writer.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (fault) {
    // Nothing is lost if the disk cannot take it now: the log stays beside the file.
    if (!faultName(fault)) throw fault;
  }
}

const REASONS: Partial<Record<FaultName, string>> = {
  notADatabase: 'it is not an SQLite database, or it is encrypted or damaged',
  full: 'the disk is full',
  readOnly: 'it is not writable',
  cannotOpen: 'it is not writable',
  perm: 'it is not writable',
};

function reasonOf(fault: unknown): string {
  const name = faultName(fault);
  return (name && REASONS[name]) ?? (fault instanceof Error ? fault.message : String(fault));
}
