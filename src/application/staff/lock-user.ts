import type { Origin } from '../../domain/entities/security-event.ts';
import type { User } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { requireReason } from '../validation.ts';
import { endSessionsOf } from '../users/end-sessions.ts';
import { requireUser } from '../users/find-user.ts';
import type { UserRef } from '../users/find-user.ts';
import { NO_ORIGIN, securityEvent, securityNotification } from '../users/security-events.ts';
import type { ApiKeyCache, SessionCache } from '../users/session-cache.ts';
import { requireAuthority } from './require-authority.ts';

export type LockPorts = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Absent at the command line, whose process serves no requests. */
  readonly recentSessions?: SessionCache;
  readonly recentKeys?: ApiKeyCache;
  /** Called after the commit. Must not throw. */
  readonly onCommit?: () => void;
};

export type LockRequest = {
  readonly user: UserRef;
  /** The person reads it in their security events. */
  readonly reason: string;
  /** Id of the member of staff. Default: an operator at the command line. */
  readonly actorId?: string;
  readonly origin?: Origin;
};

/**
 * Locks a user out and ends their sessions. Their API keys stop too: at once in this process, and within a second in
 * others. Has no effect on a locked user.
 * @throws PassbookError `forbidden` for oneself, and for an operator who locks out a system user
 * @throws PassbookError `invalid_request`, `user_not_found`, `unavailable`
 */
export function lockUser(ports: LockPorts) {
  return (request: LockRequest): Promise<User> => change(ports, request, 'user_locked');
}

/** Lets a locked user in again. @throws PassbookError as `lockUser` */
export function unlockUser(ports: LockPorts) {
  return (request: LockRequest): Promise<User> => change(ports, request, 'user_unlocked');
}

async function change(
  ports: LockPorts,
  { user: ref, actorId, origin = NO_ORIGIN, ...request }: LockRequest,
  action: 'user_locked' | 'user_unlocked',
): Promise<User> {
  const reason = requireReason(request.reason);
  const now = ports.clock.now();
  const locks = action === 'user_locked';
  const changed = await ports.unitOfWork.run(async ({ users, sessions, securityEvents, outbox }) => {
    const found = await requireUser(users, ref);
    if (actorId !== undefined) await requireAuthority(users, actorId, found);
    const user = locks ? found.lock(now) : found.unlock();
    if (user.lockedAt === found.lockedAt) return found;

    await users.replace(user);
    if (locks) await endSessionsOf({ sessions }, user.id, { at: now });
    const facts = { userId: user.id, actorId: actorId ?? null, origin, details: { reason } };
    await securityEvents.append(securityEvent(ports, action, facts));
    if (locks) {
      // The mail names no place: the request came from the bank
      const terms = { recipientId: user.id, origin: NO_ORIGIN };
      await outbox.add(securityNotification(ports, 'user_locked', terms));
    }
    return user;
  });
  ports.recentSessions?.forgetUser(changed.id);
  ports.recentKeys?.forgetUser(changed.id);
  ports.onCommit?.();
  return changed;
}
