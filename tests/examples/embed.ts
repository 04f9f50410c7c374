import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { createLedger } from '../../src/index.ts';

/** The ledger embedded in a program of one's own: a funded account, and a transfer of 5.00 from it. */
export async function embed() {
  const ledger = createLedger({ store: createMemoryStore() });
  const [bank, alice, bob] = [{ kind: 'system' }, user('alice'), user('bob')] as const;

  const [from, to] = [await ledger.openAccount(alice), await ledger.openAccount(bob)];
  if (!from.ok || !to.ok) throw new Error('An account was refused');
  const [sourceAccountId, destinationAccountId] = [from.account.accountId, to.account.accountId];

  await ledger.fundAccount(bank, { userId: alice.id, amount: 10_000n, idempotencyKey: 'welcome-alice' });
  const paid = { sourceAccountId, destinationAccountId, amount: 500n, idempotencyKey: 'order-17' };
  return ledger.transferFunds(alice, paid);
}

function user<Id extends string>(id: Id) {
  return { kind: 'user', id, name: id } as const;
}
