import { describe, expect, test } from 'vitest';
import { dryRunTransfer, withDryRun } from '../../../src/application/dry-run.ts';
import type { Actor, TransferRequest } from '../../../src/index.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { A_TEXT, Edge, expectAnswer, PASSWORD, problem } from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';

const AT = '2026-01-15T10:00:00.000Z';
const NOT_FOUND = { title: 'Not Found' };
const REFUSED = { title: 'Bad Request' };

describe('The walk of a customer', () => {
  test('goes from registration to a transfer, with the answers that clients rely on', async () => {
    const edge = new Edge();
    const email = `${freshId()}@example.com`;

    const registered = await edge.call('POST /api/auth/register', {
      body: { name: 'Alice', email: email.toUpperCase(), password: PASSWORD },
    });
    const { user } = registered.body as { user: { id: string } };
    expect(registered).toMatchObject({
      status: 201,
      body: {
        user: { id: user.id, name: 'Alice', email, role: 'customer', createdAt: AT },
        token: A_TEXT,
      },
    });
    expect(Object.keys(registered.body as object)).toEqual(['user', 'token']);

    const signedIn = await edge.call('POST /api/auth/login', { body: { email, password: PASSWORD } });
    const { token } = signedIn.body as { token: string };
    expect(signedIn).toMatchObject({ status: 200, body: { user, token: A_TEXT } });

    const opened = await edge.call('POST /api/accounts', { as: token });
    const { account } = opened.body as { account: { id: string } };
    const empty = {
      id: account.id,
      number: expect.stringMatching(/^PB\d{14}$/) as string,
      name: null,
      currency: 'EUR',
      currencyExponent: 2,
      class: 'liability',
      status: 'active',
      balance: 0,
      held: 0,
      available: 0,
      minimumBalance: 0,
      createdAt: AT,
    };
    expect(opened).toMatchObject({ status: 201, body: { account: empty } });
    expect(opened.body).toEqual({ account: empty });

    const operator = await edge.register('Operator', { role: 'system' });
    const funded = await edge.call('POST /api/transactions/system/initial-funds', {
      as: operator.token,
      body: { toAccount: account.id, amount: 500.0, idempotencyKey: freshId() },
    });
    expect(funded.status).toBe(200);
    expect(funded.body).toEqual({
      transaction: {
        id: idOf(funded),
        kind: 'initial_funds',
        status: 'completed',
        fromAccount: '00000000-0000-8000-8000-000001455552',
        toAccount: account.id,
        amount: 500,
        currency: 'EUR',
        currencyExponent: 2,
        createdAt: AT,
        completedAt: AT,
      },
      balances: [
        { accountId: '00000000-0000-8000-8000-000001455552', balance: 500, held: 0, available: 500 },
      ],
    });

    const payee = await edge.register('Bob');
    const toAccount = await edge.account(payee);
    const paid = await edge.call('POST /api/transactions', {
      as: token,
      body: {
        fromAccount: account.id,
        toAccount,
        amount: 120,
        currency: 'EUR',
        description: 'Rent',
        metadata: { invoice: '7' },
        idempotencyKey: freshId(),
      },
    });
    const transaction = {
      id: idOf(paid),
      kind: 'transfer',
      status: 'completed',
      fromAccount: account.id,
      toAccount,
      amount: 120,
      currency: 'EUR',
      currencyExponent: 2,
      description: 'Rent',
      metadata: { invoice: '7' },
      createdAt: AT,
      completedAt: AT,
    };
    expect(paid.status).toBe(200);
    expect(paid.body).toEqual({
      transaction,
      balances: [{ accountId: account.id, balance: 380, held: 0, available: 380 }],
    });

    expect(await edge.call(`GET /api/accounts/balance/${account.id}`, { as: token })).toMatchObject({
      status: 200,
      body: {
        accountId: account.id,
        currency: 'EUR',
        currencyExponent: 2,
        balance: 380,
        held: 0,
        available: 380,
        at: AT,
      },
    });
    const after = { ...empty, balance: 380, available: 380 };
    expect((await edge.call('GET /api/accounts', { as: token })).body).toEqual({
      accounts: [after],
      nextCursor: null,
    });
    expect((await edge.call(`GET /api/accounts/${account.id}`, { as: token })).body).toEqual({
      account: after,
    });
    const counterparty = await edge.payeeAt(toAccount, 'Bob');
    expect((await edge.call(`GET /api/transactions/${idOf(paid)}`, { as: token })).body).toEqual({
      transaction: { ...transaction, counterparty },
    });
    expect((await edge.call('GET /api/auth/me', { as: token })).body).toEqual({
      user,
      profile: { emailVerified: false, language: 'en', timeZone: 'UTC' },
    });

    const seenByPayee = await edge.call('GET /api/transactions', { as: payee.token });
    const { metadata: _, ...shared } = transaction;
    expect(seenByPayee.body).toEqual({
      transactions: [
        {
          ...shared,
          fromAccount: null,
          counterparty: { name: 'Alice', account: account.id.slice(-4) },
        },
      ],
      nextCursor: null,
    });
  });

  test('initial funds find the oldest active account of a user', async () => {
    const edge = new Edge();
    const operator = await edge.register('Operator', { role: 'system' });
    const alice = await edge.register();
    const oldest = await edge.account(alice);
    await edge.account(alice);
    const body = { userId: alice.id, amount: 5, idempotencyKey: freshId() };

    const funded = await edge.call('POST /api/transactions/system/initial-funds', {
      as: operator.token,
      body,
    });

    expect(funded).toMatchObject({ status: 200, body: { transaction: { toAccount: oldest, amount: 5 } } });
    expect(await edge.balanceOf(oldest)).toBe(5n);
  });

  test('an account has the currency and the name it is opened with', async () => {
    const edge = new Edge();
    const { token } = await edge.register();

    const opened = await edge.call('POST /api/accounts', {
      as: token,
      body: { currency: 'JPY', name: 'Savings' },
    });

    expect(opened).toMatchObject({
      status: 201,
      body: { account: { currency: 'JPY', currencyExponent: 0, name: 'Savings' } },
    });
  });
});

describe('Lists', () => {
  test('are paged by a cursor, and end with null', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const ids = [await edge.account(alice), await edge.account(alice), await edge.account(alice)];

    const first = await edge.call('GET /api/accounts?limit=2', { as: alice.token });
    const { accounts, nextCursor } = first.body as { accounts: { id: string }[]; nextCursor: string };
    expect(accounts.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await edge.call(`GET /api/accounts?limit=2&cursor=${nextCursor}`, { as: alice.token });
    expect(second.body).toMatchObject({ accounts: [{ id: ids[2] }], nextCursor: null });
  });

  test('never show what is another’s', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    await pay(edge, alice, { fromAccount: from, toAccount: await edge.account(alice), amount: 1 });

    const accounts = await edge.call('GET /api/accounts', { as: bob.token });
    const transactions = await edge.call('GET /api/transactions', { as: bob.token });

    expect(accounts.body).toMatchObject({ accounts: [{ id: to }] });
    expect(transactions.body).toEqual({ transactions: [], nextCursor: null });
  });
});

describe('What is another’s answers like what does not exist', () => {
  const routes = [
    ['GET /api/accounts/:account', 'account_not_found'],
    ['GET /api/accounts/balance/:account', 'account_not_found'],
    ['GET /api/transactions/:transaction', 'transfer_not_found'],
  ] as const;

  test.each(routes)('%s', async (route, code) => {
    const { edge, alice, bob, from } = await aPair();
    const paid = await pay(edge, alice, {
      fromAccount: from,
      toAccount: await edge.account(alice),
      amount: 1,
    });
    const withIds = (account: string, transaction: string) =>
      route.replace(':account', account).replace(':transaction', transaction);

    const foreign = await edge.call(withIds(from, idOf(paid)), { as: bob.token });
    const absent = await edge.call(withIds(freshId(), freshId()), { as: bob.token });
    const unknownForm = await edge.call(withIds("' or 1=1 --".replaceAll(' ', '%20'), '%00'), {
      as: bob.token,
    });

    expect(foreign).toMatchObject({ status: 404, body: { code } });
    expect(absent.text).toBe(foreign.text);
    expect(unknownForm.text).toBe(foreign.text);
    expect(absent.status).toBe(404);
  });

  test('a debit of another’s account, and of none', async () => {
    const { edge, bob, from, to } = await aPair();

    const foreign = await pay(edge, bob, { fromAccount: from, toAccount: to, amount: 1 });
    const absent = await pay(edge, bob, { fromAccount: freshId(), toAccount: to, amount: 1 });

    expectAnswer(
      foreign,
      problem(404, 'source_account_not_found', {
        ...NOT_FOUND,
        detail: 'The account to debit was not found',
      }),
    );
    expect(absent.text).toBe(foreign.text);
    expect(await edge.balanceOf(from)).toBe(1_000n);
  });

  test('the bank’s own accounts, to be credited or looked at', async () => {
    const { edge, alice, from } = await aPair();
    const funding = '00000000-0000-8000-8000-000001455552';

    expect(await pay(edge, alice, { fromAccount: from, toAccount: funding, amount: 1 })).toMatchObject({
      status: 404,
      body: { code: 'destination_account_not_found' },
    });
    expect(await edge.call(`GET /api/accounts/${funding}`, { as: alice.token })).toMatchObject({
      status: 404,
      body: { code: 'account_not_found' },
    });
  });

  test.each(['system', 'auditor'] as const)('the role %s sees every account and transfer', async (role) => {
    const { edge, alice, from, to } = await aPair();
    const paid = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 1 });
    const { token } = await edge.register('Clerk', { role });

    expect(await edge.call(`GET /api/accounts/${from}`, { as: token })).toMatchObject({ status: 200 });
    expect(await edge.call(`GET /api/accounts/balance/${from}`, { as: token })).toMatchObject({
      status: 200,
      body: { balance: 999 },
    });
    expect(await edge.call(`GET /api/transactions/${idOf(paid)}`, { as: token })).toMatchObject({
      status: 200,
      body: { transaction: { fromAccount: from } },
    });
  });

  test('the role system debits nobody’s account by POST /api/transactions', async () => {
    const { edge, from, to } = await aPair();
    const operator = await edge.register('Operator', { role: 'system' });

    expect(await pay(edge, operator, { fromAccount: from, toAccount: to, amount: 1 })).toMatchObject({
      status: 404,
      body: { code: 'source_account_not_found' },
    });
  });
});

describe('Refusals', () => {
  test('name the transaction that was kept, which says why', async () => {
    const { edge, alice, from, to } = await aPair();

    const refused = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 1_001 });
    const { transactionId } = refused.body as { transactionId: string };

    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expectAnswer(
      refused,
      problem(400, 'insufficient_funds', {
        ...REFUSED,
        detail: 'The available balance is too low',
        retry: 'new_key',
        transactionId,
      }),
    );
    expect(await edge.call(`GET /api/transactions/${transactionId}`, { as: alice.token })).toMatchObject({
      status: 200,
      body: { transaction: { status: 'rejected', code: 'insufficient_funds' } },
    });
  });

  test.each([
    ['the same account twice', { same: true }, 'accounts_must_be_different'],
    ['another currency', { currency: 'USD' }, 'currency_mismatch'],
  ])('%s', async (_, { same, ...body }: { same?: boolean; currency?: string }, code) => {
    const { edge, alice, from, to } = await aPair();

    const refused = await pay(edge, alice, {
      fromAccount: from,
      toAccount: same ? from : to,
      amount: 1,
      ...body,
    });

    expect(refused).toMatchObject({ status: 400, body: { code } });
  });

  test('one account more than allowed', async () => {
    const edge = new Edge({ accountsPerOwner: 1 });
    const { token } = await edge.register();
    await edge.call('POST /api/accounts', { as: token });

    expectAnswer(
      await edge.call('POST /api/accounts', { as: token }),
      problem(400, 'account_limit_reached', {
        ...REFUSED,
        detail: 'No more accounts can be opened',
        retry: 'new_key',
      }),
    );
  });

  test('50 debits of 10 at once from a balance of 100: 10 succeed', async () => {
    const { edge, alice, to } = await aPair();
    const fromAccount = await edge.account(alice, 100);

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => pay(edge, alice, { fromAccount, toAccount: to, amount: 10 })),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(
      answers.filter(({ body }) => (body as { code?: string }).code === 'insufficient_funds'),
    ).toHaveLength(40);
    expect(await edge.balanceOf(fromAccount)).toBe(0n);
  });
});

describe('Idempotency', () => {
  test('the same key and request: the same status and bytes, and one transfer', async () => {
    const { edge, alice, from, to } = await aPair();
    const idempotencyKey = freshId();
    const sent = { fromAccount: from, toAccount: to, amount: 7, metadata: { a: '1', b: '2' } };

    const first = await pay(edge, alice, { ...sent, idempotencyKey });
    edge.clock.advance(1_000);
    const reordered = { idempotencyKey, metadata: { b: '2', a: '1' }, amount: 7, toAccount: to };
    const again = await edge.call('POST /api/transactions', {
      as: alice.token,
      body: JSON.stringify({ ...reordered, fromAccount: from }, null, 4),
    });

    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(await edge.balanceOf(from)).toBe(993n);
  });

  test('50 requests with one key at once: one transfer, and one answer for all', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 7, idempotencyKey: freshId() };

    const answers = await Promise.all(Array.from({ length: 50 }, () => pay(edge, alice, body)));

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.has('idempotent-replayed'))).toHaveLength(49);
    expect(await edge.balanceOf(from)).toBe(993n);
  });

  test('a refusal is replayed, even after funds have come; a new key succeeds', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 1_500, idempotencyKey: freshId() };

    const first = await pay(edge, alice, body);
    await edge.fund(from, 1_000);
    const again = await pay(edge, alice, body);

    expect(first).toMatchObject({ status: 400, body: { code: 'insufficient_funds' } });
    expect([again.status, again.text]).toEqual([400, first.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await pay(edge, alice, { ...body, idempotencyKey: freshId() })).toMatchObject({ status: 200 });
  });

  test.each([
    ['fromAccount', { fromAccount: 'other' }],
    ['toAccount', { toAccount: 'other' }],
    ['amount', { amount: 8 }],
    ['currency', { currency: 'EUR' }],
    ['description', { description: 'Rent' }],
    ['metadata', { metadata: { a: '1' } }],
  ])('another %s under the same key is refused, naming it', async (field, change) => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 7, idempotencyKey: freshId() };
    await pay(edge, alice, body);

    const other = await pay(edge, alice, { ...body, ...change });

    expectAnswer(
      other,
      problem(422, 'idempotency_key_reused', {
        title: 'Unprocessable Entity',
        detail: `This key was used for another request: "${field}" differs from the request first made with this key`,
        errors: [{ field, message: 'differs from the request first made with this key' }],
      }),
    );
    expect(await edge.balanceOf(from)).toBe(993n);
  });

  test('a key is its caller’s and its operation’s: others use the same one for themselves', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    await edge.fund(to, 100);
    const idempotencyKey = freshId();
    const operator = await edge.register('Operator', { role: 'system' });

    const hers = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 7, idempotencyKey });
    const his = await pay(edge, bob, { fromAccount: to, toAccount: from, amount: 3, idempotencyKey });
    const account = await edge.call('POST /api/accounts', { as: alice.token, body: { idempotencyKey } });
    const funds = await edge.call('POST /api/transactions/system/initial-funds', {
      as: operator.token,
      body: { toAccount: from, amount: 1, idempotencyKey },
    });

    expect([hers, his, account, funds].map(({ status }) => status)).toEqual([200, 200, 201, 200]);
    expect(his.body).toMatchObject({ transaction: { fromAccount: to, amount: 3 } });
  });

  test('two operators cannot pay one funding twice', async () => {
    const edge = new Edge();
    const toAccount = await edge.account(await edge.register());
    const body = { toAccount, amount: 5, idempotencyKey: freshId() };
    const route = 'POST /api/transactions/system/initial-funds';
    const [one, two] = [
      await edge.register('One', { role: 'system' }),
      await edge.register('Two', { role: 'system' }),
    ];

    const first = await edge.call(route, { as: one.token, body });
    const second = await edge.call(route, { as: two.token, body });

    expect(second.text).toBe(first.text);
    expect(await edge.balanceOf(toAccount)).toBe(5n);
    expect(await edge.call(route, { as: two.token, body: { ...body, amount: 6 } })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'amount' }] },
    });
  });

  test('an account opens once for a key, and each time without one', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const body = { idempotencyKey: freshId() };

    const first = await edge.call('POST /api/accounts', { as: token, body });
    const again = await edge.call('POST /api/accounts', { as: token, body });
    await edge.call('POST /api/accounts', { as: token });
    await edge.call('POST /api/accounts', { as: token });

    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { body: list } = await edge.call('GET /api/accounts', { as: token });
    expect((list as { accounts: unknown[] }).accounts).toHaveLength(3);
  });

  test.each([
    ['bare', (key: string) => key],
    ['quoted', (key: string) => `"${key}"`],
  ])('the key may come %s in the header, and in the body too if it is the same', async (_, write) => {
    const { edge, alice, from, to } = await aPair();
    const idempotencyKey = freshId();
    const headers = { 'Idempotency-Key': write(idempotencyKey) };
    const body = { fromAccount: from, toAccount: to, amount: 7 };

    const inBody = await pay(edge, alice, { ...body, idempotencyKey });
    const inHeader = await edge.call('POST /api/transactions', { as: alice.token, headers, body });
    const inBoth = await edge.call('POST /api/transactions', {
      as: alice.token,
      headers,
      body: { ...body, idempotencyKey },
    });

    expect([inHeader.text, inBoth.text]).toEqual([inBody.text, inBody.text]);
    expect(await edge.balanceOf(from)).toBe(993n);
  });

  test('a quoted key unescapes its quotes', async () => {
    const { edge, alice, from, to } = await aPair();
    const body = { fromAccount: from, toAccount: to, amount: 7 };

    const inBody = await pay(edge, alice, { ...body, idempotencyKey: 'a "b" \\c' });
    const inHeader = await edge.call('POST /api/transactions', {
      as: alice.token,
      headers: { 'Idempotency-Key': '"a \\"b\\" \\\\c"' },
      body,
    });

    expect(inHeader.text).toBe(inBody.text);
  });

  test('what was malformed, not signed in, or failed is not recorded: the key works later', async () => {
    let fails = false;
    const edge = new Edge({
      bank: (bank) => ({
        ...bank,
        ledger: {
          ...bank.ledger,
          transferFunds: withDryRun(async (actor: Actor, request: TransferRequest) => {
            if (fails) throw new TypeError('A fault');
            return bank.ledger.transferFunds(actor, request);
          }, dryRunTransfer),
        },
      }),
    });
    const alice = await edge.register();
    const from = await edge.account(alice, 1_000);
    const body = { fromAccount: from, toAccount: await edge.account(alice), idempotencyKey: freshId() };

    expect(await pay(edge, alice, { ...body, amount: 0 })).toMatchObject({ status: 400 });
    expect(await pay(edge, { ...alice, token: 'x' }, { ...body, amount: 7 })).toMatchObject({ status: 401 });
    fails = true;
    expect(await pay(edge, alice, { ...body, amount: 7 })).toMatchObject({ status: 500 });
    fails = false;
    expect(await pay(edge, alice, { ...body, amount: 7 })).toMatchObject({ status: 200 });
  });
});

describe('By key', () => {
  test('tells what a key did, today: a transfer, a rejection, a refusal of which nothing was kept', async () => {
    const { edge, alice, from, to } = await aPair();
    const made = await pay(edge, alice, {
      fromAccount: from,
      toAccount: to,
      amount: 7,
      idempotencyKey: 'made/1 a%?"',
    });
    await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 5_000, idempotencyKey: 'rejected' });
    await pay(edge, alice, { fromAccount: from, toAccount: 'no', amount: 7, idempotencyKey: 'refused' });
    const byKey = (key: string) =>
      edge.call(`GET /api/transactions/by-key/${encodeURIComponent(key)}`, { as: alice.token });

    const { transaction } = made.body as { transaction: object };
    expect(await byKey('made/1 a%?"')).toMatchObject({ status: 200, body: { transaction } });
    expect(await byKey('rejected')).toMatchObject({
      status: 200,
      body: { transaction: { status: 'rejected', code: 'insufficient_funds' } },
    });
    expect((await byKey('refused')).body).toEqual({
      transaction: null,
      code: 'destination_account_not_found',
      retry: 'never',
    });
  });

  test('an unused key, another’s key, and another operation’s are not found', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 7, idempotencyKey: 'hers' });
    await edge.call('POST /api/accounts', { as: bob.token, body: { idempotencyKey: 'opened' } });

    for (const key of ['unused', 'hers', 'opened']) {
      expectAnswer(
        await edge.call(`GET /api/transactions/by-key/${key}`, { as: bob.token }),
        problem(404, 'idempotency_key_not_found', {
          ...NOT_FOUND,
          detail: 'Nothing is recorded under this key; a request with it may still be under way',
          retry: 'same_key',
        }),
      );
    }
  });

  test('of a hold’s end, a reversal and a batch is found too', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const held = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 9, pending: true });
    const freed = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 8, pending: true });
    const send = (path: string, body: object) =>
      edge.call(`POST /api/transactions/${path}`, { as: bob.token, body });
    await send(`${idOf(held)}/capture`, { idempotencyKey: 'capture' });
    await send(`${idOf(freed)}/void`, { idempotencyKey: 'void' });
    const back = await send(`${idOf(held)}/reverse`, { amount: 4, idempotencyKey: 'reverse' });
    const payment = { fromAccount: to, toAccount: from, amount: 1 };
    const transfers = [payment, { ...payment, amount: 5_000 }, { ...payment, toAccount: 'no' }];
    const batch = await send('batch', { transfers, idempotencyKey: 'batch' });
    const byKey = async (operation: string, as = bob) => {
      const path = `GET /api/transactions/by-key/${operation}?operation=${operation}`;
      return edge.call(path, { as: as.token });
    };

    expect((await byKey('capture')).body).toMatchObject({
      transaction: { id: idOf(held), status: 'completed', amountCaptured: 9 },
    });
    expect((await byKey('void')).body).toMatchObject({ transaction: { id: idOf(freed), status: 'voided' } });
    expect((await byKey('reverse')).body).toMatchObject({
      transaction: { id: idOf(back), kind: 'reversal', amount: 4 },
    });
    const { results } = batch.body as { results: [{ transaction: object }, { problem: object }, object] };
    expect((await byKey('batch')).body).toMatchObject({
      results: [
        { transaction: results[0].transaction },
        { transaction: { status: 'rejected', code: 'insufficient_funds' } },
        { transaction: null, code: 'destination_account_not_found', retry: 'never' },
      ],
    });
    for (const operation of ['capture', 'void', 'reverse', 'batch']) {
      expect(await byKey(operation, alice)).toMatchObject({ status: 404 });
    }
    expect(await byKey('exchange')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await byKey('open_account')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test('only the role system asks for initial funds', async () => {
    const edge = new Edge();
    const [alice, operator] = [await edge.register(), await edge.register('Operator', { role: 'system' })];
    const toAccount = await edge.account(alice);
    const funded = await edge.call('POST /api/transactions/system/initial-funds', {
      as: operator.token,
      body: { toAccount, amount: 5, idempotencyKey: 'funds' },
    });
    const route = 'GET /api/transactions/by-key/funds';

    const { transaction } = funded.body as { transaction: object };
    expect(await edge.call(`${route}?operation=initial_funds`, { as: operator.token })).toMatchObject({
      status: 200,
      body: { transaction },
    });
    expect(await edge.call(route, { as: operator.token })).toMatchObject({ status: 404 });
    expect(await edge.call(`${route}?operation=initial_funds`, { as: alice.token })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });
});

async function aPair() {
  const edge = new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  return { edge, alice, bob, from: await edge.account(alice, 1_000), to: await edge.account(bob) };
}

/** A transfer under a key of its own, unless one is given. */
function pay(edge: Edge, { token }: Person, body: object): Promise<Answer> {
  return edge.call('POST /api/transactions', { as: token, body: { idempotencyKey: freshId(), ...body } });
}

function idOf({ body }: Answer): string {
  return (body as { transaction: { id: string } }).transaction.id;
}
