/**
 * The limit of SQLite alone: the rows that our SQLite store writes for a transfer, in its tables with its indexes and
 * triggers. Prepared statements write them in transactions of a fixed size; nothing is decided, hashed or checked.
 */
import type { Database, PreparedStatement, Value } from '../../src/adapters/sqlite/connection/driver.ts';
import type { Contender, Point } from '../src/measure.ts';
import { connectSqlite } from '../src/passbook.ts';
import type { Place } from '../src/passbook.ts';
import { gatheredRows, shapedTransfer } from '../src/shape.ts';
import type { Row, Shape, ShapedAccount, ShapedTransfer, Tables } from '../src/shape.ts';
import { drawPair } from '../src/workload.ts';
import { learnShape } from './learn-shape.ts';

export async function openBareSqlite(place: Place): Promise<Contender> {
  const { shape, accounts } = await learnShape('sqlite', place, async () => {
    const database = await connectSqlite(place);
    try {
      return readTables(database);
    } finally {
      database.close();
    }
  });
  return new BareSqlite(await connectSqlite(place), shape, accounts);
}

class BareSqlite implements Contender {
  readonly servers = [];
  readonly #database: Database;
  readonly #accounts: readonly ShapedAccount[];
  readonly #shape: Shape;
  readonly #inserts: readonly Write[];
  readonly #updates: readonly (Write & { of: 'source' | 'destination' | 'once' })[];
  readonly #countsBefore: ReadonlyMap<string, number>;
  #point: Point | undefined;

  constructor(database: Database, shape: Shape, accounts: readonly ShapedAccount[]) {
    // They are neither rows nor indexes
    database.exec('PRAGMA foreign_keys = OFF');
    this.#database = database;
    this.#accounts = accounts;
    this.#shape = shape;
    this.#inserts = shape.inserts.map((one) => insertInto(database, one));
    this.#updates = shape.updates.map((one) => updateOf(database, one));
    this.#countsBefore = new Map(shape.inserts.map(({ table }) => [table, this.#count(table)]));
  }

  async begin(point: Point): Promise<void> {
    this.#point = point;
  }

  async step(): Promise<void> {
    const { unit, workload } = this.#point as Point;
    const last = new Map<string, () => void>();
    const transfers: ShapedTransfer[] = [];
    this.#database.exec('BEGIN IMMEDIATE');
    for (let made = 0; made < unit; made++) {
      const { source, destination } = drawPair(workload, this.#accounts.length);
      const transfer = shapedTransfer(
        this.#accounts[source] as ShapedAccount,
        this.#accounts[destination] as ShapedAccount,
      );
      transfers.push(transfer);
      for (const { statement, values } of this.#inserts) statement.run(...values(transfer));
      for (const [index, { of, statement, values }] of this.#updates.entries()) {
        // Each row once, as the last transfer of the batch leaves it
        const row = of === 'once' ? String(index) : transfer[of].id;
        last.set(row, () => {
          if (Number(statement.run(...values(transfer)).changes) !== 1)
            throw new Error('a row was not found');
        });
      }
    }
    for (const write of last.values()) write();
    for (const [table, rows] of gatheredRows(this.#shape, transfers)) {
      for (const row of rows) {
        const { statement, values } = insertInto(this.#database, { table, make: () => row });
        statement.run(...values(NO_TRANSFER));
      }
    }
    this.#database.exec('COMMIT');
    // A caller yields here too while it waits for a commit, and the clock of the measurement needs its turn
    await new Promise(setImmediate);
  }

  async check(acknowledged: number): Promise<void> {
    for (const [table, before] of this.#countsBefore) {
      const rows = this.#count(table) - before;
      const each = this.#inserts.filter((one) => one.table === table).length;
      if (rows !== each * acknowledged) {
        throw new Error(`${table} has ${rows} rows of ${acknowledged} transfers`);
      }
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #count(table: string): number {
    const row = this.#database.prepare(`SELECT count(*) AS n FROM "${table}"`).get() as { n: number };
    return row.n;
  }
}

type Write = {
  readonly table: string;
  readonly statement: PreparedStatement;
  readonly values: (transfer: ShapedTransfer) => Value[];
};

function insertInto(database: Database, { table, make }: Shape['inserts'][number]): Write {
  const given = rowNumberOf(database, table);
  const columns = columnsOf(database, table)
    .map(({ name }) => name)
    .filter((name) => name !== given);
  const marks = columns.map(() => '?').join(', ');
  const statement = database.prepare(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${marks})`);
  return { table, statement, values: (transfer) => pick(make(transfer), columns) };
}

function updateOf(database: Database, { table, of, row, make }: Shape['updates'][number]) {
  const keys = columnsOf(database, table)
    .filter(({ pk }) => pk > 0n)
    .map(({ name }) => name);
  const [key = 'rowid'] = keys;
  const changed = Object.keys(make(NO_TRANSFER));
  const assignments = changed.map((name) => `${name} = ?`).join(', ');
  const statement = database.prepare(`UPDATE "${table}" SET ${assignments} WHERE ${key} = ?`);
  const values = (transfer: ShapedTransfer): Value[] => {
    const kept = row[key] as Value;
    return [...pick(make(transfer), changed), of === 'once' ? kept : idLike(kept, transfer[of].id)];
  };
  return { table, of, statement, values };
}

const NO_ID = '00000000-0000-7000-8000-000000000000';
const NOBODY: ShapedAccount = { id: NO_ID, ownerId: NO_ID, count: 0 };
const NO_TRANSFER: ShapedTransfer = {
  transferId: NO_ID,
  key: NO_ID,
  source: NOBODY,
  destination: NOBODY,
  sourceCount: 0,
  destinationCount: 0,
  at: 0,
};

/** An account's id as the store keeps it: text or bytes. */
function idLike(kept: Value, id: string): Value {
  return kept instanceof Uint8Array ? Buffer.from(id.replaceAll('-', ''), 'hex') : id;
}

function pick(row: Row, columns: readonly string[]): Value[] {
  return columns.map((name) => (row[name] ?? null) as Value);
}

type Column = { readonly name: string; readonly type: string; readonly pk: bigint };

function columnsOf(database: Database, table: string): Column[] {
  const statement = database.prepare(`PRAGMA table_info("${table}")`);
  statement.setReadBigInts(true);
  return statement.all() as unknown as Column[];
}

/** The column, if any, that is SQLite's own number of the row: it gives the next one itself. */
function rowNumberOf(database: Database, table: string): string | undefined {
  const keys = columnsOf(database, table).filter(({ pk }) => pk > 0n);
  return keys.length === 1 && keys[0]?.type.toUpperCase() === 'INTEGER' ? keys[0].name : undefined;
}

function readTables(database: Database): Tables {
  const tables = new Map<string, Map<string, Row>>();
  const all = database.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
  );
  for (const table of (all.all() as { name: string }[]).map(({ name }) => name)) {
    const keys = columnsOf(database, table).filter(({ pk }) => pk > 0n);
    const statement = database.prepare(`SELECT * FROM "${table}"`);
    statement.setReadBigInts(true);
    const rows = statement.all() as Row[];
    tables.set(table, new Map(rows.map((row) => [nameOf(keys.map(({ name }) => row[name])), row])));
  }
  return tables;
}

function nameOf(key: readonly unknown[]): string {
  const parts = key.map((part) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('hex') : String(part),
  );
  return parts.join(' ');
}
