import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deviceName } from '../../../src/domain/entities/device-name.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aBankOfPeople, HOUR_MS } from '../../support/people.ts';

const LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0';
const HOME = { address: '192.0.2.1', device: LINUX };
const ALICE = { name: 'Alice', email: 'alice@example.com', password: 'correct horse', origin: HOME };
const { name: _, ...SIGN_IN } = ALICE;

async function aPerson() {
  const people = aBankOfPeople();
  const { bank, store, clock } = people;
  const { user } = await bank.registerUser(ALICE);
  const sessions = await bank.listSessions(user.id);
  await new TestBank({ store, clock }).takeMessages();
  const events = async (userId: string | null = user.id) => {
    const found = await store.unitOfWork.run(({ securityEvents }) =>
      securityEvents.list({ userId, before: null, limit: 20 }),
    );
    return found.map(({ id: _id, at: _at, ...event }) => event);
  };
  const notices = async () =>
    (await new TestBank({ store, clock }).takeMessages()).map((mail) =>
      'notice' in mail ? mail.notice : mail.kind,
    );
  return { ...people, user, first: sessions[0], events, notices };
}

describe('security events', () => {
  it('say who signed in and out, from where, in which session', async () => {
    const { bank, user, first, events } = await aPerson();
    await bank.signIn(SIGN_IN);
    const [, second] = await bank.listSessions(user.id);
    await bank.revokeSession(user.id, second?.id ?? '', HOME);
    await bank.signOut(first?.id ?? '', HOME);
    await bank.signOut(first?.id ?? '', HOME);

    const by = { ...HOME, userId: user.id, actorId: user.id, details: {} };
    expect(await events()).toStrictEqual([
      { ...by, action: 'signed_out', sessionId: first?.id },
      { ...by, action: 'session_revoked', sessionId: second?.id },
      { ...by, action: 'signed_in', sessionId: second?.id, details: { methods: 'password' } },
      { ...by, action: 'registered', sessionId: first?.id },
    ]);
  });

  it('name the user of a refused sign-in, or only a digest of an unknown address', async () => {
    const { bank, user, events } = await aPerson();
    const wrong = new PassbookError('invalid_credentials');
    await expect(bank.signIn({ ...SIGN_IN, password: 'wrong' })).rejects.toEqual(wrong);
    await expect(bank.signIn({ ...SIGN_IN, email: ' Nobody@example.com' })).rejects.toEqual(wrong);

    const refused = { ...HOME, action: 'sign_in_refused', actorId: null, sessionId: null };
    const email = `sha256:${createHash('sha256').update('nobody@example.com').digest('hex')}`;
    expect((await events(null)).slice(0, 2)).toStrictEqual([
      { ...refused, userId: null, details: { code: 'invalid_credentials', email } },
      { ...refused, userId: user.id, details: { code: 'invalid_credentials' } },
    ]);
  });

  it('of a sign-out everywhere name each session', async () => {
    const { bank, user, first, events } = await aPerson();
    await bank.signIn(SIGN_IN);
    if (first) await bank.signOutEverywhere(first, HOME);

    expect(await bank.listSessions(user.id)).toEqual([]);
    expect((await events()).slice(0, 2).map(({ action }) => action)).toEqual([
      'session_revoked',
      'signed_out',
    ]);
  });
});

describe('a mail about a new sign-in', () => {
  it('is sent once for each kind of device and network', async () => {
    const { bank, notices } = await aPerson();
    const from = async (origin: { address: string | null; device: string | null }) => {
      await bank.signIn({ ...SIGN_IN, origin });
      return notices();
    };

    expect(await from(HOME)).toEqual([]);
    expect(await from({ ...HOME, device: LINUX.replaceAll('150', '151') })).toEqual([]);
    expect(await from({ ...HOME, address: '2001:db8::1' })).toEqual(['new_sign_in']);
    expect(await from({ ...HOME, address: '2001:db8:0:0:ffff::2' })).toEqual([]);
    expect(await from({ ...HOME, address: '2001:db8:0:1::1' })).toEqual(['new_sign_in']);
    expect(await from({ ...HOME, device: 'curl/8.5.0' })).toEqual(['new_sign_in']);
    expect(await from({ address: null, device: null })).toEqual([]);
  });
});

describe('the last use of a session', () => {
  it('is written at most once in five minutes, for all sessions together', async () => {
    const { bank, clock, user, first, store } = await aPerson();
    const units = { count: 0 };
    const lastUse = async () => (await bank.listSessions(user.id))[0]?.lastUsedAt;
    const run = store.unitOfWork.run.bind(store.unitOfWork);
    store.unitOfWork.run = (work) => {
      units.count++;
      return run(work);
    };
    const use = async (advanceMs: number) => {
      clock.advance(advanceMs);
      await bank.authenticate('token-1');
      units.count = 0;
      await bank.writeSessionUse();
      return units.count;
    };

    expect(await use(299_999)).toBe(0);
    expect(await use(1)).toBe(1);
    expect(await lastUse()).toBe((first?.createdAt ?? 0) + 300_000);
    expect(await use(299_999)).toBe(0);
    expect(await use(1)).toBe(1);
    expect(await lastUse()).toBe((first?.createdAt ?? 0) + 600_000);
  });

  it('that cannot be written harms nobody', async () => {
    const { bank, clock, store } = await aPerson();
    clock.advance(HOUR_MS / 2);
    await bank.authenticate('token-1');
    store.unitOfWork.run = () => Promise.reject(new PassbookError('unavailable'));

    await expect(bank.writeSessionUse()).resolves.toBeUndefined();
  });
});

describe('a sign-in', () => {
  it('with a password that changes while it is checked is refused', async () => {
    const { bank, store, hasher, user } = await aPerson();
    const verify = hasher.verify.bind(hasher);
    hasher.verify = async (...given) => {
      const isRight = await verify(...given);
      await store.unitOfWork.run(({ users }) => users.setPasswordHash(user.id, 'new:another'));
      return isRight;
    };

    await expect(bank.signIn(SIGN_IN)).rejects.toEqual(new PassbookError('invalid_credentials'));
    expect(await bank.listSessions(user.id)).toHaveLength(1);
  });
});

it.each([
  [LINUX, 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  ['curl/8.5.0', 'curl'],
  ['node', 'node'],
  ['', null],
  [null, null],
])('the device of the user agent %j is %j', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});
