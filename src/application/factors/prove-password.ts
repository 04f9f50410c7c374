import { hasSecondFactor } from '../../domain/entities/session.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { PasswordHasher } from '../ports/user-store.ts';
import type { Person } from './factor-ports.ts';
import { factorsOf, hasFactor } from './list-factors.ts';

/**
 * Checks that a signed-in person may add a factor or an API key: they know the password, and proved the factors they
 * have.
 * @throws PassbookError `invalid_credentials`, `second_factor_required`
 */
export async function provePassword(
  { unitOfWork, hasher }: { unitOfWork: UnitOfWork; hasher: PasswordHasher },
  { user, session }: Person,
  password: string,
): Promise<void> {
  const { found, factors } = await unitOfWork.run(async ({ users, credentials }) => ({
    found: await users.withPassword(user.id),
    factors: await factorsOf(credentials, user.id),
  }));
  if (!(await hasher.verify(password, found?.passwordHash))) {
    throw new PassbookError('invalid_credentials', { reason: 'The password is wrong' });
  }
  if (hasFactor(factors) && !hasSecondFactor(session)) {
    throw new PassbookError('second_factor_required', { reason: 'Sign in anew with your second factor' });
  }
}
