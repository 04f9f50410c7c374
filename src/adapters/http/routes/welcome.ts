import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { html } from 'hono/html';
import { sendDocumentPage } from '../pages/page.ts';

/** Links for a person or program that opens the bare address. */
const LINKS = [
  ['/docs', 'GET', 'the API, to read and to try'],
  ['/docs/errors', 'GET', 'every error, and what to do about it'],
  ['/openapi.json', 'GET', 'the API for machines (OpenAPI 3.1)'],
  ['/healthz', 'GET', 'whether the process answers'],
  ['/readyz', 'GET', 'whether the ledger can be written to'],
  ['/api/auth/register', 'POST', 'name, email, password: register and sign in'],
  ['/api/auth/login', 'POST', 'email, password: sign in'],
  ['/api/accounts', 'GET, POST', 'your accounts'],
  ['/api/transactions', 'GET, POST', 'your transactions'],
] as const;

export function sendWelcome(c: Context): Response | Promise<Response> {
  const type = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/html'],
    default: 'application/json',
  });
  c.header('Vary', 'Accept');
  if (type === 'text/html') return sendDocumentPage(c, { title: 'Passbook', body: welcome() });
  const links = LINKS.map(([path, methods, meaning]) => ({ path, methods, meaning }));
  return c.json({ name: 'Passbook', description: 'A double-entry bank ledger', links });
}

function welcome() {
  return html`<main>
<h1>Passbook</h1>
<p class="lead">A double-entry bank ledger. It is running, and this is its HTTP API.</p>
<ul class="cards">
<li><strong><a href="/docs">Try the API</a></strong>Read about every route and send requests from the page.</li>
<li><strong><a href="/docs/errors">Look up an error</a></strong>Every code, what it means and what to do about it.</li>
<li><strong><a href="/openapi.json">Generate a client</a></strong>The description for machines, in OpenAPI 3.1.</li>
<li><strong><a href="/readyz">Check its health</a></strong>Whether the ledger can be written to.</li>
</ul>
</main>`;
}
