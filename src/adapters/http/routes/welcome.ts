import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { html } from 'hono/html';

/** Links for a person or program that opens the bare address. */
const LINKS = [
  ['/healthz', 'GET', 'whether the process answers'],
  ['/readyz', 'GET', 'whether the ledger can be written to'],
  ['/api/auth/register', 'POST', 'name, email, password: register and sign in'],
  ['/api/auth/login', 'POST', 'email, password: sign in'],
  ['/api/accounts', 'GET, POST', 'your accounts'],
  ['/api/transactions', 'GET, POST', 'your transactions'],
] as const;

export function sendWelcome(c: Context) {
  const type = accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/html'],
    default: 'application/json',
  });
  c.header('Vary', 'Accept');
  if (type === 'text/html') return c.html(page());
  const links = LINKS.map(([path, methods, meaning]) => ({ path, methods, meaning }));
  return c.json({ name: 'Passbook', description: 'A double-entry bank ledger', links });
}

function page() {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Passbook</title>
      </head>
      <body>
        <h1>Passbook</h1>
        <p>A double-entry bank ledger. It is running, and this is its HTTP API.</p>
        <ul>
          ${LINKS.map(([path, methods, meaning]) => html`<li>${methods} <a href="${path}">${path}</a>: ${meaning}</li>`)}
        </ul>
        <p>docs/http-api.md lists every path.</p>
      </body>
    </html>`;
}
