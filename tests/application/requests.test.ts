import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import type { InitialFundsRequest } from '../../src/application/transfers/fund-account.ts';
import type { OpenAccountRequest } from '../../src/application/accounts/open-account.ts';
import type { TransferRequest } from '../../src/application/transfers/transfer-funds.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import { TestBank, SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock, freshId } from '../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../src/testing/fixtures/builders.ts';

const AMOUNT = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";
const ID = 'must be 1 to 255 visible ASCII characters';
const KEY = 'must be 1 to 255 printable ASCII characters';
const CURRENCY = 'must be a code of ISO 4217, such as EUR';
const METADATA = 'must be an object of at most 20 pairs of text';
const METADATA_NAME =
  'must have a name of 1 to 40 characters: A to Z, a to z, 0 to 9, "_", "." and "-", a letter or digit first';
const METADATA_VALUE = 'must be 1 to 500 printable characters';
const METADATA_RESERVED = 'must have another name, this one is reserved';

const UNPRINTABLE = ', and has others, such as a line break';

function ruleWith(rule: string, value: unknown): string {
  return value === '' ? `${rule}, and is empty` : rule;
}

function currencyFault(value: unknown): string {
  return typeof value === 'string' ? `${CURRENCY}, and is "${value}"` : CURRENCY;
}

function textFault(max: number, value: unknown): string {
  const rule = `must be 1 to ${max} printable characters`;
  if (typeof value !== 'string') return rule;
  return value === '' || value.length > max ? `${rule}, and has ${value.length}` : `${rule}${UNPRINTABLE}`;
}

/** What cannot be typed, as a caller without types may send it. */
const untyped = (value: unknown) => value as never;

const AMOUNTS: [what: string, value: bigint][] = [
  ['0', 0n],
  ['a negative one', -1n],
  ['one too big', 9_007_199_254_740_992n],
  ['a number', untyped(5)],
  ['a fraction', untyped(5.5)],
  ['a text', untyped('5')],
  ['null', untyped(null)],
  ['none', untyped(undefined)],
];
const BIGINT = "must be a bigint such as 10n, in the currency's minor unit";
const ruleOf = (amount: unknown) => (typeof amount === 'bigint' ? AMOUNT : BIGINT);

const IDS: [what: string, value: string][] = [
  ['an empty text', ''],
  ['a space', 'a b'],
  ['a line feed', 'a\nb'],
  ['256 characters', 'a'.repeat(256)],
  ['a character beyond ASCII', 'ü'],
  ['a number', untyped(5)],
  ['an operator', untyped({ $ne: null })],
  ['an array', untyped(['a'])],
  ['null', untyped(null)],
];
const KEYS: [what: string, value: string][] = [
  ['an empty text', ''],
  ['256 characters', 'k'.repeat(256)],
  ['a line feed', 'a\n'],
  ['a character beyond ASCII', 'ü'],
  ['a number', untyped(5)],
  ['null', untyped(null)],
];
const CURRENCIES: [what: string, value: string][] = [
  ['an unknown one', 'XXX'],
  ['an empty text', ''],
  ['a number', untyped(978)],
  ['null', untyped(null)],
  ['a name of every object', 'constructor'],
];
const TEXTS: [what: string, value: string][] = [
  ['an empty text', ''],
  ['a line feed', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['a NUL', 'a\0b'],
  ['a line separator', 'a\u2028b'],
  ['half a surrogate pair', '\udc00'],
  ['a number', untyped(5)],
  ['null', untyped(null)],
];
const METADATA_FAULTS: [what: string, value: unknown, field: string, message: string][] = [
  ['null', null, 'metadata', METADATA],
  ['a text', 'a', 'metadata', METADATA],
  ['an array', [], 'metadata', METADATA],
  ['a map', new Map([['a', 'b']]), 'metadata', METADATA],
  ['a number as a value', { a: 5 }, 'metadata.a', METADATA_VALUE],
  ['an object as a value', { a: { $ne: null } }, 'metadata.a', METADATA_VALUE],
  ['an empty value', { a: '' }, 'metadata.a', `${METADATA_VALUE}, and has 0`],
  ['a value of 501 characters', { a: 'v'.repeat(501) }, 'metadata.a', `${METADATA_VALUE}, and has 501`],
  ['a value with a line feed', { a: 'b\nc' }, 'metadata.a', `${METADATA_VALUE}${UNPRINTABLE}`],
  ['a second value that is wrong', { a: 'b', 'c.d': '' }, 'metadata.c.d', `${METADATA_VALUE}, and has 0`],
  ['an empty name', { '': 'a' }, 'metadata.', METADATA_NAME],
  ['a name of 41 characters', { ['n'.repeat(41)]: 'a' }, `metadata.${'n'.repeat(41)}`, METADATA_NAME],
  ['a name of 1,000', { ['n'.repeat(1_000)]: 'a' }, `metadata.${'n'.repeat(60)}...`, METADATA_NAME],
  ['a name that begins with a dollar', { $ne: 'a' }, 'metadata.$ne', METADATA_NAME],
  ['a name with a space', { 'a b': 'c' }, 'metadata.a b', METADATA_NAME],
  ['a name with a line feed', { 'a\n': 'c' }, 'metadata.a\n', METADATA_NAME],
  ['the name __proto__', JSON.parse('{"__proto__":"a"}'), 'metadata.__proto__', METADATA_NAME],
  ['the name constructor', { constructor: 'a' }, 'metadata.constructor', METADATA_RESERVED],
  ['the name prototype', { prototype: 'a' }, 'metadata.prototype', METADATA_RESERVED],
  [
    '21 names',
    Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, 'v'])),
    'metadata',
    'must have at most 20 pairs',
  ],
];
const MISSPELLED_CURRENCIES = ['eur', 'Eur', ' EUR ', 'eur '];

function aBank(): TestBank {
  return new TestBank({ store: createMemoryStore(), clock: new FixedClock() });
}

async function expectFault(attempt: Promise<unknown>, field: string, message: string): Promise<void> {
  await expect(attempt).rejects.toEqual(
    new PassbookError('invalid_request', { errors: [{ field, message }] }),
  );
}

describe('a malformed transfer names the faulty field', () => {
  const cases: [field: keyof TransferRequest, what: string, value: unknown, message: string][] = [
    ...IDS.map(([what, value]) => ['sourceAccountId', what, value, ruleWith(ID, value)] as const),
    ...IDS.map(([what, value]) => ['destinationAccountId', what, value, ruleWith(ID, value)] as const),
    ...AMOUNTS.map(([what, value]) => ['amount', what, value, ruleOf(value)] as const),
    ...CURRENCIES.map(([what, value]) => ['currency', what, value, currencyFault(value)] as const),
    ...[...TEXTS, ['281 characters', 'd'.repeat(281)]].map(
      ([what, value]) => ['description', String(what), value, textFault(280, value)] as const,
    ),
    ...KEYS.map(([what, value]) => ['idempotencyKey', what, value, ruleWith(KEY, value)] as const),
  ].map(([field, what, value, message]) => [field, what, value, message]);

  it.each(cases)('%s: %s', async (field, _, value, message) => {
    const bank = aBank();
    const alice = aCustomer();
    const request = {
      sourceAccountId: await bank.account(alice, { funds: 10n }),
      destinationAccountId: await bank.account(alice),
      amount: 1n,
      idempotencyKey: freshId(),
    };
    const attempt = bank.ledger.transferFunds(alice, { ...request, [field]: value });
    await expectFault(attempt, field, message);
    expect(await bank.balanceOf(request.sourceAccountId)).toBe(10n);
    expect(await bank.ledger.transferFunds(alice, request)).toMatchObject({ ok: true, replayed: false });
  });
});

describe('malformed metadata', () => {
  it.each(METADATA_FAULTS)(
    'is refused with the name of the pair and the limit: %s',
    async (_, value, field, message) => {
      const bank = aBank();
      const alice = aCustomer();
      const request = {
        sourceAccountId: await bank.account(alice, { funds: 10n }),
        destinationAccountId: await bank.account(alice),
        amount: 1n,
        metadata: untyped(value),
        idempotencyKey: freshId(),
      };
      await expectFault(bank.ledger.transferFunds(alice, request), field, message);
      expect(await bank.balanceOf(request.sourceAccountId)).toBe(10n);
    },
  );
});

describe('a currency in another case', () => {
  it.each(MISSPELLED_CURRENCIES)('is answered with its code in capitals: %j', async (currency) => {
    const message = `${CURRENCY}, and is "${currency}": write it as "EUR"`;
    const { ledger } = aBank();
    const money = { amount: 1n, currency, idempotencyKey: freshId() };
    await expectFault(ledger.openAccount(SYSTEM, { ownerId: freshId(), currency }), 'currency', message);
    await expectFault(ledger.fundAccount(SYSTEM, { ...money, userId: freshId() }), 'currency', message);
    const pair = { sourceAccountId: freshId(), destinationAccountId: freshId() };
    await expectFault(ledger.transferFunds(aCustomer(), { ...money, ...pair }), 'currency', message);
  });
});

describe('a malformed hold, batch or leg names the faulty field', () => {
  const plain = (bank: TestBank, alice: Customer) => async () => ({
    sourceAccountId: await bank.account(alice, { funds: 10n }),
    destinationAccountId: await bank.account(alice),
    amount: 1n,
  });

  it.each(['true', 1, 'no', {}, null].map(untyped))(
    'pending: %o is not a boolean, and moves no money',
    async (pending) => {
      const bank = aBank();
      const alice = aCustomer();
      const order = await plain(bank, alice)();
      const attempt = bank.ledger.transferFunds(alice, { ...order, pending, idempotencyKey: freshId() });
      await expectFault(attempt, 'pending', 'must be true or false');
      expect(await bank.balanceOf(order.sourceAccountId)).toBe(10n);
    },
  );

  it.each(['true', 1, 'no', {}, null].map(untyped))(
    'linked: %o is not a boolean, and moves no money',
    async (linked) => {
      const bank = aBank();
      const alice = aCustomer();
      const order = await plain(bank, alice)();
      const attempt = bank.ledger.submitBatch(alice, {
        transfers: [order],
        linked,
        idempotencyKey: freshId(),
      });
      await expectFault(attempt, 'linked', 'must be true or false');
      expect(await bank.balanceOf(order.sourceAccountId)).toBe(10n);
    },
  );

  it.each([null, 'leg', 5, undefined].map(untyped))('legs: %o is not a leg', async (one) => {
    const bank = aBank();
    const alice = aCustomer();
    const order = await plain(bank, alice)();
    const legs = [{ accountId: order.sourceAccountId, direction: 'debit', amount: 1n } as const, one];
    const attempt = bank.ledger.transferFunds(alice, { legs, idempotencyKey: freshId() });
    await expectFault(attempt, 'legs.1', 'must be a leg');
  });

  it.each<[field: string, change: object, message: string]>([
    ['legs.1.accountId', { accountId: 'a b' }, ID],
    ['legs.1.direction', { direction: 'sideways' }, 'must be "debit" or "credit"'],
    ['legs.1.amount', { amount: 0n }, AMOUNT],
    ['legs.1.amount', { amount: 5 }, BIGINT],
  ])('%s: %o', async (field, change, message) => {
    const bank = aBank();
    const alice = aCustomer();
    const { sourceAccountId, destinationAccountId } = await plain(bank, alice)();
    const legs = [
      { accountId: sourceAccountId, direction: 'debit', amount: 1n } as const,
      { accountId: destinationAccountId, direction: 'credit', amount: 1n, ...change } as never,
    ];
    await expectFault(bank.ledger.transferFunds(alice, { legs, idempotencyKey: freshId() }), field, message);
  });

  it('legs: their sum exceeds the largest amount', async () => {
    const bank = aBank();
    const alice = aCustomer();
    const leg = (direction: 'debit' | 'credit', amount: bigint) => ({
      accountId: freshId(),
      direction,
      amount,
    });
    const most = 9_007_199_254_740_991n;
    const legs = [leg('debit', most), leg('debit', 1n), leg('credit', most + 1n)];
    const attempt = (of: typeof legs) =>
      bank.ledger.transferFunds(alice, { legs: of, idempotencyKey: freshId() });
    await expectFault(attempt(legs), 'legs.2.amount', AMOUNT);
  });

  it.each([null, 'transfer', 5, undefined].map(untyped))('transfers: %o is not a transfer', async (one) => {
    const bank = aBank();
    const alice = aCustomer();
    const order = await plain(bank, alice)();
    const attempt = bank.ledger.submitBatch(alice, { transfers: [order, one], idempotencyKey: freshId() });
    await expectFault(attempt, 'transfers.1', 'must be a transfer');
  });

  it.each(AMOUNTS.filter(([what]) => what !== 'none'))('a capture or a reversal of %s', async (_, amount) => {
    const { ledger } = aBank();
    const request = { transferId: freshId(), amount, idempotencyKey: freshId() };
    await expectFault(ledger.captureHold(SYSTEM, request), 'amount', ruleOf(amount));
    await expectFault(ledger.reverseTransfer(SYSTEM, request), 'amount', ruleOf(amount));
  });
});

describe('an amount or a limit as number or text', () => {
  it.each([10, '10', '10n', 1.5, Number.NaN, null, {}].map(untyped))(
    'is refused in every field, with an example of a bigint: %o',
    async (value) => {
      const { ledger } = aBank();
      const alice = aCustomer();
      const key = { idempotencyKey: freshId() };
      const [source, destination] = [
        { sourceAccountId: freshId(), ...key },
        { destinationAccountId: freshId(), ...key },
      ];
      const pair = { ...source, ...destination };
      const legs = (one: bigint, other: bigint) => [
        { accountId: freshId(), direction: 'debit', amount: one } as const,
        { accountId: freshId(), direction: 'credit', amount: other } as const,
      ];
      const limits = { accountId: freshId(), minimumBalance: 1n, maximumBalance: 2n, reason: 'x' };
      const attempts: [field: string, attempt: () => Promise<unknown>][] = [
        ['amount', () => ledger.transferFunds(alice, { ...pair, amount: value })],
        ['amount', () => ledger.transferFunds(alice, { ...pair, amount: value }, { dryRun: true })],
        ['legs.0.amount', () => ledger.transferFunds(alice, { legs: legs(value, 1n), ...key })],
        ['legs.1.amount', () => ledger.transferFunds(alice, { legs: legs(1n, value), ...key })],
        [
          'transfers.0.amount',
          () => ledger.submitBatch(alice, { transfers: [{ ...pair, amount: value }], ...key }),
        ],
        ['amount', () => ledger.fundAccount(SYSTEM, { ...destination, amount: value })],
        ['amount', () => ledger.withdrawFunds(SYSTEM, { ...source, amount: value })],
        [
          'sourceAmount',
          () => ledger.exchangeFunds(SYSTEM, { ...pair, sourceAmount: value, destinationAmount: 1n }),
        ],
        [
          'destinationAmount',
          () => ledger.exchangeFunds(SYSTEM, { ...pair, sourceAmount: 1n, destinationAmount: value }),
        ],
        ['amount', () => ledger.captureHold(SYSTEM, { transferId: freshId(), amount: value, ...key })],
        ['amount', () => ledger.reverseTransfer(SYSTEM, { transferId: freshId(), amount: value, ...key })],
        ['minimumBalance', () => ledger.limitAccount(SYSTEM, { ...limits, minimumBalance: value })],
        ['minAmount', () => ledger.listTransfers(alice, { minAmount: value })],
        ['maxAmount', () => ledger.listTransfers(alice, { maxAmount: value })],
      ];
      if (value !== null) {
        attempts.push([
          'maximumBalance',
          () => ledger.limitAccount(SYSTEM, { ...limits, maximumBalance: value }),
        ]);
      }
      for (const [field, attempt] of attempts) await expectFault(attempt(), field, BIGINT);
    },
  );
});

describe('malformed initial funds name the faulty field', () => {
  const cases: [field: keyof InitialFundsRequest, what: string, value: unknown, message: string][] = [
    ...IDS.map(([what, value]) => ['destinationAccountId', what, value, ruleWith(ID, value)] as const),
    ...AMOUNTS.map(([what, value]) => ['amount', what, value, ruleOf(value)] as const),
    ...CURRENCIES.map(([what, value]) => ['currency', what, value, currencyFault(value)] as const),
    ...[...TEXTS, ['281 characters', 'd'.repeat(281)]].map(
      ([what, value]) => ['description', String(what), value, textFault(280, value)] as const,
    ),
    ...KEYS.map(([what, value]) => ['idempotencyKey', what, value, ruleWith(KEY, value)] as const),
  ].map(([field, what, value, message]) => [field, what, value, message]);

  it.each(cases)('%s: %s', async (field, _, value, message) => {
    const bank = aBank();
    const destinationAccountId = await bank.account(aCustomer());
    const request = { destinationAccountId, amount: 1n, idempotencyKey: freshId() };
    await expectFault(bank.ledger.fundAccount(SYSTEM, { ...request, [field]: value }), field, message);
    expect(await bank.balanceOf(destinationAccountId)).toBe(0n);
  });

  it.each(IDS)('userId: %s', async (_, value) => {
    const request = { userId: value, amount: 1n, idempotencyKey: freshId() };
    await expectFault(aBank().ledger.fundAccount(SYSTEM, request), 'userId', ruleWith(ID, value));
  });

  it.each([
    ['both an account and a user', { destinationAccountId: 'a', userId: 'u' }],
    ['neither an account nor a user', {}],
  ])('%s', async (_, destination) => {
    const request = { ...destination, amount: 1n, idempotencyKey: freshId() };
    await expectFault(
      aBank().ledger.fundAccount(SYSTEM, request),
      'destinationAccountId',
      'or "userId" must be given, and not both',
    );
  });

  it('are refused to anyone but the system', async () => {
    const bank = aBank();
    const alice = aCustomer();
    const destinationAccountId = await bank.account(alice);
    await expect(
      bank.ledger.fundAccount(untyped(alice), {
        destinationAccountId,
        amount: 1n,
        idempotencyKey: freshId(),
      }),
    ).rejects.toEqual(new PassbookError('forbidden'));
    expect(await bank.balanceOf(destinationAccountId)).toBe(0n);
  });
});

describe('a malformed opening names the faulty field', () => {
  const cases: [field: keyof OpenAccountRequest, what: string, value: unknown, message: string][] = [
    ...IDS.filter(([what]) => what !== 'null').map(
      ([what, value]) => ['ownerId', what, value, ruleWith(ID, value)] as const,
    ),
    ...CURRENCIES.map(([what, value]) => ['currency', what, value, currencyFault(value)] as const),
    ...[...TEXTS, ['61 characters', 'n'.repeat(61)]].map(
      ([what, value]) => ['name', String(what), value, textFault(60, value)] as const,
    ),
    ...KEYS.map(([what, value]) => ['idempotencyKey', what, value, ruleWith(KEY, value)] as const),
  ].map(([field, what, value, message]) => [field, what, value, message]);

  it.each(cases)('%s: %s', async (field, _, value, message) => {
    const request = { ownerId: freshId(), [field]: value };
    await expectFault(aBank().ledger.openAccount(SYSTEM, request), field, message);
  });

  it('ownerId: a customer opens for another', async () => {
    const attempt = aBank().ledger.openAccount(aCustomer(), { ownerId: freshId() });
    await expectFault(attempt, 'ownerId', 'must be the caller');
  });

  it('ownerId: absent, from the system', async () => {
    await expectFault(aBank().ledger.openAccount(SYSTEM), 'ownerId', ID);
  });
});

describe('a request at its bounds', () => {
  it('is accepted with the longest texts, the most metadata and the largest amount', async () => {
    const bank = aBank();
    const alice = aCustomer();
    const sourceAccountId = await bank.open(alice, { name: 'n'.repeat(60), idempotencyKey: 'k' });
    const destinationAccountId = await bank.open(alice);
    await bank.fund(sourceAccountId, 9_007_199_254_740_991n);
    const metadata = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`${index}.${'n'.repeat(37)}`.slice(0, 40), 'v'.repeat(500)]),
    );
    const request = {
      sourceAccountId,
      destinationAccountId,
      amount: 9_007_199_254_740_991n,
      currency: 'EUR',
      description: 'd'.repeat(280),
      metadata,
      idempotencyKey: 'k'.repeat(255),
    };
    expect(await bank.ledger.transferFunds(alice, request)).toMatchObject({
      ok: true,
      transfer: { amount: 9_007_199_254_740_991n, description: 'd'.repeat(280), metadata },
    });
  });

  it('does not change with its metadata after the call', async () => {
    const bank = aBank();
    const alice = aCustomer();
    const metadata = { order: '17' };
    const answer = bank.ledger.transferFunds(alice, {
      sourceAccountId: await bank.account(alice, { funds: 1n }),
      destinationAccountId: await bank.account(alice),
      amount: 1n,
      metadata,
      idempotencyKey: freshId(),
    });
    metadata.order = '18';
    expect(await answer).toMatchObject({ ok: true, transfer: { metadata: { order: '17' } } });
  });
});

describe('an actor with an id that the chain cannot encode', () => {
  const actors: [what: string, actor: Actor][] = [
    ['an operator with a line feed', { kind: 'system', id: 'a\nb' }],
    ['an operator with a space', { kind: 'system', id: 'a b' }],
    ['an operator without a name', { kind: 'system', id: '' }],
    ['a scope with a space, which could be another with another key', { kind: 'system', scope: 'a b' }],
    ['an empty scope', { kind: 'system', scope: '' }],
    ['a user with a line feed', { kind: 'user', id: 'a\nb' }],
    ['a user with a space', { kind: 'user', id: 'a b' }],
    ['a user without an id', { kind: 'user', id: untyped(undefined) }],
  ];

  it.each(actors)('cannot give a command: %s', async (_, actor) => {
    const bank = aBank();
    const alice = aCustomer();
    const to = await bank.account(alice, { funds: 5n });
    const from = await bank.account(alice, { funds: 5n });
    const message = 'must be named in 1 to 255 visible ASCII characters';
    await expectFault(bank.pay(actor, { from, to, amount: 1n }), 'actor', message);
    if (actor.kind === 'system') {
      const fund = { destinationAccountId: to, amount: 1n, idempotencyKey: freshId() };
      await expectFault(bank.ledger.fundAccount(actor, fund), 'actor', message);
      await expectFault(bank.ledger.openAccount(actor, { ownerId: alice.id }), 'actor', message);
    }
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([5n, 5n]);
    expect((await bank.ledger.listAccounts(alice, alice.id)).items).toHaveLength(2);
  });
});
