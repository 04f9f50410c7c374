/**
 * What the driver and mongod alone can do: the rows that our MongoDB store writes for a transfer, in its collections
 * with its indexes and validators, inserted with nothing decided, hashed or checked.
 */
import { Binary, BSON, MongoClient } from 'mongodb';
import type { AnyBulkWriteOperation, ClientSession, Db, Document, Filter } from 'mongodb';
import type { Contender, Point } from '../src/measure.ts';
import type { Place } from '../src/passbook.ts';
import { gatheredRows, shapedTransfer } from '../src/shape.ts';
import type { Row, Shape, ShapedAccount, ShapedTransfer, Tables } from '../src/shape.ts';
import { drawPair } from '../src/workload.ts';
import { learnShape } from './learn-shape.ts';

const TRANSACTION = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
} as const;

export async function openNativeMongo(place: Place): Promise<Contender> {
  const client = new MongoClient(place.uri, {
    ignoreUndefined: true,
    useBigInt64: true,
    promoteBuffers: false,
    maxPoolSize: 100,
  });
  const db = client.db(place.database);
  const { shape, accounts } = await learnShape('mongo', place, () => readTables(db));
  return new NativeMongo({ client, db, shape, accounts });
}

class NativeMongo implements Contender {
  readonly servers = [];
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #shape: Shape;
  readonly #accounts: readonly ShapedAccount[];
  readonly #countsBefore = new Map<string, number>();
  #point: Point | undefined;
  #next: ShapedTransfer[] = [];

  constructor(parts: { client: MongoClient; db: Db; shape: Shape; accounts: readonly ShapedAccount[] }) {
    this.#client = parts.client;
    this.#db = parts.db;
    this.#shape = parts.shape;
    this.#accounts = parts.accounts;
  }

  async begin(point: Point): Promise<void> {
    this.#point = point;
    this.#next = this.#draw(point);
    for (const { table } of this.#shape.inserts) {
      if (!this.#countsBefore.has(table)) this.#countsBefore.set(table, await this.#count(table));
    }
  }

  async step(): Promise<void> {
    const point = this.#point as Point;
    const transfers = point.unit === 1 ? this.#draw(point) : this.#next;
    const rows = groupRows(this.#shape, transfers);
    const updates = groupUpdates(this.#shape, transfers);
    await this.#client.withSession(async (session) => {
      const committed = session.withTransaction(
        () => this.#write({ rows, updates, transfers: point.unit === 1 ? transfers : [] }, session),
        TRANSACTION,
      );
      // While the database works on this batch
      if (point.unit > 1) this.#next = this.#draw(point);
      await committed;
    });
  }

  /** A transfer by itself has to read the two balances first, and meets others at its accounts before it writes more. */
  async #write({ rows, updates, transfers }: Batch, session: ClientSession): Promise<void> {
    for (const { source, destination } of transfers) await this.#readAccounts([source, destination], session);
    for (const [table, operations] of updates) {
      const options = { session, ordered: false };
      const { matchedCount } = await this.#db.collection(table).bulkWrite([...operations], options);
      if (matchedCount !== operations.length) throw new Error(`a document of ${table} was not found`);
    }
    for (const [table, documents] of rows) {
      await this.#db.collection(table).insertMany([...documents], { session, ordered: false });
    }
  }

  async #readAccounts(accounts: readonly ShapedAccount[], session: ClientSession): Promise<void> {
    const ids = accounts.map(({ id }) => id);
    const filter: Filter<{ _id: string }> = { _id: { $in: ids } };
    const found = await this.#db.collection<{ _id: string }>('accounts').find(filter, { session }).toArray();
    if (found.length !== ids.length) throw new Error('an account was not found');
  }

  async check(acknowledged: number): Promise<void> {
    for (const [table, before] of this.#countsBefore) {
      const rows = (await this.#count(table)) - before;
      const each = this.#shape.inserts.filter((one) => one.table === table).length;
      if (rows !== each * acknowledged) {
        throw new Error(`${table} has ${rows} rows of ${acknowledged} transfers`);
      }
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #count(table: string): Promise<number> {
    return this.#db.collection(table).countDocuments();
  }

  #draw({ workload, unit }: Point): ShapedTransfer[] {
    return Array.from({ length: unit }, () => {
      const { source, destination } = drawPair(workload, this.#accounts.length);
      return shapedTransfer(
        this.#accounts[source] as ShapedAccount,
        this.#accounts[destination] as ShapedAccount,
      );
    });
  }
}

type Batch = {
  readonly rows: ReadonlyMap<string, readonly Document[]>;
  readonly updates: ReadonlyMap<string, readonly AnyBulkWriteOperation[]>;
  readonly transfers: readonly ShapedTransfer[];
};

function groupRows(shape: Shape, transfers: readonly ShapedTransfer[]): Map<string, Document[]> {
  const rows = new Map<string, Document[]>(shape.inserts.map(({ table }) => [table, []]));
  for (const transfer of transfers) {
    for (const { table, make } of shape.inserts) rows.get(table)?.push(make(transfer));
  }
  for (const [table, shared] of gatheredRows(shape, transfers)) rows.set(table, shared);
  return rows;
}

/** Each document once, as the last transfer of the batch leaves it. */
function groupUpdates(
  shape: Shape,
  transfers: readonly ShapedTransfer[],
): Map<string, AnyBulkWriteOperation[]> {
  const changes = new Map<string, { table: string; _id: unknown; row: Row }>();
  for (const transfer of transfers) {
    for (const { table, of, row, make } of shape.updates) {
      const _id = of === 'once' ? row['_id'] : idLike(row['_id'], transfer[of].id);
      changes.set(`${table} ${of === 'once' ? '' : transfer[of].id}`, { table, _id, row: make(transfer) });
    }
  }
  const grouped = new Map<string, AnyBulkWriteOperation[]>();
  for (const { table, _id, row } of changes.values()) {
    const filter: Document = { _id };
    const operations = grouped.get(table) ?? [];
    operations.push({ updateOne: { filter, update: { $set: row } } });
    grouped.set(table, operations);
  }
  return grouped;
}

/** An account's id as the store keeps it: text or bytes. */
function idLike(kept: unknown, id: string): unknown {
  return kept instanceof Binary ? new Binary(Buffer.from(id.replaceAll('-', ''), 'hex'), kept.sub_type) : id;
}

async function readTables(db: Db): Promise<Tables> {
  const tables = new Map<string, Map<string, Row>>();
  for (const { name } of await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray()) {
    const rows = await db
      .collection(name)
      .find({}, { readConcern: { level: 'majority' } })
      .toArray();
    tables.set(name, new Map(rows.map((row) => [nameOf(row._id), row])));
  }
  return tables;
}

function nameOf(id: unknown): string {
  return BSON.EJSON.stringify({ id });
}
