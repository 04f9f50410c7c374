import { PassbookError } from '../domain/errors.ts';
import { normaliseEmail, User } from '../domain/user.ts';
import type { Role } from '../domain/user.ts';
import { requirePassword } from './password.ts';
import type { Clock, IdGenerator, PasswordHasher, UnitOfWork } from './ports.ts';
import type { RecentSessions } from './recent-sessions.ts';

/**
 * Gives a user a role. Sessions that are open have it at once here, and in other processes within a second.
 * @throws PassbookError `user_not_found`, `unavailable`
 */
export function grantRole(ports: { unitOfWork: UnitOfWork; recentSessions?: RecentSessions }) {
  return async (email: string, role: Role): Promise<User> => {
    const user = await ports.unitOfWork.run(async ({ users }) => {
      const found = await users.byEmail(normaliseEmail(email));
      if (!found) throw new PassbookError('user_not_found');
      await users.setRole(found.user.id, role);
      return User.restore({ ...found.user, role });
    });
    ports.recentSessions?.forgetAll();
    return user;
  };
}

/**
 * Makes the system's user unless it is there. An address that somebody else has grants nothing.
 * @throws PassbookError `email_already_registered` if the address is another user's, `invalid_request`, `unavailable`
 */
export function ensureSystemUser(ports: {
  unitOfWork: UnitOfWork;
  clock: Clock;
  ids: IdGenerator;
  hasher: PasswordHasher;
  isCommonPassword: (password: string) => boolean;
}) {
  return async (request: { email: string; password: string }): Promise<'created' | 'present'> => {
    const found = await ports.unitOfWork.run(({ users }) => users.byEmail(normaliseEmail(request.email)));
    if (found) return presentOrThrow(found.user);

    const id = ports.ids.newId();
    const user = User.register({
      id,
      name: 'System',
      email: request.email,
      role: 'system',
      at: ports.clock.now(),
    });
    const hash = await ports.hasher.hash(requirePassword(request.password, ports.isCommonPassword));
    try {
      await ports.unitOfWork.run(({ users }) => users.insert(user, hash));
      return 'created';
    } catch (error) {
      // Two servers that start at once both find nobody; the second finds the first's.
      if (!(error instanceof PassbookError && error.code === 'email_already_registered')) throw error;
      const other = await ports.unitOfWork.run(({ users }) => users.byEmail(user.email));
      return presentOrThrow(other?.user);
    }
  };
}

function presentOrThrow(user: User | undefined): 'present' {
  if (user?.role !== 'system') throw new PassbookError('email_already_registered');
  return 'present';
}
