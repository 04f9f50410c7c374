import { describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  Edge,
  expectAnswer,
  expectReplay,
  idIn,
  keyReused,
  refusal,
  transferIn,
} from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';

const TRANSFERS = 'POST /api/transactions';
const AT = '2026-01-15T10:00:00.000Z';

describe('A reversal', () => {
  test("returns the whole amount: each side sees the last four characters of the other's account", async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const original = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 });

    const reversed = await reverse(edge, bob, idIn(original), { description: 'Returned' });

    const transaction = {
      id: idIn(reversed),
      kind: 'reversal',
      status: 'completed',
      fromAccount: to,
      toAccount: null,
      amount: 300,
      currency: 'EUR',
      currencyExponent: 2,
      description: 'Returned',
      counterparty: { name: null, account: from.slice(-4) },
      reverses: idIn(original),
      createdAt: AT,
      completedAt: AT,
    };
    expectAnswer(reversed, {
      status: 200,
      body: { transaction, balances: [{ accountId: to, balance: 0, held: 0, available: 0 }] },
    });
    expect(await seen(edge, bob, idIn(reversed))).toEqual(transaction);
    expect(await seen(edge, alice, idIn(reversed))).toEqual({
      ...transaction,
      fromAccount: null,
      toAccount: from,
      counterparty: { name: 'Bob', account: to.slice(-4) },
    });
    expect(await seen(edge, alice, idIn(original))).toEqual({
      ...transferIn(original).transaction,
      counterparty: await edge.payeeAt(to, 'Bob'),
      amountReversed: 300,
    });
    expect([await edge.balanceOf(from), await edge.balanceOf(to)]).toEqual([1_000n, 0n]);
  });

  test("never reveals the payer's account to the payee", async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const key = freshId();
    const shown = [
      await reverse(edge, bob, id, { amount: 100, idempotencyKey: key }),
      await reverse(edge, bob, id, { amount: 100, idempotencyKey: key }),
      await reverse(edge, bob, id, { amount: 900 }),
      await edge.send(`POST /api/transactions/${id}/reverse?dryRun=true`, bob),
      await edge.call('GET /api/transactions', { as: bob.token }),
      await edge.call(`GET /api/transactions/${id}`, { as: bob.token }),
    ];
    await pay(edge, bob, { fromAccount: to, toAccount: await edge.account(alice), amount: 200 });
    shown.push(await reverse(edge, bob, id));
    shown.push(await edge.call('GET /api/transactions', { as: bob.token }));

    expect(shown.map(({ status }) => status)).toEqual([200, 200, 400, 200, 200, 200, 400, 200]);
    for (const { text } of shown) expect(text).not.toContain(from);
    for (const { text } of shown) expect(text).not.toContain(alice.id);
  });

  test('of a part leaves the rest to reverse, and no more', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    await edge.fund(to, 1_000);
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    expect(await reverse(edge, bob, id, { amount: 120 })).toMatchObject({
      status: 200,
      body: { transaction: { amount: 120 } },
    });
    expectAnswer(await reverse(edge, bob, id, { amount: 181 }), refusal(400, 'exceeds_reversible_amount'));
    expect(await reverse(edge, bob, id)).toMatchObject({
      status: 200,
      body: { transaction: { amount: 180 } },
    });
    expectAnswer(await reverse(edge, bob, id), refusal(400, 'exceeds_reversible_amount'));
    expect(await seen(edge, alice, id)).toMatchObject({ amount: 300, amountReversed: 300 });
  });

  test('of a captured hold returns the captured amount', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300, pending: true }));

    expectAnswer(await reverse(edge, bob, id), refusal(400, 'not_reversible'));
    await edge.send(`POST /api/transactions/${id}/capture`, bob, { amount: 120 });
    expectAnswer(await reverse(edge, bob, id, { amount: 121 }), refusal(400, 'exceeds_reversible_amount'));
    expect(await reverse(edge, bob, id)).toMatchObject({
      status: 200,
      body: { transaction: { amount: 120 } },
    });
  });

  test('is made once if sent twice concurrently', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    await edge.fund(to, 1_000);
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    const answers = await Promise.all(Array.from({ length: 10 }, () => reverse(edge, bob, id)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await edge.balanceOf(to)).toBe(1_000n);
  });

  test('cannot be reversed', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const reversal = idIn(await reverse(edge, bob, id));

    for (const person of [alice, operator]) {
      expectAnswer(await reverse(edge, person, reversal), refusal(400, 'not_reversible'));
    }
  });

  test('follows the rules of any transfer, and only its initiator sees its rejection', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    await pay(edge, bob, { fromAccount: to, toAccount: from, amount: 1 });

    const refused = await reverse(edge, bob, id);

    const { transactionId } = refused.body as { transactionId: string };
    expectAnswer(refused, refusal(400, 'insufficient_funds', { transactionId }));
    expect(await seen(edge, bob, transactionId)).toMatchObject({
      kind: 'reversal',
      status: 'rejected',
      code: 'insufficient_funds',
      toAccount: null,
    });
    expectAnswer(
      await edge.call(`GET /api/transactions/${transactionId}`, { as: alice.token }),
      refusal(404, 'transfer_not_found'),
    );
  });

  test('does not reveal to the payee that the payer’s account is closed or frozen', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    await edge.send(`POST /api/system/accounts/${from}/freeze`, operator, { reason: 'x', credits: true });

    const frozen = await reverse(edge, bob, id);
    const forSystem = await reverse(edge, operator, id);
    await edge.send(`POST /api/system/accounts/${from}/unfreeze`, operator, { reason: 'x' });
    await edge.send(`POST /api/accounts/${from}/close`, alice, { sweepTo: await edge.account(alice) });
    const closed = await reverse(edge, bob, id);

    for (const answer of [frozen, closed]) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'destination_account_unavailable' } });
    }
    expect(forSystem).toMatchObject({ status: 400, body: { code: 'destination_account_frozen' } });
  });

  test('by the system shows it both sides', async () => {
    const { edge, alice, bob, operator, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));

    const reversed = await reverse(edge, operator, id);

    expect(reversed).toMatchObject({
      status: 200,
      body: { transaction: { fromAccount: to, toAccount: from, reverses: id }, balances: [] },
    });
    expect(await seen(edge, bob, idIn(reversed))).toMatchObject({
      fromAccount: to,
      toAccount: null,
      counterparty: { name: null, account: from.slice(-4) },
    });
    expect(await seen(edge, alice, idIn(reversed))).toMatchObject({ fromAccount: null, toAccount: from });
  });

  test('of initial funds is for the system, not the recipient', async () => {
    const { edge, alice, operator, from } = await aPair();
    const funded = await edge.send('POST /api/transactions/system/initial-funds', operator, {
      toAccount: from,
      amount: 50,
    });

    expectAnswer(await reverse(edge, alice, idIn(funded)), refusal(400, 'not_reversible'));
    expect(await reverse(edge, operator, idIn(funded))).toMatchObject({ status: 200 });
    expect(await edge.balanceOf(from)).toBe(1_000n);
  });

  test('of several legs is pro rata, and the last leg takes the remainder', async () => {
    const { edge, alice, operator, from, to } = await aPair();
    const third = await edge.account(await edge.register('Carol'));
    const legs = [
      { account: from, direction: 'debit', amount: 300 },
      { account: to, direction: 'credit', amount: 200 },
      { account: third, direction: 'credit', amount: 100 },
    ];
    const id = idIn(await pay(edge, alice, { legs }));

    const part = await reverse(edge, operator, id, { amount: 100 });

    expect(part).toMatchObject({
      status: 200,
      body: {
        transaction: {
          legs: [
            { account: to, direction: 'debit', amount: 66 },
            { account: third, direction: 'debit', amount: 34 },
            { account: from, direction: 'credit', amount: 100 },
          ],
        },
      },
    });
    expect(await reverse(edge, operator, id)).toMatchObject({ status: 200 });
    const balances = [from, to, third].map((accountId) => edge.balanceOf(accountId));
    expect(await Promise.all(balances)).toEqual([1_000n, 0n, 0n]);
  });

  test('of several payees’ money is for none of them', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const legs = [
      { account: from, direction: 'debit', amount: 2 },
      { account: to, direction: 'credit', amount: 1 },
      { account: await edge.account(await edge.register('Carol')), direction: 'credit', amount: 1 },
    ];
    const id = idIn(await pay(edge, alice, { legs }));

    expectAnswer(await reverse(edge, bob, id), refusal(404, 'transfer_not_found'));
  });

  test('by the payer, a stranger or an auditor answers as for an unknown transaction', async () => {
    const { edge, alice, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const rejected = await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 5_000 });
    const { transactionId } = rejected.body as { transactionId: string };
    const stranger = await edge.register('Mallory');
    const auditor = await edge.register('Auditor', { role: 'auditor' });

    const absent = await reverse(edge, alice, freshId());
    expectAnswer(absent, refusal(404, 'transfer_not_found'));
    for (const person of [alice, stranger, auditor]) {
      for (const one of [id, transactionId]) {
        expect(await reverse(edge, person, one)).toMatchObject({ status: 404, text: absent.text });
      }
    }
    expect(await edge.balanceOf(to)).toBe(300n);
  });
});

describe('The key of a reversal', () => {
  test('is replayed with the same bytes, a refusal too', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const id = idIn(await pay(edge, alice, { fromAccount: from, toAccount: to, amount: 300 }));
    const [done, tooMuch] = [
      { amount: 100, idempotencyKey: freshId() },
      { amount: 900, idempotencyKey: freshId() },
    ];
    const [first, refused] = [await reverse(edge, bob, id, done), await reverse(edge, bob, id, tooMuch)];
    edge.clock.advance(1_000);
    await reverse(edge, bob, id);

    expectReplay(await reverse(edge, bob, id, done), first);
    expectReplay(await reverse(edge, bob, id, tooMuch), refused);
    expect(await edge.balanceOf(to)).toBe(0n);
  });

  test('serves no other request', async () => {
    const { edge, alice, bob, from, to } = await aPair();
    const terms = { fromAccount: from, toAccount: to, amount: 300 };
    const [id, other] = [idIn(await pay(edge, alice, terms)), idIn(await pay(edge, alice, terms))];
    const body = { amount: 100, idempotencyKey: freshId() };
    await reverse(edge, bob, id, body);

    expectAnswer(await reverse(edge, bob, other, body), keyReused('transactionId'));
    expectAnswer(await reverse(edge, bob, id, { ...body, amount: 101 }), keyReused('amount'));
    expectAnswer(await reverse(edge, bob, id, { ...body, description: 'x' }), keyReused('description'));
    expect(await edge.balanceOf(to)).toBe(500n);
  });
});

async function aPair() {
  const edge = new Edge();
  const alice = await edge.register('Alice');
  const bob = await edge.register('Bob');
  const operator = await edge.register('Operator', { role: 'system' });
  return { edge, alice, bob, operator, from: await edge.account(alice, 1_000), to: await edge.account(bob) };
}

function pay(edge: Edge, person: Person, body: object): Promise<Answer> {
  return edge.send(TRANSFERS, person, body);
}

function reverse(edge: Edge, person: Person, id: string, body: object = {}): Promise<Answer> {
  return edge.send(`POST /api/transactions/${id}/reverse`, person, body);
}

async function seen(edge: Edge, { token }: Person, id: string) {
  return transferIn(await edge.call(`GET /api/transactions/${id}`, { as: token })).transaction;
}
