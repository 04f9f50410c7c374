import { beforeEach, describe, expect, test } from 'vitest';
import { StoreWatch } from '../../../src/application/availability/store-watch.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';
import { Edge, expectAnswer, PASSWORD, problem } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';
import { allOperations, filled } from '../../support/operations.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const SINCE = new Date(new FixedClock().now()).toISOString();
const REFUSED = problem(503, 'maintenance', {
  title: 'Service Unavailable',
  detail: 'The bank takes no changes during maintenance, nothing was done',
  retry: 'same_key',
  since: SINCE,
});

describe('During maintenance', () => {
  let alice: Person;
  let account: string;
  let edge: Edge;

  beforeEach(async () => {
    const before = new Edge();
    alice = await before.register('Alice');
    account = await before.account(alice, 500);
    const watch = new StoreWatch({ store: before.store, clock: before.clock, log, isMaintenance: true });
    edge = new Edge({ store: watch.store, app: { availability: watch } });
  });

  const changes = allOperations.map(([route]) => route).filter((route) => !route.startsWith('GET '));

  test.each(changes)('%s is refused, with a session or without one', async (route) => {
    const path = filled(route, () => account);
    const refused = await edge.call(path, { as: alice.token, body: {} });
    expectAnswer(refused, REFUSED);
    expect(refused.headers.get('retry-after')).toBe('30');
    expectAnswer(await edge.call(path), REFUSED);
  });

  test('a session reads on: balances, statements, transactions, the person', async () => {
    const paths = [`balance/${account}`, account, `${account}/statement`, `${account}/entries`].map(
      (path) => `/api/accounts/${path}`,
    );
    for (const path of [
      ...paths,
      '/api/accounts',
      '/api/transactions',
      '/api/auth/me',
      '/api/auth/sessions',
    ]) {
      expect([path, (await edge.call(`GET ${path}`, { as: alice.token })).status]).toEqual([path, 200]);
    }
  });

  test('a refused sign-in does not tell whether the password was right', async () => {
    const signIn = (password: string) =>
      edge.call('POST /api/auth/login', { body: { email: alice.email, password } });
    expectAnswer(await signIn(PASSWORD), REFUSED);
    expectAnswer(await signIn('another password'), REFUSED);
  });

  test('a refused sign-out takes the cookies from the browser', async () => {
    const headers = { Cookie: `session=${alice.token}` };
    for (const path of ['/api/auth/logout', '/api/auth/logout/everywhere']) {
      const refused = await edge.call(`POST ${path}`, { headers, body: {} });
      expectAnswer(refused, REFUSED);
      expect(refused.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^session=; Max-Age=0;/),
        expect.stringMatching(/^refresh=; Max-Age=0;/),
      ]);
    }
  });

  test('the server is ready, and says what it does not do', async () => {
    expectAnswer(await edge.call('GET /readyz'), {
      status: 200,
      body: { status: 'maintenance', since: SINCE },
    });
    expectAnswer(await edge.call('GET /healthz'), { status: 200, body: { status: 'ok' } });
  });
});

describe('While the store fails', () => {
  test('readiness names the component and since when, and changes are refused with the same facts', async () => {
    const before = new Edge();
    const alice = await before.register('Alice');
    const account = await before.account(alice, 500);
    const store = {
      ...before.store,
      check: () => Promise.reject(new PassbookError('storage_full', { retryAfterSeconds: 10 })),
    };
    const watch = new StoreWatch({ store, clock: before.clock, log });
    const edge = new Edge({ store: watch.store, app: { availability: watch } });
    const full = problem(503, 'storage_full', {
      title: 'Service Unavailable',
      detail: 'The store has no space left, nothing was done',
      retry: 'same_key',
      component: 'store',
      since: SINCE,
    });

    const ready = await edge.call('GET /readyz');
    expectAnswer(ready, full);
    expect(ready.headers.get('retry-after')).toBe('10');
    const body = { fromAccount: account, toAccount: freshId(), amount: 1, idempotencyKey: freshId() };
    expectAnswer(await edge.call('POST /api/transactions', { as: alice.token, body }), full);
    expect((await edge.call(`GET /api/accounts/balance/${account}`, { as: alice.token })).status).toBe(200);
    watch.close();
  });
});
