import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { startServer } from '../../../src/adapters/http/index.ts';
import type { RunningServer } from '../../../src/adapters/http/index.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';

const APP = 'https://app.example';
const STRANGER = 'https://evil.example';
const EXPOSED =
  'Allow, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id';

/** The headers of CORS in an answer. */
function corsIn(headers: Headers) {
  const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
  return Object.fromEntries(names.map((name) => [name.slice('access-control-'.length), headers.get(name)]));
}

const ALLOWED = { 'allow-origin': APP, 'allow-credentials': 'true', 'expose-headers': EXPOSED };

describe('a page of another origin', () => {
  let server: RunningServer;
  let edge: Edge;

  beforeAll(async () => {
    edge = new Edge({ app: { allowedOrigins: [APP, 'http://localhost:5173'] } });
    server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
  });
  afterAll(() => server.close());

  function call(path: string, headers: Record<string, string>, init: RequestInit = {}) {
    return fetch(`http://127.0.0.1:${server.port}${path}`, { ...init, headers });
  }

  function preflight(Origin: string) {
    const headers = { Origin, 'Access-Control-Request-Method': 'POST' };
    return call('/api/transactions', headers, { method: 'OPTIONS' });
  }

  it('may send any request of the API where its origin is allowed', async () => {
    const answer = await preflight(APP);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(corsIn(answer.headers)).toEqual({
      'allow-origin': APP,
      'allow-credentials': 'true',
      'allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'allow-headers': 'Authorization, Content-Type, Idempotency-Key, X-Request-Id',
      'max-age': '3600',
    });
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  it('may read the answers, the errors too', async () => {
    const { token: as } = await edge.register();
    for (const [path, status] of [
      ['/api/accounts', 200],
      ['/api/accounts/none', 404],
      ['/nowhere', 404],
    ] as const) {
      const answer = await call(path, { Origin: APP, Authorization: `Bearer ${as}` });
      expect(answer.status).toBe(status);
      expect(corsIn(answer.headers)).toEqual(ALLOWED);
    }
    const refused = await call('/api/accounts', { Origin: APP });
    expect([refused.status, corsIn(refused.headers)]).toEqual([401, ALLOWED]);
  });

  it.each([STRANGER, 'null', 'https://app.example.evil.example', 'http://app.example', `${APP}:8443`])(
    'of %s gets no header that lets it',
    async (Origin) => {
      expect((await preflight(Origin)).status).toBe(405);
      for (const answer of [await preflight(Origin), await call('/api/accounts', { Origin })]) {
        expect(corsIn(answer.headers)).toEqual({});
        expect(answer.headers.get('vary')).toBe('Origin');
      }
    },
  );

  it('may use the session cookie where its origin is allowed, and nowhere else', async () => {
    const { email } = await edge.register();
    const post = (path: string, headers: Record<string, string>, body: object) =>
      call(
        path,
        { ...headers, 'Content-Type': 'application/json' },
        {
          method: 'POST',
          body: JSON.stringify(body),
        },
      );
    const site = { 'Sec-Fetch-Site': 'same-site' };
    const signedIn = await post('/api/auth/login', { Origin: APP, ...site }, { email, password: PASSWORD });
    expect(signedIn.status).toBe(200);

    const Cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const statuses = [];
    for (const Origin of [APP, STRANGER]) {
      statuses.push((await post('/api/accounts', { Origin, Cookie, ...site }, {})).status);
    }
    expect(statuses).toEqual([201, 403]);
  });

  it('gets nothing by default', async () => {
    const closed = new Edge();
    const headers = { Origin: APP, 'Access-Control-Request-Method': 'POST' };
    const answer = await closed.call('OPTIONS /api/transactions', { headers });
    expect([answer.status, corsIn(answer.headers), answer.headers.get('vary')]).toEqual([405, {}, null]);
  });
});

describe.skipIf(!hasBrowser)('a page of another origin in a browser', () => {
  let pages: Server;
  let server: RunningServer;
  let browser: Browser;
  let bank: string;
  let origins: readonly [allowed: string, other: string];

  beforeAll(async () => {
    pages = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>app</p>'));
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const { port } = pages.address() as { port: number };
    // The same site as the bank, and another one
    origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
    const edge = new Edge({ app: { allowedOrigins: [origins[0]] } });
    // The browser drops a cookie that its own clock calls expired
    edge.clock.advance(Date.now() - edge.clock.now());
    server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
    bank = `http://127.0.0.1:${server.port}`;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await new Promise((resolve) => pages.close(resolve));
  });

  /** Registers from a page, then opens an account by the cookie and another one by the token. */
  async function walkFrom(origin: string, email: string) {
    const page = await browser.newPage();
    await page.goto(origin);
    const walked = await page.evaluate(
      async ({ api, person }) => {
        const post = (path: string, body: object, headers: Record<string, string> = {}) =>
          fetch(`${api}${path}`, {
            method: 'POST',
            credentials: 'include',
            headers: { 'Content-Type': 'application/json', ...headers },
            body: JSON.stringify(body),
          });
        try {
          const registered = await post('/auth/register', person);
          const { token } = (await registered.json()) as { token: string };
          const byCookie = await post('/accounts', {});
          const byToken = await post('/accounts', {}, { Authorization: `Bearer ${token}` });
          return [registered.status, byCookie.status, byToken.status, byToken.headers.has('ratelimit')];
        } catch (error) {
          return String(error);
        }
      },
      { api: `${bank}/api`, person: { name: 'Ada', email, password: PASSWORD } },
    );
    await page.close();
    return walked;
  }

  it('works with the cookie and with the token where it is allowed', async () => {
    expect(await walkFrom(origins[0], 'ada@example.com')).toEqual([201, 201, 201, true]);
  });

  it('can send nothing where it is not', async () => {
    expect(await walkFrom(origins[1], 'bob@example.com')).toBe('TypeError: Failed to fetch');
  });
});
