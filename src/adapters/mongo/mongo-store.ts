import { MongoClient, MongoServerError, ReadConcern } from 'mongodb';
import type { ClientSession, Db, DbOptions, MongoClientOptions } from 'mongodb';
import type { Store } from '../../application/ports/ledger-store.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import { ClaimedBatches } from '../shared/outbox-batch.ts';
import { assertCopyFinished } from './schema/unfinished-copy.ts';
import { MongoClockGuard } from './transactions/clock-guard.ts';
import { collectionsOf } from './schema/collections.ts';
import { CounterpartyIndex } from './writing/counterparty-blocks.ts';
import { mongoUnavailable } from './transactions/errors.ts';
import { migrateMongo, versionOf } from './schema/migrations.ts';
import { MongoOutboxReads } from './reading/mongo-outbox-reads.ts';
import { MongoReads } from './reading/mongo-reads.ts';
import { MongoScan } from './reading/mongo-scan.ts';
import { MongoSharedCounts } from './stores/shared-counts.ts';
import { MongoThrottleCounts } from './stores/throttle-counts.ts';
import { MongoUnitOfWork } from './writing/mongo-unit-of-work.ts';
import { ReadRoute } from './transactions/read-route.ts';
import { Heartbeat } from './transactions/heartbeat.ts';
import { TransactionRunner } from './transactions/transaction-runner.ts';
import { WriteProbe } from './transactions/write-probe.ts';

export type MongoStoreOptions = (StoreClient | GivenClient) & {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * How far the clock may differ from the database's before writes are refused, in milliseconds. Default: 1000.
   * Infinity disables the check.
   */
  readonly clockToleranceMs?: number;
  /** Time limit of a read, and of a unit of work without its own deadline, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
  /**
   * Two to four capital letters that begin the numbers of accounts from before accounts had numbers. They get theirs as
   * the store is opened first. Default: PB.
   */
  readonly accountPrefix?: string;
  /** Called each time a transaction runs again, after a conflict or a passing failure. Must not throw. */
  readonly onRetry?: () => void;
};

/** A client that the store opens and closes. */
type StoreClient = {
  readonly client?: never;
  /** URI of a replica set or a sharded cluster: other deployments have no transactions. */
  readonly uri: string;
  /** Default: the database in the URI, or else `passbook`. */
  readonly databaseName?: string;
  /**
   * How long to look for a primary before an attempt fails, and before reads are answered without one, in milliseconds.
   * Default: 5000.
   */
  readonly serverSelectionTimeoutMs?: number;
  /**
   * Interval between checks of each server, in milliseconds: the longest time before a failover is noticed. Default:
   * 2000.
   */
  readonly heartbeatFrequencyMs?: number;
  /** Driver options that override the ones above: TLS, credentials, the pool. */
  readonly driver?: MongoClientOptions;
  /** Receives the client before it connects, to watch its events. */
  readonly onClient?: (client: MongoClient) => void;
};

/** A client of the caller, who closes it after the store. */
type GivenClient = {
  readonly client: MongoClient;
  readonly databaseName: string;
};

/** Durability options for every command, which override the URI's. */
export const DATABASE_OPTIONS: DbOptions = {
  readConcern: new ReadConcern('majority'),
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  // Amounts are longs, and a JavaScript number is exact only up to 2^53
  useBigInt64: true,
  promoteLongs: true,
  promoteValues: true,
  // An undefined field is a bug, and must not silently become null
  ignoreUndefined: false,
};

const MACHINE_CLOCK: Clock = { now: () => Date.now() };

const DEFAULT_PREFIX = 'PB';
const SELECTION_MS = 5000;
export const DEFAULT_DATABASE = 'passbook';
/** The driver's default, which this program used before it had its own. */
const FORMER_DATABASE = 'test';

/** A store that `await using` closes. */
export interface MongoStore extends Store<ClientSession>, AsyncDisposable {}

/**
 * Opens a store in MongoDB 6.0 or newer. Brings the database to the version that this program knows.
 * @throws PassbookError `unavailable` if the database cannot be reached
 * @throws TypeError for a client without a database name
 * @throws TypeError if the database is not of a replica set, of a newer version than this program knows, or another
 *   program's
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const { db, presence } = await openDatabase(options);
  return mongoStoreOf(db, presence, options);
}

/**
 * Connects, and brings the database to the version that this program knows. Throws like `openMongoStore`.
 * @param options `allowsUnfinished`: whether a copy into the database may be unfinished
 */
export async function openDatabase(
  options: MongoStoreOptions & { readonly allowsUnfinished?: boolean },
): Promise<{ readonly db: Db; readonly presence: Heartbeat }> {
  if (options.client && !options.databaseName) {
    throw new TypeError('openMongoStore needs the databaseName beside a client');
  }
  const client = options.client ?? new MongoClient(options.uri, driverOptions(options));
  if (!options.client) options.onClient?.(client);
  const { clock = MACHINE_CLOCK, accountPrefix = DEFAULT_PREFIX } = options;
  try {
    await client.connect();
    const name = options.client
      ? options.databaseName
      : (options.databaseName ?? databaseNameIn(options.uri));
    const db = client.db(name ?? DEFAULT_DATABASE, DATABASE_OPTIONS);
    await assertTransactions(db);
    if (name === undefined) await assertNoBooksElsewhere(db);
    if (!options.allowsUnfinished) await assertCopyFinished(db);
    await migrateMongo(db, { clock, accountPrefix });
    const presence = new Heartbeat(db);
    await presence.endDead();
    return { db, presence };
  } catch (fault) {
    if (!options.client) await client.close();
    throw mongoUnavailable(fault);
  }
}

export function driverOptions(options: StoreClient): MongoClientOptions {
  return {
    appName: 'passbook',
    retryWrites: true,
    retryReads: true,
    // `timeoutMS` has no effect in driver 7.9. Each unit of work has its own deadline; these limits end hanging calls
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? SELECTION_MS,
    heartbeatFrequencyMS: options.heartbeatFrequencyMs ?? 2000,
    // A server that is silent for this long at a heartbeat loses its connections, and their calls fail
    connectTimeoutMS: 2000,
    // Longer than a commit's wait for its majority (10 s)
    socketTimeoutMS: 30_000,
    ...options.driver,
  };
}

export function databaseNameIn(uri: string): string | undefined {
  const [, name] = /^[^:]+:\/\/[^/?]+\/([^?]+)/.exec(uri) ?? [];
  return name && decodeURIComponent(name);
}

/** Refuses to open empty books if others exist in the former default database. */
async function assertNoBooksElsewhere(db: Db): Promise<void> {
  if ((await versionOf(db)) > 0) return;
  let version = 0;
  try {
    version = await versionOf(db.client.db(FORMER_DATABASE, DATABASE_OPTIONS));
  } catch (fault) {
    // Another program's, or unreadable for this user
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

/** The store closes the client, unless it was given. */
export function mongoStoreOf(db: Db, presence: Heartbeat, options: MongoStoreOptions): MongoStore {
  const { clock = MACHINE_CLOCK, clockToleranceMs = 1000, timeoutMs = 10_000 } = options;
  const collections = collectionsOf(db);
  const blocks = new CounterpartyIndex(collections);
  const transactions = new TransactionRunner({
    db,
    presence,
    ...(options.onRetry && { onRetry: options.onRetry }),
  });
  const clockGuard = new MongoClockGuard({ db, clock, toleranceMs: clockToleranceMs });
  const patienceMs = options.client ? SELECTION_MS : (options.serverSelectionTimeoutMs ?? SELECTION_MS);
  const { reader } = transactions;
  const route = new ReadRoute({ db, options: DATABASE_OPTIONS, reader, patienceMs, timeoutMs });
  const probe = new WriteProbe({ transactions, collections, clockGuard, timeoutMs });
  const close = async () => {
    route.close();
    await transactions.close();
    if (!options.client) await db.client.close();
  };
  return {
    unitOfWork: new MongoUnitOfWork({
      transactions,
      collections,
      blocks,
      clock,
      clockGuard,
      parcelsSeen: ClaimedBatches.none(),
      runTimeoutMs: timeoutMs,
      route,
    }),
    outbox: new MongoOutboxReads({ parcels: collections.parcels, route, timeoutMs }),
    reads: new MongoReads({ collections, blocks, route }),
    scan: new MongoScan({ client: db.client, collections }),
    sharedCounts: new MongoSharedCounts(collections),
    throttleCounts: new MongoThrottleCounts(collections),
    check: () => probe.check(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
