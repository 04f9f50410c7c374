import type { Origin } from '../../domain/entities/security-event.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { PasswordHasher } from '../ports/user-store.ts';
import { confirmPassword, requireSamePassword } from '../users/confirm-password.ts';
import { endSessionsOf } from '../users/end-sessions.ts';
import { voidLinks } from '../users/mail-links.ts';
import { requirePassword } from '../users/password.ts';
import { securityEvent, securityNotification } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';

/**
 * Sets a new password after a check of the current one. Ends the user's other sessions.
 * @throws PassbookError `invalid_credentials`, `invalid_request`, `queue_full`, `unavailable`
 */
export function changePassword(ports: {
  unitOfWork: UnitOfWork;
  clock: Clock;
  ids: IdGenerator;
  hasher: PasswordHasher;
  isCommonPassword: (password: string) => boolean;
  recentSessions: SessionCache;
  onCommit: () => void;
}) {
  return async (request: {
    userId: string;
    sessionId: string;
    currentPassword: string;
    newPassword: string;
    origin: Origin;
  }): Promise<void> => {
    const { userId, sessionId, origin } = request;
    const proved = await confirmPassword(ports, { userId, password: request.currentPassword });
    const owner = proved.user;
    const terms = { field: 'newPassword', owner };
    const hash = await ports.hasher.hash(requirePassword(request.newPassword, ports.isCommonPassword, terms));

    await ports.unitOfWork.run(async (stores) => {
      await requireSamePassword(stores, proved);
      await stores.users.setPasswordHash(userId, hash);
      // A thief of the old password may have asked for them
      await voidLinks(stores.credentials, userId, ['password_reset', 'email_change']);
      const facts = { userId, sessionId, origin };
      await stores.securityEvents.append(securityEvent(ports, 'password_changed', facts));
      const mail = { recipientId: userId, origin, email: owner.email };
      await stores.outbox.add(securityNotification(ports, 'password_changed', mail));
      await endSessionsOf(stores, userId, { at: ports.clock.now(), except: sessionId });
    });
    ports.recentSessions.forgetUser(userId);
    ports.onCommit();
  };
}
