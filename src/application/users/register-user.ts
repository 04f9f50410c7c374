import type { Origin } from '../../domain/entities/security-event.ts';
import { User } from '../../domain/entities/user.ts';
import { requirePassword } from './password.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { PasswordHasher } from '../ports/user-store.ts';
import { newLink } from './mail-links.ts';
import { issueAccess, newSession } from './open-session.ts';
import type { SessionPorts, SignedIn } from './open-session.ts';
import { NO_ORIGIN, securityEvent } from './security-events.ts';

/**
 * Registers a customer, signs them in, and writes a welcome message with a link that verifies the address, in one
 * transaction.
 * @throws PassbookError `invalid_request`, `email_already_registered`, `unavailable`, `outcome_unknown`
 */
export function registerUser(
  ports: SessionPorts & {
    unitOfWork: UnitOfWork;
    hasher: PasswordHasher;
    isCommonPassword: (password: string) => boolean;
    /** Called after the commit. Must not throw. */
    onCommit: () => void;
  },
) {
  return async (request: {
    name: string;
    email: string;
    password: string;
    origin?: Origin;
  }): Promise<SignedIn> => {
    const at = ports.clock.now();
    const user = User.register({ ...request, id: ports.ids.newId(), role: 'customer', at });
    const password = requirePassword(request.password, ports.isCommonPassword, { owner: user });
    const passwordHash = await ports.hasher.hash(password);
    const { origin = NO_ORIGIN } = request;
    const { session, refreshToken } = newSession(ports, user, { origin, methods: ['password'] });
    const link = newLink(ports, 'email_verification', { userId: user.id, email: user.email });
    const event = securityEvent(ports, 'registered', { userId: user.id, sessionId: session.id, origin });
    await ports.unitOfWork.run(async ({ users, sessions, credentials, securityEvents, outbox }) => {
      await users.insert(user, passwordHash);
      await sessions.insert(session);
      await credentials.insert(link);
      await securityEvents.append(event);
      await outbox.add({
        kind: 'welcome',
        id: `${user.id}.welcome`,
        recipientId: user.id,
        at,
        linkId: link.id,
      });
    });
    ports.onCommit();
    return { user, ...(await issueAccess(ports, session)), refreshToken };
  };
}
