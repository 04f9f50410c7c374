import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import type { Driver, PreparedStatement } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore, SqliteStoreOptions } from '../../../src/adapters/sqlite/index.ts';
import { openWith } from '../../../src/adapters/sqlite/sqlite-store.ts';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, aUser, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { BEFORE_DIGESTS, revertNumbers } from '../../support/older-sqlite.ts';

const HOUR_MS = 3_600_000;
const alice = aCustomer('Alice');

function refusal(seconds: number) {
  return {
    code: 'unavailable',
    retry: 'same_key',
    message: `The clock is ${seconds} s behind the newest entry, nothing was done`,
    facts: { retryAfterSeconds: Math.min(seconds, 60) },
  };
}

describe('books with an entry ahead of the clock', () => {
  let folder: string;
  let path: string;
  let clock: FixedClock;
  let stores: SqliteStore[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-'));
    path = join(folder, 'bank.db');
    clock = new FixedClock();
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    await rm(folder, { recursive: true });
  });

  async function open(options: Partial<SqliteStoreOptions> = {}): Promise<TestBank> {
    const store = await openSqliteStore({ path, clock, ...options });
    stores.push(store);
    return new TestBank({ store, clock });
  }

  /** Two customers' accounts, with an entry of an hour ahead between them alone. */
  async function booksAhead(bank: TestBank): Promise<{ from: string; to: string }> {
    const [from, to] = [await bank.account(alice, { funds: 100n }), await bank.open(aCustomer())];
    clock.advance(HOUR_MS);
    await bank.pay(alice, { from, to, amount: 1n });
    clock.advance(-HOUR_MS);
    return { from, to };
  }

  it.each([
    { where: 'in the main thread', threadThreshold: Infinity },
    { where: 'in the writing thread', threadThreshold: 0 },
  ])(
    'accept no write $where until the clock has caught up; reads and user writes continue',
    async ({ threadThreshold }) => {
      const bank = await open({ threadThreshold });
      const [store] = stores as [SqliteStore];
      const { from, to } = await booksAhead(bank);
      const untouched = await bank.reads.account(to);

      await expect(bank.pay(alice, { from, to, amount: 1n })).rejects.toMatchObject(refusal(3600));
      await expect(bank.open(aCustomer())).rejects.toMatchObject(refusal(3600));
      await expect(store.check()).rejects.toMatchObject(refusal(3600));
      expect(await bank.reads.account(to)).toStrictEqual(untouched);
      await store.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));

      clock.advance(HOUR_MS - 1_501);
      await expect(store.check()).rejects.toMatchObject(refusal(2));
      clock.advance(1);
      await expect(store.check()).resolves.toBeUndefined();
      expect(await bank.pay(alice, { from, to, amount: 1n })).toMatchObject({ ok: true });
      expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
    },
  );

  it('are noticed at opening, and by a process that did not write the entry', async () => {
    const another = await open();
    await another.open(aCustomer());
    const writer = await open();
    await booksAhead(writer);
    await expect(stores[0]!.check()).rejects.toMatchObject(refusal(3600));
    await expect(another.open(aCustomer())).rejects.toMatchObject(refusal(3600));
    for (const store of stores.splice(0)) await store.close();

    const again = await open();
    await expect(stores[0]!.check()).rejects.toMatchObject(refusal(3600));
    await expect(again.open(aCustomer())).rejects.toMatchObject(refusal(3600));
  });

  it('are noticed in a file of an older version too', async () => {
    await booksAhead(await open());
    await stores.pop()?.close();
    const connection = new Connection(await loadDriver(), path, { readOnly: false });
    revertNumbers(connection);
    connection.exec(`${BEFORE_DIGESTS}; DROP TABLE newest_entry; DROP TABLE write_probe;
      DELETE FROM schema_migrations WHERE number >= 4`);
    connection.close();

    await open();
    await expect(stores[0]!.check()).rejects.toMatchObject(refusal(3600));
  });

  it('are written if the clock check is switched off', async () => {
    const bank = await open({ clockToleranceMs: Infinity });
    const { from, to } = await booksAhead(bank);
    expect(await bank.pay(alice, { from, to, amount: 1n })).toMatchObject({ ok: true });
  });

  it('cost units at one instant no statement: the newest instant is in memory', async () => {
    const driver = await loadDriver();
    let asked = 0;
    const count = <R>(sql: string, run: () => R): R => {
      if (sql.includes('newest_entry')) asked++;
      return run();
    };
    const watched: Driver = {
      ...driver,
      DatabaseSync: class extends driver.DatabaseSync {
        override prepare(sql: string): PreparedStatement {
          const statement = super.prepare(sql);
          return {
            run: (...values) => count(sql, () => statement.run(...values)),
            get: (...values) => count(sql, () => statement.get(...values)),
            all: (...values) => count(sql, () => statement.all(...values)),
            setReadBigInts: (readBigInts) => statement.setReadBigInts(readBigInts),
          };
        }
      },
    };
    const store = await openWith(watched, { path, clock });
    stores.push(store);
    const bank = new TestBank({ store, clock });
    const [from, to] = [await bank.account(alice, { funds: 100n }), await bank.open(aCustomer())];
    asked = 0;
    for (let number = 0; number < 20; number++) await bank.pay(alice, { from, to, amount: 1n });
    expect(asked).toBe(0);
  });

  it('accept no write in memory either, if the store gets a clock', async () => {
    const store = createMemoryStore({ clock });
    const bank = new TestBank({ store, clock });
    const { from, to } = await booksAhead(bank);
    await expect(bank.pay(alice, { from, to, amount: 1n })).rejects.toMatchObject(refusal(3600));
    await expect(store.check()).rejects.toMatchObject(refusal(3600));
    clock.advance(HOUR_MS);
    await expect(store.check()).resolves.toBeUndefined();
    expect(await bank.pay(alice, { from, to, amount: 1n })).toMatchObject({ ok: true });
  });
});
