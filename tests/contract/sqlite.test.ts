import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { storeContract } from '../../src/testing/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
let files = 0;

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

storeContract('sqlite', async ({ clock }) =>
  openSqliteStore({ path: newPath(), clock, clockToleranceMs: Infinity }),
);

storeContract('sqlite in two processes, each with a thread that writes', async ({ clock }) => {
  const path = newPath();
  return {
    store: await openSqliteStore({ path, clock, clockToleranceMs: Infinity, threadThreshold: 0 }),
    second: await openSqliteStore({ path, clock, clockToleranceMs: Infinity, threadThreshold: 0 }),
  };
});

afterAll(() => rm(folder, { recursive: true }));
