import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleMails } from '../../src/adapters/smtp/mail-samples.ts';
import { findChromium } from '../../src/page-pictures.ts';
import { Program } from '../support/program.ts';

/** With CI set, a missing browser fails the test instead of skipping it. */
const mayHaveBrowser = findChromium() !== undefined || process.env['CI'] !== undefined;
const NAMES = sampleMails().map(({ name }) => name);
const CHOSEN = ['welcome', 'transfer-sent'];

describe('passbook mail preview', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-preview-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function preview(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const to = join(folder, 'made when needed');
    const program = new Program('src/cli.ts', {
      args: ['mail', 'preview', '--to', to, ...args],
      env: { DATA_DIR: join(folder, 'none'), PUBLIC_ORIGIN: 'https://bank.example', ...env },
    });
    const { code } = await program.ended;
    expect({ code, stderr: program.stderr }).toEqual({ code: 0, stderr: '' });
    return program.stdout;
  }

  it('names all mails where one is asked for that does not exist', async () => {
    const program = new Program('src/cli.ts', { args: ['mail', 'preview', '--only', 'nothing'], env: {} });
    expect(await program.ended).toEqual({ code: 2, signal: null });
    expect(program.stderr).toContain(`there is no mail nothing; the names are ${NAMES.join(', ')}\n`);
  });

  it('writes a mail of each kind in three forms, and says that it takes no pictures without a browser', async () => {
    const said = await preview([], { PATH: join(folder, 'empty') });
    const to = join(folder, 'made when needed');
    expect(said).toBe(
      `Wrote ${NAMES.length} mails to ${to}, each as .eml, .html and .txt\n` +
        'No Chromium was found on PATH, so there are no pictures\n' +
        `Open ${join(to, 'index.html')}\n`,
    );
    const files = NAMES.flatMap((name) => [`${name}.eml`, `${name}.html`, `${name}.txt`]);
    expect((await readdir(to)).toSorted()).toEqual(['index.html', ...files].toSorted());
    expect(await readdir(folder)).toEqual(['made when needed']);

    const mail = await simpleParser(await readFile(join(to, 'transfer-sent.eml')));
    expect(mail.subject).toBe('You sent EUR\u00a0864.50');
    expect(mail.text).toBe(await readFile(join(to, 'transfer-sent.txt'), 'utf8'));
    expect(mail.html).toBe(await readFile(join(to, 'transfer-sent.html'), 'utf8'));
    expect(mail.text).toContain('https://bank.example/forgot-password');
    const index = await readFile(join(to, 'index.html'), 'utf8');
    for (const name of NAMES) expect(index).toContain(`<a href="${name}.html">`);
    expect(index).not.toContain('<img');
  });

  it.skipIf(!mayHaveBrowser)(
    'takes pictures of the chosen mails, for a screen and a phone, light and dark',
    async () => {
      const said = JSON.parse(await preview(['--json', '--only', ...CHOSEN])) as Record<string, unknown>;
      const to = join(folder, 'made when needed');
      const pictures = ['light', 'dark', 'phone', 'phone-dark'];
      expect(said).toMatchObject({ folder: to, index: join(to, 'index.html'), pictures });
      expect((said['mails'] as { name: string }[]).map(({ name }) => name)).toEqual(CHOSEN);
      const seen = new Set<string>();
      for (const name of CHOSEN) {
        for (const picture of pictures) {
          const png = await readFile(join(to, `${name}-${picture}.png`));
          expect(png.subarray(1, 4).toString()).toBe('PNG');
          expect(png.readUInt32BE(16)).toBe(picture.startsWith('phone') ? 360 : 700);
          expect(png.readUInt32BE(20)).toBeGreaterThan(400);
          seen.add(png.toString('base64'));
        }
      }
      expect(seen.size).toBe(CHOSEN.length * pictures.length);
    },
  );
});

describe('the search for a Chromium', () => {
  it('finds programs on the path alone', () => {
    expect(findChromium('')).toBeUndefined();
    expect(findChromium('/nowhere')).toBeUndefined();
  });
});
