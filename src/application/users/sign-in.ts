import { PassbookError } from '../../domain/errors.ts';
import { isLive } from '../../domain/entities/session.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import type { Session, SignInMethod } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import { isActive, normaliseEmail } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasswordHasher, TokenIssuer } from '../ports/user-store.ts';
import { NO_ORIGIN } from './security-events.ts';
import type { SecondFactorAnswer, SecondFactorCheck } from './second-factor.ts';
import type { SessionCache } from './session-cache.ts';

export type SignedIn = { readonly user: User; readonly token: string; readonly expiresAt: Instant };

export type SignInRequest = {
  readonly email: string;
  readonly password: string;
  /** Token of the session that the request presents. It ends. */
  readonly presentedToken?: string;
  readonly secondFactor?: SecondFactorAnswer;
  /** Where the request came from. Default: unknown. */
  readonly origin?: Origin;
};

export type SessionPorts = {
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly tokens: TokenIssuer;
  /** Lifetime of a session, in milliseconds. */
  readonly sessionLifetimeMs: number;
};

/**
 * Opens a new session. Ends the session that the request presented, if any, so that a planted session never becomes
 * authenticated.
 * @throws PassbookError `invalid_credentials` for an unknown address and for a wrong password alike; `user_locked`,
 *   `unavailable`
 */
export function signIn(
  ports: SessionPorts & {
    unitOfWork: UnitOfWork;
    hasher: PasswordHasher;
    recentSessions: SessionCache;
    checkSecondFactor: SecondFactorCheck;
  },
) {
  const { unitOfWork, hasher, clock } = ports;
  return async (request: SignInRequest): Promise<SignedIn> => {
    const found = await unitOfWork.run(({ users }) => users.byEmail(normaliseEmail(request.email)));
    const isRight = await hasher.verify(request.password, found?.passwordHash);
    if (!found || !isRight) throw new PassbookError('invalid_credentials');
    if (found.user.lockedAt !== null) throw new PassbookError('user_locked');

    const { user, passwordHash } = found;
    const presented = request.presentedToken && (await ports.tokens.verify(request.presentedToken));
    const renewed = hasher.isOutdated(passwordHash) ? await hasher.hash(request.password) : undefined;
    const second = await ports.checkSecondFactor(user, request.secondFactor);
    const methods: SignInMethod[] = second === null ? ['password'] : ['password', second];
    const session = newSession(ports, user, { origin: request.origin ?? NO_ORIGIN, methods });
    await unitOfWork.run(async ({ users, sessions }) => {
      if (presented) await sessions.end(presented.sessionId, clock.now());
      if (renewed) await users.setPasswordHash(user.id, renewed);
      await sessions.insert(session);
    });
    if (presented) ports.recentSessions.forget(presented.sessionId);
    return issue(ports.tokens, { user, session });
  };
}

/** @throws PassbookError `unavailable` */
export function signOut(ports: { unitOfWork: UnitOfWork; clock: Clock; recentSessions: SessionCache }) {
  return async (sessionId: string): Promise<void> => {
    await ports.unitOfWork.run(({ sessions }) => sessions.end(sessionId, ports.clock.now()));
    ports.recentSessions.forget(sessionId);
  };
}

/**
 * Returns a token's session with the current state of its user.
 * @throws PassbookError `session_expired` for a token of this issuer whose session has ended
 * @throws PassbookError `invalid_token` for any other invalid token
 */
export function authenticate(ports: { recentSessions: SessionCache; tokens: TokenIssuer; clock: Clock }) {
  const { tokens, recentSessions, clock } = ports;
  return async (token: string): Promise<{ user: User; session: Session }> => {
    const claims = await tokens.verify(token);
    if (!claims) {
      throw new PassbookError((await tokens.hasExpired(token)) ? 'session_expired' : 'invalid_token');
    }
    const found = await recentSessions.find(claims.sessionId);
    if (found && found.user.id !== claims.userId) throw new PassbookError('invalid_token');
    // A missing session ended long ago and was deleted
    if (!found || !isLive(found.session, clock.now()) || !isActive(found.user)) {
      throw new PassbookError('session_expired');
    }
    return found;
  };
}

export function newSession(
  { ids, clock, sessionLifetimeMs }: SessionPorts,
  user: User,
  { origin, methods }: { origin: Origin; methods: readonly SignInMethod[] },
): Session {
  const now = clock.now();
  return {
    id: ids.newId(),
    userId: user.id,
    createdAt: now,
    expiresAt: now + sessionLifetimeMs,
    endedAt: null,
    refreshDigest: null,
    previousDigest: null,
    refreshedAt: now,
    lastUsedAt: now,
    methods,
    address: origin.address,
    device: origin.device,
  };
}

export async function issue(
  tokens: TokenIssuer,
  { user, session }: { user: User; session: Session },
): Promise<SignedIn> {
  const { id: sessionId, expiresAt } = session;
  return { user, token: await tokens.issue({ sessionId, userId: user.id, expiresAt }), expiresAt };
}
