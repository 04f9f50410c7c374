/**
 * `npm run first-paint`: measures how soon Chromium paints the pages of the demo, each in a new window without cached
 * files. Each round paints a page of one word too, from a bare server: no page can be faster than that one.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../tests/support/browser.ts';
import { signIn } from './pictures/console.ts';
import { RunningDemo } from './pictures/running-demo.ts';

const ROUNDS = 9;
const SCREEN = { viewport: { width: 1100, height: 800 } } as const;
const PATHS = {
  Mara: ['/', '/send', '/payees', '/security', '/profile'],
  'The operator': ['/staff', '/staff/people', '/staff/audit', '/staff/verification'],
} as const;

type State = Awaited<ReturnType<BrowserContext['storageState']>>;
type Target = { readonly name: string; readonly url: string; readonly state?: State };
/** Times in milliseconds since the navigation began. */
type Visit = { readonly firstByte: number; readonly firstPaint: number; readonly bytes: number };

const bare = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>One word</title><p>Hello');
});
bare.listen(0, '127.0.0.1');
await once(bare, 'listening');
const browser = await launchBrowser();
const demo = await RunningDemo.start();
try {
  const { port } = bare.address() as AddressInfo;
  const targets: Target[] = [{ name: 'a page of one word', url: `http://127.0.0.1:${port}/` }];
  for (const [who, paths] of Object.entries(PATHS)) {
    const { context } = await signIn(browser, { demo, who, screen: SCREEN });
    const state = await context.storageState();
    await context.close();
    targets.push(...paths.map((path) => ({ name: path, url: `${demo.origin}${path}`, state })));
  }
  const visits = new Map<string, Visit[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const target of targets) visits.get(target.name)?.push(await visit(browser, target));
  }
  const rows = [...visits].map(([name, all]) => ({
    page: name,
    'first paint, ms': median(all.map(({ firstPaint }) => firstPaint)),
    'first byte, ms': median(all.map(({ firstByte }) => firstByte)),
    'in all, KB': Math.round(median(all.map(({ bytes }) => bytes)) / 1000),
  }));
  console.table(rows);
} finally {
  await browser.close();
  await demo.stop();
  bare.close();
}

async function visit(browser: Browser, { url, state }: Target): Promise<Visit> {
  const context = await browser.newContext({ ...SCREEN, ...(state ? { storageState: state } : {}) });
  const tab = await context.newPage();
  const devtools = await context.newCDPSession(tab);
  await devtools.send('Network.enable');
  let bytes = 0;
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await tab.goto(url, { waitUntil: 'load' });
  const [firstByte, firstPaint] = await tab.evaluate(async () => {
    const paint = await new Promise<number>((resolve) => {
      new PerformanceObserver((list) => {
        const [first] = list.getEntriesByName('first-contentful-paint');
        if (first) resolve(first.startTime);
      }).observe({ type: 'paint', buffered: true });
    });
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return [navigation?.responseStart ?? 0, paint] as const;
  });
  await context.close();
  return { firstByte, firstPaint, bytes };
}

function median(numbers: readonly number[]): number {
  return Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0);
}
