import { beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from 'passbook-ledger';
import { createLedger } from 'passbook-ledger';
import { createMemoryStore } from 'passbook-ledger/memory';
import { createMarketplace } from '../../examples/marketplace/marketplace.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';

describe('the example of a marketplace', () => {
  let ledger: Ledger;
  let marketplace: Awaited<ReturnType<typeof createMarketplace>>;
  let order: Parameters<typeof marketplace.order>[0];

  beforeEach(async () => {
    ledger = createLedger({ store: createMemoryStore() });
    marketplace = await createMarketplace(ledger);
    const [accountId, sellerAccountId] = [await open('ada'), await open('sam')];
    await ledger.fundAccount(SYSTEM, { userId: 'ada', amount: 5_000n, idempotencyKey: 'top-up' });
    order = { id: '17', buyer: { userId: 'ada', accountId }, sellerAccountId, price: 4_001n };
  });

  async function open(id: string): Promise<string> {
    const opened = await ledger.openAccount({ kind: 'user', id });
    if (!opened.ok) throw new Error(opened.code);
    return opened.account.accountId;
  }

  async function hold(): Promise<string> {
    const ordered = await marketplace.order(order);
    if (!ordered.ok) throw new Error(ordered.code);
    return ordered.transfer.transferId;
  }

  async function balances() {
    const { buyer, sellerAccountId } = order;
    const shown = [buyer.accountId, sellerAccountId, marketplace.clearing, marketplace.fees];
    const views = await Promise.all(shown.map((accountId) => ledger.getBalance(SYSTEM, accountId)));
    return views.map(({ balance, held }) => [balance, held]);
  }

  test('reserves the price, and pays seller and fee when the order is shipped', async () => {
    const holdId = await hold();
    expect(await balances()).toEqual([
      [5_000n, 4_001n],
      [0n, 0n],
      [0n, 0n],
      [0n, 0n],
    ]);
    for (const _ of [1, 2]) expect(await marketplace.ship(order, holdId)).toMatchObject({ ok: true });
    expect(await balances()).toEqual([
      [999n, 0n],
      [3_680n, 0n],
      [0n, 0n],
      [321n, 0n],
    ]);
  });

  test('gives the money back when the order is cancelled, and ships it no more', async () => {
    const holdId = await hold();
    await marketplace.cancel(order, holdId);
    expect(await marketplace.ship(order, holdId)).toMatchObject({ ok: false, code: 'already_voided' });
    expect((await balances())[0]).toEqual([5_000n, 0n]);
  });

  test('lets no buyer take the hold back', async () => {
    const transferId = await hold();
    const voided = await ledger.voidHold({ kind: 'user', id: 'ada' }, { transferId, idempotencyKey: 'mine' });
    expect(voided).toMatchObject({ ok: false });
    expect((await balances())[0]).toEqual([5_000n, 4_001n]);
  });
});
