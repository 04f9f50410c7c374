import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  Edge,
  expectAnswer,
  expectReplay,
  idIn,
  invalid,
  keyReused,
  problem,
  refusal,
  transferIn,
} from '../../support/edge.ts';
import type { Answer, Fault, Person, TransferBody } from '../../support/edge.ts';

const TRANSFERS = 'POST /api/transactions';
const BATCH = 'POST /api/transactions/batch';
const AT = '2026-01-15T10:00:00.000Z';
const MIB = 1024 * 1024;
const LINKED = { detail: 'A transfer of the linked batch was refused', retry: 'new_key' };

const METADATA_NAME_RULE =
  'must have a name of 1 to 40 characters: A to Z, a to z, 0 to 9, "_", "." and "-", a letter or digit first';

describe('A batch', () => {
  test('answers each transfer separately, in the order of the request', async () => {
    const { edge, alice, from, to } = await aPair();

    const answer = await batch(edge, alice, [
      { fromAccount: from, toAccount: to, amount: 600, description: 'First' },
      { fromAccount: from, toAccount: to, amount: 600 },
      { fromAccount: from, toAccount: freshId(), amount: 1 },
      { fromAccount: from, toAccount: to, amount: 400, pending: true, expiresInSeconds: 60 },
    ]);

    const [first, second, third, fourth] = membersOf(answer);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body as object)).toEqual(['results']);
    const { id, batchId } = first?.transaction ?? { id: 'none', batchId: 'none' };
    expect(first).toEqual({
      transaction: {
        id,
        kind: 'transfer',
        status: 'completed',
        fromAccount: from,
        toAccount: to,
        amount: 600,
        currency: 'EUR',
        currencyExponent: 2,
        description: 'First',
        batchId,
        createdAt: AT,
        completedAt: AT,
      },
      balances: [{ accountId: from, balance: 400, held: 0, available: 400 }],
    });
    expect(second).toEqual({
      problem: refusal(400, 'insufficient_funds', {
        transactionId: second?.problem?.transactionId ?? 'none',
      }).body,
    });
    expect(third).toEqual({ problem: refusal(404, 'destination_account_not_found').body });
    expect(fourth).toMatchObject({
      transaction: { status: 'pending', batchId, expiresAt: '2026-01-15T10:01:00.000Z' },
      balances: [{ accountId: from, balance: 400, held: 400, available: 0 }],
    });
    expect(batchId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await edge.balanceOf(to)).toBe(600n);
  });

  test('is answered even if all its members are refused', async () => {
    const { edge, alice, from, to } = await aPair();

    const answer = await batch(edge, alice, [{ fromAccount: from, toAccount: to, amount: 1_001 }]);

    expect(answer).toMatchObject({ status: 200, body: { results: [{ problem: { status: 400 } }] } });
  });

  test('shows the payee their own members alone', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const carol = await edge.register('Carol');
    const other = await edge.account(carol);
    const answer = await batch(edge, alice, [
      { fromAccount: from, toAccount: to, amount: 1, metadata: { a: 'b' } },
      { fromAccount: from, toAccount: other, amount: 2 },
    ]);
    const [mine, others] = membersOf(answer).map(({ transaction }) => transaction?.id);

    const list = await edge.call('GET /api/transactions', { as: bob.token });

    expect(list).toMatchObject({ body: { transactions: [{ id: mine, fromAccount: null }] } });
    expect(list.text).not.toContain(from);
    expect(list.text).not.toContain('metadata');
    expectAnswer(
      await edge.call(`GET /api/transactions/${others}`, { as: bob.token }),
      refusal(404, 'transfer_not_found'),
    );
  });

  test('of 1,000 works in one request', async () => {
    const { edge, alice, from, to } = await aPair();
    const transfers = Array.from({ length: 1_000 }, (_, index) => ({
      fromAccount: from,
      toAccount: to,
      amount: 1,
      description: `Number ${index}: ${'x'.repeat(250)}`,
      metadata: { invoice: `2026-${index}`, note: 'n'.repeat(400) },
    }));

    const answer = await batch(edge, alice, transfers, { linked: true });

    expect(answer.status).toBe(200);
    expect(membersOf(answer)).toHaveLength(1_000);
    expect(membersOf(answer).at(-1)).toMatchObject({
      transaction: { amount: 1, description: transfers[999]?.description },
      balances: [{ balance: 0 }],
    });
    expect(await edge.balanceOf(to)).toBe(1_000n);
  });

  test.each([
    ['none', [], 'must be a list of 1 to 1000'],
    ['1,001', Array.from({ length: 1_001 }, () => ({})), 'must be a list of 1 to 1000'],
    ['one that is no list', {}, 'must be a list'],
    ['null', null, 'must be a list'],
  ])('of %s is malformed', async (_, transfers, message) => {
    const { edge, alice } = await aPair();

    expectAnswer(await edge.send(BATCH, alice, { transfers }), invalid(['transfers', message]));
  });

  test('names a malformed member by its index', async () => {
    const { edge, alice, from, to } = await aPair();
    const good = { fromAccount: from, toAccount: to, amount: 1 };
    const amountRule = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";
    const cases: [unknown, Fault[]][] = [
      [{ ...good, amount: 0 }, [['transfers.1.amount', amountRule]]],
      [{ ...good, amount: '1' }, [['transfers.1.amount', amountRule]]],
      [{ ...good, fromAccount: { $ne: null } }, [['transfers.1.fromAccount', 'must be a text']]],
      [{ ...good, toAccount: ['a'] }, [['transfers.1.toAccount', 'must not be a list']]],
      [{ ...good, toAccount: '' }, [['transfers.1.toAccount', 'must be 1 to 255 visible ASCII characters']]],
      [{ ...good, currency: 'EU' }, [['transfers.1.currency', 'must be a code of ISO 4217, such as EUR']]],
      [{ ...good, idempotencyKey: 'k' }, [['transfers.1.idempotencyKey', 'is not a known field']]],
      [{ ...good, status: 'completed' }, [['transfers.1.status', 'is not a known field']]],
      [{ ...good, linked: true }, [['transfers.1.linked', 'is not a known field']]],
      [{ ...good, transfers: [] }, [['transfers.1.transfers', 'is not a known field']]],
      [{ ...good, metadata: { legs: ['x'] } }, [['transfers.1.metadata.legs', 'must be a text']]],
      [{ ...good, metadata: { 'a b': 'c' } }, [['transfers.1.metadata.a b', METADATA_NAME_RULE]]],
      [
        { ...good, metadata: { transferId: 'v'.repeat(501) } },
        [['transfers.1.metadata.transferId', 'must be 1 to 500 printable characters']],
      ],
      [{ ...good, expiresInSeconds: 5 }, [['transfers.1.expiresInSeconds', 'is for a pending transfer']]],
      [[], [['transfers.1', 'must not be a list']]],
      ['x', [['transfers.1', 'must be an object']]],
      [null, [['transfers.1', 'must be an object']]],
      [
        {},
        [
          ['transfers.1.fromAccount', 'is required'],
          ['transfers.1.toAccount', 'is required'],
          ['transfers.1.amount', 'is required'],
        ],
      ],
    ];

    for (const [member, errors] of cases) {
      expectAnswer(await batch(edge, alice, [good, member]), invalid(...errors));
    }
    expect(await edge.balanceOf(to)).toBe(0n);
  });

  test.each([
    ['"transfers": [{ "__proto__": {} }]', 'transfers.0.__proto__'],
    ['"transfers": [{ "metadata": { "constructor": "x" } }]', 'transfers.0.metadata.constructor'],
    ['"transfers": [{ "legs": [{ "prototype": 1 }] }]', 'transfers.0.legs.0.prototype'],
    ['"transfers": [], "__proto__": { "linked": true }', '__proto__'],
  ])('refuses the names of prototypes: %s', async (json, field) => {
    const { edge, alice } = await aPair();

    expectAnswer(
      await edge.call(BATCH, { as: alice.token, body: `{ "idempotencyKey": "k", ${json} }` }),
      invalid([field, 'is not a known field']),
    );
  });

  test('with many faults names the first 20 of them', async () => {
    const { edge, alice } = await aPair();
    const legs = Array.from({ length: 100 }, () => ({}));

    const answer = await batch(
      edge,
      alice,
      Array.from({ length: 1_000 }, () => ({ legs })),
    );

    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((answer.body as { errors: unknown[] }).errors).toHaveLength(20);
    expect(answer.text.length).toBeLessThan(10_000);
  });

  test.each([
    ['by its announced length', { 'Content-Length': `${2 * MIB + 1}` }, '{}'],
    ['counted as it comes', {}, ' '.repeat(2 * MIB + 1)],
  ])('over 2 MiB is too large, %s', async (_, headers: Record<string, string>, body) => {
    const { edge, alice } = await aPair();

    expect(await edge.call(BATCH, { as: alice.token, headers, body })).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
  });

  test('of exactly 2 MiB is read, although a lone transfer may have only 64 KiB', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 1 };
    const json = JSON.stringify({ transfers: [pair], idempotencyKey: freshId() });
    const send = (route: string, body: string) => edge.call(route, { as: alice.token, body });

    expect(await send(BATCH, json.padEnd(2 * MIB))).toMatchObject({ status: 200 });
    const lone = JSON.stringify({ ...pair, idempotencyKey: freshId() });
    expect(await send(TRANSFERS, lone.padEnd(64 * 1024 + 1))).toMatchObject({ status: 413 });
    expect(await send(TRANSFERS, lone.padEnd(64 * 1024))).toMatchObject({ status: 200 });
  });
});

describe('A linked batch', () => {
  test('completes as a whole', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 500 };

    const answer = await batch(edge, alice, [pair, pair], { linked: true });

    expect(answer.status).toBe(200);
    expect(membersOf(answer)).toMatchObject([
      { transaction: { status: 'completed' }, balances: [{ balance: 500 }] },
      { transaction: { status: 'completed' }, balances: [{ balance: 0 }] },
    ]);
  });

  test('that fails is one problem, with results that name the culprit', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 400 };

    const answer = await batch(edge, alice, [pair, { ...pair, amount: 601 }, pair], { linked: true });

    const ids = membersOf(answer).map((member) => member.problem?.transactionId ?? 'none');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expectAnswer(
      answer,
      problem(400, 'linked_transfer_failed', {
        title: 'Bad Request',
        ...LINKED,
        results: [
          member('linked_transfer_failed', ids[0]),
          member('insufficient_funds', ids[1]),
          member('linked_transfer_failed', ids[2]),
        ],
      }),
    );
    expect([await edge.balanceOf(from), await edge.balanceOf(to)]).toEqual([1_000n, 0n]);
    for (const [index, id] of ids.entries()) {
      expect(await edge.call(`GET /api/transactions/${id}`, { as: alice.token })).toMatchObject({
        body: {
          transaction: {
            status: 'rejected',
            code: index === 1 ? 'insufficient_funds' : 'linked_transfer_failed',
          },
        },
      });
    }
  });

  test('with an unknown or foreign account as culprit is still 400', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 1 };
    const third = await edge.account(await edge.register('Carol'), 100);
    const send = (fromAccount: string) =>
      batch(edge, alice, [pair, { ...pair, fromAccount }], { linked: true });
    const [foreign, absent] = [await send(third), await send(freshId())];

    for (const answer of [foreign, absent]) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'linked_transfer_failed' } });
      expect(membersOf(answer)[1]).toEqual({ problem: refusal(404, 'source_account_not_found').body });
    }
  });

  test('does not reveal why another’s account is unavailable', async () => {
    const { edge, alice, operator, from, to } = await aPair();
    const freeze = { reason: 'x', credits: true };
    await edge.send(`POST /api/system/accounts/${to}/freeze`, operator, freeze);

    const answer = await batch(edge, alice, [{ fromAccount: from, toAccount: to, amount: 1 }], {
      linked: true,
    });

    expect(membersOf(answer)).toMatchObject([{ problem: { code: 'destination_account_unavailable' } }]);
    expect(answer.text).not.toContain('frozen');
  });

  test('that fails places none of its holds', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 400 };
    await batch(
      edge,
      alice,
      [
        { ...pair, pending: true },
        { ...pair, amount: 601 },
      ],
      { linked: true },
    );

    expect(await edge.call(`GET /api/accounts/${from}`, { as: alice.token })).toMatchObject({
      body: { account: { balance: 1_000, held: 0, available: 1_000 } },
    });
  });
});

describe('A batch’s key', () => {
  test.each([
    ['unlinked', false, 200],
    ['linked', true, 400],
  ])('replays its answer byte for byte: %s', async (_, linked, status) => {
    const { edge, alice, from, to } = await aPair();
    const transfers = [
      { fromAccount: from, toAccount: to, amount: 400 },
      { fromAccount: from, toAccount: to, amount: 601 },
    ];
    const body = { transfers, linked, idempotencyKey: freshId() };

    const first = await edge.send(BATCH, alice, body);
    await edge.fund(from, 10_000);
    edge.clock.advance(1_000);

    expect(first.status).toBe(status);
    expectReplay(await edge.send(BATCH, alice, body), first);
    expect(await edge.balanceOf(to)).toBe(linked ? 0n : 400n);
  });

  test('treats an explicit false for linked like an absent one', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = {
      transfers: [{ fromAccount: from, toAccount: to, amount: 1, pending: false }],
      idempotencyKey: freshId(),
    };
    const first = await edge.send(BATCH, alice, body);

    const transfers = [{ toAccount: to, amount: 1, fromAccount: from }];
    expectReplay(await edge.send(BATCH, alice, { ...body, transfers, linked: false }), first);
  });

  test.each([
    ['transfers', { amount: 2 }, {}],
    ['transfers', { description: 'Rent' }, {}],
    ['transfers', { pending: true }, {}],
    ['linked', {}, { linked: true }],
  ])('serves no other request: %s', async (field, member, more) => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 1 };
    const idempotencyKey = freshId();
    await batch(edge, alice, [pair], { idempotencyKey });

    expectAnswer(
      await batch(edge, alice, [{ ...pair, ...member }], { idempotencyKey, ...more }),
      keyReused(field),
    );
  });

  test('differs from the same key of a transfer', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 1 };
    const idempotencyKey = freshId();

    expect(await batch(edge, alice, [pair], { idempotencyKey })).toMatchObject({ status: 200 });
    expect(await edge.send(TRANSFERS, alice, { ...pair, idempotencyKey })).toMatchObject({ status: 200 });
    expect(await edge.balanceOf(to)).toBe(2n);
  });

  test('sent 20 times concurrently makes one batch', async () => {
    const { edge, alice, from, to } = await aPair();
    const idempotencyKey = freshId();
    const send = () =>
      batch(edge, alice, [{ fromAccount: from, toAccount: to, amount: 7 }], { idempotencyKey });

    const answers = await Promise.all(Array.from({ length: 20 }, send));

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await edge.balanceOf(to)).toBe(7n);
  });

  test('is required', async () => {
    const { edge, alice, from, to } = await aPair();
    const transfers = [{ fromAccount: from, toAccount: to, amount: 1 }];

    expectAnswer(
      await edge.call(BATCH, { as: alice.token, body: { transfers } }),
      invalid(['idempotencyKey', 'is required, in the body or in the Idempotency-Key header']),
    );
  });
});

describe('A transfer with several legs', () => {
  test('shows its initiator all legs, and each payee their own', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const carol = await edge.register('Carol');
    const third = await edge.account(carol);
    const legs = [
      { account: from, direction: 'debit', amount: 300 },
      { account: to, direction: 'credit', amount: 200 },
      { account: third, direction: 'credit', amount: 100 },
    ];

    const answer = await edge.send(TRANSFERS, alice, { legs, description: 'Split' });

    const transaction = {
      id: idIn(answer),
      kind: 'transfer',
      status: 'completed',
      fromAccount: from,
      toAccount: to,
      amount: 300,
      currency: 'EUR',
      currencyExponent: 2,
      description: 'Split',
      legs,
      createdAt: AT,
      completedAt: AT,
    };
    expectAnswer(answer, {
      status: 200,
      body: { transaction, balances: [{ accountId: from, balance: 700, held: 0, available: 700 }] },
    });
    for (const [person, own] of [
      [bob, legs[1]],
      [carol, legs[2]],
    ] as const) {
      const seen = await edge.call(`GET /api/transactions/${idIn(answer)}`, { as: person.token });
      expect(transferIn(seen).transaction).toEqual({
        ...transaction,
        fromAccount: null,
        toAccount: own?.account,
        amount: own?.amount,
        counterparty: { name: 'Alice', account: from.slice(-4) },
        legs: [own],
      });
    }
  });

  test('collects from several accounts of one owner', async () => {
    const { edge, alice, from, to } = await aPair();
    const second = await edge.account(alice, 50);
    const legs = [
      { account: to, direction: 'credit', amount: 150 },
      { account: from, direction: 'debit', amount: 100 },
      { account: second, direction: 'debit', amount: 50 },
    ];

    expect(await edge.send(TRANSFERS, alice, { legs })).toMatchObject({
      status: 200,
      body: {
        transaction: { amount: 150, legs: [legs[1], legs[2], legs[0]] },
        balances: [
          { accountId: from, balance: 900 },
          { accountId: second, balance: 0 },
        ],
      },
    });
  });

  test('cannot debit another’s account', async () => {
    const { edge, alice, from, to } = await aPair();
    const third = await edge.account(await edge.register('Carol'));
    const send = (account: string) => {
      const legs = [
        { account: third, direction: 'credit', amount: 2 },
        { account: from, direction: 'debit', amount: 1 },
        { account, direction: 'debit', amount: 1 },
      ];
      return edge.send(TRANSFERS, alice, { legs });
    };

    const foreign = await send(to);
    expectAnswer(foreign, refusal(404, 'source_account_not_found'));
    expect((await send(freshId())).text).toBe(foreign.text);
  });

  const DEBIT = { account: 'a', direction: 'debit', amount: 2 };
  const CREDIT = { account: 'b', direction: 'credit', amount: 2 };
  const AMOUNT_RULE = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";
  test.each<[object, Fault]>([
    [{ legs: [] }, ['legs', 'must be a list of 2 to 100']],
    [{ legs: [DEBIT] }, ['legs', 'must be a list of 2 to 100']],
    [{ legs: Array.from({ length: 101 }, () => CREDIT) }, ['legs', 'must be a list of 2 to 100']],
    [{ legs: {} }, ['legs', 'must be a list']],
    [{ legs: null }, ['legs', 'must be a list']],
    [{ legs: [DEBIT, [CREDIT]] }, ['legs.1', 'must not be a list']],
    [{ legs: [DEBIT, { ...CREDIT, amount: 1 }] }, ['legs', 'must have debits and credits that are equal']],
    [{ legs: [DEBIT, DEBIT, CREDIT, CREDIT] }, ['legs', 'must have one debit or one credit']],
    [{ legs: [DEBIT, { ...CREDIT, direction: 'up' }] }, ['legs.1.direction', 'must be debit or credit']],
    [{ legs: [DEBIT, { ...CREDIT, amount: 0 }] }, ['legs.1.amount', AMOUNT_RULE]],
    [
      { legs: [DEBIT, { ...CREDIT, account: '' }] },
      ['legs.1.account', 'must be 1 to 255 visible ASCII characters'],
    ],
    [{ legs: [DEBIT, { ...CREDIT, ownerId: 'x' }] }, ['legs.1.ownerId', 'is not a known field']],
    [{ legs: [DEBIT, CREDIT], fromAccount: 'a' }, ['fromAccount', 'is not a known field']],
    [{ legs: [DEBIT, CREDIT], pending: true }, ['pending', 'is not a known field']],
  ])('is malformed: %j', async (body, error) => {
    const { edge, alice } = await aPair();

    expectAnswer(await edge.send(TRANSFERS, alice, body), invalid(error));
    const [field, message] = error;
    expectAnswer(await batch(edge, alice, [body]), invalid([`transfers.0.${field}`, message]));
  });

  test('to one account twice is refused, and stored', async () => {
    const { edge, alice, from, to } = await aPair();
    const legs = [
      { account: from, direction: 'debit', amount: 2 },
      { account: to, direction: 'credit', amount: 1 },
      { account: to, direction: 'credit', amount: 1 },
    ];

    const answer = await edge.send(TRANSFERS, alice, { legs });

    const { transactionId = '' } = answer.body as { transactionId?: string };
    expectAnswer(answer, refusal(400, 'accounts_must_be_different', { transactionId }));
  });

  test('with one key is replayed; other legs are another request', async () => {
    const { edge, alice, from, to } = await aPair();
    const legsOf = (amount: number) => [
      { account: from, direction: 'debit', amount },
      { account: to, direction: 'credit', amount },
    ];
    const idempotencyKey = freshId();
    const first = await edge.send(TRANSFERS, alice, { legs: legsOf(1), idempotencyKey });

    expectReplay(await edge.send(TRANSFERS, alice, { legs: legsOf(1), idempotencyKey }), first);
    expectAnswer(await edge.send(TRANSFERS, alice, { legs: legsOf(2), idempotencyKey }), keyReused('legs'));
    expectAnswer(
      await edge.send(TRANSFERS, alice, { fromAccount: from, toAccount: to, amount: 1, idempotencyKey }),
      keyReused('fromAccount'),
    );
  });
});

describe('A dry run', () => {
  test('of a transfer has its answer, stores nothing and uses no key', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 400, idempotencyKey: freshId() };

    const rehearsed = await edge.send(`${TRANSFERS}?dryRun=true`, alice, body);

    expect(rehearsed).toMatchObject({
      status: 200,
      body: {
        dryRun: true,
        transaction: { status: 'completed', fromAccount: from, toAccount: to, amount: 400 },
        balances: [{ accountId: from, balance: 600, held: 0, available: 600 }],
      },
    });
    expectNoIds(rehearsed);
    expect(await edge.balanceOf(from)).toBe(1_000n);
    expect(await edge.call('GET /api/transactions', { as: bob.token })).toMatchObject({
      body: { transactions: [] },
    });
    const done = await edge.send(`${TRANSFERS}?dryRun=false`, alice, body);
    expect(done.headers.get('idempotent-replayed')).toBeNull();
    expect(await edge.balanceOf(from)).toBe(600n);
    expect(done.body).not.toHaveProperty('dryRun');
  });

  test('of a used key has the recorded answer, and is not marked as a replay', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 400, idempotencyKey: freshId() };
    const done = await edge.send(TRANSFERS, alice, body);

    const again = await edge.send(`${TRANSFERS}?dryRun=true`, alice, body);

    const { id: _id, ...transaction } = transferIn(done).transaction;
    const { balances } = transferIn(done);
    expectAnswer(again, { status: 200, body: { dryRun: true, transaction, balances } });
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    const conflict = keyReused('amount');
    expectAnswer(await edge.send(`${TRANSFERS}?dryRun=true`, alice, { ...body, amount: 1 }), {
      ...conflict,
      body: { ...(conflict.body as object), dryRun: true },
    });
  });

  test('of a refused transfer is refused, and stores nothing', async () => {
    const { edge, alice, from, to } = await aPair();

    const answer = await edge.send(`${TRANSFERS}?dryRun=true`, alice, {
      fromAccount: from,
      toAccount: to,
      amount: 1_001,
    });

    const refused = refusal(400, 'insufficient_funds');
    expectAnswer(answer, { ...refused, body: { ...(refused.body as object), dryRun: true } });
    const list = await edge.call('GET /api/transactions', { as: alice.token });
    expect(list.text).not.toContain('rejected');
  });

  test('does not check the maximum balance of another’s account', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const limits = { minimumBalance: 0, maximumBalance: 10, reason: 'x' };
    await edge.send(`PUT /api/system/accounts/${to}/limits`, operator, limits);
    const body = { fromAccount: from, toAccount: to, amount: 11 };

    expect(await edge.send(`${TRANSFERS}?dryRun=true`, alice, body)).toMatchObject({ status: 200 });
    expect(await edge.send(TRANSFERS, alice, body)).toMatchObject({
      status: 400,
      body: { code: 'destination_account_unavailable' },
    });
    const other = await edge.account(bob, 11);
    const own = { ...body, fromAccount: other };
    expect(await edge.send(`${TRANSFERS}?dryRun=true`, bob, own)).toMatchObject({
      status: 400,
      body: { code: 'exceeds_maximum_balance' },
    });
  });

  test('of every other command is marked, has no id and changes nothing', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 100 };
    const held = idIn(await edge.send(TRANSFERS, alice, { ...pair, pending: true }));
    const paid = idIn(await edge.send(TRANSFERS, alice, pair));
    const other = await edge.account(alice);

    const answers = [
      await edge.send(`${BATCH}?dryRun=true`, alice, { transfers: [pair, pair], linked: true }),
      await edge.send(`${TRANSFERS}?dryRun=true`, alice, { ...pair, pending: true }),
      await edge.send(`${TRANSFERS}?dryRun=true`, alice, {
        legs: [
          { account: from, direction: 'debit', amount: 2 },
          { account: to, direction: 'credit', amount: 1 },
          { account: other, direction: 'credit', amount: 1 },
        ],
      }),
      await edge.send(`POST /api/transactions/${held}/capture?dryRun=true`, bob, { amount: 60 }),
      await edge.send(`POST /api/transactions/${held}/void?dryRun=true`, operator),
      await edge.send(`POST /api/transactions/${paid}/reverse?dryRun=true`, bob),
      await edge.send(`POST /api/system/withdrawals?dryRun=true`, operator, { fromAccount: to, amount: 1 }),
      await edge.send('POST /api/transactions/system/initial-funds?dryRun=true', operator, {
        toAccount: to,
        amount: 1,
      }),
      await edge.send('POST /api/system/exchanges?dryRun=true', operator, {
        fromAccount: from,
        toAccount: to,
        fromAmount: 1,
        toAmount: 1,
      }),
    ];

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const answer of answers) expectNoIds(answer);
    expect(answers[3]).toMatchObject({
      body: {
        transaction: { status: 'completed', amountCaptured: 60 },
        balances: [{ accountId: to, balance: 160 }],
      },
    });
    expect(await edge.call(`GET /api/accounts/balance/${from}`, { as: alice.token })).toMatchObject({
      body: { balance: 900, held: 100, available: 800 },
    });
    expect(await edge.balanceOf(to)).toBe(100n);
  });

  test('of a failing linked batch is the same problem, and stores nothing', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 600 };

    const answer = await edge.send(`${BATCH}?dryRun=true`, alice, { transfers: [pair, pair], linked: true });

    expect(answer).toMatchObject({ status: 400, body: { code: 'linked_transfer_failed' } });
    expect(membersOf(answer).map((one) => one.problem?.code)).toEqual([
      'linked_transfer_failed',
      'insufficient_funds',
    ]);
    expectNoIds(answer);
  });

  test('of individually refused members has no ids of rejections', async () => {
    const { edge, alice, from, to } = await aPair();
    const pair = { fromAccount: from, toAccount: to, amount: 600 };

    const answer = await edge.send(`${BATCH}?dryRun=true`, alice, { transfers: [pair, pair] });

    expect(membersOf(answer).map((one) => one.problem?.code)).toEqual([undefined, 'insufficient_funds']);
    expectNoIds(answer);
  });
});

const IDS: ReadonlySet<string> = new Set(['id', 'batchId', 'transactionId']);

/** Fails unless the answer is marked as a dry run, with all that it has beside one another, and names no id. */
function expectNoIds({ body, headers }: Answer): void {
  expect(body).toMatchObject({ dryRun: true });
  const { results = [] } = body as { results?: readonly { problem?: object }[] };
  for (const one of results) expect(one.problem ?? one).toMatchObject({ dryRun: true });
  expect(fieldsIn(body).filter((name) => IDS.has(name))).toEqual([]);
  expect(headers.get('idempotent-replayed')).toBeNull();
}

function fieldsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...fieldsIn(inner)]);
}

type Member = Partial<TransferBody> & {
  readonly problem?: { readonly code: string; readonly transactionId?: string };
};

function membersOf({ body }: Answer): readonly Member[] {
  return (body as { results: readonly Member[] }).results;
}

function member(code: ErrorCode, transactionId = 'none') {
  return { problem: refusal(400, code, { transactionId }).body };
}

async function aPair() {
  const edge = new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  const operator = await edge.register('Operator', { role: 'system' });
  return { edge, alice, bob, operator, from: await edge.account(alice, 1_000), to: await edge.account(bob) };
}

/** Under a key of its own, unless one is given. */
function batch(
  edge: Edge,
  person: Person,
  transfers: readonly unknown[],
  more: object = {},
): Promise<Answer> {
  return edge.send(BATCH, person, { transfers, ...more });
}
