import { createMiddleware } from 'hono/factory';
import type { Bank } from '../../../application/bank.ts';
import type { Actor, Viewer } from '../../../domain/actor.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Role, User } from '../../../domain/entities/user.ts';
import type { SignedInEnv } from '../env.ts';
import type { SessionToken } from '../requests/session-token.ts';

/** Requires a valid session. @throws PassbookError `unauthenticated` without a token */
export function sessionRequired({ bank, sessionToken }: { bank: Bank; sessionToken: SessionToken }) {
  return createMiddleware<SignedInEnv>(async (c, next) => {
    const token = sessionToken.read(c);
    if (token === undefined) throw new PassbookError('unauthenticated');

    const { user, session } = await bank.authenticate(token);
    c.set('user', user);
    c.set('session', session);
    c.set('userId', user.id);
    await next();
  });
}

export type SessionRequired = ReturnType<typeof sessionRequired>;

/** Requires one of the roles. Must run after `sessionRequired`. */
export function roleRequired(...roles: readonly Role[]) {
  return createMiddleware<SignedInEnv>(async (c, next) => {
    if (!roles.includes(c.get('user').role)) throw new PassbookError('forbidden');
    await next();
  });
}

/** The user as an actor for themselves, in any role. */
export function actorOf({ id, name }: User): Extract<Actor, { kind: 'user' }> {
  return { kind: 'user', id, name };
}

/** The bank itself, with this user as its operator. */
export function operatorOf({ id }: User): Extract<Actor, { kind: 'system' }> {
  return { kind: 'system', id };
}

/**
 * The actor for commands that the system may give on any record, and all others on their own: ending a transfer,
 * closing an account.
 */
export function actorByRole(user: User): Actor {
  return user.role === 'system' ? operatorOf(user) : actorOf(user);
}

export function viewerOf(user: User): Viewer & { id: string } {
  switch (user.role) {
    case 'customer':
      return actorOf(user);
    case 'system':
    case 'auditor':
      return { kind: user.role, id: user.id };
    default:
      return user.role satisfies never;
  }
}
