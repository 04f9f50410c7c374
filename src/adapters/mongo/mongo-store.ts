import { MongoClient, MongoServerError, ReadConcern } from 'mongodb';
import type { Db, DbOptions, MongoClientOptions } from 'mongodb';
import type { Store } from '../../application/ports/ledger-store.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import { ClaimedBatches } from '../shared/outbox-batch.ts';
import { ClockGuard } from './transactions/clock-guard.ts';
import { collectionsOf } from './schema/collections.ts';
import { CounterpartyIndex } from './writing/counterparty-blocks.ts';
import { unavailable } from './transactions/errors.ts';
import { migrate, versionOf } from './schema/migrations.ts';
import { MongoReads } from './reading/mongo-reads.ts';
import { MongoScan } from './reading/mongo-scan.ts';
import { MongoUnitOfWork } from './writing/mongo-unit-of-work.ts';
import { Heartbeat } from './transactions/heartbeat.ts';
import { TransactionRunner } from './transactions/transaction-runner.ts';
import { WriteProbe } from './transactions/write-probe.ts';

export type MongoStoreOptions = {
  /** Of a replica set or a sharded cluster: others have no transactions. */
  readonly uri: string;
  /** Default: the one that the URI names, or else `passbook`. */
  readonly databaseName?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** How far the clock may be off the database's before writes are refused. 1000 unless given; Infinity: not looked at. */
  readonly clockToleranceMs?: number;
  /** How long a unit of work without a deadline of its own may take, and a read. 10,000 unless given. */
  readonly timeoutMs?: number;
  /** How long to look for a primary before an attempt counts as failed. 5000 unless given. */
  readonly serverSelectionTimeoutMs?: number;
  /** How often each server is asked how it is: what a failover takes at most to be seen. 2000 unless given. */
  readonly heartbeatFrequencyMs?: number;
  /** For the driver, over what is said here: TLS, credentials, the pool. */
  readonly driver?: MongoClientOptions;
  /** Sees the client before it connects: to watch its events. */
  readonly onClient?: (client: MongoClient) => void;
};

/** A store with its own idea of durability, whatever the URI says. */
const DATABASE_OPTIONS: DbOptions = {
  readConcern: new ReadConcern('majority'),
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  // Amounts are longs, and a JavaScript number holds them only up to 2^53
  useBigInt64: true,
  promoteLongs: true,
  promoteValues: true,
  // A field that is undefined is a mistake, and must not become null in silence
  ignoreUndefined: false,
};

const MACHINE_CLOCK: Clock = { now: () => Date.now() };

const DEFAULT_DATABASE = 'passbook';
/** The driver's default, which was this program's before it had one. */
const FORMER_DATABASE = 'test';

/**
 * A store in MongoDB 6.0 or newer. Brings the database to the version that this program knows.
 * @throws PassbookError `unavailable` if the database cannot be reached
 * @throws TypeError if it is not of a replica set, of a newer version than this program knows, or another program's
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<Store> {
  const client = new MongoClient(options.uri, driverOptions(options));
  options.onClient?.(client);
  try {
    await client.connect();
    const name = options.databaseName ?? databaseNameIn(options.uri);
    const db = client.db(name ?? DEFAULT_DATABASE, DATABASE_OPTIONS);
    await assertTransactions(db);
    if (name === undefined) await assertNoBooksElsewhere(db);
    await migrate(db, options.clock ?? MACHINE_CLOCK);
    const presence = new Heartbeat(db);
    await presence.endDead();
    return storeOf(client, db, presence, options);
  } catch (fault) {
    await client.close();
    throw unavailable(fault);
  }
}

function driverOptions(options: MongoStoreOptions): MongoClientOptions {
  return {
    appName: 'passbook',
    retryWrites: true,
    retryReads: true,
    // `timeoutMS` has no effect in driver 7.9: each unit of work keeps its own deadline, and these end what hangs
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? 5000,
    heartbeatFrequencyMS: options.heartbeatFrequencyMs ?? 2000,
    // A server that is silent so long at a heartbeat is given up, with what waits for it
    connectTimeoutMS: 2000,
    // Above what a commit waits for its majority (10 s)
    socketTimeoutMS: 30_000,
    ...options.driver,
  };
}

function databaseNameIn(uri: string): string | undefined {
  const [, name] = /^[^:]+:\/\/[^/?]+\/([^?]+)/.exec(uri) ?? [];
  return name && decodeURIComponent(name);
}

/** Books that were kept without naming a database must not give way to empty ones. */
async function assertNoBooksElsewhere(db: Db): Promise<void> {
  if ((await versionOf(db)) > 0) return;
  let version = 0;
  try {
    version = await versionOf(db.client.db(FORMER_DATABASE, DATABASE_OPTIONS));
  } catch (fault) {
    // Another program's, or not to be read by this user
    if (!(fault instanceof TypeError || fault instanceof MongoServerError)) throw fault;
  }
  if (version === 0) return;
  throw new TypeError(
    `The URI names no database, and the books are in the database "${FORMER_DATABASE}": name it in the URI, as in mongodb://host/${FORMER_DATABASE}`,
  );
}

async function assertTransactions(db: Db): Promise<void> {
  const hello = await db.command({ hello: 1 });
  if ('setName' in hello || hello['msg'] === 'isdbgrid') return;
  throw new TypeError(
    'MongoDB must run as a replica set, as a standalone server has no transactions: start mongod with --replSet and run rs.initiate() once',
  );
}

function storeOf(client: MongoClient, db: Db, presence: Heartbeat, options: MongoStoreOptions): Store {
  const { clock = MACHINE_CLOCK, clockToleranceMs = 1000, timeoutMs = 10_000 } = options;
  const collections = collectionsOf(db);
  const blocks = new CounterpartyIndex(collections);
  const transactions = new TransactionRunner(db, presence);
  const clockGuard = new ClockGuard({ db, clock, toleranceMs: clockToleranceMs });
  const probe = new WriteProbe({ transactions, collections, clockGuard, timeoutMs });
  return {
    unitOfWork: new MongoUnitOfWork({
      transactions,
      collections,
      blocks,
      clock,
      clockGuard,
      parcelsSeen: ClaimedBatches.none(),
      runTimeoutMs: timeoutMs,
    }),
    reads: new MongoReads({ collections, blocks, timeoutMs }),
    scan: new MongoScan({ client, collections }),
    check: () => probe.check(),
    close: async () => {
      transactions.close();
      await client.close();
    },
  };
}
