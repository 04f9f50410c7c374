import { beforeEach, describe, expect, test } from 'vitest';
import { formatAccountNumber } from '../../../src/domain/entities/account-number.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { Random } from '../../../src/testing/fixtures/random.ts';
import { Edge, idIn, invalid, PASSWORD, problem, refusal, transferIn } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';

const MISTYPED = 'is not an account number: its check digits do not match, so a character is mistyped';
const FORBIDDEN = problem(403, 'forbidden', { title: 'Forbidden', detail: 'Your role does not allow this' });

type Account = { readonly id: string; readonly number: string };

let edge: Edge;
let alice: Person;
let bob: Person;
let system: Person;
let from: Account;
let to: Account;

beforeEach(async () => {
  edge = new Edge({ stepUpAmounts: new Map([['EUR', 50_000n]]) });
  [alice, bob, system] = await Promise.all([
    edge.register('Alice'),
    edge.register('Bob'),
    edge.register('Clerk', { role: 'system' }),
  ]);
  [from, to] = [await opened(alice, 100_000), await opened(bob)];
});

async function opened(owner: Person, funds = 0): Promise<Account> {
  const id = await edge.account(owner, funds);
  const { number } = await edge.bank.ledger.getAccount({ kind: 'system' }, id);
  return { id, number: String(number) };
}

function pay(body: object, as = alice) {
  return edge.send('POST /api/transactions', as, {
    fromAccount: from.id,
    toAccount: to.id,
    amount: 1,
    ...body,
  });
}

/** As a person copies it from paper. */
function written({ number }: Account): string {
  return formatAccountNumber(number).toLowerCase();
}

describe('An account number', () => {
  test('is answered with the account', async () => {
    const { body } = await edge.call(`GET /api/accounts/${from.id}`, { as: alice.token });
    expect(body).toMatchObject({ account: { id: from.id, number: from.number } });
  });

  test.each([
    'GET /api/accounts/{account}',
    'GET /api/accounts/balance/{account}',
    'GET /api/accounts/{account}/entries',
    'GET /api/accounts/{account}/statement?format=json',
  ])('answers %s as the id does', async (route) => {
    const byId = await edge.call(route.replace('{account}', from.id), { as: alice.token });
    const byNumber = await edge.call(route.replace('{account}', encodeURIComponent(written(from))), {
      as: alice.token,
    });
    expect(byNumber.status).toBe(200);
    expect(byNumber.body).toEqual(byId.body);
  });

  test('pays from and to an account, also by legs and in a batch', async () => {
    const [fromAccount, toAccount] = [written(from), written(to)];
    const paid = await pay({ fromAccount, toAccount });
    expect(transferIn(paid).transaction).toMatchObject({ fromAccount: from.id, toAccount: to.id });
    const legs = [
      { account: fromAccount, direction: 'debit', amount: 2 },
      { account: toAccount, direction: 'credit', amount: 2 },
    ];
    expect((await edge.send('POST /api/transactions', alice, { legs })).status).toBe(200);
    const transfers = [{ fromAccount, toAccount, amount: 3 }, { legs }];
    expect((await edge.send('POST /api/transactions/batch', alice, { transfers })).status).toBe(200);
    expect(await edge.balanceOf(to.id)).toBe(8n);
  });

  test('funds an account, freezes it, limits it, renames it and closes it', async () => {
    const spare = await opened(alice);
    const funds = { toAccount: written(spare), amount: 5 };
    expect((await edge.send('POST /api/transactions/system/initial-funds', system, funds)).status).toBe(200);
    const withdrawal = { fromAccount: written(spare), amount: 1 };
    expect((await edge.send('POST /api/system/withdrawals', system, withdrawal)).status).toBe(200);
    const path = encodeURIComponent(written(spare));
    for (const [route, body] of [
      [`POST /api/system/accounts/${path}/freeze`, { reason: 'asked' }],
      [`POST /api/system/accounts/${path}/unfreeze`, { reason: 'asked' }],
      [`PUT /api/system/accounts/${path}/limits`, { minimumBalance: 0, reason: 'asked' }],
    ] as const) {
      expect((await edge.send(route, system, body)).status).toBe(200);
    }
    const body = { name: 'Spare' };
    expect((await edge.call(`PATCH /api/accounts/${path}`, { as: alice.token, body })).status).toBe(200);
    const closing = { sweepTo: written(from) };
    expect((await edge.send(`POST /api/accounts/${path}/close`, alice, closing)).status).toBe(200);
    expect(await edge.balanceOf(from.id)).toBe(100_004n);
  });

  test('finds the transactions with an account', async () => {
    await pay({});
    const counterparty = encodeURIComponent(written(to));
    for (const route of ['GET /api/transactions', `GET /api/accounts/${from.id}/entries`]) {
      const { body } = await edge.call(`${route}?counterparty=${counterparty}`, { as: alice.token });
      expect(Object.values(body as object)[0]).toHaveLength(1);
    }
  });

  test('and the id are one request under a key', async () => {
    const key = freshId();
    const first = await pay({ idempotencyKey: key });
    const again = await pay({ fromAccount: written(from), toAccount: written(to), idempotencyKey: key });
    expect([again.status, idIn(again)]).toEqual([200, idIn(first)]);
    expect(await edge.balanceOf(to.id)).toBe(1n);
  });

  test('that nobody has is not found', async () => {
    const other = await opened(bob);
    const digits = from.number.slice(4);
    const unknown = [...Array(97).keys()]
      .map(
        (check) =>
          `PB${String(check + 2).padStart(2, '0')}${String(BigInt(digits) + 500n).padStart(12, '0')}`,
      )
      .filter((number) => number !== other.number);
    const answers = await Promise.all(unknown.map((toAccount) => pay({ toAccount })));
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(96);
  });

  test('is refused for each of 1,000 typing errors, and no money moves', async () => {
    const random = new Random(7);
    const mistyped = Array.from({ length: 1_000 }, (_, index) => {
      const characters = [...to.number];
      for (;;) {
        const at = random.integer(2, characters.length - 2);
        const [one = '', next = ''] = characters.slice(at, at + 2);
        const other = String(random.integer(0, 9));
        if (index % 2 === 0 && other !== one) return characters.with(at, other).join('');
        if (index % 2 === 1 && one !== next)
          return characters
            .with(at, next)
            .with(at + 1, one)
            .join('');
      }
    });
    const transfers = mistyped.map((toAccount) => ({ fromAccount: from.id, toAccount, amount: 1 }));
    const statuses = new Map<number, number>();
    for (const { fromAccount, toAccount, amount } of transfers) {
      const { status } = await pay({ fromAccount, toAccount, amount });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([[400, 1_000]]);
    expect(await edge.balanceOf(from.id)).toBe(100_000n);
    expect(await pay({ toAccount: mistyped[0] })).toMatchObject(invalid(['toAccount', MISTYPED]));
  });

  test('is named by its field in a batch', async () => {
    const toAccount = `${to.number.slice(0, -1)}${(Number(to.number.at(-1)) + 1) % 10}`;
    const transfers = [
      { fromAccount: from.id, toAccount: to.id, amount: 1 },
      { fromAccount: from.id, toAccount, amount: 1 },
    ];
    const answer = await edge.send('POST /api/transactions/batch', alice, { transfers });
    expect(answer).toMatchObject(invalid(['transfers.1.toAccount', MISTYPED]));
  });

  test('gives no way around the confirmation of a large transfer', async () => {
    const large = await pay({ fromAccount: written(from), toAccount: written(to), amount: 60_000 });
    expect(large).toMatchObject({ status: 403, body: { code: 'step_up_required' } });
  });

  test('limits an API key to an account, and of others it is not found', async () => {
    const spare = await opened(alice);
    const key = (accounts: readonly string[]) => ({
      name: 'Payroll',
      password: PASSWORD,
      scopes: ['read'],
      accounts,
    });
    const made = await edge.call('POST /api/auth/keys', { as: alice.token, body: key([written(from)]) });
    expect(made.body).toMatchObject({ apiKey: { accounts: [from.id] } });
    const { secret } = made.body as { secret: string };
    const read = (account: Account) => edge.call(`GET /api/accounts/${account.number}`, { as: secret });
    expect((await read(from)).status).toBe(200);
    expect((await read(spare)).status).toBe(404);
    const stolen = await edge.call('POST /api/auth/keys', { as: alice.token, body: key([to.number]) });
    expect(stolen).toMatchObject(refusal(404, 'account_not_found'));
  });
});

describe('A reference', () => {
  test('is seen by both sides, in the history and by its filter', async () => {
    const paid = await pay({ reference: 'INV-17', description: 'Lunch' });
    await pay({ reference: 'INV-18' });
    expect(transferIn(paid).transaction).toMatchObject({ reference: 'INV-17', description: 'Lunch' });
    const { body } = await edge.call(`GET /api/accounts/${to.id}/entries`, { as: bob.token });
    expect(body).toMatchObject({ entries: [{ reference: 'INV-18' }, { reference: 'INV-17' }] });
    const found = await edge.call('GET /api/transactions?reference=INV-17', { as: bob.token });
    expect(found.body).toMatchObject({ transactions: [{ id: idIn(paid) }] });
  });

  test('has at most 35 characters', async () => {
    expect((await pay({ reference: 'x'.repeat(35) })).status).toBe(200);
    const answer = await pay({ reference: 'x'.repeat(36) });
    expect(answer).toMatchObject(invalid(['reference', 'must be 1 to 35 printable characters']));
  });
});

describe('An external id', () => {
  test('is for the system, who finds the account and the transaction by it', async () => {
    const externalId = 'order:17';
    expect(await pay({ externalId })).toMatchObject(FORBIDDEN);
    const transfers = [{ fromAccount: from.id, toAccount: to.id, amount: 1, externalId }];
    expect(await edge.send('POST /api/transactions/batch', alice, { transfers })).toMatchObject(FORBIDDEN);
    expect(await edge.send('POST /api/accounts', alice, { externalId })).toMatchObject(FORBIDDEN);

    const funds = { toAccount: to.id, amount: 5, externalId };
    const funded = await edge.send('POST /api/transactions/system/initial-funds', system, funds);
    const route = `GET /api/transactions?externalId=${encodeURIComponent(externalId)}`;
    const found = await edge.call(route, { as: system.token });
    expect(found.body).toMatchObject({ transactions: [{ id: idIn(funded), externalId }] });
    const payee = await edge.call(route, { as: bob.token });
    expect(payee.body).toMatchObject({ transactions: [{ id: idIn(funded) }] });
    expect(payee.text).not.toContain(externalId);
    expect((await edge.call(route, { as: alice.token })).body).toEqual({
      transactions: [],
      nextCursor: null,
    });

    const account = await edge.send('POST /api/accounts', system, { externalId });
    const { id } = (account.body as { account: Account }).account;
    const accounts = `GET /api/accounts?externalId=${encodeURIComponent(externalId)}`;
    expect((await edge.call(accounts, { as: system.token })).body).toMatchObject({
      accounts: [{ id, externalId }],
    });
    expect((await edge.call(accounts, { as: alice.token })).body).toEqual({ accounts: [], nextCursor: null });
  });

  test('belongs to one account and one transaction, and a rejected one leaves it free', async () => {
    const fund = (more: object = {}) =>
      edge.send('POST /api/transactions/system/initial-funds', system, {
        toAccount: to.id,
        amount: 5,
        externalId: 'a',
        ...more,
      });
    const withdrawal = { fromAccount: to.id, amount: 1, externalId: 'a' };
    const rejected = await edge.send('POST /api/system/withdrawals', system, withdrawal);
    expect(rejected).toMatchObject({ status: 400, body: { code: 'insufficient_funds' } });
    expect((await fund()).status).toBe(200);
    expect(await fund()).toMatchObject(refusal(409, 'external_id_taken'));
    expect((await edge.send('POST /api/accounts', system, { externalId: 'a' })).status).toBe(201);
    expect(await edge.send('POST /api/accounts', system, { externalId: 'a' })).toMatchObject(
      refusal(409, 'external_id_taken'),
    );
    expect(await fund({ externalId: '-' })).toMatchObject(invalid(['externalId', 'must not be "-"']));
  });
});

describe('The metadata of an account', () => {
  const set = (account: Account, as: Person, metadata: object | null) =>
    edge.send(`PUT /api/accounts/${account.id}/metadata`, as, { metadata, reason: 'New books' });

  test('is set by its owner and the system, and removed by null', async () => {
    const metadata = { costCentre: '17' };
    expect((await set(from, alice, metadata)).body).toMatchObject({ account: { metadata } });
    expect((await set(from, system, { team: 'a' })).body).toMatchObject({
      account: { metadata: { team: 'a' } },
    });
    expect(await set(from, bob, metadata)).toMatchObject(refusal(404, 'account_not_found'));
    const { body } = await set(from, alice, null);
    expect((body as { account: object }).account).not.toHaveProperty('metadata');
  });

  test('leaves a record in the audit log, with digests in place of its values', async () => {
    await set(from, alice, { costCentre: 'household' });
    const log = await edge.call('GET /api/system/audit', { as: system.token });
    expect(log.text).not.toContain('household');
    expect(log.body).toMatchObject({
      records: expect.arrayContaining([
        expect.objectContaining({
          action: 'account_metadata_changed',
          accountId: from.id,
          reason: 'New books',
          changes: [
            {
              field: 'metadata.costCentre',
              before: null,
              after: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
            },
          ],
        }),
      ]) as unknown,
    });
  });
});
