import { createMiddleware } from 'hono/factory';
import type { Actor, Viewer } from '../../../domain/actor.ts';
import type { Role } from '../../../domain/entities/user.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Caller, CallerEnv } from '../env.ts';

/** Requires one of the roles. Must run after the caller is known. */
export function roleRequired(...roles: readonly Role[]) {
  return createMiddleware<CallerEnv>(async (c, next) => {
    if (!roles.includes(c.get('caller').role)) throw new PassbookError('forbidden');
    await next();
  });
}

/** The caller as an actor for themselves, in any role. */
export function actorOf({ id, name }: Caller): Extract<Actor, { kind: 'user' }> {
  return { kind: 'user', id, ...(name === undefined ? {} : { name }) };
}

/** The bank itself, with the caller as its operator. */
export function operatorOf({ id }: Caller): Extract<Actor, { kind: 'system' }> {
  return { kind: 'system', id };
}

/**
 * The actor for commands that the system may give on any record, and all others on their own: ending a transfer,
 * closing an account.
 */
export function actorByRole(caller: Caller): Actor {
  return caller.role === 'system' ? operatorOf(caller) : actorOf(caller);
}

export function viewerOf(caller: Caller): Viewer & { id: string } {
  switch (caller.role) {
    case 'customer':
      return actorOf(caller);
    case 'operator':
    case 'system':
      return { kind: 'system', id: caller.id };
    case 'support':
    case 'auditor':
      return { kind: 'auditor', id: caller.id };
    default:
      return caller.role satisfies never;
  }
}
