import type { Context } from 'hono';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Where the style sheet of all pages is served. */
const STYLE_PATH = '/docs/assets/page.css';

/** Nothing from elsewhere, nothing inline. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Sends a page of the server. `head` holds further elements of the head. */
export async function sendDocumentPage(
  c: Context,
  { title, head = '', body, policy = PAGE_POLICY }: PageParts,
): Promise<Response> {
  c.header('Content-Security-Policy', policy);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${STYLE_PATH}">
${head}
</head>
<body>
<nav aria-label="Site"><a href="/">Passbook</a><a href="/docs">API</a><a href="/docs/errors">Errors</a></nav>
${body}
</body>
</html>
`;
  return c.html(page);
}

type PageParts = {
  readonly title: string;
  readonly head?: Markup | string;
  readonly body: Markup;
  readonly policy?: string;
};

export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ground: #f4f6f8; --ink: #1b2430; --faint: #566373; --line: #d8dee6; --accent: #1d4f6e; --mark: #fff7d6; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #171d24; --ground: #10151a; --ink: #e4e9ee; --faint: #9dabb9; --line: #303a45; --accent: #8fc4e6; --mark: #3a3417; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
a { color: var(--accent); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
nav { display: flex; flex-wrap: wrap; gap: 6px 22px; padding: 14px max(20px, calc(50vw - 420px)); background: var(--paper); border-bottom: 1px solid var(--line); }
nav a { color: var(--ink); text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav a:first-child { margin-right: auto; color: var(--accent); font-weight: 650; }
main { max-width: 880px; margin: 0 auto; padding: 28px 20px 64px; }
h1 { margin: 0 0 6px; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 40px 0 10px; font-size: 20px; }
h3 { margin: 0; font-size: 17px; line-height: 1.35; overflow-wrap: anywhere; }
h3 a { color: inherit; text-decoration: none; }
p { margin: 0 0 12px; }
.lead { color: var(--faint); font-size: 18px; }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, "Liberation Mono", monospace; overflow-wrap: anywhere; }
section.card, ul.cards > li { margin: 0 0 12px; padding: 16px 18px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; scroll-margin-top: 12px; }
section.card:target { border-color: var(--accent); background: var(--mark); }
section.card p { margin: 6px 0 0; }
ul.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr)); gap: 12px; margin: 24px 0; padding: 0; list-style: none; }
ul.cards > li { margin: 0; }
ul.cards strong { display: block; }
main.form { max-width: 520px; }
form { display: grid; gap: 8px; margin: 24px 0; justify-items: start; }
label { font-weight: 600; }
input { width: 100%; padding: 11px 12px; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--faint); border-radius: 6px; }
button { margin-top: 8px; padding: 11px 22px; font: inherit; font-weight: 600; color: var(--paper); background: var(--accent); border: 1px solid var(--accent); border-radius: 6px; cursor: pointer; }
.fault { padding: 12px 16px; background: var(--mark); border: 1px solid var(--line); border-radius: 8px; }
.facts { color: var(--faint); font-size: 14px; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--faint); padding-bottom: 6px; }
th, td { padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td:first-child, th:first-child { white-space: nowrap; }
@media (max-width: 560px) {
  table, tbody, tr, td { display: block; border: 0; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { padding: 8px 0; border-bottom: 1px solid var(--line); }
  td { padding: 0; }
  td:first-child { white-space: normal; }
}
`;
