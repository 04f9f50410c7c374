import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { html } from 'hono/html';
import { createTransport } from 'nodemailer';
import { composeMail } from './adapters/smtp/compose-mail.ts';
import type { MailTerms } from './adapters/smtp/compose-mail.ts';
import { SAMPLE_NAMES, sampleMails } from './adapters/smtp/mail-samples.ts';
import type { Config } from './config.ts';
import { findChromium, withPictures } from './page-pictures.ts';
import type { PictureTerms } from './page-pictures.ts';

type Setting = {
  readonly config: () => Config;
  readonly out: (line: string) => void;
};

type Preview = { readonly name: string; readonly subject: string; readonly text: string };
type Picture = PictureTerms & { readonly name: string };

const PICTURES: readonly Picture[] = [
  { name: 'light', width: 700, scheme: 'light' },
  { name: 'dark', width: 700, scheme: 'dark' },
  { name: 'phone', width: 360, scheme: 'light' },
  { name: 'phone-dark', width: 360, scheme: 'dark' },
];

/** Adds the commands about mails. They open no store, and send nothing. */
export function addMailCommands(program: Command, { config, out }: Setting): void {
  program
    .command('mail')
    .description('look at mails')
    .command('preview')
    .description(
      'write a mail of each kind to a folder, with made-up data, and pictures if there is a Chromium',
    )
    .option('--to <folder>', 'folder, made if it is missing', 'mail-preview')
    .option('--json', 'print the result as JSON')
    .action(async ({ to, json }: { to: string; json?: true }) => {
      const folder = resolve(to);
      const previews = await writeMails(folder, termsOf(config()));
      const chromium = findChromium();
      if (chromium !== undefined) await takePictures(folder, previews, chromium);
      const index = join(folder, 'index.html');
      await writeFile(index, (await indexOf(previews, chromium !== undefined)).toString());
      if (json) {
        const mails = previews.map(({ name, subject }) => ({ name, subject }));
        out(
          JSON.stringify({
            folder,
            index,
            mails,
            pictures: chromium === undefined ? [] : PICTURES.map(({ name }) => name),
          }),
        );
        return;
      }
      out(`Wrote ${previews.length} mails to ${folder}, each as .eml, .html and .txt`);
      out(
        chromium === undefined
          ? 'No Chromium was found on PATH, so there are no pictures'
          : `Took ${PICTURES.length} pictures of each: ${PICTURES.map(({ name }) => name).join(', ')}`,
      );
      out(`Open ${index}`);
    });
}

function termsOf({ mail, publicOrigin, port }: Config): MailTerms {
  return {
    from: mail.from,
    pages: {
      origin: () => publicOrigin ?? `http://localhost:${port}`,
      tokenOf: (linkId) => `sample-${linkId}`,
    },
    names: SAMPLE_NAMES,
  };
}

async function writeMails(folder: string, terms: MailTerms): Promise<readonly Preview[]> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  await mkdir(folder, { recursive: true });
  const previews: Preview[] = [];
  for (const { name, message, recipient } of sampleMails()) {
    const mail = await composeMail(message, { ...terms, recipient });
    if (!mail) throw new Error(`The mail ${name} cannot be composed`);
    const [subject, text, page] = [mail.subject, mail.text, mail.html].map(String) as [
      string,
      string,
      string,
    ];
    const { message: eml } = await transport.sendMail(mail);
    await writeFile(join(folder, `${name}.eml`), eml);
    await writeFile(join(folder, `${name}.html`), page);
    await writeFile(join(folder, `${name}.txt`), text);
    previews.push({ name, subject, text });
  }
  return previews;
}

async function takePictures(folder: string, previews: readonly Preview[], chromium: string): Promise<void> {
  await withPictures(chromium, async (take) => {
    for (const { name } of previews) {
      const { href } = pathToFileURL(join(folder, `${name}.html`));
      for (const picture of PICTURES) {
        await writeFile(join(folder, `${name}-${picture.name}.png`), await take(href, picture));
      }
    }
  });
}

function indexOf(previews: readonly Preview[], hasPictures: boolean) {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mails</title>
<style>
body { margin: 24px; font: 16px/1.5 system-ui, sans-serif; }
h2 { margin: 40px 0 4px; font-size: 20px; }
.all { display: flex; gap: 12px; align-items: start; overflow-x: auto; }
img { border: 1px solid #8888; }
pre { flex: none; margin: 0; padding: 12px; max-width: 70ch; white-space: pre-wrap; border: 1px solid #8888; }
</style>
<h1>${previews.length} mails</h1>
${previews.map(
  ({ name, subject, text }) => html`<h2 id="${name}">${subject}</h2>
<p><a href="${name}.html">HTML</a> · <a href="${name}.txt">Text</a> · <a href="${name}.eml">Source</a></p>
<div class="all">
${
  hasPictures
    ? PICTURES.map(
        (
          picture,
        ) => html`<img src="${name}-${picture.name}.png" alt="${subject}, ${picture.name}" width="${picture.width}" loading="lazy">
`,
      )
    : ''
}<pre>${text}</pre>
</div>
`,
)}</html>
`;
}
