import { STATUS_CODES } from 'node:http';
import type { Context } from 'hono';
import { html } from 'hono/html';
import { errorCatalogue } from '../../../domain/errors.ts';
import type { ErrorCode, Retry } from '../../../domain/errors.ts';
import { STATUS } from '../responses/problem.ts';
import { inlineCode } from './inline-code.ts';
import { sendDocumentPage } from './page.ts';

/** Advice by the value of `retry`. */
export const RETRY_ADVICE: Readonly<Record<Retry, string>> = {
  same_key: 'Send the same request with the same key again, after `Retry-After` or after signing in.',
  new_key: 'This attempt is final. A later attempt may succeed, and needs a new key.',
  never: 'Do not repeat the request: it would be refused again.',
};

/** All codes by status, ascending. */
export function codesByStatus(): readonly (readonly [status: number, codes: readonly ErrorCode[]])[] {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const statuses = [...new Set(Object.values(STATUS))].toSorted((a, b) => a - b);
  return statuses.map((status) => [status, codes.filter((code) => STATUS[code] === status)]);
}

export function titleOf(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`;
}

/** The page that the `type` of a problem links to. */
export function sendErrorsPage(c: Context): Promise<Response> {
  return sendDocumentPage(c, {
    title: 'Errors · Passbook',
    body: html`<main>
<h1>Errors</h1>
<p class="lead">An error is a problem document (RFC 9457). Its <code>code</code> is stable, and its <code>retry</code> says what to do next.</p>
<table>
<thead><tr><th scope="col">retry</th><th scope="col">What to do</th></tr></thead>
<tbody>
${(Object.keys(RETRY_ADVICE) as Retry[]).map(
  (retry) => html`<tr><td><code>${retry}</code></td><td>${inlineCode(RETRY_ADVICE[retry])}</td></tr>
`,
)}
</tbody>
</table>
${codesByStatus().map(
  ([status, codes]) => html`<h2>${titleOf(status)}</h2>
${codes.map(errorCard)}`,
)}
</main>`,
  });
}

function errorCard(code: ErrorCode) {
  const { meaning, remedy, retry } = errorCatalogue[code];
  return html`<section class="card" id="${code}">
<h3><a href="#${code}"><code>${code}</code></a></h3>
<p>${inlineCode(`${meaning}.`)}</p>
<p>${inlineCode(remedy)}</p>
<p class="facts">retry: <code>${retry}</code></p>
</section>
`;
}
