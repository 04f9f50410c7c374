import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { Connection } from '../../src/adapters/sqlite/connection/connection.ts';
import type { Value } from '../../src/adapters/sqlite/connection/driver.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import { verifyBooks } from '../../src/application/proofs/verify-books.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { otherValues } from '../support/other-values.ts';
import { anUnguardedSqlite } from '../support/tamper-sqlite.ts';
import { wholeBooks } from '../support/whole-books.ts';

type Row = Readonly<Record<string, Value>>;
type Table = { readonly name: string; readonly columns: readonly Column[]; readonly rows: readonly Row[] };
type Column = { readonly name: string; readonly type: string; readonly pk: number };

/** Tables that the test skips. All others belong to the ledger, and each column and row is changed below. */
const NOT_OF_THE_LEDGER: Readonly<Record<string, string>> = {
  mail_hours: 'the mails of each recipient in an hour',
  newest_entry: 'the newest instant, which only decides whether the clock is believed',
  write_probe: 'empty but for the moment of a probe',
  parcels: 'mail that waits; what was sent is deleted, and no money depends on it',
  users: 'people and their roles, who may change them',
  sessions: 'sign-ins, which end',
  credentials: 'passkeys, keys and links of people',
  security_events: 'a log of sign-ins, apart from the audit log of the ledger',
  payees: 'labels and names that users keep about payees',
  schema_migrations: 'the version of the schema, which the store checks as it opens',
};

/** Tables whose missing rows go unnoticed: no other row repeats them, so only an outside copy would show it. */
const MAY_VANISH = new Set(['idempotency_records']);

/** Number of rows of different shape in which each column is changed: the first to all values, others to one. */
const SHAPES = 2;
const REMOVED = 8;

let store: Store;
let connection: Connection;
let close: () => Promise<void>;
let tables: readonly Table[] = [];

beforeAll(async () => {
  ({ store, connection, close } = await anUnguardedSqlite());
  connection.exec('PRAGMA ignore_check_constraints = OFF');
  await wholeBooks(new TestBank({ store, clock: new FixedClock() }), store);
  const names = connection.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") as {
    name: string;
  }[];
  tables = names.map(({ name }) => ({
    name,
    columns: connection.all(`PRAGMA table_info(${name})`).map((info) => {
      const column = info as { name: string; type: string; pk: bigint };
      return { ...column, pk: Number(column.pk) };
    }),
    rows: connection.all(`SELECT * FROM ${name}`) as Row[],
  }));
});
afterAll(() => close());

describe('verification of a SQLite file that was changed by hand', () => {
  it('finds nothing without a change', async () => {
    expect(await faults()).toEqual([]);
  });

  it('has a row to change in every table of the ledger, with a value in every column', () => {
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(NOT_OF_THE_LEDGER)));
    const empty = ledgerTables().flatMap(({ name, columns, rows }) =>
      columns
        .filter((column) => rows.every((row) => row[column.name] === null))
        .map((column) => `${name}.${column.name}`),
    );
    expect(empty).toEqual([]);
  });

  it('finds a change of every column in every table, to any value', async () => {
    const missed: string[] = [];
    let tried = 0;
    for (const table of ledgerTables()) {
      for (const column of table.columns) {
        for (const [index, row] of someRows(table, column).entries()) {
          for (const value of valuesFor(table, column, row).slice(0, index === 0 ? undefined : 1)) {
            if (!update(table, row, { [column.name]: value })) continue;
            tried++;
            if ((await faults()).length === 0)
              missed.push(`${table.name}.${column.name}: ${text(row[column.name])} to ${text(value)}`);
            restore(table, { ...row, [column.name]: value }, row);
          }
        }
      }
    }
    expect(missed).toEqual([]);
    expect(tried).toBeGreaterThan(86);
    expect(await faults()).toEqual([]);
  });

  it('finds every removed row except an idempotency record', async () => {
    const missed: string[] = [];
    for (const table of ledgerTables()) {
      for (const row of new Set([...table.rows.slice(0, REMOVED), ...table.rows.slice(-REMOVED)])) {
        remove(table, row);
        if ((await faults()).length === 0) missed.push(table.name);
        insert(table, row);
      }
    }
    expect(new Set(missed)).toEqual(MAY_VANISH);
  });

  it('finds every row that is duplicated under another key', async () => {
    const missed: string[] = [];
    for (const table of ledgerTables()) {
      for (const row of table.rows.slice(0, SHAPES)) {
        for (const column of table.columns.filter(({ pk }) => pk > 0)) {
          const before = row[column.name];
          const key = typeof before === 'bigint' ? before + 1_000n : `${String(before)}0`;
          const copy = { ...row, [column.name]: key, ...('record_key' in row ? { record_key: key } : {}) };
          insert(table, copy);
          if ((await faults()).length === 0) missed.push(`${table.name} by ${column.name}`);
          remove(table, copy);
        }
      }
    }
    expect(missed).toEqual([]);
  });
});

function ledgerTables(): readonly Table[] {
  return tables.filter(({ name }) => !(name in NOT_OF_THE_LEDGER));
}

async function faults() {
  const ports = { reads: store.reads, scan: store.scan, digest: sha256, hexDigest: sha256OfHex };
  return (await verifyBooks(ports)()).faults;
}

/** Rows with different null columns and different words in small columns. */
function someRows({ rows }: Table, column: Column): readonly Row[] {
  const shapes = new Map<string, Row>();
  for (const row of rows) {
    const words = ['kind', 'status', 'step', 'outcome', 'action', 'purpose', 'direction'].map(
      (name) => row[name],
    );
    const shape = [...Object.values(row).map((value) => value === null), row[column.name] === null, ...words];
    shapes.set(shape.map(String).join(), row);
  }
  const found = [...shapes.values()];
  const withValue = found.filter((row) => row[column.name] !== null).slice(0, SHAPES);
  return [...withValue, ...found.filter((row) => row[column.name] === null).slice(0, 1)];
}

/** Other values for a column, and a well-formed one taken from another row. */
function valuesFor(table: Table, column: Column, row: Row): readonly Value[] {
  const whereNull = { INTEGER: 1n, BLOB: new Uint8Array(16), TEXT: 'x' }[column.type];
  const value = row[column.name] ?? null;
  const others = table.rows
    .map((one) => one[column.name])
    .filter((one) => one !== null && text(one) !== text(value));
  const made = otherValues(value, { whereNull }) as Value[];
  return [...made, ...others.slice(-1)] as Value[];
}

/** Updates a row. Returns false if the table refuses it: the value must be unique or not null. */
function update(table: Table, row: Row, change: Row): boolean {
  const [set, where] = [Object.keys(change).map((name) => `${name} = ?`), keyOf(table)];
  try {
    connection.run(
      `UPDATE ${table.name} SET ${set.join()} WHERE ${where}`,
      ...Object.values(change),
      ...keyValues(table, row),
    );
    return true;
  } catch {
    return false;
  }
}

function restore(table: Table, changed: Row, row: Row): void {
  remove(table, changed);
  insert(table, row);
}

function remove(table: Table, row: Row): void {
  const sql = `DELETE FROM ${table.name} WHERE ${keyOf(table)}`;
  expect(connection.run(sql, ...keyValues(table, row))).toBe(1);
}

function insert({ name }: Table, row: Row): void {
  const marks = Object.keys(row).map(() => '?');
  connection.run(
    `INSERT INTO ${name} (${Object.keys(row).join()}) VALUES (${marks.join()})`,
    ...Object.values(row),
  );
}

function keyOf({ columns }: Table): string {
  return columns
    .filter(({ pk }) => pk > 0)
    .map(({ name }) => `${name} = ?`)
    .join(' AND ');
}

function keyValues({ columns }: Table, row: Row): readonly Value[] {
  return columns.filter(({ pk }) => pk > 0).map(({ name }) => row[name] ?? null);
}

function text(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
