import { MongoClient, MongoServerError } from 'mongodb';
import type { Db, Document } from 'mongodb';
import type { Clock } from '../../application/ports/runtime.ts';
import type { OutboxState, SchemaState } from '../shared/schema-state.ts';
import { DATABASE_OPTIONS, databaseNameIn, DEFAULT_DATABASE, driverOptions } from './mongo-store.ts';
import { collectionsOf } from './schema/collections.ts';
import { missingIndexes, mongoSchemaState, remakeIndexes } from './schema/migrations.ts';

/** State of a database, read without opening it as a store: nothing is migrated or written. */
export type MongoInspection = {
  readonly databaseName: string;
  /** Version of the server, such as 7.0.14. */
  readonly serverVersion: string;
  readonly topology: 'standalone' | 'replica_set' | 'sharded';
  /** Members of the replica set that keep data. 0 for other topologies. */
  readonly members: number;
  readonly arbiters: number;
  /** Data members that answer their replica set. Null: this user may not ask. */
  readonly healthyMembers: number | null;
  /** Least difference between the clock and the database's, in milliseconds. */
  readonly clockOffMs: number;
  readonly schema: SchemaState;
  /** Each as `collection.name`. */
  readonly missingIndexes: readonly string[];
  /** Null if the database belongs to another program. */
  readonly outbox: OutboxState | null;
};

/** @throws MongoError if the database cannot be reached, or refuses this user */
export async function inspectMongo(uri: string, { clock }: { clock: Clock }): Promise<MongoInspection> {
  return withDatabase(uri, (db) => inspect(db, clock));
}

/**
 * Makes the indexes again that somebody dropped, in a database of the newest version. Returns their names:
 * `collection.name`.
 */
export async function remakeMongoIndexes(uri: string): Promise<readonly string[]> {
  return withDatabase(uri, remakeIndexes);
}

async function withDatabase<T>(uri: string, work: (db: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, driverOptions({ uri }));
  try {
    await client.connect();
    return await work(client.db(databaseNameIn(uri) ?? DEFAULT_DATABASE, DATABASE_OPTIONS));
  } finally {
    await client.close();
  }
}

/** Whether the server knows the user, or gives them the right to do this. */
export function isDenied(fault: unknown): boolean {
  return fault instanceof MongoServerError && DENIED.has(Number(fault.code));
}

/** Unauthorized, AuthenticationFailed, and Atlas's error for a bad sign-in. */
const DENIED = new Set([13, 18, 8000]);

async function inspect(db: Db, clock: Clock): Promise<MongoInspection> {
  const { hello, offMs } = await greet(db, clock);
  const { version: serverVersion } = (await db.command({ buildInfo: 1 })) as { version: string };
  const schema = await mongoSchemaState(db);
  const isReadable = schema.refusal === null;
  return {
    databaseName: db.databaseName,
    serverVersion,
    topology: topologyOf(hello),
    members: [...listOf(hello, 'hosts'), ...listOf(hello, 'passives')].length,
    arbiters: listOf(hello, 'arbiters').length,
    healthyMembers: await healthyMembers(db),
    clockOffMs: offMs,
    schema,
    missingIndexes: isReadable ? await missingIndexes(db, schema.version) : [],
    outbox: isReadable ? await outboxOf(db, clock) : null,
  };
}

/** Asks for the database's clock too, with an error of at most half the round trip. */
async function greet(db: Db, clock: Clock): Promise<{ hello: Document; offMs: number }> {
  // The first call also opens the connection
  await db.command({ ping: 1 });
  const [before, sentAt] = [clock.now(), performance.now()];
  const hello = await db.command({ hello: 1 });
  const [after, at] = [clock.now(), performance.now()];
  const off = Math.abs((before + after) / 2 - (hello['localTime'] as Date).getTime());
  return { hello, offMs: Math.max(0, off - (at - sentAt) / 2) };
}

function topologyOf(hello: Document): MongoInspection['topology'] {
  if (hello['msg'] === 'isdbgrid') return 'sharded';
  return 'setName' in hello ? 'replica_set' : 'standalone';
}

function listOf(hello: Document, name: string): readonly unknown[] {
  const list: unknown = hello[name];
  return Array.isArray(list) ? list : [];
}

const PRIMARY = 1;
const SECONDARY = 2;

async function healthyMembers(db: Db): Promise<number | null> {
  try {
    const { members } = await db.admin().command({ replSetGetStatus: 1 });
    const states = (members as { state: unknown; health: unknown }[]).filter(
      ({ health, state }) => Number(health) === 1 && [PRIMARY, SECONDARY].includes(Number(state)),
    );
    return states.length;
  } catch (fault) {
    // Needs the role clusterMonitor, or is asked of another topology
    if (fault instanceof MongoServerError) return null;
    throw fault;
  }
}

async function outboxOf(db: Db, clock: Clock): Promise<OutboxState> {
  const { parcels } = collectionsOf(db);
  const [oldest] = await parcels
    .find({ dueAt: { $exists: true } })
    .sort({ dueAt: 1, _id: 1 })
    .limit(1)
    .toArray();
  return {
    waiting: await parcels.countDocuments({ dueAt: { $lte: new Date(clock.now()) } }),
    oldestDueAt: oldest?.dueAt?.getTime() ?? null,
    givenUp: await parcels.countDocuments({ dueAt: { $exists: false } }),
  };
}
