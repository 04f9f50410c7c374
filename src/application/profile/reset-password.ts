import type { Origin } from '../../domain/entities/security-event.ts';
import { isActive, requireEmail } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import type { LinkTokens, PasswordHasher } from '../ports/user-store.ts';
import { endSessionsOf } from '../users/end-sessions.ts';
import { findLink, mailLink, ownerOf, useLink, voidLinks } from '../users/mail-links.ts';
import { requirePassword } from '../users/password.ts';
import { securityEvent, securityNotification } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly links: LinkTokens;
  /** Called after the commit. Must not throw. */
  readonly onCommit: () => void;
};

/** Time of every answer to a forgotten password: longer than the work for a known address takes. */
const ANSWER_AFTER_MS = 300;

/**
 * Mails a link to reset the password, if the address is a user's. An unknown address gets the same answer after the
 * same time, and no mail.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function requestPasswordReset(ports: Ports & { wait: (ms: number) => Promise<void> }) {
  return async (request: { email: string; origin: Origin }): Promise<void> => {
    const email = requireEmail(request.email);
    await Promise.all([mailReset(ports, email, request.origin), ports.wait(ANSWER_AFTER_MS)]);
  };
}

async function mailReset(ports: Ports, email: string, origin: Origin): Promise<void> {
  await ports.unitOfWork.run(async (stores) => {
    const { users, securityEvents } = stores;
    const user = (await users.byEmail(email))?.user;
    const userId = user && isActive(user) ? user.id : null;
    // The person who asks may be a stranger
    const facts = { userId, actorId: null, origin };
    await securityEvents.append(securityEvent(ports, 'password_reset_requested', facts));
    if (userId === null) return;

    await mailLink(ports, stores, {
      kind: 'password_reset',
      notice: 'reset_password',
      userId,
      email,
      origin,
    });
  });
  ports.onCommit();
}

/**
 * Sets a new password by a mailed link, which also proves the address. Ends all sessions.
 * @throws PassbookError `link_not_valid`; `invalid_request` for a refused password, after which the link still works;
 *   `queue_full`, `unavailable`
 */
export function resetPassword(
  ports: Ports & {
    hasher: PasswordHasher;
    isCommonPassword: (password: string) => boolean;
    recentSessions: SessionCache;
  },
) {
  const { unitOfWork, clock } = ports;
  return async (request: { token: string; password: string; origin: Origin }): Promise<void> => {
    const { origin } = request;
    const presented = { kind: 'password_reset', token: request.token } as const;
    const owner = await unitOfWork.run(async (stores) =>
      ownerOf(stores, await findLink(ports, stores, presented)),
    );
    const password = requirePassword(request.password, ports.isCommonPassword, { owner });
    const hash = await ports.hasher.hash(password);

    await unitOfWork.run(async (stores) => {
      const user = await ownerOf(stores, await useLink(ports, stores, presented));
      const at = clock.now();
      await stores.users.replace(user.verifyEmail(at));
      await stores.users.setPasswordHash(user.id, hash);
      // A thief of the old password may have asked to change the address
      await voidLinks(stores.credentials, user.id, ['password_reset', 'email_verification', 'email_change']);
      await stores.securityEvents.append(securityEvent(ports, 'password_reset', { userId: user.id, origin }));
      const mail = { recipientId: user.id, origin, email: user.email };
      await stores.outbox.add(securityNotification(ports, 'password_changed', mail));
      await endSessionsOf(stores, user.id, { at });
    });
    ports.recentSessions.forgetUser(owner.id);
    ports.onCommit();
  };
}
