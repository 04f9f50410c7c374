import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import type { Store } from '../../../src/application/ports/ledger-store.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { createLedger } from '../../../src/index.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog } from '../../support/people.ts';

async function dueHold() {
  const store = createMemoryStore();
  const clock = new FixedClock();
  const bank = new TestBank({ store, clock });
  const alice = aCustomer();
  const from = await bank.account(alice, { funds: 10n });
  const to = await bank.account(alice);
  const hold = () => bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
  const transferId = await hold();
  clock.advance(1000);
  const isSwept = async (id: string) => (await store.reads.transfer(id))?.status === 'expired';
  return { store, clock, bank, hold, transferId, isSwept };
}

/** Looks again and again, for as long as a test may take. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}

describe('a started sweeper', () => {
  it('sweeps repeatedly until it is stopped, and may be started again', async () => {
    const { bank, clock, hold, transferId, isSwept } = await dueHold();
    const sweeper = bank.ledger.sweeper(new RecordingLog(), { everyMs: 2 });
    sweeper.start();
    sweeper.start();
    await until(() => isSwept(transferId));

    await sweeper.stop();
    const second = await hold();
    clock.advance(1000);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    expect(await isSwept(second)).toBe(false);

    sweeper.start();
    await until(() => isSwept(second));
    await sweeper.stop();
  });

  it('logs a fault, and tries again', async () => {
    const { store, clock, transferId, isSwept } = await dueHold();
    let looks = 0;
    const reads: Store['reads'] = {
      ...store.reads,
      accountsWithDueHolds: async (until, limit) => {
        looks += 1;
        if (looks === 1) throw new PassbookError('unavailable');
        return store.reads.accountsWithDueHolds(until, limit);
      },
    };
    const log = new RecordingLog();
    const sweeper = createLedger({ store: { ...store, reads }, clock }).sweeper(log, { everyMs: 2 });
    sweeper.start();
    await until(() => isSwept(transferId));
    await sweeper.stop();
    expect(log.lines).toEqual(['warn: holds could not be swept, will try again']);
  });

  it('logs a fault of one account, and sweeps the others', async () => {
    const { store, clock, isSwept, transferId, bank } = await dueHold();
    const alice = aCustomer();
    const broken = await bank.account(alice, { funds: 1n });
    await bank.hold(alice, { from: broken, to: await bank.account(alice), amount: 1n, expiresInSeconds: 1 });
    clock.advance(1000);
    const unitOfWork: Store['unitOfWork'] = {
      run: (work) => store.unitOfWork.run(work),
      transact: (prefetch, decide, deadline) =>
        store.unitOfWork.transact(
          prefetch,
          (books) =>
            decide({
              ...books,
              account: (id) => {
                if (id === broken) throw new TypeError('It cannot be read');
                return books.account(id);
              },
            }),
          deadline,
        ),
    };
    const log = new RecordingLog();
    await createLedger({ store: { ...store, unitOfWork }, clock })
      .sweeper(log)
      .sweep();
    expect(await isSwept(transferId)).toBe(true);
    const line = 'warn: holds of an account could not be swept, will try again';
    expect(new Set(log.lines)).toEqual(new Set([line]));
  });

  it('stops immediately if it was never started', async () => {
    const { bank } = await dueHold();
    await expect(bank.ledger.sweeper(new RecordingLog()).stop()).resolves.toBeUndefined();
  });
});
