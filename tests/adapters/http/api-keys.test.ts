import { describe, expect, test } from 'vitest';
import { apiKeyFormat } from '../../../src/adapters/security/index.ts';
import type { ApiKeyScope } from '../../../src/domain/entities/credential.ts';
import { API_KEY_SCOPES } from '../../../src/domain/entities/credential.ts';
import { aTotpOf, signIn } from '../../support/authenticator-app.ts';
import { allOperations, filled } from '../../support/operations.ts';
import { Edge, expectAnswer, INVALID_TOKEN, PASSWORD, problem, UNAUTHENTICATED } from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';

const DAY_MS = 24 * 3_600_000;

type Made = { readonly id: string; readonly secret: string };
type KeyTerms = {
  readonly scopes?: readonly ApiKeyScope[];
  readonly accounts?: readonly string[];
  readonly transferLimit?: number;
  readonly expiresInDays?: number;
};

async function aKey(edge: Edge, owner: Person, terms: KeyTerms = {}): Promise<Made> {
  const body = { name: 'Payroll', password: PASSWORD, scopes: API_KEY_SCOPES, ...terms };
  const answer = await edge.call('POST /api/auth/keys', { as: owner.token, body });
  expect(answer.status).toBe(201);
  const { apiKey, secret } = answer.body as { apiKey: { id: string }; secret: string };
  return { id: apiKey.id, secret };
}

function codeOf({ status, body }: Answer): string {
  return `${status} ${(body as { code?: string } | undefined)?.code ?? ''}`.trim();
}

function pay(edge: Edge, as: string, body: object): Promise<Answer> {
  return edge.call('POST /api/transactions', { as, body: { idempotencyKey: freshId(), ...body } });
}

describe('An API key', () => {
  test('is shown once, and listed by its beginning', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const account = await edge.account(alice);
    const body = {
      name: ' Payroll ',
      password: PASSWORD,
      scopes: ['transfer', 'read'],
      accounts: [account],
      transferLimit: 500,
    };
    const made = await edge.call('POST /api/auth/keys', { as: alice.token, body });
    const { apiKey, secret } = made.body as { apiKey: { id: string }; secret: string };

    expect(secret).toMatch(/^pb_[0-9A-Za-z]{46}$/);
    const createdAt = new Date(edge.clock.now()).toISOString();
    const expiresAt = new Date(edge.clock.now() + 90 * DAY_MS).toISOString();
    const shown = {
      id: apiKey.id,
      name: 'Payroll',
      prefix: secret.slice(0, 9),
      scopes: ['read', 'transfer'],
      accounts: [account],
      transferLimit: 500,
      createdAt,
      expiresAt,
    };
    expectAnswer(made, { status: 201, body: { apiKey: shown, secret } });
    const listed = await edge.call('GET /api/auth/keys', { as: alice.token });
    expectAnswer(listed, { status: 200, body: { apiKeys: [shown] } });
    expect(listed.text).not.toContain(secret);
  });

  test('acts as its owner, in the header alone', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const { secret } = await aKey(edge, alice);
    const me = await edge.call('GET /api/auth/me', { as: secret });
    expect(me.body).toMatchObject({ user: { id: alice.id } });
    const inCookie = await edge.call('GET /api/auth/me', { headers: { Cookie: `session=${secret}` } });
    expectAnswer(inCookie, INVALID_TOKEN);
  });

  test('with a wrong checksum is refused without a read of the store', async () => {
    const edge = new Edge();
    const { secret } = await aKey(edge, await edge.register());
    const last = secret.endsWith('0') ? '1' : '0';
    for (const forged of [`${secret.slice(0, -1)}${last}`, `${secret}0`, 'pb_', `pb_${'0'.repeat(46)}`]) {
      expect(apiKeyFormat.digestOf(forged)).toBeUndefined();
      expectAnswer(await edge.call('GET /api/accounts', { as: forged }), INVALID_TOKEN);
    }
    expectAnswer(await edge.call('GET /api/accounts', { as: apiKeyFormat.make() }), INVALID_TOKEN);
  });

  test('expires, is revoked and ends with its owner', async () => {
    const edge = new Edge();
    const [alice, bob] = [await edge.register(), await edge.register('Bob')];
    const [expiring, revoked, locked] = [
      await aKey(edge, alice, { expiresInDays: 1 }),
      await aKey(edge, alice),
      await aKey(edge, bob),
    ];
    const read = async ({ secret }: Made) => codeOf(await edge.call('GET /api/accounts', { as: secret }));
    expect([await read(expiring), await read(revoked), await read(locked)]).toEqual(['200', '200', '200']);

    const remove = () => edge.call(`DELETE /api/auth/keys/${revoked.id}`, { as: alice.token });
    expect((await remove()).status).toBe(204);
    expect(codeOf(await remove())).toBe('404 api_key_not_found');
    await edge.bank.lockUser({ user: bob.email, reason: 'lost phone' });
    expect([await read(revoked), await read(locked)]).toEqual(['401 invalid_token', '401 invalid_token']);
    edge.clock.advance(DAY_MS);
    expect(await read(expiring)).toBe('401 key_expired');
  });

  test('ends when its owner gets another role: it was made for the rights of the old one', async () => {
    const edge = new Edge({ app: { staffNeedsSecondFactor: true } });
    const alice = await edge.register();
    const { id, secret } = await aKey(edge, alice);
    await edge.bank.grantRole(alice.email, 'customer');
    expect((await edge.call('GET /api/auth/me', { as: secret })).status).toBe(200);
    await edge.bank.grantRole(alice.email, 'system');

    expectAnswer(await edge.call('GET /api/system/audit', { as: secret }), INVALID_TOKEN);
    const terms = { userId: alice.id, before: null, limit: 10 };
    const events = await edge.store.unitOfWork.run(({ securityEvents }) => securityEvents.list(terms));
    expect(events.filter(({ action }) => action === 'api_key_revoked')).toMatchObject([
      { actorId: null, details: { keyId: id, prefix: secret.slice(0, 9) } },
    ]);
  });

  test("of another person cannot be revoked, and no stranger's account can be in it", async () => {
    const edge = new Edge();
    const [alice, bob] = [await edge.register(), await edge.register('Bob')];
    const { id } = await aKey(edge, alice);
    const stolen = await edge.call(`DELETE /api/auth/keys/${id}`, { as: bob.token });
    expect(codeOf(stolen)).toBe('404 api_key_not_found');
    const body = {
      name: 'Mine',
      password: PASSWORD,
      scopes: ['read'],
      accounts: [await edge.account(alice)],
    };
    const made = await edge.call('POST /api/auth/keys', { as: bob.token, body });
    expect(codeOf(made)).toBe('404 account_not_found');
  });

  test('has its last use stored afterwards, every few minutes', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const { secret } = await aKey(edge, alice);
    const lastUse = async () => {
      // The write follows the answer, and is done before the next read of the list
      await new Promise((resolve) => setImmediate(resolve));
      const [key] = await edge.bank.listApiKeys(alice.id);
      return key?.content.lastUsedAt;
    };
    const first = edge.clock.now();
    await edge.call('GET /api/accounts', { as: secret });
    expect(await lastUse()).toBe(first);
    edge.clock.advance(299_999);
    await edge.call('GET /api/accounts', { as: secret });
    expect(await lastUse()).toBe(first);
    edge.clock.advance(1);
    await edge.call('GET /api/accounts', { as: secret });
    expect(await lastUse()).toBe(edge.clock.now());
  });

  test('is one of at most 20', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    for (let made = 0; made < 20; made++) await aKey(edge, alice, { expiresInDays: 1 });
    const body = { name: 'One more', password: PASSWORD, scopes: ['read'] };
    const more = () => edge.call('POST /api/auth/keys', { as: alice.token, body });
    expect(codeOf(await more())).toBe('400 api_key_limit_reached');
    const [oldest] = await edge.bank.listApiKeys(alice.id);
    await edge.bank.revokeApiKey({ userId: alice.id, keyId: oldest?.id ?? '' });
    expect((await more()).status).toBe(201);
  });

  test('leaves its id in the log, and never itself', async () => {
    const edge = new Edge();
    const { id, secret } = await aKey(edge, await edge.register());
    await edge.call('GET /api/accounts', { as: secret });
    expect(JSON.parse(edge.lines.at(-1) ?? '')).toMatchObject({ keyId: id });
    expect(edge.lines.join('')).not.toContain(secret);
  });
});

describe('The scopes of an API key', () => {
  const signedIn = allOperations.filter(([, { access }]) => access !== 'none');

  test('are named by every route of the ledger, and by none of sign-in but for reading oneself', () => {
    for (const [route, { scopes }] of signedIn) {
      const isOfPerson = / \/api\/auth\/|\/confirmations/.test(route) || /\/(role|lock|unlock)$/.test(route);
      const isForKeys = !isOfPerson || route === 'GET /api/auth/me';
      expect(scopes !== undefined && scopes.length > 0, route).toBe(isForKeys);
    }
  });

  test.each(signedIn)('%s refuses a key that lacks them', async (route, { scopes = [] }) => {
    const edge = new Edge();
    const operator = await edge.register('Olga', { role: 'system' });
    const lacking = API_KEY_SCOPES.filter((scope) => !scopes.includes(scope));
    const { secret } = await aKey(edge, operator, { scopes: lacking });
    const refused = await edge.call(filled(route, freshId), { as: secret });
    expect(codeOf(refused)).toBe('403 insufficient_scope');

    for (const scope of scopes) {
      const admitted = await aKey(edge, operator, { scopes: [scope] });
      const answer = await edge.call(filled(route, freshId), { as: admitted.secret });
      expect(codeOf(answer)).not.toBe('403 insufficient_scope');
    }
  });

  test('tell transfers from holds, in batches too', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const [from, to] = [await edge.account(alice, 1_000), await edge.account(alice)];
    const order = { fromAccount: from, toAccount: to, amount: 10 };
    const hold = { ...order, pending: true };
    const transferring = await aKey(edge, alice, { scopes: ['transfer'] });
    const holding = await aKey(edge, alice, { scopes: ['hold'] });
    const batch = async ({ secret }: Made, transfers: readonly object[]) =>
      codeOf(
        await edge.call('POST /api/transactions/batch', {
          as: secret,
          body: { transfers, idempotencyKey: freshId() },
        }),
      );
    expect(codeOf(await pay(edge, transferring.secret, order))).toBe('200');
    expect(codeOf(await pay(edge, transferring.secret, hold))).toBe('403 insufficient_scope');
    expect(codeOf(await pay(edge, holding.secret, hold))).toBe('200');
    expect(codeOf(await pay(edge, holding.secret, order))).toBe('403 insufficient_scope');
    expect(await batch(transferring, [order, hold])).toBe('403 insufficient_scope');
    expect(await batch(holding, [hold, hold])).toBe('200');
  });
});

describe('An API key for some accounts', () => {
  async function aSetting() {
    const edge = new Edge();
    const [alice, bob] = [await edge.register(), await edge.register('Bob')];
    const [open, shut, payee] = [
      await edge.account(alice, 1_000),
      await edge.account(alice, 1_000),
      await edge.account(bob, 1_000),
    ];
    const { secret } = await aKey(edge, alice, { accounts: [open] });
    return { edge, alice, bob, open, shut, payee, secret };
  }

  test('sees the others as a stranger does', async () => {
    const { edge, open, shut, secret } = await aSetting();
    const reads = allOperations.filter(([route]) => /^(GET|PATCH) .*\{accountId\}/.test(route));
    expect(reads.length).toBeGreaterThan(5);
    for (const [route] of reads) {
      const body = route.startsWith('PATCH') ? { body: { name: 'Mine' } } : {};
      const [mine, other, none] = [
        await edge.call(
          filled(route, () => open),
          { as: secret, ...body },
        ),
        await edge.call(
          filled(route, () => shut),
          { as: secret, ...body },
        ),
        await edge.call(filled(route, freshId), { as: secret, ...body }),
      ];
      expect(codeOf(mine), route).not.toBe('404 account_not_found');
      expectAnswer(other, { status: 404, body: none.body });
    }
    const list = await edge.call('GET /api/accounts', { as: secret });
    expect((list.body as { accounts: { id: string }[] }).accounts.map(({ id }) => id)).toEqual([open]);
  });

  test('pays anyone from them, and from no other', async () => {
    const { edge, open, shut, payee, secret } = await aSetting();
    const from = async (account: string) =>
      codeOf(await pay(edge, secret, { fromAccount: account, toAccount: payee, amount: 10 }));
    expect([await from(open), await from(shut)]).toEqual(['200', '404 source_account_not_found']);
    const legs = [
      { account: open, direction: 'debit', amount: 5 },
      { account: shut, direction: 'debit', amount: 5 },
      { account: payee, direction: 'credit', amount: 10 },
    ];
    expect(codeOf(await pay(edge, secret, { legs }))).toBe('404 source_account_not_found');
    expect(await edge.balanceOf(shut)).toBe(1_000n);
  });

  test('finds the transactions of them alone', async () => {
    const { edge, alice, open, shut, payee, secret } = await aSetting();
    const send = (fromAccount: string, idempotencyKey: string) =>
      edge.send('POST /api/transactions', alice, {
        fromAccount,
        toAccount: payee,
        amount: 10,
        idempotencyKey,
      });
    const [seen, hidden] = [await send(open, 'seen'), await send(shut, 'hidden')];
    const idOf = ({ body }: Answer) => (body as { transaction: { id: string } }).transaction.id;
    const read = async (path: string) =>
      codeOf(await edge.call(`GET /api/transactions/${path}`, { as: secret }));
    expect(await read(idOf(seen))).toBe('200');
    expect(await read(idOf(hidden))).toBe('404 transfer_not_found');
    expect(await read('by-key/seen')).toBe('200');
    expect(await read('by-key/hidden')).toBe('404 idempotency_key_not_found');
    const list = await edge.call('GET /api/transactions', { as: secret });
    const ids = (list.body as { transactions: { id: string }[] }).transactions.map(({ id }) => id);
    expect(ids).toContain(idOf(seen));
    expect(ids).not.toContain(idOf(hidden));
  });

  test('ends holds and sends back only what they received', async () => {
    const { edge, bob, open, shut, payee, secret } = await aSetting();
    const idOf = ({ body }: Answer) => (body as { transaction: { id: string } }).transaction.id;
    for (const [toAccount, expected] of [
      [open, ['200', '200']],
      [shut, ['404 transfer_not_found', '404 transfer_not_found']],
    ] as const) {
      const order = { fromAccount: payee, toAccount, amount: 10 };
      const hold = await edge.send('POST /api/transactions', bob, { ...order, pending: true });
      const paid = await edge.send('POST /api/transactions', bob, order);
      const end = (route: string) =>
        edge.call(`POST /api/transactions/${route}`, { as: secret, body: { idempotencyKey: freshId() } });
      const answers = [await end(`${idOf(hold)}/capture`), await end(`${idOf(paid)}/reverse`)];
      expect(answers.map(codeOf)).toEqual(expected);
    }
  });

  test('of a system user does not reach the system, nor opens accounts', async () => {
    const edge = new Edge();
    const operator = await edge.register('Olga', { role: 'system' });
    const { secret } = await aKey(edge, operator, { accounts: [await edge.account(operator)] });
    expect(codeOf(await edge.call('GET /api/system/audit', { as: secret }))).toBe('403 forbidden');
    expect(codeOf(await edge.call('POST /api/accounts', { as: secret }))).toBe('403 insufficient_scope');
  });
});

describe('The limit of an API key', () => {
  test('holds for transfers, holds, legs, members of batches, reversals, closings and captures', async () => {
    const edge = new Edge();
    const [alice, bob] = [await edge.register(), await edge.register('Bob')];
    const [from, savings, to] = [
      await edge.account(alice, 1_000),
      await edge.account(alice, 101),
      await edge.account(bob, 1_000),
    ];
    const { secret } = await aKey(edge, alice, { transferLimit: 100 });
    const order = (amount: number) => ({ fromAccount: from, toAccount: to, amount });
    const legs = (amount: number) => ({
      legs: [
        { account: from, direction: 'debit', amount },
        { account: to, direction: 'credit', amount: amount - 1 },
        { account: savings, direction: 'credit', amount: 1 },
      ],
    });
    const call = async (route: string, body: object) =>
      codeOf(await edge.call(route, { as: secret, body: { idempotencyKey: freshId(), ...body } }));
    const received = await edge.send('POST /api/transactions', bob, {
      fromAccount: to,
      toAccount: from,
      amount: 101,
    });
    const { id } = (received.body as { transaction: { id: string } }).transaction;

    const OVER = '403 exceeds_key_limit';
    expect(await call('POST /api/transactions', order(100))).toBe('200');
    expect(await call('POST /api/transactions', order(101))).toBe(OVER);
    expect(await call('POST /api/transactions', { ...order(101), pending: true })).toBe(OVER);
    expect(await call('POST /api/transactions', legs(100))).toBe('200');
    expect(await call('POST /api/transactions', legs(101))).toBe(OVER);
    expect(await call('POST /api/transactions/batch', { transfers: [order(1), order(101)] })).toBe(OVER);
    expect(await call(`POST /api/transactions/${id}/reverse`, {})).toBe(OVER);
    expect(await call(`POST /api/transactions/${id}/reverse`, { amount: 100 })).toBe('200');
    expect(await call(`POST /api/accounts/${savings}/close`, { sweepTo: from })).toBe(OVER);
    const held = await edge.send('POST /api/transactions', bob, {
      fromAccount: to,
      toAccount: from,
      amount: 101,
      pending: true,
    });
    const hold = (held.body as { transaction: { id: string } }).transaction.id;
    expect(await call(`POST /api/transactions/${hold}/capture`, {})).toBe(OVER);
    expect(await call(`POST /api/transactions/${hold}/capture`, { amount: 101 })).toBe(OVER);
    expect(await call(`POST /api/transactions/${hold}/capture`, { amount: 100 })).toBe('200');
  });
});

test('A session makes an API key with its password, and with its second factor if there is one', async () => {
  const edge = new Edge();
  const alice = await edge.register();
  const make = async (as: string, password: string) => {
    const body = { name: 'Payroll', scopes: ['read'], password };
    return codeOf(await edge.call('POST /api/auth/keys', { as, body }));
  };
  expect(await make(alice.token, 'not hers')).toBe('401 invalid_credentials');
  const { token } = (await signIn(edge, alice)).body as { token: string };
  await aTotpOf(edge, alice);
  expect(await make(token, PASSWORD)).toBe('401 second_factor_required');
  expect(await make(alice.token, PASSWORD)).toBe('201');
  for (let guess = 0; guess < 6; guess++) await make(alice.token, `guess ${guess}`);
  expect(await make(alice.token, 'one more')).toBe('429 too_many_requests');
});

test('Only a session makes, lists and revokes API keys', async () => {
  const edge = new Edge();
  const { id, secret } = await aKey(edge, await edge.register());
  const routes = ['POST /api/auth/keys', 'GET /api/auth/keys', `DELETE /api/auth/keys/${id}`];
  for (const route of routes) {
    expectAnswer(await edge.call(route), UNAUTHENTICATED);
    expectAnswer(
      await edge.call(route, { as: secret }),
      problem(403, 'insufficient_scope', {
        title: 'Forbidden',
        detail: 'The API key does not allow this',
      }),
    );
  }
});
