import { deviceName } from '../../domain/entities/device-name.ts';
import { networkOf } from '../../domain/entities/network.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import type { Session, SignInMethod } from '../../domain/entities/session.ts';
import type { User } from '../../domain/entities/user.ts';
import type { Instant } from '../../domain/time.ts';
import type { Stores } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { RefreshTokens, TokenIssuer } from '../ports/user-store.ts';
import { securityEvent, securityNotification } from './security-events.ts';

export type SessionPorts = {
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly tokens: TokenIssuer;
  readonly refreshTokens: RefreshTokens;
  /** Lifetime of a session, in milliseconds. */
  readonly sessionLifetimeMs: number;
  readonly accessTokenLifetimeMs: number;
};

export type SignedIn = {
  readonly user: User;
  /** Access token, which ends at `expiresAt`. */
  readonly token: string;
  readonly expiresAt: Instant;
  readonly refreshToken: string;
  readonly sessionExpiresAt: Instant;
};

/** Makes a session with its first refresh token. */
export function newSession(
  { ids, clock, sessionLifetimeMs, refreshTokens }: SessionPorts,
  user: User,
  { origin, methods }: { origin: Origin; methods: readonly SignInMethod[] },
): { session: Session; refreshToken: string } {
  const now = clock.now();
  const id = ids.newId();
  const refreshToken = refreshTokens.first(id);
  const session: Session = {
    id,
    userId: user.id,
    createdAt: now,
    expiresAt: now + sessionLifetimeMs,
    endedAt: null,
    refreshDigest: refreshTokens.digestOf(refreshToken),
    previousDigest: null,
    refreshedAt: now,
    lastUsedAt: now,
    methods,
    address: origin.address,
    device: origin.device,
  };
  return { session, refreshToken };
}

/** Past events among which an earlier sign-in is looked for. */
const EVENTS_SEEN = 200;

/** Stores the session of a sign-in with its event, and a mail unless the person signed in from there before. */
export async function storeSignIn(
  ports: SessionPorts,
  { sessions, securityEvents, outbox }: Stores,
  session: Session,
): Promise<void> {
  const { id: sessionId, userId, address, device } = session;
  const origin = { address, device };
  const past = await securityEvents.list({ userId, before: null, limit: EVENTS_SEEN });
  const signIns = past.filter(({ action }) => action === 'registered' || action === 'signed_in');
  // Without an earlier one there is nothing to compare with
  const isKnown = signIns.length === 0 || signIns.some((event) => isSamePlace(event, origin));
  await sessions.insert(session);
  await securityEvents.append(
    securityEvent(ports, 'signed_in', {
      userId,
      sessionId,
      origin,
      details: { methods: session.methods.join(' ') },
    }),
  );
  const isOfNobody = address === null && device === null;
  if (!isKnown && !isOfNobody)
    await outbox.add(securityNotification(ports, 'new_sign_in', { recipientId: userId, origin }));
}

/** Compares the kind of device and the network, because versions and IPv6 addresses change often. */
function isSamePlace(one: Origin, other: Origin): boolean {
  return (
    deviceName(one.device) === deviceName(other.device) &&
    networkOf(one.address ?? '') === networkOf(other.address ?? '')
  );
}

/** Issues an access token that never outlives its session. */
export async function issueAccess(
  { tokens, clock, accessTokenLifetimeMs }: Pick<SessionPorts, 'tokens' | 'clock' | 'accessTokenLifetimeMs'>,
  { id: sessionId, userId, expiresAt: sessionExpiresAt }: Session,
): Promise<{ token: string; expiresAt: Instant; sessionExpiresAt: Instant }> {
  const expiresAt = Math.min(clock.now() + accessTokenLifetimeMs, sessionExpiresAt);
  return { token: await tokens.issue({ sessionId, userId, expiresAt }), expiresAt, sessionExpiresAt };
}
