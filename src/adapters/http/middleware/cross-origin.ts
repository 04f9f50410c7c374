import { createMiddleware } from 'hono/factory';
import type { HttpEnv } from '../env.ts';
import { withHeaders } from '../responses/headers.ts';

/** Answer headers that a browser hides from a page of another origin unless they are named here. */
const EXPOSED = [
  'Allow',
  'Idempotent-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];
const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key, X-Request-Id',
  'Access-Control-Max-Age': '3600',
};

/**
 * Lets pages of the allowed origins send requests, with cookies too, and read the answers (CORS, in the Fetch
 * standard). Any other page gets no header of it, and its browser keeps the answer from it.
 */
export function crossOriginAllowed({ allowedOrigins }: { allowedOrigins: ReadonlySet<string> }) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    if (allowedOrigins.size === 0) return next();

    const origin = c.req.header('origin');
    const isAllowed = origin !== undefined && allowedOrigins.has(origin);
    if (!isAllowed) return withHeaders(c, [['Vary', 'Origin']], next);

    const allowed = {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
    };
    const isPreflight =
      c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    if (isPreflight) return c.body(null, 204, { ...allowed, ...PREFLIGHT });
    const exposed = { ...allowed, 'Access-Control-Expose-Headers': EXPOSED.join(', ') };
    return withHeaders(c, Object.entries(exposed), next);
  });
}
