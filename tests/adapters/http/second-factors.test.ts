import { Secret, TOTP } from 'otpauth';
import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { aTotpOf, signIn, STEP_MS } from '../../support/authenticator-app.ts';
import { A_TEXT, Edge, expectAnswer, PASSWORD, problem } from '../../support/edge.ts';
import type { Answer } from '../../support/edge.ts';

const WRONG_FACTOR = problem(401, 'invalid_second_factor', {
  title: 'Unauthorized',
  detail: 'The code or the passkey is not accepted',
});

function factorRequired(...methods: readonly string[]): Pick<Answer, 'status' | 'body'> {
  const { status, body } = problem(401, 'second_factor_required', {
    title: 'Unauthorized',
    detail: 'A second factor is required',
  });
  return { status, body: { ...(body as object), methods } };
}

describe('An authenticator app', () => {
  test('is added with the password, and answers with a secret, an address and a picture', async () => {
    const edge = new Edge();
    const alice = await edge.register();

    const wrong = await edge.call('POST /api/auth/totp', { as: alice.token, body: { password: 'not hers' } });
    const added = await edge.call('POST /api/auth/totp', { as: alice.token, body: { password: PASSWORD } });

    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    const { secret, uri, qr } = added.body as Record<string, string>;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toBe(
      `otpauth://totp/Passbook:${encodeURIComponent(alice.email)}?issuer=Passbook&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
    );
    expect(qr).toMatch(/^<svg /);
  });

  test('counts once its first code is entered', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const added = await edge.call('POST /api/auth/totp', { as: alice.token, body: { password: PASSWORD } });

    expectAnswer(await signIn(edge, alice), {
      status: 200,
      body: { user: expect.anything() as unknown, token: A_TEXT },
    });
    const wrong = await edge.call('POST /api/auth/totp/confirm', {
      as: alice.token,
      body: { code: '12345' },
    });
    expectAnswer(wrong, WRONG_FACTOR);
    const { secret } = added.body as { secret: string };
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: edge.clock.now() });
    const right = await edge.call('POST /api/auth/totp/confirm', { as: alice.token, body: { code } });

    const { recoveryCodes } = right.body as { recoveryCodes: string[] };
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const one of recoveryCodes) expect(one).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    expectAnswer(await signIn(edge, alice), factorRequired('totp', 'recovery_code'));
    const factors = await edge.call('GET /api/auth/factors', { as: alice.token });
    expect(factors.body).toEqual({ factors: { totp: true, recoveryCodes: 10, passkeys: [] } });
  });

  test('is wanted of nobody without the password', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);

    const answer = await signIn(edge, alice, { password: 'not the password', code: app.nextCode() });

    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
  });

  test('signs in with the code of its step, the one before or the one after, and no other', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);
    edge.clock.advance(10 * STEP_MS);

    expectAnswer(await signIn(edge, alice, { code: app.code(-2) }), WRONG_FACTOR);
    expectAnswer(await signIn(edge, alice, { code: app.code(2) }), WRONG_FACTOR);
    expect((await signIn(edge, alice, { code: app.code(-1) })).status).toBe(200);
    expect((await signIn(edge, alice, { code: app.code() })).status).toBe(200);
    expect((await signIn(edge, alice, { code: app.code(1) })).status).toBe(200);
  });

  test('has no code accepted twice, not even that of the setup, nor an older one', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);

    expectAnswer(await signIn(edge, alice, { code: app.code() }), WRONG_FACTOR);
    const code = app.nextCode();
    expect((await signIn(edge, alice, { code })).status).toBe(200);
    expectAnswer(await signIn(edge, alice, { code }), WRONG_FACTOR);
    expectAnswer(await signIn(edge, alice, { code: app.code(-1) }), WRONG_FACTOR);
  });

  test('lets one of 20 parallel sign-ins with the same code through', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAccount: 100 } } });
    const alice = await edge.register();
    const code = (await aTotpOf(edge, alice)).nextCode();

    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(edge, alice, { code })));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('has wrong codes throttled by account, from whatever address they come', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);
    const guess = (address: string) => {
      const body = { email: alice.email, password: PASSWORD, code: '000000' };
      return edge.call('POST /api/auth/login', { body, address });
    };

    const codes = [];
    for (let at = 1; at <= 8; at++) codes.push((await guess(`192.0.2.${at}`)).body);

    expect(codes.map((body) => (body as { code: string }).code)).toEqual([
      ...Array.from({ length: 6 }, () => 'invalid_second_factor'),
      'too_many_requests',
      'too_many_requests',
    ]);
    expect((await signIn(edge, alice, { code: app.nextCode() })).status).toBe(429);
  });

  test('is set up once, and is removed with a second factor only', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);
    const remove = (code: string) => edge.call('DELETE /api/auth/totp', { as: alice.token, body: { code } });

    const again = await edge.call('POST /api/auth/totp', { as: alice.token, body: { password: PASSWORD } });
    expect(again).toMatchObject({ status: 409, body: { code: 'second_factor_already_set_up' } });
    expectAnswer(await remove('000000'), WRONG_FACTOR);
    expect((await remove(app.nextCode())).status).toBe(204);
    expect(await remove(app.nextCode())).toMatchObject({
      status: 404,
      body: { code: 'second_factor_not_found' },
    });
    expect((await signIn(edge, alice)).status).toBe(200);
    const factors = await edge.call('GET /api/auth/factors', { as: alice.token });
    expect(factors.body).toEqual({ factors: { totp: false, recoveryCodes: 0, passkeys: [] } });
  });

  test('is no way around a factor for a session that proved none', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const { token: older } = (await signIn(edge, alice)).body as { token: string };
    await aTotpOf(edge, alice);

    const answer = await edge.call('POST /api/auth/passkeys/options', {
      as: older,
      body: { password: PASSWORD },
    });

    expect(answer).toMatchObject({ status: 401, body: { code: 'second_factor_required' } });
  });
});

describe('A recovery code', () => {
  test('signs in once, in any case and without its dashes', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const [code = '', other = ''] = (await aTotpOf(edge, alice)).recoveryCodes;

    expect((await signIn(edge, alice, { code: code.toUpperCase().replaceAll('-', ' ') })).status).toBe(200);
    expectAnswer(await signIn(edge, alice, { code }), WRONG_FACTOR);
    expect((await signIn(edge, alice, { code: other })).status).toBe(200);
  });

  test('lets one of 20 parallel sign-ins through', async () => {
    const edge = new Edge({ app: { throttle: { failuresPerAccount: 100 } } });
    const alice = await edge.register();
    const [code = ''] = (await aTotpOf(edge, alice)).recoveryCodes;

    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(edge, alice, { code })));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('of another person is refused', async () => {
    const edge = new Edge();
    const [alice, bob] = [await edge.register('Alice'), await edge.register('Bob')];
    await aTotpOf(edge, alice);
    const [code = ''] = (await aTotpOf(edge, bob)).recoveryCodes;

    expectAnswer(await signIn(edge, alice, { code }), WRONG_FACTOR);
  });

  test('stops working when new ones are made', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);
    const [old = ''] = app.recoveryCodes;

    const body = { code: app.nextCode() };
    const made = await edge.call('POST /api/auth/recovery-codes', { as: alice.token, body });

    const [code = ''] = (made.body as { recoveryCodes: string[] }).recoveryCodes;
    expectAnswer(await signIn(edge, alice, { code: old }), WRONG_FACTOR);
    expect((await signIn(edge, alice, { code })).status).toBe(200);
  });
});

describe('The staff', () => {
  const SETUP_REQUIRED = problem(403, 'second_factor_setup_required', {
    title: 'Forbidden',
    detail: 'Your role needs a second factor',
    retry: 'same_key',
  });

  test('may only set a second factor up, where the bank requires one', async () => {
    const edge = new Edge({ app: { staffNeedsSecondFactor: true } });
    const olga = await edge.register('Olga', { role: 'auditor' });
    const read = (token: string) => edge.call('GET /api/system/audit', { as: token });

    expectAnswer(await read(olga.token), SETUP_REQUIRED);
    expectAnswer(await edge.call('GET /api/accounts', { as: olga.token }), SETUP_REQUIRED);
    expect((await edge.call('GET /api/auth/me', { as: olga.token })).status).toBe(200);
    const app = await aTotpOf(edge, olga);
    expect((await read(olga.token)).status).toBe(200);

    const { token } = (await signIn(edge, olga, { code: app.nextCode() })).body as { token: string };
    expect((await read(token)).status).toBe(200);
  });

  test('works without one by default, and customers always do', async () => {
    const lax = new Edge();
    const olga = await lax.register('Olga', { role: 'auditor' });
    expect((await lax.call('GET /api/system/audit', { as: olga.token })).status).toBe(200);

    const strict = new Edge({ app: { staffNeedsSecondFactor: true } });
    const alice = await strict.register();
    expect((await strict.call('GET /api/accounts', { as: alice.token })).status).toBe(200);
  });
});

describe('Every change of a factor', () => {
  test('leaves a security event and a mail, in the order of the changes', async () => {
    const store = createMemoryStore();
    const edge = new Edge({ store });
    const alice = await edge.register();
    const app = await aTotpOf(edge, alice);
    const [code = ''] = app.recoveryCodes;
    await signIn(edge, alice, { code: '000000' });
    await signIn(edge, alice, { code });
    await edge.call('DELETE /api/auth/totp', { as: alice.token, body: { code: app.nextCode() } });

    const { events, notices } = await store.unitOfWork.run(async ({ securityEvents, outbox }) => ({
      events: await securityEvents.list({ userId: alice.id, before: null, limit: 50 }),
      notices: await outbox.claim({ now: edge.clock.now(), leaseUntil: edge.clock.now() + 1, limit: 50 }),
    }));
    const expected = [
      'recovery_codes_made',
      'totp_added',
      'sign_in_refused',
      'recovery_code_used',
      'totp_removed',
    ];
    const actions = events.map(({ action }) => action).toReversed();
    expect(actions.filter((action) => expected.some((one) => one === action))).toEqual(expected);
    const mails = notices.flatMap(({ message }) => (message.kind === 'security' ? message.notice : []));
    expect(mails).toEqual(expect.arrayContaining(expected.filter((one) => one !== 'sign_in_refused')));
    expect(JSON.stringify(events)).not.toContain(code);
  });
});
