import type { Context, Env } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Bank } from '../../../application/bank.ts';
import { API_KEY_PREFIX } from '../../../domain/entities/credential.ts';
import { hasSecondFactor } from '../../../domain/entities/session.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv, Presented, SignedInEnv, UserEnv } from '../env.ts';
import { originOf } from '../requests/origin.ts';
import { bearerOf } from '../requests/session-token.ts';
import type { GivenTokens, SessionToken } from '../requests/session-token.ts';
import { SAFE_METHODS } from './cross-site.ts';
import { callerByKey } from './key-rights.ts';

/**
 * Reads the session or API key that a request presents, once per request. Resolves to undefined without one.
 * @throws PassbookError `session_expired`, `invalid_token`, `key_expired`, `invalid_request`
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
    if (token === undefined) return undefined;
    // No browser sends an API key by itself, so that none is taken from a cookie
    const isKey = token.startsWith(API_KEY_PREFIX) && bearerOf(c) === token;
    return isKey ? bank.authenticateKey(token) : bank.authenticate(token);
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

/** Routes and pages that set up a second factor, or are needed for it. */
const SETUP =
  /^\/(api\/auth\/(me|logout(\/everywhere)?|factors|recovery-codes|totp(\/confirm)?|passkeys(\/[\w-]+)?)\/?|security(\/(passkeys|authenticator-app|recovery-codes)\b.*)?|sign-out)$/;

type AccessPorts = {
  readonly bank: Bank;
  readonly readSession: SessionReader;
  readonly sessionToken: SessionToken;
  readonly trustedProxies: number;
  /** Whether roles other than the customer's need a second factor. */
  readonly staffNeedsSecondFactor: boolean;
};

/**
 * Requires a valid session. Renews one whose access cookie is missing or has expired by its refresh cookie. Only a
 * request with an unsafe method replaces the refresh token too, because no other may change anything.
 * @throws PassbookError `unauthenticated` without a token, `insufficient_scope` for an API key
 * @throws PassbookError `second_factor_setup_required` if the user's role needs a second factor and the session has none
 */
export function sessionRequired(ports: AccessPorts) {
  return signedIn<SignedInEnv>(ports, (c, { user, session }) => {
    if (!session) throw new PassbookError('insufficient_scope');
    c.set('caller', user);
    c.set('session', session);
  });
}

export type SessionRequired = ReturnType<typeof sessionRequired>;

/** Requires a valid session as `sessionRequired` does, or an API key with a scope that the route takes. */
export function callerRequired(ports: AccessPorts) {
  return signedIn<UserEnv>(ports, (c, { user, key }) => {
    c.set('user', user);
    c.set('caller', key ? callerByKey(c, user, key) : user);
  });
}

export type UserRequired = ReturnType<typeof callerRequired>;

function signedIn<E extends HttpEnv & Env>(
  ports: AccessPorts,
  use: (c: Context<E>, presented: Presented) => void,
) {
  const { bank, readSession, sessionToken, trustedProxies, staffNeedsSecondFactor } = ports;
  return createMiddleware<E>(async (c, next) => {
    const read = await readSession(c).catch(unlessExpired);
    const renewed = read ? undefined : await renew(c);
    const presented = read ?? renewed ?? (await missing(c));
    const { user, session, key } = presented;
    c.set('userId', user.id);
    if (key) c.set('keyId', key.id);
    const needsFactor = staffNeedsSecondFactor && user.role !== 'customer' && session !== undefined;
    if (needsFactor && !hasSecondFactor(session) && !SETUP.test(c.req.path)) {
      // Without them, the client would present the old refresh token, which ends the session
      if (renewed) sessionToken.give(c, renewed);
      throw new PassbookError('second_factor_setup_required');
    }
    use(c, presented);
    await next();
    // A handler that sets cookies of its own has begun or ended a session
    if (renewed && !c.res.headers.has('Set-Cookie')) sessionToken.give(c, renewed);
  });

  async function renew(c: Context): Promise<(Presented & GivenTokens) | undefined> {
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
