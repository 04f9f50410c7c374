import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import type { Bank } from '../../../application/bank.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { SignedInEnv } from '../env.ts';
import { originOf } from '../requests/origin.ts';

const DENIALS: readonly (ErrorCode | undefined)[] = ['forbidden', 'insufficient_scope', 'exceeds_key_limit'];

/** Records the denials of signed-in callers as security events. The answer does not depend on it. */
export function denialsNoted(ports: { bank: Pick<Bank, 'noteDenial'>; log: Logger; trustedProxies: number }) {
  return createMiddleware<SignedInEnv>(async (c, next) => {
    await next();

    const code = c.get('code');
    const userId = c.get('userId');
    if (code === undefined || userId === undefined || !DENIALS.includes(code)) return;
    const keyId = c.get('keyId') ?? null;
    // A key has no session
    const sessionId = keyId === null ? (await c.get('presented'))?.session?.id : undefined;
    const route = `${c.req.method} ${routePath(c, -1)}`;
    const origin = originOf(c, ports.trustedProxies);
    try {
      await ports.bank.noteDenial({ userId, sessionId: sessionId ?? null, keyId, route, code, origin });
    } catch (err) {
      ports.log.warn({ err, requestId: c.get('requestId') }, 'a denial could not be recorded');
    }
  });
}
