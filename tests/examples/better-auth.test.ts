import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLedger } from 'passbook-ledger';
import type { Ledger } from 'passbook-ledger';
import { createMemoryStore } from 'passbook-ledger/memory';
import { createApp } from '../../examples/better-auth/app.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';

const password = 'correct horse battery';

describe('the example of Better Auth', () => {
  let ledger: Ledger;
  let app: ReturnType<typeof createApp>;
  let server: ReturnType<typeof serve>;
  let origin: string;

  beforeEach(async () => {
    ledger = createLedger({ store: createMemoryStore() });
    server = serve({ fetch: (request) => app.fetch(request), port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    app = createApp({ ledger, origin, secret: 'a secret of at least thirty-two characters' });
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  function send(path: string, { body, cookie = '' }: { body?: object; cookie?: string } = {}) {
    return fetch(origin + path, {
      method: body ? 'POST' : 'GET',
      headers: { 'Content-Type': 'application/json', Origin: origin, Cookie: cookie },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  async function signIn(name: string): Promise<string> {
    const email = `${name.toLowerCase()}@example.com`;
    const signUp = await send('/api/auth/sign-up/email', { body: { name, email, password } });
    expect(signUp.status).toBe(200);
    const answer = await send('/api/auth/sign-in/email', { body: { email, password } });
    expect(answer.status).toBe(200);
    return answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';', 1)[0])
      .join('; ');
  }

  async function open(cookie: string): Promise<string> {
    const answer = await send('/bank/accounts', { body: {}, cookie });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { account: { id: string } }).account.id;
  }

  test('lets people who sign in by its cookie open accounts and pay each other', async () => {
    const [ada, bob] = [await signIn('Ada'), await signIn('Bob')];
    const [from, to] = [await open(ada), await open(bob)];
    const funds = { destinationAccountId: from, amount: 1_000n, idempotencyKey: 'opening' };
    await ledger.fundAccount(SYSTEM, funds);
    const payment = { fromAccount: from, toAccount: to, amount: 250, idempotencyKey: 'lunch-1' };

    const stolen = await send('/bank/transactions', { body: payment, cookie: bob });
    expect(stolen.status).toBe(404);
    const paid = await send('/bank/transactions', { body: payment, cookie: ada });
    expect(await paid.json()).toMatchObject({
      transaction: { status: 'completed' },
      balances: [{ accountId: from, balance: 750 }],
    });
    const history = await send('/bank/transactions', { cookie: bob });
    expect(await history.json()).toMatchObject({ transactions: [{ counterparty: { name: 'Ada' } }] });
  });

  test('opens the bank to nobody without a session, nor after sign-out', async () => {
    expect((await send('/bank/accounts')).status).toBe(401);
    const ada = await signIn('Ada');
    expect((await send('/bank/accounts', { cookie: ada })).status).toBe(200);
    await send('/api/auth/sign-out', { body: {}, cookie: ada });
    expect((await send('/bank/accounts', { cookie: ada })).status).toBe(401);
  });
});
