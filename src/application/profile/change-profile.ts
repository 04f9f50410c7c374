import { PassbookError } from '../../domain/errors.ts';
import type { Origin } from '../../domain/entities/security-event.ts';
import type { User } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { securityEvent } from '../users/security-events.ts';
import type { SessionCache } from '../users/session-cache.ts';

export type ProfileChange = {
  readonly name?: string;
  readonly language?: string;
  readonly timeZone?: string;
};

/**
 * Changes a user's name, language and time zone, each if given. Returns the user.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function changeProfile(ports: {
  unitOfWork: UnitOfWork;
  clock: Clock;
  ids: IdGenerator;
  recentSessions: SessionCache;
}) {
  return async (
    { userId, sessionId, origin }: { userId: string; sessionId: string; origin: Origin },
    change: ProfileChange,
  ): Promise<User> => {
    const changed = await ports.unitOfWork.run(async ({ users, securityEvents }) => {
      const user = await users.byId(userId);
      if (!user) throw new PassbookError('user_not_found');
      const next = user.change(change);
      const fields = (['name', 'language', 'timeZone'] as const).filter((key) => user[key] !== next[key]);
      if (fields.length === 0) return next;

      await users.replace(next);
      const details = { fields: fields.join(', ') };
      await securityEvents.append(
        securityEvent(ports, 'profile_changed', { userId, sessionId, origin, details }),
      );
      return next;
    });
    ports.recentSessions.forgetUser(userId);
    return changed;
  };
}
