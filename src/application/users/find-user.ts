import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { PassbookError } from '../../domain/errors.ts';
import { normaliseEmail } from '../../domain/entities/user.ts';
import type { User } from '../../domain/entities/user.ts';
import { Cursors } from '../cursor.ts';
import { readPage } from '../page.ts';
import type { ListRequest, Page } from '../page.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { UserStore } from '../ports/user-store.ts';

/** An e-mail address, or an id. */
export type UserRef = string | { readonly id: string };

/**
 * Finds a user by e-mail address or by id. For the staff; the caller must check the role.
 * @throws PassbookError `user_not_found`, `unavailable`
 */
export function findUser({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return (ref: UserRef): Promise<User> => unitOfWork.run(({ users }) => requireUser(users, ref));
}

/** Returns the users that exist, by id. For the staff; the caller must check the role. @throws PassbookError `unavailable` */
export function findUsers({ unitOfWork }: { unitOfWork: UnitOfWork }) {
  return async (ids: readonly string[]): Promise<ReadonlyMap<string, User>> => {
    const distinct = [...new Set(ids)];
    if (distinct.length === 0) return new Map();
    const found = await unitOfWork.run(({ users }) => users.byIds(distinct));
    return new Map(found.map((user) => [user.id, user]));
  };
}

/** @throws PassbookError `user_not_found` */
export async function requireUser(users: UserStore, ref: UserRef): Promise<User> {
  const user =
    typeof ref === 'string' ? (await users.byEmail(normaliseEmail(ref)))?.user : await users.byId(ref.id);
  if (!user) throw new PassbookError('user_not_found');
  return user;
}

/**
 * Lists all users in the order of their registration. For the staff; the caller must check the role.
 * @throws PassbookError `invalid_request`, `unavailable`
 */
export function readUsers({ unitOfWork, digest }: { unitOfWork: UnitOfWork; digest: Digest }) {
  const cursors = new Cursors(digest, ['users']);
  return (request: ListRequest = {}): Promise<Page<User>> =>
    readPage(request, cursors, (page) => unitOfWork.run(({ users }) => users.page(page)));
}
