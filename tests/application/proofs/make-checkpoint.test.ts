import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { Checkpointer } from '../../../src/application/proofs/make-checkpoint.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from '../../support/checkpoints.ts';
import { RecordingLog } from '../../support/people.ts';

describe('checkpoints at intervals', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  async function aCheckpointer() {
    const log = new RecordingLog();
    const checkpoints = new MemoryCheckpoints();
    const made: number[] = [];
    const ports = {
      ...checkpoints.ports,
      onMade: ({ number }: { number: number }) => void made.push(number),
    };
    const bank = new TestBank({ store: createMemoryStore(), clock: new FixedClock(), checkpoints: ports });
    await bank.open(aCustomer());
    return { log, made, make: bank.ledger.makeCheckpoint };
  }

  it('are made until the checkpointer stops, and reported to the listener', async () => {
    const { log, made, make } = await aCheckpointer();
    const checkpointer = new Checkpointer({ make, log, everyMs: 1_000 });
    checkpointer.start();
    checkpointer.start();
    for (const expected of [1, 2]) {
      vi.advanceTimersByTime(1_000);
      await vi.waitFor(() => expect(made).toHaveLength(expected));
      await make();
    }
    vi.advanceTimersByTime(1_000);
    await checkpointer.stop();
    vi.advanceTimersByTime(10_000);
    await checkpointer.stop();
    expect([made, log.lines]).toEqual([[1, 2, 3, 4, 5], []]);
  });

  it('are retried after a failure', async () => {
    const { log, made, make } = await aCheckpointer();
    const answers = [Promise.reject(new Error('the disk is full'))];
    const checkpointer = new Checkpointer({ make: () => answers.shift() ?? make(), log, everyMs: 1_000 });
    checkpointer.start();
    vi.advanceTimersByTime(1_000);
    await vi.waitFor(() => expect(log.lines).toEqual(['error: no checkpoint could be made, will try again']));
    vi.advanceTimersByTime(1_000);
    await checkpointer.stop();
    expect(made).toEqual([1]);
  });
});
