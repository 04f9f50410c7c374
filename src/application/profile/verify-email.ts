import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { LinkTokens } from '../ports/user-store.ts';
import { mailLink, ownerOf, useLink } from '../users/mail-links.ts';
import type { SessionCache } from '../users/session-cache.ts';
import { securityEvent } from '../users/security-events.ts';

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly links: LinkTokens;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
};

/** Mails a new link that verifies the user's address. Has no effect once it is verified. @throws PassbookError `unavailable` */
export function requestVerification(ports: Ports) {
  return async ({ userId, origin }: { userId: string; origin: Origin }): Promise<void> => {
    await ports.unitOfWork.run(async (stores) => {
      const user = await stores.users.byId(userId);
      if (!user || !isActive(user) || user.emailVerifiedAt !== null) return;

      const { email } = user;
      const terms = { kind: 'email_verification', notice: 'verify_email', userId, email, origin } as const;
      await mailLink(ports, stores, terms);
    });
    ports.onCommit();
  };
}

/** Verifies the address that the link was mailed to. @throws PassbookError `link_not_valid`, `unavailable` */
export function verifyEmail(ports: Ports & { recentSessions: SessionCache }) {
  return async ({ token, origin }: { token: string; origin: Origin }): Promise<void> => {
    const verified = await ports.unitOfWork.run(async (stores) => {
      const link = await useLink(ports, stores, { kind: 'email_verification', token });
      const user = await ownerOf(stores, link);
      const userId = user.id;
      await stores.users.replace(user.verifyEmail(ports.clock.now()));
      await stores.securityEvents.append(securityEvent(ports, 'email_verified', { userId, origin }));
      return userId;
    });
    ports.recentSessions.forgetUser(verified);
  };
}
