import { describe, expect, test } from 'vitest';
import { ROLES } from '../../../src/domain/entities/user.ts';
import type { Role } from '../../../src/domain/entities/user.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';
import { allOperations, filled } from '../../support/operations.ts';

type Outcome = 200 | 201 | 204 | 400 | 403 | 404 | 409;
type Row = readonly [
  customer: Outcome,
  support: Outcome,
  auditor: Outcome,
  operator: Outcome,
  system: Outcome,
];

/**
 * What each role gets for a record of another person, or from a route without a record. Columns: customer, support,
 * auditor, operator, system. 404 is the answer for a record that does not exist; 400 and 409 come from rules.
 */
const MATRIX: Readonly<Record<string, Row>> = {
  'GET /api/auth/me': [200, 200, 200, 200, 200],
  'GET /api/auth/keys': [200, 200, 200, 200, 200],
  'GET /api/auth/security-events': [200, 200, 200, 200, 200],
  'DELETE /api/auth/keys/{apiKeyId}': [404, 404, 404, 404, 404],
  'GET /api/payees': [200, 200, 200, 200, 200],
  'POST /api/payees/check': [200, 200, 200, 200, 200],
  'POST /api/payees': [200, 200, 200, 200, 200],
  'PATCH /api/payees/{payeeId}': [404, 404, 404, 404, 404],
  'DELETE /api/payees/{payeeId}': [404, 404, 404, 404, 404],
  'GET /api/accounts': [200, 200, 200, 200, 200],
  'POST /api/accounts': [201, 201, 201, 201, 201],
  'GET /api/accounts/{accountId}': [404, 200, 200, 200, 200],
  'GET /api/accounts/balance/{accountId}': [404, 200, 200, 200, 200],
  'PATCH /api/accounts/{accountId}': [404, 404, 404, 404, 404],
  'PUT /api/accounts/{accountId}/metadata': [404, 404, 404, 404, 200],
  'POST /api/accounts/{accountId}/close': [404, 404, 404, 404, 400],
  'GET /api/accounts/{accountId}/entries': [404, 404, 200, 200, 200],
  'GET /api/accounts/{accountId}/statement': [404, 404, 200, 200, 200],
  'GET /api/accounts/{accountId}/statements': [404, 404, 200, 200, 200],
  'GET /api/accounts/{accountId}/statement-proof': [404, 404, 404, 404, 404],
  'POST /api/transactions': [404, 404, 404, 404, 404],
  'POST /api/transactions/{transactionId}/capture': [404, 404, 404, 404, 400],
  'POST /api/transactions/{transactionId}/void': [404, 404, 404, 404, 400],
  'POST /api/transactions/{transactionId}/reverse': [404, 404, 404, 200, 200],
  'GET /api/transactions': [200, 200, 200, 200, 200],
  'GET /api/transactions/by-key/{key}': [404, 404, 404, 404, 404],
  'GET /api/transactions/{transactionId}': [404, 404, 200, 200, 200],
  'POST /api/transactions/system/initial-funds': [403, 403, 403, 403, 200],
  'POST /api/system/withdrawals': [403, 403, 403, 403, 200],
  'POST /api/system/accounts/{accountId}/freeze': [403, 403, 403, 200, 200],
  'POST /api/system/accounts/{accountId}/unfreeze': [403, 403, 403, 200, 200],
  'PUT /api/system/accounts/{accountId}/limits': [403, 403, 403, 200, 200],
  'POST /api/system/transactions/{transactionId}/erase-text': [403, 403, 403, 403, 200],
  'GET /api/system/audit': [403, 403, 200, 200, 200],
  'POST /api/system/checkpoints': [403, 403, 403, 403, 201],
  'GET /api/system/checkpoints': [403, 403, 200, 403, 200],
  'GET /api/system/trial-balance': [403, 403, 200, 403, 200],
  'GET /api/system/security-events': [403, 403, 200, 403, 200],
  'GET /api/system/users': [403, 200, 200, 200, 200],
  'GET /api/system/users/{userId}': [403, 200, 200, 200, 200],
  'GET /api/system/accounts': [403, 200, 200, 200, 200],
  'PUT /api/system/users/{userId}/role': [403, 403, 403, 403, 200],
  'POST /api/system/users/{userId}/lock': [403, 403, 403, 200, 200],
  'POST /api/system/users/{userId}/unlock': [403, 403, 403, 200, 200],
};

/** Routes that need more than one record, or end the session: their own tests hold them. */
const ELSEWHERE: readonly string[] = [
  'POST /api/auth/logout',
  'POST /api/auth/keys',
  'POST /api/transactions/batch',
  'POST /api/transactions/confirmations',
  'POST /api/transactions/confirmations/options',
  'POST /api/system/exchanges',
];

type Records = {
  readonly account: string;
  readonly payee: string;
  readonly payeeNumber: string;
  readonly transaction: string;
  readonly user: Person;
};

const bodies: Readonly<Record<string, (records: Records) => object>> = {
  'POST /api/payees/check': ({ payeeNumber }) => ({ number: payeeNumber, name: 'Bob' }),
  'POST /api/payees': ({ payeeNumber }) => ({ number: payeeNumber }),
  'PATCH /api/payees/{payeeId}': () => ({ label: 'Mine' }),
  'PATCH /api/accounts/{accountId}': () => ({ name: 'Mine' }),
  'PUT /api/accounts/{accountId}/metadata': () => ({ metadata: { seen: 'yes' } }),
  'POST /api/transactions': ({ account, payee }) => ({ fromAccount: account, toAccount: payee, amount: 1 }),
  'POST /api/transactions/system/initial-funds': ({ account }) => ({ toAccount: account, amount: 1 }),
  'POST /api/system/withdrawals': ({ account }) => ({ fromAccount: account, amount: 1 }),
  'PUT /api/system/accounts/{accountId}/limits': () => ({ minimumBalance: 0, reason: 'agreed' }),
  'PUT /api/system/users/{userId}/role': () => ({ role: 'auditor' }),
};
const queries: Readonly<Record<string, (records: Records) => string>> = {
  'GET /api/system/accounts': ({ user }) => `?userId=${user.id}`,
};

async function callAs(edge: Edge, route: string, caller: Person, records: Records): Promise<Answer> {
  const ids: Readonly<Record<string, string>> = {
    accountId: records.account,
    transactionId: records.transaction,
    userId: records.user.id,
  };
  const operation = allOperations.find(([name]) => name === route)?.[1];
  const needsReason = /\/(freeze|unfreeze|lock|unlock|erase-text)$/.test(route);
  const body = {
    ...(operation?.key ? { idempotencyKey: freshId() } : {}),
    ...(needsReason ? { reason: 'asked for' } : {}),
    ...bodies[route]?.(records),
  };
  const path = `${filled(route, (name) => ids[name] ?? freshId())}${queries[route]?.(records) ?? ''}`;
  return edge.call(path, { as: caller.token, ...(operation?.body ? { body } : {}) });
}

async function aSetting(role: Role) {
  const edge = new Edge();
  const [user, bob, caller] = [
    await edge.register('Alice'),
    await edge.register('Bob'),
    await edge.register('Olga', { role }),
  ];
  const [account, payee] = [await edge.account(user, 1_000), await edge.account(bob)];
  const order = { fromAccount: account, toAccount: payee, amount: 10, description: 'lunch' };
  const paid = await edge.send('POST /api/transactions', user, order);
  const { id: transaction } = (paid.body as { transaction: { id: string } }).transaction;
  const { number } = await edge.bank.ledger.getAccount({ kind: 'system' }, payee);
  return { edge, caller, records: { account, payee, payeeNumber: number ?? '', transaction, user } };
}

describe('Every route answers every role as the matrix says', () => {
  const signedIn = allOperations.filter(([, { access }]) => access !== 'none').map(([route]) => route);

  test('which names all of them', () => {
    const named = [...Object.keys(MATRIX), ...ELSEWHERE];
    const ofOthers = signedIn.filter((route) => !named.includes(route) && !route.includes(' /api/auth/'));
    expect(ofOthers).toEqual([]);
    expect(named.filter((route) => !signedIn.includes(route))).toEqual([]);
  });

  test.each(Object.entries(MATRIX))('%s', async (route, row) => {
    const got: number[] = [];
    for (const role of ROLES) {
      const { edge, caller, records } = await aSetting(role);
      got.push((await callAs(edge, route, caller, records)).status);
    }
    expect(got).toEqual(row);
  });
});

describe('A grant', () => {
  async function aBank() {
    const edge = new Edge();
    const [system, other] = [
      await edge.register('Olga', { role: 'system' }),
      await edge.register('Otto', { role: 'system' }),
    ];
    const grant = (by: Person, to: Person, role: Role, reason?: string) =>
      edge.call(`PUT /api/system/users/${to.id}/role`, {
        as: by.token,
        body: { role, ...(reason === undefined ? {} : { reason }) },
      });
    return { edge, system, other, grant };
  }

  test('takes effect at once, and stands in both logs', async () => {
    const { edge, system, grant } = await aBank();
    const alice = await edge.register();
    const granted = await grant(system, alice, 'auditor', 'audit of 2026');
    expect(granted.body).toMatchObject({ user: { id: alice.id, role: 'auditor' } });
    const audit = await edge.call('GET /api/system/audit', { as: alice.token });
    expect((audit.body as { records: object[] }).records.at(-1)).toMatchObject({
      actor: { kind: 'system', id: system.id },
      action: 'role_granted',
      userId: alice.id,
      reason: 'audit of 2026',
      changes: [{ field: 'role', before: 'customer', after: 'auditor' }],
    });
    const own = await edge.call('GET /api/auth/security-events', { as: alice.token });
    expect((own.body as { events: object[] }).events[0]).toMatchObject({
      action: 'role_granted',
      userId: alice.id,
      actorId: system.id,
      details: { role: 'auditor' },
    });
  });

  test('is never of one’s own role, and leaves one system user', async () => {
    const { edge, system, other, grant } = await aBank();
    expect((await grant(system, system, 'customer')).status).toBe(403);
    expect((await grant(system, other, 'customer')).status).toBe(200);
    expect((await grant(other, system, 'customer')).status).toBe(403);
    await expect(edge.bank.grantRole(system.email, 'customer')).rejects.toThrow(
      'The last system user must keep the role',
    );
  });
});

describe('A lock', () => {
  test('ends sessions and keeps the person out, until it is lifted', async () => {
    const edge = new Edge();
    const operator = await edge.register('Olga', { role: 'operator' });
    const alice = await edge.register();
    const change = (what: 'lock' | 'unlock') =>
      edge.call(`POST /api/system/users/${alice.id}/${what}`, {
        as: operator.token,
        body: { reason: 'lost phone' },
      });
    const signIn = () =>
      edge.call('POST /api/auth/login', { body: { email: alice.email, password: PASSWORD } });

    expect((await change('lock')).body).toMatchObject({ user: { lockedAt: expect.any(String) as string } });
    expect((await edge.call('GET /api/auth/me', { as: alice.token })).status).toBe(401);
    expect((await signIn()).body).toMatchObject({ status: 403, code: 'user_locked' });
    expect((await change('unlock')).status).toBe(200);
    expect((await edge.call('GET /api/auth/me', { as: alice.token })).status).toBe(401);
    const { token } = (await signIn()).body as { token: string };
    const own = await edge.call('GET /api/auth/security-events', { as: token });
    const events = (own.body as { events: { action: string; details: object }[] }).events;
    expect(
      events.filter(({ action }) => /lock/.test(action)).map(({ action, details }) => [action, details]),
    ).toEqual([
      ['user_unlocked', { reason: 'lost phone' }],
      ['user_locked', { reason: 'lost phone' }],
    ]);
  });

  test('is not for an operator on a system user, nor for anyone on themselves', async () => {
    const edge = new Edge();
    const [operator, system] = [
      await edge.register('Olga', { role: 'operator' }),
      await edge.register('Otto', { role: 'system' }),
    ];
    const lock = async (by: Person, whom: Person) =>
      (
        await edge.call(`POST /api/system/users/${whom.id}/lock`, {
          as: by.token,
          body: { reason: 'a test' },
        })
      ).status;
    expect([
      await lock(operator, system),
      await lock(operator, operator),
      await lock(system, system),
    ]).toEqual([403, 403, 403]);
    expect(await lock(system, operator)).toBe(200);
  });
});

describe('A denial', () => {
  test('is one security event for a user, a route and a minute', async () => {
    const edge = new Edge();
    const [alice, auditor] = [await edge.register(), await edge.register('Ann', { role: 'auditor' })];
    const denials = async () => {
      const answer = await edge.call(`GET /api/system/security-events?userId=${alice.id}`, {
        as: auditor.token,
      });
      const { events } = answer.body as { events: { action: string; details: { route: string } }[] };
      return events.filter(({ action }) => action === 'access_denied').map(({ details }) => details);
    };
    const audit = { route: 'GET /api/system/audit', code: 'forbidden' };
    const freeze = { route: 'POST /api/system/accounts/:id/freeze', code: 'forbidden' };
    for (let time = 0; time < 3; time++) await edge.call('GET /api/system/audit', { as: alice.token });
    await edge.send('POST /api/system/accounts/none/freeze', alice);
    expect(await denials()).toEqual([freeze, audit]);
    edge.clock.advance(60_000);
    await edge.call('GET /api/system/audit', { as: alice.token });
    expect(await denials()).toEqual([audit, freeze, audit]);
  });

  test('without a signed-in caller is none', async () => {
    const edge = new Edge();
    await edge.call('GET /api/system/audit');
    expect((await edge.bank.listSecurityEvents(null)).items).toEqual([]);
  });
});
