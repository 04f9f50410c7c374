import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { driverModule, loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import type { Driver, PreparedStatement } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { openWith } from '../../../src/adapters/sqlite/sqlite-store.ts';
import { Account } from '../../../src/domain/entities/account.ts';
import type { Changes } from '../../../src/domain/books/changes.ts';
import { Transfer } from '../../../src/domain/entities/transfer.ts';
import { TestBank, NO_CHANGES, SYSTEM, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, anAccount, aUser, FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';

const driver = await loadDriver();
const clock = new FixedClock();
const alice = aCustomer('Alice');
let folder: string;
let path: string;
let stores: SqliteStore[];
let workers: Worker[];
const note = (worker: Worker) => workers.push(worker);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  path = join(folder, 'bank.db');
  stores = [];
  workers = [];
  process.on('worker', note);
});
afterEach(async () => {
  process.off('worker', note);
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

async function open(
  options: { threadThreshold?: number; driver?: Driver; module?: string } = {},
): Promise<TestBank> {
  const { threadThreshold, module = driverModule() } = options;
  const store = await openWith(
    options.driver ?? driver,
    { path, clock, ...(threadThreshold === undefined ? {} : { threadThreshold }) },
    module,
  );
  stores.push(store);
  return new TestBank({ store, clock });
}

function write(bank: TestBank, changes: Partial<Changes>, decide = () => {}): Promise<unknown> {
  return bank.unitOfWork.transact(
    aPrefetch({}),
    () => {
      decide();
      return { result: undefined, changes: { ...NO_CHANGES, ...changes } };
    },
    clock.now() + 10_000,
  );
}

describe('the writing thread', () => {
  it('starts at the threshold only, then serves all units, and ends with the store', async () => {
    let committedHere = 0;
    const watched: Driver = {
      ...driver,
      DatabaseSync: class extends driver.DatabaseSync {
        override exec(sql: string): void {
          if (sql === 'COMMIT') committedHere++;
          super.exec(sql);
        }
      },
    };
    const bank = await open({ driver: watched });
    const from = await bank.account(alice, { funds: 100_000n });
    const to = await bank.open(aCustomer());
    const pay = () => bank.pay(alice, { from, to, amount: 1n });
    for (let count = 0; count < 30; count++) await pay();
    expect(workers).toEqual([]);

    await vi.waitFor(
      async () => {
        committedHere = 0;
        await Promise.all(Array.from({ length: 300 }, pay));
        expect(committedHere).toBe(0);
      },
      { timeout: 20_000 },
    );
    expect(workers).toHaveLength(1);
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);

    for (let count = 0; count < 3; count++) await pay();
    expect(committedHere).toBeGreaterThan(0);

    const exit = once(workers[0]!, 'exit');
    await stores.pop()!.close();
    await exit;
  });

  it("and the main thread know each other's writes, and read again after another process's", async () => {
    let read = 0;
    const watched: Driver = {
      ...driver,
      DatabaseSync: class extends driver.DatabaseSync {
        override prepare(sql: string): PreparedStatement {
          const statement = super.prepare(sql);
          if (!sql.includes('account_states')) return statement;
          return {
            run: (...values) => statement.run(...values),
            get: (...values) => (read++, statement.get(...values)),
            all: (...values) => statement.all(...values),
            setReadBigInts: (readBigInts) => statement.setReadBigInts(readBigInts),
          };
        }
      },
    };
    const bank = await open({ threadThreshold: 0, driver: watched });
    const another = await open({ threadThreshold: Infinity });
    const from = await bank.account(alice, { funds: 1000n });
    const to = await bank.open(aCustomer());
    const pay = (amount = 1n) => bank.pay(alice, { from, to, amount });
    const writeHere = () => bank.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));
    await pay();

    read = 0;
    await pay();
    await writeHere();
    await pay();
    await writeHere();
    await writeHere();
    await pay();
    expect(read).toBe(0);

    const meanwhile = [[], [writeHere], [writeHere, writeHere]];
    for (const before of meanwhile) {
      for (const after of meanwhile) {
        for (const write of before) await write();
        const left = (await another.reads.account(from))!.balance;
        await another.pay(alice, { from, to, amount: left });
        for (const write of after) await write();
        expect(await pay()).toMatchObject({ ok: false, code: 'insufficient_funds' });
        await bank.fund(from, 1000n);
        await pay();
      }
    }
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
  });

  it('rolls back the whole unit if a row has changed, and continues with the next', async () => {
    const bank = await open({ threadThreshold: 0 });
    const from = await bank.account(alice, { funds: 10n });
    const to = await bank.open(aCustomer());
    const hold = (await bank.reads.transfer(await bank.hold(alice, { from, to, amount: 5n })))!;
    const account = anAccount();
    const change = {
      before: Transfer.restore({ ...hold, amountCaptured: 2n, reversed: [1n, 1n] }),
      after: Transfer.restore({ ...hold, amountCaptured: 3n, reversed: [1n, 1n] }),
    };
    const accounts = [{ before: null, after: account }];
    await expect(write(bank, { accounts, transfers: [change] })).rejects.toThrow(
      'has changed since it was read',
    );
    expect(await bank.reads.account(account.id)).toBeUndefined();
    expect(await bank.reads.transfer(hold.id)).toStrictEqual(hold);

    await write(bank, { accounts });
    expect(await bank.reads.account(account.id)).toStrictEqual(account);
  });

  it('receives nothing of a unit that was given up before', async () => {
    const bank = await open({ threadThreshold: 0 });
    const known = (await bank.reads.account(await bank.account(alice, { funds: 10n })))!;
    const rename = { before: known, after: Account.restore({ ...known, name: 'Renamed' }) };
    const wrong = Account.restore({ ...known, sequence: 7 });
    const lost = anAccount();
    const accounts = [{ before: null, after: lost }, rename, { before: wrong, after: wrong }];
    await expect(write(bank, { accounts })).rejects.toThrow('has changed since it was read');
    // A unit with nothing to send, and one with a statement that the first was to send
    await write(bank, {});
    expect(await bank.reads.account(known.id)).toStrictEqual(known);
    await write(bank, { accounts: [rename] });
    expect(await bank.reads.account(lost.id)).toBeUndefined();
    expect(await bank.reads.account(known.id)).toStrictEqual(rename.after);
  });

  it('leaves an unknown outcome if it ends during a unit; the main thread writes later ones', async () => {
    const bank = await open({ threadThreshold: 0 });
    const [lost, kept] = [anAccount(), anAccount()];
    const ending = vi.fn(() => void workers[0]!.terminate());
    await expect(write(bank, { accounts: [{ before: null, after: lost }] }, ending)).rejects.toMatchObject({
      code: 'outcome_unknown',
      retry: 'same_key',
    });
    await write(bank, { accounts: [{ before: null, after: kept }] });
    expect(await bank.reads.account(kept.id)).toStrictEqual(kept);
    await bank.fund(await bank.account(alice), 5n);
    expect(workers).toHaveLength(1);
  });

  it('is optional if it cannot start', async () => {
    const bank = await open({ threadThreshold: 0, module: 'there is no such module' });
    const accountId = await bank.account(alice, { funds: 5n });
    expect(await bank.balanceOf(accountId)).toBe(5n);
    await bank.ledger.freezeAccount(SYSTEM, { accountId, reason: 'lost', idempotencyKey: freshId() });
  });

  it.each([
    { whose: 'has nothing left to do', last: '', heard: 'written\n' },
    {
      whose: 'has closed its store',
      last: "await store.close(); console.log('closed');",
      heard: 'written\nclosed\n',
    },
  ])('does not keep a process alive that $whose', async ({ last, heard }) => {
    const index = new URL('../../../src/adapters/sqlite/index.ts', import.meta.url).href;
    const script = `
      import { openSqliteStore } from ${JSON.stringify(index)};
      const store = await openSqliteStore({ path: ${JSON.stringify(path)}, threadThreshold: 0 });
      const nothing = { accountIds: [], transferIds: [], purposes: [], activeAccounts: [], ownerIds: [], keys: [] };
      const changes = { accounts: [], transfers: [], entries: [], records: [], messages: [], audit: [], messagesDueAt: null };
      await store.unitOfWork.transact(() => nothing, () => ({ result: 1, changes }), Date.now() + 10_000);
      console.log('written');
      ${last}
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said, ended] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(ended).toEqual([0, null]);
    expect(said).toBe(heard);
  });

  it('starts when the store opens', async () => {
    const store = await openSqliteStore({ path, clock, threadThreshold: 0 });
    expect(workers).toHaveLength(1);
    await store.close();
  });
});
