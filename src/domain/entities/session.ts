import type { Instant } from '../time.ts';

/** A sign-in. It ends at `expiresAt`, exclusive, or when it is ended. */
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

/** Whether it ended or expired at that instant or before. */
export function isOverBy({ endedAt, expiresAt }: Session, until: Instant): boolean {
  return Math.min(expiresAt, endedAt ?? expiresAt) <= until;
}
