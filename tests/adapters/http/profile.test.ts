import { describe, expect, test } from 'vitest';
import type { PasswordHasher } from '../../../src/application/ports/user-store.ts';
import type { Notification } from '../../../src/domain/entities/notification.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  Edge,
  expectAnswer,
  invalid,
  PASSWORD,
  problem,
  refusal,
  SESSION_EXPIRED,
} from '../../support/edge.ts';
import type { Answer, Person } from '../../support/edge.ts';
import { LINKS } from '../../support/people.ts';

const NEW_PASSWORD = 'a much better phrase';
const HOUR_MS = 3_600_000;
const DONE = { status: 204, body: undefined };
const NOT_VALID = refusal(400, 'link_not_valid');
const WRONG = problem(401, 'invalid_credentials', {
  title: 'Unauthorized',
  detail: 'The e-mail address or the password is wrong',
});

const send = (edge: Edge, route: string, body: object, as?: Person) =>
  edge.call(route, { body, ...(as ? { as: as.token } : {}) });
const verify = (edge: Edge, token: string) => send(edge, 'POST /api/auth/email/verify', { token });
const forgot = (edge: Edge, email: string) => send(edge, 'POST /api/auth/password/forgot', { email });
const reset = (edge: Edge, token: string, password = NEW_PASSWORD) =>
  send(edge, 'POST /api/auth/password/reset', { token, password });
const confirm = (edge: Edge, token: string) => send(edge, 'POST /api/auth/email/confirm', { token });
const signIn = (edge: Edge, email: string, password: string) =>
  send(edge, 'POST /api/auth/login', { email, password });
const me = (edge: Edge, { token }: { token: string }) => edge.call('GET /api/auth/me', { as: token });
const changeEmail = (edge: Edge, person: Person, email: string) =>
  send(edge, 'POST /api/auth/email/change', { email, password: PASSWORD }, person);

const changePassword = (edge: Edge, ada: Person, currentPassword: string) =>
  send(edge, 'POST /api/auth/password/change', { currentPassword, newPassword: NEW_PASSWORD }, ada);

/** A hasher during whose next check something else may happen. */
class InterruptedHasher implements PasswordHasher {
  meanwhile: (() => Promise<void>) | undefined;

  async hash(password: string): Promise<string> {
    return `hash of ${password}`;
  }

  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return hash === `hash of ${password}`;
  }

  isOutdated(): boolean {
    return false;
  }
}

function takeMails({ store, clock }: Edge): Promise<readonly Notification[]> {
  return new TestBank({ store, clock }).takeMessages();
}

async function eventsOf({ store }: Edge, userId: string | null): Promise<readonly string[]> {
  const terms = { userId, before: null, limit: 100 };
  const events = await store.unitOfWork.run(({ securityEvents }) => securityEvents.list(terms));
  return events.map(({ action }) => action);
}

/** One person for each kind of link, with a way to use it. */
const KINDS = [
  {
    kind: 'email_verification' as const,
    lifetimeMs: 24 * HOUR_MS,
    ask: (edge: Edge, person: Person) => send(edge, 'POST /api/auth/email/resend', {}, person),
    use: verify,
  },
  {
    kind: 'password_reset' as const,
    lifetimeMs: HOUR_MS,
    ask: (edge: Edge, { email }: Person) => forgot(edge, email),
    use: reset,
  },
  {
    kind: 'email_change' as const,
    lifetimeMs: 24 * HOUR_MS,
    ask: (edge: Edge, person: Person) => changeEmail(edge, person, `new.${person.email}`),
    use: confirm,
  },
];

describe.each(KINDS)('A link of the kind $kind', ({ kind, lifetimeMs, ask, use }) => {
  async function asked(edge = new Edge()) {
    const ada = await edge.register('Ada');
    expectAnswer(await ask(edge, ada), DONE);
    return { edge, ada, token: await edge.linkOf(ada, kind) };
  }

  test('works once: of 20 uses at once, one wins', async () => {
    const { edge, token } = await asked();
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(edge, token)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 204)) expectAnswer(answer, NOT_VALID);
    expectAnswer(await use(edge, token), NOT_VALID);
  });

  test('works up to its expiry, exclusive', async () => {
    const { edge, token } = await asked();
    edge.clock.advance(lifetimeMs);
    expectAnswer(await use(edge, token), NOT_VALID);
    edge.clock.advance(-1);
    expectAnswer(await use(edge, token), DONE);
  });

  test('no longer works once a new one was asked for', async () => {
    const { edge, ada, token } = await asked();
    await ask(edge, ada);
    expectAnswer(await use(edge, token), NOT_VALID);
    expectAnswer(await use(edge, await edge.linkOf(ada, kind)), DONE);
  });

  test('cannot be forged, and does nothing as a link of another kind', async () => {
    const { edge, ada, token } = await asked();
    const [id = ''] = token.split('.');
    for (const other of ['', id, `${id}.`, `${id}.AAAA`, `${token}A`, LINKS.tokenOf(freshId())]) {
      expectAnswer(await use(edge, other), NOT_VALID);
    }
    for (const { use: misuse } of KINDS.filter((one) => one.kind !== kind)) {
      expectAnswer(await misuse(edge, token), NOT_VALID);
    }
    expectAnswer(await use(edge, await edge.linkOf(ada, kind)), DONE);
  });

  test('leaves its token in no store, outbox or log', async () => {
    const { edge, ada, token } = await asked();
    const stored = await edge.store.unitOfWork.run(async ({ credentials, securityEvents }) => [
      await credentials.ofUser(ada.id, kind),
      await securityEvents.list({ userId: null, before: null, limit: 100 }),
    ]);
    await edge.call(`GET /reset-password?token=${token}`);
    await use(edge, token);
    const [, mac = ''] = token.split('.');
    const all = JSON.stringify([stored, await takeMails(edge), edge.lines]);
    expect(all).toContain(ada.id);
    expect(all).not.toContain(mac);
  });
});

describe('A forgotten password', () => {
  test('has the same answer after the same wait whether the address is known or not, and no mail to strangers', async () => {
    const waits: number[] = [];
    const edge = new Edge({ wait: async (ms) => void waits.push(ms) });
    const ada = await edge.register('Ada');
    await takeMails(edge);
    const known = await forgot(edge, ada.email);
    expect(await takeMails(edge)).toMatchObject([{ notice: 'reset_password', recipientId: ada.id }]);
    const unknown = await forgot(edge, 'nobody@example.com');
    expect(await takeMails(edge)).toEqual([]);
    expectAnswer(known, DONE);
    expectAnswer(unknown, DONE);
    expect(waits).toHaveLength(2);
    expect(new Set(waits).size).toBe(1);
  });

  test('is answered only after the wait', async () => {
    let end = (): void => {};
    const waited = new Promise<void>((resolve) => {
      end = resolve;
    });
    const edge = new Edge({ wait: () => waited });
    let isAnswered = false;
    const ask = async () => {
      await forgot(edge, 'nobody@example.com');
      isAnswered = true;
    };
    const answer = ask();
    await edge.store.unitOfWork.run(async () => undefined);
    expect(isAnswered).toBe(false);
    end();
    await answer;
  });

  test('is throttled by mailbox and by client', async () => {
    const edge = new Edge();
    for (let count = 0; count < 5; count++) expectAnswer(await forgot(edge, 'a@example.com'), DONE);
    expect((await forgot(edge, 'A@example.com')).status).toBe(429);
    for (let count = 0; count < 24; count++) expectAnswer(await forgot(edge, `${count}@example.com`), DONE);
    expect((await forgot(edge, 'b@example.com')).status).toBe(429);
  });

  test('is reset: all sessions end, the address is verified, other links are void, and a mail says so', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    await forgot(edge, ada.email);
    await takeMails(edge);
    expectAnswer(await reset(edge, await edge.linkOf(ada, 'password_reset')), DONE);

    expectAnswer(await me(edge, ada), SESSION_EXPIRED);
    expectAnswer(await signIn(edge, ada.email, PASSWORD), WRONG);
    const { token } = (await signIn(edge, ada.email, NEW_PASSWORD)).body as { token: string };
    expect((await me(edge, { token })).body).toMatchObject({ profile: { emailVerified: true } });
    expect(await takeMails(edge)).toMatchObject([
      { notice: 'password_changed', email: ada.email },
      { notice: 'new_sign_in' },
    ]);
    expect(await eventsOf(edge, ada.id)).toEqual(
      expect.arrayContaining(['registered', 'password_reset_requested', 'password_reset']),
    );
    await expect(edge.linkOf(ada, 'email_verification')).rejects.toThrow(TypeError);
  });
});

describe('A link to change the address', () => {
  test.each([
    ['changed', (edge: Edge, ada: Person) => changePassword(edge, ada, PASSWORD)],
    [
      'reset',
      async (edge: Edge, ada: Person) => {
        await forgot(edge, ada.email);
        return reset(edge, await edge.linkOf(ada, 'password_reset'));
      },
    ],
  ])('is void once the password is %s: a thief of the old one may have asked for it', async (_, replace) => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    await changeEmail(edge, ada, 'thief@example.com');
    const link = await edge.linkOf(ada, 'email_change');
    expectAnswer(await replace(edge, ada), DONE);

    expectAnswer(await confirm(edge, link), NOT_VALID);
    expect((await signIn(edge, ada.email, NEW_PASSWORD)).status).toBe(200);
  });
});

describe('A password that is replaced while a request with it runs', () => {
  const THIEFS = "the thief's own phrase";
  test.each([
    ['password', 'POST /api/auth/password/change', { currentPassword: PASSWORD, newPassword: THIEFS }],
    ['address', 'POST /api/auth/email/change', { email: 'thief@example.com', password: PASSWORD }],
    ['person', 'DELETE /api/auth/me', { password: PASSWORD }],
  ])('changes no %s', async (_, route, body) => {
    const hasher = new InterruptedHasher();
    const edge = new Edge({ hasher });
    const ada = await edge.register('Ada');
    await forgot(edge, ada.email);
    const link = await edge.linkOf(ada, 'password_reset');
    hasher.meanwhile = async () => expectAnswer(await reset(edge, link), DONE);

    expectAnswer(await send(edge, route, body, ada), WRONG);
    expect((await signIn(edge, ada.email, NEW_PASSWORD)).status).toBe(200);
    expect((await signIn(edge, ada.email, THIEFS)).status).toBe(401);
    await expect(edge.linkOf(ada, 'email_change')).rejects.toThrow(TypeError);
  });
});

describe('Check 54: a password', () => {
  const RULE = 'must be 8 to 256 characters';
  test.each([
    ['short', RULE],
    ['x'.repeat(257), RULE],
    ['password1', 'is one of the most common passwords: choose another'],
    ['ada.lovelace@example.com', 'is your name or e-mail address: choose another'],
    ['Ada.Lovelace2026!', 'is your name or e-mail address: choose another'],
    ['ada lovelace', 'is your name or e-mail address: choose another'],
  ])('%s is refused at a reset, after which the link still works', async (password, rule) => {
    const edge = new Edge();
    const email = 'ada.lovelace@example.com';
    const registration = { name: 'Ada Lovelace', email, password: PASSWORD };
    const { user } = await edge.bank.registerUser(registration);
    await forgot(edge, email);
    const token = await edge.linkOf(user, 'password_reset');
    expectAnswer(await reset(edge, token, password), invalid(['password', rule]));
    expectAnswer(await reset(edge, token, 'p'.repeat(64)), DONE);
  });
});

describe('Check 49: a changed password', () => {
  test('ends the other sessions and the links to reset it, and keeps this one', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const other = (await signIn(edge, ada.email, PASSWORD)).body as { token: string };
    await forgot(edge, ada.email);
    const link = await edge.linkOf(ada, 'password_reset');
    await takeMails(edge);
    expectAnswer(await changePassword(edge, ada, PASSWORD), DONE);

    expectAnswer(await me(edge, other), SESSION_EXPIRED);
    expect((await me(edge, ada)).status).toBe(200);
    expectAnswer(await reset(edge, link), NOT_VALID);
    expect((await signIn(edge, ada.email, NEW_PASSWORD)).status).toBe(200);
    expect(await takeMails(edge)).toMatchObject([{ notice: 'password_changed' }]);
  });

  test('needs the current one, whose guessing is throttled', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const answers: Answer[] = [];
    for (let count = 0; count < 8; count++) answers.push(await changePassword(edge, ada, 'wrong horse'));
    expectAnswer(answers[0]!, WRONG);
    expect(answers.at(-1)?.status).toBe(429);
    expect((await signIn(edge, ada.email, PASSWORD)).status).toBe(200);
  });
});

describe('A changed address', () => {
  test('is confirmed by the new mailbox and told to the old one, whose links are void', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    await forgot(edge, ada.email);
    const old = await edge.linkOf(ada, 'password_reset');
    await takeMails(edge);
    const email = `new.${ada.email}`;
    expectAnswer(await changeEmail(edge, ada, email), DONE);
    expect((await me(edge, ada)).body).toMatchObject({ user: { email: ada.email } });
    expect(await takeMails(edge)).toMatchObject([{ notice: 'confirm_new_email', email }]);

    expectAnswer(await confirm(edge, await edge.linkOf(ada, 'email_change')), DONE);
    expect((await me(edge, ada)).body).toMatchObject({ user: { email }, profile: { emailVerified: true } });
    expect(await takeMails(edge)).toMatchObject([{ notice: 'email_changed', email: ada.email }]);
    expectAnswer(await reset(edge, old), NOT_VALID);
    expectAnswer(await signIn(edge, ada.email, PASSWORD), WRONG);
    expect((await signIn(edge, email, PASSWORD)).status).toBe(200);
  });

  test('of another user is refused only to the owner of that mailbox', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const bob = await edge.register('Bob');
    expectAnswer(await changeEmail(edge, ada, bob.email), DONE);
    const token = await edge.linkOf(ada, 'email_change');
    expectAnswer(await confirm(edge, token), refusal(409, 'email_already_registered'));
    expect((await signIn(edge, bob.email, PASSWORD)).status).toBe(200);
  });

  test('needs the password', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const body = { email: 'new@example.com', password: 'wrong horse' };
    expectAnswer(await send(edge, 'POST /api/auth/email/change', body, ada), WRONG);
  });
});

describe('A profile', () => {
  test('is changed in part, and the change is recorded', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const change = { name: 'Ada L', timeZone: 'Europe/London' };
    const answer = await send(edge, 'PATCH /api/auth/me', change, ada);
    const profile = { emailVerified: false, language: 'en', timeZone: 'Europe/London' };
    expect(answer.body).toMatchObject({ user: { name: 'Ada L', email: ada.email }, profile });
    expect((await me(edge, ada)).body).toEqual(answer.body);
    expect(await eventsOf(edge, ada.id)).toContain('profile_changed');
    for (const [field, value, rule] of [
      ['name', ' ', 'must be 1 to 100 printable characters'],
      ['language', 'no language', 'must be a language tag, such as en or pt-BR'],
      ['timeZone', 'Mars/Olympus', 'must be a time zone, such as Europe/London'],
    ] as const) {
      const refused = await send(edge, 'PATCH /api/auth/me', { [field]: value }, ada);
      expectAnswer(refused, invalid([field, rule]));
    }
  });

  test('is exported with all records of the person, more than a page of them, and no secret', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const bob = await edge.register('Bob');
    const from = await edge.account(ada, 100_000);
    const to = await edge.account(bob);
    for (let count = 0; count < 210; count++) {
      await edge.send('POST /api/transactions', ada, { fromAccount: from, toAccount: to, amount: 1 });
    }
    const answer = await edge.call('GET /api/auth/me/export', { as: ada.token });
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="passbook-data.json"');
    const data = answer.body as Record<string, readonly { [field: string]: unknown }[]>;
    expect(data['accounts']?.map(({ id }) => id)).toEqual([from]);
    expect(new Set(data['transactions']?.map(({ id }) => id)).size).toBe(211);
    expect(data['sessions']).toHaveLength(1);
    expect(data['credentials']).toMatchObject([{ kind: 'email_verification', label: ada.email }]);
    expect(data['securityEvents']?.map(({ action }) => action)).toEqual(['data_exported', 'registered']);
    expect(answer.text).not.toMatch(/argon|digest|"hash"|new:/);
    expect(answer.text).not.toContain(bob.email);
  });
});

describe('An erased person', () => {
  const erase = (edge: Edge, person: Person, password = PASSWORD) =>
    send(edge, 'DELETE /api/auth/me', { password }, person);

  /** Signs in twice from a known place, and out of one of the sessions. Returns the ids of both. */
  async function placesOf(edge: Edge, { id, email }: Person): Promise<readonly string[]> {
    const origin = { address: '192.0.2.77', device: 'a phone' };
    const { token } = await edge.bank.signIn({ email, password: PASSWORD, origin });
    await edge.bank.signIn({ email, password: PASSWORD, origin });
    const open = (await edge.bank.listSessions(id)).filter(({ device }) => device === origin.device);
    expectAnswer(await edge.call('POST /api/auth/logout', { as: token }), DONE);
    return open.map((session) => session.id);
  }

  test('leaves no personal data but in the books, whose chain still verifies', async () => {
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const bob = await edge.register('Bob');
    const full = await edge.account(ada, 500);
    const empty = await edge.account(ada);
    const to = await edge.account(bob);
    await edge.send('POST /api/transactions', ada, { fromAccount: full, toAccount: to, amount: 100 });
    const ids = await placesOf(edge, ada);
    await takeMails(edge);
    expectAnswer(await erase(edge, ada, 'wrong horse'), WRONG);

    expectAnswer(await erase(edge, ada), {
      status: 200,
      body: {
        closedAccounts: [empty],
        openAccounts: [{ accountId: full, code: 'balance_not_zero' }],
        keptInBooks: ['transactions', 'payerNames'],
      },
    });
    expectAnswer(await me(edge, ada), SESSION_EXPIRED);
    expectAnswer(await signIn(edge, ada.email, PASSWORD), WRONG);
    expectAnswer(await signIn(edge, `${ada.id}@erased.invalid`, PASSWORD), WRONG);
    expect(await takeMails(edge)).toMatchObject([{ notice: 'user_erased', email: ada.email }]);
    const left = await edge.store.unitOfWork.run(async ({ users, sessions, credentials, securityEvents }) => [
      ...(await Promise.all(ids.map((id) => sessions.find(id)))),
      await users.byId(ada.id),
      await credentials.ofUser(ada.id, 'email_verification'),
      await securityEvents.list({ userId: ada.id, before: null, limit: 100 }),
    ]);
    expect(JSON.stringify(left)).not.toContain(ada.email);
    expect(JSON.stringify(left)).not.toContain('"Ada"');
    for (const place of ['192.0.2.77', 'a phone']) expect(JSON.stringify(left)).not.toContain(place);
    expect(await eventsOf(edge, ada.id)).toEqual([
      'user_erased',
      'signed_out',
      'signed_in',
      'signed_in',
      'registered',
    ]);
    expect(await edge.balanceOf(full)).toBe(400n);
    expect(await edge.bank.ledger.verifyBooks()).toMatchObject({ faults: [] });
  });

  test('may repeat an erasure that stopped between the accounts and the data', async () => {
    let isDown = true;
    const edge = new Edge();
    const ada = await edge.register('Ada');
    const account = await edge.account(ada);
    const { unitOfWork } = edge.store;
    const run = unitOfWork.run.bind(unitOfWork);
    let units = 0;
    unitOfWork.run = (work) => {
      if (isDown && ++units === 2) throw new Error('crash');
      return run(work);
    };
    expect((await erase(edge, ada)).status).toBe(500);
    isDown = false;

    expect((await erase(edge, ada)).body).toMatchObject({ closedAccounts: [], openAccounts: [] });
    expect(await edge.balanceOf(account)).toBe(0n);
    expectAnswer(await me(edge, ada), SESSION_EXPIRED);
  });

  test('is a customer: others answer for their acts', async () => {
    const edge = new Edge();
    const olga = await edge.register('Olga', { role: 'system' });
    const forbidden = { title: 'Forbidden', detail: 'Your role does not allow this' };
    expectAnswer(await erase(edge, olga), problem(403, 'forbidden', forbidden));
  });
});
