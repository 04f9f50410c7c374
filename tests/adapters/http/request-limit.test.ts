import { describe, expect, it, vi } from 'vitest';
import { startServer } from '../../../src/adapters/http/index.ts';
import { RequestLimit } from '../../../src/adapters/http/middleware/request-limit.ts';
import type { SharedCounts } from '../../../src/application/ports/shared-counts.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { Edge, expectAnswer, problem } from '../../support/edge.ts';

const MINUTE = 60_000;
/** 18 seconds into a minute. */
const NOW = 1_000 * MINUTE + 18_000;

const REFUSED = problem(429, 'too_many_requests', {
  title: 'Too Many Requests',
  detail: 'Too many requests, slow down: at most 3 in a minute, and the next one begins in 42 s',
  retry: 'same_key',
});

function anEdge({ perMinute = 3, now = () => NOW } = {}) {
  return new Edge({ app: { requests: { perMinute, now } } });
}

function limitIn(headers: Headers) {
  return [headers.get('ratelimit-policy'), headers.get('ratelimit')];
}

describe('the limit of requests', () => {
  it("counts each person's requests over all routes, and answers with the remainder", async () => {
    const edge = anEdge();
    const [ada, bob] = [await edge.register('Ada'), await edge.register('Bob')];
    const policy = '"requests";q=3;w=60';
    const lefts = [];
    for (const route of ['GET /api/auth/me', 'POST /api/transactions', 'GET /api/nowhere']) {
      lefts.push(limitIn((await edge.call(route, { as: ada.token })).headers));
    }
    expect(lefts).toEqual([
      [policy, '"requests";r=2;t=42'],
      [policy, '"requests";r=1;t=42'],
      [policy, '"requests";r=0;t=42'],
    ]);

    for (const route of ['GET /api/accounts', 'POST /api/accounts', 'DELETE /api/accounts']) {
      const refused = await edge.call(route, { as: ada.token, body: route.startsWith('P') ? {} : undefined });
      expectAnswer(refused, REFUSED);
      expect(limitIn(refused.headers)).toEqual([policy, '"requests";r=0;t=42']);
      expect(refused.headers.get('retry-after')).toBe('42');
    }
    expect((await edge.call('GET /api/accounts', { as: bob.token })).status).toBe(200);
  });

  it('permits requests again in the next minute, with the same key', async () => {
    let now = NOW;
    const edge = anEdge({ perMinute: 1, now: () => now });
    const ada = await edge.register('Ada');
    const body = { idempotencyKey: freshId() };
    await edge.call('GET /api/auth/me', { as: ada.token });
    expect((await edge.call('POST /api/accounts', { as: ada.token, body })).status).toBe(429);
    now += 42_000 - 1;
    expect((await edge.call('POST /api/accounts', { as: ada.token, body })).status).toBe(429);
    now += 1;
    expect((await edge.call('POST /api/accounts', { as: ada.token, body })).status).toBe(201);
  });

  it('counts by network for anonymous callers, on every route', async () => {
    const edge = anEdge({ perMinute: 5 });
    const ada = await edge.register('Ada');
    const call = (route: string, address: string, as?: string) =>
      edge.call(route, { address, ...(as === undefined ? {} : { as }) });
    const statuses = [];
    for (const [route, as] of [
      ['GET /api/auth/me'],
      ['GET /api/auth/me', 'no-token'],
      ['GET /docs/errors', ada.token],
      ['GET /nowhere'],
      ['PUT /api/accounts'],
      ['POST /api/auth/login'],
    ] as const) {
      statuses.push((await call(route, '2001:db8::1', as)).status);
    }
    expect(statuses).toEqual([401, 401, 200, 404, 405, 429]);

    expect((await call('GET /api/auth/me', '2001:db8::ffff')).status).toBe(429);
    expect((await call('GET /api/auth/me', '2001:db8:0:1::1')).status).toBe(401);
    expect((await call('GET /api/auth/me', '2001:db8::1', ada.token)).status).toBe(200);
  });

  it('does not apply to health checks', async () => {
    const edge = anEdge({ perMinute: 1 });
    await edge.call('GET /docs/errors');
    for (const route of ['GET /healthz', 'GET /readyz', 'GET /healthz/']) {
      const answer = await edge.call(route);
      expect([answer.status, ...limitIn(answer.headers)]).toEqual([200, null, null]);
    }
    expect((await edge.call('GET /docs/errors')).status).toBe(429);
  });

  it('is generous by default, and off at 0', async () => {
    const byDefault = await new Edge().call('GET /nowhere');
    expect(byDefault.headers.get('ratelimit-policy')).toBe('"requests";q=30000;w=60');

    const free = await anEdge({ perMinute: 0 }).call('GET /nowhere');
    expect([free.status, ...limitIn(free.headers)]).toEqual([404, null, null]);
  });

  it('appears in answers over HTTP too', async () => {
    const edge = anEdge({ perMinute: 1 });
    const server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
    try {
      const get = () => fetch(`http://127.0.0.1:${server.port}/docs/errors`);
      const [taken, refused] = [await get(), await get()];
      expect(taken.headers.get('ratelimit')).toBe('"requests";r=0;t=42');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '42']);
      expect(limitIn(refused.headers)).toEqual(['"requests";q=1;w=60', '"requests";r=0;t=42']);
    } finally {
      await server.close();
    }
  });

  it('remembers a bounded number of callers', () => {
    const limit = new RequestLimit({ perMinute: 1, maxCallers: 2, now: () => NOW });
    const refused = ['a', 'b', 'b', 'c', 'b', 'a'].map((caller) => limit.take(caller).isRefused);
    expect(refused).toEqual([false, false, true, false, true, false]);
  });
});

describe('several servers', () => {
  /** Two limits that share their counts. */
  function twoServers(shared: SharedCounts) {
    const terms = { perMinute: 100, shared, now: () => NOW };
    return [new RequestLimit(terms), new RequestLimit(terms)] as const;
  }

  async function takeMany(limit: RequestLimit, count: number): Promise<number> {
    let taken = 0;
    for (let at = 0; at < count; at++) {
      if (!limit.take('a').isRefused) taken++;
      // The counts of the other server arrive
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return taken;
  }

  it('share the count of a busy caller', async () => {
    const [one, other] = twoServers(new CountsInMemory());
    expect(await takeMany(one, 60)).toBe(60);
    // Its first tenth goes uncompared
    expect(await takeMany(other, 60)).toBe(40);
    expect(one.take('b').left).toBe(99);
  });

  it('query the database once for each tenth of the limit, and not for a quiet caller', async () => {
    const counts = new CountsInMemory();
    const add = vi.spyOn(counts, 'add');
    const [limit] = twoServers(counts);
    await takeMany(limit, 9);
    expect(add).toHaveBeenCalledTimes(0);
    await takeMany(limit, 91);
    expect(add).toHaveBeenCalledTimes(10);
    expect([...(add.mock.calls[0]?.[1] ?? [])]).toEqual([[expect.stringMatching(/^[\w-]{43}$/), 10]]);
  });

  it('count separately if the database fails', async () => {
    const [one, other] = twoServers({ add: () => Promise.reject(new Error('down')) });
    expect(await takeMany(one, 120)).toBe(100);
    expect(await takeMany(other, 120)).toBe(100);
  });
});

class CountsInMemory implements SharedCounts {
  readonly #sums = new Map<string, number>();

  async add(_: number, counts: ReadonlyMap<string, number>) {
    for (const [name, count] of counts) this.#sums.set(name, (this.#sums.get(name) ?? 0) + count);
    return new Map([...counts.keys()].map((name) => [name, this.#sums.get(name) ?? 0]));
  }
}
