import { PassbookError } from '../../domain/errors.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isLive } from '../../domain/entities/session.ts';
import type { Session } from '../../domain/entities/session.ts';
import { isActive } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';
import type { Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { Logger } from '../ports/runtime.ts';
import { issueAccess } from './open-session.ts';
import type { SessionPorts, SignedIn } from './open-session.ts';
import { securityEvent, securityNotification } from './security-events.ts';
import type { SessionCache } from './session-cache.ts';

type RefreshPorts = SessionPorts & {
  readonly unitOfWork: UnitOfWork;
  readonly recentSessions: SessionCache;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
  readonly log: Logger;
};

export type Renewed = { readonly user: User; readonly session: Session; readonly token: string } & Pick<
  SignedIn,
  'expiresAt' | 'sessionExpiresAt'
>;
export type Refreshed = Renewed & { readonly refreshToken: string };

/** How long a replaced token is answered with its successor: two tabs may refresh at once, and an answer may be lost. */
const REPEAT_MS = 10_000;

/**
 * Replaces a refresh token by its successor, and issues an access token. An older token of a live session ends the
 * session: the token was copied, and nobody can tell the thief from the owner (RFC 9700, section 4.14.2).
 * @throws PassbookError `invalid_token` for a token that was never ours, `session_expired`, `unavailable`
 */
export function refreshSession(ports: RefreshPorts) {
  const { refreshTokens, clock, unitOfWork, recentSessions } = ports;
  return async (token: string, origin: Origin): Promise<Refreshed> => {
    const sessionId = requireGenuine(ports, token);
    const outcome = await unitOfWork.run(async (stores) => {
      const { user, session } = await requireLive(ports, stores, sessionId);
      const now = clock.now();
      switch (useOf(ports, session, token)) {
        case 'current': {
          const [refreshToken] = refreshTokens.successorsOf(token);
          const rotated: Session = {
            ...session,
            refreshDigest: refreshTokens.digestOf(refreshToken),
            previousDigest: session.refreshDigest,
            refreshedAt: now,
            lastUsedAt: now,
          };
          await stores.sessions.replace(rotated);
          return { user, session: rotated, refreshToken };
        }
        case 'repeated':
          return { user, session, refreshToken: successorIn(ports, session, token) };
        case 'reused':
          await endReused(ports, stores, { session, origin });
          return undefined;
      }
    });
    recentSessions.forget(sessionId);
    if (!outcome) {
      ports.log.warn({ sessionId }, 'an old refresh token was used, so its session was ended');
      ports.onCommit();
      throw new PassbookError('session_expired');
    }
    return { ...outcome, ...(await issueAccess(ports, outcome.session)) };
  };
}

/**
 * Issues an access token and changes nothing, for requests that must not.
 * @throws PassbookError as `refreshSession`, and `session_expired` for an old token too
 */
export function renewAccess(ports: RefreshPorts) {
  return async (token: string): Promise<Renewed> => {
    const sessionId = requireGenuine(ports, token);
    const { user, session } = await ports.unitOfWork.run((stores) => requireLive(ports, stores, sessionId));
    if (useOf(ports, session, token) === 'reused') throw new PassbookError('session_expired');
    return { user, session, ...(await issueAccess(ports, session)) };
  };
}

function requireGenuine({ refreshTokens }: RefreshPorts, token: string): string {
  const sessionId = refreshTokens.sessionIdOf(token);
  if (sessionId === undefined) throw new PassbookError('invalid_token');
  return sessionId;
}

async function requireLive(
  { clock }: RefreshPorts,
  { sessions }: Stores,
  sessionId: string,
): Promise<{ user: User; session: Session }> {
  const found = await sessions.find(sessionId);
  if (!found || !isLive(found.session, clock.now()) || !isActive(found.user))
    throw new PassbookError('session_expired');
  return found;
}

/** Judges a genuine token of a live session. */
function useOf(
  { refreshTokens, clock }: RefreshPorts,
  session: Session,
  token: string,
): 'current' | 'repeated' | 'reused' {
  const digest = refreshTokens.digestOf(token);
  if (digest === session.refreshDigest) return 'current';
  const isRecent = clock.now() < session.refreshedAt + REPEAT_MS;
  return digest === session.previousDigest && isRecent ? 'repeated' : 'reused';
}

/** Finds the successor that the session has now: a server with another secret may have given it. */
function successorIn({ refreshTokens }: RefreshPorts, session: Session, token: string): string {
  const successors = refreshTokens.successorsOf(token);
  const given = successors.find((one) => refreshTokens.digestOf(one) === session.refreshDigest);
  if (given === undefined) throw new PassbookError('session_expired');
  return given;
}

async function endReused(
  ports: RefreshPorts,
  { sessions, securityEvents, outbox }: Stores,
  { session: { id: sessionId, userId }, origin }: { session: Session; origin: Origin },
): Promise<void> {
  const at: Instant = ports.clock.now();
  await sessions.end(sessionId, at);
  const facts = { userId, actorId: null, sessionId, origin };
  await securityEvents.append(securityEvent(ports, 'refresh_token_reused', facts));
  await outbox.add(securityNotification(ports, 'refresh_token_reused', { recipientId: userId, origin }));
}
