import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { PHONE, signIn } from './console.ts';
import { encodeGif } from './gif.ts';
import type { Frame } from './gif.ts';
import { pictureAt } from './place.ts';
import type { RunningDemo } from './running-demo.ts';

/** Time that the picture shows before the payment is made, and after it has arrived. */
const BEFORE_MS = 1_200;
const AFTER_MS = 3_000;
/** Time after which the payment is given up. */
const GIVEN_UP_MS = 30_000;

/** A payment that arrives on the open page of a customer, as a moving picture. */
export async function drawArrivingPayment(browser: Browser, demo: RunningDemo): Promise<void> {
  const { context, tab } = await signIn(browser, {
    demo,
    who: 'Idris',
    screen: { ...PHONE, colorScheme: 'light' },
  });
  // The newest entry must be on the screen
  await tab.locator('.balance').evaluate((balance) => {
    globalThis.scrollTo(0, balance.getBoundingClientRect().top - 40);
  });
  const toAccount = new URL(
    (await tab.locator('.chip[aria-current]').getAttribute('href')) ?? '',
    demo.origin,
  ).pathname.slice('/accounts/'.length);
  const pay = await payer(demo, toAccount);
  await writeFile(pictureAt('console-phone.gif'), encodeGif(await film(tab, pay)));
  await context.close();
}

/** Films the page until a while after the payment has arrived. */
async function film(tab: Page, pay: () => Promise<void>): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  const began = performance.now();
  let end = Infinity;
  let paid: Promise<void> | undefined;
  for (let atMs = 0; atMs < end; atMs = performance.now() - began) {
    frames.push({ atMs, png: await tab.screenshot({ animations: 'allow' }) });
    if (atMs > BEFORE_MS) paid ??= pay();
    if (end === Infinity && atMs > GIVEN_UP_MS) throw new Error('The payment did not arrive');
    if (end === Infinity && (await tab.locator('.arrived').count()) > 0) end = atMs + AFTER_MS;
  }
  await paid;
  return frames;
}

/** Signs the main customer in to the API. Returns the payment that the customer makes. */
async function payer(demo: RunningDemo, toAccount: string): Promise<() => Promise<void>> {
  const signedIn = await call(demo, '/auth/login', {
    body: { email: 'mara.lindqvist@people.example', password: demo.password },
  });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const listed = await call(demo, '/accounts', { cookie });
  const { accounts } = (await listed.json()) as { accounts: readonly { id: string; currency: string }[] };
  const fromAccount = accounts.find(({ currency }) => currency === 'EUR')?.id;
  return async () => {
    const body = {
      fromAccount,
      toAccount,
      amount: 48_50,
      description: 'Concert tickets',
      idempotencyKey: randomUUID(),
    };
    await call(demo, '/transactions', { cookie, body });
  };
}

async function call(
  { origin }: RunningDemo,
  path: string,
  { cookie, body }: { cookie?: string; body?: unknown },
): Promise<Response> {
  const response = await fetch(`${origin}/api${path}`, {
    headers: { 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response;
}
