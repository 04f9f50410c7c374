import { createMiddleware } from 'hono/factory';
import type { Bank } from '../../../application/bank.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { SignedInEnv } from '../env.ts';
import type { SessionToken } from '../requests/session-token.ts';

/** Requires a valid session. @throws PassbookError `unauthenticated` without a token */
export function sessionRequired({ bank, sessionToken }: { bank: Bank; sessionToken: SessionToken }) {
  return createMiddleware<SignedInEnv>(async (c, next) => {
    const token = sessionToken.read(c);
    if (token === undefined) throw new PassbookError('unauthenticated');

    const { user, session } = await bank.authenticate(token);
    c.set('caller', user);
    c.set('session', session);
    c.set('userId', user.id);
    await next();
  });
}

export type SessionRequired = ReturnType<typeof sessionRequired>;
