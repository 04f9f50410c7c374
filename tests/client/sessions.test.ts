import { describe, expect, test, onTestFinished, vi } from 'vitest';
import {
  InvalidCredentialsError,
  OpenIntentError,
  SessionChangedError,
  SessionExpiredError,
  UnauthenticatedError,
} from '../../src/client/index.ts';
import { answers, aPayer, cookieOf, lostAnswer, lostRequest, Teller } from '../support/bank-client.ts';
import { Edge, PASSWORD } from '../support/edge.ts';
import { HOUR_MS } from '../support/people.ts';

const DAY_MS = 24 * HOUR_MS;

describe('A session', () => {
  test('begins with a registration or a sign-in, and ends with a sign-out', async () => {
    const { client, sent } = new Teller();
    const person = { name: 'Ada', email: 'ada@example.com', password: PASSWORD };

    const registered = await client.register(person);
    const signedIn = await client.signIn({ email: person.email, password: person.password });
    expect(await client.getMe()).toEqual(signedIn);
    await client.signOut();

    expect(signedIn).toEqual(registered);
    expect(signedIn).not.toHaveProperty('token');
    await expect(client.getMe()).rejects.toBeInstanceOf(UnauthenticatedError);
    expect(sent.map(({ headers }) => headers.get('Authorization')?.slice(0, 7) ?? null)).toEqual([
      null,
      'Bearer ',
      'Bearer ',
      'Bearer ',
      null,
    ]);
  });

  test('that ended without stored credentials is an error, and the payment had no effect', async () => {
    const { edge, client, teller, order } = await aPayer();
    await client.getMe();
    edge.clock.advance(DAY_MS);

    await expect(client.transfer(order)).rejects.toBeInstanceOf(SessionExpiredError);
    expect(await teller.open()).toEqual([]);
  });

  test('that ended restarts with the credentials, and the payment continues with its key', async () => {
    const { alice, edge, teller, client, order, paid } = await aPayer({
      credentials: () => ({ email: alice.email, password: PASSWORD }),
    });
    await client.getMe();
    teller.faults.push(async (pass) => {
      await pass();
      edge.clock.advance(DAY_MS);
      throw new TypeError('fetch failed');
    });

    await client.transfer(order);

    expect(teller.sent.map(({ route }) => route).slice(1)).toEqual([
      'POST /api/transactions',
      'POST /api/transactions',
      'POST /api/auth/login',
      'POST /api/transactions',
    ]);
    expect(new Set(teller.payments.map(({ key }) => key)).size).toBe(1);
    expect(await paid()).toBe(100n);
  });

  test('starts automatically at the first call with credentials, once for all calls', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    const { client, sent } = new Teller({ edge, credentials: async () => ({ email, password: PASSWORD }) });

    await Promise.all([client.getMe(), client.getMe(), client.getMe()]);

    expect(sent.filter(({ route }) => route === 'POST /api/auth/login')).toHaveLength(1);
  });

  test('is not restarted repeatedly with refused credentials', async () => {
    const edge = new Edge();
    const { email } = await edge.register();
    const { client, sent } = new Teller({
      edge,
      credentials: () => ({ email, password: 'not the password' }),
    });

    await expect(client.getMe()).rejects.toBeInstanceOf(InvalidCredentialsError);
    expect(sent).toHaveLength(2);
  });

  test('of another user never continues a payment', async () => {
    const { edge, bob, client, teller, order, paid } = await aPayer();
    await client.getMe();
    teller.faults.push(async (pass) => {
      await pass();
      await client.signIn({ email: bob.email, password: PASSWORD });
      throw new TypeError('fetch failed');
    });

    const error: unknown = await client.transfer(order).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(OpenIntentError);
    expect((error as OpenIntentError).cause).toBeInstanceOf(SessionChangedError);
    expect(teller.payments).toHaveLength(1);
    expect(await client.settleOpenIntents()).toEqual([]);
    expect(await edge.balanceOf(order.fromAccount)).toBe(900n);
    expect(await paid()).toBe(100n);
  });
});

describe('An access token that expires', () => {
  async function shopper({ hidesCookies = false } = {}) {
    const edge = new Edge({ sessionLifetimeMs: DAY_MS, accessTokenLifetimeMs: HOUR_MS / 4 });
    const payer = await aPayer({ edge, token: undefined });
    payer.teller.hidesCookies = hidesCookies;
    await payer.client.signIn({ email: payer.alice.email, password: PASSWORD });
    return payer;
  }

  test('is renewed by the refresh cookie, once for all calls, and a payment goes on under its key', async () => {
    const { edge, client, teller, order, paid } = await shopper();
    for (let quarter = 0; quarter < 3; quarter++) {
      edge.clock.advance(HOUR_MS / 4);
      teller.sent.length = 0;
      await Promise.all([client.transfer(order, { key: `lunch-${quarter}` }), client.getMe()]);
      expect(teller.sent.filter(({ route }) => route === 'POST /api/auth/refresh')).toHaveLength(1);
    }

    expect(await paid()).toBe(300n);
    expect(teller.sent.map(({ route }) => route)).not.toContain('POST /api/auth/login');
  });

  test('gives way to the cookies of a browser, which the program cannot read', async () => {
    const { edge, client, teller, order, paid, alice } = await shopper({ hidesCookies: true });
    const { refreshToken } = await edge.bank.signIn({ email: alice.email, password: PASSWORD });
    const { headers } = await edge.call('POST /api/auth/refresh', {
      headers: { Cookie: `refresh=${refreshToken}` },
    });
    teller.cookie = headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    edge.clock.advance(HOUR_MS / 4);

    await client.transfer(order);
    teller.sent.length = 0;
    await client.getMe();

    expect(teller.sent.map((sent) => [sent.route, sent.headers.has('Authorization')])).toEqual([
      ['GET /api/auth/me', false],
    ]);
    expect(await paid()).toBe(100n);
  });

  test('is not renewed as another user, whom another tab has signed in', async () => {
    const { edge, client, teller, order, bob, paid } = await shopper({ hidesCookies: true });
    const { refreshToken } = await edge.bank.signIn({ email: bob.email, password: PASSWORD });
    teller.cookie = `refresh=${refreshToken}`;
    edge.clock.advance(HOUR_MS / 4);

    await expect(client.transfer(order)).rejects.toBeInstanceOf(SessionExpiredError);
    expect(await paid()).toBe(0n);
  });

  test('ends the session for all devices with a sign-out everywhere', async () => {
    const { edge, client, alice } = await shopper();
    const { token } = await edge.bank.signIn({ email: alice.email, password: PASSWORD });
    const [first, second] = await client.listSessions();
    expect([first?.current, second?.current]).toEqual([false, true]);
    await client.revokeSession(first?.id ?? '');
    expect((await client.refresh()).id).toBe(alice.id);
    await client.signOutEverywhere();

    expect((await edge.call('GET /api/auth/me', { as: token })).status).toBe(401);
    await expect(client.getMe()).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});

describe('A cookie', () => {
  async function byCookie() {
    const payer = await aPayer({ token: undefined });
    payer.teller.cookie = cookieOf(payer.alice);
    return payer;
  }

  test('identifies the payer without a token', async () => {
    const { client, teller, order, paid, alice } = await byCookie();
    teller.faults.push(lostAnswer);

    await client.transfer(order);

    expect(teller.sent.some(({ headers }) => headers.has('Authorization'))).toBe(false);
    expect((await client.getMe()).id).toBe(alice.id);
    expect(await paid()).toBe(100n);
  });

  test('of another user, set in another tab, does not make a payment appear refused', async () => {
    const { client, teller, order, bob, alice, paid } = await byCookie();
    teller.faults.push(async (pass) => {
      await pass();
      teller.cookie = cookieOf(bob);
      throw new TypeError('fetch failed');
    });

    const error: unknown = await client.transfer(order).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(OpenIntentError);
    expect((error as OpenIntentError).cause).toMatchObject({ code: 'source_account_not_found' });
    expect(await client.settleOpenIntents()).toEqual([]);
    teller.cookie = cookieOf(alice);
    expect(await client.settleOpenIntents()).toMatchObject([{ state: 'done' }]);
    expect(await paid()).toBe(100n);
  });
});

describe('A secret', () => {
  test('appears neither in an event nor in the store', async () => {
    const edge = new Edge();
    const alice = await edge.register('Alice');
    const stored: string[] = [];
    const payer = await aPayer({
      edge,
      token: undefined,
      credentials: () => ({ email: alice.email, password: PASSWORD }),
      intents: {
        put: (intent) => void stored.push(JSON.stringify(intent)),
        remove: () => {},
        list: () => [],
      },
    });
    const { client, teller, order } = payer;
    const fromAccount = await edge.account(alice, 500);
    teller.faults.push(lostAnswer, answers(401, 'session_expired'), lostRequest);
    await client.transfer({ ...order, fromAccount });
    await client.system.findUser(alice.email).catch(() => undefined);
    await client.signIn({ email: alice.email, password: PASSWORD });

    const logged = teller.events.map((event) => JSON.stringify(event)).join('\n');
    expect(stored).toHaveLength(1);
    expect(teller.sent.some(({ headers }) => headers.has('Authorization'))).toBe(true);
    const tokens = teller.sent.flatMap(({ headers }) => headers.get('Authorization')?.slice(7) ?? []);
    for (const secret of [PASSWORD, alice.email, ...tokens]) {
      expect(logged).not.toContain(secret);
      expect(stored.join()).not.toContain(secret);
    }
  });

  test('stays out of the events, which have the route, the attempt, the key and the answer', async () => {
    const { client, teller, order } = await aPayer();
    teller.faults.push(lostRequest);

    await client.transfer(order, { key: 'lunch-1' });
    await client.getAccount(order.fromAccount);

    const common = { type: 'attempt', durationMs: expect.any(Number) as unknown };
    const requestId: unknown = expect.any(String);
    const answered = { ...common, status: 200, requestId };
    expect(teller.events).toEqual([
      { ...answered, route: 'GET /api/auth/me', attempt: 1 },
      {
        ...common,
        route: 'POST /api/transactions',
        attempt: 1,
        key: 'lunch-1',
        error: expect.objectContaining({ name: 'ConnectionError' }) as unknown,
      },
      { ...answered, route: 'POST /api/transactions', attempt: 2, key: 'lunch-1' },
      { ...answered, route: 'GET /api/accounts/{accountId}', attempt: 1 },
    ]);
  });
});

describe('A hook that throws', () => {
  test('does not change the payment', async () => {
    const { client, order, paid } = await aPayer({
      onEvent: () => {
        throw new Error('no log');
      },
    });

    await client.transfer(order);

    expect(await paid()).toBe(100n);
  });
});

describe('A call without a key', () => {
  test('is not repeated after a lost answer if a repetition would have another effect', async () => {
    const edge = new Edge();
    let attempts = 0;
    const { client } = new Teller({
      edge,
      fetch: async () => {
        attempts += 1;
        throw new TypeError('fetch failed');
      },
    });
    const person = { name: 'Ada', email: 'ada@example.com', password: PASSWORD };

    await expect(client.register(person)).rejects.toMatchObject({ name: 'ConnectionError' });
    await expect(client.system.eraseText('id', { reason: 'asked' })).rejects.toMatchObject({
      name: 'ConnectionError',
    });
    expect(attempts).toBe(2);
  });

  test('that only reads is repeated until its time limit', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let attempts = 0;
    const { client } = new Teller({
      timeoutMs: 50,
      fetch: async () => {
        attempts += 1;
        throw new TypeError('fetch failed');
      },
    });

    const given = expect(client.getAccount('id')).rejects.toMatchObject({ name: 'ConnectionError' });
    await vi.advanceTimersByTimeAsync(50);
    await given;
    expect(attempts).toBeGreaterThan(2);
  });

  test('gives up an attempt at its time limit, and tries again', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    let attempts = 0;
    const hang = async (init: RequestInit | undefined): Promise<Response> =>
      new Promise((_, reject) => {
        const { signal } = init ?? {};
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const { client } = new Teller({
      attemptTimeoutMs: 20,
      token,
      fetch: async (input, init) => {
        attempts += 1;
        if (attempts === 1) return hang(init);
        return edge.app.request(input, init);
      },
    });

    expect(await client.getMe()).toMatchObject({ name: 'Alice' });
    expect(attempts).toBe(2);
  });

  test.for(['', '.', '..'])('refuses an id that leads to another path: %j', async (id) => {
    const { client, sent } = new Teller();

    await expect(client.getAccount(id)).rejects.toThrow(TypeError);
    await expect(client.captureHold(id)).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });
});
