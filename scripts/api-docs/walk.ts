import type { Operations } from '../../src/adapters/http/api/operations.ts';
import { walkFactors } from './walk-factors.ts';
import type { SampleBank } from './sample-bank.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One request and its answer, as the sample bank gave it. */
export type Example = {
  readonly operation: keyof Operations;
  readonly title: string;
  /** The person who sends it. */
  readonly as: string | null;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Fields | undefined;
  readonly status: number;
  /** Undefined if there is none. Text if it is not JSON. */
  readonly answer: unknown;
  /** Whether it needs a cookie, an id or a mailed token that the files of requests cannot take from an earlier answer. */
  readonly isUnrepeatable: boolean;
};

type Terms = {
  readonly as?: Person;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Fields;
  /** Not part of the example, because a browser adds it by itself. */
  readonly cookie?: string;
  readonly isUnrepeatable?: boolean;
};

type Person = { readonly name: string; readonly token: string; readonly id: string };

const SECOND_MS = 1_000;

const PHONE = {
  address: '192.0.2.1',
  device: 'Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0',
};

/**
 * Walks through the whole API as three people, one request after another, and returns each request with its answer.
 * All examples of the documents come from here.
 */
export async function walk({ app, bank, advance, linkOf }: SampleBank): Promise<readonly Example[]> {
  const examples: Example[] = [];

  async function send(operation: keyof Operations, title: string, terms: Terms = {}): Promise<unknown> {
    advance(SECOND_MS);
    const { as, path = {}, query = {}, headers = {}, body, cookie } = terms;
    const { isUnrepeatable = cookie !== undefined } = terms;
    const [method = '', template = ''] = operation.split(' ');
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
    const search = new URLSearchParams(query).toString();
    const response = await app.request(`${filled}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        ...(as === undefined ? {} : { Authorization: `Bearer ${as.token}` }),
        ...(cookie === undefined ? {} : { Cookie: cookie }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('Content-Type') ?? '');
    const answer: unknown = text === '' ? undefined : isJson ? JSON.parse(text) : text;
    const { status } = response;
    examples.push({
      operation,
      title,
      as: as?.name ?? null,
      path,
      query,
      headers,
      body,
      status,
      answer,
      isUnrepeatable,
    });
    return answer;
  }

  async function register(name: string): Promise<Person> {
    const body = { name, email: `${name.toLowerCase()}@example.com`, password: 'correct horse battery' };
    const answer = await send('POST /api/auth/register', `${name} registers`, { body });
    const { user, token } = answer as { user: { id: string }; token: string };
    return { name, token, id: user.id };
  }

  async function open(title: string, terms: Terms): Promise<string> {
    const answer = await send('POST /api/accounts', title, terms);
    return (answer as { account: { id: string } }).account.id;
  }

  async function pay(title: string, terms: Terms): Promise<string> {
    const answer = await send('POST /api/transactions', title, terms);
    return (answer as { transaction: { id: string } }).transaction.id;
  }

  async function showSessions(as: Person): Promise<void> {
    const email = `${as.name.toLowerCase()}@example.com`;
    const { refreshToken } = await bank.signIn({ email, password: 'correct horse battery', origin: PHONE });
    const cookie = `refresh=${refreshToken}`;
    await send('POST /api/auth/refresh', 'The session is renewed by its refresh cookie', { cookie });
    const { sessions } = (await send('GET /api/auth/sessions', "Ada's sessions", { as })) as {
      sessions: readonly { id: string }[];
    };
    const path = { sessionId: sessions.at(-1)?.id ?? '' };
    await send('DELETE /api/auth/sessions/{sessionId}', "The phone's session ends", {
      as,
      path,
      isUnrepeatable: true,
    });
    await send('DELETE /api/auth/sessions/{sessionId}', 'It has ended', { as, path });
  }

  await send('GET /healthz', 'The process answers');
  await send('GET /readyz', 'The store can be read and written');

  const ada = await register('Ada');
  const bob = await register('Bob');
  await send('POST /api/auth/register', 'The address is taken', {
    body: { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' },
  });
  await send('POST /api/auth/login', 'Ada signs in', {
    body: { email: 'ada@example.com', password: 'correct horse battery' },
  });
  await send('POST /api/auth/login', 'The password is wrong', {
    body: { email: 'ada@example.com', password: 'incorrect horse' },
  });
  await send('GET /api/auth/me', 'The signed-in user', { as: ada });
  await send('GET /api/auth/me', 'Nobody is signed in');
  await showSessions(ada);
  await send('PATCH /api/auth/me', 'Another time zone', { as: ada, body: { timeZone: 'Europe/London' } });
  await send('POST /api/auth/password/change', 'A new password', {
    as: bob,
    body: { currentPassword: 'correct horse battery', newPassword: 'staple the battery' },
  });
  await send('POST /api/auth/email/resend', 'A new link', { as: ada });
  const carol = await register('Carol');
  const verification = { token: await linkOf(carol.id, 'email_verification') };
  await send('POST /api/auth/email/verify', 'The address is verified', {
    isUnrepeatable: true,
    body: verification,
  });
  await send('POST /api/auth/email/verify', 'The link was used', {
    isUnrepeatable: true,
    body: verification,
  });
  await send('POST /api/auth/password/forgot', 'A forgotten password', {
    body: { email: 'carol@example.com' },
  });
  const reset = { token: await linkOf(carol.id, 'password_reset'), password: 'a much better phrase' };
  const tooShort = { ...reset, password: 'short' };
  await send('POST /api/auth/password/reset', 'The password is too short', {
    isUnrepeatable: true,
    body: tooShort,
  });
  await send('POST /api/auth/email/change', 'A new address', {
    as: carol,
    body: { email: 'carol@home.example', password: 'correct horse battery' },
  });
  await send('POST /api/auth/password/reset', 'The password is reset', { isUnrepeatable: true, body: reset });
  const change = { token: await linkOf(carol.id, 'email_change') };
  await send('POST /api/auth/email/confirm', 'The address is confirmed', {
    isUnrepeatable: true,
    body: change,
  });
  const dave = await register('Dave');
  await open('An account to close', { as: dave });
  await send('GET /api/auth/me/export', 'All data', { as: dave });
  await send('DELETE /api/auth/me', 'The data is erased', {
    as: dave,
    body: { password: 'correct horse battery' },
  });
  const { user } = await bank.registerUser({
    name: 'Olga',
    email: 'olga@bank.example',
    password: 'correct horse battery',
  });
  await bank.grantRole(user.email, 'system');
  const signedIn = await bank.signIn({ email: user.email, password: 'correct horse battery' });
  const olga: Person = { name: 'Olga', token: signedIn.token, id: user.id };

  const adasAccount = await open('An account in the default currency', { as: ada });
  const adasSavings = await open('An account with a currency and a name', {
    as: ada,
    body: { currency: 'EUR', name: 'Savings', idempotencyKey: 'savings' },
  });
  const bobsAccount = await open("Bob's account", { as: bob });
  const adasDollars = await open('An account in dollars', { as: ada, body: { currency: 'USD' } });

  await walkPayees({ send, bank, ada, bobsAccount });

  await send('POST /api/transactions/system/initial-funds', 'The bank credits an account', {
    as: olga,
    body: {
      toAccount: adasAccount,
      amount: 100_000,
      description: 'opening deposit',
      idempotencyKey: 'fund-ada',
    },
  });
  await send('POST /api/transactions/system/initial-funds', 'Only the system may', {
    as: ada,
    body: { toAccount: adasAccount, amount: 100_000, idempotencyKey: 'fund-ada' },
  });
  const lunch = { fromAccount: adasAccount, toAccount: bobsAccount, amount: 2_550 };
  const lunchKey = { description: 'lunch', metadata: { order: '17' }, idempotencyKey: 'lunch-1' };
  const paid = await pay('A transfer', { as: ada, body: { ...lunch, ...lunchKey } });
  await send('POST /api/transactions', 'A dry run', {
    as: ada,
    query: { dryRun: 'true' },
    body: { ...lunch, idempotencyKey: 'lunch-2' },
  });
  const hold = await pay('A hold', {
    as: ada,
    body: { ...lunch, amount: 5_000, pending: true, expiresInSeconds: 86_400, idempotencyKey: 'room-1' },
  });
  const secondHold = await pay('A hold with an end', {
    as: ada,
    body: {
      ...lunch,
      amount: 3_000,
      pending: true,
      expiresAt: '2026-11-09T09:00:00Z',
      idempotencyKey: 'room-2',
    },
  });
  await send('POST /api/transactions', 'Several legs', {
    as: ada,
    body: {
      legs: [
        { account: adasAccount, direction: 'debit', amount: 1_000 },
        { account: bobsAccount, direction: 'credit', amount: 900 },
        { account: adasSavings, direction: 'credit', amount: 100 },
      ],
      description: 'dinner, and some savings',
      idempotencyKey: 'dinner-1',
    },
  });
  await send('POST /api/transactions', 'The balance is too low', {
    as: ada,
    body: { ...lunch, amount: 500_000, idempotencyKey: 'car-1' },
  });
  await send('POST /api/transactions', 'The amount is a decimal', {
    as: ada,
    body: { ...lunch, amount: 25.5, idempotencyKey: 'lunch-3' },
  });
  await send('POST /api/transactions', 'The key was used for another request', {
    as: ada,
    body: { ...lunch, ...lunchKey, amount: 2_650 },
  });
  await send('POST /api/transactions', 'The payee is unknown', {
    as: ada,
    body: { ...lunch, toAccount: '019c0000-0000-7000-8000-000000000000', idempotencyKey: 'lunch-4' },
  });
  await send('POST /api/transactions', 'The amount needs a confirmation', {
    as: ada,
    body: { ...lunch, amount: 20_000_000, idempotencyKey: 'house-1' },
  });
  await send('POST /api/transactions/batch', 'An unlinked batch', {
    as: ada,
    body: {
      transfers: [
        { ...lunch, amount: 1_200, description: 'October' },
        { ...lunch, amount: 900_000, description: 'November' },
      ],
      idempotencyKey: 'rent-1',
    },
  });
  await send('POST /api/transactions/batch', 'A linked batch that fails', {
    as: ada,
    body: {
      transfers: [
        { ...lunch, amount: 1_200 },
        { ...lunch, amount: 900_000 },
      ],
      linked: true,
      idempotencyKey: 'rent-2',
    },
  });
  await send('POST /api/transactions/{transactionId}/capture', 'The payee captures a part', {
    as: bob,
    path: { transactionId: hold },
    body: { amount: 4_200, idempotencyKey: 'room-1-paid' },
  });
  await send('POST /api/transactions/{transactionId}/capture', 'The hold was captured already', {
    as: bob,
    path: { transactionId: hold },
    body: { idempotencyKey: 'room-1-again' },
  });
  await send('POST /api/transactions/{transactionId}/void', 'The payee releases the hold', {
    as: bob,
    path: { transactionId: secondHold },
    body: { idempotencyKey: 'room-2-free' },
  });
  await send('POST /api/transactions/{transactionId}/reverse', 'The recipient sends a part back', {
    as: bob,
    path: { transactionId: paid },
    body: { amount: 550, description: 'too much', idempotencyKey: 'lunch-1-back' },
  });
  await send('GET /api/transactions', 'The first page', { as: ada, query: { limit: '2' } });
  await send('GET /api/transactions', 'A filter', {
    as: ada,
    query: { status: 'completed', minAmount: '2000', 'metadata.order': '17' },
  });
  await send('GET /api/transactions/{transactionId}', 'A transaction', {
    as: ada,
    path: { transactionId: paid },
  });
  await send('GET /api/transactions/{transactionId}', 'The payee sees less of it', {
    as: bob,
    path: { transactionId: paid },
  });
  await send('GET /api/transactions/by-key/{key}', 'A transaction by its key', {
    as: ada,
    path: { key: 'lunch-1' },
  });
  await send('GET /api/transactions/by-key/{key}', 'A batch by its key', {
    as: ada,
    path: { key: 'rent-1' },
    query: { operation: 'batch' },
  });
  await send('GET /api/transactions/by-key/{key}', 'Nothing is recorded', {
    as: ada,
    path: { key: 'lunch-9' },
  });

  await send('GET /api/accounts', 'All accounts', { as: ada });
  await send('GET /api/accounts/{accountId}', 'An account', { as: ada, path: { accountId: adasAccount } });
  await send('GET /api/accounts/{accountId}', "Somebody else's account", {
    as: bob,
    path: { accountId: adasAccount },
  });
  await send('PATCH /api/accounts/{accountId}', 'A new name', {
    as: ada,
    path: { accountId: adasAccount },
    body: { name: 'Everyday' },
  });
  await send('PUT /api/accounts/{accountId}/metadata', 'Pairs of her own', {
    as: ada,
    path: { accountId: adasAccount },
    body: { metadata: { costCentre: 'household' }, reason: 'New books' },
  });
  await send('GET /api/accounts/balance/{accountId}', 'The balance now', {
    as: ada,
    path: { accountId: adasAccount },
  });
  await send('GET /api/accounts/balance/{accountId}', 'The balance at an instant', {
    as: ada,
    path: { accountId: adasAccount },
    query: { at: '2026-11-02T09:00:12Z' },
  });
  await send('GET /api/accounts/{accountId}/entries', 'The first page', {
    as: ada,
    path: { accountId: adasAccount },
    query: { direction: 'debit', limit: '2' },
  });
  const day = { from: '2026-11-02', to: '2026-11-03' };
  await send('GET /api/accounts/{accountId}/statement', 'A statement of one day', {
    as: ada,
    path: { accountId: adasSavings },
    query: day,
  });
  await send('GET /api/accounts/{accountId}/statement', 'The same as CSV', {
    as: ada,
    path: { accountId: adasSavings },
    query: { ...day, format: 'csv' },
  });
  await send('GET /api/accounts/{accountId}/statements', 'None before the first month has ended', {
    as: ada,
    path: { accountId: adasSavings },
    query: { timeZone: 'Europe/Berlin' },
  });
  await send('POST /api/accounts/{accountId}/close', 'The rest moves to another account', {
    as: ada,
    path: { accountId: adasSavings },
    body: { sweepTo: adasAccount, reason: 'not needed', idempotencyKey: 'close-savings' },
  });

  await send('POST /api/system/exchanges', 'Euros become dollars', {
    as: olga,
    body: {
      fromAccount: adasAccount,
      toAccount: adasDollars,
      fromAmount: 1_000,
      toAmount: 1_080,
      idempotencyKey: 'exchange-1',
    },
  });
  await send('POST /api/system/withdrawals', 'A withdrawal in cash', {
    as: olga,
    body: { fromAccount: bobsAccount, amount: 500, description: 'counter 3', idempotencyKey: 'cash-1' },
  });
  await send('POST /api/system/accounts/{accountId}/freeze', 'A lost card', {
    as: olga,
    path: { accountId: bobsAccount },
    body: { reason: 'lost card', idempotencyKey: 'freeze-1' },
  });
  await send('POST /api/system/accounts/{accountId}/unfreeze', 'The card was found', {
    as: olga,
    path: { accountId: bobsAccount },
    body: { reason: 'card found', idempotencyKey: 'unfreeze-1' },
  });
  await send('PUT /api/system/accounts/{accountId}/limits', 'An overdraft of 100.00', {
    as: olga,
    path: { accountId: adasAccount },
    body: { minimumBalance: -10_000, reason: 'agreed by phone', idempotencyKey: 'overdraft-1' },
  });
  await send('POST /api/system/transactions/{transactionId}/erase-text', 'A text is erased', {
    as: olga,
    path: { transactionId: paid },
    body: { reason: 'asked for by letter' },
  });
  await send('GET /api/system/audit', 'The log', { as: olga, query: { limit: '3' } });
  await send('POST /api/system/checkpoints', 'A checkpoint', { as: olga });
  await send('GET /api/system/checkpoints', 'All checkpoints', { as: olga });
  await send('GET /api/accounts/{accountId}/statement-proof', 'A proof', {
    as: ada,
    path: { accountId: adasDollars },
  });
  await send('GET /api/system/trial-balance', 'The trial balance', { as: olga });
  await send('GET /api/system/users', 'A user', { as: olga, query: { email: 'ada@example.com' } });
  await send('GET /api/system/accounts', 'Their accounts', {
    as: olga,
    query: { userId: ada.id, limit: '1' },
  });
  await walkKeys({ send, ada, adasAccount, bobsAccount });
  // Only an authenticator has the codes and the answers
  const sendOnce: Send = (operation, title, terms) =>
    send(operation, title, { ...terms, isUnrepeatable: true });
  await walkFactors(sendOnce, { person: ada, payee: bobsAccount });
  await walkUsers({ send, ada, bob, olga });
  await send('POST /api/auth/logout', 'Bob signs out', { as: bob });
  await send('POST /api/auth/logout/everywhere', 'Olga signs out everywhere', { as: olga });
  return examples;
}

type Send = (operation: keyof Operations, title: string, terms?: Terms) => Promise<unknown>;

async function walkPayees(terms: {
  send: Send;
  bank: SampleBank['bank'];
  ada: Person;
  bobsAccount: string;
}): Promise<void> {
  const { send, bank, ada: as, bobsAccount } = terms;
  const { number } = await bank.ledger.getAccount({ kind: 'system' }, bobsAccount);
  const ask: Send = (operation, title, rest) => send(operation, title, { as, ...rest });
  await ask('POST /api/payees/check', 'The name is right', { body: { number, name: 'bob' } });
  await ask('POST /api/payees/check', 'Another name', { body: { number, name: 'Robert' } });
  const saved = await ask('POST /api/payees', 'A payee with a label', {
    body: { number, name: 'Bob', label: 'Canteen' },
  });
  await ask('POST /api/payees', 'A digit is wrong', { body: { number: 'PB48 5390 0754 7035' } });
  await ask('GET /api/payees', 'All payees');
  const path = { payeeId: (saved as { payee: { id: string } }).payee.id };
  await ask('PATCH /api/payees/{payeeId}', 'Another label', { path, body: { label: 'Lunch' } });
  await ask('PATCH /api/payees/{payeeId}', 'No payee has this id', {
    path: { payeeId: bobsAccount },
    body: { label: 'Lunch' },
  });
  await ask('DELETE /api/payees/{payeeId}', 'The payee is forgotten', { path });
}

async function walkKeys(terms: {
  send: Send;
  ada: Person;
  adasAccount: string;
  bobsAccount: string;
}): Promise<void> {
  const { send, ada, adasAccount, bobsAccount } = terms;
  const made = await send('POST /api/auth/keys', 'A key for one account', {
    as: ada,
    body: {
      name: 'Payroll',
      password: 'correct horse battery',
      scopes: ['read', 'transfer'],
      accounts: [adasAccount],
      transferLimit: 50_000,
      expiresInDays: 30,
    },
  });
  const { apiKey, secret } = made as { apiKey: { id: string }; secret: string };
  const program: Person = { ...ada, name: "Ada's program", token: secret };
  const pay = { fromAccount: adasAccount, toAccount: bobsAccount };
  await send('POST /api/transactions', 'The amount is above the limit of the key', {
    as: program,
    body: { ...pay, amount: 50_001, idempotencyKey: 'payroll-1' },
  });
  await send('PATCH /api/accounts/{accountId}', 'The key does not allow it', {
    as: program,
    path: { accountId: adasAccount },
    body: { name: 'Mine' },
  });
  await send('GET /api/auth/keys', 'All keys', { as: ada });
  await send('DELETE /api/auth/keys/{apiKeyId}', 'The key is revoked', {
    as: ada,
    path: { apiKeyId: apiKey.id },
  });
}

async function walkUsers({ send, ada, bob, olga }: { send: Send; ada: Person; bob: Person; olga: Person }) {
  await send('GET /api/system/users', 'The first page', { as: olga, query: { limit: '2' } });
  await send('GET /api/system/users/{userId}', 'A user by id', { as: olga, path: { userId: ada.id } });
  await send('PUT /api/system/users/{userId}/role', 'Ada reads for the auditors', {
    as: olga,
    path: { userId: ada.id },
    body: { role: 'auditor', reason: 'audit of 2026' },
  });
  await send('POST /api/system/users/{userId}/lock', 'A stolen phone', {
    as: olga,
    path: { userId: ada.id },
    body: { reason: 'phone stolen' },
  });
  await send('POST /api/system/users/{userId}/unlock', 'The phone is back', {
    as: olga,
    path: { userId: ada.id },
    body: { reason: 'phone found' },
  });
  await send('GET /api/auth/security-events', 'The newest event', { as: bob, query: { limit: '1' } });
  await send('GET /api/system/security-events', "A user's events", {
    as: olga,
    query: { userId: ada.id, limit: '2' },
  });
}
