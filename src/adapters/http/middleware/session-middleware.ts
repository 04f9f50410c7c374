import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Bank } from '../../../application/bank.ts';
import { hasSecondFactor } from '../../../domain/entities/session.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv, Presented, SignedInEnv } from '../env.ts';
import type { SessionToken } from '../requests/session-token.ts';

/**
 * Reads the session that a request presents, once per request. Resolves to undefined without a token.
 * @throws PassbookError `session_expired`, `invalid_token`, `invalid_request`
 */
export type SessionReader = (c: Context) => Promise<Presented | undefined>;

export function sessionReader({
  bank,
  sessionToken,
}: {
  bank: Bank;
  sessionToken: SessionToken;
}): SessionReader {
  const read = async (c: Context): Promise<Presented | undefined> => {
    const token = sessionToken.read(c);
    return token === undefined ? undefined : bank.authenticate(token);
  };
  return (c) => {
    const known = c.get('presented') as HttpEnv['Variables']['presented'];
    const presented = known ?? read(c);
    c.set('presented', presented);
    return presented;
  };
}

const HOW_TO_SIGN_IN =
  'send the token of a session in the header "Authorization: Bearer TOKEN", or send its cookie';

/** Routes that set up a second factor, or are needed for it. */
const SETUP = /^\/api\/auth\/(me|logout|factors|recovery-codes|totp(\/confirm)?|passkeys(\/[\w-]+)?)\/?$/;

/**
 * Requires a valid session.
 * @throws PassbookError `unauthenticated` without a token; `second_factor_setup_required` if the user's role needs a
 *   second factor and the session has none
 */
export function sessionRequired({
  readSession,
  staffNeedsSecondFactor,
}: {
  readSession: SessionReader;
  staffNeedsSecondFactor: boolean;
}) {
  return createMiddleware<SignedInEnv>(async (c, next) => {
    const presented = await readSession(c);
    if (!presented) throw new PassbookError('unauthenticated', { subject: HOW_TO_SIGN_IN });

    const { user, session } = presented;
    const isStaff = user.role !== 'customer';
    if (staffNeedsSecondFactor && isStaff && !hasSecondFactor(session) && !SETUP.test(c.req.path)) {
      throw new PassbookError('second_factor_setup_required');
    }
    c.set('caller', user);
    c.set('session', session);
    c.set('userId', user.id);
    await next();
  });
}

export type SessionRequired = ReturnType<typeof sessionRequired>;
