import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { aTotpOf } from '../../support/authenticator-app.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { A_TEXT, Edge, PASSWORD } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';
import { PasskeyPage } from '../../support/passkey-page.ts';

const LIMIT = 100_000;
const ABOVE = LIMIT + 1;
const SIGN_IN = 'POST /api/auth/passkeys/sign-in';
const CONFIRMATIONS = 'POST /api/transactions/confirmations';
const WRONG_FACTOR = { status: 401, body: { code: 'invalid_second_factor' } };

describe.skipIf(!hasBrowser)('A passkey in a real browser', () => {
  let browser: Browser;
  let edge: Edge;
  let page: PasskeyPage;
  let alice: Person;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    edge = new Edge({ stepUpAmounts: new Map([['EUR', BigInt(LIMIT)]]) });
    page = await PasskeyPage.open(browser, edge);
    alice = await edge.register('Alice');
    page.token = alice.token;
  });
  afterEach(() => page.close());

  test('is added with the password, listed, renamed and removed', async () => {
    const refused = await page.call('POST /api/auth/passkeys/options', { password: 'not the password' });
    const { status, body } = await page.addPasskey('Phone');
    const { passkey } = body as { passkey: { id: string } };

    expect(refused).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect({ status, body }).toEqual({
      status: 201,
      body: { passkey: { id: A_TEXT, name: 'Phone', createdAt: A_TEXT, lastUsedAt: null } },
    });
    const renamed = await page.call(`PATCH /api/auth/passkeys/${passkey.id}`, { name: 'Old phone' });
    const listed = await edge.call('GET /api/auth/passkeys', { as: alice.token });
    expect(listed.body).toEqual({ passkeys: [renamed.body['passkey']] });
    const bob = await edge.register('Bob');
    const his = { as: bob.token, body: { name: 'Mine' } };
    expect((await edge.call(`PATCH /api/auth/passkeys/${passkey.id}`, his)).status).toBe(404);

    const route = `DELETE /api/auth/passkeys/${passkey.id}`;
    expect(await page.call(route, { code: '123456' })).toMatchObject(WRONG_FACTOR);
    expect((await page.call(route, { passkey: await page.answer() })).status).toBe(204);
    const left = await edge.call('GET /api/auth/factors', { as: alice.token });
    expect(left.body).toEqual({ factors: { totp: false, recoveryCodes: 0, passkeys: [] } });
  });

  test('signs in alone, as two factors in one', async () => {
    await page.addPasskey('Phone');
    page.token = undefined;

    const { status, body } = await page.call(SIGN_IN, await page.answer());

    expect({ status, body }).toEqual({
      status: 200,
      body: {
        user: { id: alice.id, name: 'Alice', email: alice.email, role: 'customer', createdAt: A_TEXT },
        token: A_TEXT,
      },
    });
    const { session } = await edge.bank.authenticate(body['token'] as string);
    expect(session.methods).toEqual(['passkey']);
  });

  test('is a second factor beside the password', async () => {
    await page.addPasskey('Phone');
    page.token = undefined;
    const credentials = { email: alice.email, password: PASSWORD };

    expect(await page.call('POST /api/auth/login', credentials)).toMatchObject({
      status: 401,
      body: { code: 'second_factor_required', methods: ['passkey'] },
    });
    const answer = await page.call('POST /api/auth/login', { ...credentials, passkey: await page.answer() });
    expect(answer.status).toBe(200);
    const { session } = await edge.bank.authenticate(answer.body['token'] as string);
    expect(session.methods).toEqual(['password', 'passkey']);
  });

  test("is no second factor for another person's password", async () => {
    await page.addPasskey('Phone');
    const bob = await edge.register('Bob');
    await aTotpOf(edge, bob);
    const passkey = await page.answer();
    const signIn = ({ email }: Person) =>
      page.call('POST /api/auth/login', { email, password: PASSWORD, passkey });

    expect(await signIn(bob)).toMatchObject(WRONG_FACTOR);
    expect((await signIn(alice)).status).toBe(200);
  });

  test('answers a challenge once: of 20 parallel sign-ins with it, one gets in', async () => {
    await page.addPasskey('Phone');
    const body = await page.answer();

    const answers = await Promise.all(Array.from({ length: 20 }, () => page.call(SIGN_IN, body)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('answers a challenge within five minutes', async () => {
    await page.addPasskey('Phone');
    const answer = await page.answer();
    edge.clock.advance(5 * 60_000);

    expect(await page.call(SIGN_IN, answer)).toMatchObject(WRONG_FACTOR);
  });

  test('is refused on another origin', async () => {
    await page.addPasskey('Phone');
    const answer = await page.answer();
    const body = JSON.stringify(answer);
    const headers = { 'Content-Type': 'application/json' };

    const elsewhere = await fetch(`http://127.0.0.1:${page.port}/api/auth/passkeys/sign-in`, {
      method: 'POST',
      headers,
      body,
    });

    expect(elsewhere.status).toBe(401);
    expect((await page.call(SIGN_IN, answer)).status).toBe(200);
  });

  test('is refused if its counter goes back, as that of a copy does', async () => {
    await page.addPasskey('Phone');
    expect((await page.call(SIGN_IN, await page.answer())).status).toBe(200);
    expect((await page.call(SIGN_IN, await page.answer())).status).toBe(200);
    await page.rewind();

    expect(await page.call(SIGN_IN, await page.answer())).toMatchObject(WRONG_FACTOR);
  });

  test('answers for a registration or a sign-in, and for neither in place of the other', async () => {
    await page.addPasskey('Phone');
    const question = await page.call('POST /api/auth/passkeys/sign-in/options');
    const asked = await page.call('POST /api/auth/passkeys/options', { password: PASSWORD });
    const registration = { body: { ...question.body, challengeId: asked.body['challengeId'] } };

    const crossed = await page.get({ status: 200, ...registration });
    expect(await page.call(SIGN_IN, crossed)).toMatchObject(WRONG_FACTOR);
  });

  test('confirms one order: another payee or amount with the same proof is refused', async () => {
    await page.addPasskey('Phone');
    const from = await edge.account(alice, 10 * ABOVE);
    const to = await edge.account(await edge.register('Bob'));
    const mallory = await edge.account(await edge.register('Mallory'));
    const idempotencyKey = freshId();
    const order = { payments: [{ toAccount: to, amount: ABOVE, currency: 'EUR' }], idempotencyKey };
    const others = [
      { ...order, payments: [{ toAccount: mallory, amount: ABOVE, currency: 'EUR' }] },
      { ...order, payments: [{ toAccount: to, amount: ABOVE + 1, currency: 'EUR' }] },
      { ...order, payments: [{ toAccount: to, amount: ABOVE, currency: 'USD' }] },
      { ...order, idempotencyKey: freshId() },
      { ...order, operation: 'batch' },
    ];
    const passkey = await page.get(await page.call(`${CONFIRMATIONS}/options`, order));

    for (const other of others) {
      expect(await page.call(CONFIRMATIONS, { ...other, passkey })).toMatchObject(WRONG_FACTOR);
    }
    edge.clock.advance(60_000);
    const { body } = await page.call(CONFIRMATIONS, { ...order, passkey });
    const { confirmation } = body;
    const transfer = { fromAccount: from, toAccount: to, amount: ABOVE, idempotencyKey, confirmation };
    const changed = await page.call('POST /api/transactions', { ...transfer, toAccount: mallory });
    expect(changed).toMatchObject({ status: 403, body: { code: 'step_up_required' } });
    expect((await page.call('POST /api/transactions', transfer)).status).toBe(200);
    expect(await edge.balanceOf(to)).toBe(BigInt(ABOVE));
    expect(await page.call(CONFIRMATIONS, { ...order, passkey })).toMatchObject(WRONG_FACTOR);
  });
});
