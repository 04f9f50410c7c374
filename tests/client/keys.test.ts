import { describe, expect, test } from 'vitest';
import {
  ConnectionError,
  IdempotencyKeyReusedError,
  InsufficientFundsError,
  InvalidRequestError,
  IntentStoreError,
  memoryIntents,
  OpenIntentError,
  OutcomeUnknownError,
  TooManyRequestsError,
  UnexpectedAnswerError,
} from '../../src/client/index.ts';
import type { Intent } from '../../src/client/index.ts';
import { Edge } from '../support/edge.ts';
import { answers, aPayer, BANK_URL, lostAnswer, lostRequest, Teller } from '../support/bank-client.ts';

const SOON = { timeoutMs: 30 };
const DEAD_WIRE = Array.from({ length: 100 }, () => lostRequest);

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('The call succeeds'),
    (error: unknown) => error,
  );
}

describe('A payment', () => {
  test('is in the store before its first byte is sent, and leaves it with its answer', async () => {
    const stored: (readonly Intent[])[] = [];
    const { client, teller, order, alice, paid } = await aPayer();
    teller.faults.push(async (pass) => {
      stored.push(await teller.open());
      return pass();
    });

    const { transaction } = await client.transfer({ ...order, description: 'lunch' });

    const [sent] = teller.payments;
    const id: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(stored).toEqual([
      [
        {
          id,
          key: id,
          server: BANK_URL,
          userId: alice.id,
          route: 'POST /api/transactions',
          path: '/api/transactions',
          body: sent?.body,
          createdAt: expect.any(String) as unknown,
          isAborted: false,
        },
      ],
    ]);
    expect(sent?.key).toBe(`"${stored[0]?.[0]?.key}"`);
    expect(transaction).toMatchObject({ status: 'completed', amount: 100n, description: 'lunch' });
    expect(await teller.open()).toEqual([]);
    expect(await paid()).toBe(100n);
  });

  test.for([
    ['a lost request', lostRequest],
    ['a lost answer', lostAnswer],
    [
      'an answer that is cut',
      async (pass: () => Promise<Response>) => {
        const text = await (await pass()).text();
        return new Response(text.slice(0, -9), { status: 200 });
      },
    ],
    ['an error of a proxy', async () => new Response('<h1>Bad Gateway</h1>', { status: 502 })],
    [
      'an answer of a proxy to a request that was carried out',
      async (pass: () => Promise<Response>) => {
        await pass();
        return new Response('', { status: 504 });
      },
    ],
    ['a fault of the bank', answers(500, 'internal_error')],
    ['a busy bank', answers(503, 'queue_full')],
    ['a limit', answers(429, 'too_many_requests')],
  ] as const)('continues with the same key and the same bytes after %s', async ([, fault]) => {
    const { client, teller, order, paid } = await aPayer();
    teller.faults.push(fault, fault, fault);

    const { transaction } = await client.transfer(order);

    expect(transaction.status).toBe('completed');
    expect(teller.payments).toHaveLength(4);
    expect(new Set(teller.payments.map(({ key, body }) => `${key} ${body}`)).size).toBe(1);
    expect(await paid()).toBe(100n);
  });

  test.for([
    ['new_key', { amount: 5_000n }, InsufficientFundsError],
    ['never', { description: '' }, InvalidRequestError],
  ] as const)('is not repeated if the advice is %s', async ([retry, change, kind]) => {
    const { client, teller, order } = await aPayer();

    const error = await failure(client.transfer({ ...order, ...change }));

    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ retry });
    expect(teller.payments).toHaveLength(1);
    expect(await teller.open()).toEqual([]);
  });

  test('uses the key of the caller', async () => {
    const { client, teller, order, paid } = await aPayer();
    const key = 'order "17" \\ ~';

    const first = await client.transfer(order, { key });
    const again = await client.transfer(order, { key });

    expect(again).toEqual(first);
    expect(teller.payments.map((sent) => sent.key)).toEqual(Array(2).fill(String.raw`"order \"17\" \\ ~"`));
    expect(await paid()).toBe(100n);
  });

  test.for(['', 'ä', 'x'.repeat(256), 'a\nb'])('is not started with the malformed key %j', async (key) => {
    const { client, teller, order } = await aPayer();

    await expect(client.transfer(order, { key })).rejects.toThrow(TypeError);
    expect(teller.sent).toEqual([]);
  });

  test('with the key of another request is refused permanently', async () => {
    const { client, teller, order, paid } = await aPayer();
    await client.transfer(order, { key: 'k' });

    const error = await failure(client.transfer({ ...order, amount: 7n }, { key: 'k' }));

    expect(error).toBeInstanceOf(IdempotencyKeyReusedError);
    expect(error).toMatchObject({ errors: [{ field: 'amount' }], status: 422, retry: 'never' });
    expect(await teller.open()).toEqual([]);
    expect(await paid()).toBe(100n);
  });

  test('gets a new key for each call', async () => {
    const { client, teller, order, paid } = await aPayer();

    await client.transfer(order);
    await Promise.all([client.transfer(order), client.transfer(order)]);

    expect(new Set(teller.payments.map(({ key }) => key)).size).toBe(3);
    expect(await paid()).toBe(300n);
  });

  test('is refused before it is sent if its amount would be rounded', async () => {
    const { client, teller, order } = await aPayer();

    await expect(client.transfer({ ...order, amount: 2n ** 53n })).rejects.toThrow(RangeError);
    expect(teller.sent).toEqual([]);
  });

  test('leaves no intent in a dry run', async () => {
    const put: Intent[] = [];
    const { client, order, paid } = await aPayer({
      intents: { ...memoryIntents(), put: (intent) => void put.push(intent) },
    });

    const result = await client.transfer(order, { dryRun: true });

    expect(result).toMatchObject({ dryRun: true, transaction: { amount: 100n } });
    expect(put).toEqual([]);
    expect(await paid()).toBe(0n);
  });
});

describe('A payment with an unknown outcome', () => {
  test('stays open, and reports the last error', async () => {
    const { client, teller, order, paid } = await aPayer();
    teller.faults.push(lostAnswer, ...DEAD_WIRE);

    const error = await failure(client.transfer(order, SOON));

    expect(error).toBeInstanceOf(OpenIntentError);
    const { intent, cause } = error as OpenIntentError;
    expect(cause).toBeInstanceOf(ConnectionError);
    expect(await teller.open()).toEqual([intent]);
    expect(await paid()).toBe(100n);
  });

  test('continues with its first key if the caller repeats the call', async () => {
    const { client, teller, order, paid } = await aPayer();
    teller.faults.push(lostAnswer, ...DEAD_WIRE);
    await failure(client.transfer(order, SOON));
    teller.faults.length = 0;

    const { amount, toAccount, fromAccount } = order;
    const { transaction } = await client.transfer({ toAccount, amount, fromAccount });

    expect(transaction.status).toBe('completed');
    expect(new Set(teller.payments.map(({ key }) => key)).size).toBe(1);
    expect(await teller.open()).toEqual([]);
    expect(await paid()).toBe(100n);
  });

  test('continues with its first key although another client has settled it', async () => {
    const { client, teller, order, paid, alice, edge } = await aPayer();
    teller.faults.push(lostAnswer, ...DEAD_WIRE);
    await failure(client.transfer(order, SOON));
    teller.faults.length = 0;
    const other = new Teller({ edge, token: alice.token, intents: teller.store });

    expect(await other.client.settleOpenIntents()).toMatchObject([{ state: 'done' }]);
    await client.transfer(order);

    expect(await paid()).toBe(100n);
  });

  test('does not block another payment, or one with a key of its own', async () => {
    const { client, teller, order, paid } = await aPayer();
    teller.faults.push(lostAnswer, ...DEAD_WIRE);
    await failure(client.transfer(order, SOON));
    teller.faults.length = 0;

    await client.transfer({ ...order, amount: 1n });
    await client.transfer(order, { key: 'second lunch' });

    expect(await paid()).toBe(201n);
  });

  test('is settled here once, and an equal call afterwards is a new payment', async () => {
    const { client, teller, order, paid } = await aPayer();
    teller.faults.push(lostAnswer, ...DEAD_WIRE);
    await failure(client.transfer(order, SOON));
    teller.faults.length = 0;

    expect(await client.settleOpenIntents()).toMatchObject([{ state: 'done' }]);
    await client.transfer(order);

    expect(await paid()).toBe(200n);
  });

  test.for([
    ['a role that was taken away', answers(403, 'forbidden', { retry: 'never' }), 'forbidden'],
    ['an ended session', answers(401, 'session_expired'), 'session_expired'],
    ['a limit', answers(429, 'too_many_requests', { headers: { 'Retry-After': '90' } }), 'too_many_requests'],
    ['a code of a newer bank', answers(400, 'rule_of_tomorrow', { retry: 'never' }), 'rule_of_tomorrow'],
  ] as const)('is not settled by %s', async ([, fault, code]) => {
    const { client, teller, order } = await aPayer();
    teller.faults.push(lostAnswer, fault);

    const error = await failure(client.transfer(order));

    expect(error).toBeInstanceOf(OpenIntentError);
    expect(error).toMatchObject({ cause: { code } });
    expect(await teller.open()).toHaveLength(1);
  });

  test('is settled by a refusal that is recorded under the key', async () => {
    const { client, teller, order } = await aPayer();
    teller.faults.push(lostAnswer);

    const error = await failure(client.transfer({ ...order, amount: 5_000n }));

    expect(error).toBeInstanceOf(InsufficientFundsError);
    expect(teller.payments).toHaveLength(2);
    expect(await teller.open()).toEqual([]);
  });

  test.for([
    ['a redirect', () => Response.redirect('https://elsewhere.example/', 302)],
    ['a page that is not the bank’s', () => new Response('<h1>Not Found</h1>', { status: 404 })],
  ] as const)('may be answered by %s, which is not followed, and is not repeated', async ([, answer]) => {
    const { client, teller, order } = await aPayer();
    teller.faults.push(async () => answer());

    const error = await failure(client.transfer(order));

    expect(error).toMatchObject({ name: 'OpenIntentError', cause: { name: 'UnexpectedAnswerError' } });
    expect((error as OpenIntentError).cause).toBeInstanceOf(UnexpectedAnswerError);
    expect(teller.payments).toHaveLength(1);
  });
});

describe('A payment that certainly had no effect', () => {
  test('leaves the store, so that the caller may start it again', async () => {
    const { client, teller, order, paid } = await aPayer();
    teller.faults.push(answers(429, 'too_many_requests', { headers: { 'Retry-After': '90' } }));

    expect(await failure(client.transfer(order))).toBeInstanceOf(TooManyRequestsError);
    expect(await teller.open()).toEqual([]);
    await client.transfer(order);

    expect(new Set(teller.payments.map(({ key }) => key)).size).toBe(2);
    expect(await paid()).toBe(100n);
  });

  test('differs from a payment with an outcome that the bank does not know', async () => {
    const { client, teller, order } = await aPayer();
    teller.faults.push(answers(503, 'outcome_unknown', { headers: { 'Retry-After': '90' } }));

    const error = await failure(client.transfer(order));

    expect(error).toBeInstanceOf(OpenIntentError);
    expect((error as OpenIntentError).cause).toBeInstanceOf(OutcomeUnknownError);
    expect(await teller.open()).toHaveLength(1);
  });
});

describe('A wait between attempts', () => {
  test('lasts as long as the bank asks', async () => {
    const { client, teller, order } = await aPayer();
    const startedAt = performance.now();
    teller.faults.push(answers(503, 'unavailable', { headers: { 'Retry-After': '0.2' } }));

    await client.transfer(order);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(199);
  });

  test('doubles up to its bound', async () => {
    const { client, teller, order } = await aPayer({ firstDelayMs: 8, maxDelayMs: 40 });
    const at: number[] = [];
    const fault = async () => {
      at.push(performance.now());
      return lostRequest(async () => new Response(), new Request(BANK_URL));
    };
    teller.faults.push(fault, fault, fault, fault, fault);

    await client.transfer(order);

    const waits = at.slice(1).map((now, index) => now - (at[index] ?? 0));
    // Half of 8, 16, 32 and 40, less what a timer may round
    expect(waits.map((wait, index) => wait >= [3, 7, 15, 19][index]!)).toEqual([true, true, true, true]);
  });
});

describe('An abort', () => {
  test('before the first attempt leaves nothing behind', async () => {
    const { client, teller, order } = await aPayer();

    await expect(client.transfer(order, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(teller.payments).toEqual([]);
    expect(await teller.open()).toEqual([]);
  });

  test('during an attempt leaves an intent whose outcome is queried, and which is not sent again', async () => {
    const { client, teller, order, paid } = await aPayer();
    const controller = new AbortController();
    teller.faults.push(async (pass) => {
      await pass();
      controller.abort(new Error('changed my mind'));
      throw controller.signal.reason;
    });

    await expect(client.transfer(order, { signal: controller.signal })).rejects.toThrow('changed my mind');
    expect(await teller.open()).toMatchObject([{ isAborted: true }]);
    const settled = await client.settleOpenIntents();

    expect(settled).toMatchObject([{ state: 'done', answer: { transaction: { status: 'completed' } } }]);
    expect(teller.payments).toHaveLength(1);
    expect(await teller.open()).toEqual([]);
    expect(await paid()).toBe(100n);
  });

  test('of a request that never arrived leaves the intent open until the caller sends it again', async () => {
    const { client, teller, order, paid } = await aPayer();
    const controller = new AbortController();
    teller.faults.push(async () => {
      controller.abort();
      throw controller.signal.reason;
    });
    await failure(client.transfer(order, { signal: controller.signal }));

    const asked = await client.settleOpenIntents();
    expect(asked).toMatchObject([{ state: 'open', error: { code: 'idempotency_key_not_found' } }]);
    expect(await paid()).toBe(0n);
    const sent = await client.settleOpenIntents({ resend: () => true });

    expect(sent).toMatchObject([{ state: 'done' }]);
    expect(await paid()).toBe(100n);
  });

  test('during a wait ends the wait', async () => {
    const { client, teller, order } = await aPayer({ firstDelayMs: 1_000_000, maxDelayMs: 1_000_000 });
    const controller = new AbortController();
    teller.faults.push(async () => {
      setTimeout(() => controller.abort('enough'));
      throw new TypeError('fetch failed');
    });
    const timeoutMs = 10_000_000;

    await expect(client.transfer(order, { signal: controller.signal, timeoutMs })).rejects.toBe('enough');
    expect(await teller.open()).toMatchObject([{ isAborted: true }]);
  });
});

describe('A store that fails', () => {
  const full = () => {
    throw new Error('disk full');
  };

  test('to write stops the payment before it is sent', async () => {
    const { client, teller, order, paid } = await aPayer({ intents: { ...memoryIntents(), put: full } });

    const error = await failure(client.transfer(order));

    expect(error).toBeInstanceOf(IntentStoreError);
    expect(error).toMatchObject({ cause: { message: 'disk full' } });
    expect(teller.payments).toEqual([]);
    expect(await paid()).toBe(0n);
  });

  test('during a write does not bring back the intent later', async () => {
    const memory = memoryIntents();
    const put = async (intent: Intent) => {
      await memory.put(intent);
      full();
    };
    const { client, order, paid } = await aPayer({ intents: { ...memory, put } });

    expect(await failure(client.transfer(order))).toBeInstanceOf(IntentStoreError);
    expect(await client.settleOpenIntents()).toEqual([]);
    expect(await paid()).toBe(0n);
  });

  test('to list stops the payment too', async () => {
    const intents = { ...memoryIntents(), list: full };
    const { client, teller, order } = await aPayer({ intents });

    expect(await failure(client.transfer(order))).toBeInstanceOf(IntentStoreError);
    expect(await failure(client.settleOpenIntents())).toBeInstanceOf(IntentStoreError);
    expect(teller.payments).toEqual([]);
  });

  test('to remove does not fail a completed payment, which is later settled without effect', async () => {
    const memory = memoryIntents();
    const { client, teller, order, paid, alice, edge } = await aPayer({
      intents: { ...memory, remove: full },
    });

    await client.transfer(order);

    expect(teller.events).toContainEqual(expect.objectContaining({ type: 'store_failed' }));
    const next = new Teller({ edge, token: alice.token, intents: memory });
    expect(await next.client.settleOpenIntents()).toMatchObject([{ state: 'done' }]);
    expect(await memory.list()).toEqual([]);
    expect(await paid()).toBe(100n);
  });
});

describe('After a restart', () => {
  async function interrupted() {
    const payer = await aPayer();
    payer.teller.faults.push(lostAnswer, ...DEAD_WIRE);
    await failure(payer.client.transfer(payer.order, SOON));
    const { edge, alice, bob, teller } = payer;
    const start = (token = alice.token) => new Teller({ edge, token, intents: teller.store });
    return { ...payer, bob, start };
  }

  test('the client settles what it finds, byte for byte', async () => {
    const { teller, start, paid } = await interrupted();
    const next = start();

    const settled = await next.client.settleOpenIntents();

    expect(settled).toMatchObject([
      { state: 'done', answer: { transaction: { amount: 100n }, balances: [{}] } },
    ]);
    expect(next.payments.map(({ key, body, route }) => [key, body, route])).toEqual([
      [teller.payments[0]?.key, teller.payments[0]?.body, 'POST /api/transactions'],
    ]);
    expect(await teller.open()).toEqual([]);
    expect(await paid()).toBe(100n);
  });

  test('the same call continues with the key of the open intent', async () => {
    const { start, order, paid, teller } = await interrupted();

    await start().client.transfer(order);

    expect(await paid()).toBe(100n);
    expect(await teller.open()).toEqual([]);
  });

  test('an equal payment is a new one if another client has settled the open one', async () => {
    const { start, order, paid } = await interrupted();
    const [one, other] = [start(), start()];
    await one.client.transfer({ ...order, amount: 1n });
    await other.client.settleOpenIntents();

    await one.client.transfer(order);

    expect(await paid()).toBe(201n);
  });

  test('nobody settles the intents of another user or another bank', async () => {
    const { start, bob, teller, edge, alice } = await interrupted();
    const elsewhere = new Teller({
      edge,
      token: alice.token,
      intents: teller.store,
      url: 'https://other.example',
    });

    expect(await start(bob.token).client.settleOpenIntents()).toEqual([]);
    expect(await elsewhere.client.settleOpenIntents()).toEqual([]);
    expect(await teller.open()).toHaveLength(1);
  });

  test('a refusal is reported with its code', async () => {
    const payer = await aPayer();
    const order = { ...payer.order, amount: 5_000n };
    payer.teller.faults.push(lostAnswer, ...DEAD_WIRE);
    await failure(payer.client.transfer(order, SOON));
    payer.teller.faults.length = 0;

    const settled = await payer.client.settleOpenIntents();

    const transactionId: unknown = expect.any(String);
    expect(settled).toMatchObject([{ state: 'refused', code: 'insufficient_funds', transactionId }]);
    expect(await payer.teller.open()).toEqual([]);
  });

  test('a refusal is found by its key', async () => {
    const payer = await aPayer();
    for (const change of [{ amount: 5_000n }, { toAccount: payer.order.fromAccount }]) {
      payer.teller.faults.push(lostAnswer, ...DEAD_WIRE);
      await failure(payer.client.transfer({ ...payer.order, ...change }, SOON));
      payer.teller.faults.length = 0;
    }

    const settled = await payer.client.settleOpenIntents({ resend: () => false });

    expect(settled).toMatchObject([
      { state: 'refused', code: 'insufficient_funds' },
      { state: 'refused', code: 'accounts_must_be_different' },
    ]);
  });

  test('the outcome of every kind of payment is found by its key', async () => {
    const edge = new Edge();
    const operator = await edge.register('Olga', { role: 'system' });
    const { client, teller, order, bob } = await aPayer({ edge });
    const payee = new Teller({ edge, token: bob.token });
    const bank = new Teller({ edge, token: operator.token });
    const hold = async () => (await client.transfer({ ...order, pending: true })).transaction.id;
    const [first, second, paid] = [await hold(), await hold(), (await client.transfer(order)).transaction.id];
    const dollars = await client.openAccount({ currency: 'USD' });
    const exchange = { fromAccount: order.fromAccount, toAccount: dollars.id, toAmount: 1n };
    const [toAccount, pair] = [order.fromAccount, { ...order, amount: 1n }];
    const calls = [
      [teller, () => client.transferBatch({ transfers: [pair, { ...pair, amount: 5_000n }] }, SOON), 'done'],
      [
        teller,
        () => client.transferBatch({ transfers: [{ ...pair, amount: 5_000n }], linked: true }, SOON),
        'refused',
      ],
      [payee, () => payee.client.captureHold(first, {}, SOON), 'done'],
      [payee, () => payee.client.voidHold(second, SOON), 'done'],
      [payee, () => payee.client.reverseTransaction(paid, {}, SOON), 'done'],
      [bank, () => bank.client.system.fundAccount({ toAccount, amount: 1n }, SOON), 'done'],
      [bank, () => bank.client.system.withdrawFunds({ fromAccount: toAccount, amount: 1n }, SOON), 'done'],
      [bank, () => bank.client.system.exchangeFunds({ ...exchange, fromAmount: 50_000n }, SOON), 'refused'],
      [bank, () => bank.client.system.exchangeFunds({ ...exchange, fromAmount: 1n }, SOON), 'done'],
    ] as const;

    for (const [one, call, state] of calls) {
      one.faults.push(lostAnswer, ...DEAD_WIRE);
      expect(await failure(call())).toBeInstanceOf(OpenIntentError);
      one.faults.length = 0;
      expect(await one.client.settleOpenIntents({ resend: () => false })).toMatchObject([{ state }]);
      expect(await one.open()).toEqual([]);
    }
  });

  test('the bank is queried by key if it no longer accepts the request', async () => {
    const { start, teller } = await interrupted();
    const next = start();
    next.faults.push(answers(400, 'invalid_request', { retry: 'never' }));

    expect(await next.client.settleOpenIntents()).toMatchObject([{ state: 'done' }]);
    expect(next.sent.map(({ route }) => route)).toEqual([
      'GET /api/auth/me',
      'POST /api/transactions',
      expect.stringMatching(/^GET \/api\/transactions\/by-key\//),
    ]);
    expect(await teller.open()).toEqual([]);
  });

  test('an intent stays open if the bank is still unreachable', async () => {
    const { start, teller } = await interrupted();
    const next = start();
    next.faults.push(...DEAD_WIRE);

    const settled = await next.client.settleOpenIntents(SOON);

    expect(settled).toMatchObject([{ state: 'open', error: { name: 'ConnectionError' } }]);
    expect(await teller.open()).toHaveLength(1);
  });

  test('a payment in progress is left to its own call', async () => {
    const { client, teller, order } = await aPayer();
    let settled: unknown;
    teller.faults.push(async (pass) => {
      settled = await client.settleOpenIntents();
      return pass();
    });

    await client.transfer(order);

    expect(settled).toEqual([]);
    expect(teller.payments).toHaveLength(1);
  });

  test('an abort of the settling aborts no payment', async () => {
    const { start, teller } = await interrupted();
    const next = start();
    const controller = new AbortController();
    next.faults.push(async () => {
      controller.abort('closing');
      throw controller.signal.reason;
    });

    await expect(next.client.settleOpenIntents({ signal: controller.signal })).rejects.toBe('closing');
    expect(await teller.open()).toMatchObject([{ isAborted: false }]);
  });
});
