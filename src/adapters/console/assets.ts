import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { Hono } from 'hono';
import type { PageEnv } from '../shared/page-edge.ts';
import { CONFIRM_SCRIPT } from './confirm-script.ts';
import { ICON } from './style/icon.ts';
import { STYLE } from './style/style.ts';
import { PASSKEY_SCRIPT } from './passkey-script.ts';

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SVG = 'image/svg+xml';

/** The name in the address changes with the content, so that browsers may keep the file for a year. */
const KEPT = 'public, max-age=31536000, immutable';

const require = createRequire(import.meta.url);
const fromHtmx = (name: string): string => {
  const text = readFileSync(require.resolve(`htmx.org/dist/${name}`), 'utf8');
  return text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
};

type Asset = {
  readonly type: string;
  readonly content: Buffer;
  /** Compressed at the first request: to do it as the program loads would delay its start. */
  readonly compressed: () => Promise<Buffer>;
  readonly version: string;
};

const ASSETS = new Map<string, Asset>(
  [
    ['console.css', CSS, STYLE] as const,
    ['htmx.js', JAVASCRIPT, fromHtmx('htmx.min.js')] as const,
    ['sse.js', JAVASCRIPT, fromHtmx('ext/hx-sse.min.js')] as const,
    ['passkeys.js', JAVASCRIPT, PASSKEY_SCRIPT] as const,
    ['confirm.js', JAVASCRIPT, CONFIRM_SCRIPT] as const,
    ['icon.svg', SVG, ICON] as const,
  ].map(([name, type, text]) => [name, assetOf(type, text)]),
);

function assetOf(type: string, text: string): Asset {
  const content = Buffer.from(text);
  let compressed: Promise<Buffer> | undefined;
  return {
    type,
    content,
    compressed: () =>
      (compressed ??= promisify(brotliCompress)(content, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 9 },
      })),
    version: createHash('sha256').update(content).digest('base64url').slice(0, 12),
  };
}

export type AssetName = 'console.css' | 'htmx.js' | 'sse.js' | 'passkeys.js' | 'confirm.js' | 'icon.svg';

/** Address of a file that pages load. */
export function assetPath(name: AssetName): string {
  return `/assets/${ASSETS.get(name)?.version ?? ''}/${name}`;
}

/** The files that pages load. A file of another version is the present one. */
export function assetRoutes() {
  return new Hono<PageEnv>().get('/assets/:version/:name', async (c) => {
    const asset = ASSETS.get(c.req.param('name'));
    if (!asset) return c.notFound();
    const isKnown = asset.version === c.req.param('version');
    const isCompressed = /\bbr\b/.test(c.req.header('accept-encoding') ?? '');
    return c.body(new Uint8Array(isCompressed ? await asset.compressed() : asset.content), 200, {
      'Content-Type': asset.type,
      'Cache-Control': isKnown ? KEPT : 'no-store',
      Vary: 'Accept-Encoding',
      ...(isCompressed ? { 'Content-Encoding': 'br' } : {}),
    });
  });
}
