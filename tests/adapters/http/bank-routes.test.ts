import { Hono } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBankRoutes } from '../../../src/adapters/http/bank-routes.ts';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import type { Viewer } from '../../../src/domain/actor.ts';
import { createLedger } from '../../../src/index.ts';
import type { Ledger } from '../../../src/index.ts';

const PEOPLE: Readonly<Record<string, Viewer>> = {
  ada: { kind: 'user', id: 'ada', name: 'Ada' },
  bob: { kind: 'user', id: 'bob', name: 'Bob' },
  bank: { kind: 'system' },
  auditor: { kind: 'auditor', id: 'auditor' },
};

describe('Mounted routes', () => {
  let ledger: Ledger;
  let app: Hono;
  const faults: string[] = [];

  beforeEach(() => {
    faults.length = 0;
    ledger = createLedger({ store: createMemoryStore() });
    const log = { info() {}, warn() {}, error: (_: object, event: string) => void faults.push(event) };
    const routes = createBankRoutes({
      ledger,
      log,
      actorOf: (request) => PEOPLE[request.headers.get('x-person') ?? ''] ?? null,
      errorsPage: 'https://example.com/errors',
    });
    app = new Hono().get('/', (c) => c.text('my app')).route('/bank', routes);
  });

  async function send(as: string, route: string, body?: object, headers: Record<string, string> = {}) {
    const [method = '', path = ''] = route.split(' ');
    const response = await app.request(`/bank${path}`, {
      method,
      headers: {
        'X-Person': as,
        ...(body ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function open(as: string): Promise<string> {
    const { body } = await send(as, 'POST /accounts');
    return (body['account'] as { id: string }).id;
  }

  test('move money for people who sign in by the app that mounts them', async () => {
    const [from, to] = [await open('ada'), await open('bob')];
    const funded = { toAccount: from, amount: 1_000, idempotencyKey: 'fund' };
    expect(await send('bank', 'POST /transactions/system/initial-funds', funded)).toMatchObject({
      status: 200,
    });
    const payment = { fromAccount: from, toAccount: to, amount: 250, idempotencyKey: 'pay' };
    expect(await send('ada', 'POST /transactions', payment)).toMatchObject({
      status: 200,
      body: { transaction: { status: 'completed' }, balances: [{ accountId: from, balance: 750 }] },
    });
    expect(await send('bob', 'POST /transactions', { ...payment, idempotencyKey: 'steal' })).toMatchObject({
      status: 404,
      body: { code: 'source_account_not_found' },
    });
    expect(await ledger.getBalance({ kind: 'user', id: 'bob' }, to)).toMatchObject({ balance: 250n });
    const { body: history } = await send('bob', 'GET /transactions');
    expect(history).toMatchObject({ transactions: [{ counterparty: { name: 'Ada' } }] });
  });

  test('hold each actor to its role', async () => {
    const account = await open('ada');
    const freeze = { reason: 'lost card' };
    expect(await send('ada', `POST /system/accounts/${account}/freeze`, freeze)).toMatchObject({
      status: 403,
    });
    expect(await send('auditor', `POST /system/accounts/${account}/freeze`, freeze)).toMatchObject({
      status: 403,
    });
    expect(await send('bank', `POST /system/accounts/${account}/freeze`, freeze)).toMatchObject({
      status: 200,
    });
    expect(await send('auditor', 'GET /system/audit')).toMatchObject({
      status: 200,
      body: { records: [{ action: 'account_frozen' }] },
    });
  });

  test('answer 401 without an actor, and link to the page of errors', async () => {
    expect(await send('nobody', 'GET /accounts')).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated', type: 'https://example.com/errors#unauthenticated' },
    });
  });

  test('link to no page if there is none', async () => {
    app = new Hono().route('/', createBankRoutes({ ledger, actorOf: () => null }));
    const response = await app.request('/accounts');
    expect(await response.json()).toMatchObject({ type: 'about:blank', code: 'unauthenticated' });
  });

  test('refuse what another site makes a browser send', async () => {
    const answer = await send('ada', 'POST /accounts', undefined, { 'Sec-Fetch-Site': 'cross-site' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
  });

  test('leave the other routes to the app, and bring no users', async () => {
    expect(await (await app.request('/')).text()).toBe('my app');
    expect(
      (await app.request('/bank/system/users?email=a', { headers: { 'X-Person': 'bank' } })).status,
    ).toBe(404);
    expect((await app.request('/bank/auth/login', { method: 'POST' })).status).toBe(404);
  });

  test('answer 500 and log it if the app cannot say who it is', async () => {
    app = new Hono().route(
      '/bank',
      createBankRoutes({
        ledger,
        log: { info() {}, warn() {}, error: (_, event) => void faults.push(event) },
        actorOf: () => Promise.reject(new Error('the session store is down')),
      }),
    );
    expect(await send('ada', 'GET /accounts')).toMatchObject({
      status: 500,
      body: { code: 'internal_error' },
    });
    expect(faults).toEqual(['request failed']);
  });
});
