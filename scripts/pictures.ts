/**
 * `npm run pictures`: draws the statement of a believable month and a mail, for the README and for people who work on
 * their look. Writes `docs/statement.png` and `docs/mail.png`; with `--out FOLDER`, the page at two widths and in both schemes, its print and its PDF.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../tests/support/browser.ts';
import { composeMail } from '../src/adapters/smtp/compose-mail.ts';
import { SAMPLE_NAMES, sampleMails } from '../src/adapters/smtp/mail-samples.ts';
import { aMonthOfABank, BANK } from './pictures/month.ts';

const require = createRequire(import.meta.url);
const SCREENS = [
  { name: 'desktop-light', colorScheme: 'light', viewport: { width: 1000, height: 1200 } },
  { name: 'desktop-dark', colorScheme: 'dark', viewport: { width: 1000, height: 1200 } },
  { name: 'phone-light', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

/** A font that is the same on every machine. Readers see the page in the font of their system. */
const FONT =
  'NotoSans_400Regular.ttf NotoSans_600SemiBold.ttf'
    .split(' ')
    .map((name, index) => {
      const folder = ['400Regular', '600SemiBold'][index];
      const path = require.resolve(`@expo-google-fonts/noto-sans/${folder}/${name}`);
      const source = `data:font/ttf;base64,${readFileSync(path).toString('base64')}`;
      return `@font-face { font-family: Picture; font-weight: ${index === 0 ? 400 : '500 700'}; src: url(${source}); }`;
    })
    .join(' ') + ' body { font-family: Picture !important; }';

const { values } = parseArgs({
  options: { out: { type: 'string' }, lines: { type: 'string', default: '0' } },
});
const logo = await readFile(new URL('pictures/logo.svg', import.meta.url), 'utf8');
const month = await aMonthOfABank({ logo, moreLines: Number(values.lines) });
const page = await month.statement('html');
const browser = await launchBrowser();
try {
  if (values.out === undefined) {
    await drawReadme(browser, page);
    await drawMail(browser);
  } else await drawAll(browser, { page, folder: values.out });
} finally {
  await browser.close();
}

/** The upper part of the page, as much of it as a reader of the README wants to see. */
async function drawReadme(browser: Browser, page: Uint8Array): Promise<void> {
  const path = new URL('../docs/statement.png', import.meta.url).pathname;
  const [screen] = SCREENS;
  const tab = await browser.newPage({ ...screen, deviceScaleFactor: 1.5 });
  await show(tab, page);
  await tab.screenshot({ path, clip: { x: 0, y: 0, width: 1000, height: 1010 } });
  await tab.close();
}

/** The mail to a person who has paid. */
async function drawMail(browser: Browser): Promise<void> {
  const sample = sampleMails().find(({ name }) => name === 'transfer-sent');
  if (!sample) throw new Error('There is no sample of a mail to a payer');
  const mail = await composeMail(sample.message, {
    from: { name: BANK.name, address: 'bank@alderbank.example' },
    bank: BANK,
    pages: { origin: () => 'https://alderbank.example', tokenOf: (linkId) => linkId },
    names: SAMPLE_NAMES,
    recipient: sample.recipient,
  });
  const path = new URL('../docs/mail.png', import.meta.url).pathname;
  const tab = await browser.newPage({
    colorScheme: 'light',
    viewport: { width: 720, height: 400 },
    deviceScaleFactor: 1.5,
  });
  await show(tab, Buffer.from(String(mail?.html)));
  await tab.screenshot({ path, fullPage: true });
}

async function show(tab: Page, page: Uint8Array): Promise<void> {
  await tab.setContent(Buffer.from(page).toString('utf8'));
  await tab.addStyleTag({ content: FONT });
  await tab.evaluate('document.fonts.ready.then(() => undefined)');
}

async function drawAll(
  browser: Browser,
  { page, folder }: { page: Uint8Array; folder: string },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'statement.html'), page);
  await writeFile(join(folder, 'statement.pdf'), await month.statement('pdf'));
  for (const { name, ...screen } of SCREENS) {
    const tab = await browser.newPage(screen);
    await show(tab, page);
    await tab.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    if (name === 'desktop-light') {
      await tab.pdf({ path: join(folder, 'printed.pdf'), preferCSSPageSize: true, printBackground: false });
    }
    await tab.close();
  }
}
