import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';
import { bearerOf } from '../requests/session-token.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Refuses what another site makes a browser send here, a sign-in too, whatever its content type. A Bearer token is
 * not sent by a browser of its own accord. One without either header is not a browser.
 */
export function crossSiteRefused({ publicOrigin }: { publicOrigin: string | null }) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const isUnsafe = !SAFE_METHODS.has(c.req.method) && bearerOf(c) === undefined;
    if (isUnsafe && isCrossSite(c, publicOrigin)) throw new PassbookError('cross_site_request');
    await next();
  });
}

/** Another origin of the same site is no friend either: subdomains are not all ours. */
function isCrossSite(c: Context<HttpEnv>, publicOrigin: string | null): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';

  const origin = c.req.header('origin');
  return origin !== undefined && origin !== (publicOrigin ?? new URL(c.req.url).origin);
}
