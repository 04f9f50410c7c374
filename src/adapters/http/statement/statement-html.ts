import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { IssuedStatement } from './issued-statement.ts';
import { logoMarkup } from './logo.ts';
import { COLUMNS, documentOf, HOLD_COLUMNS, HOLD_TITLE, rowOf } from './statement-document.ts';
import type { DocumentRow, StatementFact, HoldRow, StatementDocument } from './statement-document.ts';
import { STATEMENT_STYLE } from './statement-style.ts';
import type { StatementText } from './statement-text.ts';

/** A page for screen and print, without scripts or external resources. */
export const htmlStatement: StatementText = {
  headers: (statement) => {
    const hashes = [STATEMENT_STYLE, runningHeadStyle(documentOf(statement))].map(styleHash).join(' ');
    return {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src ${hashes}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    };
  },
  head: (statement) => textOf(pageHead(documentOf(statement))),
  lines: (lines, { statement }) => lines.map((line) => textOf(entryRow(rowOf(statement, line)))).join(''),
  tail: (statement) => textOf(pageTail(documentOf(statement), statement)),
};

type Markup = ReturnType<typeof html>;

function textOf(markup: Markup): string {
  if (markup instanceof Promise) throw new TypeError('Nothing in a statement has to be waited for');
  return markup.toString();
}

function styleHash(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

/** The head of printed pages after the first. A page has no other way to name itself in a margin. */
function runningHeadStyle({ continued }: StatementDocument): string {
  return `@page { @top-left { content: ${JSON.stringify(continued)}; } } @page :first { @top-left { content: none; } }`;
}

function pageHead(document: StatementDocument): Markup {
  const { letterhead, title, period, account, facts, totals, opening } = document;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}, ${period}</title>
<style>${raw(STATEMENT_STYLE)}</style>
<style>${raw(runningHeadStyle(document))}</style>
</head>
<body>
<div class="sheet">
${letterhead ? html`<header class="bank">${letterhead.logo ? raw(logoMarkup(letterhead.logo)) : ''}<p><b>${letterhead.name}</b>${letterhead.address.map((line) => html`<span>${line}</span>`)}</p></header>` : ''}
<main>
<h1>${title}</h1>
<p class="period">${period}</p>
<div class="facts">${factList(account)}${factList(facts)}</div>
<dl class="totals">${totals.map(factItem)}</dl>
<table class="entries">
<caption>Entries of ${period}</caption>
<thead><tr>${COLUMNS.map((column, index) => html`<th scope="col"${index > 2 ? raw(' class="amount"') : ''}>${column}</th>`)}</tr></thead>
<tbody>
${edgeRow(opening)}`;
}

function factList(facts: readonly StatementFact[]): Markup {
  return html`<dl>${facts.map(factItem)}</dl>`;
}

function factItem({ label, value }: StatementFact): Markup {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
}

function entryRow(row: DocumentRow): Markup {
  return html`<tr><td>${row.day}</td><td class="details">${details(row)}</td><td class="reference">${row.reference}</td>${amounts(row)}</tr>
`;
}

function edgeRow(row: DocumentRow): Markup {
  return html`<tr class="edge"><td>${row.day}</td><td>${row.title}</td><td></td>${amounts(row)}</tr>
`;
}

function amounts({ out, in: into, balance }: DocumentRow): Markup {
  return html`<td class="amount out">${out}</td><td class="amount in">${into}</td><td class="amount balance">${balance}</td>`;
}

/** Names may be in any script: each text finds its own direction. */
function details({ title, details: more }: Pick<DocumentRow, 'title' | 'details'>): Markup {
  return html`<b dir="auto">${title}</b>${more.map((text, index) => html`${index > 0 ? ' · ' : ''}<span dir="auto">${text}</span>`)}`;
}

function pageTail({ closing, holds, notes }: StatementDocument, { final }: IssuedStatement): Markup {
  return html`${edgeRow(closing)}</tbody>
</table>
${holds ? holdsTable(holds) : ''}</main>
<footer${final ? '' : raw(' class="provisional"')}>
${notes.map((note) => html`<p>${note}</p>`)}
</footer>
</div>
</body>
</html>
`;
}

function holdsTable({ rows, sums }: NonNullable<StatementDocument['holds']>): Markup {
  return html`<h2 id="holds">${HOLD_TITLE}</h2>
<table class="holds" aria-labelledby="holds">
<thead><tr>${HOLD_COLUMNS.map((column, index) => html`<th scope="col"${index > 2 ? raw(' class="amount"') : ''}>${column}</th>`)}</tr></thead>
<tbody>
${rows.map(holdRow)}${sums.map(({ label, value }) => html`<tr class="edge"><td></td><td>${label}</td><td></td><td class="amount">${value}</td></tr>`)}
</tbody>
</table>
`;
}

function holdRow(row: HoldRow): Markup {
  return html`<tr><td>${row.day}</td><td class="details">${details(row)}</td><td class="until">${row.until}</td><td class="amount">${row.amount}</td></tr>
`;
}
