import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { startServer } from '../../../src/adapters/http/index.ts';
import type { RunningServer } from '../../../src/adapters/http/index.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';

const PAGES = [
  '/',
  '/docs',
  '/docs/errors',
  '/verify-email?token=a',
  '/reset-password?token=a',
  '/forgot-password',
];
const SCREENS = [
  { colorScheme: 'light', viewport: { width: 1000, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 640 } },
] as const;

describe.skipIf(!hasBrowser)('The pages in a browser', () => {
  let server: RunningServer;
  let browser: Browser;
  let origin: string;
  let edge: Edge;

  beforeAll(async () => {
    edge = new Edge();
    // The browser drops a cookie that its own clock calls expired
    edge.clock.advance(Date.now() - edge.clock.now());
    server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
    origin = `http://127.0.0.1:${server.port}`;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a page, and collects its faults: breaches of its policy, errors, and requests that leave the server. */
  async function open(path: string, options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options);
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) faults.push(request.url());
    });
    await page.goto(origin + path);
    return { page, faults };
  }

  test.each(PAGES.flatMap((path) => SCREENS.map((screen) => [path, screen] as const)))(
    '%s fits a screen, breaks no policy and calls nobody: %j',
    async (path, screen) => {
      const { page, faults } = await open(path, screen);
      if (path === '/docs') await page.waitForSelector('.opblock');
      expect(await overflows(page)).toBe(false);
      expect(await background(page)).toBe(screen.colorScheme);
      expect(faults).toEqual([]);
      await page.close();
    },
  );

  test.each(SCREENS)('a statement fits a screen and its scheme: %j', async (screen) => {
    const ada = await edge.register('Ada');
    const account = await edge.account(ada, 123_456_789_00);
    const bob = await edge.account(await edge.register('Bob'));
    const text = {
      description: 'A long description of things',
      reference: 'INVOICE-2026-000000000000000000001',
    };
    const payment = { fromAccount: account, toAccount: bob, amount: 5_000_00, ...text };
    await edge.send('POST /api/transactions', ada, payment);
    await edge.send('POST /api/transactions', ada, { ...payment, pending: true });
    const { page, faults } = await open(`/api/accounts/${account}/statement?format=html`, {
      ...screen,
      extraHTTPHeaders: { Authorization: `Bearer ${ada.token}` },
    });
    expect(await page.textContent('main')).toContain('123,456,789.00');
    expect(await overflows(page)).toBe(false);
    expect(await background(page)).toBe(screen.colorScheme);
    expect(faults).toEqual([]);
    expect(await barriers(page)).toEqual([]);
    await page.close();
  });

  test('/docs lists the routes without scripts', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${origin}/docs`);
    expect(await page.textContent('table')).toContain('POST /api/transactions');
    await context.close();
  });

  test('/docs registers a person and then answers as them, by the session cookie', async () => {
    const { page, faults } = await open('/docs');
    const email = 'reader@example.com';
    expect(await send(page, 'register', { name: 'Reader', email, password: PASSWORD })).toContain(email);
    expect(await send(page, 'getMe')).toContain(email);
    expect(faults).toEqual([]);
    await page.close();
  });

  /** Sends one request by the form of Swagger UI, and returns the text of the answer. */
  async function send(page: Page, operation: string, body?: object): Promise<string> {
    const block = page.locator(`[id$="-${operation}"]`);
    await block.locator('.opblock-summary-control').click();
    if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
    const [response] = await Promise.all([
      page.waitForResponse((one) => one.url().includes('/api/')),
      block.locator('button.execute').click(),
    ]);
    await block.locator('.live-responses-table .response-col_description').first().waitFor();
    expect(response.status()).toBeLessThan(300);
    return (await block.locator('.live-responses-table').textContent()) ?? '';
  }

  /** Barriers to accessibility that axe finds. */
  function barriers(page: Page): Promise<readonly string[]> {
    return page.evaluate(async (source) => {
      // oxlint-disable-next-line no-eval -- the policy of the page allows no script element, and a debugger may evaluate
      (0, eval)(source);
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } };
      return (await axe.run()).violations.map(({ id }) => id);
    }, axe.source);
  }

  function overflows(page: Page): Promise<boolean> {
    return page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
  }

  /** The scheme of the page's ground, by its brightness. */
  function background(page: Page): Promise<'light' | 'dark'> {
    return page.locator('body').evaluate((body) => {
      const [red = 255] = getComputedStyle(body).backgroundColor.match(/\d+/g)?.map(Number) ?? [];
      return red > 128 ? 'light' : 'dark';
    });
  }
});
