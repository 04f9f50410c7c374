import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { listPending } from '../../../src/application/transfers/list-pending.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';

describe('the pending holds of an account', () => {
  it('are those that have not expired, ended or been made on another account, first to expire first', async () => {
    const clock = new FixedClock();
    const bank = new TestBank({ store: createMemoryStore(), clock });
    const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
    const from = await bank.account(alice, { funds: 100n });
    const other = await bank.account(alice, { funds: 100n });
    const to = await bank.account(bob);
    const late = await bank.hold(alice, { from, to, amount: 3n, expiresInSeconds: 9 });
    const soon = await bank.hold(alice, { from, to, amount: 2n, expiresInSeconds: 6 });
    await bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
    await bank.hold(alice, { from: other, to, amount: 4n });
    const ended = await bank.hold(alice, { from, to, amount: 5n });
    await bank.ledger.voidHold(bob, { transferId: ended, idempotencyKey: 'void' });
    clock.advance(1_000);

    const list = listPending({ reads: bank.reads, clock });
    const seen = await list(alice, from, { limit: 10 });
    expect(seen.map(({ transferId, status }) => [transferId, status])).toEqual([
      [soon, 'pending'],
      [late, 'pending'],
    ]);
    expect(await list(alice, from, { limit: 1 })).toHaveLength(1);
    await expect(list(bob, from, { limit: 1 })).rejects.toMatchObject({ code: 'account_not_found' });
  });
});
