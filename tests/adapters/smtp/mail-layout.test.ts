import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeMail } from '../../../src/adapters/smtp/compose-mail.ts';
import { SAMPLE_NAMES, sampleMails } from '../../../src/adapters/smtp/mail-samples.ts';
import type { SampleMail } from '../../../src/adapters/smtp/mail-samples.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { PAGES } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
/** Minimum contrast of text (WCAG 2.2, success criterion 1.4.3). */
const CONTRAST = 4.5;

async function htmlOf({ message, recipient }: SampleMail): Promise<string> {
  const mail = await composeMail(message, { from: FROM, pages: PAGES, names: SAMPLE_NAMES, recipient });
  return mail?.html ?? '';
}

/** Lowest contrast between a text and the ground behind it. Runs in the page. */
function lowestContrast(): number {
  const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element: Element | null): string => {
    if (!element) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor;
  };
  const walker = globalThis.document.createTreeWalker(globalThis.document.body, NodeFilter.SHOW_TEXT);
  const found: number[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element?.checkVisibility() || node.nodeValue?.trim() === '') continue;
    const lights = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
    found.push((Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05));
  }
  return Math.min(...found);
}

describe.skipIf(!hasBrowser)('the page of a mail', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser.close());

  it.each(sampleMails().map((sample) => [sample.name, sample] as const))(
    '%s fits a phone, with its style sheet and without, and reads well on light and dark ground',
    async (_name, sample) => {
      const html = await htmlOf(sample);
      await page.setViewportSize({ width: 360, height: 640 });
      for (const shown of [html, html.replace(/<head>.*<\/head>/s, '')]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await page.setContent(shown);
          expect(await page.evaluate(() => globalThis.document.documentElement.scrollWidth)).toBe(360);
          expect(await page.evaluate(lowestContrast)).toBeGreaterThan(CONTRAST);
        }
      }
    },
  );
});
