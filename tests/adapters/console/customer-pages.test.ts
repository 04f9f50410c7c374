import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../support/browser.ts';
import { ConsoleWorld } from '../../support/console-browser.ts';
import { idIn } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';
import { PasskeyPage } from '../../support/passkey-page.ts';

const ENTRIES = 60;

describe.skipIf(!hasBrowser)("The customer's pages in a browser", () => {
  let world: ConsoleWorld;
  let ada: Person;
  let paths: Readonly<Record<string, string>>;

  beforeAll(async () => {
    world = await ConsoleWorld.open({
      stepUpAmounts: new Map([['EUR', 50_000n]]),
      console: { offersPlayMoney: true },
    });
    const { edge } = world;
    ada = await edge.register('Ada Lovelace');
    const bob = await edge.register('Bob Okafor');
    const [account, savings] = [await edge.account(ada, 200_000), await edge.account(ada)];
    const other = await edge.account(bob, 10_000);
    const payment = { fromAccount: account, toAccount: other, amount: 100, description: 'Dinner' };
    for (let count = 0; count < ENTRIES; count++) await edge.send('POST /api/transactions', ada, payment);
    const paid = idIn(await edge.send('POST /api/transactions', ada, payment));
    const back = { fromAccount: other, toAccount: account, amount: 900 };
    const received = idIn(await edge.send('POST /api/transactions', bob, back));
    const held = idIn(await edge.send('POST /api/transactions', bob, { ...back, pending: true }));
    await edge.call('POST /api/payees', {
      as: ada.token,
      body: {
        number: (await edge.bank.ledger.getAccount({ kind: 'system' }, other)).number,
        name: 'Bob Okafor',
      },
    });
    const again = `/send?from=${account}&again=${paid}`;
    paths = {
      account: `/accounts/${account}`,
      empty: `/accounts/${savings}`,
      who: `/send?from=${account}`,
      amount: again,
      fault: `${again}&amount=9999999`,
      last: `${again}&amount=600`,
      paid: `/transfers/${paid}?sent=1`,
      held: `/transfers/${held}`,
      refund: `/transfers/${received}/refund`,
      entries: `/accounts/${account}/entries`,
      statements: `/accounts/${account}/statements?from=2026-01-01&to=2026-01-31`,
      open: '/accounts/new',
      settings: `/accounts/${account}/settings`,
      payees: '/payees',
    };
  });
  afterAll(() => world?.close());

  test('are small, fit a phone and a desk, have one heading and no barrier, in the dark and in the light', async () => {
    const visit = await world.signIn(ada);
    await visit.countBytes();
    expect(await visit.problemsOf(Object.values(paths))).toEqual([]);
    await visit.close();
  });

  test('older entries appear as the reader comes to the end of a page', async () => {
    const visit = await world.signIn(ada);
    const { page } = visit;
    await page.goto(paths['entries'] ?? '');
    const rows = page.locator('table.entries tbody tr:not(.day-row)');
    const first = await rows.count();
    await page.locator('.more').scrollIntoViewIfNeeded();
    await page.locator('table.entries').nth(1).waitFor();
    expect(await rows.count()).toBeGreaterThan(first);
    expect(new URL(page.url()).search).toBe('');
    expect(visit.faults).toEqual([]);
    await visit.close();
  });

  test('a passkey confirms a large amount, under the key of the form', async () => {
    const keys = await PasskeyPage.open(world.browser, world.edge);
    const origin = `http://localhost:${keys.port}`;
    keys.token = ada.token;
    expect((await keys.addPasskey('Laptop')).status).toBe(201);
    const { page } = keys;
    await page.goto(`${origin}/sign-in`);
    await page.locator('[data-passkey="sign-in"]').click();
    await page.waitForURL(`${origin}/`);
    await page.goto(origin + (paths['last'] ?? ''));
    await page.click('main form button.button');
    await page.locator('[data-passkey="confirm"]').click();
    await page.waitForURL('**/transfers/*?sent=1');
    expect(await page.textContent('.note')).toContain('You sent €600.00 to Bob Okafor.');
    await keys.close();
  });
});
