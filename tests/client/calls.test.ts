import { describe, expect, test } from 'vitest';
import { operations } from '../../src/adapters/http/api/operations.ts';
import * as entry from '../../src/client/index.ts';
import { LinkedTransferFailedError } from '../../src/client/index.ts';
import { errorCatalogue } from '../../src/domain/errors.ts';
import { errorOf } from '../../src/client/error-of.ts';
import { SAMPLE_PASSKEY, sampleFactors } from '../../scripts/api-docs/sample-factors.ts';
import type { ApiAssertion, ApiAttestation, Client } from '../../src/client/index.ts';
import { aPayer, Teller } from '../support/bank-client.ts';
import { MemoryCheckpoints } from '../support/checkpoints.ts';
import { Edge } from '../support/edge.ts';

const checkpoints = () => new MemoryCheckpoints().ports;

async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Calls each route about the signed-in person. */
async function aboutOneself(edge: Edge, client: Client): Promise<void> {
  const { profile } = client;
  const password = 'a much better phrase';
  const dave = await client.register({ name: 'Dave', email: 'dave@example.com', password });
  expect(await profile.get()).toEqual({ emailVerified: false, language: 'en', timeZone: 'UTC' });
  expect(await profile.change({ timeZone: 'Asia/Tokyo' })).toMatchObject({ timeZone: 'Asia/Tokyo' });
  await profile.resendVerification();
  await profile.verifyEmail(await edge.linkOf(dave, 'email_verification'));
  expect(await profile.get()).toMatchObject({ emailVerified: true });
  await profile.changeEmail({ email: 'dave@home.example', password });
  await profile.confirmEmail(await edge.linkOf(dave, 'email_change'));
  await profile.changePassword({ currentPassword: password, newPassword: `${password} 2` });
  await profile.forgotPassword('dave@home.example');
  await profile.resetPassword({ token: await edge.linkOf(dave, 'password_reset'), password });
  await client.signIn({ email: 'dave@home.example', password });
  expect(JSON.parse(await profile.exportText())).toMatchObject({ user: { id: dave.id } });
  const erasure = { closedAccounts: [], openAccounts: [], keptInBooks: ['transactions', 'payerNames'] };
  expect(await profile.erase(password)).toEqual(erasure);
  await client.signIn({ email: 'ada@example.com', password: 'correct horse battery' });
}

/** Calls all routes of second factors. */
async function useSecondFactors(
  client: Client,
  { email, password, payee }: { email: string; password: string; payee: string },
): Promise<void> {
  const { secondFactors } = client;
  const id = { id: SAMPLE_PASSKEY, rawId: SAMPLE_PASSKEY, type: 'public-key' } as const;
  const made: ApiAttestation = { ...id, response: { clientDataJSON: 'YQ', attestationObject: 'YQ' } };
  const got: ApiAssertion = {
    ...id,
    response: { clientDataJSON: 'YQ', authenticatorData: 'YQ', signature: 'YQ' },
  };

  expect(await secondFactors.addTotp(password)).toMatchObject({ secret: expect.any(String) as string });
  expect(await secondFactors.confirmTotp('100001')).toHaveLength(10);
  const refused: unknown = await client.signIn({ email, password }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(entry.SecondFactorRequiredError);
  expect((refused as entry.SecondFactorRequiredError).methods).toEqual(['totp', 'recovery_code']);
  await client.signIn({ email, password, code: '100002' });
  expect(await secondFactors.makeRecoveryCodes({ code: '100003' })).toHaveLength(10);
  const { challengeId } = await secondFactors.askForPasskey(password);
  const passkey = await secondFactors.addPasskey({ name: 'Phone', challengeId, credential: made });
  expect(await secondFactors.renamePasskey(passkey.id, 'Old phone')).toEqual({
    ...passkey,
    name: 'Old phone',
  });
  expect(await secondFactors.passkeys()).toMatchObject([{ name: 'Old phone' }]);
  expect(await secondFactors.list()).toMatchObject({ totp: true, recoveryCodes: 10 });
  const question = await secondFactors.askForSignIn();
  await client.signInWithPasskey({ challengeId: question.challengeId, credential: got });
  const order = {
    payments: [{ toAccount: payee, amount: 1_000n, currency: 'EUR' }],
    idempotencyKey: 'large/1',
  };
  const asked = await secondFactors.askForConfirmation(order);
  const proof = { passkey: { challengeId: asked.challengeId, credential: got } };
  const confirmed = await secondFactors.confirmOrder(order, proof);
  expect(confirmed.confirmation).toBe('example-confirmation-1');
  await secondFactors.removePasskey(passkey.id, { code: '100004' });
  await secondFactors.removeTotp({ code: '100005' });
}

/** Calls each route of payees. */
async function usePayees({ payees }: Client, number: string): Promise<void> {
  expect(await payees.check({ number, name: 'Bob' })).toEqual({ result: 'no_match' });
  const { payee, check } = await payees.save({ number, name: 'ada', label: 'Savings' });
  expect(check).toEqual({ result: 'match' });
  expect(payee).toMatchObject({ number, label: 'Savings', confirmedName: 'Ada' });
  expect(await listed(payees.list({ order: 'age', pageSize: 1 }))).toEqual([payee]);
  expect(await payees.relabel(payee.id, null)).toEqual({ ...payee, label: null });
  await payees.remove(payee.id);
  expect(await listed(payees.list())).toEqual([]);
}

describe('The client', () => {
  test('calls every route of the bank', async () => {
    const edge = new Edge({ checkpoints: checkpoints(), factorTools: sampleFactors() });
    const operator = await edge.register('Olga', { role: 'system' });
    const teller = new Teller({ edge });
    const { client } = teller;
    const person = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' };
    const { system } = new Teller({
      edge,
      token: operator.token,
      onEvent: (event) => teller.events.push(event),
    }).client;

    const ada = await client.register(person);
    await client.signIn({ email: person.email, password: person.password });
    expect(await client.getMe()).toEqual(ada);
    expect(await client.refresh()).toEqual(ada);
    await edge.bank.signIn(person);
    const [here, phone] = await client.listSessions();
    expect([here?.current, phone?.current]).toEqual([true, false]);
    await client.revokeSession(phone?.id ?? '');
    const account = await client.openAccount({ currency: 'EUR', name: 'Daily' });
    const savings = await client.openAccount();
    const dollars = await client.openAccount({ currency: 'USD' });
    expect(account).toMatchObject({
      balance: 0n,
      held: 0n,
      available: 0n,
      minimumBalance: 0n,
      name: 'Daily',
    });
    expect(await listed(client.accounts({ pageSize: 2 }))).toEqual([account, savings, dollars]);
    expect(await listed(system.accountsOf(ada.id))).toEqual([account, savings, dollars]);
    expect(await client.getAccount(account.id)).toEqual(account);
    expect(await client.renameAccount(account.id, null)).toMatchObject({ name: null });
    const metadata = { costCentre: '17' };
    expect(await client.setAccountMetadata(String(account.number), { metadata })).toMatchObject({ metadata });
    expect(await system.findUser(person.email)).toEqual(ada);

    const own = await edge.bank.ledger.getAccount({ kind: 'system' }, savings.id);
    await usePayees(client, own.number ?? '');

    const funded = await system.fundAccount({ toAccount: account.id, amount: 10_000n });
    expect(funded.transaction).toMatchObject({ kind: 'initial_funds', amount: 10_000n });
    await system.withdrawFunds({ fromAccount: account.id, amount: 1_000n });
    const pair = { fromAccount: account.id, toAccount: savings.id };
    const moved = await client.transfer({ ...pair, amount: 500n, metadata: { amount: '7', debits: '8' } });
    expect(moved.transaction.metadata).toEqual({ amount: '7', debits: '8' });
    expect(moved.balances).toContainEqual({
      accountId: account.id,
      balance: 8_500n,
      held: 0n,
      available: 8_500n,
    });
    expect(await client.getTransaction(moved.transaction.id)).toMatchObject(moved.transaction);
    await client.transfer({ ...pair, amount: 1n }, { key: 'k/1' });
    expect(await client.getTransactionByKey('k/1')).toMatchObject({ transaction: { amount: 1n } });
    const legs = [
      { account: account.id, direction: 'debit', amount: 30n },
      { account: savings.id, direction: 'credit', amount: 30n },
    ] as const;
    await client.transfer({ legs });
    const { results } = await client.transferBatch({
      transfers: [
        { ...pair, amount: 2n },
        { ...pair, amount: 1_000_000n },
      ],
    });
    expect(results).toMatchObject([
      { transaction: { amount: 2n } },
      { problem: { code: 'insufficient_funds' } },
    ]);
    const hold = await client.transfer({ ...pair, amount: 300n, pending: true, expiresInSeconds: 60 });
    expect(await client.captureHold(hold.transaction.id, { amount: 200n }, { dryRun: true })).toMatchObject({
      dryRun: true,
    });
    const captured = await client.captureHold(hold.transaction.id, { amount: 200n });
    expect(captured.transaction.amountCaptured).toBe(200n);
    const other = await client.transfer({ ...pair, amount: 300n, pending: true });
    expect((await client.voidHold(other.transaction.id)).transaction.status).toBe('voided');
    const back = await client.reverseTransaction(moved.transaction.id, { amount: 100n });
    expect(back.transaction).toMatchObject({
      kind: 'reversal',
      amount: 100n,
      reverses: moved.transaction.id,
    });
    const exchanged = await system.exchangeFunds({
      fromAccount: account.id,
      toAccount: dollars.id,
      fromAmount: 100n,
      toAmount: 108n,
    });
    expect(exchanged.results).toHaveLength(2);
    await system.eraseText(moved.transaction.id, { reason: 'asked for' });

    expect(await client.getBalance(account.id)).toMatchObject({ balance: 8_267n, held: 0n });
    const entries = await listed(client.entries(account.id, { pageSize: 3 }));
    expect(entries[0]).toMatchObject({ balance: 8_267n, amount: 100n, direction: 'debit' });
    expect(entries.length).toBeGreaterThan(9);
    const small = await listed(client.transactions({ maxAmount: 2n, kind: 'transfer', status: 'completed' }));
    expect(small.map(({ amount }) => amount)).toEqual([2n, 1n]);
    expect(await listed(client.transactions({ metadata: { amount: '7' } }))).toEqual([]);
    const statement = await client.getStatement(account.id);
    expect(statement).toMatchObject({ openingBalance: 0n, closingBalance: 8_267n, totalIn: 10_100n });
    expect(await client.getStatementText(account.id, { format: 'csv' })).toMatch(/^\uFEFF?row,/);
    expect(await listed(client.statements(account.id, { timeZone: 'Europe/Berlin', pageSize: 5 }))).toEqual(
      [],
    );
    expect(await client.getStatementText(account.id, { format: 'camt053' })).toContain('<BkToCstmrStmt>');
    expect(await client.getStatementText(account.id, { format: 'ofx' })).toContain('<STMTRS>');
    const checkpoint = await system.makeCheckpoint();
    expect(await listed(system.checkpoints())).toEqual([checkpoint]);
    expect(await client.getStatementProof(account.id)).toMatchObject({ format: 'passbook statement proof' });

    expect(await system.freezeAccount(savings.id, { reason: 'lost', credits: true })).toMatchObject({
      status: 'frozen',
    });
    expect(await system.unfreezeAccount(savings.id, { reason: 'found' })).toMatchObject({ status: 'active' });
    const limits = { minimumBalance: -500n, maximumBalance: null, reason: 'trusted' };
    expect(await system.limitAccount(savings.id, limits)).toMatchObject({ minimumBalance: -500n });
    expect(await client.closeAccount(dollars.id).catch((error: unknown) => error)).toBeInstanceOf(
      entry.BalanceNotZeroError,
    );
    const audit = await listed(system.audit({ pageSize: 2 }));
    expect(audit.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['account_frozen', 'account_unfrozen', 'account_limited', 'text_erased']),
    );
    const users = await listed(system.users({ pageSize: 1 }));
    expect(users.map(({ email }) => email)).toEqual(expect.arrayContaining([person.email, operator.email]));
    const seen = await system.findUser(person.email);
    await system.grantRole(seen.id, { role: 'support', reason: 'hired' });
    await system.grantRole(seen.id, { role: 'customer' });
    expect(await system.lockUser(seen.id, { reason: 'lost phone' })).toMatchObject({
      lockedAt: expect.any(String) as string,
    });
    await system.unlockUser(seen.id, { reason: 'found' });
    expect(await system.getUser(seen.id)).toEqual(seen);
    const [event] = await listed(system.securityEvents({ userId: seen.id, pageSize: 50 }));
    expect(event).toMatchObject({ action: 'user_unlocked', userId: seen.id });
    await client.signIn({ email: person.email, password: person.password });
    const made = await client.makeApiKey({ name: 'Payroll', password: person.password, scopes: ['read'] });
    expect(await client.apiKeys()).toEqual([made.apiKey]);
    await client.revokeApiKey(made.apiKey.id);
    const [latest] = await listed(client.securityEvents({ pageSize: 50 }));
    expect(latest).toMatchObject({ action: 'api_key_revoked', userId: seen.id });
    const trial = await system.getTrialBalance();
    const [euros] = trial.currencies;
    expect(euros).toMatchObject({ currency: 'EUR', balanced: true, debits: euros?.credits });
    expect(typeof euros?.customers.credits).toBe('bigint');
    expect([await client.isAlive(), await client.isReady()]).toEqual([true, true]);
    await aboutOneself(edge, client);
    await useSecondFactors(client, { ...person, payee: savings.id });
    await client.signOut();
    await client.signIn({ email: person.email, password: person.password });
    await client.signOutEverywhere();

    const routes = teller.events.flatMap((event) => (event.type === 'attempt' ? [event.route] : []));
    expect(new Set(routes)).toEqual(new Set(Object.keys(operations)));
  });

  test('throws the result of each transfer of a linked batch that failed', async () => {
    const { client, order } = await aPayer();
    const transfers = [order, { ...order, amount: 5_000n }];

    const error: unknown = await client
      .transferBatch({ transfers, linked: true })
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(LinkedTransferFailedError);
    expect((error as LinkedTransferFailedError).results).toMatchObject([
      { problem: { code: 'linked_transfer_failed' } },
      { problem: { code: 'insufficient_funds' } },
    ]);
  });

  test('reports an unreachable bank as neither alive nor ready', async () => {
    const { client } = new Teller({ fetch: async () => Promise.reject(new TypeError('fetch failed')) });

    expect([await client.isAlive(), await client.isReady()]).toEqual([false, false]);
  });

  test('refuses an invalid URL', () => {
    expect(() => entry.createClient({ url: 'localhost' })).toThrow(TypeError);
  });
});

describe('A list', () => {
  test('is read page by page, and continues from a cursor', async () => {
    const { client, order, teller } = await aPayer();
    for (let count = 1n; count <= 5n; count++) await client.transfer({ ...order, amount: count });
    teller.sent.length = 0;

    const pages = client.transactions({ kind: 'transfer', pageSize: 2 }).pages();
    const first = (await pages.next()).value;
    expect(teller.sent).toHaveLength(1);
    const cursor = first?.nextCursor ?? '';
    const rest = await listed(client.transactions({ kind: 'transfer', pageSize: 2, cursor }));

    expect(first?.items.map(({ amount }) => amount)).toEqual([5n, 4n]);
    expect(rest.map(({ amount }) => amount)).toEqual([3n, 2n, 1n]);
  });
});

describe('An error', () => {
  test.for(Object.entries(errorCatalogue))('of code %s has a class of its own', ([code, { retry }]) => {
    const error = errorOf({ code: code as keyof typeof errorCatalogue, retry, status: 400, detail: 'why' });

    expect(entry).toHaveProperty(error.name, error.constructor);
    expect(error).toMatchObject({ code, retry, message: 'why', errors: [], isDryRun: false });
    expect(error).toBeInstanceOf(entry.ApiError);
  });

  test('of an unknown code is an ApiError', () => {
    for (const code of ['rule_of_tomorrow', 'constructor']) {
      const error = errorOf({ code: code as 'forbidden', retry: 'never', status: 400, detail: 'why' });
      expect(error.constructor).toBe(entry.ApiError);
      expect(error.code).toBe(code);
    }
  });

  test('carries the facts of the answer', async () => {
    const { client, order } = await aPayer();

    const error: unknown = await client
      .transfer({ ...order, amount: 5_000n })
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      name: 'InsufficientFundsError',
      code: 'insufficient_funds',
      retry: 'new_key',
      status: 400,
      transactionId: expect.any(String) as unknown,
      requestId: expect.any(String) as unknown,
    });
  });
});

describe('An amount', () => {
  test.for([
    ['25.50', 'EUR', 2550n],
    ['25.5', 'EUR', 2550n],
    ['-0.01', 'EUR', -1n],
    [' 7 ', 'EUR', 700n],
    ['1200', 'JPY', 1200n],
    ['1.234', 'KWD', 1234n],
    ['90071992547409930.01', 'EUR', 9007199254740993001n],
  ] as const)('is read from %j in %s', ([text, currency, amount]) => {
    expect(entry.parseAmount(text, currency)).toBe(amount);
  });

  test.for([
    ['25,50', 'EUR'],
    ['1,000.00', 'EUR'],
    ['1e3', 'EUR'],
    ['.5', 'EUR'],
    ['', 'EUR'],
    ['0.001', 'EUR'],
    ['1.5', 'JPY'],
    ['1', 'XXX'],
  ] as const)('is not read from %j in %s', ([text, currency]) => {
    expect(() => entry.parseAmount(text, currency)).toThrow(RangeError);
  });

  test('is formatted with the decimals of its currency, or with those of an answer', () => {
    expect(entry.formatAmount(123456n, 'USD')).toBe('USD\u00a01,234.56');
    expect(entry.formatAmount(123456n, 'UYW')).toBe('UYW\u00a012.3456');
    expect(entry.formatAmount(1234n, 'XXX', 2)).toBe('XXX\u00a012.34');
    expect(() => entry.formatAmount(1n, 'XXX')).toThrow(RangeError);
  });
});
