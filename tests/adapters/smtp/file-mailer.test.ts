import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileMailer } from '../../../src/adapters/smtp/file-mailer.ts';
import { JANUARY, aTransferMessage, aUser, aWelcome } from '../../../src/testing/fixtures/builders.ts';
import { NO_NAMES, PAGES } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const ADA = aUser({ name: 'Ada Lovelace', email: 'ada@example.com', emailVerifiedAt: JANUARY });

describe('mails as files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-mails-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('have the content that a mail server would receive', async () => {
    const directory = join(folder, 'made', 'when needed');
    const mailer = createFileMailer({ directory, from: FROM, pages: PAGES, names: NO_NAMES });
    expect(await mailer.send(aWelcome({ id: '1.welcome' }), ADA)).toEqual({
      file: join(directory, '1.welcome.eml'),
    });

    expect(await readdir(directory)).toEqual(['1.welcome.eml']);
    const raw = await readFile(join(directory, '1.welcome.eml'));
    expect(raw.toString().replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    const { headers, from, to, date, messageId, subject, text, html } = await simpleParser(raw);
    expect([...headers.keys()]).toEqual([
      'auto-submitted',
      'from',
      'to',
      'subject',
      'message-id',
      'date',
      'mime-version',
      'content-type',
    ]);
    expect({ from: from?.value, date, messageId, subject }).toEqual({
      from: [FROM],
      date: new Date(JANUARY),
      messageId: '<1.welcome@passbook.example>',
      subject: 'Welcome to Passbook',
    });
    expect(to).toMatchObject({ value: [{ name: '', address: 'ada@example.com' }] });
    expect(text).toMatch(/^Hello,\n\nWelcome to Passbook\n\nYou are registered/);
    expect(html).toContain('>Hello,</p>');
  });

  it('are readable by their user alone', async () => {
    const directory = join(folder, 'mail');
    await createFileMailer({ directory, from: FROM, pages: PAGES, names: NO_NAMES }).send(aWelcome(), ADA);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('are one file for each message, even if it is sent several times', async () => {
    const mailer = createFileMailer({ directory: folder, from: FROM, pages: PAGES, names: NO_NAMES });
    const message = aTransferMessage({ id: '2.sent' });
    await mailer.send(message, ADA);
    await writeFile(join(folder, '2.sent.eml'), 'half a ma');
    await mailer.send(message, ADA);
    await mailer.send(aTransferMessage({ id: '2.received' }), ADA);

    expect((await readdir(folder)).sort()).toEqual(['2.received.eml', '2.sent.eml']);
    expect((await simpleParser(await readFile(join(folder, '2.sent.eml')))).messageId).toBe(
      '<2.sent@passbook.example>',
    );
  });

  it('leave no partial file after a failure, and permit another attempt', async () => {
    const mailer = createFileMailer({ directory: folder, from: FROM, pages: PAGES, names: NO_NAMES });
    // A folder in the way of the rename
    await createFileMailer({
      directory: join(folder, '3.sent.eml'),
      from: FROM,
      pages: PAGES,
      names: NO_NAMES,
    }).send(aWelcome(), ADA);
    await expect(mailer.send(aTransferMessage({ id: '3.sent' }), ADA)).rejects.toThrow(/EISDIR|ENOTEMPTY/);
    expect(await readdir(folder)).toEqual(['3.sent.eml']);
  });

  it('are not written for an invalid address', async () => {
    const mailer = createFileMailer({ directory: folder, from: FROM, pages: PAGES, names: NO_NAMES });
    expect(await mailer.send(aWelcome(), aUser({ email: 'a@b.example, c@d.example' }))).toBe('refused');
    expect(await readdir(folder)).toEqual([]);
  });

  it('never leave their folder', async () => {
    const directory = join(folder, 'mail');
    const mailer = createFileMailer({ directory, from: FROM, pages: PAGES, names: NO_NAMES });
    await expect(mailer.send(aWelcome({ id: '../4' }), ADA)).rejects.toThrow(TypeError);
    expect(await readdir(folder)).toEqual([]);
  });
});
