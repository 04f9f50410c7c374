import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { storeContract } from '../../src/testing/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));

storeContract('sqlite', async ({ clock }) =>
  openSqliteStore({ path: join(folder, 'one.db'), clock, clockToleranceMs: Infinity }),
);

storeContract('sqlite in two processes, each with a thread that writes', async ({ clock }) => {
  const path = join(folder, 'two.db');
  return {
    store: await openSqliteStore({ path, clock, clockToleranceMs: Infinity, threadThreshold: 0 }),
    second: await openSqliteStore({ path, clock, clockToleranceMs: Infinity, threadThreshold: 0 }),
  };
});

afterAll(() => rm(folder, { recursive: true }));
