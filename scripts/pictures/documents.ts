import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { composeMail } from '../../src/adapters/smtp/compose-mail.ts';
import { SAMPLE_NAMES, sampleMails } from '../../src/adapters/smtp/mail-samples.ts';
import { setFont } from './font.ts';
import { aMonthOfABank, BANK } from './month.ts';
import { pictureAt } from './place.ts';

const SCREENS = [
  { name: 'desktop-light', colorScheme: 'light', viewport: { width: 1000, height: 1200 } },
  { name: 'desktop-dark', colorScheme: 'dark', viewport: { width: 1000, height: 1200 } },
  { name: 'phone-light', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

async function month(moreLines: number): ReturnType<typeof aMonthOfABank> {
  const logo = await readFile(new URL('logo.svg', import.meta.url), 'utf8');
  return aMonthOfABank({ logo, moreLines });
}

/** The upper part of a statement, as much of it as a reader of the documents wants to see. */
export async function drawStatement(browser: Browser): Promise<void> {
  const [screen] = SCREENS;
  const tab = await browser.newPage({ ...screen, deviceScaleFactor: 1.5 });
  await show(tab, await (await month(0)).statement('html'));
  await tab.screenshot({
    path: pictureAt('statement.png'),
    clip: { x: 0, y: 0, width: 1000, height: 1010 },
  });
  await tab.close();
}

/** The mail to a person who has paid. */
export async function drawMail(browser: Browser): Promise<void> {
  const sample = sampleMails().find(({ name }) => name === 'transfer-sent');
  if (!sample) throw new Error('There is no sample of a mail to a payer');
  const mail = await composeMail(sample.message, {
    from: { name: BANK.name, address: 'bank@alderbank.example' },
    bank: BANK,
    pages: { origin: () => 'https://alderbank.example', tokenOf: (linkId) => linkId },
    names: SAMPLE_NAMES,
    recipient: sample.recipient,
  });
  const tab = await browser.newPage({
    colorScheme: 'light',
    viewport: { width: 720, height: 400 },
    deviceScaleFactor: 1.5,
  });
  await show(tab, Buffer.from(String(mail?.html)));
  await tab.screenshot({ path: pictureAt('mail.png'), fullPage: true });
  await tab.close();
}

async function show(tab: Page, page: Uint8Array): Promise<void> {
  await tab.setContent(Buffer.from(page).toString('utf8'));
  await setFont(tab);
}

/** The statement at two widths and in both schemes, its print and its PDF, for people who work on its look. */
export async function drawAllStatements(
  browser: Browser,
  { folder, moreLines }: { folder: string; moreLines: number },
): Promise<void> {
  const bank = await month(moreLines);
  const page = await bank.statement('html');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'statement.html'), page);
  await writeFile(join(folder, 'statement.pdf'), await bank.statement('pdf'));
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
