import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Hono } from 'hono';
import type { HttpEnv } from '../env.ts';
import { sendApiPage, START_SCRIPT } from '../pages/api-page.ts';
import { sendErrorsPage } from '../pages/errors-page.ts';
import { PAGE_STYLE } from '../pages/page.ts';
import { sendWelcome } from './welcome.ts';

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
/** Assets change with the server's version, so browsers ask again each hour. */
const CACHED = 'private, max-age=3600';

const require = createRequire(import.meta.url);
const fromSwagger = (name: string) => () => readFile(require.resolve(`swagger-ui-dist/${name}`));

/** The files of the pages, by name. */
const ASSETS = new Map<string, { readonly type: string; readonly read: () => Promise<Uint8Array | string> }>([
  ['page.css', { type: CSS, read: async () => PAGE_STYLE }],
  ['start.js', { type: JAVASCRIPT, read: async () => START_SCRIPT }],
  ['swagger-ui.css', { type: CSS, read: fromSwagger('swagger-ui.css') }],
  ['swagger-ui-bundle.js', { type: JAVASCRIPT, read: fromSwagger('swagger-ui-bundle.js') }],
]);

const OPENAPI = new URL('../../../../openapi.json', import.meta.url);

/** The API's documents: for machines, and for people. */
export function documentRoutes() {
  return new Hono<HttpEnv>()
    .get('/', sendWelcome)
    .get('/openapi.json', async (c) =>
      c.body(await readFile(OPENAPI, 'utf8'), 200, { 'Content-Type': 'application/json' }),
    )
    .get('/docs', sendApiPage)
    .get('/docs/errors', sendErrorsPage)
    .get('/docs/assets/:name', async (c) => {
      const asset = ASSETS.get(c.req.param('name'));
      if (!asset) return c.notFound();
      const content = await asset.read();
      const bytes = typeof content === 'string' ? content : new Uint8Array(content);
      return c.body(bytes, 200, { 'Content-Type': asset.type, 'Cache-Control': CACHED });
    });
}
