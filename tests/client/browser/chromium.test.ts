import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { startServer } from '../../../src/adapters/http/index.ts';
import type { RunningServer } from '../../../src/adapters/http/index.ts';
import type * as module from '../../../src/client/index.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { bundledClient } from '../../support/client-bundle.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';

declare global {
  /** The names that the page below gives to its scripts. */
  var client: module.Client;
  var passbook: typeof module;
}

const PAGE = `<!doctype html><title>Shop</title><script type="module">
  import * as passbook from '/client.js';
  globalThis.passbook = passbook;
  globalThis.client = passbook.createClient({ url: location.origin, intents: passbook.localStorageIntents() });
</script>`;

/** Holds back what the bank does with the next payment. */
type Hold = (pass: () => Promise<Response>) => Promise<Response>;

/** A shop's page, the client and the bank at one origin. */
async function aShop() {
  const edge = new Edge();
  // The browser judges by its own clock when a cookie ends
  edge.clock.advance(Date.now() - edge.clock.now());
  const { text } = await bundledClient();
  const holds: Hold[] = [];
  const app = {
    fetch: async (request: Request, env?: object): Promise<Response> => {
      const { pathname } = new URL(request.url);
      if (pathname === '/shop') return new Response(PAGE, { headers: { 'Content-Type': 'text/html' } });
      if (pathname === '/client.js')
        return new Response(text, { headers: { 'Content-Type': 'text/javascript' } });
      const pass = async () => edge.app.fetch(request, env);
      const hold = pathname === '/api/transactions' && request.method === 'POST' ? holds.shift() : undefined;
      return hold ? hold(pass) : pass();
    },
  };
  const server = await startServer({ app, port: 0, host: '127.0.0.1', limits: { closeMs: 1 } });
  const alice = await edge.register('Alice');
  const fromAccount = await edge.account(alice, 1_000);
  const toAccount = await edge.account(await edge.register('Bob'));
  const order = { fromAccount, toAccount, amount: 250 };
  return { edge, server, holds, alice, order, paid: () => edge.balanceOf(toAccount) };
}

describe.skipIf(!hasBrowser)('The client in Chromium', () => {
  let browser: Browser;
  const servers: RunningServer[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function visited() {
    const shop = await aShop();
    servers.push(shop.server);
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${shop.server.port}/shop`);
    await ready(page);
    const { email } = shop.alice;
    await page.evaluate((credentials) => client.signIn(credentials), { email, password: PASSWORD });
    return { ...shop, page };
  }

  async function ready(page: Page): Promise<void> {
    await page.waitForFunction(() => globalThis.client !== undefined);
  }

  async function pay(page: Page, order: { amount: number; fromAccount: string; toAccount: string }) {
    return page.evaluate(async ({ amount, ...accounts }) => {
      const { transaction } = await client.transfer({ ...accounts, amount: BigInt(amount) });
      return { status: transaction.status, shown: passbook.formatAmount(transaction.amount, 'EUR') };
    }, order);
  }

  async function stored(page: Page): Promise<readonly string[]> {
    return page.evaluate(() => Object.keys(globalThis.localStorage));
  }

  test('pays', async () => {
    const { page, order, paid } = await visited();

    expect(await pay(page, order)).toEqual({ status: 'completed', shown: 'EUR\u00a02.50' });
    expect(await stored(page)).toEqual([]);
    expect(await paid()).toBe(250n);
  });

  test('names a refusal', async () => {
    const { page, order } = await visited();

    const refused = await page.evaluate(
      async ({ amount, ...accounts }) => {
        try {
          await client.transfer({ ...accounts, amount: BigInt(amount) });
          return [];
        } catch (error) {
          const isKnown = error instanceof passbook.InsufficientFundsError;
          return [isKnown, (error as Error).name, (error as module.ApiError).retry];
        }
      },
      { ...order, amount: 5_000 },
    );

    expect(refused).toEqual([true, 'InsufficientFundsError', 'new_key']);
  });

  test.for([
    ['the request has been carried out', true],
    ['the request has not reached the bank', false],
  ] as const)('settles a payment exactly once after a reload when %s', async ([, isCarriedOut]) => {
    const { page, holds, order, paid } = await visited();
    const reached = new Promise<void>((resolve) => {
      holds.push(async (pass) => {
        if (isCarriedOut) await pass();
        resolve();
        // No answer comes
        return new Promise(() => {});
      });
    });
    void pay(page, order).catch(() => undefined);
    await reached;
    expect(await stored(page)).toHaveLength(1);

    await page.reload();
    await ready(page);
    const states = await page.evaluate(async () =>
      (await client.settleOpenIntents()).map(({ state }) => state),
    );

    expect(states).toEqual(['done']);
    expect(await stored(page)).toEqual([]);
    expect(await paid()).toBe(250n);
  });

  test('pays once if a customer reloads during a payment and then pays again', async () => {
    const { page, holds, order, paid } = await visited();
    const reached = new Promise<void>((resolve) => {
      holds.push(async (pass) => {
        await pass();
        resolve();
        return new Promise(() => {});
      });
    });
    void pay(page, order).catch(() => undefined);
    await reached;

    await page.reload();
    await ready(page);

    expect(await pay(page, order)).toMatchObject({ status: 'completed' });
    expect(await stored(page)).toEqual([]);
    expect(await paid()).toBe(250n);
  });
});
