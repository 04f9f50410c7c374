import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PassbookError } from '../../../src/domain/errors.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  Edge,
  expectAnswer,
  INVALID_TOKEN,
  PASSWORD,
  problem,
  SESSION_EXPIRED,
  UNAUTHENTICATED,
} from '../../support/edge.ts';
import type { Answer } from '../../support/edge.ts';
import { HOUR_MS } from '../../support/people.ts';

const HTTPS = { publicOrigin: 'https://bank.example' };
const WRONG = problem(401, 'invalid_credentials', {
  title: 'Unauthorized',
  detail: 'The e-mail address or the password is wrong',
});

describe('The session’s cookie', () => {
  test.each([
    [HTTPS, '__Host-session', '; HttpOnly; Secure; SameSite=Lax'],
    [{ publicOrigin: 'http://localhost:3000' }, 'session', '; HttpOnly; SameSite=Lax'],
    [{}, 'session', '; HttpOnly; SameSite=Lax'],
  ])('is bound to the host where the site is https: %j', async (app, name, attributes) => {
    const edge = new Edge({ app });
    const email = `${freshId()}@example.com`;

    const registered = await edge.call('POST /api/auth/register', {
      body: { name: 'Alice', email, password: PASSWORD },
    });
    const signedIn = await signIn(edge, { email });

    for (const answer of [registered, signedIn]) {
      const ends = new Date(edge.clock.now() + HOUR_MS).toUTCString();
      expect(answer.headers.getSetCookie()[0]).toBe(
        `${name}=${tokenOf(answer)}; Path=/; Expires=${ends}${attributes}`,
      );
      const Cookie = `other=1; ${name}=${tokenOf(answer)}`;
      expect(await edge.call('GET /api/auth/me', { headers: { Cookie } })).toMatchObject({ status: 200 });
    }
  });

  test('without its prefix is not looked at where the site is https', async () => {
    const edge = new Edge({ app: HTTPS });
    const { token } = await edge.register();

    expectAnswer(
      await edge.call('GET /api/auth/me', { headers: { Cookie: `session=${token}` } }),
      UNAUTHENTICATED,
    );
  });

  test('gives way to a Bearer token', async () => {
    const edge = new Edge();
    const [alice, bob] = [await edge.register('Alice'), await edge.register('Bob')];
    const headers = { Cookie: `session=${alice.token}` };

    expect(await edge.call('GET /api/auth/me', { as: bob.token, headers })).toMatchObject({
      body: { user: { name: 'Bob' } },
    });
    expectAnswer(await edge.call('GET /api/auth/me', { as: 'no', headers }), INVALID_TOKEN);
    expectAnswer(
      await edge.call('GET /api/auth/me', { headers: { ...headers, Authorization: 'Bearer' } }),
      INVALID_TOKEN,
    );
  });

  test('serves beside what a proxy asks for', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const headers = { Cookie: `session=${token}`, Authorization: 'Basic c3RhZ2luZzpzdGFnaW5n' };

    expect(await edge.call('GET /api/auth/me', { headers })).toMatchObject({ status: 200 });
    expect(
      await edge.call('POST /api/accounts', { headers: { ...headers, 'Sec-Fetch-Site': 'cross-site' } }),
    ).toMatchObject({ status: 403 });
  });
});

describe('A session', () => {
  test('begins anew with each sign-in, which ends the one that was presented', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const Cookie = `session=${alice.token}`;

    const signedIn = await edge.call('POST /api/auth/login', {
      body: { email: alice.email, password: PASSWORD },
      headers: { Cookie },
    });

    expect(tokenOf(signedIn)).not.toBe(alice.token);
    expectAnswer(await edge.call('GET /api/auth/me', { headers: { Cookie } }), SESSION_EXPIRED);
    expect(await edge.call('GET /api/auth/me', { as: tokenOf(signedIn) })).toMatchObject({ status: 200 });
  });

  test('is not what somebody planted', async () => {
    const edge = new Edge();
    const alice = await edge.register();

    const signedIn = await edge.call('POST /api/auth/login', {
      body: { email: alice.email, password: PASSWORD },
      headers: { Cookie: 'session=planted' },
    });

    expect(signedIn).toMatchObject({ status: 200 });
    expectAnswer(
      await edge.call('GET /api/auth/me', { headers: { Cookie: 'session=planted' } }),
      INVALID_TOKEN,
    );
  });

  test.each([
    [HTTPS, '__Host-session', '; HttpOnly; Secure; SameSite=Lax'],
    [{}, 'session', '; HttpOnly; SameSite=Lax'],
  ])('ends at once at sign-out, with its cookies: %j', async (app, name, attributes) => {
    const edge = new Edge({ app });
    const { token } = await edge.register();
    const headers = { Cookie: `${name}=${token}` };

    const signedOut = await edge.call('POST /api/auth/logout', { headers });

    expectAnswer(signedOut, { status: 204, body: undefined });
    expect(signedOut.headers.getSetCookie()).toEqual(
      [name, name.replace('session', 'refresh')].map((one) => `${one}=; Max-Age=0; Path=/${attributes}`),
    );
    expectAnswer(await edge.call('GET /api/auth/me', { headers }), SESSION_EXPIRED);
    expectAnswer(await edge.call('POST /api/auth/logout', { as: token }), SESSION_EXPIRED);
  });

  test('does not end by a request with a body that nobody asked for', async () => {
    const edge = new Edge();
    const { token } = await edge.register();

    expect(
      await edge.call('POST /api/auth/logout', {
        as: token,
        body: 'a=b',
        headers: { 'Content-Type': 'text/plain' },
      }),
    ).toMatchObject({ status: 415 });
    expect(await edge.call('GET /api/auth/me', { as: token })).toMatchObject({ status: 200 });
  });

  test('ends when its time is over', async () => {
    const edge = new Edge();
    const { token } = await edge.register();

    edge.clock.advance(HOUR_MS - 1_000);
    expect(await edge.call('GET /api/auth/me', { as: token })).toMatchObject({ status: 200 });
    edge.clock.advance(1_000);
    const ended = await edge.call('GET /api/auth/me', { as: token });
    expectAnswer(ended, SESSION_EXPIRED);
    expect(ended.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  test('has the role that its user has today', async () => {
    const edge = new Edge();
    const { token, email } = await edge.register('Operator', { role: 'system' });
    await edge.register('Other', { role: 'system' });
    const body = { toAccount: 'none', amount: 1, idempotencyKey: freshId() };
    const route = 'POST /api/transactions/system/initial-funds';

    expect(await edge.call(route, { as: token, body })).toMatchObject({ status: 404 });
    await edge.bank.grantRole(email, 'customer');
    expect(await edge.call(route, { as: token, body })).toMatchObject({ status: 403 });
  });
});

describe('Registration and sign-in', () => {
  test('an address is registered once, whatever its case', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    const body = { name: 'Other', email: ` ${email.toUpperCase()} `, password: PASSWORD };

    expectAnswer(
      await edge.call('POST /api/auth/register', { body }),
      problem(409, 'email_already_registered', {
        title: 'Conflict',
        detail: 'This e-mail address is already registered',
      }),
    );
  });

  test.each([
    ['1234567', 'must be 8 to 256 characters, and has 7'],
    ['x'.repeat(257), 'must be 8 to 256 characters, and has 257'],
    ['password1', 'is one of the most common passwords: choose another'],
  ])('a password may not be %j', async (password, message) => {
    const edge = new Edge();
    const body = { name: 'Alice', email: `${freshId()}@example.com`, password };

    expect(await edge.call('POST /api/auth/register', { body })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'password', message }] },
    });
  });

  test.each(['12345678', 'aaaaaaaa', 'x'.repeat(256), 'pass phrase with spaces ÄÖ 🏠'])(
    'a password may be %j',
    async (password) => {
      const edge = new Edge();
      const email = `${freshId()}@example.com`;

      const registered = await edge.call('POST /api/auth/register', {
        body: { name: 'Alice', email, password },
      });

      expect(registered).toMatchObject({ status: 201 });
      expect(await signIn(edge, { email, password })).toMatchObject({ status: 200 });
      expectAnswer(await signIn(edge, { email, password: password.slice(0, -1) }), WRONG);
    },
  );

  test('an unknown address and a wrong password are answered alike', async () => {
    const edge = new Edge();
    const { email } = await edge.register();

    const wrong = await signIn(edge, { email, password: 'wrong' });
    const unknown = await signIn(edge, { email: 'nobody@example.com', password: 'wrong' });

    expectAnswer(wrong, WRONG);
    expect([unknown.status, unknown.text]).toEqual([wrong.status, wrong.text]);
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
    expect(unknown.headers.getSetCookie()).toEqual([]);
  });
});

describe('Guessing is slowed down', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test('after five failures from one network each one doubles the wait there', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    const fail = (host: number) => signIn(edge, { email, password: 'wrong', address: `2001:db8::${host}` });
    for (let count = 0; count < 6; count++) expectAnswer(await fail(count), WRONG);

    for (const seconds of [1, 2, 4, 8]) {
      const waiting = await fail(7);
      expectAnswer(waiting, tooMany());
      expect(waiting.headers.get('retry-after')).toBe(String(seconds));
      await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
      expectAnswer(await fail(8), tooMany());
      await vi.advanceTimersByTimeAsync(1);
      expectAnswer(await fail(9), WRONG);
    }
  });

  test('strangers on many networks keep no owner out, wherever the owner is', async () => {
    const edge = new Edge({ app: { throttle: { strangersFailures: 20 } } });
    const { email } = await edge.register();
    const guess = (stranger: number) =>
      signIn(edge, { email, password: 'wrong', address: `203.0.113.${stranger}` });
    for (let round = 0; round < 6; round++) {
      for (let stranger = 0; stranger < 10; stranger++) await guess(stranger);
    }

    expect(await signIn(edge, { email, address: '192.0.2.99' })).toMatchObject({ status: 200 });
    expectAnswer(await guess(1), tooMany());
  });

  test('many strangers at one account have one try each, and then a longer wait', async () => {
    const edge = new Edge({ app: { throttle: { strangersFailures: 2 } } });
    const { email } = await edge.register();
    const guess = (address: string) => signIn(edge, { email, password: 'wrong', address });
    expectAnswer(await guess('203.0.113.1'), WRONG);
    expectAnswer(await guess('203.0.113.2'), WRONG);

    expectAnswer(await guess('203.0.113.3'), WRONG);
    const waiting = await guess('203.0.113.3');
    expectAnswer(waiting, tooMany());
    expect(waiting.headers.get('retry-after')).toBe('16');
  });

  test('an IPv6 site counts as ten networks, whatever number of them it has', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAddress: 1_000 } } });
    const { email } = await edge.register();
    const statuses: number[] = [];
    for (let network = 0; network < 60; network++) {
      const address = `2001:db8:1:${network.toString(16)}::1`;
      statuses.push((await signIn(edge, { email, password: 'wrong', address })).status);
    }

    expect(statuses.filter((status) => status === 401)).toHaveLength(51);
    expect(await signIn(edge, { email, address: '2001:db8:2::1' })).toMatchObject({ status: 200 });
  });

  test('an address that nobody registered is treated alike', async () => {
    const edge = new Edge();
    const tries = async (email: string) => {
      const answers: Answer[] = [];
      for (let count = 0; count < 8; count++) answers.push(await signIn(edge, { email, password: 'wrong' }));
      return answers.map(({ status, text, headers }) => [status, text, headers.get('retry-after')]);
    };

    expect(await tries('nobody@example.com')).toEqual(await tries((await edge.register()).email));
  });

  test('the wait ends, however long somebody keeps failing, and the right password is let in', async () => {
    const edge = new Edge({ app: { throttle: { maxDelaySeconds: 60 } } });
    const { email } = await edge.register();
    for (let minute = 0; minute < 30; minute++) {
      for (let count = 0; count < 10; count++) await signIn(edge, { email, password: 'wrong' });
      await vi.advanceTimersByTimeAsync(60_000);
    }

    expect(await signIn(edge, { email })).toMatchObject({ status: 200 });
    expectAnswer(await signIn(edge, { email, password: 'wrong' }), WRONG);
  });

  test('its owner does not wait for strangers, from an address where they signed in before', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    await signIn(edge, { email, address: '192.0.2.1' });
    for (let count = 0; count < 20; count++)
      await signIn(edge, { email, password: 'wrong', address: '198.51.100.1' });

    expect(await signIn(edge, { email, address: '192.0.2.1' })).toMatchObject({ status: 200 });
  });

  test('nor for strangers behind the same address, where they registered or have a session', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAddress: 3 } } });
    const { email } = await edge.register();
    const fresh = `${freshId()}@example.com`;
    const address = '192.0.2.1';
    await edge.call('POST /api/auth/register', {
      body: { name: 'Bob', email: fresh, password: PASSWORD },
      address,
    });
    const Cookie = `session=${tokenOf(await signIn(edge, { email, address: '198.51.100.1' }))}`;
    for (let count = 0; count < 4; count++)
      await signIn(edge, { email: `${freshId()}@example.com`, password: 'wrong', address });

    expectAnswer(await signIn(edge, { email, address }), tooMany());
    expect(await signIn(edge, { email: fresh, address })).toMatchObject({ status: 200 });
    const body = { email, password: PASSWORD };
    expect(await edge.call('POST /api/auth/login', { body, address, headers: { Cookie } })).toMatchObject({
      status: 200,
    });
  });

  test('and a session of theirs is not one to guess with, nor is anybody else’s', async () => {
    const edge = new Edge();
    const [alice, bob] = [await edge.register('Alice'), await edge.register('Bob')];
    const guess = (token: string, address: string) =>
      edge.call('POST /api/auth/login', {
        body: { email: alice.email, password: 'wrong' },
        as: token,
        address,
      });

    for (let count = 0; count < 6; count++) expectAnswer(await guess(alice.token, `192.0.2.${count}`), WRONG);
    expectAnswer(await guess(alice.token, '192.0.2.9'), tooMany());
    for (let count = 0; count < 6; count++) expectAnswer(await guess(bob.token, '198.51.100.1'), WRONG);
    expectAnswer(await guess(bob.token, '198.51.100.1'), tooMany());
  });

  test('a sign-in that succeeds ends the wait in its network, and what was counted there', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    const address = '198.51.100.1';
    const fail = () => signIn(edge, { email, password: 'wrong', address });
    for (let count = 0; count < 6; count++) expectAnswer(await fail(), WRONG);
    await signIn(edge, { email, address: '192.0.2.1' });
    expectAnswer(await fail(), tooMany());
    await vi.advanceTimersByTimeAsync(1_000);

    expect(await signIn(edge, { email, address })).toMatchObject({ status: 200 });

    for (let count = 0; count < 6; count++) expectAnswer(await fail(), WRONG);
    expectAnswer(await fail(), tooMany());
  });

  test('nor is a familiar address one to guess from without end', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    await signIn(edge, { email, address: '192.0.2.1' });

    for (let count = 0; count < 6; count++)
      expectAnswer(await signIn(edge, { email, password: 'wrong', address: '192.0.2.1' }), WRONG);
    expectAnswer(await signIn(edge, { email, password: 'wrong', address: '192.0.2.1' }), tooMany());
  });

  test('many at once count like many in a row', async () => {
    const edge = new Edge();
    const { email } = await edge.register();

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => signIn(edge, { email, password: 'wrong' })),
    );

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(6);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(44);
  });

  test('a fault of ours is nobody’s failure', async () => {
    let fails = true;
    const edge = new Edge({
      bank: (bank) => ({
        ...bank,
        signIn: (request) =>
          fails ? Promise.reject(new PassbookError('unavailable')) : bank.signIn(request),
      }),
      app: { throttle: { failuresPerAddress: 5 } },
    });
    const { email } = await edge.register();
    for (let count = 0; count < 20; count++)
      expect(await signIn(edge, { email })).toMatchObject({ status: 503 });

    fails = false;
    expect(await signIn(edge, { email })).toMatchObject({ status: 200 });
  });

  test('one address may fail for a limited number of accounts, and one that succeeds is not counted', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAddress: 3, addressSeconds: 60 } } });
    const { email } = await edge.register();
    const guess = (address: string) =>
      signIn(edge, { email: `${freshId()}@example.com`, password: 'wrong', address });

    for (let count = 0; count < 5; count++)
      expect(await signIn(edge, { email, address: '192.0.2.1' })).toMatchObject({ status: 200 });
    for (let count = 0; count < 3; count++) expectAnswer(await guess('192.0.2.1'), WRONG);
    const waiting = await guess('192.0.2.1');
    expectAnswer(waiting, tooMany());
    expect(waiting.headers.get('retry-after')).toBe('60');
    expectAnswer(await guess('192.0.2.2'), WRONG);
    await vi.advanceTimersByTimeAsync(60_000);
    expectAnswer(await guess('192.0.2.1'), WRONG);
  });

  test('registrations are counted by address and by e-mail', async () => {
    const edge = new Edge({ app: { throttle: { registrationsPerAddress: 3, registrationsPerEmail: 2 } } });
    const register = (email: string, address: string) =>
      edge.call('POST /api/auth/register', { body: { name: 'A', email, password: PASSWORD }, address });
    const statuses = [];

    for (let count = 0; count < 4; count++)
      statuses.push((await register(`${freshId()}@example.com`, '192.0.2.1')).status);
    for (const address of ['192.0.2.2', '192.0.2.3', '192.0.2.4'])
      statuses.push((await register('taken@example.com', address)).status);

    expect(statuses).toEqual([201, 201, 201, 429, 201, 409, 429]);
  });

  test('no more is remembered than said: what was idle longest is forgotten', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAddress: 1, maxKeys: 2 } } });
    const guess = (address: string) =>
      signIn(edge, { email: `${freshId()}@example.com`, password: 'wrong', address });

    expectAnswer(await guess('192.0.2.1'), WRONG);
    expectAnswer(await guess('192.0.2.2'), WRONG);
    expectAnswer(await guess('192.0.2.1'), tooMany());
    expectAnswer(await guess('192.0.2.3'), WRONG);
    expectAnswer(await guess('192.0.2.1'), tooMany());
    expectAnswer(await guess('192.0.2.2'), WRONG);
  });
});

describe('A client is identified by the address', () => {
  /** How many answers it takes until two requests are found to come from one client. */
  async function areOne(
    one: { address: string; forwarded?: string },
    other: { address: string; forwarded?: string },
    trustedProxies = 0,
  ): Promise<boolean> {
    const edge = new Edge({ app: { trustedProxies, throttle: { failuresPerAddress: 1 } } });
    const guess = ({ address, forwarded }: { address: string; forwarded?: string }) =>
      edge.call('POST /api/auth/login', {
        body: { email: `${freshId()}@example.com`, password: 'wrong' },
        address,
        headers: forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded },
      });
    await guess(one);
    return (await guess(other)).status === 429;
  }

  test('of its socket, whatever it says of itself', async () => {
    const address = '192.0.2.1';

    expect(await areOne({ address, forwarded: '1.1.1.1' }, { address, forwarded: '2.2.2.2' })).toBe(true);
    expect(await areOne({ address }, { address: '192.0.2.2' })).toBe(false);
    expect(await areOne({ address }, { address: '::ffff:192.0.2.1' })).toBe(true);
  });

  test('that our proxy saw, whatever the client put before it', async () => {
    const address = '10.0.0.1';
    const from = (forwarded: string) => ({ address, forwarded });

    expect(await areOne(from('192.0.2.1'), from('192.0.2.2'), 1)).toBe(false);
    expect(await areOne(from('1.1.1.1, 192.0.2.1'), from('2.2.2.2, 192.0.2.1'), 1)).toBe(true);
    expect(await areOne(from('1.1.1.1,192.0.2.1, 10.0.0.2'), from('2.2.2.2, 192.0.2.1,10.0.0.2'), 2)).toBe(
      true,
    );
    expect(await areOne(from('192.0.2.1, 10.0.0.2'), from('192.0.2.2, 10.0.0.2'), 2)).toBe(false);
    expect(await areOne(from('192.0.2.1'), from('192.0.2.2'), 2)).toBe(false);
    expect(await areOne(from('no address'), { address }, 1)).toBe(true);
  });

  test.each([
    ['192.0.2.1:4711', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1:4712'],
    ['[192.0.2.1]:80', '192.0.2.1'],
    ['"192.0.2.1"', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:4711', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:DB8::2'],
    ['"[2001:db8::1]:4711"', '2001:db8::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['192.0.2.1, ', '192.0.2.1'],
  ])('as a proxy may write it: %s is %s', async (forwarded, plain) => {
    const from = (text: string) => ({ address: '10.0.0.1', forwarded: text });

    expect(await areOne(from(forwarded), from(plain), 1)).toBe(true);
    expect(await areOne(from(forwarded), from('198.51.100.7'), 1)).toBe(false);
    expect(await areOne(from(forwarded), { address: '10.0.0.1' }, 1)).toBe(false);
  });

  test.each(['::ffff:192.0.2.2', '64:ff9b::c000:202', '192.0.2.2:80'])(
    'of its own where others have one like it: %s',
    async (other) => {
      const from = (forwarded: string) => ({ address: '10.0.0.1', forwarded });

      expect(await areOne(from('::ffff:192.0.2.1'), from(other), 1)).toBe(false);
    },
  );

  test('of its network where it is IPv6', async () => {
    const one = { address: '2001:db8::1' };

    expect(await areOne(one, { address: '2001:db8:0:0:ffff::2' })).toBe(true);
    expect(await areOne(one, { address: '2001:0db8:0000::3' })).toBe(true);
    expect(await areOne(one, { address: '2001:db8:0:1::1' })).toBe(false);
    expect(await areOne({ address: 'fe80::1%eth0' }, { address: 'fe80::2%eth0' })).toBe(true);
    expect(await areOne({ address: '::1' }, { address: '::2' })).toBe(true);
  });
});

function tooMany() {
  return problem(429, 'too_many_requests', {
    title: 'Too Many Requests',
    detail: 'Too many requests, slow down',
    retry: 'same_key',
  });
}

function signIn(
  edge: Edge,
  {
    email,
    password = PASSWORD,
    address = '203.0.113.1',
  }: { email: string; password?: string; address?: string },
): Promise<Answer> {
  return edge.call('POST /api/auth/login', { body: { email, password }, address });
}

function tokenOf({ body }: Answer): string {
  return (body as { token: string }).token;
}
