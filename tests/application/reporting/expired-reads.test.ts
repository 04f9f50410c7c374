import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import type { Store } from '../../../src/application/ports/ledger-store.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';

describe('a read of an account with an expired hold', () => {
  it('shows nothing as held, even if the sweep happens between its two looks', async () => {
    const store = createMemoryStore();
    const clock = new FixedClock();
    const sweeping = new TestBank({ store, clock });
    let sweeps = 0;
    const reads: Store['reads'] = {
      ...store.reads,
      dueOn: async (accountId, until) => {
        if (sweeps++ === 0) await sweeping.sweep();
        return store.reads.dueOn(accountId, until);
      },
    };
    const bank = new TestBank({ store: { ...store, reads }, clock });
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 100n });
    await bank.hold(alice, { from, to: await bank.account(alice), amount: 30n, expiresInSeconds: 1 });
    clock.advance(1000);

    expect(await bank.stateOf(from)).toEqual({ balance: 100n, held: 0n, available: 100n });
    expect(sweeps).toBeGreaterThanOrEqual(1);
  });
});
