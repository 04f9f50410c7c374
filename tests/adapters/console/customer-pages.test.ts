import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { consoleEdge } from '../../support/console.ts';
import { idIn, PASSWORD } from '../../support/edge.ts';
import type { Edge, Person } from '../../support/edge.ts';
import { PasskeyPage } from '../../support/passkey-page.ts';

const PHONE = { colorScheme: 'dark', viewport: { width: 360, height: 740 } } as const;
const DESK = { width: 1100, height: 800 };

const ENTRIES = 60;

describe.skipIf(!hasBrowser)("The customer's pages in a browser", () => {
  let edge: Edge;
  let ada: Person;
  let browser: Browser;
  let keys: PasskeyPage;
  let paths: Readonly<Record<string, string>>;

  beforeAll(async () => {
    edge = consoleEdge({ stepUpAmounts: new Map([['EUR', 50_000n]]), console: { offersPlayMoney: true } });
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
    browser = await launchBrowser();
    keys = await PasskeyPage.open(browser, edge);
  });
  afterAll(async () => {
    await keys?.close();
    await browser?.close();
  });

  function origin(): string {
    return `http://localhost:${keys.port}`;
  }

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${origin()}/sign-in`);
    await page.fill('#email', ada.email);
    await page.fill('#password', PASSWORD);
    await page.click('main form button');
    await page.waitForURL(`${origin()}/`);
  }

  /** Opens a page as Ada, and collects breaches of its policy and errors. */
  async function open(options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options);
    const faults: string[] = [];
    page.on('console', (message) => {
      const isStatus = message.text().startsWith('Failed to load resource');
      if (['error', 'warning'].includes(message.type()) && !isStatus) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    await signIn(page);
    return { page, faults };
  }

  test('fit a phone and a desk, have one heading and no barrier, in the dark and in the light', async () => {
    const { page, faults } = await open(PHONE);
    for (const [name, path] of Object.entries(paths)) {
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize(PHONE.viewport);
      await page.goto(origin() + path);
      const onPhone = { wide: await overflows(page), barriers: await barriers(page) };
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(DESK);
      const onDesk = { wide: await overflows(page), barriers: await barriers(page, ['color-contrast']) };
      const fine = { wide: false, barriers: [] };
      expect({ name, onPhone, onDesk }).toEqual({ name, onPhone: fine, onDesk: fine });
      expect(await page.locator('h1').count(), name).toBe(1);
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  test('older entries appear as the reader comes to the end of a page', async () => {
    const { page, faults } = await open();
    await page.goto(origin() + (paths['entries'] ?? ''));
    const rows = page.locator('table.entries tbody tr:not(.day-row)');
    const first = await rows.count();
    await page.locator('.more').scrollIntoViewIfNeeded();
    await page.locator('table.entries').nth(1).waitFor();
    expect(await rows.count()).toBeGreaterThan(first);
    expect(new URL(page.url()).search).toBe('');
    expect(faults).toEqual([]);
    await page.close();
  });

  test('a passkey confirms a large amount, under the key of the form', async () => {
    keys.token = ada.token;
    expect((await keys.addPasskey('Laptop')).status).toBe(201);
    const { page } = keys;
    await page.goto(`${origin()}/sign-in`);
    await page.locator('[data-passkey="sign-in"]').click();
    await page.waitForURL(`${origin()}/`);
    await page.goto(origin() + (paths['last'] ?? ''));
    await page.click('main form button.button');
    await page.locator('[data-passkey="confirm"]').click();
    await page.waitForURL('**/transfers/*?sent=1');
    expect(await page.textContent('.note')).toContain('You sent €600.00 to Bob Okafor.');
  });

  /** Barriers to accessibility that axe finds. @param rules names of the rules to check. Default: all */
  function barriers(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
    return page.evaluate(
      async ({ source, rules }) => {
        // oxlint-disable-next-line no-eval -- the policy of the page allows no script element, and a debugger may evaluate
        (0, eval)(source);
        type Axe = { run(options: object): Promise<{ violations: { id: string }[] }> };
        const { axe } = globalThis as unknown as { axe: Axe };
        const { violations } = await axe.run(rules ? { runOnly: rules } : {});
        return violations.map(({ id }) => id);
      },
      { source: axe.source, rules },
    );
  }

  function overflows(page: Page): Promise<boolean> {
    return page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
  }
});
