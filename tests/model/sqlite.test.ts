import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { modelTest } from './model-test.ts';

/** In memory where the system has such a place: what is tested here does not need a disk's pace. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

modelTest(
  'sqlite, by the doors of two processes',
  async ({ clock }) => {
    const folder = await mkdtemp(join(root, 'passbook-model-'));
    const path = join(folder, 'bank.db');
    const first = await openSqliteStore({ path, clock, clockToleranceMs: Infinity });
    const second = await openSqliteStore({ path, clock, clockToleranceMs: Infinity, threadThreshold: 0 });
    return {
      doors: [first, second],
      async dispose() {
        await second.close();
        await first.close();
        await rm(folder, { recursive: true });
      },
    };
  },
  // More than `planted-faults.test.ts` needs to find each fault
  { sequences: 192, commands: 512 },
);
