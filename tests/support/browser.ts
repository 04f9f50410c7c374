import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of Chromium: `CHROMIUM_PATH`, or where Linux distributions and macOS put it. Undefined if there is none. */
const chromiumPath = process.env['CHROMIUM_PATH'] ?? PLACES.find((path) => existsSync(path));

/** Tests of pages are left out without a browser, and fail without one in CI. */
export const hasBrowser = chromiumPath !== undefined || process.env['CI'] !== undefined;

export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No Chromium was found: install it, or set CHROMIUM_PATH');
  return chromium.launch({
    executablePath: chromiumPath,
    // Chromium's own sandbox does not run as root, as CI does. It must not call its vendor either
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });
}
