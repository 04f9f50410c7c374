import { html } from 'hono/html';

export type Fact = readonly [label: string, value: string];

/** The content from which both the text and the HTML are made, so that they agree. */
export type Words = {
  readonly subject: string;
  readonly lead: string;
  readonly facts: readonly Fact[];
  /** A link that the reader is asked to open. */
  readonly action?: { readonly label: string; readonly url: string };
  /** Advice at the end, with an address that the reader may need. */
  readonly advice?: { readonly text: string; readonly url?: string };
};

type Frame = { readonly greeting: string; readonly closing: string; readonly bank: string };

export function textOf({ lead, facts, action, advice }: Words, { greeting, closing }: Frame): string {
  return [
    greeting,
    lead,
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    ...(advice ? [advice.url === undefined ? advice.text : `${advice.text}\n${advice.url}`] : []),
    closing,
  ]
    .join('\n\n')
    .concat('\n');
}

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif';

/** Only the colours of the dark scheme: many mail readers drop style sheets, so all else is inline. */
const DARK = `:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .ground { background: #10151a !important; }
  .paper { background: #171d24 !important; border-color: #303a45 !important; }
  .ink { color: #e4e9ee !important; }
  .faint { color: #9dabb9 !important; }
  .line { border-color: #303a45 !important; }
  .link, .bank { color: #8fc4e6 !important; }
  .button { background: #8fc4e6 !important; color: #10151a !important; }
}`;

/** One column, without images: it reads the same where styles are dropped. */
export async function htmlOf(words: Words, { greeting, closing, bank }: Frame): Promise<string> {
  const { subject, lead, facts, action, advice } = words;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${subject}</title>
<style>
${DARK}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f4f6f8">
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" style="background:#f4f6f8"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;${FONT};font-size:16px;line-height:1.5;text-align:left">
<tr><td class="bank" dir="auto" style="padding:0 4px 12px;color:#1d4f6e;font-weight:650">${bank}</td></tr>
<tr><td class="paper ink" style="padding:28px 24px;background:#ffffff;border:1px solid #d8dee6;border-radius:8px;color:#1b2430">
${lead === `${subject}.` ? '' : heading(subject)}<p dir="auto" style="margin:0 0 12px">${greeting}</p>
<p dir="auto" style="margin:0 0 20px">${lead}</p>
${action ? actionPart(action) : ''}<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:15px">${facts.map(factRow)}</table>
${advice ? advicePart(advice) : ''}</td></tr>
<tr><td class="faint" dir="auto" style="padding:16px 4px;color:#566373;font-size:13px">${closing}</td></tr>
</table>
</td></tr></table>
</body>
</html>
`;
  return page.toString();
}

function heading(subject: string) {
  return html`<h1 class="ink" dir="auto" style="margin:0 0 16px;font-size:22px;line-height:1.3;color:#1b2430">${subject}</h1>
`;
}

function factRow([label, value]: Fact) {
  const cell = 'padding:8px 0;border-top:1px solid #d8dee6;vertical-align:top;text-align:start';
  return html`<tr><th scope="row" class="faint line" width="34%" style="${cell};padding-inline-end:12px;color:#566373;font-weight:400;overflow-wrap:break-word">${label}</th><td class="ink line" dir="auto" style="${cell};color:#1b2430;overflow-wrap:anywhere">${value}</td></tr>`;
}

function actionPart({ label, url }: { label: string; url: string }) {
  return html`<p style="margin:0 0 16px"><a class="button" href="${url}" style="display:inline-block;padding:12px 22px;border-radius:6px;background:#1d4f6e;color:#ffffff;font-weight:600;text-decoration:none">${label}</a></p>
<p class="faint" style="margin:0 0 20px;color:#566373;font-size:13px">If the button does not work, open this address:<br><a class="link" href="${url}" style="color:#1d4f6e;overflow-wrap:anywhere">${url}</a></p>
`;
}

function advicePart({ text, url }: { text: string; url?: string }) {
  const link =
    url === undefined
      ? ''
      : html`<br><a class="link" href="${url}" style="color:#1d4f6e;overflow-wrap:anywhere">${url}</a>`;
  return html`<p style="margin:20px 0 0">${text}${link}</p>
`;
}
