import type { Browser, BrowserContext, Page } from 'playwright-core';
import { setFont } from './font.ts';
import { pictureAt } from './place.ts';
import type { RunningDemo } from './running-demo.ts';

const DESKTOP = { viewport: { width: 1100, height: 980 }, deviceScaleFactor: 1.5 };
export const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 };

const PICTURES = [
  { name: 'console', who: 'Mara', screen: DESKTOP, colorScheme: 'light' },
  { name: 'console-dark', who: 'Mara', screen: DESKTOP, colorScheme: 'dark' },
  { name: 'console-phone', who: 'Mara', screen: PHONE, colorScheme: 'light' },
  { name: 'console-phone-dark', who: 'Mara', screen: PHONE, colorScheme: 'dark' },
  { name: 'staff', who: 'The operator', screen: DESKTOP, colorScheme: 'light' },
] as const;

/** The first pages of a customer and of the staff, as far as they fit on the screen. */
export async function drawConsole(browser: Browser, demo: RunningDemo): Promise<void> {
  for (const { name, who, screen, colorScheme } of PICTURES) {
    const { context, tab } = await signIn(browser, { demo, who, screen: { ...screen, colorScheme } });
    await tab.screenshot({ path: pictureAt(`${name}.png`) });
    await context.close();
  }
}

type Screen = NonNullable<Parameters<Browser['newContext']>[0]>;

/** Opens the first page of somebody whose name begins with a text. */
export async function signIn(
  browser: Browser,
  { demo, who, screen }: { demo: RunningDemo; who: string; screen: Screen },
): Promise<{ context: BrowserContext; tab: Page }> {
  // The font of the pictures is an inline style, which the pages forbid
  const context = await browser.newContext({ ...screen, bypassCSP: true });
  const tab = await context.newPage();
  await tab.goto(demo.link);
  await tab.getByRole('button', { name: `Sign in as ${who}` }).click();
  await tab.getByRole('button', { name: 'Sign out' }).waitFor();
  await setFont(tab);
  return { context, tab };
}
