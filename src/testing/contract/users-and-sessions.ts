import { describe, expect, it } from 'vitest';
import type { Stores } from '../../application/ports/ledger-store.ts';
import { sha256 } from '../../adapters/shared/sha256.ts';
import { followAudit } from '../../domain/integrity/audit-log.ts';
import { PassbookError } from '../../domain/errors.ts';
import { SYSTEM } from '../fixtures/bank.ts';
import { JANUARY, aCustomer, aSession, aUser, freshId } from '../fixtures/builders.ts';
import { KEPT } from './scans.ts';
import type { Subject } from './subject.ts';

const TAKEN = new PassbookError('email_already_registered');

export function describeUsersAndSessions(subject: () => Subject): void {
  const run = <R>(work: (stores: Stores) => Promise<R>): Promise<R> => subject().bank.unitOfWork.run(work);
  const runElsewhere = <R>(work: (stores: Stores) => Promise<R>): Promise<R> =>
    subject().otherBank.unitOfWork.run(work);

  describe('users', () => {
    it('are found by id and by e-mail address, with every field as written', async () => {
      const user = aUser({
        name: "Zoë O'Neill 🏦",
        role: 'operator',
        createdAt: JANUARY + 1,
        emailVerifiedAt: JANUARY + 2,
        language: 'pt-BR',
        timeZone: 'America/Sao_Paulo',
        lockedAt: JANUARY + 3,
        erasedAt: JANUARY + 4,
      });
      await run(({ users }) => users.insert(user, '$argon2id$v=19$hash'));

      const found = await runElsewhere(async ({ users }) => ({
        byId: await users.byId(user.id),
        byEmail: await users.byEmail(user.email),
        withPassword: await users.withPassword(user.id),
      }));
      expect(found).toStrictEqual({
        byId: user,
        withPassword: { user, passwordHash: '$argon2id$v=19$hash' },
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

    it('have unique e-mail addresses', async () => {
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

    it('with the same e-mail address in one unit of work roll all of it back', async () => {
      const user = aUser();
      await expect(
        run(async ({ users }) => {
          await users.insert(user, 'hash');
          await users.insert(aUser({ email: user.email }), 'hash');
        }),
      ).rejects.toEqual(TAKEN);
      expect(await run(({ users }) => users.byEmail(user.email))).toBeUndefined();
    });

    it('who register one e-mail address concurrently: one succeeds, and the others get email_already_registered', async () => {
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

    it('are replaced in every field, and keep their password', async () => {
      const user = aUser();
      await run(({ users }) => users.insert(user, 'hash'));
      const changed = aUser({
        id: user.id,
        name: 'Bob',
        emailVerifiedAt: JANUARY + 2,
        language: 'de',
        timeZone: 'Europe/Berlin',
        lockedAt: JANUARY + 3,
        erasedAt: JANUARY + 4,
      });
      await run(({ users }) => users.replace(changed));
      expect(await runElsewhere(({ users }) => users.withPassword(user.id))).toStrictEqual({
        user: changed,
        passwordHash: 'hash',
      });
    });

    it("cannot change to another user's e-mail address, and roll the whole unit back", async () => {
      const [user, other] = [aUser(), aUser()];
      await run(async ({ users }) => {
        await users.insert(user, 'hash');
        await users.insert(other, 'hash');
      });
      await expect(
        run(async ({ users }) => {
          await users.replace(other.grant('auditor'));
          await users.replace(aUser({ ...user, email: other.email }));
        }),
      ).rejects.toEqual(TAKEN);
      expect(await run(({ users }) => users.byIds([user.id, other.id]))).toHaveLength(2);
      expect(await run(({ users }) => users.byId(other.id))).toStrictEqual(other);
    });

    it('are listed in order of their ids, page by page', async () => {
      const all = [aUser(), aUser(), aUser()];
      await run(async ({ users }) => {
        for (const user of all.toReversed()) await users.insert(user, 'hash');
      });
      const page = (after: string, limit: number) =>
        runElsewhere(({ users }) => users.page({ after, limit }));
      const [first, second] = all;
      expect(await page(first?.id ?? '', 1)).toStrictEqual([second]);
      expect((await page(first?.id ?? '', 2)).map(({ id }) => id)).toEqual(all.slice(1).map(({ id }) => id));
    });

    it('change their role alone', async () => {
      const [user, other] = [aUser(), aUser()];
      await run(async ({ users }) => {
        await users.insert(user, 'hash');
        await users.insert(other, 'other hash');
      });
      await run(({ users }) => users.replace(user.grant('system')));

      expect(await runElsewhere(({ users }) => users.byEmail(user.email))).toStrictEqual({
        user: aUser({ ...user, role: 'system' }),
        passwordHash: 'hash',
      });
      expect(await run(({ users }) => users.byEmail(other.email))).toStrictEqual({
        user: other,
        passwordHash: 'other hash',
      });
    });

    it('change their password alone', async () => {
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

    it('that do not exist are not created by a change', async () => {
      const id = freshId();
      await run(async ({ users }) => {
        await users.replace(aUser({ id, role: 'system' }));
        await users.setPasswordHash(id, 'hash');
      });
      expect(await run(({ users }) => users.byId(id))).toBeUndefined();
    });
  });

  describe('sessions', () => {
    it('are found with their user, with every field as written', async () => {
      const user = aUser();
      const session = aSession({
        userId: user.id,
        createdAt: JANUARY + 1,
        expiresAt: JANUARY + 2,
        refreshDigest: 'digest',
        previousDigest: 'digest before it',
        refreshedAt: JANUARY + 3,
        lastUsedAt: JANUARY + 4,
        methods: ['password', 'totp'],
        address: '2001:db8::1',
        device: 'Firefox on Zoë',
      });
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

    it('show the current state of their user', async () => {
      const user = aUser();
      const session = aSession({ userId: user.id });
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(session);
      });
      await run(({ users }) => users.replace(user.grant('auditor')));

      expect(await runElsewhere(({ sessions }) => sessions.find(session.id))).toStrictEqual({
        session,
        user: aUser({ ...user, role: 'auditor' }),
      });
    });

    it('end once: the first end counts, and ended sessions are still found', async () => {
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

    it('are replaced in every field', async () => {
      const user = aUser();
      const session = aSession({ userId: user.id });
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(session);
      });
      const refreshed = aSession({
        ...session,
        expiresAt: JANUARY + 8,
        refreshDigest: 'new',
        previousDigest: 'old',
        refreshedAt: JANUARY + 3,
        lastUsedAt: JANUARY + 4,
        methods: ['passkey'],
      });
      await run(({ sessions }) => sessions.replace(refreshed));
      expect((await runElsewhere(({ sessions }) => sessions.find(session.id)))?.session).toStrictEqual(
        refreshed,
      );
    });

    it('of a user that are not ended are listed, including expired ones', async () => {
      const user = aUser();
      const times = { userId: user.id };
      const [first, expired, ended] = [
        aSession(times),
        aSession({ ...times, expiresAt: 1 }),
        aSession({ ...times, endedAt: 5 }),
      ];
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        for (const session of [expired, ended, first, aSession()]) await sessions.insert(session);
      });
      expect(await runElsewhere(({ sessions }) => sessions.openOf(user.id))).toStrictEqual([first, expired]);
    });

    it('keep the latest of several times of use, in any order of writes', async () => {
      const user = aUser();
      const [used, unused] = [aSession({ userId: user.id }), aSession({ userId: user.id })];
      const lastUsedAt = used.lastUsedAt + 100;
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await sessions.insert(used);
        await sessions.insert(unused);
      });
      await run(({ sessions }) => sessions.touch([used.id, freshId()], lastUsedAt));
      await run(({ sessions }) => sessions.touch([used.id], lastUsedAt - 1));
      expect(await runElsewhere(({ sessions }) => sessions.openOf(user.id))).toStrictEqual([
        { ...used, lastUsedAt },
        unused,
      ]);
    });

    it('lose their addresses and devices with an erasure, even ended ones, and those of others do not', async () => {
      const user = aUser();
      const other = aUser();
      const place = { address: '192.0.2.77', device: 'a phone' };
      const open = aSession({ userId: user.id, ...place });
      const ended = aSession({ userId: user.id, endedAt: JANUARY, ...place });
      const others = aSession({ userId: other.id, ...place });
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        await users.insert(other, 'hash');
        for (const session of [open, ended, others]) await sessions.insert(session);
      });
      await run(({ sessions }) => sessions.eraseOf(user.id));
      const found = await runElsewhere(({ sessions }) =>
        Promise.all([open, ended, others].map(async ({ id }) => (await sessions.find(id))?.session)),
      );
      const nowhere = { address: null, device: null };
      expect(found).toStrictEqual([{ ...open, ...nowhere }, { ...ended, ...nowhere }, others]);
    });

    it('that do not exist are not created by an end', async () => {
      const id = freshId();
      await run(async ({ sessions }) => {
        await sessions.end(id, JANUARY);
        await sessions.replace(aSession({ id }));
      });
      expect(await run(({ sessions }) => sessions.find(id))).toBeUndefined();
    });

    it('are deleted some time after they ended or expired, a limited number at a time', async () => {
      const user = aUser();
      const times = { userId: user.id, createdAt: 0, expiresAt: 100, endedAt: null };
      const [expired, ended, endedLate, live, endedToday] = [
        aSession({ ...times, expiresAt: 50 }),
        aSession({ ...times, expiresAt: 900, endedAt: 40 }),
        aSession({ ...times, expiresAt: 45, endedAt: 900 }),
        aSession({ ...times, expiresAt: 51 }),
        aSession({ ...times, expiresAt: 900, endedAt: 51 }),
      ] as const;
      const all = [expired, ended, endedLate, live, endedToday];
      const deleteOver = (limit: number) => run(({ sessions }) => sessions.deleteOver({ until: 50, limit }));
      await deleteOver(100); // Sessions of other tests
      await run(async ({ users, sessions }) => {
        await users.insert(user, 'hash');
        for (const session of all) await sessions.insert(session);
      });
      expect([await deleteOver(2), await deleteOver(2), await deleteOver(2)]).toEqual([2, 1, 0]);

      const found = await runElsewhere(({ sessions }) =>
        Promise.all(all.map(async ({ id }) => (await sessions.find(id)) !== undefined)),
      );
      expect(found).toEqual([false, false, false, true, true]);
    });
  });

  describe('an audit record of a unit of work', () => {
    const append = (through: typeof run, note: string) =>
      through(async ({ audit }) => {
        const facts = {
          at: JANUARY,
          actor: { kind: 'system', id: null },
          action: 'role_granted',
          accountId: null,
          transferId: null,
          userId: freshId(),
          reason: note,
          changes: [['role', 'customer', 'system']],
        } as const;
        const record = followAudit(await audit.head(), facts, sha256);
        await audit.append(record);
        return record;
      });

    it('follows the last record, even while other units and ledger commands append concurrently', async () => {
      const { bank, otherBank } = subject();
      const frozen = await bank.open(aCustomer());
      const freeze = (through: typeof bank) =>
        through.ledger.freezeAccount(SYSTEM, { accountId: frozen, reason: 'lost' });
      const written = await Promise.all([
        append(run, 'a'),
        append(runElsewhere, 'b'),
        append(run, 'c'),
        append(runElsewhere, 'd'),
        freeze(bank).then(() => undefined),
        freeze(otherBank).then(() => undefined),
      ]);
      const appended = written.flatMap((record) => record ?? []);
      const first = Math.min(...appended.map(({ sequence }) => sequence));
      const log = await bank.reads.audit({ after: Math.max(0, first - 3), limit: 100 });
      for (const record of appended) expect(log).toContainEqual(record);
      const { faults } = await bank.ledger.verifyBooks();
      expect(faults.filter(({ kind }) => KEPT.has(kind))).toEqual([]);
    });

    it('is not stored if its unit rolls back', async () => {
      const before = await run(({ audit }) => audit.head());
      const undone = run(async (stores) => {
        await append(async (work) => work(stores), 'undone');
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
      expect(await run(({ audit }) => audit.head())).toEqual(before);
    });
  });
}
