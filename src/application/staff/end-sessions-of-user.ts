import type { Origin } from '../../domain/entities/security-event.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { endSessionsOf } from '../users/end-sessions.ts';
import { requireUser } from '../users/find-user.ts';
import type { UserRef } from '../users/find-user.ts';
import { NO_ORIGIN, securityEvent } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';
import { requireAuthority } from './require-authority.ts';

/** The member of staff who acts on a person. Default: an operator at the command line. */
export type StaffOrigin = { readonly actorId?: string; readonly origin?: Origin };

/**
 * Ends a session of the user, or all of them. Servers notice within a second, and this process at once. Returns the ids
 * of the ended sessions.
 * @throws PassbookError `user_not_found`; `session_expired` for a session that is not open
 * @throws PassbookError `forbidden` for oneself, and for an operator and a system user
 */
export function endSessions(ports: {
  unitOfWork: UnitOfWork;
  clock: Clock;
  ids: IdGenerator;
  /** Absent at the command line, whose process serves no requests. */
  recentSessions?: SessionCache;
}) {
  return async (
    ref: UserRef,
    sessionId?: string,
    { actorId, origin = NO_ORIGIN }: StaffOrigin = {},
  ): Promise<readonly string[]> => {
    const ended = await ports.unitOfWork.run(async (stores) => {
      const user = await requireUser(stores.users, ref);
      if (actorId !== undefined) await requireAuthority(stores.users, actorId, user);
      const sessions = await endSessionsOf(stores, user.id, { at: ports.clock.now(), only: sessionId });
      if (sessionId !== undefined && sessions.length === 0) {
        throw new PassbookError('session_expired', { reason: 'The user has no such open session' });
      }
      for (const { id } of sessions) {
        const facts = { userId: user.id, actorId: actorId ?? null, sessionId: id, origin };
        await stores.securityEvents.append(securityEvent(ports, 'session_revoked', facts));
      }
      return sessions;
    });
    for (const { userId } of ended.slice(0, 1)) ports.recentSessions?.forgetUser(userId);
    return ended.map(({ id }) => id);
  };
}
