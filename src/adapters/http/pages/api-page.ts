import type { Context } from 'hono';
import { html } from 'hono/html';
import { operations } from '../api/operations.ts';
import { sendDocumentPage } from './page.ts';

/** Swagger UI runs its own scripts and draws its icons from data. It talks to this server only. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Starts Swagger UI on the page. */
export const START_SCRIPT = `
const dark = matchMedia('(prefers-color-scheme: dark)');
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', paint);
paint();
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});
`;

/** The API's documentation: a plain list of routes, which Swagger UI replaces where scripts run. */
export function sendApiPage(c: Context): Promise<Response> {
  return sendDocumentPage(c, {
    title: 'API · Passbook',
    policy: POLICY,
    head: html`<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<script src="/docs/assets/swagger-ui-bundle.js" defer></script>
<script src="/docs/assets/start.js" defer></script>`,
    body: html`<div id="api"><main>
<h1>Passbook API</h1>
<p class="lead">The whole description is in <a href="/openapi.json">openapi.json</a>, for machines (OpenAPI 3.1).</p>
<table>
<thead><tr><th scope="col">Route</th><th scope="col">What it does</th></tr></thead>
<tbody>
${Object.entries(operations).map(
  ([route, { summary }]) => html`<tr><td><code>${route}</code></td><td>${summary}</td></tr>
`,
)}
</tbody>
</table>
</main></div>`,
  });
}
