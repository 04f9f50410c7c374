import { isActive } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/time.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { requireUser } from '../users/find-user.ts';
import type { UserRef } from '../users/find-user.ts';
import { mailLink } from '../users/mail-links.ts';
import { NO_ORIGIN, securityEvent } from '../users/security-events.ts';
import type { StaffOrigin } from './end-sessions-of-user.ts';
import { requireAuthority } from './require-authority.ts';

/**
 * Mails the user a link with which they choose a new password. Older links end.
 * @throws PassbookError `user_not_found`; `user_locked` for a user who may not sign in
 * @throws PassbookError `forbidden` for oneself, and for an operator and a system user
 */
export function sendResetLink(ports: {
  unitOfWork: UnitOfWork;
  clock: Clock;
  ids: IdGenerator;
  /** Called after the commit. Must not throw. */
  onCommit?: () => void;
}) {
  return async (
    ref: UserRef,
    { actorId, origin = NO_ORIGIN }: StaffOrigin = {},
  ): Promise<{ user: User; expiresAt: Instant | null }> => {
    const sent = await ports.unitOfWork.run(async (stores) => {
      const user = await requireUser(stores.users, ref);
      if (actorId !== undefined) await requireAuthority(stores.users, actorId, user);
      if (!isActive(user)) throw new PassbookError('user_locked', { reason: 'The user may not sign in' });
      const facts = { userId: user.id, actorId: actorId ?? null, origin };
      await stores.securityEvents.append(securityEvent(ports, 'password_reset_requested', facts));
      // The mail names no place: the request came from the bank
      const link = await mailLink(ports, stores, {
        kind: 'password_reset',
        notice: 'reset_password',
        userId: user.id,
        email: user.email,
        origin: NO_ORIGIN,
      });
      return { user, expiresAt: link.expiresAt };
    });
    ports.onCommit?.();
    return sent;
  };
}
