import { describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  Edge,
  expectAnswer,
  expectReplay,
  idIn,
  invalid,
  keyReused,
  refusal,
  transferIn,
} from '../../support/edge.ts';
import type { Answer, Fault, Person } from '../../support/edge.ts';

const TRANSFERS = 'POST /api/transactions';
const AT = '2026-01-15T10:00:00.000Z';
const DAY_SECONDS = 86_400;

describe('A hold', () => {
  test('reserves the money, and shows each side their own part', async () => {
    const { edge, alice, bob, from, to } = await aPair();

    const placed = await hold(edge, alice, {
      fromAccount: from,
      toAccount: to,
      amount: 300,
      description: 'Deposit',
      metadata: { room: '12' },
    });

    const transaction = {
      id: idIn(placed),
      kind: 'transfer',
      status: 'pending',
      fromAccount: from,
      toAccount: to,
      amount: 300,
      currency: 'EUR',
      currencyExponent: 2,
      description: 'Deposit',
      metadata: { room: '12' },
      expiresAt: '2026-01-22T10:00:00.000Z',
      createdAt: AT,
    };
    expectAnswer(placed, {
      status: 200,
      body: { transaction, balances: [{ accountId: from, balance: 1_000, held: 300, available: 700 }] },
    });
    const payee = await edge.payeeAt(to, 'Bob');
    expect(await seen(edge, alice, idIn(placed))).toEqual({ ...transaction, counterparty: payee });
    const { metadata: _, ...shared } = transaction;
    expect(await seen(edge, bob, idIn(placed))).toEqual({
      ...shared,
      fromAccount: null,
      counterparty: { name: 'Alice', account: from.slice(-4) },
    });
    expect(await edge.call(`GET /api/accounts/balance/${from}`, { as: alice.token })).toMatchObject({
      body: { balance: 1_000, held: 300, available: 700 },
    });
    expect(await edge.call(`GET /api/accounts/${to}`, { as: bob.token })).toMatchObject({
      body: { account: { balance: 0, held: 0, available: 0 } },
    });
  });

  test.each([
    [{ expiresInSeconds: 1 }, '2026-01-15T10:00:01.000Z'],
    [{ expiresInSeconds: 31 * DAY_SECONDS }, '2026-02-15T10:00:00.000Z'],
    [{ expiresAt: '2026-01-15T10:00:00.001Z' }, '2026-01-15T10:00:00.001Z'],
    [{ expiresAt: '2026-02-15T10:00:00Z' }, '2026-02-15T10:00:00.000Z'],
    [{ expiresAt: '2026-01-16t02:30:00.5+05:30' }, '2026-01-15T21:00:00.500Z'],
  ])('expires as requested: %j', async (expiry, expiresAt) => {
    const { edge, alice, from, to } = await aPair();

    const placed = await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 1, ...expiry });

    expect(placed).toMatchObject({ status: 200, body: { transaction: { status: 'pending', expiresAt } } });
  });

  const SECONDS_RULE = 'must be an integer from 1 to 2678400';
  const INSTANT_RULE = 'must be an instant of RFC 3339, such as 2030-01-31T12:00:00Z';
  test.each<[object, Fault]>([
    [{ expiresInSeconds: 0 }, ['expiresInSeconds', SECONDS_RULE]],
    [{ expiresInSeconds: -1 }, ['expiresInSeconds', SECONDS_RULE]],
    [{ expiresInSeconds: 31 * DAY_SECONDS + 1 }, ['expiresInSeconds', SECONDS_RULE]],
    [{ expiresInSeconds: 1.5 }, ['expiresInSeconds', 'must be an integer']],
    [{ expiresInSeconds: '60' }, ['expiresInSeconds', 'must be an integer']],
    [{ expiresAt: '2026-02-15T10:00:00.001Z' }, ['expiresAt', 'must be at most 31 days ahead']],
    [{ expiresAt: '2026-01-16' }, ['expiresAt', INSTANT_RULE]],
    [
      { expiresAt: '2026-01-16T10:00:00' },
      ['expiresAt', 'must end with its offset from UTC, Z or such as +01:00'],
    ],
    [{ expiresAt: '2026-01-16 10:00:00Z' }, ['expiresAt', INSTANT_RULE]],
    [{ expiresAt: '2026-01-16T10:00:00+01' }, ['expiresAt', INSTANT_RULE]],
    [{ expiresAt: '2026-01-16T24:00:00Z' }, ['expiresAt', 'must have a time from 00:00:00 to 23:59:59']],
    [{ expiresAt: '2026-02-00T10:00:00Z' }, ['expiresAt', 'must have a day that is in the calendar']],
    [{ expiresAt: '2025-11-31T10:00:00Z' }, ['expiresAt', 'must have a day that is in the calendar']],
    [{ expiresAt: 1_768_500_000_000 }, ['expiresAt', 'must be a text']],
    [
      { expiresAt: '2026-01-16T10:00:00Z', expiresInSeconds: 60 },
      ['expiresInSeconds', 'and "expiresAt" exclude one another'],
    ],
    [{ pending: false, expiresAt: '2026-01-16T10:00:00Z' }, ['expiresAt', 'is for a pending transfer']],
    [{ pending: false, expiresInSeconds: 60 }, ['expiresInSeconds', 'is for a pending transfer']],
    [{ pending: 'true' }, ['pending', 'must be true or false']],
  ])('is malformed with %j, and no key is used up', async (terms, error) => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 1, idempotencyKey: freshId() };

    expectAnswer(await hold(edge, alice, { ...body, ...terms }), invalid(error));
    expect(await hold(edge, alice, body)).toMatchObject({ status: 200 });
  });

  test('with a past expiry is malformed, and neither it nor its key is stored', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 1, idempotencyKey: freshId() };
    const late = { ...body, expiresAt: AT };

    expectAnswer(await hold(edge, alice, late), invalid(['expiresAt', 'must be in the future']));
    const { idempotencyKey, ...member } = late;
    expectAnswer(
      await edge.send('POST /api/transactions/batch', alice, {
        transfers: [{ ...member, pending: true }],
        idempotencyKey,
      }),
      invalid(['transfers.0.expiresAt', 'must be in the future']),
    );
    expect(await hold(edge, alice, body)).toMatchObject({ status: 200 });
  });

  test('is refused above the available balance, not the balance', async () => {
    const { edge, alice, from, to } = await aPair();
    await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 600 });

    expect(
      await edge.send(TRANSFERS, alice, { fromAccount: from, toAccount: to, amount: 401 }),
    ).toMatchObject({
      status: 400,
      body: { code: 'insufficient_funds' },
    });
    expect(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 401 })).toMatchObject({
      status: 400,
      body: { code: 'insufficient_funds' },
    });
    expect(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 400 })).toMatchObject({
      status: 200,
    });
  });

  test('counts as expired from its expiry on, even before a sweep', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const terms = { fromAccount: from, toAccount: to, amount: 1_000, expiresInSeconds: 60 };
    const id = idIn(await hold(edge, alice, terms));

    edge.clock.advance(59_999);
    expect(await seen(edge, alice, id)).toMatchObject({ status: 'pending' });
    edge.clock.advance(1);

    expect(await seen(edge, alice, id)).toMatchObject({ status: 'expired', amount: 1_000 });
    expect(await edge.call('GET /api/transactions', { as: bob.token })).toMatchObject({
      body: { transactions: [{ id, status: 'expired' }] },
    });
    expect(await edge.call('GET /api/accounts', { as: alice.token })).toMatchObject({
      body: { accounts: [{ balance: 1_000, held: 0, available: 1_000 }] },
    });
    for (const route of ['capture', 'void']) {
      expectAnswer(await end(edge, bob, id, route), refusal(409, 'hold_expired'));
    }
    expect(await hold(edge, alice, terms)).toMatchObject({ status: 200 });
  });
});

describe('Capture', () => {
  test('takes all of a hold, and answers the payee with their own balance', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    edge.clock.advance(1_000);

    const captured = await end(edge, bob, id, 'capture');

    const transaction = {
      id,
      kind: 'transfer',
      status: 'completed',
      fromAccount: null,
      toAccount: to,
      amount: 300,
      currency: 'EUR',
      currencyExponent: 2,
      counterparty: { name: 'Alice', account: from.slice(-4) },
      amountCaptured: 300,
      expiresAt: '2026-01-22T10:00:00.000Z',
      createdAt: AT,
      completedAt: '2026-01-15T10:00:01.000Z',
    };
    expectAnswer(captured, {
      status: 200,
      body: { transaction, balances: [{ accountId: to, balance: 300, held: 0, available: 300 }] },
    });
    expect(await seen(edge, bob, id)).toEqual(transaction);
    const counterparty = await edge.payeeAt(to, 'Bob');
    expect(await seen(edge, alice, id)).toEqual({ ...transaction, fromAccount: from, counterparty });
    expect(await balancesOf(edge, from, to)).toEqual([700n, 300n]);
  });

  test('takes a part, and releases the rest', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    expectAnswer(await end(edge, bob, id, 'capture', { amount: 301 }), refusal(400, 'exceeds_hold_amount'));
    const captured = await end(edge, bob, id, 'capture', { amount: 120 });

    expect(captured).toMatchObject({
      status: 200,
      body: {
        transaction: { status: 'completed', amount: 300, amountCaptured: 120 },
        balances: [{ accountId: to, balance: 120 }],
      },
    });
    expect(await edge.call(`GET /api/accounts/balance/${from}`, { as: alice.token })).toMatchObject({
      body: { balance: 880, held: 0, available: 880 },
    });
  });

  test('succeeds despite a frozen payer, and fails for a frozen payee', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const terms = { fromAccount: from, toAccount: to, amount: 10 };
    const [one, two] = [idIn(await hold(edge, alice, terms)), idIn(await hold(edge, alice, terms))];

    await edge.send(`POST /api/system/accounts/${from}/freeze`, operator, { reason: 'x', credits: true });
    expect(await end(edge, bob, one, 'capture')).toMatchObject({ status: 200 });
    await edge.send(`POST /api/system/accounts/${to}/freeze`, operator, { reason: 'x', credits: true });
    expectAnswer(await end(edge, bob, two, 'capture'), refusal(400, 'destination_account_frozen'));
    expect(await end(edge, bob, two, 'void')).toMatchObject({ status: 200 });
  });
});

describe('Void', () => {
  test('releases a hold: the payer has the money again', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    const voided = await end(edge, bob, id, 'void');

    expectAnswer(voided, {
      status: 200,
      body: {
        transaction: {
          id,
          kind: 'transfer',
          status: 'voided',
          fromAccount: null,
          toAccount: to,
          amount: 300,
          currency: 'EUR',
          currencyExponent: 2,
          counterparty: { name: 'Alice', account: from.slice(-4) },
          expiresAt: '2026-01-22T10:00:00.000Z',
          createdAt: AT,
        },
        balances: [{ accountId: to, balance: 0, held: 0, available: 0 }],
      },
    });
    expect(await edge.call(`GET /api/accounts/balance/${from}`, { as: alice.token })).toMatchObject({
      body: { balance: 1_000, held: 0, available: 1_000 },
    });
  });

  test('accepts its key in the header, and then needs no body', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const headers = { 'Idempotency-Key': freshId() };

    const voided = await edge.call(`POST /api/transactions/${id}/void`, { as: bob.token, headers });

    expect(voided).toMatchObject({ status: 200, body: { transaction: { status: 'voided' } } });
  });
});

describe('Permission to end a hold', () => {
  test('belongs to the system, which sees both sides', async () => {
    const { edge, alice, operator, from, to } = await aPair();
    const terms = { fromAccount: from, toAccount: to, amount: 10, metadata: { a: 'b' } };

    for (const [route, status] of [
      ['capture', 'completed'],
      ['void', 'voided'],
    ] as const) {
      const id = idIn(await hold(edge, alice, terms));
      const answer = await end(edge, operator, id, route);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        transaction: { id, status, fromAccount: from, toAccount: to, metadata: { a: 'b' } },
        balances: [],
      });
    }
  });

  test.each(['capture', 'void', 'reverse'])(
    'is denied to the payer, strangers and auditors as if the transaction did not exist: %s',
    async (route) => {
      const { edge, alice, bob, from, to } = await aPair();
      const stranger = await edge.register('Mallory');
      const auditor = await edge.register('Auditor', { role: 'auditor' });
      const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

      const absent = await end(edge, alice, freshId(), route);
      expectAnswer(absent, refusal(404, 'transfer_not_found'));
      for (const person of [alice, stranger, auditor]) {
        expect(await end(edge, person, id, route)).toMatchObject({ status: 404, text: absent.text });
        expect(await end(edge, person, '%00', route)).toMatchObject({ status: 404, text: absent.text });
      }
      expect(await seen(edge, bob, id)).toMatchObject({ status: 'pending' });
    },
  );

  test('excludes the payee of a rejected hold, who cannot see it either', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const rejected = await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 1_001 });
    const { transactionId } = rejected.body as { transactionId: string };

    expectAnswer(await end(edge, bob, transactionId, 'capture'), refusal(404, 'transfer_not_found'));
    expectAnswer(
      await edge.call(`GET /api/transactions/${transactionId}`, { as: bob.token }),
      refusal(404, 'transfer_not_found'),
    );
    expectAnswer(await end(edge, operator, transactionId, 'capture'), refusal(400, 'transfer_not_pending'));
  });
});

describe('The end of a hold', () => {
  test.each([
    ['capture', 'already_completed'],
    ['void', 'already_voided'],
  ] as const)('is final after %s', async (first, code) => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    await end(edge, bob, id, first);
    const before = await balancesOf(edge, from, to);

    for (const route of ['capture', 'void']) {
      expectAnswer(await end(edge, bob, id, route), refusal(409, code));
    }
    expect(await balancesOf(edge, from, to)).toEqual(before);
  });

  test('happens once if several requests arrive concurrently', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    const answers = await Promise.all(
      [bob, operator].flatMap((person) =>
        ['capture', 'void', 'capture', 'void'].map((route) => end(edge, person, id, route)),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });

  test('is impossible for a transaction that never was a hold', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await edge.send(TRANSFERS, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    for (const route of ['capture', 'void']) {
      expectAnswer(await end(edge, bob, id, route), refusal(400, 'transfer_not_pending'));
    }
  });
});

describe('The key of a hold', () => {
  test('replays the answer as it was: still pending after the hold has ended', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const terms = {
      fromAccount: from,
      toAccount: to,
      amount: 300,
      expiresInSeconds: 60,
      idempotencyKey: 'k',
    };
    const placed = await hold(edge, alice, terms);
    await end(edge, bob, idIn(placed), 'capture');
    edge.clock.advance(60_000);

    expectReplay(await hold(edge, alice, terms), placed);
    expect(await edge.call('GET /api/transactions/by-key/k', { as: alice.token })).toMatchObject({
      body: { transaction: { status: 'completed', amountCaptured: 300 } },
    });
    expect(await balancesOf(edge, from, to)).toEqual([700n, 300n]);
  });

  test.each([
    ['pending', {}],
    ['expiresInSeconds', { pending: true, expiresInSeconds: 61 }],
    ['expiresAt', { pending: true, expiresAt: '2026-01-16T10:00:00Z' }],
  ])('with another %s is refused, naming the field', async (field, terms) => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 300, idempotencyKey: freshId() };
    await hold(edge, alice, { ...body, expiresInSeconds: 60 });

    expectAnswer(await edge.send(TRANSFERS, alice, { ...body, ...terms }), keyReused(field));
  });

  test('accepts the same instant in another time zone as the same request', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 300, idempotencyKey: freshId() };
    const placed = await hold(edge, alice, { ...body, expiresAt: '2026-01-16T10:00:00Z' });

    expectReplay(await hold(edge, alice, { ...body, expiresAt: '2026-01-16T11:00:00.000+01:00' }), placed);
  });

  test.each([
    ['capture', { amount: 120 }],
    ['void', {}],
  ])('makes %s happen once, with the same bytes as answer', async (route, terms) => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(
      await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300, expiresInSeconds: 60 }),
    );
    const body = { ...terms, idempotencyKey: freshId() };

    const first = await end(edge, bob, id, route, body);
    edge.clock.advance(60_000);
    await edge.send(TRANSFERS, alice, { fromAccount: from, toAccount: to, amount: 1 });

    expect(first.status).toBe(200);
    expectReplay(await end(edge, bob, id, route, body), first);
  });

  test('replays a refused capture too, and a new key succeeds', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const body = { amount: 301, idempotencyKey: freshId() };

    const first = await end(edge, bob, id, 'capture', body);

    expectReplay(await end(edge, bob, id, 'capture', body), first);
    expect(await end(edge, bob, id, 'capture', { amount: 300 })).toMatchObject({ status: 200 });
  });

  test('covers the id in the path and the amount', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const terms = { fromAccount: from, toAccount: to, amount: 300 };
    const [one, two] = [idIn(await hold(edge, alice, terms)), idIn(await hold(edge, alice, terms))];
    const body = { idempotencyKey: freshId() };
    await end(edge, bob, one, 'capture', { ...body, amount: 120 });

    expectAnswer(await end(edge, bob, two, 'capture', { ...body, amount: 120 }), keyReused('transactionId'));
    expectAnswer(await end(edge, bob, one, 'capture', { ...body, amount: 121 }), keyReused('amount'));
    expectAnswer(await end(edge, bob, one, 'capture', body), keyReused('amount'));
    expect(await end(edge, bob, two, 'void', body)).toMatchObject({ status: 200 });
  });

  test('is shared by all operators of the bank', async () => {
    const { edge, alice, operator, from, to } = await aPair();
    const other = await edge.register('Other', { role: 'system' });
    const id = idIn(await hold(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const body = { idempotencyKey: freshId() };

    const first = await end(edge, operator, id, 'capture', body);

    expectReplay(await end(edge, other, id, 'capture', body), first);
  });

  test.each(['capture', 'void', 'reverse'])('is required: %s', async (route) => {
    const { edge, bob } = await aPair();

    expectAnswer(
      await edge.call(`POST /api/transactions/${freshId()}/${route}`, { as: bob.token }),
      invalid(['idempotencyKey', 'is required, in the body or in the Idempotency-Key header']),
    );
  });
});

async function aPair() {
  const edge = new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  const operator = await edge.register('Operator', { role: 'system' });
  return { edge, alice, bob, operator, from: await edge.account(alice, 1_000), to: await edge.account(bob) };
}

function hold(edge: Edge, person: Person, body: object): Promise<Answer> {
  return edge.send(TRANSFERS, person, { pending: true, ...body });
}

function end(edge: Edge, person: Person, id: string, route: string, body: object = {}): Promise<Answer> {
  return edge.send(`POST /api/transactions/${id}/${route}`, person, body);
}

async function seen(edge: Edge, { token }: Person, id: string) {
  return transferIn(await edge.call(`GET /api/transactions/${id}`, { as: token })).transaction;
}

function balancesOf(edge: Edge, ...accountIds: string[]): Promise<bigint[]> {
  return Promise.all(accountIds.map((accountId) => edge.balanceOf(accountId)));
}
