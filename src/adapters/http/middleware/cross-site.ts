import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';
import { bearerOf } from '../requests/session-token.ts';

/** Methods that change nothing (RFC 9110, section 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Refuses requests that another site makes a browser send, sign-ins included, with any content type. Requests with a
 * Bearer token pass: a browser never adds one by itself. A client that sends neither header checked here is no browser.
 */
export function crossSiteRefused({
  publicOrigin,
  allowedOrigins,
}: {
  publicOrigin: string | null;
  /** Origins beside the bank's own whose pages may use the session cookie. Default: none. */
  allowedOrigins?: ReadonlySet<string>;
}) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const isUnsafe = !SAFE_METHODS.has(c.req.method) && bearerOf(c) === undefined;
    const isAllowed = allowedOrigins?.has(c.req.header('origin') ?? '') ?? false;
    if (isUnsafe && !isAllowed && isCrossSite(c, publicOrigin)) {
      throw new PassbookError('cross_site_request');
    }
    await next();
  });
}

/** Another origin of the same site counts as cross-site: not all subdomains are ours. */
function isCrossSite(c: Context<HttpEnv>, publicOrigin: string | null): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';

  const origin = c.req.header('origin');
  return origin !== undefined && origin !== (publicOrigin ?? new URL(c.req.url).origin);
}
