import { beforeEach, describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { aTotpOf, STEP_MS } from '../../support/authenticator-app.ts';
import type { AuthenticatorApp } from '../../support/authenticator-app.ts';
import { Edge, expectAnswer, expectReplay, problem } from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';

const LIMIT = 100_000;
const ABOVE = LIMIT + 1;
const TRANSFERS = 'POST /api/transactions';
const BATCHES = 'POST /api/transactions/batch';
const CONFIRMATIONS = 'POST /api/transactions/confirmations';

function stepUp(detail: string): Pick<Answer, 'status' | 'body'> {
  return problem(403, 'step_up_required', { title: 'Forbidden', detail, retry: 'same_key' });
}

const NOT_CONFIRMED = stepUp('The amount is large: confirm the order with your second factor');
const NO_FACTOR = stepUp('The amount is large: set up a second factor, and confirm the order with it');
const OTHER_ORDER = stepUp('The confirmation is for another payee, amount, currency, operation or key');
const NOT_VALID = stepUp('The confirmation is not valid, or has expired: confirm the order again');

describe('A large transfer', () => {
  let edge: Edge;
  let alice: Person;
  let app: AuthenticatorApp;
  let from: string;
  let to: string;

  beforeEach(async () => {
    edge = new Edge({ stepUpAmounts: new Map([['EUR', BigInt(LIMIT)]]) });
    alice = await edge.register('Alice');
    from = await edge.account(alice, 100 * ABOVE);
    to = await edge.account(await edge.register('Bob'));
    app = await aTotpOf(edge, alice);
  });

  function order({
    key = freshId(),
    amount = ABOVE,
    payee = to,
  }: {
    key?: string;
    amount?: number;
    payee?: string;
  } = {}) {
    return { fromAccount: from, toAccount: payee, amount, idempotencyKey: key };
  }

  function confirm(
    { toAccount, amount, idempotencyKey }: ReturnType<typeof order>,
    more: object = { code: app.nextCode() },
  ): Promise<Answer> {
    const payments = [{ toAccount, amount, currency: 'EUR' }];
    return edge.call(CONFIRMATIONS, { as: alice.token, body: { payments, idempotencyKey, ...more } });
  }

  async function confirmationOf(made: ReturnType<typeof order>, more?: object): Promise<string> {
    return ((await confirm(made, more)).body as { confirmation: string }).confirmation;
  }

  test('needs no confirmation up to the limit, and one above it', async () => {
    expect((await edge.send(TRANSFERS, alice, order({ amount: LIMIT }))).status).toBe(200);
    expectAnswer(await edge.send(TRANSFERS, alice, order()), NOT_CONFIRMED);
    expect(await edge.balanceOf(to)).toBe(BigInt(LIMIT));
  });

  test('is made with a confirmation of exactly this order', async () => {
    const made = order();
    const confirmed = await confirm(made);
    const { confirmation, expiresAt } = confirmed.body as { confirmation: string; expiresAt: string };

    expect(Date.parse(expiresAt) - edge.clock.now()).toBe(5 * 60_000);
    expect((await edge.send(TRANSFERS, alice, { ...made, confirmation })).status).toBe(200);
    expect(await edge.balanceOf(to)).toBe(BigInt(ABOVE));
  });

  test('with another payee, amount or key is refused under the same confirmation', async () => {
    const made = order();
    const confirmation = await confirmationOf(made);
    const other = await edge.account(await edge.register('Mallory'));

    for (const change of [{ toAccount: other }, { amount: ABOVE + 1 }, { idempotencyKey: freshId() }]) {
      expectAnswer(await edge.send(TRANSFERS, alice, { ...made, ...change, confirmation }), OTHER_ORDER);
    }
    const batch = { transfers: [{ fromAccount: from, toAccount: to, amount: ABOVE }] };
    const asBatch = { ...batch, idempotencyKey: made.idempotencyKey, confirmation };
    expectAnswer(await edge.send(BATCHES, alice, asBatch), OTHER_ORDER);
    expect(await edge.balanceOf(to)).toBe(0n);
  });

  test('is refused with the confirmation of another person, a session token and a made-up text', async () => {
    const made = order();
    const bob = await edge.register('Bob');
    const bobs = await aTotpOf(edge, bob);
    const payments = [{ toAccount: to, amount: ABOVE, currency: 'EUR' }];
    const body = { payments, idempotencyKey: made.idempotencyKey, code: bobs.nextCode() };
    const his = (await edge.call(CONFIRMATIONS, { as: bob.token, body })).body as { confirmation: string };

    for (const confirmation of [his.confirmation, alice.token, 'made up']) {
      expectAnswer(await edge.send(TRANSFERS, alice, { ...made, confirmation }), NOT_VALID);
    }
  });

  test('is replayed under its key after the confirmation has expired, and moves nothing twice', async () => {
    const made = order();
    const confirmation = await confirmationOf(made);
    const first = await edge.send(TRANSFERS, alice, { ...made, confirmation });
    edge.clock.advance(10 * 60_000);

    expectReplay(await edge.send(TRANSFERS, alice, { ...made, confirmation }), first);
    expectReplay(await edge.send(TRANSFERS, alice, made), first);
    expectAnswer(await edge.send(TRANSFERS, alice, { ...order(), confirmation }), NOT_VALID);
    const other = await edge.send(TRANSFERS, alice, { ...made, amount: ABOVE + 1 });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await edge.balanceOf(to)).toBe(BigInt(ABOVE));
  });

  test('is refused once its confirmation has expired', async () => {
    const made = order();
    const confirmation = await confirmationOf(made);
    edge.clock.advance(5 * 60_000);

    expectAnswer(await edge.send(TRANSFERS, alice, { ...made, confirmation }), NOT_VALID);
  });

  test('takes a code of its own: one code confirms one order', async () => {
    const code = app.nextCode();
    expect((await confirm(order(), { code })).status).toBe(200);

    expect(await confirm(order(), { code })).toMatchObject({
      status: 401,
      body: { code: 'invalid_second_factor' },
    });
  });

  test('cannot be confirmed with a recovery code', async () => {
    const [code = ''] = app.recoveryCodes;

    expect(await confirm(order(), { code })).toMatchObject({ body: { code: 'invalid_second_factor' } });
  });

  test('is refused to a person without a second factor, who learns to set one up', async () => {
    const bob = await edge.register('Bob');
    const his = await edge.account(bob, ABOVE);

    expectAnswer(await edge.send(TRANSFERS, bob, { ...order(), fromAccount: his }), NO_FACTOR);
  });

  test('needs a confirmation of every role but the system, which serves programs', async () => {
    for (const [role, status] of [
      ['support', 403],
      ['auditor', 403],
      ['operator', 403],
      ['system', 200],
    ] as const) {
      await edge.bank.grantRole(alice.email, role);
      expect((await edge.send(TRANSFERS, alice, order())).status, role).toBe(status);
    }
  });

  test('needs no confirmation as a dry run, nor in a currency without a limit', async () => {
    expect((await edge.send(`${TRANSFERS}?dryRun=true`, alice, order())).status).toBe(200);

    const ports = { kind: 'user', id: alice.id } as const;
    const opened = await edge.bank.ledger.openAccount(ports, { currency: 'USD' });
    if (!opened.ok) throw new TypeError('The account was refused');
    const dollars = { ...order(), fromAccount: opened.account.accountId };
    expect(await edge.send(TRANSFERS, alice, dollars)).toMatchObject({ body: { code: 'currency_mismatch' } });
  });

  test("from another person's account is refused as from one that does not exist", async () => {
    const his = await edge.account(await edge.register('Bob'), ABOVE);

    const answer = await edge.send(TRANSFERS, alice, { ...order(), fromAccount: his });

    expect(answer).toMatchObject({ status: 404, body: { code: 'source_account_not_found' } });
  });

  test('needs a confirmation as a hold and with several legs', async () => {
    const savings = await edge.account(alice);
    const legs = [
      { account: from, direction: 'debit', amount: ABOVE },
      { account: to, direction: 'credit', amount: ABOVE - 1 },
      { account: savings, direction: 'credit', amount: 1 },
    ];
    const idempotencyKey = freshId();
    expectAnswer(await edge.send(TRANSFERS, alice, { ...order(), pending: true }), NOT_CONFIRMED);
    expectAnswer(await edge.send(TRANSFERS, alice, { legs, idempotencyKey }), NOT_CONFIRMED);

    const payments = [
      { toAccount: to, amount: ABOVE - 1, currency: 'EUR' },
      { toAccount: savings, amount: 1, currency: 'EUR' },
    ];
    const body = { payments, idempotencyKey, code: app.nextCode() };
    const confirmed = await edge.call(CONFIRMATIONS, { as: alice.token, body });
    const { confirmation } = confirmed.body as { confirmation: string };
    expect((await edge.send(TRANSFERS, alice, { legs, idempotencyKey, confirmation })).status).toBe(200);
  });

  test('in a batch needs a confirmation of the whole batch, in its order', async () => {
    const transfers = [
      { fromAccount: from, toAccount: to, amount: 5 },
      { fromAccount: from, toAccount: to, amount: ABOVE },
    ];
    const payments = [
      { toAccount: to, amount: 5, currency: 'EUR' },
      { toAccount: to, amount: ABOVE, currency: 'EUR' },
    ];
    const idempotencyKey = freshId();
    const body = { operation: 'batch', payments, idempotencyKey, code: app.nextCode() };
    const confirmed = await edge.call(CONFIRMATIONS, { as: alice.token, body });
    const { confirmation } = confirmed.body as { confirmation: string };
    const batch = { transfers, idempotencyKey, confirmation };

    expectAnswer(await edge.send(BATCHES, alice, { transfers, idempotencyKey }), NOT_CONFIRMED);
    expectAnswer(
      await edge.send(BATCHES, alice, { ...batch, transfers: transfers.toReversed() }),
      OTHER_ORDER,
    );
    const made = await edge.send(BATCHES, alice, batch);
    expect(made.status).toBe(200);
    edge.clock.advance(10 * STEP_MS);
    expectReplay(await edge.send(BATCHES, alice, batch), made);
    expect(await edge.balanceOf(to)).toBe(BigInt(ABOVE + 5));
  });
});
