import { describe, expect, it } from 'vitest';
import type { Stores } from '../../src/application/ports.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import { JANUARY, aSession, aUser, freshId } from '../support/builders.ts';
import type { Subject } from './subject.ts';

const TAKEN = new PassbookError('email_already_registered');

export function describeUsersAndSessions(subject: () => Subject): void {
  const run = <R>(work: (stores: Stores) => Promise<R>): Promise<R> => subject().bank.unitOfWork.run(work);
  const runElsewhere = <R>(work: (stores: Stores) => Promise<R>): Promise<R> =>
    subject().otherBank.unitOfWork.run(work);

  describe('users', () => {
    it('are found by id and by e-mail address, in every field as they were written', async () => {
      const user = aUser({ name: "Zoë O'Neill 🏦", role: 'auditor', createdAt: JANUARY + 1 });
      await run(({ users }) => users.insert(user, '$argon2id$v=19$hash'));

      const found = await runElsewhere(async ({ users }) => ({
        byId: await users.byId(user.id),
        byEmail: await users.byEmail(user.email),
      }));
      expect(found).toStrictEqual({
        byId: user,
        byEmail: { user, passwordHash: '$argon2id$v=19$hash' },
      });
    });

    it('that do not exist are not found', async () => {
      const found = await run(async ({ users }) => ({
        byId: await users.byId(freshId()),
        byEmail: await users.byEmail('nobody@example.com'),
      }));
      expect(found).toStrictEqual({ byId: undefined, byEmail: undefined });
    });

    it('each have an e-mail address of their own', async () => {
      const [first, second] = [aUser(), aUser()];
      await run(({ users }) => users.insert(first, 'hash'));

      await expect(
        run(({ users }) => users.insert(aUser({ ...second, email: first.email }), 'another hash')),
      ).rejects.toEqual(TAKEN);
      expect(await run(({ users }) => users.byEmail(first.email))).toStrictEqual({
        user: first,
        passwordHash: 'hash',
      });
      expect(await run(({ users }) => users.byId(second.id))).toBeUndefined();
    });

    it('with one e-mail address in one unit of work roll all of it back', async () => {
      const user = aUser();
      await expect(
        run(async ({ users }) => {
          await users.insert(user, 'hash');
          await users.insert(aUser({ email: user.email }), 'hash');
        }),
      ).rejects.toEqual(TAKEN);
      expect(await run(({ users }) => users.byEmail(user.email))).toBeUndefined();
    });

    it('who register one e-mail address at once: one does, and the others are told that it is taken', async () => {
      const email = `${freshId()}@example.com`;
      const candidates = Array.from({ length: 10 }, () => aUser({ email }));
      const settled = await Promise.allSettled(
        candidates.map((user, index) =>
          (index % 2 === 0 ? run : runElsewhere)(async ({ users }) => {
            if (await users.byEmail(email)) throw TAKEN;
            await users.insert(user, `hash ${index}`);
          }),
        ),
      );

      const winner = settled.findIndex(({ status }) => status === 'fulfilled');
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(settled.filter(({ status }) => status === 'rejected')).toEqual(
        Array.from({ length: 9 }, () => ({ status: 'rejected', reason: TAKEN })),
      );
      expect(await run(({ users }) => users.byEmail(email))).toStrictEqual({
        user: candidates[winner],
        passwordHash: `hash ${winner}`,
      });
    });

    it('change their role, and nothing else by it', async () => {
      const [user, other] = [aUser(), aUser()];
      await run(async ({ users }) => {
        await users.insert(user, 'hash');
        await users.insert(other, 'other hash');
      });
      await run(({ users }) => users.setRole(user.id, 'system'));

      expect(await runElsewhere(({ users }) => users.byEmail(user.email))).toStrictEqual({
        user: aUser({ ...user, role: 'system' }),
        passwordHash: 'hash',
      });
      expect(await run(({ users }) => users.byEmail(other.email))).toStrictEqual({
        user: other,
        passwordHash: 'other hash',
      });
    });

    it('change their password, and nothing else by it', async () => {
      const [user, other] = [aUser(), aUser()];
      await run(async ({ users }) => {
        await users.insert(user, 'hash');
        await users.insert(other, 'other hash');
      });
      await run(({ users }) => users.setPasswordHash(user.id, 'new hash'));

      expect(await runElsewhere(({ users }) => users.byEmail(user.email))).toStrictEqual({
        user,
        passwordHash: 'new hash',
      });
      expect(await run(({ users }) => users.byEmail(other.email))).toStrictEqual({
        user: other,
        passwordHash: 'other hash',
      });
    });

    it('that do not exist are not made by a change', async () => {
      const id = freshId();
      await run(async ({ users }) => {
        await users.setRole(id, 'system');
        await users.setPasswordHash(id, 'hash');
      });
      expect(await run(({ users }) => users.byId(id))).toBeUndefined();
    });
  });

  describe('sessions', () => {
    it('are found with their user, in every field as they were written', async () => {
      const user = aUser();
      const session = aSession({ userId: user.id, createdAt: JANUARY + 1, expiresAt: JANUARY + 2 });
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(session);
      });
      expect(await runElsewhere(({ sessions }) => sessions.find(session.id))).toStrictEqual({
        session,
        user,
      });
    });

    it('that do not exist are not found', async () => {
      expect(await run(({ sessions }) => sessions.find(freshId()))).toBeUndefined();
    });

    it('show their user as they are today', async () => {
      const user = aUser();
      const session = aSession({ userId: user.id });
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(session);
      });
      await run(({ users }) => users.setRole(user.id, 'auditor'));

      expect(await runElsewhere(({ sessions }) => sessions.find(session.id))).toStrictEqual({
        session,
        user: aUser({ ...user, role: 'auditor' }),
      });
    });

    it('end once: the first end counts, and they are found all the same', async () => {
      const user = aUser();
      const [session, other] = [aSession({ userId: user.id }), aSession({ userId: user.id })];
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(session);
        await sessions.insert(other);
      });
      await run(({ sessions }) => sessions.end(session.id, JANUARY + 5));
      await runElsewhere(({ sessions }) => sessions.end(session.id, JANUARY + 9));

      expect(await run(({ sessions }) => sessions.find(session.id))).toStrictEqual({
        session: { ...session, endedAt: JANUARY + 5 },
        user,
      });
      expect(await run(({ sessions }) => sessions.find(other.id))).toStrictEqual({ session: other, user });
    });

    it('that do not exist are not made by an end', async () => {
      const id = freshId();
      await run(({ sessions }) => sessions.end(id, JANUARY));
      expect(await run(({ sessions }) => sessions.find(id))).toBeUndefined();
    });
  });
}
