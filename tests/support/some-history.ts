import type { LedgerReads } from '../../src/application/ports/ledger-store.ts';
import { userTransfers } from '../../src/application/transfers/user-transfers.ts';
import type { Transfer } from '../../src/domain/entities/transfer.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';
import type { TestBank } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, freshId } from '../../src/testing/fixtures/builders.ts';

/** Transfers with every kind of party: payers, payees, both in one, operators, and initiators of rejections. */
export async function someHistory(bank: TestBank): Promise<{
  /** The number of transfers that are in no book of their initiator. */
  readonly unbooked: number;
  lists(reads: LedgerReads): Promise<readonly (readonly Transfer[])[]>;
}> {
  const [alice, bob, operator] = [aCustomer('Alice'), aCustomer('Bob'), { ...SYSTEM, id: freshId() }];
  const from = await bank.account(alice, { funds: 100n });
  const [own, to] = [await bank.account(alice), await bank.account(bob)];
  const request = { destinationAccountId: to, amount: 5n, idempotencyKey: freshId() };
  await bank.ledger.fundAccount(operator, request);
  await bank.pay(alice, { from, to: own, amount: 3n });
  await bank.pay(alice, { from, to, amount: 2n });
  await bank.pay(alice, { from, to, amount: 1_000n });
  await bank.pay(bob, { from: to, to: from, amount: 1_000n });
  await bank.capture(bob, await bank.hold(alice, { from, to, amount: 4n }));
  return {
    unbooked: 3,
    lists: (reads) =>
      Promise.all(
        [alice, bob, operator].map(({ id }) => userTransfers(reads, id, { before: null, limit: 50 })),
      ),
  };
}
