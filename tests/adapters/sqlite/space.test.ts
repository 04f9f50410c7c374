import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import type { Driver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { openWith } from '../../../src/adapters/sqlite/sqlite-store.ts';
import { aWelcome, FixedClock } from '../../../src/testing/fixtures/builders.ts';

const driver = await loadDriver();
const clock = new FixedClock();
const FULL = {
  code: 'storage_full',
  retry: 'same_key',
  message: 'The store has no space left, nothing was done',
};
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  path = join(folder, 'bank.db');
});
afterEach(() => rm(folder, { recursive: true }));

/** A driver whose commits fail as on a full disk while `disk.isFull`, and which counts commits. */
function aDisk() {
  const disk = { isFull: false, commits: 0 };
  const watched: Driver = {
    ...driver,
    DatabaseSync: class extends driver.DatabaseSync {
      override exec(sql: string): void {
        if (sql === 'COMMIT') {
          disk.commits++;
          if (disk.isFull) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
        }
        super.exec(sql);
      }
    },
  };
  return { disk, watched };
}

describe('a check of the store', () => {
  it('fails while there is no room for a write, and succeeds again with room', async () => {
    const roomy = await openSqliteStore({ path, clock });
    const connection = new Connection(driver, path, { readOnly: true });
    const { page_count: pages } = connection.get('PRAGMA page_count') as { page_count: bigint };
    connection.close();
    const store = await openSqliteStore({ path, clock, maxPageCount: Number(pages) + 1 });

    await expect(store.check()).rejects.toMatchObject(FULL);
    await expect(store.check()).rejects.toMatchObject(FULL);
    await expect(roomy.check()).resolves.toBeUndefined();
    await expect(store.check()).resolves.toBeUndefined();
    await store.close();
    await roomy.close();
  });

  it('is cached for a second after a success, and shared by concurrent callers', async () => {
    const { disk, watched } = aDisk();
    const store = await openWith(watched, { path, clock });
    const { commits } = disk;
    await Promise.all(Array.from({ length: 20 }, () => store.check()));
    expect(disk.commits).toBe(commits + 2);
    for (let count = 0; count < 20; count++) await store.check();
    expect(disk.commits).toBe(commits + 2);
    await store.close();
  });

  it('runs again immediately after a write has failed', async () => {
    const { disk, watched } = aDisk();
    const store = await openWith(watched, { path, clock });
    await store.check();
    disk.isFull = true;
    await expect(store.unitOfWork.run(({ outbox }) => outbox.add(aWelcome()))).rejects.toMatchObject(FULL);
    await expect(store.check()).rejects.toMatchObject(FULL);

    disk.isFull = false;
    await expect(store.check()).resolves.toBeUndefined();
    await store.unitOfWork.run(({ outbox }) => outbox.add(aWelcome()));
    await store.close();
  });

  it('leaves nothing in the database', async () => {
    const store = await openSqliteStore({ path, clock });
    await store.check();
    await store.close();
    const connection = new Connection(driver, path, { readOnly: true });
    expect(connection.all('SELECT * FROM write_probe')).toEqual([]);
    connection.close();
  });
});
