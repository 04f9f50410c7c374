import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { TestBank, NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, anAccount, FixedClock } from '../../../src/testing/fixtures/builders.ts';

const driver = await loadDriver();
const alice = aCustomer();
let folder: string;
let backups: string;
let clock: FixedClock;
let store: SqliteStore;
let bank: TestBank;
let from: string;
let to: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  backups = await mkdtemp(join(tmpdir(), 'passbook-backups-'));
  clock = new FixedClock();
  store = await openSqliteStore({ path: join(folder, 'bank.db'), clock });
  bank = new TestBank({ store, clock });
  [from, to] = [await bank.account(alice, { funds: 100_000n }), await bank.account(alice)];
  await fill();
});
afterEach(async () => {
  await store.close();
  await Promise.all([folder, backups].map((one) => rm(one, { recursive: true })));
});

/** Enough that a copy takes several steps. */
async function fill(): Promise<void> {
  const accounts = Array.from({ length: 12_000 }, () => ({
    before: null,
    after: anAccount({ name: 'x'.repeat(1000) }),
  }));
  await store.unitOfWork.transact(
    aPrefetch({}),
    () => ({ result: undefined, changes: { ...NO_CHANGES, accounts } }),
    bank.deadline(),
  );
}

/** Acts again and again until `work` is done; how often. */
async function during(work: Promise<void>, act: () => Promise<unknown>): Promise<number> {
  const state = { isDone: false };
  const end = work.finally(() => {
    state.isDone = true;
  });
  let acts = 0;
  for (; !state.isDone; acts++) await act();
  await end;
  return acts;
}

describe('a backup', () => {
  it('is consistent although the bank runs meanwhile', async () => {
    const file = join(backups, 'bank.db');
    await bank.pay(alice, { from, to, amount: 1n });
    const meanwhile = await during(store.backup(file), () => bank.pay(alice, { from, to, amount: 1n }));

    expect(meanwhile).toBeGreaterThan(3);
    expect(await bank.balanceOf(to)).toBe(BigInt(1 + meanwhile));
    const copy = new Connection(driver, file, { readOnly: false });
    expect(copy.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(copy.all('PRAGMA foreign_key_check')).toEqual([]);
    copy.close();

    const restored = await openSqliteStore({ path: file, clock });
    const copied = new TestBank({ store: restored, clock });
    const moved = await copied.balanceOf(to);
    expect(moved).toBeGreaterThanOrEqual(1n);
    expect(moved).toBeLessThan(1 + meanwhile);
    expect(await copied.balanceOf(from)).toBe(100_000n - moved);
    expect(await copied.entriesOf(to)).toHaveLength(Number(moved));
    expect(await copied.pay(alice, { from, to, amount: 1n })).toMatchObject({ ok: true });
    await restored.close();
  });

  it('is one file, readable by its user alone', async () => {
    await store.backup(join(backups, 'bank.db'));
    expect(await readdir(backups)).toEqual(['bank.db']);
    expect((await stat(join(backups, 'bank.db'))).mode & 0o777).toBe(0o600);
  });

  it('has its final name only once it is complete', async () => {
    const file = join(backups, 'bank.db');
    const sizes = new Set<number>();
    const looks = await during(store.backup(file), async () => {
      if (existsSync(file)) sizes.add((await stat(file)).size);
      await new Promise(setImmediate);
    });
    expect(looks).toBeGreaterThan(10);
    const whole = (await stat(file)).size;
    expect([...sizes].filter((size) => size !== whole)).toEqual([]);
  });

  it('overwrites no file', async () => {
    const file = join(backups, 'bank.db');
    await writeFile(file, 'precious');
    await expect(store.backup(file)).rejects.toThrow(
      `The file ${file} already exists, and a backup never overwrites a file`,
    );
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect(await readdir(backups)).toEqual(['bank.db']);
  });

  it('overwrites no file that appears meanwhile', async () => {
    const file = join(backups, 'bank.db');
    const backup = store.backup(file);
    const refused = expect(backup).rejects.toThrow(`The backup ${file} was not made: EEXIST`);
    while (!(await readdir(backups)).some((name) => name.endsWith('.part'))) await new Promise(setImmediate);
    await writeFile(file, 'precious');

    await refused;
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect(await readdir(backups)).toEqual(['bank.db']);
  });

  it('reports a failure, and the bank continues', async () => {
    const file = join(backups, 'nowhere', 'bank.db');
    await expect(store.backup(file)).rejects.toThrow(`The backup ${file} was not made: ENOENT`);
    expect(await readdir(backups)).toEqual([]);
    expect(await bank.pay(alice, { from, to, amount: 1n })).toMatchObject({ ok: true });
  });
});
