import { setTimeout as wait } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { allPages } from '../../../application/all-pages.ts';
import { CopyFault, ROW_KINDS } from '../../../application/ports/book-copy.ts';
import type { CopySource, CopyTarget } from '../../../application/ports/book-copy.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import { BLOCK } from '../../shared/counterparty-blocks.ts';
import { Deadline } from '../../shared/deadline.ts';
import { mongoStoreOf, openDatabase } from '../mongo-store.ts';
import { MongoScan } from '../reading/mongo-scan.ts';
import { collectionsOf } from '../schema/collections.ts';
import type { Collections } from '../schema/collections.ts';
import { advanceCopy, markCopy, unfinishedCopyIn, unmarkCopy } from '../schema/unfinished-copy.ts';
import { mongoUnavailable } from '../transactions/errors.ts';
import { TransactionRunner } from '../transactions/transaction-runner.ts';
import { writeBlocks } from '../writing/counterparty-blocks.ts';
import { findRows, insertRows } from './mongo-rows.ts';

/** The server ends a transaction after a minute by default. */
const WRITE_MS = 55_000;
const ACCOUNTS_AT_ONCE = 500;
/** Blocks that are written together: the entries of 1,280 transfers. */
const BLOCKS_AT_ONCE = 20;
const LOOK_MS = 250;
/** An idle server looks into its outbox every five seconds, and shows itself alive meanwhile. */
const WATCHED_MS = 6_000;

export type MongoCopyTerms = {
  readonly uri: string;
  readonly databaseName?: string;
  readonly clock: Clock;
  readonly accountPrefix: string;
  /** How long to watch for another program, in milliseconds. Default: 6000. */
  readonly watchMs?: number;
};

/**
 * Opens a database to copy it. Its reads are of different moments, so a later write makes the comparison fail.
 * @throws CopyFault `source_in_use` if a program works on it, unless `allowsRunning`
 */
export async function openMongoCopySource({
  allowsRunning,
  ...terms
}: MongoCopyTerms & { allowsRunning: boolean }): Promise<CopySource> {
  const { db, presence } = await openDatabase(terms);
  const store = mongoStoreOf(db, presence, terms);
  return closingOnFault(store, async () => {
    if (!allowsRunning) await assertQuiet(db, 'source_in_use', terms);
    return { ...sourceOf(db), reads: store.reads, close: () => store.close() };
  });
}

/**
 * Opens a database to copy into it.
 * @throws CopyFault `target_in_use` if a program works on it
 */
export async function openMongoCopyTarget(terms: MongoCopyTerms): Promise<CopyTarget> {
  const { db, presence } = await openDatabase({ ...terms, allowsUnfinished: true });
  const store = mongoStoreOf(db, presence, terms);
  return closingOnFault(store, async () => {
    await assertQuiet(db, 'target_in_use', terms);
    const transactions = new TransactionRunner({ db, presence });
    return {
      ...targetOf(db, transactions),
      reads: store.reads,
      async close() {
        await transactions.close();
        await store.close();
      },
    };
  });
}

async function closingOnFault<R>(store: { close(): Promise<void> }, open: () => Promise<R>): Promise<R> {
  try {
    return await open();
  } catch (fault) {
    await store.close();
    throw fault instanceof CopyFault ? fault : mongoUnavailable(fault);
  }
}

/** Every program that works on the database renews its heartbeat, by the server's clock. */
async function assertQuiet(
  db: Db,
  code: 'source_in_use' | 'target_in_use',
  { watchMs = WATCHED_MS }: MongoCopyTerms,
): Promise<void> {
  const { processes } = collectionsOf(db);
  const newest = async () => {
    const options = { sort: { aliveUntil: -1 }, readConcern: { level: 'local' } } as const;
    return (await processes.findOne({}, options))?.aliveUntil.getTime() ?? 0;
  };
  const watched = new Deadline(watchMs);
  for (const first = await newest(); !watched.isOver; await wait(LOOK_MS)) {
    if ((await newest()) <= first) continue;
    throw new CopyFault(code, `A program works on the database "${db.databaseName}": stop all servers first`);
  }
}

function sourceOf(db: Db): Omit<CopySource, 'reads' | 'close'> {
  const collections = collectionsOf(db);
  const scan = new MongoScan({ client: db.client, collections });
  return {
    scan,
    rows: (kind, page) => guarded(() => findRows({ collections, scan }, kind, page)),
    count: (kind) => guarded(() => collections[kind].estimatedDocumentCount()),
  };
}

function targetOf(db: Db, transactions: TransactionRunner): Omit<CopyTarget, 'reads' | 'close'> {
  const collections = collectionsOf(db);
  const source = sourceOf(db);
  const isEmpty = async () => {
    for (const kind of ROW_KINDS) if (await collections[kind].findOne({})) return false;
    return true;
  };
  return {
    ...source,
    state: () => guarded(async () => (await unfinishedCopyIn(db)) ?? ((await isEmpty()) ? 'empty' : 'books')),
    // A second mark is a duplicate key
    begin: (progress) => guarded(() => markCopy(db, progress)),
    write: (kind, rows, progress) =>
      transactions.run(new Deadline(WRITE_MS), async (transaction) => {
        if (!(await advanceCopy(db, transaction, progress))) {
          throw new CopyFault('target_in_use', 'Another program writes to the target');
        }
        await insertRows({ transaction, collections }, kind, rows);
      }),
    derive: () => guarded(() => deriveBlocks(source, collections)),
    finish: () => guarded(() => unmarkCopy(db)),
  };
}

/** Writes the missing blocks of all accounts. */
async function deriveBlocks({ scan }: Pick<CopySource, 'scan'>, collections: Collections): Promise<void> {
  const pages = allPages((page) => scan.accountsPage(page), {
    idOf: ({ id }) => id,
    limit: ACCOUNTS_AT_ONCE,
  });
  for await (const accounts of pages) {
    for (const { id: accountId, sequence } of accounts) {
      const last = Math.floor(sequence / BLOCK);
      for (let first = 1; first <= last; first += BLOCKS_AT_ONCE) {
        await writeBlocks(collections, {
          accountId,
          from: first,
          to: Math.min(last, first + BLOCKS_AT_ONCE - 1),
        });
      }
    }
  }
}

async function guarded<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (fault) {
    throw mongoUnavailable(fault);
  }
}
