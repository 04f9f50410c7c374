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

/**
 * Mails the user a link with which they choose a new password, for an operator at the command line. Older links end.
 * @throws PassbookError `user_not_found`; `user_locked` for a user who may not sign in
 */
export function sendResetLink(ports: { unitOfWork: UnitOfWork; clock: Clock; ids: IdGenerator }) {
  return (ref: UserRef): Promise<{ user: User; expiresAt: Instant | null }> =>
    ports.unitOfWork.run(async (stores) => {
      const user = await requireUser(stores.users, ref);
      if (!isActive(user)) throw new PassbookError('user_locked', { reason: 'The user may not sign in' });
      const facts = { userId: user.id, actorId: null, origin: NO_ORIGIN };
      await stores.securityEvents.append(securityEvent(ports, 'password_reset_requested', facts));
      const link = await mailLink(ports, stores, {
        kind: 'password_reset',
        notice: 'reset_password',
        userId: user.id,
        email: user.email,
        origin: NO_ORIGIN,
      });
      return { user, expiresAt: link.expiresAt };
    });
}
