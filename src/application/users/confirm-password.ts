import { PassbookError } from '../../domain/errors.ts';
import { isActive } from '../../domain/entities/user.ts';
import type { Stores, UnitOfWork } from '../ports/ledger-store.ts';
import type { PasswordHasher, UserWithPassword } from '../ports/user-store.ts';

/**
 * Checks the password of a signed-in user, who must enter it again before a change of credentials.
 * The unit that makes the change must call `requireSamePassword`: the check takes long enough for another change.
 * @throws PassbookError `invalid_credentials`, `unavailable`
 */
export async function confirmPassword(
  { unitOfWork, hasher }: { readonly unitOfWork: UnitOfWork; readonly hasher: PasswordHasher },
  { userId, password }: { userId: string; password: string },
): Promise<UserWithPassword> {
  const found = await unitOfWork.run(({ users }) => users.withPassword(userId));
  const isRight = await hasher.verify(password, found?.passwordHash);
  if (!found || !isRight || !isActive(found.user)) throw new PassbookError('invalid_credentials');
  return found;
}

/** @throws PassbookError `invalid_credentials` if the password was replaced, or its user locked, since the check */
export async function requireSamePassword(
  { users }: Pick<Stores, 'users'>,
  { user, passwordHash }: UserWithPassword,
): Promise<void> {
  const now = await users.withPassword(user.id);
  if (now?.passwordHash !== passwordHash || !isActive(now.user))
    throw new PassbookError('invalid_credentials');
}
