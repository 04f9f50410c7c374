import { html } from 'hono/html';
import type { Advice, BalanceWords, MailFact, Frame, Inline, MailWords, RowWords } from './mail-words.ts';

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const INK = 'color:#1b2430';
const FAINT = 'color:#566373';
const ACCENT = 'color:#1d4f6e';
const BREAK = 'overflow-wrap:anywhere;word-break:break-word';
const TABLE = html`role="presentation" border="0" cellpadding="0" cellspacing="0"`;

/** Only the colours of the dark scheme: many mail readers drop style sheets, so all else is inline. */
const DARK = `:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .ground { background-color: #10151a !important; }
  .paper { background-color: #171d24 !important; border-color: #303a45 !important; }
  .tint { background-color: #1d2a35 !important; }
  .ink { color: #e4e9ee !important; }
  .faint { color: #9dabb9 !important; }
  .line { border-color: #303a45 !important; }
  .accent { color: #8fc4e6 !important; }
  .bar { background-color: #8fc4e6 !important; }
  .button { background-color: #8fc4e6 !important; color: #10151a !important; }
}`;

/** Outlook for Windows reads these comments. It knows no `max-width`, and takes the first font or Times. */
const OUTLOOK_OPENS = html`<!--[if mso]><table ${TABLE} width="560" align="center"><tr><td><![endif]-->`;
const OUTLOOK_CLOSES = html`<!--[if mso]></td></tr></table><![endif]-->`;

/** One column, without images: it reads the same where styles are dropped. */
export async function htmlOf(words: MailWords, { bank, address, greeting, closing }: Frame): Promise<string> {
  const { subject, preview, lead, action, balances = [], facts, rows = [], advice, transaction } = words;
  const page = await html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<meta name="x-apple-disable-message-reformatting">
<title>${subject}</title>
<!--[if mso]><style>td, th, p, h1, h2, a, span { font-family: 'Segoe UI', Arial, sans-serif !important; }</style><![endif]-->
<style>
${DARK}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background-color:#f4f6f8">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${preview}</div>
<div role="article" aria-roledescription="email" aria-label="${subject}" lang="en" dir="ltr">
<table ${TABLE} class="ground" width="100%" bgcolor="#f4f6f8" style="background-color:#f4f6f8"><tr><td align="center" style="padding:24px 10px 32px">
${OUTLOOK_OPENS}
<table ${TABLE} width="100%" style="max-width:560px;${FONT};font-size:16px;line-height:1.5;text-align:left">
<tr><td class="accent" dir="auto" style="padding:0 4px 12px;${ACCENT};font-size:18px;font-weight:700;${BREAK}">${bank}</td></tr>
<tr><td class="bar" height="4" bgcolor="#1d4f6e" style="height:4px;line-height:4px;font-size:0;background-color:#1d4f6e;border-radius:8px 8px 0 0">&nbsp;</td></tr>
<tr><td class="paper ink" bgcolor="#ffffff" style="padding:24px 22px;background-color:#ffffff;border:1px solid #d8dee6;border-top:0;border-radius:0 0 8px 8px;${INK}">
<p class="ink" style="margin:0 0 18px;${INK};${BREAK}">${inlineHtml(greeting)}</p>
${headline(words)}${
  lead === undefined
    ? ''
    : html`<p class="ink" style="margin:0 0 20px;${INK};${BREAK}">${lead}</p>
`
}${action ? actionPart(action) : ''}${balances.map(balancePart)}${
  facts.length > 0
    ? html`<table width="100%" border="0" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:15px">${facts.map(factRow)}</table>
`
    : ''
}${
  rows.length > 0
    ? html`<table width="100%" border="0" cellpadding="0" cellspacing="0" style="margin:20px 0 0;border-collapse:collapse;font-size:15px">${rows.map(listRow)}</table>
`
    : ''
}${advice ? advicePart(advice) : ''}${
  transaction === undefined
    ? ''
    : html`<p class="faint" style="margin:20px 0 0;${FAINT};font-size:12px;${BREAK}">Transaction ${transaction}</p>
`
}</td></tr>
<tr><td class="faint" style="padding:18px 4px 0;${FAINT};font-size:13px;line-height:1.5;${BREAK}">
<p class="faint" dir="auto" style="margin:0 0 10px;${FAINT}"><b>${bank}</b>${address.map((line) => html`<br>${line}`)}</p>
<p class="faint" style="margin:0;${FAINT}">${closing}</p>
</td></tr>
</table>
${OUTLOOK_CLOSES}
</td></tr></table>
</div>
</body>
</html>
`;
  return page.toString();
}

/** The amount is the largest thing, as long as it fits a phone in one line. */
function headline({ title, figure, who, why }: MailWords) {
  if (figure === undefined) {
    return html`<h1 class="ink" dir="auto" style="margin:0 0 14px;${INK};font-size:24px;line-height:1.25;font-weight:700;${BREAK}">${title}</h1>
`;
  }
  return html`<h1 style="margin:0;font-size:16px;line-height:1.3;font-weight:400"><span class="faint" style="${FAINT}">${title}</span><br><span class="ink" style="${INK};font-size:${figureSize(figure)}px;line-height:1.25;font-weight:700;letter-spacing:-0.01em">${figure}</span></h1>
${
  who
    ? html`<p class="ink" style="margin:2px 0 0;${INK};font-size:18px;${BREAK}">${inlineHtml(who, ';font-weight:600')}</p>
`
    : ''
}${
  why
    ? html`<p class="faint" style="margin:2px 0 0;${FAINT};font-size:16px;${BREAK}">${inlineHtml(why)}</p>
`
    : ''
}<p style="margin:0;height:20px;line-height:20px;font-size:0">&nbsp;</p>
`;
}

function figureSize({ length }: string): number {
  if (length <= 14) return 38;
  return length <= 19 ? 30 : 22;
}

function inlineHtml(line: Inline, styleOfChosen = '') {
  return line.map((span) => {
    if (typeof span === 'string') return html`${span}`;
    if ('chosen' in span)
      return html`<span dir="auto" style="unicode-bidi:isolate${styleOfChosen}">${span.chosen}</span>`;
    // Some screen readers would say "middle dot" twice
    return html`<span aria-hidden="true">··</span>${span.ending}`;
  });
}

function balancePart({ label, figure, note }: BalanceWords) {
  return html`<table ${TABLE} width="100%" style="margin:0 0 14px"><tr><td class="tint" bgcolor="#eef4f8" style="padding:12px 16px;background-color:#eef4f8;border-radius:6px;${BREAK}">
<p class="faint" style="margin:0;${FAINT};font-size:14px">${inlineHtml(label)}</p>
<p class="ink" style="margin:0;${INK};font-size:20px;line-height:1.35;font-weight:600">${figure}</p>
${
  note === null
    ? ''
    : html`<p class="faint" style="margin:2px 0 0;${FAINT};font-size:14px">${note}</p>
`
}</td></tr></table>
`;
}

function factRow([label, value]: MailFact) {
  const cell = 'padding:9px 0;border-top:1px solid #d8dee6;vertical-align:top;text-align:left';
  return html`<tr><th scope="row" class="faint line" width="37%" style="${cell};padding-right:10px;${FAINT};font-size:14px;font-weight:400">${label}</th><td class="ink line" style="${cell};${INK};${BREAK}">${inlineHtml(value)}</td></tr>`;
}

function listRow({ what, amount, when }: RowWords) {
  const cell = 'padding:9px 0;border-top:1px solid #d8dee6;vertical-align:top';
  return html`<tr><td class="ink line" style="${cell};padding-right:12px;text-align:left;${INK};${BREAK}">${inlineHtml(what)}<br><span class="faint" style="${FAINT};font-size:13px">${when}</span></td><td class="ink line" align="right" style="${cell};text-align:right;${INK};font-weight:600;white-space:nowrap">${amount}</td></tr>`;
}

function actionPart({ label, url }: { label: string; url: string }) {
  return html`<table ${TABLE} style="margin:0 0 14px"><tr><td class="button" bgcolor="#1d4f6e" style="background-color:#1d4f6e;border-radius:6px"><a class="button" href="${url}" style="display:inline-block;padding:12px 22px;border-radius:6px;background-color:#1d4f6e;color:#ffffff;font-weight:600;text-decoration:none">${label}</a></td></tr></table>
<p class="faint" style="margin:0 0 20px;${FAINT};font-size:13px;${BREAK}">If the button does not work, open this address:<br>${linkTo(url)}</p>
`;
}

function advicePart({ title, steps }: Advice) {
  const number = (index: number) => (steps.length > 1 ? `${index + 1}. ` : '');
  return html`<table ${TABLE} width="100%" style="margin:22px 0 0"><tr><td class="line" style="padding:0 0 0 14px;border-left:4px solid #d8dee6">
<h2 class="ink" style="margin:0 0 4px;${INK};font-size:16px;line-height:1.4;font-weight:700">${title}</h2>
${steps.map(
  (
    { text, url },
    index,
  ) => html`<p class="ink" style="margin:0 0 4px;${INK};font-size:15px;${BREAK}">${number(index)}${text}${url === undefined ? '' : html`<br>${linkTo(url)}`}</p>
`,
)}</td></tr></table>
`;
}

function linkTo(url: string) {
  return html`<a class="accent" href="${url}" style="${ACCENT};${BREAK}">${url}</a>`;
}
