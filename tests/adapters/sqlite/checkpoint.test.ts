import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { NO_CHANGES, TestBank, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aTransferMessage, FixedClock } from '../../../src/testing/fixtures/builders.ts';

const LOG_BYTES = 128 * 1024 * 1024;
/** Bytes of a mail that fills the log quickly. */
const MAIL_BYTES = 8 * 1024 * 1024;

describe('a checkpoint of the write-ahead log', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-checkpoint-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  // 0: the writing thread commits every unit
  it.each([
    ['this thread', {}],
    ['the writing thread', { threadThreshold: 0 }],
  ])('calls onCheckpoint once the log is full, after the commit of %s that ran it', async (_, options) => {
    const durations: number[] = [];
    const path = join(folder, 'bank.db');
    const clock = new FixedClock();
    const onCheckpoint = (durationMs: number) => durations.push(durationMs);
    const store = await openSqliteStore({ path, clock, onCheckpoint, ...options });
    const bank = new TestBank({ store, clock });
    const write = () => {
      const message = aTransferMessage({ description: 'x'.repeat(MAIL_BYTES) });
      const changes = { ...NO_CHANGES, messages: [message] };
      return store.unitOfWork.transact(
        aPrefetch({}),
        () => ({ result: undefined, changes }),
        bank.deadline(),
      );
    };
    const commits = Math.floor(LOG_BYTES / MAIL_BYTES) - 1;
    for (let commit = 0; commit < commits; commit++) await write();
    expect(durations).toEqual([]);
    expect((await stat(`${path}-wal`)).size).toBeLessThan(LOG_BYTES);

    await write();
    await write();
    expect(durations).toEqual([expect.any(Number)]);
    expect(durations[0]).toBeGreaterThan(0);
    await store.close();
  });
});
