import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startServer } from '../../src/adapters/http/index.ts';
import type { RunningServer } from '../../src/adapters/http/index.ts';
import { launchBrowser } from './browser.ts';
import { consoleEdge } from './console.ts';
import { PASSWORD } from './edge.ts';
import type { Edge, Person } from './edge.ts';

type Screen = NonNullable<Parameters<Browser['newContext']>[0]>;

export const DESKTOP_LIGHT = { colorScheme: 'light', viewport: { width: 1100, height: 800 } } as const;
export const PHONE_DARK = { colorScheme: 'dark', viewport: { width: 360, height: 740 } } as const;
export const WITHOUT_SCRIPTS = { ...DESKTOP_LIGHT, javaScriptEnabled: false } as const;

/** Source of axe. The short form loads in two thirds of the time. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Most bytes of a first visit to a page, with all that it loads. */
const FIRST_VISIT_BYTES = 60_000;

/** A bank that is served over HTTP, and a browser whose people each have cookies of their own. */
export class ConsoleWorld {
  readonly edge: Edge;
  readonly origin: string;
  readonly browser: Browser;
  readonly #server: RunningServer;

  private constructor(edge: Edge, server: RunningServer, browser: Browser) {
    this.edge = edge;
    this.origin = `http://localhost:${server.port}`;
    this.browser = browser;
    this.#server = server;
  }

  static async open(options: Parameters<typeof consoleEdge>[0] = {}): Promise<ConsoleWorld> {
    const edge = consoleEdge(options);
    // The browser drops a cookie that its own clock calls expired
    edge.clock.advance(Date.now() - edge.clock.now());
    const server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1', limits: { closeMs: 100 } });
    return new ConsoleWorld(edge, server, await launchBrowser());
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.#server.close();
  }

  /** Somebody at a screen, who is not signed in. */
  async visitor(screen: Screen = DESKTOP_LIGHT): Promise<Visit> {
    const context = await this.browser.newContext({ baseURL: this.origin, ...screen });
    return new Visit(context, await context.newPage(), this.origin);
  }

  /** Signs a person in by the page. */
  async signIn({ email }: Pick<Person, 'email'>, screen: Screen = DESKTOP_LIGHT): Promise<Visit> {
    const visit = await this.visitor(screen);
    await visit.page.goto('/sign-in');
    await visit.signIn(email);
    return visit;
  }
}

/** One person's window, and the faults of all its pages. */
export class Visit {
  readonly page: Page;
  /** Breaches of the content security policy, errors of scripts, and requests that leave the bank. */
  readonly faults: string[] = [];
  readonly #context: BrowserContext;
  #bytes = 0;

  constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      const isRefusal = /Failed to load resource/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !isRefusal) this.faults.push(message.text());
    });
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
        this.faults.push(request.url());
    });
  }

  async signIn(email: string): Promise<void> {
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(PASSWORD);
    await this.press('Sign in');
  }

  /** Presses a button of the page's content, and waits for the page that follows. */
  async press(name: string | RegExp): Promise<void> {
    await this.page
      .locator('main')
      .getByRole('button', { name, exact: typeof name === 'string' })
      .click();
    await this.page.waitForLoadState();
  }

  async follow(name: string | RegExp): Promise<void> {
    await this.page
      .getByRole('link', { name, exact: typeof name === 'string' })
      .first()
      .click();
    await this.page.waitForLoadState();
  }

  /** Fills in the first two pages of a payment, up to the last look at it. */
  async preparePayment({ number, name, amount }: { number: string; name: string; amount: string }) {
    await this.page.goto('/send');
    await this.page.getByLabel('Account number').fill(number);
    await this.page.getByLabel('Name of the payee').fill(name);
    await this.press('Continue');
    await this.page.getByRole('textbox', { name: /^Amount/ }).fill(amount);
    await this.press('Continue');
  }

  /** The text of the page's content. */
  async text(): Promise<string> {
    return (await this.page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
  }

  /**
   * What is wrong with the shown page, on a desktop in the light and on a phone in the dark: barriers that axe finds, a
   * width above the screen's, and headings other than one. Breaches of the policy and requests that leave the bank
   * since the last look count, too.
   * @param terms `onPhoneAlone`: without the desktop, for one of many pages that share a layout
   */
  async problems({ onPhoneAlone = false } = {}): Promise<readonly string[]> {
    const found = this.faults.splice(0);
    if (this.#bytes > FIRST_VISIT_BYTES) found.push(`takes ${this.#bytes} bytes`);
    await this.page.evaluate(AXE);
    // The layouts differ in nothing else that axe looks at
    if (!onPhoneAlone) found.push(...(await this.#problemsOn(DESKTOP_LIGHT, ['color-contrast'])));
    found.push(...(await this.#problemsOn(PHONE_DARK)));
    const headings = await this.page.locator('h1').count();
    if (headings !== 1) found.push(`has ${headings} first headings`);
    const { pathname, search } = new URL(this.page.url());
    return found.map((text) => `${pathname}${search}: ${text}`);
  }

  /** Goes to each page, and returns the problems of all. */
  async problemsOf(paths: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const path of paths) {
      await this.page.goto(path);
      found.push(...(await this.problems()));
    }
    return found;
  }

  /** Lets `problems` count the bytes that a first visit to each page takes from the network. */
  async countBytes(): Promise<void> {
    const devtools = await this.#context.newCDPSession(this.page);
    await Promise.all([devtools.send('Network.enable'), devtools.send('Page.enable')]);
    await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
    let isLoading = false;
    devtools.on('Network.requestWillBeSent', ({ type, redirectResponse }) => {
      if (type !== 'Document' || redirectResponse) return;
      this.#bytes = 0;
      isLoading = true;
    });
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
      if (isLoading) this.#bytes += encodedDataLength;
    });
    devtools.on('Page.loadEventFired', () => (isLoading = false));
  }

  async #problemsOn(
    { colorScheme, viewport }: Pick<typeof DESKTOP_LIGHT | typeof PHONE_DARK, 'colorScheme' | 'viewport'>,
    rules?: readonly string[],
  ): Promise<readonly string[]> {
    await this.page.emulateMedia({ colorScheme });
    await this.page.setViewportSize(viewport);
    const isWide = await this.page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
    // Without details of rules that hold, and without a look at style sheets, it takes half as long
    const options = { resultTypes: ['violations'], preload: false, ...(rules ? { runOnly: rules } : {}) };
    const { violations } = await this.page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`);
    return [
      ...(isWide ? [`is wider than ${viewport.width} pixels`] : []),
      ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
    ];
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
