import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import type { Driver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { atCommit, beforeCommit } from '../../../src/adapters/sqlite/connection/faults.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { openWith } from '../../../src/adapters/sqlite/sqlite-store.ts';
import type { Stores } from '../../../src/application/ports/ledger-store.ts';
import { TestBank, NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, anAccount, aUser, aWelcome, FixedClock } from '../../../src/testing/fixtures/builders.ts';

const driver = await loadDriver();
const LOCK_TIMEOUT_MS = 500;
let folder: string;
let path: string;
let clock: FixedClock;
let store: SqliteStore;
let other: Connection;

/** Where units are written: in this thread, or all of them in the one for that. */
let threadThreshold: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  path = join(folder, 'bank.db');
  clock = new FixedClock();
  store = await openSqliteStore({ path, clock, lockTimeoutMs: LOCK_TIMEOUT_MS, threadThreshold });
  other = new Connection(driver, path, { readOnly: false });
});
afterEach(async () => {
  other.close();
  await store.close();
  await rm(folder, { recursive: true });
});

const UNAVAILABLE = { code: 'unavailable', facts: { retryAfterSeconds: 1 } };
const FULL = { code: 'storage_full', message: 'The store has no space left, nothing was done' };

function seed(account = anAccount(), { waitMs = 10_000 } = {}): Promise<void> {
  return store.unitOfWork.transact(
    aPrefetch({ accountIds: [account.id] }),
    () => ({
      result: undefined,
      changes: { ...NO_CHANGES, accounts: [{ before: null, after: account }] },
    }),
    clock.now() + waitMs,
  );
}

describe.each([
  { where: 'in the main thread', from: Infinity },
  { where: 'in the writing thread', from: 0 },
])('written $where:', ({ from }) => {
  beforeAll(() => {
    threadThreshold = from;
  });

  describe("another process's lock", () => {
    it('delays a unit while the event loop turns', async () => {
      const account = anAccount();
      other.exec('BEGIN IMMEDIATE');
      const units = [seed(account), store.unitOfWork.run(async () => 'done'), store.check()];
      await sleep(30);
      other.exec('COMMIT');

      expect(await Promise.all(units)).toEqual([undefined, 'done', undefined]);
      expect(await store.reads.account(account.id)).toStrictEqual(account);
    });

    it('delays a unit before its prefetch is requested', async () => {
      other.exec('BEGIN IMMEDIATE');
      let isFree = false;
      const asked: boolean[] = [];
      const unit = store.unitOfWork.transact(
        () => {
          asked.push(isFree);
          return aPrefetch({})();
        },
        () => ({ result: undefined, changes: NO_CHANGES }),
        clock.now() + 10_000,
      );
      await sleep(30);
      isFree = true;
      other.exec('COMMIT');
      await unit;
      expect(asked).toEqual([true]);
    });

    it('delays a unit to its deadline, and then nothing is written', async () => {
      const account = anAccount();
      other.exec('BEGIN IMMEDIATE');
      await expect(seed(account, { waitMs: 30 })).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.unitOfWork.run(async () => 'done')).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
      other.exec('COMMIT');

      expect(await store.reads.account(account.id)).toBeUndefined();
      await seed(account);
      expect(await store.reads.account(account.id)).toStrictEqual(account);
    });

    it('delays no read', async () => {
      const account = anAccount();
      await seed(account);
      other.exec('BEGIN IMMEDIATE');
      expect(await store.reads.account(account.id)).toStrictEqual(account);
      other.exec('COMMIT');
    });
  });

  describe('a unit of work in progress', () => {
    it('delays others to their deadline and no longer, and keeps those after them in order', async () => {
      const [late, patient] = [anAccount(), anAccount()];
      const events: string[] = [];
      let finish = (): void => undefined;
      const first = store.unitOfWork.run(async () => {
        await new Promise<void>((resolve) => (finish = resolve));
        events.push('first');
      });
      const second = seed(late, { waitMs: 20 });
      const third = seed(patient).then(() => events.push('third'));

      await expect(second).rejects.toMatchObject(UNAVAILABLE);
      finish();
      await Promise.all([first, third]);
      expect(events).toEqual(['first', 'third']);
      expect(await store.reads.account(late.id)).toBeUndefined();
    });

    it('delays no read', async () => {
      const account = anAccount();
      await seed(account);
      await store.unitOfWork.run(async ({ users }) => {
        await users.insert(aUser(), 'hash');
        expect(await store.reads.account(account.id)).toStrictEqual(account);
      });
    });

    it('is invisible to another process', async () => {
      const user = aUser();
      await store.unitOfWork.run(async ({ users }) => {
        await users.insert(user, 'hash');
        expect(other.all('SELECT id FROM users')).toEqual([]);
      });
      expect(other.all('SELECT id FROM users')).toEqual([{ id: user.id }]);
    });

    it('lends its stores, which are unusable after it', async () => {
      const kept: Stores[] = [];
      await store.unitOfWork.run(async (stores) => kept.push(stores));

      await expect(kept[0]!.outbox.add(aWelcome())).rejects.toThrow(TypeError);
      expect(other.all('SELECT id FROM parcels')).toEqual([]);
    });

    it('is refused past its deadline', async () => {
      await expect(seed(anAccount(), { waitMs: 0 })).rejects.toMatchObject(UNAVAILABLE);
    });

    it('may use all the time until its deadline', async () => {
      const first = store.unitOfWork.run(() => sleep(20));
      await expect(seed(anAccount(), { waitMs: 1e12 })).resolves.toBeUndefined();
      await first;
    });
  });

  describe('many units of work', () => {
    it('one after another let the event loop turn', async () => {
      let turns = 0;
      const timer = setInterval(() => (turns += 1), 1);
      for (let count = 0; count < 50; count++) await seed();
      clearInterval(timer);
      expect(turns).toBeGreaterThan(10);
    });
  });

  describe('an account that has changed', () => {
    it('is not overwritten', async () => {
      const account = anAccount();
      await seed(account);
      await expect(
        store.unitOfWork.transact(
          aPrefetch({ accountIds: [account.id] }),
          () => ({
            result: undefined,
            changes: {
              ...NO_CHANGES,
              accounts: [
                { before: anAccount({ id: account.id, sequence: 7 }), after: anAccount({ id: account.id }) },
              ],
            },
          }),
          clock.now() + 1000,
        ),
      ).rejects.toThrow(`Account ${account.id} has changed since it was read`);
      expect(await store.reads.account(account.id)).toStrictEqual(account);
    });
  });

  describe('a database file', () => {
    it('that was moved away accepts no more writes, which would be lost, until it is back', async () => {
      const elsewhere = join(folder, 'elsewhere.db');
      await rename(path, elsewhere);
      const fault = {
        ...UNAVAILABLE,
        cause: expect.objectContaining({ message: expect.stringContaining('was moved') as string }) as Error,
      };
      await expect(seed()).rejects.toMatchObject(fault);
      await expect(store.check()).rejects.toMatchObject({ code: 'unavailable' });

      await rename(elsewhere, path);
      await expect(seed()).resolves.toBeUndefined();
      await expect(store.check()).resolves.toBeUndefined();
    });

    it('that another file replaced accepts no more writes', async () => {
      await (await openSqliteStore({ path: join(folder, 'another.db') })).close();
      await rename(join(folder, 'another.db'), path);
      await expect(seed()).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
    });

    it('that a newer version has migrated accepts no more writes from this version', async () => {
      await seed();
      other.exec("INSERT INTO schema_migrations VALUES (99, 'of the future', 0)");
      const fault = {
        ...UNAVAILABLE,
        cause: expect.objectContaining({
          message: expect.stringContaining('newer Passbook') as string,
        }) as Error,
      };
      await expect(seed()).rejects.toMatchObject(fault);
      await expect(seed()).rejects.toMatchObject(fault);
      await expect(store.check()).rejects.toMatchObject(fault);
    });
  });

  describe('a disk that is full', () => {
    const EMPTY_PAGES = 40;

    beforeEach(async () => {
      await store.close();
      const { page_count } = other.get('PRAGMA page_count') as { page_count: bigint };
      store = await openSqliteStore({
        path,
        clock,
        threadThreshold,
        maxPageCount: Number(page_count) + EMPTY_PAGES,
      });
    });

    it('is reported, loses nothing that was acknowledged, and leaves nothing half done', async () => {
      const written: string[] = [];
      const full = await (async () => {
        for (;;) {
          const account = anAccount({ name: 'x'.repeat(500) });
          await seed(account);
          written.push(account.id);
        }
      })().catch((fault: unknown) => fault);

      expect(full).toMatchObject({ ...FULL, cause: { errcode: 13 } });
      expect(written.length).toBeGreaterThan(10);
      expect(other.all('SELECT id FROM accounts ORDER BY id')).toEqual(written.map((id) => ({ id })));
      expect((await store.reads.account(written[0]!))?.id).toBe(written[0]);
    });

    it('in the middle of a batch rolls it back, and the same keys succeed once there is room', async () => {
      const bank = new TestBank({ store, clock });
      const alice = { kind: 'user', id: 'alice' } as const;
      const [from, to] = [await bank.account(alice, { funds: 1000n }), await bank.account(alice)];
      const requests = Array.from({ length: 500 }, (_, index) => ({
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 1n,
        idempotencyKey: `key ${index}`,
      }));
      const settled = await Promise.allSettled(requests.map((one) => bank.ledger.transferFunds(alice, one)));
      const done = settled.filter(({ status }) => status === 'fulfilled').length;
      expect(settled.filter(({ status }) => status === 'rejected')).toEqual(
        Array.from({ length: 500 - done }, () => ({
          status: 'rejected',
          reason: expect.objectContaining(FULL) as Error,
        })),
      );
      expect(await bank.balanceOf(to)).toBe(BigInt(done));
      expect(done).toBeLessThan(500);

      const roomy = await openSqliteStore({ path, clock });
      const later = new TestBank({ store: roomy, clock });
      await Promise.all(requests.map((one) => later.ledger.transferFunds(alice, one)));
      expect(await later.balanceOf(to)).toBe(500n);
      expect(await later.entriesOf(to)).toHaveLength(500);
      await roomy.close();
    });

    it('ends a unit of work, even if its work ignores the fault', async () => {
      const user = aUser();
      await expect(
        store.unitOfWork.run(async ({ users, outbox }) => {
          await users.insert(user, 'hash');
          for (let count = 0; count < 1000; count++) {
            await outbox.add(aWelcome({ recipientId: 'x'.repeat(1000) })).catch(() => {});
          }
        }),
      ).rejects.toMatchObject(FULL);
      expect(other.all('SELECT id FROM users')).toEqual([]);
      expect(other.all('SELECT id FROM parcels')).toEqual([]);
    });
  });

  describe('a store that is closed', () => {
    it('finishes its accepted units, and refuses new ones', async () => {
      const accounts = [anAccount(), anAccount()];
      const short = await openSqliteStore({ path, clock, threadThreshold });
      const underWay = accounts.map((account) =>
        short.unitOfWork.transact(
          aPrefetch({}),
          () => ({
            result: undefined,
            changes: { ...NO_CHANGES, accounts: [{ before: null, after: account }] },
          }),
          clock.now() + 1000,
        ),
      );
      await short.close();

      await Promise.all(underWay);
      await expect(short.unitOfWork.run(async () => 'late')).rejects.toMatchObject(UNAVAILABLE);
      expect(await store.reads.account(accounts[1]!.id)).toStrictEqual(accounts[1]);
    });
  });
});

describe('a fault of SQLite', () => {
  const IO_FSYNC = 10 + 4 * 256;
  const rule = (errcode: number) => Object.assign(new Error('of SQLite'), { errcode });

  it.each([
    ['a full disk', 13, 'storage_full', 'storage_full'],
    ['a database that may not be written', 8, 'storage_full', 'outcome_unknown'],
    ['a file that takes no more bytes', 10 + 3 * 256, 'storage_full', 'outcome_unknown'],
    ['a lock', 5, 'unavailable', 'unavailable'],
    [
      'a failed sync, after which a crash may bring the commit back',
      IO_FSYNC,
      'unavailable',
      'outcome_unknown',
    ],
    ['a damaged file', 11, 'unavailable', 'outcome_unknown'],
  ])('%s is reported as such', (_, errcode, before, at) => {
    const fault = rule(errcode);
    expect(beforeCommit(fault)).toMatchObject({ code: before, cause: fault });
    expect(atCommit(fault)).toMatchObject({ code: at, cause: fault });
  });

  it('at the commit leaves an unknown outcome; the unit rolls back, and later ones succeed', async () => {
    const syncs = { fail: false };
    const failing: Driver = {
      ...driver,
      DatabaseSync: class extends driver.DatabaseSync {
        override exec(sql: string): void {
          if (sql === 'COMMIT' && syncs.fail) throw rule(IO_FSYNC);
          super.exec(sql);
        }
      },
    };
    await store.close();
    store = await openWith(failing, { path, clock });
    const account = anAccount();

    syncs.fail = true;
    await expect(seed(account)).rejects.toMatchObject({ code: 'outcome_unknown', retry: 'same_key' });
    await expect(store.unitOfWork.run(({ outbox }) => outbox.add(aWelcome()))).rejects.toMatchObject({
      code: 'outcome_unknown',
    });
    expect(await store.reads.account(account.id)).toBeUndefined();

    syncs.fail = false;
    await seed(account);
    expect(await store.reads.account(account.id)).toStrictEqual(account);
    expect(other.all('SELECT id FROM parcels')).toEqual([]);
  });

  it('after the commit leaves an unknown outcome too, and the store reads its caches again', async () => {
    const after = { fail: false };
    const failing: Driver = {
      ...driver,
      DatabaseSync: class extends driver.DatabaseSync {
        override exec(sql: string): void {
          super.exec(sql);
          if (sql === 'COMMIT' && after.fail) throw rule(IO_FSYNC);
        }
      },
    };
    await store.close();
    store = await openWith(failing, { path, clock });
    const bank = new TestBank({ store, clock });
    const alice = aCustomer();
    const [from, to] = [await bank.account(alice, { funds: 10n }), await bank.account(alice)];
    after.fail = true;
    await expect(bank.pay(alice, { from, to, amount: 4n })).rejects.toMatchObject({
      code: 'outcome_unknown',
    });
    after.fail = false;
    expect(await bank.pay(alice, { from, to, amount: 5n })).toMatchObject({ ok: true });
    expect(await bank.balanceOf(from)).toBe(1n);
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
  });

  it('that is a violation of the schema is our mistake, and is rethrown unchanged', () => {
    const fault = rule(19);
    expect(beforeCommit(fault)).toBe(fault);
    expect(atCommit(fault)).toBe(fault);
  });
});
