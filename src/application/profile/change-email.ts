import { invalid, PassbookError } from '../../domain/errors.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive, requireEmail } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { LinkTokens, PasswordHasher } from '../ports/user-store.ts';
import { confirmPassword, requireSamePassword } from '../users/confirm-password.ts';
import { mailLink, useLink, voidLinks } from '../users/mail-links.ts';
import type { SessionCache } from '../users/session-cache.ts';
import { securityEvent, securityNotification } from '../users/security-events.ts';

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly links: LinkTokens;
  readonly hasher: PasswordHasher;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
};

/**
 * Mails a link to a new address, which confirms it. Does the same for an address of another user, so that nobody can
 * find out who has an account.
 * @throws PassbookError `invalid_credentials`, `invalid_request`, `unavailable`
 */
export function requestEmailChange(ports: Ports) {
  return async (request: {
    userId: string;
    sessionId: string;
    email: string;
    password: string;
    origin: Origin;
  }): Promise<void> => {
    const { userId, sessionId, origin } = request;
    const email = requireEmail(request.email);
    const proved = await confirmPassword(ports, request);
    if (email === proved.user.email) throw invalid('email', 'is your address already');

    await ports.unitOfWork.run(async (stores) => {
      await requireSamePassword(stores, proved);
      const facts = { userId, sessionId, origin };
      await stores.securityEvents.append(securityEvent(ports, 'email_change_requested', facts));
      const terms = { kind: 'email_change', notice: 'confirm_new_email', userId, email, origin } as const;
      await mailLink(ports, stores, terms);
    });
    ports.onCommit();
  };
}

/**
 * Changes the address by the link that was mailed to the new one, and tells the old one.
 * @throws PassbookError `link_not_valid`, `email_already_registered`, `unavailable`
 */
export function confirmEmailChange(ports: Ports & { recentSessions: SessionCache }) {
  return async ({ token, origin }: { token: string; origin: Origin }): Promise<void> => {
    const changed = await ports.unitOfWork.run(async (stores) => {
      const { userId, content } = await useLink(ports, stores, { kind: 'email_change', token });
      const user = await stores.users.byId(userId);
      if (!user || !isActive(user)) throw new PassbookError('link_not_valid');

      await stores.users.replace(user.changeEmail(content.email, ports.clock.now()));
      // These were mailed to the old address
      await voidLinks(stores.credentials, userId, ['password_reset', 'email_verification']);
      await stores.securityEvents.append(securityEvent(ports, 'email_changed', { userId, origin }));
      const mail = { recipientId: userId, origin, email: user.email };
      await stores.outbox.add(securityNotification(ports, 'email_changed', mail));
      return userId;
    });
    ports.recentSessions.forgetUser(changed);
    ports.onCommit();
  };
}
