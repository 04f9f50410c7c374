import { describe, expect, it } from 'vitest';
import { composeMail } from '../../../src/adapters/smtp/compose-mail.ts';
import { deviceName } from '../../../src/domain/entities/device-name.ts';
import type { MailContent } from '../../../src/adapters/smtp/mail-content.ts';
import { securityWords } from '../../../src/adapters/smtp/security-words.ts';
import { securityNotification } from '../../../src/application/users/security-events.ts';
import type { SecurityNotice } from '../../../src/domain/entities/notification.ts';
import { aUser, FixedClock, ids, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { PAGES } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const ADA = aUser({ name: 'Ada', email: 'ada@example.com', timeZone: 'Europe/Paris' });
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';
const NOTICES = Object.keys(securityWords) as SecurityNotice[];

function compose(notice: SecurityNotice, facts: Partial<Parameters<typeof securityNotification>[2]> = {}) {
  const origin = { address: '2001:db8::1', device: FIREFOX };
  const ports = { clock: new FixedClock(), ids };
  const message = securityNotification(ports, notice, { recipientId: ADA.id, origin, ...facts });
  return composeMail(message, { from: FROM, pages: PAGES, recipient: ADA });
}

describe('a mail about a credential', () => {
  it.each(NOTICES)('%s says when, from where, and what to do', async (notice) => {
    const mail = await compose(notice, { linkId: 'link-1', details: { transferLimit: '5' } });
    const { text } = mail as MailContent;
    expect(text).toContain('When: 2026-01-15 11:00 CET');
    expect(text).toContain('Transfer limit: 5\nInternet address: 2001:db8::1\nDevice: Firefox on Linux');
    expect(text).toContain(securityWords[notice].advice);
    for (const line of text
      .trim()
      .split('\n')
      .filter((one) => one !== '')) {
      for (const part of line.split(/: (?=\S)/)) expect(mail?.html).toContain(part.replace(/:$/, ''));
    }
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
    const terms = { from: FROM, pages: PAGES, recipient };
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
