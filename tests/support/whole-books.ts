import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { TransferRequest } from '../../src/application/transfers/transfer-funds.ts';
import type { Clock } from '../../src/application/ports/runtime.ts';
import { followAudit } from '../../src/domain/integrity/audit-log.ts';
import { SYSTEM, transferIdOf } from '../../src/testing/fixtures/bank.ts';
import type { TestBank } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, freshId } from '../../src/testing/fixtures/builders.ts';

/** More entries than one block holds. */
const PAYMENTS = 66;

/** Fills a bank so that each column and field of each store has a value somewhere. With `store`, grants a role too. */
export async function wholeBooks(bank: TestBank, store?: Store): Promise<void> {
  await identifiedBooks(bank);
  await booksWithoutIdentifiers(bank, store);
}

/** Gives accounts and transfers external ids, metadata and references. One reference is erased. */
async function identifiedBooks(bank: TestBank): Promise<void> {
  const { clock, ledger } = bank;
  const [carol, dave] = [aCustomer('Carol'), aCustomer('Dave')];
  const from = await bank.open(carol, { externalId: 'customer-7', metadata: { branch: '12', tier: 'gold' } });
  const to = await bank.open(dave, { externalId: 'customer-8' });
  await ledger.setAccountMetadata(carol, { accountId: from, metadata: { branch: '12', tier: 'silver' } });
  await ledger.setAccountMetadata(SYSTEM, {
    accountId: to,
    metadata: { branch: '9' },
    idempotencyKey: freshId(),
  });
  await bank.fund(from, 1_000n);
  const pay = async (more: Partial<TransferRequest>) => {
    clock.advance(1_000);
    const pair = { sourceAccountId: from, destinationAccountId: to, amount: 10n };
    return transferIdOf(await ledger.transferFunds(carol, { ...pair, ...more, idempotencyKey: freshId() }));
  };
  await pay({ reference: 'Invoice 17', externalId: 'order-17' });
  await pay({ externalId: 'order-18', pending: true });
  await pay({ reference: 'Invoice 19', description: 'Shoes' });
  const secret = await pay({ reference: 'Invoice 20', description: 'A ring' });
  const rejected = { reference: 'Invoice 21', externalId: 'order-21', amount: 9_999_999n };
  const pair = { sourceAccountId: from, destinationAccountId: to, idempotencyKey: freshId() };
  await ledger.transferFunds(carol, { ...pair, ...rejected });
  await ledger.eraseText(SYSTEM, { transferId: secret, reason: 'asked for' });
}

/** Fills a bank with everything that an older program knew. */
export async function booksWithoutIdentifiers(bank: TestBank, store?: Store): Promise<void> {
  const { clock, ledger } = bank;
  const operator = { ...SYSTEM, id: freshId() };
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const open = async (owner: typeof alice, name: string) => {
    clock.advance(1_000);
    const opened = await ledger.openAccount(owner, { name, idempotencyKey: freshId() });
    if (!opened.ok) throw new TypeError(opened.code);
    return opened.account.accountId;
  };
  const [from, to, own] = [await open(alice, 'Current'), await open(bob, 'Shop'), await open(alice, 'Trip')];
  const frozen = await open(bob, 'Old');
  await bank.fund(from, 100_000n);
  const request = { destinationAccountId: to, amount: 50n, idempotencyKey: freshId() };
  await ledger.fundAccount(operator, request);
  for (let count = 0; count < PAYMENTS; count++) {
    clock.advance(1_000);
    await bank.pay(alice, { from, to, amount: 10n });
  }
  const paid = await bank.pay(alice, {
    from,
    to,
    amount: 900n,
    description: 'Rent',
    metadata: { order: '7' },
  });
  await bank.reverse(bob, transferIdOf(paid), 300n);
  await bank.capture(bob, await bank.hold(alice, { from, to, amount: 70n }), 40n);
  await bank.void(bob, await bank.hold(alice, { from, to, amount: 60n }));
  await bank.hold(alice, { from, to, amount: 5n, expiresInSeconds: 60 });
  clock.advance(61_000);
  await bank.sweep();
  await bank.hold(alice, { from, to, amount: 80n, expiresInSeconds: 3_600, description: 'Deposit' });
  clock.advance(1_000);
  await bank.pay(alice, { from, to, amount: 9_999_999n, description: 'Yacht', metadata: { order: '8' } });
  const orders = [1n, 9_999_999n].map((amount) => ({
    sourceAccountId: from,
    destinationAccountId: to,
    amount,
  }));
  await ledger.submitBatch(alice, { transfers: orders, idempotencyKey: freshId() });
  await ledger.submitBatch(alice, { transfers: orders, linked: true, idempotencyKey: freshId() });
  await ledger.withdrawFunds(operator, { sourceAccountId: from, amount: 20n, idempotencyKey: freshId() });
  const secret = await bank.pay(alice, { from, to, amount: 3n, description: 'A secret' });
  await ledger.renameAccount(alice, { accountId: own, name: 'Holiday' });
  await bank.pay(alice, { from, to: own, amount: 30n });
  const reason = 'asked for';
  await ledger.closeAccount(bob, { accountId: to, reason, idempotencyKey: freshId() });
  await ledger.eraseText(SYSTEM, { transferId: transferIdOf(secret), reason });
  await ledger.closeAccount(alice, { accountId: own, sweepTo: from, reason, idempotencyKey: freshId() });
  await ledger.limitAccount(SYSTEM, {
    accountId: to,
    minimumBalance: -500n,
    maximumBalance: 1_000_000n,
    reason,
  });
  // Not last: nothing else proves this record, and a log may end anywhere
  if (store) await grantRole(store, clock);
  await ledger.freezeAccount(operator, { accountId: frozen, reason, idempotencyKey: freshId() });
}

async function grantRole(store: Store, clock: Clock): Promise<void> {
  await store.unitOfWork.run(async ({ audit }) => {
    const facts = {
      at: clock.now(),
      actor: { kind: 'system', id: null },
      action: 'role_granted',
      accountId: null,
      transferId: null,
      userId: freshId(),
      reason: null,
      changes: [['role', 'customer', 'auditor']],
    } as const;
    await audit.append(followAudit(await audit.head(), facts, sha256));
  });
}
