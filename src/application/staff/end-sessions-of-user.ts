import { PassbookError } from '../../domain/errors.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { endSessionsOf } from '../users/end-sessions.ts';
import { requireUser } from '../users/find-user.ts';
import type { UserRef } from '../users/find-user.ts';
import { NO_ORIGIN, securityEvent } from '../users/security-events.ts';

/**
 * Ends a session of the user, or all of them, for an operator at the command line. Servers notice within a second.
 * Returns the ids of the ended sessions.
 * @throws PassbookError `user_not_found`; `session_expired` for a session that is not open
 */
export function endSessions(ports: { unitOfWork: UnitOfWork; clock: Clock; ids: IdGenerator }) {
  return (ref: UserRef, sessionId?: string): Promise<readonly string[]> =>
    ports.unitOfWork.run(async (stores) => {
      const user = await requireUser(stores.users, ref);
      const sessions = await endSessionsOf(stores, user.id, { at: ports.clock.now(), only: sessionId });
      if (sessionId !== undefined && sessions.length === 0) {
        throw new PassbookError('session_expired', { reason: 'The user has no such open session' });
      }
      for (const { id } of sessions) {
        const facts = { userId: user.id, actorId: null, sessionId: id, origin: NO_ORIGIN };
        await stores.securityEvents.append(securityEvent(ports, 'session_revoked', facts));
      }
      return sessions.map(({ id }) => id);
    });
}
