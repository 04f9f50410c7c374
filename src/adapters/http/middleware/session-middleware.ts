import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Bank } from '../../../application/bank.ts';
import { hasSecondFactor } from '../../../domain/entities/session.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv, Presented, SignedInEnv } from '../env.ts';
import { originOf } from '../requests/origin.ts';
import { bearerOf } from '../requests/session-token.ts';
import type { GivenTokens, SessionToken } from '../requests/session-token.ts';
import { SAFE_METHODS } from './cross-site.ts';

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
const SETUP =
  /^\/api\/auth\/(me|logout(\/everywhere)?|factors|recovery-codes|totp(\/confirm)?|passkeys(\/[\w-]+)?)\/?$/;

/**
 * Requires a valid session. Renews one whose access cookie is missing or has expired by its refresh cookie. Only a
 * request with an unsafe method replaces the refresh token too, because no other may change anything.
 * @throws PassbookError `unauthenticated` without a token
 * @throws PassbookError `second_factor_setup_required` if the user's role needs a second factor and the session has none
 */
export function sessionRequired(ports: {
  bank: Bank;
  readSession: SessionReader;
  sessionToken: SessionToken;
  trustedProxies: number;
  staffNeedsSecondFactor: boolean;
}) {
  const { bank, readSession, sessionToken, trustedProxies, staffNeedsSecondFactor } = ports;
  return createMiddleware<SignedInEnv>(async (c, next) => {
    const presented = await readSession(c).catch(unlessExpired);
    const renewed = presented ? undefined : await renew(c);
    const { user, session } = presented ?? renewed ?? (await missing(c));
    const isStaff = user.role !== 'customer';
    if (staffNeedsSecondFactor && isStaff && !hasSecondFactor(session) && !SETUP.test(c.req.path)) {
      throw new PassbookError('second_factor_setup_required');
    }
    c.set('caller', user);
    c.set('session', session);
    c.set('userId', user.id);
    await next();
    // A handler that sets cookies of its own has begun or ended a session
    if (renewed && !c.res.headers.has('Set-Cookie')) sessionToken.give(c, renewed);
  });

  async function renew(c: Context<SignedInEnv>): Promise<(Presented & GivenTokens) | undefined> {
    const token = bearerOf(c) === undefined ? sessionToken.readRefresh(c) : undefined;
    if (token === undefined) return undefined;
    return SAFE_METHODS.has(c.req.method)
      ? bank.renewAccess(token)
      : bank.refreshSession(token, originOf(c, trustedProxies));
  }

  /** @throws PassbookError the reason why there is no session */
  async function missing(c: Context): Promise<Presented> {
    const presented = await readSession(c);
    if (!presented) throw new PassbookError('unauthenticated', { subject: HOW_TO_SIGN_IN });
    return presented;
  }
}

function unlessExpired(error: unknown): undefined {
  if (!(error instanceof PassbookError && error.code === 'session_expired')) throw error;
}

export type SessionRequired = ReturnType<typeof sessionRequired>;
