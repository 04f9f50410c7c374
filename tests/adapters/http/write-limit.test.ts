import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { problemHandler } from '../../../src/adapters/http/responses/problem.ts';
import type { CallerEnv } from '../../../src/adapters/http/env.ts';
import { WriteThrottle } from '../../../src/adapters/http/middleware/write-throttle.ts';
import { aUser, freshId } from '../../../src/testing/fixtures/builders.ts';
import { Edge } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';

const MISSING = 'no-such-account';

function transfer(from = MISSING, to = 'another') {
  return { fromAccount: from, toAccount: to, amount: 1 };
}

/** Each route that writes for a customer, with a request that ends as a refusal. */
const WRITES: readonly (readonly [route: string, body: object])[] = [
  ['POST /api/transactions', { ...transfer(), idempotencyKey: 'a' }],
  ['POST /api/transactions/batch', { transfers: [transfer()], idempotencyKey: 'b' }],
  [`POST /api/transactions/${MISSING}/capture`, { idempotencyKey: 'c' }],
  [`POST /api/transactions/${MISSING}/void`, { idempotencyKey: 'd' }],
  [`POST /api/transactions/${MISSING}/reverse`, { idempotencyKey: 'e' }],
  ['POST /api/payees/check', { number: MISSING, name: 'x' }],
  ['POST /api/payees', { number: MISSING }],
  [`PATCH /api/payees/${MISSING}`, { label: 'x' }],
  [`DELETE /api/payees/${MISSING}`, {}],
  ['POST /api/accounts', {}],
  [`PATCH /api/accounts/${MISSING}`, { name: 'x' }],
  [`PUT /api/accounts/${MISSING}/metadata`, { metadata: null }],
  [`POST /api/accounts/${MISSING}/close`, { idempotencyKey: 'f' }],
];

async function spend(edge: Edge, person: Person, count: number) {
  const statuses: number[] = [];
  for (let at = 0; at < count; at++) {
    const answer = await edge.call('POST /api/transactions', {
      as: person.token,
      body: { ...transfer(), idempotencyKey: freshId() },
    });
    statuses.push(answer.status);
  }
  return statuses;
}

function batchOf(count: number) {
  return { transfers: Array.from({ length: count }, () => transfer()), idempotencyKey: freshId() };
}

describe('the limit of writes', () => {
  it.each(WRITES)('refuses %s before the rest of the request is checked', async (route, body) => {
    const edge = new Edge({ app: { writes: { perMinute: 60, atOnce: 2, now: () => 0 } } });
    const person = await edge.register();
    await spend(edge, person, 2);

    for (const sent of [body, 'no JSON']) {
      const refused = await edge.call(route, { as: person.token, body: sent });
      expect(refused.body).toMatchObject({ status: 429, code: 'too_many_requests', retry: 'same_key' });
      expect(Number(refused.headers.get('retry-after'))).toBe(1);
    }
    const others = await edge.register();
    expect((await edge.call(route, { as: others.token, body })).status).not.toBe(429);
  });

  it('records nothing of a refused request, so that its key works later', async () => {
    let now = 0;
    const writes = new WriteThrottle({ perMinute: 60, atOnce: 1, now: () => now });
    const app = anApp(writes);
    expect((await app.request('/1', { method: 'POST' })).status).toBe(200);
    const refused = await app.request('/1', { method: 'POST' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    now = 1000;
    expect((await app.request('/1', { method: 'POST' })).status).toBe(200);
  });

  it('counts each transfer of a batch, and only the first of a refused batch', async () => {
    const edge = new Edge({ app: { writes: { perMinute: 60, atOnce: 10, now: () => 0 } } });
    const person = await edge.register();
    const batch = (count: number) =>
      edge.call('POST /api/transactions/batch', { as: person.token, body: batchOf(count) });
    expect((await batch(6)).status).toBe(200);
    const refused = await batch(5);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBe(2);
    expect((await batch(3)).status).toBe(200);
    expect((await batch(1)).status).toBe(429);
  });

  it('says when it will accept a refused batch', async () => {
    let now = 0;
    const app = anApp(new WriteThrottle({ perMinute: 60, atOnce: 10, now: () => now }));
    const send = (count: number) => app.request(`/${count}`, { method: 'POST' });
    expect((await send(8)).status).toBe(200);
    const refused = await send(7);
    expect(refused.status).toBe(429);
    now += Number(refused.headers.get('retry-after')) * 1_000;
    expect((await send(7)).status).toBe(200);
  });

  it('accepts the largest batch five times in a row by default, and no more', async () => {
    const app = anApp(new WriteThrottle({ now: () => 0 }));
    const send = (count: number) => app.request(`/${count}`, { method: 'POST' });
    for (let count = 0; count < 5; count++) expect((await send(1000)).status).toBe(200);
    expect((await send(1000)).status).toBe(429);
    expect((await send(1)).status).toBe(429);
  });

  it('refills at the rate per minute, up to the size of a burst', async () => {
    let now = 0;
    const app = anApp(new WriteThrottle({ perMinute: 6_000, atOnce: 100, now: () => now }));
    const send = (count: number) => app.request(`/${count}`, { method: 'POST' });
    await send(100);
    now += 500;
    expect([(await send(50)).status, (await send(1)).status]).toEqual([200, 429]);
    now += 3_600_000;
    expect([(await send(100)).status, (await send(1)).status]).toEqual([200, 429]);
  });

  it('does not apply to the system, and is off at 0', async () => {
    const edge = new Edge({ app: { writes: { perMinute: 60, atOnce: 1, now: () => 0 } } });
    const system = await edge.register('System', { role: 'system' });
    expect(await spend(edge, system, 4)).toEqual([404, 404, 404, 404]);
    const auditor = await edge.register('Auditor', { role: 'auditor' });
    expect(await spend(edge, auditor, 2)).toEqual([404, 429]);

    const free = new Edge({ app: { writes: { perMinute: 0, atOnce: 1 } } });
    expect(await spend(free, await free.register(), 4)).toEqual([404, 404, 404, 404]);
  });

  it('remembers a bounded number of people, those with the latest writes', async () => {
    const writes = new WriteThrottle({ perMinute: 60, atOnce: 1, maxPeople: 2, now: () => 0 });
    const apps = [1, 2, 3].map(() => anApp(writes, aUser({ id: freshId() })));
    const statuses: number[] = [];
    for (const app of [...apps, ...apps.toReversed()]) {
      statuses.push((await app.request('/1', { method: 'POST' })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 200]);
  });
});

/** Takes as many commands as its path says. */
function anApp(writes: WriteThrottle, user = aUser()) {
  const log = { info() {}, warn() {}, error() {} };
  const app = new Hono<CallerEnv>();
  app.onError(problemHandler({ log }) as never);
  app.use(async (c, next) => {
    c.set('caller', user);
    await next();
  });
  return app.post('/:count', writes.limited, (c) => {
    writes.takeRest(c, Number(c.req.param('count')));
    return c.text('taken');
  });
}
