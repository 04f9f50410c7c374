import { PassbookError } from '../../domain/errors.ts';
import { isActive } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { PasswordHasher } from '../ports/user-store.ts';

/**
 * Checks the password of a signed-in user, who must enter it again before a change of credentials.
 * @throws PassbookError `invalid_credentials`, `unavailable`
 */
export async function confirmPassword(
  { unitOfWork, hasher }: { readonly unitOfWork: UnitOfWork; readonly hasher: PasswordHasher },
  { userId, password }: { userId: string; password: string },
): Promise<User> {
  const found = await unitOfWork.run(({ users }) => users.withPassword(userId));
  const isRight = await hasher.verify(password, found?.passwordHash);
  if (!found || !isRight || !isActive(found.user)) throw new PassbookError('invalid_credentials');
  return found.user;
}
