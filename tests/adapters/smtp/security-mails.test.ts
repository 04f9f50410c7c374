import { describe, expect, it } from 'vitest';
import { composeMail } from '../../../src/adapters/smtp/compose-mail.ts';
import { deviceName } from '../../../src/domain/entities/device-name.ts';
import type { MailContent } from '../../../src/adapters/smtp/mail-content.ts';
import { securityWords } from '../../../src/adapters/smtp/security-words.ts';
import { securityNotification } from '../../../src/application/users/security-events.ts';
import type { SecurityNotice } from '../../../src/domain/entities/notification.ts';
import { aUser, FixedClock, ids, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { NO_NAMES, PAGES } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const ADA = aUser({
  name: 'Ada',
  email: 'ada@example.com',
  emailVerifiedAt: JANUARY,
  timeZone: 'Europe/Paris',
});
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';
const NOTICES = Object.keys(securityWords) as SecurityNotice[];

function compose(notice: SecurityNotice, facts: Partial<Parameters<typeof securityNotification>[2]> = {}) {
  const origin = { address: '2001:db8::1', device: FIREFOX };
  const ports = { clock: new FixedClock(), ids };
  const message = securityNotification(ports, notice, { recipientId: ADA.id, origin, ...facts });
  return composeMail(message, { from: FROM, pages: PAGES, names: NO_NAMES, recipient: ADA });
}

describe('a mail about a credential', () => {
  it.each(NOTICES)('%s says when, from where, and what to do', async (notice) => {
    const mail = await compose(notice, { linkId: 'link-1', details: { transferLimit: '5' } });
    const { text } = mail as MailContent;
    expect(text).toContain('When: Thursday, 15 January 2026, 11:00\u00a0CET');
    expect(text).toContain('Transfer limit: 5\nInternet address: 2001:db8::1\nDevice: Firefox on Linux');
    const { title, steps } = securityWords[notice].advice;
    expect(text).toContain(`\n\n${title}\n`);
    for (const step of steps) expect(text).toContain(step.text);
  });

  it.each(
    NOTICES.filter((notice) => securityWords[notice].advice.steps.some(({ page }) => page !== undefined)),
  )('%s leads to the page that resets a password', async (notice) => {
    const mail = await compose(notice);
    expect(mail?.text).toContain('\nhttps://bank.example/forgot-password\n');
    expect(mail?.html).toContain('href="https://bank.example/forgot-password"');
  });

  it.each([
    ['a program with spaces in its name', 'Call+1-900-555 now', 'Call+1-900-555'],
    ['a program named like an address', 'win.evil.example/1.0', 'unknown'],
    ['a program without a name', '/', 'unknown'],
  ])('shows %s as one plain word', async (_what, device, shown) => {
    const mail = await compose('reset_password', { origin: { address: null, device } });
    expect(mail?.text).toContain(`\nDevice: ${shown}\n`);
  });

  it.each([
    ['verify_email', 'https://bank.example/verify-email?token=link-1.mac'],
    ['reset_password', 'https://bank.example/reset-password?token=link-1.mac'],
    ['confirm_new_email', 'https://bank.example/confirm-email?token=link-1.mac'],
  ] as const)('%s brings its link, as a button and in plain text', async (notice, url) => {
    const mail = await compose(notice, { linkId: 'link-1' });
    expect(mail?.text).toContain(`\n${url}\n`);
    expect(mail?.html).toContain(`href="${url}"`);
    expect(mail?.html).toContain(`>${url}</a>`);
  });

  it('keeps a detail that somebody chose out of the subject, and out of the markup', async () => {
    const mail = await compose('api_key_made', { details: { name: '<b>Win</b>' } });
    expect(mail?.subject).toBe('An API key was made');
    expect(mail?.html).toContain('&lt;b&gt;Win&lt;/b&gt;');
  });

  it('to another mailbox keeps the name from its reader', async () => {
    const mail = await compose('confirm_new_email', { email: 'other@example.com', linkId: 'link-1' });
    expect(mail).toMatchObject({
      to: { name: '', address: 'other@example.com' },
      envelope: { to: ['other@example.com'] },
    });
    expect(JSON.stringify(mail)).not.toContain('Ada');
  });

  it('to an erased user goes to the address in the message alone', async () => {
    const recipient = ADA.erase(JANUARY);
    const terms = { from: FROM, pages: PAGES, names: NO_NAMES, recipient };
    const ports = { clock: new FixedClock(), ids };
    const facts = { recipientId: ADA.id, origin: { address: null, device: null } };
    const message = securityNotification(ports, 'user_erased', { ...facts, email: ADA.email });
    expect(await composeMail(message, terms)).toMatchObject({ envelope: { to: [ADA.email] } });
    expect(await composeMail({ ...message, email: null }, terms)).toBeUndefined();
  });
});

describe('a device', () => {
  it.each([
    [FIREFOX, 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0',
      'Edge on Windows',
    ],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.6 Safari/605.1.15', 'Safari on macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1', 'Safari on iPhone'],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    ['curl/8.5.0', 'curl'],
  ])('%s is named %s', (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name);
  });
});
