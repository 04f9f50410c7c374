import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWallets } from '../../examples/wallet/wallet.ts';

const [ada, bob] = [
  { id: 'ada', name: 'Ada' },
  { id: 'bob', name: 'Bob' },
];

describe('the example of a wallet', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-'));
    path = join(folder, 'wallets.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('counts a top-up and a payment once, however often they are repeated', async () => {
    const wallets = await openWallets(path);
    for (const _ of [1, 2]) {
      await wallets.topUp(ada, { amount: 5_000n, key: 'card-1' });
      await wallets.pay(ada, bob, { amount: 1_250n, key: 'tap-1', description: 'pizza' });
    }
    expect(await wallets.statement(ada)).toEqual(['+50.00 top-up', '-12.50 pizza', '= 37.50']);
    expect(await wallets.statement(bob)).toEqual(['+12.50 pizza', '= 12.50']);
    await wallets.close();
  });

  test('keeps one wallet for each person when the app starts again', async () => {
    const before = await openWallets(path);
    await before.topUp(ada, { amount: 105n, key: 'card-1' });
    await before.close();
    const after = await openWallets(path);
    expect(await after.statement(ada)).toEqual(['+1.05 top-up', '= 1.05']);
    await after.close();
  });

  test('refuses a payment above the balance', async () => {
    const wallets = await openWallets(path);
    await wallets.topUp(ada, { amount: 100n, key: 'card-1' });
    const refused = await wallets.pay(ada, bob, { amount: 101n, key: 'tap-1', description: 'piano' });
    expect(refused).toMatchObject({ ok: false, code: 'insufficient_funds' });
    await wallets.close();
  });
});
