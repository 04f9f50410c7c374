import { beforeEach, describe, expect, test } from 'vitest';
import { createLedger } from 'passbook-ledger';
import type { Ledger } from 'passbook-ledger';
import { createMemoryStore } from 'passbook-ledger/memory';
import { createPoints } from '../../examples/loyalty-points/loyalty-points.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

describe('the example of loyalty points', () => {
  let clock: FixedClock;
  let ledger: Ledger;
  let points: ReturnType<typeof createPoints>;
  beforeEach(() => {
    clock = new FixedClock();
    ledger = createLedger({ store: createMemoryStore(), clock });
    points = createPoints(ledger);
  });

  async function left(): Promise<bigint> {
    return (await ledger.getBalance(SYSTEM, await points.accountOf('ada'))).balance;
  }

  test('expires the points of a year ago, less those that were spent since', async () => {
    await points.earn('ada', { points: 300n, receipt: '1' });
    clock.advance(200 * DAY_MS);
    await points.earn('ada', { points: 200n, receipt: '2' });
    await points.redeem('ada', { points: 120n, order: 'mug' });
    clock.advance(165 * DAY_MS);
    expect(await points.expire('ada', clock.now())).toBeNull();
    expect(await left()).toBe(380n);

    clock.advance(1);
    expect(await points.expire('ada', clock.now())).toMatchObject({ ok: true, transfer: { amount: 180n } });
    clock.advance(DAY_MS);
    expect(await points.expire('ada', clock.now())).toBeNull();
    expect(await left()).toBe(200n);

    clock.advance(200 * DAY_MS);
    await points.expire('ada', clock.now());
    expect(await left()).toBe(0n);
  });

  test('gives the points of a receipt once, and no more than the highest balance', async () => {
    for (const _ of [1, 2]) await points.earn('ada', { points: 50_000n, receipt: '1' });
    expect(await left()).toBe(50_000n);
    expect(await points.earn('ada', { points: 1n, receipt: '2' })).toMatchObject({
      code: 'exceeds_maximum_balance',
    });
  });

  test('needs a currency, since ISO 4217 gives points no code with a minor unit', async () => {
    for (const currency of ['XXX', 'XTS']) {
      await expect(ledger.openAccount(SYSTEM, { ownerId: 'ada', currency })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    }
  });
});
