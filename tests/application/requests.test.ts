import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import type { InitialFundsRequest } from '../../src/application/fund-account.ts';
import type { OpenAccountRequest } from '../../src/application/open-account.ts';
import type { TransferRequest } from '../../src/application/transfer-funds.ts';
import type { Actor } from '../../src/domain/actor.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import { Bank, SYSTEM } from '../support/bank.ts';
import { aCustomer, FixedClock, freshId } from '../support/builders.ts';
import type { Customer } from '../support/builders.ts';

const AMOUNT = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";
const ID = 'must be 1 to 255 visible ASCII characters';
const KEY = 'must be 1 to 255 printable ASCII characters';
const CURRENCY = 'must be a code of ISO 4217';
const DESCRIPTION = 'must be 1 to 280 printable characters';
const METADATA = 'must be up to 20 plain names, each with a printable text';

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
  ['small letters', 'eur'],
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
const METADATA_FAULTS: [what: string, value: TransferRequest['metadata']][] = [
  ['null', untyped(null)],
  ['a text', untyped('a')],
  ['an array', untyped([])],
  ['a number as a value', { a: untyped(5) }],
  ['an object as a value', { a: untyped({ $ne: null }) }],
  ['an empty value', { a: '' }],
  ['a value of 501 characters', { a: 'v'.repeat(501) }],
  ['a value with a line feed', { a: 'b\nc' }],
  ['an empty name', { '': 'a' }],
  ['a name of 41 characters', { ['n'.repeat(41)]: 'a' }],
  ['a name that begins with a dollar', { $ne: 'a' }],
  ['a name with a space', { 'a b': 'c' }],
  ['a name with a line feed', { 'a\n': 'c' }],
  ['the name __proto__', JSON.parse('{"__proto__":"a"}') as Record<string, string>],
  ['the name constructor', { constructor: untyped('a') }],
  ['the name prototype', { prototype: 'a' }],
  ['21 names', Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, 'v']))],
];

function aBank(): Bank {
  return new Bank({ store: createMemoryStore(), clock: new FixedClock() });
}

async function expectFault(attempt: Promise<unknown>, field: string, message: string): Promise<void> {
  await expect(attempt).rejects.toEqual(
    new PassbookError('invalid_request', { errors: [{ field, message }] }),
  );
}

describe('a transfer that is malformed names the field at fault', () => {
  const cases: [field: keyof TransferRequest, what: string, value: unknown, message: string][] = [
    ...IDS.map(([what, value]) => ['sourceAccountId', what, value, ID] as const),
    ...IDS.map(([what, value]) => ['destinationAccountId', what, value, ID] as const),
    ...AMOUNTS.map(([what, value]) => ['amount', what, value, AMOUNT] as const),
    ...CURRENCIES.map(([what, value]) => ['currency', what, value, CURRENCY] as const),
    ...[...TEXTS, ['281 characters', 'd'.repeat(281)]].map(
      ([what, value]) => ['description', String(what), value, DESCRIPTION] as const,
    ),
    ...METADATA_FAULTS.map(([what, value]) => ['metadata', what, value, METADATA] as const),
    ...KEYS.map(([what, value]) => ['idempotencyKey', what, value, KEY] as const),
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

describe('a hold, a batch and legs that are malformed name the field at fault', () => {
  const plain = (bank: Bank, alice: Customer) => async () => ({
    sourceAccountId: await bank.account(alice, { funds: 10n }),
    destinationAccountId: await bank.account(alice),
    amount: 1n,
  });

  it.each(['true', 1, 'no', {}, null].map(untyped))(
    'pending: %o is neither true nor false, and moves no money',
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
    'linked: %o is neither true nor false, and moves no money',
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

  it.each([null, 'leg', 5, undefined].map(untyped))('legs: %o is no leg', async (one) => {
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
    ['legs.1.amount', { amount: 5 }, AMOUNT],
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

  it('legs: more than may be moved', async () => {
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

  it.each([null, 'transfer', 5, undefined].map(untyped))('transfers: %o is no transfer', async (one) => {
    const bank = aBank();
    const alice = aCustomer();
    const order = await plain(bank, alice)();
    const attempt = bank.ledger.submitBatch(alice, { transfers: [order, one], idempotencyKey: freshId() });
    await expectFault(attempt, 'transfers.1', 'must be a transfer');
  });

  it.each(AMOUNTS.filter(([what]) => what !== 'none'))('a capture or a reversal of %s', async (_, amount) => {
    const { ledger } = aBank();
    const request = { transferId: freshId(), amount, idempotencyKey: freshId() };
    await expectFault(ledger.captureHold(SYSTEM, request), 'amount', AMOUNT);
    await expectFault(ledger.reverseTransfer(SYSTEM, request), 'amount', AMOUNT);
  });
});

describe('initial funds that are malformed name the field at fault', () => {
  const cases: [field: keyof InitialFundsRequest, what: string, value: unknown, message: string][] = [
    ...IDS.map(([what, value]) => ['destinationAccountId', what, value, ID] as const),
    ...AMOUNTS.map(([what, value]) => ['amount', what, value, AMOUNT] as const),
    ...CURRENCIES.map(([what, value]) => ['currency', what, value, CURRENCY] as const),
    ...[...TEXTS, ['281 characters', 'd'.repeat(281)]].map(
      ([what, value]) => ['description', String(what), value, DESCRIPTION] as const,
    ),
    ...KEYS.map(([what, value]) => ['idempotencyKey', what, value, KEY] as const),
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
    await expectFault(aBank().ledger.fundAccount(SYSTEM, request), 'userId', ID);
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

  it('from one who is not the system are not given', async () => {
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

describe('an opening that is malformed names the field at fault', () => {
  const cases: [field: keyof OpenAccountRequest, what: string, value: unknown, message: string][] = [
    ...IDS.filter(([what]) => what !== 'null').map(([what, value]) => ['ownerId', what, value, ID] as const),
    ...CURRENCIES.map(([what, value]) => ['currency', what, value, CURRENCY] as const),
    ...[...TEXTS, ['61 characters', 'n'.repeat(61)]].map(
      ([what, value]) => ['name', String(what), value, 'must be 1 to 60 printable characters'] as const,
    ),
    ...KEYS.map(([what, value]) => ['idempotencyKey', what, value, KEY] as const),
  ].map(([field, what, value, message]) => [field, what, value, message]);

  it.each(cases)('%s: %s', async (field, _, value, message) => {
    const request = { ownerId: freshId(), [field]: value };
    await expectFault(aBank().ledger.openAccount(SYSTEM, request), field, message);
  });

  it('ownerId: another than the customer who opens it', async () => {
    const attempt = aBank().ledger.openAccount(aCustomer(), { ownerId: freshId() });
    await expectFault(attempt, 'ownerId', 'must be the caller');
  });

  it('ownerId: none, from the system', async () => {
    await expectFault(aBank().ledger.openAccount(SYSTEM), 'ownerId', ID);
  });
});

describe('a request at its bounds is taken', () => {
  it('whole: the longest texts, the most metadata, the largest amount', async () => {
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

  it('and is not changed by what becomes of its metadata after the call', async () => {
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

describe('an actor whose id cannot stand in a line of the chain', () => {
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

  it.each(actors)('commands nothing: %s', async (_, actor) => {
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
    expect((await bank.ledger.listAccounts(alice.id)).items).toHaveLength(2);
  });
});
