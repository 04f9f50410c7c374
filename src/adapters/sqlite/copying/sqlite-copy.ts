import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { allPages } from '../../../application/all-pages.ts';
import { CopyFault, ROW_KINDS } from '../../../application/ports/book-copy.ts';
import type { CopySource, CopyTarget } from '../../../application/ports/book-copy.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import { BLOCK } from '../../shared/counterparty-blocks.ts';
import { assertUnused } from '../backup/restore.ts';
import { configure, Connection } from '../connection/connection.ts';
import { loadDriver } from '../connection/driver.ts';
import type { Driver } from '../connection/driver.ts';
import { isBusy } from '../connection/faults.ts';
import { openWith } from '../sqlite-store.ts';
import type { SqliteStore } from '../sqlite-store.ts';
import { accountsAfter } from '../tables/accounts.ts';
import { insertBlock, lastBlockOf } from '../tables/entries.ts';
import { whenUnlocked } from '../writing/waiting.ts';
import { countRows, readRows, writeRow } from './sqlite-rows.ts';
import { createMark, findUnfinishedCopy, moveMark, removeMark } from './unfinished-copy.ts';

const LOCK_TIMEOUT_MS = 10_000;
const ACCOUNTS_AT_ONCE = 500;
/** Blocks of entries that one transaction writes at most: some 64,000 entries. */
const BLOCKS_AT_ONCE = 1_000;

export type SqliteCopyTerms = {
  readonly path: string;
  readonly clock: Clock;
  readonly accountPrefix: string;
};

/**
 * Opens a database to copy it. All rows are of one moment. Nothing else writes until it is closed, unless
 * `allowsRunning`: then a program may have it open, and its later writes are not in the copy.
 * @throws CopyFault `source_in_use`
 */
export async function openSqliteCopySource({
  allowsRunning,
  ...terms
}: SqliteCopyTerms & { allowsRunning: boolean }): Promise<CopySource> {
  const path = resolve(terms.path);
  if (!existsSync(path)) throw new Error(`There are no books at ${path}`);
  const driver = await loadDriver();
  if (!allowsRunning) await assertClosed(driver, path, 'source_in_use');
  const store = await openWith(driver, { ...terms, path });
  return closingOnFault(store, async () => {
    const connection = new Connection(driver, path, { readOnly: allowsRunning });
    await begin(connection, allowsRunning ? 'BEGIN' : 'BEGIN IMMEDIATE');
    // A transaction sees the state of its first read
    countRows(connection, 'audit');
    return {
      ...sourceOf(store, connection),
      async close() {
        connection.rollBack();
        connection.close();
        await store.close();
      },
    };
  });
}

/**
 * Opens a database to copy into it, and creates it if it is missing.
 * @throws CopyFault `target_in_use`
 */
export async function openSqliteCopyTarget(terms: SqliteCopyTerms): Promise<CopyTarget> {
  const path = resolve(terms.path);
  const driver = await loadDriver();
  await assertClosed(driver, path, 'target_in_use');
  const store = await openWith(driver, { ...terms, path, allowsUnfinished: true });
  return closingOnFault(store, async () => {
    const connection = new Connection(driver, path, { readOnly: false });
    configure(connection);
    return targetOf(store, connection);
  });
}

async function closingOnFault<R>(store: SqliteStore, open: () => Promise<R>): Promise<R> {
  try {
    return await open();
  } catch (fault) {
    await store.close();
    throw fault;
  }
}

async function assertClosed(
  driver: Driver,
  path: string,
  code: 'source_in_use' | 'target_in_use',
): Promise<void> {
  try {
    await assertUnused(driver, path);
  } catch (fault) {
    const { message, cause } = fault as Error;
    if (!isBusy(cause)) throw fault;
    throw new CopyFault(code, message);
  }
}

function sourceOf({ reads, scan }: SqliteStore, connection: Connection): Omit<CopySource, 'close'> {
  return {
    reads,
    scan,
    rows: async (kind, page) => readRows(connection, kind, page),
    count: async (kind) => countRows(connection, kind),
  };
}

function targetOf(store: SqliteStore, connection: Connection): CopyTarget {
  const isEmpty = () => ROW_KINDS.every((kind) => readRows(connection, kind, FIRST).length === 0);
  return {
    ...sourceOf(store, connection),
    state: async () => findUnfinishedCopy(connection) ?? (isEmpty() ? 'empty' : 'books'),
    begin: (progress) =>
      inTransaction(connection, () => {
        if (findUnfinishedCopy(connection) || !isEmpty()) throw inUse();
        createMark(connection, progress);
      }),
    write: (kind, rows, progress) =>
      inTransaction(connection, () => {
        if (!moveMark(connection, progress)) throw inUse();
        for (const row of rows) writeRow(connection, kind, row);
      }),
    async derive() {
      for await (const accounts of allPages((page) => accountsAfter(connection, page), ACCOUNT_PAGES)) {
        for (const account of accounts) await writeBlocks(connection, account);
      }
      await inTransaction(connection, () => connection.run(NEWEST));
    },
    finish: () => inTransaction(connection, () => removeMark(connection)),
    async close() {
      connection.close();
      await store.close();
    },
  };
}

const FIRST = { after: null, limit: 1 } as const;
const ACCOUNT_PAGES = { idOf: ({ id }: { id: string }) => id, limit: ACCOUNTS_AT_ONCE };

/** The guard of the clock compares with the instant of the newest entry. */
const NEWEST = `INSERT INTO newest_entry (id, at) SELECT 1, max(latest_at) FROM account_states HAVING count(*) > 0
  ON CONFLICT (id) DO UPDATE SET at = excluded.at`;

/** Writes the blocks that an earlier run did not, as each needs all of its entries. */
async function writeBlocks(
  connection: Connection,
  { id, sequence }: { id: string; sequence: number },
): Promise<void> {
  const blocks = Math.floor(sequence / BLOCK);
  for (let block = lastBlockOf(connection, id) + 1; block <= blocks; block += BLOCKS_AT_ONCE) {
    const last = Math.min(blocks, block + BLOCKS_AT_ONCE - 1);
    await inTransaction(connection, () => {
      for (let each = block; each <= last; each++) insertBlock(connection, id, each);
    });
  }
}

async function inTransaction(connection: Connection, work: () => unknown): Promise<void> {
  await begin(connection, 'BEGIN IMMEDIATE');
  try {
    work();
    connection.exec('COMMIT');
  } catch (fault) {
    connection.rollBack();
    throw fault;
  }
}

function begin(connection: Connection, sql: string): Promise<void> {
  return whenUnlocked(() => connection.exec(sql), performance.now() + LOCK_TIMEOUT_MS);
}

function inUse(): CopyFault {
  return new CopyFault('target_in_use', 'Another program writes to the target');
}
