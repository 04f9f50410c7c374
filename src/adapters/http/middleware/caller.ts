import { createMiddleware } from 'hono/factory';
import type { Actor, Viewer } from '../../../domain/actor.ts';
import type { Role } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import { ROLES_OF } from '../api/access.ts';
import type { StaffAccess } from '../api/access.ts';
import type { Caller, CallerEnv } from '../env.ts';

/** Requires one of the roles. Must run after the caller is known. */
/**
 * Requires the role `system` where an external id is set. One person must not learn or take the ids of others.
 * @throws PassbookError `forbidden`
 */
export function requireMayIdentify(
  { role }: Pick<Caller, 'role'>,
  requests: readonly { readonly externalId?: string | undefined }[],
): void {
  if (role !== 'system' && requests.some(({ externalId }) => externalId !== undefined))
    throw new PassbookError('forbidden');
}

export function roleRequired(access: StaffAccess) {
  const roles: readonly Role[] = ROLES_OF[access];
  return createMiddleware<CallerEnv>(async (c, next) => {
    if (!roles.includes(c.get('caller').role)) throw new PassbookError('forbidden');
    await next();
  });
}

/** The caller as an actor for themselves, in any role. */
export function actorOf({ id, name, key }: Caller): Extract<Actor, { kind: 'user' }> {
  const accounts = key?.accounts ?? undefined;
  return {
    kind: 'user',
    id,
    ...(name === undefined ? {} : { name }),
    ...(accounts === undefined ? {} : { accounts }),
  };
}

/** The bank itself, with the caller as its operator. */
export function operatorOf({ id }: Caller): Extract<Actor, { kind: 'system' }> {
  return { kind: 'system', id };
}

/** The actor for commands that the system may give on any record, and all others on their own: ending a hold. */
export function actorByRole(caller: Caller): Actor {
  return caller.role === 'system' ? operatorOf(caller) : actorOf(caller);
}

/** The actor of a reversal, which operators may make too. */
export function reverserOf(caller: Caller): Actor {
  return caller.role === 'operator' ? operatorOf(caller) : actorByRole(caller);
}

export function viewerOf(caller: Caller): Viewer & { id: string } {
  switch (caller.role) {
    case 'customer':
    case 'support':
      return actorOf(caller);
    case 'operator':
    case 'auditor':
      return { kind: 'auditor', id: caller.id };
    case 'system':
      return { kind: 'system', id: caller.id };
    default:
      return caller.role satisfies never;
  }
}

/** The viewer of accounts and balances, which support may read too. */
export function accountViewerOf(caller: Caller): Viewer & { id: string } {
  return caller.role === 'support' ? { kind: 'auditor', id: caller.id } : viewerOf(caller);
}
