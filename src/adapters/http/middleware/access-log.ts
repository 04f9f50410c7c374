import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { networkOf } from '../../../domain/entities/network.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import { clientAddress } from '../requests/client-address.ts';
import type { HttpEnv } from '../env.ts';

/** The whole address, the network of one client (an IPv4 address, or half of an IPv6 one), or nothing. */
export type AddressPolicy = 'full' | 'network' | 'none';

/** Logs one line per request. The only client input in it is the address: a route is logged as its pattern. */
export function accessLog({
  log,
  trustedProxies,
  loggedAddress,
}: {
  log: Logger;
  trustedProxies: number;
  loggedAddress: AddressPolicy;
}) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();

    // Middleware of all routes may stand behind the route itself
    const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'));
    log.info(
      {
        requestId: c.get('requestId'),
        method: c.req.method,
        route: route?.path ?? null,
        status: c.res.status,
        code: c.get('code'),
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        userId: c.get('userId'),
        keyId: c.get('keyId'),
        signInFor: c.get('signInFor'),
        address: shown(clientAddress(c, trustedProxies), loggedAddress),
      },
      'request',
    );
  });
}

function shown(address: string, policy: AddressPolicy): string | undefined {
  if (policy === 'none') return undefined;
  return policy === 'full' ? address : networkOf(address);
}
