import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Bank } from '../../../application/bank.ts';
import { API_KEY_PREFIX } from '../../../domain/entities/credential.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { HttpEnv, Presented, SignedInEnv, UserEnv } from '../env.ts';
import { callerByKey } from './key-rights.ts';
import { bearerOf } from '../requests/session-token.ts';
import type { SessionToken } from '../requests/session-token.ts';

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

/** @throws PassbookError `unauthenticated` without a token */
async function presentedBy(c: Context, readSession: SessionReader): Promise<Presented> {
  const presented = await readSession(c);
  if (!presented) throw new PassbookError('unauthenticated', { subject: HOW_TO_SIGN_IN });
  c.set('userId', presented.user.id);
  if (presented.key) c.set('keyId', presented.key.id);
  return presented;
}

/** Requires a valid session. @throws PassbookError `unauthenticated` without a token, `insufficient_scope` for a key */
export function sessionRequired({ readSession }: { readSession: SessionReader }) {
  return createMiddleware<SignedInEnv>(async (c, next) => {
    const { user, session } = await presentedBy(c, readSession);
    if (!session) throw new PassbookError('insufficient_scope');
    c.set('caller', user);
    c.set('session', session);
    await next();
  });
}

export type SessionRequired = ReturnType<typeof sessionRequired>;

/** Requires a valid session, or an API key with a scope that the route takes. */
export function callerRequired({ readSession }: { readSession: SessionReader }) {
  return createMiddleware<UserEnv>(async (c, next) => {
    const { user, key } = await presentedBy(c, readSession);
    c.set('user', user);
    c.set('caller', key ? callerByKey(c, user, key) : user);
    await next();
  });
}

export type UserRequired = ReturnType<typeof callerRequired>;
