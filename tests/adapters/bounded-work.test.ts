import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { aLargeBook, HEAVIEST_REQUESTS, LARGEST_REFUSED, LINES } from '../support/heaviest-requests.ts';
import type { HeavyRequest, LargeBook } from '../support/heaviest-requests.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';

/** Each of them is some 20 ms of work. */
const ROWS_A_TURN = 512;
const TRANSFERS_A_TURN = 512;
const BYTES_A_PART = 256 * 1024;
/** Room for the 20 faults that an answer names. */
const BYTES_A_REFUSAL = 8 * 1024;

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));

describe('over memory', () => bounded(async () => createMemoryStore()));
describe('over SQLite', () =>
  bounded(() =>
    openSqliteStore({ path: join(folder, 'book.db'), clock: new FixedClock(), clockToleranceMs: Infinity }),
  ));
describeWithMongo('over MongoDB', () =>
  bounded(() =>
    openMongoStore({
      uri: mongoUri(),
      databaseName: freshDatabaseName(),
      clock: new FixedClock(),
      clockToleranceMs: Infinity,
    }),
  ),
);

function bounded(open: () => Promise<Store>): void {
  let store: Store;
  let book: LargeBook;
  beforeAll(async () => {
    store = await open();
    book = await aLargeBook(store);
  }, 0);
  afterAll(() => store.close());

  const long = HEAVIEST_REQUESTS.filter(({ name }) => name.startsWith('a statement'));
  const others = HEAVIEST_REQUESTS.filter((heavy) => !long.includes(heavy));

  it.each(others)('$name leaves turns of the event loop to others', async (heavy) => {
    const { meter } = book;
    meter.begin();
    const turns = await meter.turnsDuring(async () => {
      const response = await send(book, heavy);
      const text = await response.text();
      const expected = heavy.refused === undefined ? [200, 201] : [heavy.refused];
      expect(expected, text + book.edge.lines.slice(-2)).toContain(response.status);
    });
    expect(turns).toBeGreaterThanOrEqual(heavy.turns);
    expect(meter.mostRows).toBeLessThanOrEqual(ROWS_A_TURN);
    expect(meter.mostTransfers).toBeLessThanOrEqual(TRANSFERS_A_TURN);
    expect(meter.mostParts).toBeLessThanOrEqual(1);
  });

  it.each(LARGEST_REFUSED)(
    '$name is refused in a short answer, and reads no more than the account',
    async (heavy) => {
      const { meter } = book;
      meter.begin();
      const response = await send(book, heavy);
      const text = await response.text();
      expect(response.status, text).toBe(heavy.refused);
      expect(text.length).toBeLessThanOrEqual(BYTES_A_REFUSAL);
      expect(meter.rows).toBeLessThanOrEqual(1);
    },
  );

  it.each(long)(
    '$name is read no faster than its reader takes it, in small parts, and leaves turns of the event loop to others',
    async (heavy) => {
      const { meter } = book;
      meter.begin();
      const response = await send(book, heavy);
      expect(response.status).toBe(200);
      const reader = response.body!.getReader();
      await reader.read();
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      expect(meter.rows).toBeLessThan(LINES / 4);

      const turns = await meter.turnsDuring(async () => {
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          expect(part.value.length).toBeLessThanOrEqual(BYTES_A_PART);
        }
      });
      expect(turns).toBeGreaterThanOrEqual(heavy.turns);
      expect(meter.rows).toBeGreaterThanOrEqual(LINES);
      expect(meter.mostRows).toBeLessThanOrEqual(ROWS_A_TURN);
    },
  );

  it('a reader that leaves ends the reading', async () => {
    const { meter } = book;
    meter.begin();
    const reader = (await send(book, long[0]!)).body!.getReader();
    await reader.read();
    await reader.cancel();
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(meter.rows).toBeLessThan(LINES / 4);
  });

  it('many long reads at once hold the loop no longer than one does', async () => {
    const { meter } = book;
    meter.begin();
    await meter.turnsDuring(async () => {
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          await (await send(book, long[0]!)).text();
        }),
      );
    });
    expect(meter.rows).toBeGreaterThanOrEqual(8 * LINES);
    // What MongoDB answers may come in one turn, whenever it was asked
    expect(meter.mostRows).toBeLessThanOrEqual(2 * ROWS_A_TURN);
  });
}

async function send(book: LargeBook, { route, body, as = 'owner' }: HeavyRequest): Promise<Response> {
  const [method = '', path = ''] = route(book).split(' ');
  return book.edge.app.request(path, {
    method,
    headers: {
      Authorization: `Bearer ${book[as].token}`,
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    },
    ...(body ? { body: textOf(body(book)) } : {}),
  });
}

function textOf(body: object | string): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
