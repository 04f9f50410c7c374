import type { Instant } from '../time.ts';

/** A proof by which a person signed in. A passkey verifies its user, so it is two factors in one. */
export type SignInMethod = 'password' | 'passkey' | 'totp' | 'recovery_code';

/** A signed-in session. It ends at `expiresAt`, exclusive, or earlier at `endedAt`. */
export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly endedAt: Instant | null;
  /** Digest of the refresh token; null if the session has none. */
  readonly refreshDigest: string | null;
  /** Digest of the refresh token before it; null until the first refresh. */
  readonly previousDigest: string | null;
  readonly refreshedAt: Instant;
  /** Last use, to within a few minutes. */
  readonly lastUsedAt: Instant;
  readonly methods: readonly SignInMethod[];
  /** Address and user agent of the sign-in; null if unknown. */
  readonly address: string | null;
  readonly device: string | null;
};

export function isLive(session: Session, now: Instant): boolean {
  return session.endedAt === null && now < session.expiresAt;
}

/** Returns whether the session ended or expired at or before the instant. */
export function isOverBy({ endedAt, expiresAt }: Session, until: Instant): boolean {
  return Math.min(expiresAt, endedAt ?? expiresAt) <= until;
}

/** Returns whether the person proved two factors at the sign-in. */
export function hasSecondFactor({ methods }: Session): boolean {
  return methods.some((method) => method !== 'password');
}
