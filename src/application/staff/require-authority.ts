import { isActive } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { UserStore } from '../ports/user-store.ts';

/**
 * Requires that a member of staff may act on a person: a system user on everybody, and an operator on all but system
 * users. Nobody may act on themselves, so that one active system user is left.
 * @throws PassbookError `forbidden`
 */
export async function requireAuthority(users: UserStore, actorId: string, found: User): Promise<void> {
  const actor = await requireOperator(users, actorId);
  const isBelow = actor.role !== 'system' && found.role === 'system';
  if (isBelow || actor.id === found.id) throw new PassbookError('forbidden');
}

/**
 * Requires that a member of staff is still an operator or a system user, and returns them.
 * @throws PassbookError `forbidden`
 */
export async function requireOperator(users: UserStore, actorId: string): Promise<User> {
  const actor = await users.byId(actorId);
  const isOperator = actor && isActive(actor) && (actor.role === 'operator' || actor.role === 'system');
  if (!isOperator) throw new PassbookError('forbidden');
  return actor;
}
