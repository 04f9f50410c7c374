import { createMiddleware } from 'hono/factory';
import type { Availability } from '../../../application/availability/availability.ts';
import type { HttpEnv } from '../env.ts';
import type { SessionToken } from '../requests/session-token.ts';
import { SAFE_METHODS } from './cross-site.ts';

const SIGN_OUT = /^\/api\/auth\/logout(\/everywhere)?\/?$/;

/**
 * Refuses every request with an unsafe method while the bank takes no changes, before a password is checked. A refused
 * sign-out still takes the cookies from the browser, so that nobody else finds them there.
 */
export function changesRefused({
  availability,
  sessionToken,
}: {
  availability: Availability;
  sessionToken: SessionToken;
}) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const refusal = SAFE_METHODS.has(c.req.method) ? undefined : availability.refusal();
    if (refusal) {
      if (SIGN_OUT.test(c.req.path)) sessionToken.takeBack(c);
      throw refusal;
    }
    await next();
  });
}
