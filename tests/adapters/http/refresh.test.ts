import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { BankPorts } from '../../../src/application/bank.ts';
import type { SecurityEvent } from '../../../src/domain/entities/security-event.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { Edge, expectAnswer, INVALID_TOKEN, PASSWORD, problem, SESSION_EXPIRED } from '../../support/edge.ts';
import type { Answer, CallOptions } from '../../support/edge.ts';
import { HOUR_MS } from '../../support/people.ts';

const MINUTE_MS = 60_000;
const ACCESS_MS = 15 * MINUTE_MS;
const HTTPS = { publicOrigin: 'https://bank.example' };

describe('The cookies of a session', () => {
  test('are bound to the host, hidden from scripts, and the only place of the refresh token', async () => {
    const { edge, answer, email } = await aBrowser({ app: HTTPS });
    const refreshed = await edge.call('POST /api/auth/refresh', {
      headers: { Cookie: jarOf(answer).header },
    });
    const signedIn = await edge.call('POST /api/auth/login', { body: { email, password: PASSWORD } });

    for (const one of [answer, refreshed, signedIn]) {
      const now = edge.clock.now();
      const ends = [now + ACCESS_MS, now + HOUR_MS].map((at) => new Date(at).toUTCString());
      const jar = jarOf(one);
      expect(one.headers.getSetCookie()).toEqual([
        `__Host-session=${jar.access}; Path=/; Expires=${ends[0]}; HttpOnly; Secure; SameSite=Lax`,
        `__Host-refresh=${jar.refresh}; Path=/; Expires=${ends[1]}; HttpOnly; Secure; SameSite=Lax`,
      ]);
      expect(one.text).not.toContain(jar.refresh);
    }
    expect(refreshed.body).toEqual({
      user: (answer.body as { user: unknown }).user,
      expiresAt: new Date(edge.clock.now() + ACCESS_MS).toISOString(),
    });
  });

  test('hold what the store does not: it has digests only', async () => {
    const { edge, answer, store } = await aBrowser();
    const jar = jarOf(answer);
    await refresh(edge, jar);
    const found = await store.unitOfWork.run(({ sessions }) => sessions.find(jar.sessionId));

    expect(found?.session.previousDigest).toBe(hash('sha256', jar.refresh, 'base64url'));
    expect(JSON.stringify(found)).not.toContain(jar.refresh.split('.')[1]);
  });
});

describe('A refresh', () => {
  test('replaces both tokens, and the session goes on until its end', async () => {
    const { edge, answer } = await aBrowser();
    let jar = jarOf(answer);
    for (let minute = 15; minute < 60; minute += 15) {
      edge.clock.advance(ACCESS_MS);
      expectAnswer(await edge.call('GET /api/auth/me', { as: jar.access }), SESSION_EXPIRED);
      const refreshed = await refresh(edge, jar);
      expect(refreshed.status).toBe(200);
      expect(jarOf(refreshed).refresh).not.toBe(jar.refresh);
      jar = jarOf(refreshed);
      expect((await edge.call('GET /api/auth/me', { as: jar.access })).status).toBe(200);
    }
    edge.clock.advance(ACCESS_MS);
    expectAnswer(await refresh(edge, jar), SESSION_EXPIRED);
  });

  test('by two tabs at once gives both the same tokens, and both stay signed in', async () => {
    const { edge, answer } = await aBrowser();
    const jar = jarOf(answer);
    edge.clock.advance(ACCESS_MS);

    const both = await Promise.all([refresh(edge, jar), refresh(edge, jar)]);
    edge.clock.advance(9_999);
    const late = await refresh(edge, jar);

    const tokens = [...both, late].map((one) => jarOf(one).refresh);
    expect(new Set(tokens).size).toBe(1);
    expect((await refresh(edge, jarOf(late))).status).toBe(200);
  });

  test('with an old token ends the session, and tells the log, the events and the person', async () => {
    const { edge, answer, userId, events, mails } = await aBrowser();
    const stolen = jarOf(answer);
    const current = jarOf(await refresh(edge, stolen));
    edge.clock.advance(10_000);

    expectAnswer(await refresh(edge, stolen, { address: '198.51.100.7' }), SESSION_EXPIRED);

    expectAnswer(await refresh(edge, current), SESSION_EXPIRED);
    expectAnswer(await edge.call('GET /api/auth/me', { as: current.access }), SESSION_EXPIRED);
    expect((await events(userId))[0]).toMatchObject({
      action: 'refresh_token_reused',
      actorId: null,
      sessionId: stolen.sessionId,
      address: '198.51.100.7',
    });
    expect((await mails()).map(({ kind, ...mail }) => ('notice' in mail ? mail.notice : kind))).toEqual([
      'welcome',
      'refresh_token_reused',
    ]);
    const warned = edge.lines.filter((line) => line.includes('an old refresh token was used'));
    expect(warned.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 40, sessionId: stolen.sessionId }),
    ]);
    for (const { access, refresh: token } of [stolen, current]) {
      expect(edge.lines.join()).not.toContain(token);
      expect(edge.lines.join()).not.toContain(access);
    }
  });

  test('with the token before the previous one ends the session, even at once', async () => {
    const { edge, answer } = await aBrowser();
    const oldest = jarOf(answer);
    const current = jarOf(await refresh(edge, jarOf(await refresh(edge, oldest))));

    expectAnswer(await refresh(edge, oldest), SESSION_EXPIRED);
    expectAnswer(await refresh(edge, current), SESSION_EXPIRED);
  });

  test.each([
    ['an access token', ({ access }: Jar) => access],
    ['a made-up one', ({ sessionId }: Jar) => `${sessionId}.${'A'.repeat(43)}.${'A'.repeat(43)}`],
    ['a part of it', ({ refresh: token }: Jar) => token.slice(0, -1)],
  ])('with %s ends nothing', async (_, forge) => {
    const { edge, answer } = await aBrowser();
    const jar = jarOf(answer);

    expectAnswer(await refresh(edge, { ...jar, refresh: forge(jar) }), INVALID_TOKEN);
    expect((await refresh(edge, jar)).status).toBe(200);
  });

  test('needs the cookie, and takes no token from elsewhere', async () => {
    const { edge, answer } = await aBrowser();
    const { access, refresh: token } = jarOf(answer);
    const unauthenticated = problem(401, 'unauthenticated', {
      title: 'Unauthorized',
      detail: 'Sign in first: send the refresh cookie',
    });

    expectAnswer(await edge.call('POST /api/auth/refresh', { as: access }), unauthenticated);
    expectAnswer(await edge.call('POST /api/auth/refresh', { as: token }), unauthenticated);
    expect((await edge.call('POST /api/auth/refresh', { body: { token } })).status).toBe(400);
    expectAnswer(await edge.call('GET /api/auth/me', { as: token }), INVALID_TOKEN);
  });

  test('that another site sends is refused', async () => {
    const { edge, answer } = await aBrowser();
    const headers = { Cookie: jarOf(answer).header, 'Sec-Fetch-Site': 'cross-site' };

    expect((await edge.call('POST /api/auth/refresh', { headers })).status).toBe(403);
  });
});

describe('A request whose access cookie has expired', () => {
  test.each([
    ['expired', (jar: Jar) => jar.header],
    ['missing', (jar: Jar) => `refresh=${jar.refresh}`],
  ])('is served by its refresh cookie, and a GET changes no state: %s', async (_, cookieOf) => {
    const { edge, answer, store } = await aBrowser();
    const jar = jarOf(answer);
    edge.clock.advance(ACCESS_MS);
    const before = await store.unitOfWork.run(({ sessions }) => sessions.find(jar.sessionId));

    const me = await edge.call('GET /api/auth/me', { headers: { Cookie: cookieOf(jar) } });

    expect(me.status).toBe(200);
    expect(me.headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual(['session']);
    expect((await edge.call('GET /api/auth/me', { as: jarOf(me).access })).status).toBe(200);
    expect(await store.unitOfWork.run(({ sessions }) => sessions.find(jar.sessionId))).toEqual(before);
  });

  test('gets both cookies anew with an unsafe method', async () => {
    const { edge, answer } = await aBrowser();
    const jar = jarOf(answer);
    edge.clock.advance(ACCESS_MS);

    const opened = await edge.call('POST /api/accounts', { headers: { Cookie: jar.header } });

    expect(opened.status).toBe(201);
    expect(jarOf(opened).refresh).not.toBe(jar.refresh);
    expect((await refresh(edge, jarOf(opened))).status).toBe(200);
  });

  test('keeps its new cookies when it is refused', async () => {
    const { edge, answer } = await aBrowser();
    edge.clock.advance(ACCESS_MS);
    const headers = { Cookie: jarOf(answer).header };

    const refused = await edge.call('POST /api/accounts', { headers, body: { currency: 'none' } });

    expect(refused.status).toBe(400);
    expect((await refresh(edge, jarOf(refused))).status).toBe(200);
  });

  test('keeps its new cookies when its role lacks a second factor', async () => {
    const { edge, answer, email } = await aBrowser({ app: { staffNeedsSecondFactor: true } });
    await edge.bank.grantRole(email, 'auditor');
    edge.clock.advance(ACCESS_MS);

    const refused = await edge.call('POST /api/accounts', { headers: { Cookie: jarOf(answer).header } });

    expect(refused.body).toMatchObject({ code: 'second_factor_setup_required' });
    edge.clock.advance(MINUTE_MS);
    expect((await refresh(edge, jarOf(refused))).status).toBe(200);
  });

  test('does not get an old refresh token accepted, nor ends the session by a GET', async () => {
    const { edge, answer } = await aBrowser();
    const old = jarOf(answer);
    const current = jarOf(await refresh(edge, old));
    edge.clock.advance(ACCESS_MS);

    expectAnswer(
      await edge.call('GET /api/auth/me', { headers: { Cookie: `refresh=${old.refresh}` } }),
      SESSION_EXPIRED,
    );
    expect((await refresh(edge, current)).status).toBe(200);
  });

  test('is not served for an expired Bearer token, whatever cookie comes with it', async () => {
    const { edge, answer } = await aBrowser();
    const jar = jarOf(answer);
    edge.clock.advance(ACCESS_MS);

    expectAnswer(
      await edge.call('GET /api/auth/me', { as: jar.access, headers: { Cookie: jar.header } }),
      SESSION_EXPIRED,
    );
  });

  test('signs out and takes both cookies back', async () => {
    const { edge, answer } = await aBrowser();
    const jar = jarOf(answer);
    edge.clock.advance(ACCESS_MS);

    const signedOut = await edge.call('POST /api/auth/logout', { headers: { Cookie: jar.header } });

    expect(signedOut.headers.getSetCookie()).toEqual(
      ['session', 'refresh'].map((name) => `${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`),
    );
    expectAnswer(await refresh(edge, jar), SESSION_EXPIRED);
  });

  test('presents its session to a sign-in, which ends it', async () => {
    const { edge, answer, email } = await aBrowser();
    const jar = jarOf(answer);
    edge.clock.advance(ACCESS_MS);

    const signedIn = await edge.call('POST /api/auth/login', {
      body: { email, password: PASSWORD },
      headers: { Cookie: jar.header },
    });

    expect(jarOf(signedIn).sessionId).not.toBe(jar.sessionId);
    expectAnswer(await refresh(edge, jar), SESSION_EXPIRED);
  });
});

describe('In two servers on one store', () => {
  type Ends = (edges: readonly [Edge, Edge], jar: Jar, email: string) => Promise<unknown>;

  test.each<[string, Ends]>([
    ['a sign-out', ([here], { access }) => here.call('POST /api/auth/logout', { as: access })],
    [
      'a sign-out everywhere',
      ([here], { access }) => here.call('POST /api/auth/logout/everywhere', { as: access }),
    ],
    [
      'a revocation',
      ([here], { access, sessionId }) => here.call(`DELETE /api/auth/sessions/${sessionId}`, { as: access }),
    ],
  ])('%s makes access and refresh tokens fail here at once, there within a second', async (_, end) => {
    const { edges, answer, email } = await twoServers();
    const [here, there] = edges;
    const jar = jarOf(answer);
    expect((await there.call('GET /api/auth/me', { as: jar.access })).status).toBe(200);
    there.clock.advance(100);

    await end(edges, jar, email);

    expectAnswer(await here.call('GET /api/auth/me', { as: jar.access }), SESSION_EXPIRED);
    expectAnswer(
      await there.call('POST /api/auth/refresh', { headers: { Cookie: jar.header } }),
      SESSION_EXPIRED,
    );
    for (const edge of edges) edge.clock.advance(900);
    expectAnswer(await there.call('GET /api/auth/me', { as: jar.access }), SESSION_EXPIRED);
  });

  test('a locked person is out of both within a second, and learns of it with the right password only', async () => {
    const { edges, store, answer, email } = await twoServers();
    const [here, there] = edges;
    const jar = jarOf(answer);
    for (const edge of edges) await edge.call('GET /api/auth/me', { as: jar.access });

    await store.unitOfWork.run(async ({ users }) => {
      const found = await users.byEmail(email);
      if (found) await users.replace(found.user.lock(here.clock.now()));
    });
    for (const edge of edges) edge.clock.advance(1_000);

    for (const edge of edges) {
      expectAnswer(await edge.call('GET /api/auth/me', { as: jar.access }), SESSION_EXPIRED);
      expectAnswer(
        await edge.call('POST /api/auth/refresh', { headers: { Cookie: jar.header } }),
        SESSION_EXPIRED,
      );
    }
    const signIn = (password: string) => there.call('POST /api/auth/login', { body: { email, password } });
    expect(await signIn('wrong horse')).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect(await signIn(PASSWORD)).toMatchObject({ status: 403, body: { code: 'user_locked' } });
  });

  test('two refreshes at once give the same tokens', async () => {
    const { edges, answer } = await twoServers();
    const jar = jarOf(answer);
    for (const edge of edges) edge.clock.advance(ACCESS_MS);

    const both = await Promise.all(edges.map((edge) => refresh(edge, jar)));

    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(both.map((one) => jarOf(one).refresh)).size).toBe(1);
  });
});

type Jar = {
  readonly access: string;
  readonly refresh: string;
  readonly sessionId: string;
  /** The header of a browser that holds both cookies. */
  readonly header: string;
};

function jarOf({ headers }: Answer): Jar {
  const pairs = headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const valueOf = (name: string) => pairs.find((pair) => pair.includes(`${name}=`))?.split('=')[1] ?? '';
  const [access, token] = [valueOf('session'), valueOf('refresh')];
  return { access, refresh: token, sessionId: token.split('.')[0] ?? '', header: pairs.join('; ') };
}

function refresh(edge: Edge, jar: Jar, options: CallOptions = {}): Promise<Answer> {
  return edge.call('POST /api/auth/refresh', { headers: { Cookie: `refresh=${jar.refresh}` }, ...options });
}

/** A browser that has just registered. */
async function aBrowser({ app = {} }: { app?: object } = {}) {
  const store = createMemoryStore({ rehearsals: 1 });
  return { store, ...(await registered(anEdge(store, app), store)) };
}

/** The banks of two processes, of which the first has registered a browser. */
async function twoServers() {
  const path = join(await mkdtemp(join(tmpdir(), 'passbook-')), 'bank.db');
  const open = () => openSqliteStore({ path, clockToleranceMs: Infinity });
  const [store, second] = [await open(), await open()];
  onTestFinished(async () => {
    await store.close();
    await second.close();
    await rm(dirname(path), { recursive: true });
  });
  const edges = [anEdge(store), anEdge(second)] as const;
  return { store, edges, ...(await registered(edges[0], store)) };
}

function anEdge(store: BankPorts['store'], app: object = {}): Edge {
  return new Edge({ app, store, sessionLifetimeMs: HOUR_MS, accessTokenLifetimeMs: ACCESS_MS });
}

async function registered(edge: Edge, store: BankPorts['store']) {
  const email = `${freshId()}@example.com`;
  const body = { name: 'Alice', email, password: PASSWORD };
  const answer = await edge.call('POST /api/auth/register', { body });
  const userId = (answer.body as { user: { id: string } }).user.id;
  const events = (of: string): Promise<readonly SecurityEvent[]> =>
    store.unitOfWork.run(({ securityEvents }) =>
      securityEvents.list({ userId: of, before: null, limit: 50 }),
    );
  const mails = () => new TestBank({ store, clock: edge.clock }).takeMessages();
  return { edge, answer, email, userId, events, mails };
}

describe('A person’s sessions', () => {
  test('are listed with device, address and last use, and revoked by their person alone', async () => {
    const { edge, answer, email } = await aBrowser();
    const [here, bob] = [jarOf(answer), await edge.register('Bob')];
    edge.clock.advance(MINUTE_MS);
    const phone = await edge.call('POST /api/auth/login', {
      body: { email, password: PASSWORD },
      headers: { 'User-Agent': 'Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0' },
      address: '192.0.2.1',
    });
    const there = jarOf(phone);
    const timesOf = (at: number) => ({
      createdAt: new Date(at).toISOString(),
      lastUsedAt: new Date(at).toISOString(),
      methods: ['password'],
      expiresAt: new Date(at + HOUR_MS).toISOString(),
    });
    const revoke = (id: string, as: string) => edge.call(`DELETE /api/auth/sessions/${id}`, { as });

    expectAnswer(await edge.call('GET /api/auth/sessions', { as: here.access }), {
      status: 200,
      body: {
        sessions: [
          {
            id: here.sessionId,
            current: true,
            device: null,
            address: 'unknown',
            ...timesOf(edge.clock.now() - MINUTE_MS),
          },
          {
            id: there.sessionId,
            current: false,
            device: 'Firefox on Android',
            address: '192.0.2.1',
            ...timesOf(edge.clock.now()),
          },
        ],
      },
    });
    const unknown = await revoke(freshId(), here.access);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'session_not_found' } });
    expect((await revoke(there.sessionId, bob.token)).text).toBe(unknown.text);
    expectAnswer(await revoke(there.sessionId, here.access), { status: 204, body: undefined });
    expectAnswer(await refresh(edge, there), SESSION_EXPIRED);
    expect((await revoke(there.sessionId, here.access)).text).toBe(unknown.text);
    expect((await edge.call('GET /api/auth/me', { as: here.access })).status).toBe(200);
  });
});
