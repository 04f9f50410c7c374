import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { memoryFolder } from '../support/memory-folder.ts';
import { modelTest } from './model-test.ts';
import { LONG_SEQUENCE_EVERY } from './sequence.ts';

modelTest(
  'sqlite, through the stores of two processes',
  async ({ clock }) => {
    const folder = await mkdtemp(join(memoryFolder(), 'passbook-model-'));
    const path = join(folder, 'bank.db');
    const first = await openSqliteStore({ path, clock, clockToleranceMs: Infinity });
    const second = await openSqliteStore({ path, clock, clockToleranceMs: Infinity, threadThreshold: 0 });
    return {
      stores: [first, second],
      async dispose() {
        await second.close();
        await first.close();
        await rm(folder, { recursive: true });
      },
    };
  },
  // More than `planted-faults.test.ts` needs to find each fault. One of them is of the longest
  { sequences: LONG_SEQUENCE_EVERY, commands: 512 },
);
