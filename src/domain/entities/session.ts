import type { Instant } from '../time.ts';

/** A signed-in session. It ends at `expiresAt`, exclusive, or earlier at `endedAt`. */
export type Session = {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly endedAt: Instant | null;
};

export function isLive(session: Session, now: Instant): boolean {
  return session.endedAt === null && now < session.expiresAt;
}

/** Returns whether the session ended or expired at or before the instant. */
export function isOverBy({ endedAt, expiresAt }: Session, until: Instant): boolean {
  return Math.min(expiresAt, endedAt ?? expiresAt) <= until;
}
