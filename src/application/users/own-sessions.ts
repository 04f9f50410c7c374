import { PassbookError } from '../../domain/errors.ts';
import { isLive } from '../../domain/entities/session.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { endSessionsOf } from './end-sessions.ts';
import { NO_ORIGIN, securityEvent } from './security-events.ts';
import type { SessionCache } from './session-cache.ts';

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly recentSessions: SessionCache;
};

/** Ends a session at its person's wish. @throws PassbookError `unavailable` */
export function signOut(ports: Ports) {
  return async (sessionId: string, origin: Origin = NO_ORIGIN): Promise<void> => {
    const at = ports.clock.now();
    await ports.unitOfWork.run(async ({ sessions, securityEvents }) => {
      const found = await sessions.find(sessionId);
      if (!found || !isLive(found.session, at)) return;
      await sessions.end(sessionId, at);
      const facts = { userId: found.user.id, sessionId, origin };
      await securityEvents.append(securityEvent(ports, 'signed_out', facts));
    });
    ports.recentSessions.forget(sessionId);
  };
}

/** Ends all sessions of the person who has this one. Returns how many. @throws PassbookError `unavailable` */
export function signOutEverywhere(ports: Ports) {
  return async ({ id, userId }: Session, origin: Origin): Promise<number> => {
    const ended = await ports.unitOfWork.run(async (stores) => {
      const sessions = await endSessionsOf(stores, userId, { at: ports.clock.now() });
      for (const session of sessions) {
        const action = session.id === id ? 'signed_out' : 'session_revoked';
        const facts = { userId, sessionId: session.id, origin };
        await stores.securityEvents.append(securityEvent(ports, action, facts));
      }
      return sessions.length;
    });
    ports.recentSessions.forgetUser(userId);
    return ended;
  };
}

/** Lists the person's live sessions, oldest first. @throws PassbookError `unavailable` */
export function listSessions({ unitOfWork, clock }: Ports) {
  return async (userId: string): Promise<readonly Session[]> => {
    const open = await unitOfWork.run(({ sessions }) => sessions.openOf(userId));
    return open.filter((session) => isLive(session, clock.now()));
  };
}

/** Ends one live session of the person. @throws PassbookError `session_not_found`, `unavailable` */
export function revokeSession(ports: Ports) {
  return async (userId: string, sessionId: string, origin: Origin): Promise<void> => {
    const at = ports.clock.now();
    await ports.unitOfWork.run(async ({ sessions, securityEvents }) => {
      const found = await sessions.find(sessionId);
      if (found?.user.id !== userId || !isLive(found.session, at))
        throw new PassbookError('session_not_found');
      await sessions.end(sessionId, at);
      await securityEvents.append(securityEvent(ports, 'session_revoked', { userId, sessionId, origin }));
    });
    ports.recentSessions.forget(sessionId);
  };
}
