import { describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  A_TEXT,
  Edge,
  expectAnswer,
  expectReplay,
  idIn,
  invalid,
  keyReused,
  problem,
  refusal,
} from '../../support/edge.ts';
import type { Answer, Fault, Person } from '../../support/edge.ts';

const AT = '2026-01-15T10:00:00.000Z';
const FUNDING = '00000000-0000-8000-8000-000001455552';
const BALANCE_RULE =
  "must be an integer from -9007199254740991 to 9007199254740991, in the currency's minor unit";
const FORBIDDEN = problem(403, 'forbidden', {
  title: 'Forbidden',
  detail: 'Your role does not allow this',
});

describe('An account’s name', () => {
  test('can be changed and removed by its owner', async () => {
    const { edge, alice, account } = await aBank();
    const before = await shown(edge, alice, account);

    for (const name of ['Savings', 'Ersparnisse für März 🏠', null]) {
      const renamed = await rename(edge, alice, account, { name });
      expectAnswer(renamed, { status: 200, body: { account: { ...before, name } } });
      expect(await shown(edge, alice, account)).toEqual({ ...before, name });
    }
  });

  test.each<[object, Fault]>([
    [{}, ['name', 'is required']],
    [{ name: '' }, ['name', 'must be 1 to 60 printable characters']],
    [{ name: 'x'.repeat(61) }, ['name', 'must be 1 to 60 printable characters']],
    [{ name: 'a\nb' }, ['name', 'must be 1 to 60 printable characters']],
    [{ name: 1 }, ['name', 'must be a text']],
    [{ name: { $ne: null } }, ['name', 'must be a text']],
    [{ name: ['a'] }, ['name', 'must not be a list']],
    [{ name: 'a', status: 'closed' }, ['status', 'is not a known field']],
    [{ name: 'a', minimumBalance: -1 }, ['minimumBalance', 'is not a known field']],
  ])('is malformed: %j', async (body, error) => {
    const { edge, alice, account } = await aBank();

    expectAnswer(await rename(edge, alice, account, body), invalid(error));
  });

  test('cannot be changed by anyone else, not even the system', async () => {
    const { edge, alice, bob, operator, account } = await aBank();
    const absent = await rename(edge, alice, freshId(), { name: 'x' });

    expectAnswer(absent, refusal(404, 'account_not_found'));
    for (const person of [bob, operator]) {
      expect((await rename(edge, person, account, { name: 'x' })).text).toBe(absent.text);
    }
    expect(await shown(edge, alice, account)).toMatchObject({ name: null });
  });
});

describe('Closing an account', () => {
  test('is final for an empty account', async () => {
    const { edge, alice, bob } = await aBank();
    const account = await edge.account(alice);
    const before = await shown(edge, alice, account);

    const closed = await close(edge, alice, account, { reason: 'Moving away' });

    expectAnswer(closed, { status: 200, body: { account: { ...before, status: 'closed' } } });
    expectAnswer(await close(edge, alice, account), refusal(409, 'already_closed'));
    expectAnswer(await rename(edge, alice, account, { name: 'x' }), refusal(409, 'already_closed'));
    const from = await edge.account(bob, 10);
    const body = { fromAccount: from, toAccount: account, amount: 1 };
    expect(await edge.send('POST /api/transactions', bob, body)).toMatchObject({
      status: 400,
      body: { code: 'destination_account_unavailable' },
    });
  });

  test('needs no body', async () => {
    const { edge, alice } = await aBank();
    const account = await edge.account(alice);

    expect(await edge.call(`POST /api/accounts/${account}/close`, { as: alice.token })).toMatchObject({
      status: 200,
      body: { account: { status: 'closed' } },
    });
  });

  test('with money in the account is refused, unless it is swept to another account of the owner', async () => {
    const { edge, alice, account } = await aBank();
    const other = await edge.account(alice, 5);

    expectAnswer(await close(edge, alice, account), refusal(400, 'balance_not_zero'));
    const closed = await close(edge, alice, account, { sweepTo: other });

    expect(closed).toMatchObject({
      status: 200,
      body: { account: { status: 'closed', balance: 0, available: 0 } },
    });
    expect(await edge.balanceOf(other)).toBe(1_005n);
    expect(await edge.call('GET /api/transactions?limit=1', { as: alice.token })).toMatchObject({
      body: {
        transactions: [
          { kind: 'transfer', status: 'completed', fromAccount: account, toAccount: other, amount: 1_000 },
        ],
      },
    });
  });

  test("sweeps only to the owner's accounts, and treats another’s account like an unknown one", async () => {
    const { edge, alice, bob, account } = await aBank();

    const absent = await close(edge, alice, account, { sweepTo: freshId() });
    expectAnswer(absent, refusal(404, 'destination_account_not_found'));
    for (const sweepTo of [await edge.account(bob), FUNDING, 'no such form']) {
      expect((await close(edge, alice, account, { sweepTo })).text).toBe(absent.text);
    }
    expectAnswer(
      await close(edge, alice, account, { sweepTo: account }),
      invalid(['sweepTo', 'must be another account']),
    );
    expect(await shown(edge, alice, account)).toMatchObject({ status: 'active', balance: 1_000 });
  });

  test('is refused while holds are pending, on either side', async () => {
    const { edge, alice, bob, account } = await aBank();
    const to = await edge.account(bob);
    const hold = { fromAccount: account, toAccount: to, amount: 1, pending: true, expiresInSeconds: 60 };
    await edge.send('POST /api/transactions', alice, hold);

    expectAnswer(
      await close(edge, alice, account, { sweepTo: await edge.account(alice) }),
      refusal(400, 'holds_outstanding'),
    );
    expectAnswer(await close(edge, bob, to), refusal(400, 'holds_outstanding'));
    edge.clock.advance(60_000);
    expect(await close(edge, bob, to)).toMatchObject({ status: 200 });
  });

  test('is for the owner and the system; to others the account does not exist', async () => {
    const { edge, alice, bob, operator } = await aBank();
    const account = await edge.account(alice);
    const auditor = await edge.register('Auditor', { role: 'auditor' });

    const absent = await close(edge, bob, freshId());
    expectAnswer(absent, refusal(404, 'account_not_found'));
    for (const [person, one] of [
      [bob, account],
      [auditor, account],
      [alice, FUNDING],
      [operator, FUNDING],
    ] as const) {
      expect((await close(edge, person, one)).text).toBe(absent.text);
    }
    expect(await close(edge, operator, account)).toMatchObject({ status: 200 });
  });

  test('with a key is replayed, and the key serves no other request', async () => {
    const { edge, alice, account } = await aBank();
    const other = await edge.account(alice);
    const body = { sweepTo: other, reason: 'x', idempotencyKey: freshId() };

    const first = await close(edge, alice, account, body);

    expectReplay(await close(edge, alice, account, body), first);
    expectAnswer(await close(edge, alice, other, body), invalid(['sweepTo', 'must be another account']));
    expectAnswer(await close(edge, alice, freshId(), body), keyReused('accountId'));
    expectAnswer(await close(edge, alice, account, { ...body, sweepTo: freshId() }), keyReused('sweepTo'));
    expectAnswer(await close(edge, alice, account, { ...body, reason: 'y' }), keyReused('reason'));
    expect(await edge.balanceOf(other)).toBe(1_000n);
  });
});

describe('A withdrawal', () => {
  const ROUTE = 'POST /api/system/withdrawals';

  test('is the mirror of initial funds', async () => {
    const { edge, alice, operator, account } = await aBank();

    const made = await edge.send(ROUTE, operator, {
      fromAccount: account,
      amount: 400,
      description: 'Cash',
    });

    const transaction = {
      id: idIn(made),
      kind: 'withdrawal',
      status: 'completed',
      fromAccount: account,
      toAccount: FUNDING,
      amount: 400,
      currency: 'EUR',
      currencyExponent: 2,
      description: 'Cash',
      createdAt: AT,
      completedAt: AT,
    };
    expectAnswer(made, {
      status: 200,
      body: { transaction, balances: [{ accountId: FUNDING, balance: 600, held: 0, available: 600 }] },
    });
    expect((await edge.call(`GET /api/transactions/${idIn(made)}`, { as: alice.token })).body).toEqual({
      transaction: { ...transaction, toAccount: null },
    });
    expect(await edge.balanceOf(account)).toBe(600n);
  });

  test('debits the oldest active account of a user', async () => {
    const { edge, alice, operator, account } = await aBank();
    await edge.account(alice, 1_000);

    expect(await edge.send(ROUTE, operator, { userId: alice.id, amount: 1 })).toMatchObject({
      status: 200,
      body: { transaction: { fromAccount: account } },
    });
    expectAnswer(
      await edge.send(ROUTE, operator, { userId: alice.id, currency: 'JPY', amount: 1 }),
      refusal(404, 'source_account_not_found'),
    );
  });

  test('is refused above the available balance, and from the bank’s own accounts', async () => {
    const { edge, operator, account } = await aBank();

    const refused = await edge.send(ROUTE, operator, { fromAccount: account, amount: 1_001 });
    const { transactionId } = refused.body as { transactionId: string };
    expectAnswer(refused, refusal(400, 'insufficient_funds', { transactionId }));
    expectAnswer(
      await edge.send(ROUTE, operator, { fromAccount: FUNDING, amount: 1 }),
      refusal(404, 'source_account_not_found'),
    );
  });

  test('names one account or one user', async () => {
    const { edge, operator } = await aBank();
    const rule = 'or "userId" must be given, and not both';

    for (const body of [{}, { fromAccount: 'a', userId: 'b' }]) {
      expectAnswer(await edge.send(ROUTE, operator, { ...body, amount: 1 }), invalid(['fromAccount', rule]));
    }
  });

  test('is made once for a key of the bank, whichever operator sends it', async () => {
    const { edge, operator, account } = await aBank();
    const other = await edge.register('Other', { role: 'system' });
    const body = { fromAccount: account, amount: 400, idempotencyKey: 'cash' };
    const first = await edge.send(ROUTE, operator, body);

    expectReplay(await edge.send(ROUTE, other, body), first);
    for (const [field, change] of [
      ['fromAccount', { fromAccount: freshId() }],
      ['amount', { amount: 401 }],
      ['currency', { currency: 'EUR' }],
      ['description', { description: 'x' }],
    ] as const) {
      expectAnswer(await edge.send(ROUTE, other, { ...body, ...change }), keyReused(field));
    }
    expect(await edge.balanceOf(account)).toBe(600n);
    const byKey = 'GET /api/transactions/by-key/cash?operation=withdrawal';
    expect(await edge.call(byKey, { as: other.token })).toMatchObject({
      body: { transaction: { id: idIn(first), kind: 'withdrawal' } },
    });
  });
});

describe('An exchange', () => {
  const ROUTE = 'POST /api/system/exchanges';

  test('is a linked batch through the bank’s exchange account of each currency', async () => {
    const { edge, alice, operator, account } = await aBank();
    const yen = await yenAccount(edge, alice);

    const made = await edge.send(ROUTE, operator, {
      fromAccount: account,
      toAccount: yen,
      fromAmount: 100,
      toAmount: 163,
      description: 'At 163',
    });

    const { results } = made.body as { results: { transaction: { batchId: string } }[] };
    const batchId = results[0]?.transaction.batchId;
    const [euros, yens] = ['00000000-0000-8000-8000-000004455552', '00000000-0000-8000-8000-0000044a5059'];
    expectAnswer(made, {
      status: 200,
      body: {
        results: [
          {
            transaction: {
              id: A_TEXT,
              kind: 'transfer',
              status: 'completed',
              fromAccount: account,
              toAccount: euros,
              amount: 100,
              currency: 'EUR',
              currencyExponent: 2,
              description: 'At 163',
              batchId,
              createdAt: AT,
              completedAt: AT,
            },
            balances: [{ accountId: euros, balance: -100, held: 0, available: -100 }],
          },
          {
            transaction: {
              id: A_TEXT,
              kind: 'transfer',
              status: 'completed',
              fromAccount: yens,
              toAccount: yen,
              amount: 163,
              currency: 'JPY',
              currencyExponent: 0,
              description: 'At 163',
              batchId,
              createdAt: AT,
              completedAt: AT,
            },
            balances: [{ accountId: yens, balance: 163, held: 0, available: 163 }],
          },
        ],
      },
    });
    expect([await edge.balanceOf(account), await edge.balanceOf(yen)]).toEqual([900n, 163n]);
    const list = await edge.call('GET /api/transactions', { as: alice.token });
    expect(list.text).not.toContain(euros);
    expect(list.text).not.toContain(yens);
  });

  test('changes nothing if either side is refused', async () => {
    const { edge, alice, operator, account } = await aBank();
    const yen = await yenAccount(edge, alice);
    await edge.send(`POST /api/system/accounts/${yen}/freeze`, operator, { reason: 'x', credits: true });
    const body = { fromAccount: account, toAccount: yen, fromAmount: 100, toAmount: 163 };

    expect(await edge.send(ROUTE, operator, body)).toMatchObject({
      status: 400,
      body: {
        code: 'linked_transfer_failed',
        results: [
          { problem: { code: 'linked_transfer_failed' } },
          { problem: { code: 'destination_account_frozen' } },
        ],
      },
    });
    expect(await edge.balanceOf(account)).toBe(1_000n);
  });

  test('is made once for a key, and names differences as the API does', async () => {
    const { edge, alice, operator, account } = await aBank();
    const yen = await yenAccount(edge, alice);
    const body = {
      fromAccount: account,
      toAccount: yen,
      fromAmount: 100,
      toAmount: 163,
      idempotencyKey: freshId(),
    };
    const first = await edge.send(ROUTE, operator, body);

    expectReplay(await edge.send(ROUTE, operator, body), first);
    for (const [field, change] of [
      ['fromAccount', { fromAccount: freshId() }],
      ['toAccount', { toAccount: freshId() }],
      ['fromAmount', { fromAmount: 101 }],
      ['toAmount', { toAmount: 164 }],
      ['description', { description: 'x' }],
    ] as const) {
      expectAnswer(await edge.send(ROUTE, operator, { ...body, ...change }), keyReused(field));
    }
    expect(await edge.balanceOf(yen)).toBe(163n);
  });

  test.each(['fromAmount', 'toAmount'])('has a %s of at least 1', async (field) => {
    const { edge, operator } = await aBank();
    const body = { fromAccount: 'a', toAccount: 'b', fromAmount: 1, toAmount: 1 };
    const rule = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";

    for (const wrong of [0, -1, 1.5, '1', null]) {
      expectAnswer(await edge.send(ROUTE, operator, { ...body, [field]: wrong }), invalid([field, rule]));
    }
  });
});

describe('A freeze', () => {
  test('stops debits, and on request credits, until it is lifted', async () => {
    const { edge, alice, bob, operator, account } = await aBank();
    const other = await edge.account(bob, 100);
    const before = await shown(edge, alice, account);
    const out = () =>
      edge.send('POST /api/transactions', alice, { fromAccount: account, toAccount: other, amount: 1 });
    const into = () =>
      edge.send('POST /api/transactions', bob, { fromAccount: other, toAccount: account, amount: 1 });

    const frozen = await freeze(edge, operator, account, { reason: 'Fraud' });
    expectAnswer(frozen, { status: 200, body: { account: { ...before, status: 'frozen' } } });
    expect(await out()).toMatchObject({ status: 400, body: { code: 'source_account_frozen' } });
    expect(await into()).toMatchObject({ status: 200 });

    await freeze(edge, operator, account, { reason: 'Fraud', credits: true });
    expect(await into()).toMatchObject({ status: 400, body: { code: 'destination_account_unavailable' } });

    const lifted = await edge.send(`POST /api/system/accounts/${account}/unfreeze`, operator, {
      reason: 'Settled',
    });
    expect(lifted).toMatchObject({ status: 200, body: { account: { status: 'active', balance: 1_001 } } });
    expect([(await out()).status, (await into()).status]).toEqual([200, 200]);
  });

  test.each<[object, Fault]>([
    [{}, ['reason', 'is required']],
    [{ reason: '' }, ['reason', 'must be 1 to 280 printable characters']],
    [{ reason: 'x'.repeat(281) }, ['reason', 'must be 1 to 280 printable characters']],
    [{ reason: 'a\r\nb' }, ['reason', 'must be 1 to 280 printable characters']],
    [{ reason: 'x', credits: 'true' }, ['credits', 'must be true or false']],
    [{ reason: 'x', idempotencyKey: '' }, ['idempotencyKey', 'must be 1 to 255 printable ASCII characters']],
  ])('is malformed: %j', async (body, error) => {
    const { edge, alice, operator, account } = await aBank();
    const route = `POST /api/system/accounts/${account}/freeze`;

    expectAnswer(await edge.call(route, { as: operator.token, body }), invalid(error));
    expect(await shown(edge, alice, account)).toMatchObject({ status: 'active' });
  });

  test('needs no key, and with a key happens once', async () => {
    const { edge, operator, account } = await aBank();
    const route = `POST /api/system/accounts/${account}/freeze`;
    const call = (body: object) => edge.call(route, { as: operator.token, body });
    expect(await call({ reason: 'x' })).toMatchObject({ status: 200 });

    const body = { reason: 'x', credits: false, idempotencyKey: freshId() };
    const first = await call(body);
    await edge.send(`POST /api/system/accounts/${account}/unfreeze`, operator, { reason: 'x' });
    expectReplay(await call({ reason: 'x', idempotencyKey: body.idempotencyKey }), first);
    expectAnswer(await call({ ...body, credits: true }), keyReused('credits'));
    expectAnswer(await call({ ...body, reason: 'y' }), keyReused('reason'));
    expectAnswer(await freeze(edge, operator, freshId(), body), keyReused('accountId'));
    expect(await edge.call(`GET /api/accounts/${account}`, { as: operator.token })).toMatchObject({
      body: { account: { status: 'active' } },
    });
  });
});

describe('Limits', () => {
  test('permit a negative balance, but no lower', async () => {
    const { edge, alice, bob, operator, account } = await aBank();
    const other = await edge.account(bob);
    const before = await shown(edge, alice, account);
    const pay = (amount: number) =>
      edge.send('POST /api/transactions', alice, { fromAccount: account, toAccount: other, amount });

    const limited = await limit(edge, operator, account, { minimumBalance: -500, maximumBalance: 2_000 });

    const after = { ...before, minimumBalance: -500, maximumBalance: 2_000 };
    expectAnswer(limited, { status: 200, body: { account: after } });
    expect(await pay(1_501)).toMatchObject({ status: 400, body: { code: 'insufficient_funds' } });
    expect(await pay(1_500)).toMatchObject({ status: 200, body: { balances: [{ balance: -500 }] } });
  });

  test('cap an account; its owner sees the precise code, others do not', async () => {
    const { edge, alice, bob, operator, account } = await aBank();
    const [own, other] = [await edge.account(alice, 100), await edge.account(bob, 100)];
    await limit(edge, operator, account, { minimumBalance: 0, maximumBalance: 1_010 });
    const pay = (person: Person, fromAccount: string, amount: number) =>
      edge.send('POST /api/transactions', person, { fromAccount, toAccount: account, amount });

    expect(await pay(alice, own, 11)).toMatchObject({ body: { code: 'exceeds_maximum_balance' } });
    expect(await pay(bob, other, 11)).toMatchObject({ body: { code: 'destination_account_unavailable' } });
    expect(await pay(bob, other, 10)).toMatchObject({ status: 200 });
  });

  test('are set together: an absent or null maximum removes it', async () => {
    const { edge, operator, account } = await aBank();

    for (const terms of [{}, { maximumBalance: null }]) {
      await limit(edge, operator, account, { minimumBalance: 0, maximumBalance: 5_000 });
      const lifted = await limit(edge, operator, account, { minimumBalance: 0, ...terms });
      expect(lifted.status).toBe(200);
      expect(lifted.text).not.toContain('maximumBalance');
    }
  });

  test.each<[object, Fault]>([
    [{}, ['minimumBalance', 'is required']],
    [{ minimumBalance: null }, ['minimumBalance', BALANCE_RULE]],
    [{ minimumBalance: '0' }, ['minimumBalance', BALANCE_RULE]],
    [{ minimumBalance: 0.5 }, ['minimumBalance', BALANCE_RULE]],
    [{ minimumBalance: -9_007_199_254_740_992 }, ['minimumBalance', BALANCE_RULE]],
    [{ minimumBalance: 0, maximumBalance: 9_007_199_254_740_992 }, ['maximumBalance', BALANCE_RULE]],
    [{ minimumBalance: 0, maximumBalance: 'x' }, ['maximumBalance', BALANCE_RULE]],
    [{ minimumBalance: 1, maximumBalance: 0 }, ['maximumBalance', 'must not be below the minimum balance']],
    [{ minimumBalance: 0, balance: 5 }, ['balance', 'is not a known field']],
  ])('are malformed: %j', async (body, error) => {
    const { edge, alice, operator, account } = await aBank();

    expectAnswer(await limit(edge, operator, account, body), invalid(error));
    expect(await shown(edge, alice, account)).toMatchObject({ minimumBalance: 0 });
  });

  test('may be at either bound', async () => {
    const { edge, operator, account } = await aBank();
    const bound = Number.MAX_SAFE_INTEGER;

    expect(
      await limit(edge, operator, account, { minimumBalance: -bound, maximumBalance: bound }),
    ).toMatchObject({ status: 200, body: { account: { minimumBalance: -bound, maximumBalance: bound } } });
  });

  test('are set once for each key', async () => {
    const { edge, operator, account } = await aBank();
    const body = { minimumBalance: -5, maximumBalance: 9_000, idempotencyKey: freshId() };
    const first = await limit(edge, operator, account, body);
    await limit(edge, operator, account, { minimumBalance: 0 });

    expectReplay(await limit(edge, operator, account, body), first);
    expectAnswer(await limit(edge, operator, freshId(), body), keyReused('accountId'));
    expectAnswer(
      await limit(edge, operator, account, { ...body, minimumBalance: -6 }),
      keyReused('minimumBalance'),
    );
    expectAnswer(
      await limit(edge, operator, account, { ...body, maximumBalance: null }),
      keyReused('maximumBalance'),
    );
  });
});

describe('The audit log', () => {
  test('shows who did what, when and why, and the state before', async () => {
    const { edge, alice, operator, account } = await aBank();
    const other = await edge.account(alice);
    await freeze(edge, operator, account, { reason: 'Fraud', credits: true });
    edge.clock.advance(1_000);
    await edge.send(`POST /api/system/accounts/${account}/unfreeze`, operator, { reason: 'Settled' });
    await limit(edge, operator, account, {
      minimumBalance: -500,
      maximumBalance: 2_000,
      reason: 'Overdraft',
    });
    await close(edge, alice, account, { sweepTo: other });

    const log = await edge.call('GET /api/system/audit', { as: operator.token });

    const later = '2026-01-15T10:00:01.000Z';
    const bySystem = { accountId: account, actor: { kind: 'system', id: operator.id }, hash: A_TEXT };
    expectAnswer(log, {
      status: 200,
      body: {
        records: [
          {
            sequence: 1,
            at: AT,
            actor: { kind: 'system', id: null },
            action: 'role_granted',
            userId: operator.id,
            changes: [{ field: 'role', before: 'customer', after: 'system' }],
            hash: A_TEXT,
          },
          {
            ...bySystem,
            sequence: 2,
            at: AT,
            action: 'account_frozen',
            reason: 'Fraud',
            changes: [
              { field: 'status', before: 'active', after: 'frozen' },
              { field: 'creditsFrozen', before: 'false', after: 'true' },
            ],
          },
          {
            ...bySystem,
            sequence: 3,
            at: later,
            action: 'account_unfrozen',
            reason: 'Settled',
            changes: [
              { field: 'status', before: 'frozen', after: 'active' },
              { field: 'creditsFrozen', before: 'true', after: 'false' },
            ],
          },
          {
            ...bySystem,
            sequence: 4,
            at: later,
            action: 'account_limited',
            reason: 'Overdraft',
            changes: [
              { field: 'minimumBalance', before: '0', after: '-500' },
              { field: 'maximumBalance', before: null, after: '2000' },
            ],
          },
          {
            sequence: 5,
            at: later,
            actor: { kind: 'user', id: alice.id },
            action: 'account_closed',
            accountId: account,
            changes: [{ field: 'status', before: 'active', after: 'closed' }],
            hash: A_TEXT,
          },
        ],
        nextCursor: null,
      },
    });
  });

  test('omits refusals and replays, and is paged from its beginning', async () => {
    const { edge, operator, account } = await aBank();
    const body = { reason: 'One', idempotencyKey: freshId() };
    await freeze(edge, operator, account, body);
    await freeze(edge, operator, account, body);
    await freeze(edge, operator, freshId(), { reason: 'None' });
    await limit(edge, operator, account, { minimumBalance: 0, reason: 'Two' });
    await freeze(edge, operator, account, { reason: 'Three' });
    const read = async (query: string) => {
      const { body: page } = await edge.call(`GET /api/system/audit?${query}`, { as: operator.token });
      return page as { records: { reason: string }[]; nextCursor: string | null };
    };

    // The first is the grant of the operator's role
    const first = await read('limit=3');
    expect(first.records.map(({ reason }) => reason)).toEqual([undefined, 'One', 'Two']);
    expect(await read(`limit=3&cursor=${first.nextCursor}`)).toMatchObject({
      records: [{ reason: 'Three' }],
      nextCursor: null,
    });
  });
});

describe('The system’s look-ups', () => {
  test('find a user by e-mail address', async () => {
    const { edge, alice, operator } = await aBank();
    const find = (email: string) =>
      edge.call(`GET /api/system/users?email=${encodeURIComponent(email)}`, { as: operator.token });

    for (const email of [alice.email, ` ${alice.email.toUpperCase()} `]) {
      expectAnswer(await find(email), {
        status: 200,
        body: {
          user: { id: alice.id, name: 'Alice', email: alice.email, role: 'customer', createdAt: AT },
        },
      });
    }
    for (const email of ['nobody@example.com', '', '{"$ne":null}']) {
      expectAnswer(
        await find(email),
        problem(404, 'user_not_found', { title: 'Not Found', detail: A_TEXT as string }),
      );
    }
  });

  test('list a user’s accounts page by page', async () => {
    const { edge, alice, operator, account } = await aBank();
    const second = await edge.account(alice);
    const list = (query: string) => edge.call(`GET /api/system/accounts?${query}`, { as: operator.token });

    const first = await list(`userId=${alice.id}&limit=1`);
    const { nextCursor } = first.body as { nextCursor: string };
    expect(first).toMatchObject({ status: 200, body: { accounts: [{ id: account, balance: 1_000 }] } });
    expect(await list(`userId=${alice.id}&cursor=${nextCursor}`)).toMatchObject({
      body: { accounts: [{ id: second }], nextCursor: null },
    });
    expectAnswer(await list(`userId=${freshId()}`), {
      status: 200,
      body: { accounts: [], nextCursor: null },
    });
  });

  test('accounts require their filter, once', async () => {
    const { edge, operator } = await aBank();
    const call = (query: string) => edge.call(`GET /api/system/accounts${query}`, { as: operator.token });

    expectAnswer(await call(''), invalid(['userId', 'is required']));
    expectAnswer(await call('?userId=a&userId=b'), invalid(['userId', 'must be given once']));
  });

  test('users are listed page by page in the order of registration, and found by address or id', async () => {
    const { edge, alice, operator } = await aBank();
    const call = (path: string) => edge.call(`GET /api/system/users${path}`, { as: operator.token });
    const ids: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call(`?limit=1${cursor}`);
      const page = body as { users: { id: string }[]; nextCursor: string | null };
      ids.push(...page.users.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }

    expect(ids).toEqual(ids.toSorted());
    expect(ids).toEqual(expect.arrayContaining([alice.id, operator.id]));
    expect((await call(`/${alice.id}`)).body).toEqual((await call(`?email=${alice.email}`)).body);
    expectAnswer(await call('?email=a&email=b'), invalid(['email', 'must be given once']));
    const both = invalid(['email', 'takes no "limit" and no "cursor" beside it']);
    expectAnswer(await call('?email=a&limit=1'), both);
  });
});

describe('The roles', () => {
  const ROUTES = [
    'POST /api/system/withdrawals',
    'POST /api/system/exchanges',
    'POST /api/system/accounts/none/freeze',
    'POST /api/system/accounts/none/unfreeze',
    'PUT /api/system/accounts/none/limits',
    'POST /api/system/transactions/none/erase-text',
    'POST /api/system/checkpoints',
    'GET /api/system/checkpoints',
    'GET /api/system/audit',
    'GET /api/system/trial-balance',
    'GET /api/system/users?email=a@example.com',
    'GET /api/system/users/none',
    'PUT /api/system/users/none/role',
    'POST /api/system/users/none/lock',
    'POST /api/system/users/none/unlock',
    'GET /api/system/security-events',
    'GET /api/system/accounts?userId=a',
  ];

  test('every route under /api/system is in this table', () => {
    const { app } = new Edge();
    const paths = app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/system/'))
      .map(({ method, path }) => `${method} ${path.replace(':id', 'none')}`);

    expect([...new Set(paths)].sort()).toEqual(ROUTES.map((route) => route.replace(/\?.*/, '')).sort());
  });

  test.each(ROUTES)('%s: no customer may call it, with any request', async (route) => {
    const { edge, alice } = await aBank();

    for (const body of [undefined, '{', { reason: 'x' }]) {
      if (route.startsWith('GET') && body !== undefined) continue;
      expectAnswer(
        await edge.call(route, { as: alice.token, ...(body === undefined ? {} : { body }) }),
        FORBIDDEN,
      );
    }
  });

  test.each(ROUTES)('%s: an auditor may read, but not write', async (route) => {
    const { edge } = await aBank();
    const { token } = await edge.register('Auditor', { role: 'auditor' });

    const answer = await edge.call(route, { as: token });

    if (route.startsWith('GET')) expect([200, 404]).toContain(answer.status);
    else expectAnswer(answer, FORBIDDEN);
  });

  test.each(['freeze', 'unfreeze', 'limits'])(
    '%s of the bank’s own account answers as for an unknown account',
    async (path) => {
      const { edge, operator } = await aBank();
      const route = path === 'limits' ? 'PUT' : 'POST';
      const body = path === 'limits' ? { minimumBalance: 0, reason: 'x' } : { reason: 'x' };
      const call = (id: string) => edge.send(`${route} /api/system/accounts/${id}/${path}`, operator, body);

      const absent = await call(freshId());
      expectAnswer(absent, refusal(404, 'account_not_found'));
      expect((await call(FUNDING)).text).toBe(absent.text);
    },
  );

  test.each(['freeze', 'unfreeze', 'limits'])('%s of a closed account is refused', async (path) => {
    const { edge, alice, operator } = await aBank();
    const account = await edge.account(alice);
    await close(edge, alice, account);
    const route = `${path === 'limits' ? 'PUT' : 'POST'} /api/system/accounts/${account}/${path}`;
    const body = path === 'limits' ? { minimumBalance: 0, reason: 'x' } : { reason: 'x' };

    expectAnswer(await edge.send(route, operator, body), refusal(409, 'already_closed'));
  });
});

/** Alice has an account with 10.00 in it. */
async function aBank() {
  const edge = new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  const operator = await edge.register('Operator', { role: 'system' });
  return { edge, alice, bob, operator, account: await edge.account(alice, 1_000) };
}

async function yenAccount(edge: Edge, { token }: Person): Promise<string> {
  const opened = await edge.call('POST /api/accounts', { as: token, body: { currency: 'JPY' } });
  return (opened.body as { account: { id: string } }).account.id;
}

async function shown(edge: Edge, { token }: Person, account: string): Promise<object> {
  const { body } = await edge.call(`GET /api/accounts/${account}`, { as: token });
  return (body as { account: object }).account;
}

function rename(edge: Edge, { token }: Person, account: string, body: object): Promise<Answer> {
  return edge.call(`PATCH /api/accounts/${account}`, { as: token, body });
}

function close(edge: Edge, person: Person, account: string, body: object = {}): Promise<Answer> {
  return edge.send(`POST /api/accounts/${account}/close`, person, body);
}

function freeze(edge: Edge, person: Person, account: string, body: object): Promise<Answer> {
  return edge.send(`POST /api/system/accounts/${account}/freeze`, person, body);
}

function limit(edge: Edge, person: Person, account: string, body: object): Promise<Answer> {
  return edge.send(`PUT /api/system/accounts/${account}/limits`, person, { reason: 'x', ...body });
}
