import { describe, expect, it } from 'vitest';
import { invalid, PassbookError } from '../../../src/domain/errors.ts';
import type { SignedIn } from '../../../src/application/users/open-session.ts';
import type { Role, User } from '../../../src/domain/entities/user.ts';
import { TestBank, SYSTEM } from '../../../src/testing/fixtures/bank.ts';
import { aSession, aUser } from '../../../src/testing/fixtures/builders.ts';
import { aBankOfPeople, HOUR_MS } from '../../support/people.ts';

const ALICE = { name: 'Alice', email: 'Alice@Example.com', password: 'correct horse' };
const SIGN_IN = { email: 'alice@example.com', password: 'correct horse' };

const WRONG = new PassbookError('invalid_credentials');
const EXPIRED = new PassbookError('session_expired');
const INVALID = new PassbookError('invalid_token');
const TAKEN = new PassbookError('email_already_registered');

type People = ReturnType<typeof aBankOfPeople>;

const storedUser = ({ store }: People, email: string) =>
  store.unitOfWork.run(({ users }) => users.byEmail(email));

const takeMessages = ({ store, clock }: People) => new TestBank({ store, clock }).takeMessages();

const signedInAs = ({ clock }: People, user: User, token: string): SignedIn => ({
  user,
  token,
  expiresAt: clock.now() + HOUR_MS,
  refreshToken: expect.any(String) as string,
  sessionExpiresAt: clock.now() + HOUR_MS,
});

describe('registering', () => {
  it('makes a customer, signs them in and leaves a welcome in the outbox', async () => {
    const people = aBankOfPeople();
    const { bank, clock, commits } = people;
    const signedIn = await bank.registerUser(ALICE);

    const user = aUser({
      id: signedIn.user.id,
      name: 'Alice',
      email: 'alice@example.com',
      role: 'customer',
      createdAt: clock.now(),
    });
    expect(signedIn).toStrictEqual(signedInAs(people, user, 'token-1'));
    expect(await storedUser(people, user.email)).toStrictEqual({ user, passwordHash: 'new:correct horse' });
    expect(await bank.authenticate('token-1')).toStrictEqual({
      user,
      session: aSession({
        id: expect.any(String) as string,
        userId: user.id,
        createdAt: clock.now(),
        expiresAt: clock.now() + HOUR_MS,
        refreshDigest: expect.any(String) as string,
        refreshedAt: clock.now(),
        lastUsedAt: clock.now(),
      }),
    });
    expect(commits).toEqual(['committed']);
    expect(await takeMessages(people)).toEqual([
      {
        id: `${user.id}.welcome`,
        kind: 'welcome',
        recipientId: user.id,
        at: clock.now(),
        linkId: expect.any(String) as string,
      },
    ]);
  });

  it('with an address that is taken, in any spelling, is refused and leaves nothing', async () => {
    const people = aBankOfPeople();
    const { user } = await people.bank.registerUser(ALICE);
    await takeMessages(people);

    const again = { name: 'Eve', email: ' ALICE@example.COM ', password: 'another password' };
    await expect(people.bank.registerUser(again)).rejects.toEqual(TAKEN);
    expect(await storedUser(people, 'alice@example.com')).toStrictEqual({
      user,
      passwordHash: 'new:correct horse',
    });
    expect(await takeMessages(people)).toEqual([]);
    expect(people.commits).toEqual(['committed']);
  });

  it('by many with one address at once is granted to one', async () => {
    const people = aBankOfPeople();
    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        people.bank.registerUser({ ...ALICE, name: `Alice ${index}` }),
      ),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))).toEqual(
      Array.from({ length: 9 }, () => TAKEN),
    );
    expect(await takeMessages(people)).toHaveLength(1);
  });

  it.each([
    ['name', { ...ALICE, name: ' ' }, 'must be 1 to 100 printable characters'],
    ['name', { ...ALICE, name: 'A\r\nBcc: eve@example.com' }, 'must be 1 to 100 printable characters'],
    [
      'email',
      { ...ALICE, email: 'alice@example.com,eve@example.com' },
      'must be one e-mail address, such as ada@example.com',
    ],
    ['password', { ...ALICE, password: '1234567' }, 'must be 8 to 256 characters, and has 7'],
    ['password', { ...ALICE, password: '🏦'.repeat(7) }, 'must be 8 to 256 characters, and has 7'],
    ['password', { ...ALICE, password: 'p'.repeat(257) }, 'must be 8 to 256 characters, and has 257'],
    ['password', { ...ALICE, password: 'password1' }, 'is one of the most common passwords: choose another'],
  ])('with a malformed %s is refused and leaves nothing: %o', async (field, request, message) => {
    const people = aBankOfPeople();
    await expect(people.bank.registerUser(request)).rejects.toEqual(invalid(field, message));
    expect(await storedUser(people, 'alice@example.com')).toBeUndefined();
    expect(await takeMessages(people)).toEqual([]);
  });

  it.each(['12345678', 'p'.repeat(256), '🏦'.repeat(8), ' leading and trailing ', 'pass\nword'])(
    'takes the password %o unchanged, without trimming or cutting',
    async (password) => {
      const { bank } = aBankOfPeople();
      await bank.registerUser({ ...ALICE, password });
      await expect(bank.signIn({ ...SIGN_IN, password: password.slice(0, -1) })).rejects.toEqual(WRONG);
      await expect(bank.signIn({ ...SIGN_IN, password: `${password} ` })).rejects.toEqual(WRONG);
      expect(await bank.signIn({ ...SIGN_IN, password })).toMatchObject({ token: 'token-2' });
    },
  );
});

describe('signing in', () => {
  it('opens a session of its own each time', async () => {
    const people = aBankOfPeople();
    const { bank, clock } = people;
    const { user } = await bank.registerUser(ALICE);
    clock.advance(1000);
    const first = await bank.signIn(SIGN_IN);
    const second = await bank.signIn({ ...SIGN_IN, email: ' ALICE@EXAMPLE.com' });

    expect(first).toStrictEqual(signedInAs(people, user, 'token-2'));
    expect(second).toStrictEqual(signedInAs(people, user, 'token-3'));
    const sessions = await Promise.all(
      ['token-1', 'token-2', 'token-3'].map(async (token) => (await bank.authenticate(token)).session.id),
    );
    expect(new Set(sessions).size).toBe(3);
  });

  it('says the same of an unknown address as of a wrong password, and compares as much', async () => {
    const { bank, hasher } = aBankOfPeople();
    await bank.registerUser(ALICE);
    await expect(bank.signIn({ ...SIGN_IN, password: 'wrong horse' })).rejects.toEqual(WRONG);
    await expect(bank.signIn({ ...SIGN_IN, email: 'nobody@example.com' })).rejects.toEqual(WRONG);
    await expect(bank.signIn({ ...SIGN_IN, email: 'no address' })).rejects.toEqual(WRONG);
    expect(hasher.verified).toEqual(['new:correct horse', undefined, undefined]);
  });

  it('ends the session that was presented, and no other', async () => {
    const { bank } = aBankOfPeople();
    await bank.registerUser(ALICE);
    await bank.signIn(SIGN_IN);
    await bank.signIn({ ...SIGN_IN, presentedToken: 'token-1' });

    await expect(bank.authenticate('token-1')).rejects.toEqual(EXPIRED);
    expect(await bank.authenticate('token-2')).toMatchObject({ user: { name: 'Alice' } });
    expect(await bank.authenticate('token-3')).toMatchObject({ user: { name: 'Alice' } });
  });

  it('that fails leaves the session that was presented as it was', async () => {
    const { bank } = aBankOfPeople();
    await bank.registerUser(ALICE);
    await expect(
      bank.signIn({ ...SIGN_IN, password: 'wrong horse', presentedToken: 'token-1' }),
    ).rejects.toEqual(WRONG);
    expect(await bank.authenticate('token-1')).toMatchObject({ user: { name: 'Alice' } });
  });

  it('is not hindered by a presented token that is none of ours', async () => {
    const { bank } = aBankOfPeople();
    await bank.registerUser(ALICE);
    expect(await bank.signIn({ ...SIGN_IN, presentedToken: 'planted' })).toMatchObject({ token: 'token-2' });
    await expect(bank.authenticate('planted')).rejects.toEqual(INVALID);
  });

  it('hashes a password anew where the parameters of its hash are no longer in use', async () => {
    const people = aBankOfPeople();
    const { user } = await people.bank.registerUser(ALICE);
    await people.store.unitOfWork.run(({ users }) => users.setPasswordHash(user.id, 'old:correct horse'));

    await expect(people.bank.signIn({ ...SIGN_IN, password: 'wrong horse' })).rejects.toEqual(WRONG);
    expect(await storedUser(people, user.email)).toMatchObject({ passwordHash: 'old:correct horse' });
    await people.bank.signIn(SIGN_IN);
    expect(await storedUser(people, user.email)).toMatchObject({ passwordHash: 'new:correct horse' });
  });
});

describe('a session', () => {
  it('authenticates until it expires', async () => {
    const { bank, clock } = aBankOfPeople();
    await bank.registerUser(ALICE);
    clock.advance(HOUR_MS - 1);
    expect(await bank.authenticate('token-1')).toMatchObject({ user: { name: 'Alice' } });
    clock.advance(1);
    await expect(bank.authenticate('token-1')).rejects.toEqual(EXPIRED);
  });

  it('is over at once when its user signs out, and no other with it', async () => {
    const { bank } = aBankOfPeople();
    await bank.registerUser(ALICE);
    await bank.signIn(SIGN_IN);
    const { session } = await bank.authenticate('token-1');
    await bank.signOut(session.id);

    await expect(bank.authenticate('token-1')).rejects.toEqual(EXPIRED);
    expect(await bank.authenticate('token-2')).toMatchObject({ user: { name: 'Alice' } });
    await bank.signOut(session.id);
    await bank.signOut('no session of ours');
  });

  it("does not speak for another than its token's user, nor without a token of ours", async () => {
    const { bank, tokens, clock } = aBankOfPeople();
    await bank.registerUser(ALICE);
    const { session } = await bank.authenticate('token-1');
    const claims = { sessionId: session.id, userId: session.userId, expiresAt: clock.now() + HOUR_MS };

    const anothers = await tokens.issue({ ...claims, userId: aUser().id });
    const nobodys = await tokens.issue({ ...claims, sessionId: 'no session of ours' });
    for (const token of [anothers, '', 'token-99']) {
      await expect(bank.authenticate(token)).rejects.toEqual(INVALID);
    }
    await expect(bank.authenticate(nobodys)).rejects.toEqual(EXPIRED);
  });
});

describe('granting a role', () => {
  it.each<Role>(['system', 'auditor', 'customer'])('gives it to sessions that are open: %s', async (role) => {
    const { bank } = aBankOfPeople();
    const { user } = await bank.registerUser(ALICE);
    const granted = aUser({ ...user, role });

    expect(await bank.grantRole(' Alice@example.com ', role)).toStrictEqual(granted);
    expect((await bank.authenticate('token-1')).user).toStrictEqual(granted);
  });

  it('is in the audit log, with the role before it, and so is the making of the system user', async () => {
    const { bank, clock } = aBankOfPeople();
    await bank.ensureSystemUser({ email: 'system@example.com', password: 'a long password' });
    const { user } = await bank.registerUser(ALICE);
    await bank.grantRole(ALICE.email, 'auditor');
    await bank.grantRole(ALICE.email, 'auditor');
    await bank.grantRole(ALICE.email, 'customer');

    const { items } = await bank.ledger.listAudit(SYSTEM);
    expect(items.map(({ userId, changes }) => ({ userId, changes }))).toEqual([
      { userId: (await bank.findUser('system@example.com')).id, changes: [['role', null, 'system']] },
      { userId: user.id, changes: [['role', 'customer', 'auditor']] },
      { userId: user.id, changes: [] },
      { userId: user.id, changes: [['role', 'auditor', 'customer']] },
    ]);
    expect(items[1]).toMatchObject({
      sequence: 2,
      at: clock.now(),
      actor: { kind: 'system', id: null },
      action: 'role_granted',
      accountId: null,
      transferId: null,
    });
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
  });

  it('to nobody is user_not_found', async () => {
    await expect(aBankOfPeople().bank.grantRole('nobody@example.com', 'system')).rejects.toEqual(
      new PassbookError('user_not_found'),
    );
  });
});

describe("the system's user", () => {
  const SYSTEM_USER = { email: 'System@example.com', password: 'a long password' };

  it('is made once, and signs in with what was said first', async () => {
    const people = aBankOfPeople();
    const { bank } = people;
    expect(await bank.ensureSystemUser(SYSTEM_USER)).toBe('created');
    expect(await bank.ensureSystemUser({ ...SYSTEM_USER, password: 'another password' })).toBe('present');

    const { email, password } = SYSTEM_USER;
    expect((await bank.signIn({ email, password })).user).toMatchObject({
      email: 'system@example.com',
      role: 'system',
    });
    expect(await takeMessages(people)).toEqual([]);
  });

  it('made by two servers that start at once is made by one', async () => {
    const { bank } = aBankOfPeople();
    const results = await Promise.all([
      bank.ensureSystemUser(SYSTEM_USER),
      bank.ensureSystemUser(SYSTEM_USER),
    ]);
    expect(results.toSorted()).toEqual(['created', 'present']);
  });

  it('is not made of somebody who has the address already', async () => {
    const { bank } = aBankOfPeople();
    await bank.registerUser(ALICE);
    await expect(bank.ensureSystemUser({ email: ALICE.email, password: 'a long password' })).rejects.toEqual(
      TAKEN,
    );
    expect((await bank.authenticate('token-1')).user.role).toBe('customer');
  });

  it('needs a password like everybody', async () => {
    await expect(
      aBankOfPeople().bank.ensureSystemUser({ ...SYSTEM_USER, password: 'password1' }),
    ).rejects.toEqual(invalid('password', 'is one of the most common passwords: choose another'));
  });
});

describe('a bank', () => {
  it('passes its check where its store does', async () => {
    const { bank, store } = aBankOfPeople();
    await expect(bank.check()).resolves.toBeUndefined();

    const unavailable = new PassbookError('unavailable');
    const broken = aBankOfPeople({ store: { ...store, check: () => Promise.reject(unavailable) } });
    await expect(broken.bank.check()).rejects.toBe(unavailable);
  });
});
