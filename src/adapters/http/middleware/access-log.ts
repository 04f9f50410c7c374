import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import type { Logger } from '../../../application/ports/runtime.ts';
import { clientAddress } from '../requests/client-address.ts';
import type { HttpEnv } from '../env.ts';

/** Logs one line per request. The only client input in it is the address: a route is logged as its pattern. */
export function accessLog({ log, trustedProxies }: { log: Logger; trustedProxies: number }) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();

    const route = routePath(c, -1);
    log.info(
      {
        requestId: c.get('requestId'),
        method: c.req.method,
        route: route.endsWith('*') ? null : route,
        status: c.res.status,
        code: c.get('code'),
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        userId: c.get('userId'),
        keyId: c.get('keyId'),
        signInFor: c.get('signInFor'),
        address: clientAddress(c, trustedProxies),
      },
      'request',
    );
  });
}
