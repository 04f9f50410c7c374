import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { startServer } from '../../../src/adapters/http/index.ts';
import type { RunningServer } from '../../../src/adapters/http/index.ts';
import { LINK_PAGES } from '../../../src/adapters/shared/link-pages.ts';
import { createSmtpMailer } from '../../../src/adapters/smtp/smtp-mailer.ts';
import { OutboxDispatcher } from '../../../src/application/jobs/outbox-dispatcher.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';
import { MailServer, NO_NAMES } from '../../support/mail-server.ts';
import { LINKS } from '../../support/people.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const submit = (edge: Edge, path: string, body: string, headers: Record<string, string> = {}) =>
  edge.call(`POST ${path}`, { body, headers: { ...FORM, ...headers } });

describe('A page behind a link', () => {
  test.each(Object.values(LINK_PAGES))(
    '%s shows a form, changes nothing by GET, and is stored nowhere',
    async (path) => {
      const edge = new Edge();
      const ada = await edge.register('Ada');
      const token = await edge.linkOf(ada, 'email_verification');
      const answer = await edge.call(`GET ${path}?token=${token}&utm_source=mail`);
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(`<form method="post" action="${path}">`);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('referrer-policy')).toBe('strict-origin');
      expect(answer.headers.get('content-security-policy')).toContain("form-action 'self'");
      expect(await edge.linkOf(ada, 'email_verification')).toBe(token);
      expect(edge.lines.join('')).not.toContain(token);
    },
  );

  test('verifies by its form, once, and says so', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const token = await edge.linkOf(ada, 'email_verification');
    const first = await submit(edge, '/verify-email', `token=${token}`);
    expect([first.status, first.text]).toEqual([200, expect.stringContaining('address is confirmed')]);
    const second = await submit(edge, '/verify-email', `token=${token}`);
    expect([second.status, second.text]).toEqual([400, expect.stringContaining('was used or has expired')]);
  });

  test('refuses a form of another site, and a body that is no form', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const body = `token=${await edge.linkOf(ada, 'email_verification')}`;
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }]) {
      expect((await submit(edge, '/verify-email', body, headers)).status).toBe(403);
    }
    expect((await submit(edge, '/verify-email', '{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await submit(edge, '/verify-email', 'x'.repeat(9_000))).status).toBe(413);
    expect((await submit(edge, '/verify-email', body)).status).toBe(200);
  });

  test('escapes the token and the address that it repeats', async () => {
    const edge = new Edge();
    const markup = '"><script>alert(1)</script>';
    const answers = [
      await edge.call(`GET /reset-password?token=${encodeURIComponent(markup)}`),
      await submit(edge, '/forgot-password', `email=${encodeURIComponent(markup)}`),
    ];
    for (const { text } of answers) {
      expect(text).not.toContain('<script');
      expect(text).toContain('&lt;script&gt;');
    }
  });
});

describe.skipIf(!hasBrowser)('A person without scripts', () => {
  let browser: Browser;
  let mails: MailServer;
  let server: RunningServer;
  let edge: Edge;
  let stop: () => Promise<void>;
  let origin = '';

  beforeAll(async () => {
    mails = await MailServer.start();
    const mailer = createSmtpMailer({
      server: { host: '127.0.0.1', port: mails.port, secure: false, auth: null },
      from: { name: 'Passbook', address: 'bank@passbook.example' },
      pages: { origin: () => origin, tokenOf: (linkId) => LINKS.tokenOf(linkId) },
      names: NO_NAMES,
    });
    let wake = (): void => {};
    edge = new Edge({ onCommit: () => wake() });
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const { unitOfWork } = edge.store;
    const dispatcher = new OutboxDispatcher({ unitOfWork, mailer, clock: edge.clock, log });
    wake = () => dispatcher.wake();
    dispatcher.start();
    stop = async () => {
      await dispatcher.stop();
      mailer.close();
    };
    server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
    origin = `http://127.0.0.1:${server.port}`;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await stop?.();
    await mails?.stop();
  });

  test('forgets a password, follows the mail and sets a new one by keyboard', async () => {
    const ada = await edge.register('Ada');
    const [welcome] = await mails.received(1);
    expect(welcome?.parsed.text).toContain(`${origin}/verify-email?token=`);
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();

    await page.goto(`${origin}/forgot-password`);
    await type(page, ada.email);
    await page.keyboard.press('Enter');
    await says(page, 'a mail with a link is on its way');
    const mail = (await mails.received(2))[1];
    expect(mail?.to).toEqual([ada.email]);
    const [link = ''] = /http:\S+reset-password\S+/.exec(mail?.parsed.text ?? '') ?? [];
    expect(mail?.parsed.html).toContain(`href="${link}"`);
    // A program that scans mails
    expect((await fetch(link)).status).toBe(200);

    await page.goto(link);
    await type(page, ada.email);
    await page.keyboard.press('Enter');
    expect(await page.textContent('[role=alert]')).toContain('Your password is your name or e-mail address');
    await type(page, 'a much better phrase');
    await page.keyboard.press('Enter');
    await says(page, 'Your password is changed');
    expect(page.url()).toBe(`${origin}/reset-password`);
    await page.goto(link);
    await page.fill('input[type=password]', 'another good phrase');
    await page.keyboard.press('Enter');
    await says(page, 'was used or has expired');
    await context.close();

    const signIn = (password: string) => edge.bank.signIn({ email: ada.email, password });
    expect(await signIn('a much better phrase')).toMatchObject({ user: { id: ada.id } });
    await expect(signIn(PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await mails.received(3))[2]?.parsed.subject).toBe('Your password was changed');
  });

  /** Types into the field that has the focus. The browser sets it only some time after the page is loaded. */
  async function type(page: Page, text: string): Promise<void> {
    await page.locator('input:focus').waitFor();
    await page.keyboard.type(text);
  }

  /** Waits for the page that the form leads to: a pressed key does not. */
  async function says(page: Page, text: string): Promise<void> {
    const main = page.locator('main', { hasText: text });
    await main.waitFor();
    expect(await main.textContent()).toContain(text);
  }
});
