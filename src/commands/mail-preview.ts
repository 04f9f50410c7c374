import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { html } from 'hono/html';
import { createTransport } from 'nodemailer';
import { composeMail } from '../adapters/smtp/compose-mail.ts';
import type { MailTerms } from '../adapters/smtp/compose-mail.ts';
import { SAMPLE_NAMES, sampleMails } from '../adapters/smtp/mail-samples.ts';
import type { Config } from '../config.ts';
import { findChromium, withPictures } from '../page-pictures.ts';
import type { PictureTerms } from '../page-pictures.ts';

type Sample = { readonly name: string; readonly subject: string; readonly text: string };
type Picture = PictureTerms & { readonly name: string };

/** Files that were written. */
export type MailPreview = {
  readonly folder: string;
  /** Page that shows all of them. */
  readonly index: string;
  readonly mails: readonly { readonly name: string; readonly subject: string }[];
  /** Names of the pictures of each mail; empty without a Chromium. */
  readonly pictures: readonly string[];
};

const PICTURES: readonly Picture[] = [
  { name: 'light', width: 700, scheme: 'light' },
  { name: 'dark', width: 700, scheme: 'dark' },
  { name: 'phone', width: 360, scheme: 'light' },
  { name: 'phone-dark', width: 360, scheme: 'dark' },
];

/** Names of all mails. */
export const MAIL_NAMES: readonly string[] = sampleMails().map(({ name }) => name);

/** Writes the mails of these names to the folder, with pictures if there is a Chromium. */
export async function previewMails({
  folder,
  config,
  names,
}: {
  folder: string;
  config: Config;
  names: readonly string[];
}): Promise<MailPreview> {
  const samples = await writeMails(folder, { ...termsOf(config), chosen: names });
  const chromium = findChromium();
  const pictures = chromium === undefined ? [] : PICTURES;
  if (chromium !== undefined) await takePictures(folder, samples, chromium);
  const index = join(folder, 'index.html');
  await writeFile(index, (await indexOf(samples, pictures)).toString());
  return {
    folder,
    index,
    mails: samples.map(({ name, subject }) => ({ name, subject })),
    pictures: pictures.map(({ name }) => name),
  };
}

function termsOf({ bank, mail, publicOrigin, port }: Config): MailTerms {
  return {
    from: mail.from,
    bank,
    pages: {
      origin: () => publicOrigin ?? `http://localhost:${port}`,
      tokenOf: (linkId) => `sample-${linkId}`,
    },
    names: SAMPLE_NAMES,
  };
}

async function writeMails(
  folder: string,
  { chosen, ...terms }: MailTerms & { chosen: readonly string[] },
): Promise<readonly Sample[]> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  await mkdir(folder, { recursive: true });
  const samples: Sample[] = [];
  for (const { name, message, recipient } of sampleMails()) {
    if (!chosen.includes(name)) continue;
    const mail = await composeMail(message, { ...terms, recipient });
    if (!mail) throw new Error(`The mail ${name} cannot be composed`);
    const { subject, text, html: page } = mail;
    const { message: eml } = await transport.sendMail(mail);
    await writeFile(join(folder, `${name}.eml`), eml);
    await writeFile(join(folder, `${name}.html`), page);
    await writeFile(join(folder, `${name}.txt`), text);
    samples.push({ name, subject, text });
  }
  return samples;
}

async function takePictures(folder: string, samples: readonly Sample[], chromium: string): Promise<void> {
  await withPictures(chromium, async (take) => {
    for (const { name } of samples) {
      const { href } = pathToFileURL(join(folder, `${name}.html`));
      for (const picture of PICTURES) {
        await writeFile(join(folder, `${name}-${picture.name}.png`), await take(href, picture));
      }
    }
  });
}

function indexOf(samples: readonly Sample[], pictures: readonly Picture[]) {
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
<h1>Mails</h1>
${samples.map(
  ({ name, subject, text }) => html`<h2 id="${name}">${subject}</h2>
<p><a href="${name}.html">HTML</a> · <a href="${name}.txt">Text</a> · <a href="${name}.eml">Source</a></p>
<div class="all">
${pictures.map((picture) => pictureOf(picture, { name, subject }))}<pre>${text}</pre>
</div>
`,
)}</html>
`;
}

function pictureOf({ name: picture, width }: Picture, { name, subject }: Pick<Sample, 'name' | 'subject'>) {
  return html`<img src="${name}-${picture}.png" alt="${subject}, ${picture}" width="${width}" loading="lazy">
`;
}
