import { describe, expect, it } from 'vitest';
import { composeMail } from '../../../src/adapters/smtp/compose-mail.ts';
import type { MailContent } from '../../../src/adapters/smtp/mail-content.ts';
import type { NameReads } from '../../../src/adapters/smtp/mail-names.ts';
import { SAMPLE_NAMES, sampleMails } from '../../../src/adapters/smtp/mail-samples.ts';
import type { SampleMail } from '../../../src/adapters/smtp/mail-samples.ts';
import { isAboutTransfer } from '../../../src/domain/entities/notification.ts';
import type { Notification, TransferNotification } from '../../../src/domain/entities/notification.ts';
import { User } from '../../../src/domain/entities/user.ts';
import { PAGES } from '../../support/mail-server.ts';

const BANK = { name: 'Bank of Letters', address: ['1 Ledger Lane', '75001 Paris'] };
const FROM = { name: BANK.name, address: 'bank@passbook.example' };
const SAMPLES = sampleMails().map((sample) => [sample.name, sample] as const);
const HOSTILE = `</td><img src=x onerror="alert(1)">&'`;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-/;

async function compose(
  { message, recipient }: Pick<SampleMail, 'message' | 'recipient'>,
  names: NameReads = SAMPLE_NAMES,
): Promise<MailContent> {
  return (await composeMail(message, {
    from: FROM,
    bank: BANK,
    pages: PAGES,
    names,
    recipient,
  })) as MailContent;
}

function bodyOf(html: string): string {
  return html.slice(html.indexOf('<body'));
}

/** Text that a reader sees or hears, without the preview. */
function shownIn(html: string): string {
  return bodyOf(html)
    .replace(/<div style="display:none.*?<\/div>/s, '')
    .replaceAll(/<!--.*?-->/gs, '')
    .replaceAll(/<br>|<\/(?:p|h1|h2|td|th|tr)>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&nbsp;', '')
    .replaceAll('&#39;', "'");
}

/** The message with another text in each place for words that a person chooses. */
function withTexts(message: Notification, text: string): Notification {
  if (message.kind === 'security') {
    return 'name' in message.details ? { ...message, details: { ...message.details, name: text } } : message;
  }
  if (message.kind === 'digest') {
    return { ...message, listed: message.listed.map((one) => withTransferTexts(one, text)) };
  }
  return isAboutTransfer(message) ? withTransferTexts(message, text) : message;
}

function withTransferTexts(message: TransferNotification, text: string): TransferNotification {
  const counterparty = { ...message.counterparty, name: text };
  return { ...message, description: text, reference: text, counterparty };
}

function namesOf(name: string): NameReads {
  const shown = async (ids: readonly string[]) => new Map(ids.map((id) => [id, { name, number: null }]));
  return { accounts: shown, payees: (_userId, ids) => shown(ids) };
}

describe.each(SAMPLES)('the mail %s', (_name, sample) => {
  it('says the same as text and as HTML', async () => {
    const { text, html } = await compose(sample);
    const shown = shownIn(html).replaceAll(/\s/g, ' ');
    for (const line of text.split('\n').slice(3)) {
      for (const part of line.split(/(?:: | {2}|^\d\. )/))
        expect(shown).toContain(
          part
            .replace(/[:\u2068\u2069]+$/, '')
            .replaceAll(/[\u2068\u2069]/g, '')
            .replaceAll(/\s/g, ' '),
        );
    }
  });

  it('keeps the bank and its address at the end, and ids out of sight', async () => {
    const { subject, text, html } = await compose(sample);
    expect(text).toMatch(
      /\n\nBank of Letters\n1 Ledger Lane\n75001 Paris\n\nThis mail was sent automatically/,
    );
    expect(bodyOf(html)).toMatch(/<b>Bank of Letters<\/b><br>1 Ledger Lane<br>75001 Paris<\/p>/);
    expect(subject).not.toMatch(UUID);
    const [beforeAdvice] = text.split(/\n(?:Not|Do) .*\? Do this\.\n/);
    expect(beforeAdvice).not.toMatch(UUID);
    if (isAboutTransfer(sample.message))
      expect(text).toContain(`\n\nTransaction ${sample.message.transferId}`);
  });

  it('tells its reader what to do if it is about somebody else', async () => {
    const { text, html } = await compose(sample);
    expect(text).toMatch(/\n\n(?:Not you|Not expected|Do you need access)\? Do this\.\n/);
    expect(bodyOf(html)).toMatch(/<h2 [^>]*>(?:Not you|Not expected|Do you need access)\? Do this\.<\/h2>/);
  });

  it('needs no image, no script, no style sheet and nothing from elsewhere', async () => {
    const { html } = await compose(sample);
    expect(html).not.toMatch(
      /<(?:img|link|script|iframe|object|svg|form)\b|@import|url\(|\ssrc=|background=/i,
    );
    for (const [, url] of html.matchAll(/href="([^"]*)"/g)) expect(url).toMatch(/^https:\/\/bank\.example\//);
    expect(html.match(/<style>/g)).toHaveLength(2);
    // A class only changes colours that its element has of its own
    for (const [element] of bodyOf(html).matchAll(/<[^>]*class="[^>]*>/g)) {
      expect(element).toMatch(/style="[^"]*(?:color|border)/);
    }
  });

  it('is one column of layout tables that screen readers pass over', async () => {
    const { html } = await compose(sample);
    const body = bodyOf(html);
    for (const [table] of body.matchAll(/<table\b.*?<\/tr>/gs)) {
      const isLayout = table.startsWith('<table role="presentation"');
      expect(isLayout || table.includes('<th scope="row"') || table.includes('align="right"')).toBe(true);
    }
    expect(html).toContain('<html lang="en" dir="ltr">');
    expect(body).toMatch(/<div role="article" [^>]*lang="en" dir="ltr">/);
    expect(body.match(/<h1 /g)).toHaveLength(1);
  });

  it('shows the amount larger than anything else', async () => {
    const { html } = await compose(sample);
    const body = bodyOf(html);
    const sizes = [...body.matchAll(/font-size:(\d+)px/g)].map(([, size]) => Number(size));
    const [, heading = ''] = /<h1 (.*?)<\/h1>/s.exec(body) ?? [];
    expect(heading).toContain(`font-size:${Math.max(...sizes)}px`);
    if (isAboutTransfer(sample.message)) expect(heading).toMatch(/>EUR\u00a0[\d,.]+<\/span>$/);
  });

  it('has a preview of its own, without words of another person', async () => {
    const { html } = await compose({ ...sample, message: withTexts(sample.message, 'HOSTILE') });
    const [, preview = ''] = /<div style="display:none[^>]*>(.*?)<\/div>/s.exec(bodyOf(html)) ?? [];
    expect(preview).toMatch(/\w+ \w+/);
    expect(preview).not.toContain('HOSTILE');
  });

  it('escapes every word that a person chose', async () => {
    const recipient = User.restore({ ...sample.recipient, name: HOSTILE });
    const hostile = { message: withTexts(sample.message, HOSTILE), recipient };
    const { subject, html } = await compose(hostile, namesOf(HOSTILE));
    expect(html).not.toContain('<img');
    expect(subject).not.toContain('onerror');
  });

  it('repeats no name to a mailbox that nobody has confirmed', async () => {
    const recipient = User.restore({ ...sample.recipient, name: 'HOSTILE', emailVerifiedAt: null });
    const { message } = sample;
    const mail = await compose({
      message: message.kind === 'security' ? withTexts(message, 'HOSTILE') : message,
      recipient,
    });
    expect(JSON.stringify(mail)).not.toContain('HOSTILE');
    expect(mail.text).toMatch(/^Hello,\n/);
  });
});

describe('the welcome mail', () => {
  it('repeats nothing that a stranger may have entered, even to a confirmed mailbox', async () => {
    const [, sample] = SAMPLES.find(([name]) => name === 'welcome') ?? [];
    const recipient = User.restore({ ...sample!.recipient, name: 'Win at evil.example' });
    const mail = await compose({ message: sample!.message, recipient });
    expect(mail).toMatchObject({ to: { name: '', address: recipient.email } });
    expect(JSON.stringify(mail)).not.toMatch(/Win|evil/);
  });
});

describe('a name that runs right to left', () => {
  it('is isolated, so that it reorders nothing beside it', async () => {
    const [, sample] = SAMPLES.find(([name]) => name === 'hold-placed') ?? [];
    const { text, html } = await compose(sample!);
    expect(text).toContain('for \u2068نور الهاشمي\u2069\n');
    expect(html).toContain(
      'for <span dir="auto" style="unicode-bidi:isolate;font-weight:600">نور الهاشمي</span>',
    );
  });

  it.each([
    ['an override', 'Ada \u202eecarG', '\u2068Ada \u202eecarG\u2069'],
    ['an end of isolation', 'Ada\u2069 \u202eecarG', '\u2068Ada \u202eecarG\u2069'],
    ['nothing of the kind', 'Zoë 🏦', 'Zoë 🏦'],
  ])('stays inside its own text with %s', async (_what, name, shown) => {
    const [, { message, recipient }] = SAMPLES[1]!;
    const { text } = await compose({ message: withTexts(message, name), recipient }, namesOf(name));
    expect(text).toContain(`to ${shown}\n${shown}\n`);
  });
});

describe('the samples', () => {
  it('have names of their own', () => {
    expect(new Set(SAMPLES.map(([name]) => name)).size).toBe(SAMPLES.length);
  });
});
