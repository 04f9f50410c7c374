import { PassbookError } from '../../domain/errors.ts';
import { normaliseEmail } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';

/**
 * Finds a user by e-mail address. For the system and auditors; the caller must check the role.
 * @throws PassbookError `user_not_found`, `unavailable`
 */
export function findUser({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return async (email: string): Promise<User> => {
    const found = await unitOfWork.run(({ users }) => users.byEmail(normaliseEmail(email)));
    if (!found) throw new PassbookError('user_not_found');
    return found.user;
  };
}
