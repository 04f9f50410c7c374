import { PassbookError } from '../../domain/errors.ts';
import { isLive } from '../../domain/entities/session.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import type { Session, SignInMethod } from '../../domain/entities/session.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { isActive, normaliseEmail } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasswordHasher, TokenIssuer } from '../ports/user-store.ts';
import { issueAccess, newSession, storeSignIn } from './open-session.ts';
import type { SessionPorts, SignedIn } from './open-session.ts';
import { NO_ORIGIN, securityEvent } from './security-events.ts';
import type { SecondFactorAnswer, SecondFactorCheck } from '../factors/second-factor.ts';
import type { SessionCache } from './session-cache.ts';
import type { SessionUse } from './session-use.ts';

/** Tokens of the session that a request presents. A sign-in ends it. */
export type PresentedTokens = {
  readonly presentedToken?: string;
  readonly presentedRefreshToken?: string;
};

export type SignInRequest = PresentedTokens & {
  readonly email: string;
  readonly password: string;
  readonly secondFactor?: SecondFactorAnswer;
  /** Where the request came from. Default: unknown. */
  readonly origin?: Origin;
};

type SignInPorts = SessionPorts & {
  readonly unitOfWork: UnitOfWork;
  readonly digest: Digest;
  readonly hasher: PasswordHasher;
  readonly recentSessions: SessionCache;
  readonly checkSecondFactor: SecondFactorCheck;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
};

/**
 * Opens a new session. Ends the session that the request presented, if any, so that a planted session never becomes
 * authenticated.
 * @throws PassbookError `invalid_credentials` for an unknown address and for a wrong password alike
 * @throws PassbookError `user_locked` to a locked user who knows the password; `unavailable`
 * @throws PassbookError `second_factor_required`, `invalid_second_factor`
 */
export function signIn(ports: SignInPorts) {
  const { unitOfWork, hasher, clock } = ports;
  return async (request: SignInRequest): Promise<SignedIn> => {
    const { origin = NO_ORIGIN } = request;
    const found = await unitOfWork.run(({ users }) => users.byEmail(normaliseEmail(request.email)));
    const isRight = await hasher.verify(request.password, found?.passwordHash);
    if (!found || !isRight || found.user.erasedAt !== null) {
      await recordRefusal(ports, {
        user: found?.user.erasedAt === null ? found.user : undefined,
        email: request.email,
        origin,
        code: 'invalid_credentials',
      });
      throw new PassbookError('invalid_credentials');
    }
    const { user, passwordHash } = found;
    if (!isActive(user)) {
      await recordRefusal(ports, { user, email: request.email, origin, code: 'user_locked' });
      throw new PassbookError('user_locked');
    }

    const presented = await presentedSessions(ports, request);
    const renewed = hasher.isOutdated(passwordHash) ? await hasher.hash(request.password) : undefined;
    const second = await ports.checkSecondFactor(user, request.secondFactor, origin);
    const methods: SignInMethod[] = second === null ? ['password'] : ['password', second];
    const { session, refreshToken } = newSession(ports, user, { origin, methods });
    await unitOfWork.run(async (stores) => {
      const current = await stores.users.withPassword(user.id);
      // The password may have been changed, or the user locked, since it was verified
      if (current?.passwordHash !== passwordHash || !isActive(current.user))
        throw new PassbookError('invalid_credentials');
      for (const id of presented) await stores.sessions.end(id, clock.now());
      if (renewed) await stores.users.setPasswordHash(user.id, renewed);
      await storeSignIn(ports, stores, session);
    });
    for (const id of presented) ports.recentSessions.forget(id);
    ports.onCommit();
    return { user, ...(await issueAccess(ports, session)), refreshToken };
  };
}

/** Takes as long for an unknown address as for a known one. */
async function recordRefusal(
  ports: { unitOfWork: UnitOfWork; clock: Clock; ids: IdGenerator; digest: Digest },
  { user, email, origin, code }: { user: User | undefined; email: string; origin: Origin; code: string },
): Promise<void> {
  const details: Record<string, string> = user
    ? { code }
    : { code, email: `sha256:${ports.digest(normaliseEmail(email))}` };
  const facts = { userId: user?.id ?? null, actorId: null, origin, details };
  await ports.unitOfWork.run(({ securityEvents }) =>
    securityEvents.append(securityEvent(ports, 'sign_in_refused', facts)),
  );
}

/** Returns the ids of the sessions that the request's tokens belong to. */
export async function presentedSessions(
  { tokens, refreshTokens }: Pick<SessionPorts, 'tokens' | 'refreshTokens'>,
  { presentedToken, presentedRefreshToken }: PresentedTokens,
): Promise<ReadonlySet<string>> {
  const claims = presentedToken === undefined ? undefined : await tokens.verify(presentedToken);
  const renewable =
    presentedRefreshToken === undefined ? undefined : refreshTokens.sessionIdOf(presentedRefreshToken);
  return new Set([claims?.sessionId, renewable].filter((id) => id !== undefined));
}

/**
 * Returns a token's session with the current state of its user.
 * @throws PassbookError `session_expired` for a token of this issuer that has expired, or whose session has ended
 * @throws PassbookError `invalid_token` for any other invalid token
 */
export function authenticate(ports: {
  recentSessions: SessionCache;
  sessionUse: SessionUse;
  tokens: TokenIssuer;
  clock: Clock;
}) {
  const { tokens, recentSessions, sessionUse, clock } = ports;
  return async (token: string): Promise<{ user: User; session: Session }> => {
    const claims = await tokens.verify(token);
    if (!claims) {
      throw new PassbookError((await tokens.hasExpired(token)) ? 'session_expired' : 'invalid_token');
    }
    const found = await recentSessions.find(claims.sessionId);
    if (found && found.user.id !== claims.userId) throw new PassbookError('invalid_token');
    // A missing session ended long ago and was deleted
    if (!found || !isLive(found.session, clock.now()) || !isActive(found.user))
      throw new PassbookError('session_expired');
    sessionUse.note(found.session);
    return found;
  };
}
