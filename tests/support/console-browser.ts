import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startServer } from '../../src/adapters/http/index.ts';
import type { RunningServer } from '../../src/adapters/http/index.ts';
import { launchBrowser } from './browser.ts';
import { consoleEdge } from './console.ts';
import { PASSWORD } from './edge.ts';
import type { Edge, Person } from './edge.ts';

type Screen = NonNullable<Parameters<Browser['newContext']>[0]>;

export const DESKTOP_LIGHT: Screen = { colorScheme: 'light', viewport: { width: 1100, height: 800 } };
export const PHONE_DARK: Screen = { colorScheme: 'dark', viewport: { width: 360, height: 740 } };
export const WITHOUT_SCRIPTS: Screen = { ...DESKTOP_LIGHT, javaScriptEnabled: false };

/** A bank that is served over HTTP, and a browser whose people each have cookies of their own. */
export class ConsoleWorld {
  readonly edge: Edge;
  readonly origin: string;
  readonly #server: RunningServer;
  readonly #browser: Browser;

  private constructor(edge: Edge, server: RunningServer, browser: Browser) {
    this.edge = edge;
    this.origin = `http://localhost:${server.port}`;
    this.#server = server;
    this.#browser = browser;
  }

  static async open(options: Parameters<typeof consoleEdge>[0] = {}): Promise<ConsoleWorld> {
    const edge = consoleEdge(options);
    // The browser drops a cookie that its own clock calls expired
    edge.clock.advance(Date.now() - edge.clock.now());
    const server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1', limits: { closeMs: 100 } });
    return new ConsoleWorld(edge, server, await launchBrowser());
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }

  /** Somebody at a screen, who is not signed in. */
  async visitor(screen: Screen = DESKTOP_LIGHT): Promise<Visit> {
    const context = await this.#browser.newContext({ baseURL: this.origin, ...screen });
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

  /** The text of the page's content. */
  async text(): Promise<string> {
    return (await this.page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
  }

  /** Returns whether the page is wider than its screen. */
  async overflows(): Promise<boolean> {
    return this.page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
  }

  /** Returns what axe finds, as one line for each rule. */
  async barriers(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()');
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
