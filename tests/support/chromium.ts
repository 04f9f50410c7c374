import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const PATHS = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const executablePath = PATHS.find((path) => path !== '' && existsSync(path));

/** Whether this machine has a browser. With CI set, a missing one fails the tests instead of skipping them. */
export const hasChromium = executablePath !== undefined || process.env['CI'] !== undefined;

export async function launchChromium(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('No Chromium was found: set CHROMIUM_PATH');
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
