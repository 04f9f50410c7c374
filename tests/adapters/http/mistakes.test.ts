import { beforeAll, describe, expect, test } from 'vitest';
import { Edge, SESSION_EXPIRED, UNAUTHENTICATED } from '../../support/edge.ts';
import type { CallOptions } from '../../support/edge.ts';

const AMOUNT = `"amount" must be an integer from 1 to 9007199254740991, in the currency's minor unit`;
const KEY =
  '"idempotencyKey" is required, in the body or in the Idempotency-Key header: make a new one, such as a UUID, for each new request';
const CURRENCY = '"currency" must be a code of ISO 4217, such as EUR';
const DAY = '"at" must be a day, such as 2030-01-31, or an instant of RFC 3339';
const FILTERS =
  '"limit", "cursor", "from", "to", "direction", "counterparty", "minAmount", "maxAmount", "status", "kind", "reference", "externalId"';
const CURL = `Send JSON, as in curl -H 'Content-Type: application/json' -d '{"name":"value"}'`;

const PAY = 'POST /api/transactions';
const OPEN = 'POST /api/accounts';
const REGISTER = 'POST /api/auth/register';
const BALANCE = 'GET /api/accounts/balance/a1';

const ADA = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' };
/** A transfer that differs from a good one in these fields. */
const pay = (change: object) => ({
  fromAccount: 'a1',
  toAccount: 'a2',
  amount: 2550,
  idempotencyKey: 'k1',
  ...change,
});

let edge: Edge;
let as: string;

beforeAll(async () => {
  edge = new Edge();
  as = (await edge.register()).token;
});

type Mistake = readonly [name: string, route: string, body: unknown, detail: string];

async function detailOf(route: string, options: CallOptions): Promise<string> {
  const { body } = await edge.call(route, options);
  const { detail, message } = body as { detail: string; message: string };
  expect(message).toBe(detail);
  return detail;
}

/** Mistakes in fields, with what is said after "The request is not valid". */
const MISTAKES: readonly Mistake[] = [
  [
    'an amount as text',
    PAY,
    pay({ amount: '2550' }),
    `${AMOUNT}, and is the text "2550": leave out the quotes`,
  ],
  [
    'a decimal amount',
    PAY,
    pay({ amount: 25.5 }),
    `${AMOUNT}, and is 25.5: in a currency with two decimals, 25.5 is 2550`,
  ],
  [
    'a decimal amount as text',
    PAY,
    pay({ amount: '25.50' }),
    `${AMOUNT}, and is the text "25.50": in a currency with two decimals, 25.50 is 2550`,
  ],
  ['an amount of nothing', PAY, pay({ amount: null }), `${AMOUNT}, and is null`],
  ['a negative amount', PAY, pay({ amount: -5 }), `${AMOUNT}, and is -5`],
  ['an amount beyond all', PAY, pay({ amount: 1e300 }), `${AMOUNT}, and is 1e+300`],
  ['an amount with its currency', PAY, pay({ amount: { value: 5 } }), `${AMOUNT}, and is an object`],
  [
    'a decimal amount in a filter',
    'GET /api/transactions?minAmount=5.5',
    undefined,
    `${AMOUNT.replace('amount', 'minAmount')}, and is "5.5": in a currency with two decimals, 5.5 is 550`,
  ],
  ['no key', PAY, pay({ idempotencyKey: undefined }), KEY],
  [
    'a key that is a number',
    PAY,
    pay({ idempotencyKey: 7 }),
    '"idempotencyKey" must be a text, and is 7: put it in quotes',
  ],
  [
    'an empty key',
    PAY,
    pay({ idempotencyKey: '' }),
    '"idempotencyKey" must be 1 to 255 printable ASCII characters, and is empty',
  ],
  [
    'a mistyped field',
    PAY,
    pay({ amount: undefined, ammount: 2550 }),
    '"amount" is required; "ammount" is not a known field: did you mean "amount"?',
  ],
  [
    'a field in snake case',
    PAY,
    pay({ fromAccount: undefined, from_account: 'a1' }),
    '"fromAccount" is required; "from_account" is not a known field: did you mean "fromAccount"?',
  ],
  [
    'the begin of a field',
    PAY,
    pay({ toAccount: undefined, to: 'a2' }),
    '"toAccount" is required; "to" is not a known field: did you mean "toAccount"?',
  ],
  [
    'an unknown field',
    REGISTER,
    { ...ADA, age: 36 },
    '"age" is not a known field: the fields are "name", "email", "password"',
  ],
  [
    'an unknown field of a leg',
    PAY,
    { legs: [{ account: 'a1', directoin: 'debit', amount: 1 }, {}], idempotencyKey: 'k1' },
    '"legs.0.direction" is required; "legs.0.directoin" is not a known field: did you mean "direction"?; "legs.1.account" is required; "legs.1.direction" is required; "legs.1.amount" is required',
  ],
  [
    'an unknown parameter',
    'GET /api/transactions?page=2',
    undefined,
    `"page" is not a known field: the fields are ${FILTERS}`,
  ],
  [
    'a parameter where none is taken',
    'GET /api/auth/me?page=2',
    undefined,
    '"page" is not a known field: there is none here',
  ],
  ['a currency in small letters', OPEN, { currency: 'usd' }, `${CURRENCY}, and is "usd": write it as "USD"`],
  ['a currency by its name', OPEN, { currency: 'dollar' }, `${CURRENCY}, and is "dollar"`],
  ['a date as people write it', `${BALANCE}?at=31.01.2030`, undefined, `${DAY}, and is "31.01.2030"`],
  ['seconds since 1970', `${BALANCE}?at=1700000000`, undefined, `${DAY}, and is "1700000000"`],
  [
    'a day that does not exist',
    `${BALANCE}?at=2030-02-31`,
    undefined,
    '"at" must have a day that is in the calendar, and is "2030-02-31"',
  ],
  [
    'a time without its offset',
    `${BALANCE}?at=2026-01-31T12:00:00`,
    undefined,
    '"at" must end with its offset from UTC, Z or such as +01:00, and is "2026-01-31T12:00:00"',
  ],
  [
    'true as text',
    PAY,
    pay({ pending: 'true' }),
    '"pending" must be true or false, and is the text "true": leave out the quotes',
  ],
  [
    'a number in the metadata',
    PAY,
    pay({ metadata: { order: 17 } }),
    '"metadata.order" must be a text, and is 17: put it in quotes',
  ],
  [
    'a long description',
    PAY,
    pay({ description: 'x'.repeat(300) }),
    '"description" must be 1 to 280 printable characters, and has 300',
  ],
  [
    'a description of two lines',
    PAY,
    pay({ description: 'rent\nOctober' }),
    '"description" must be 1 to 280 printable characters, and has others, such as a line break',
  ],
  ['a list as the body', PAY, [pay({})], '"body" must be an object, and is a list'],
  ['null as the body', PAY, null, '"body" must be an object, and is null'],
  [
    'one transfer in place of a batch',
    'POST /api/transactions/batch',
    { transfers: {}, idempotencyKey: 'k1' },
    '"transfers" must be a list, and is an object',
  ],
  [
    'a batch of nothing',
    'POST /api/transactions/batch',
    { transfers: [], idempotencyKey: 'k1' },
    '"transfers" must be a list of 1 to 1000, and has 0',
  ],
  [
    'a page that is too large',
    'GET /api/transactions?limit=1000',
    undefined,
    '"limit" must be an integer from 1 to 200, and is "1000"',
  ],
  [
    'a word that is not offered',
    'GET /api/transactions?status=done',
    undefined,
    '"status" must be one of completed, pending, voided, expired, rejected, and is "done"',
  ],
  [
    'a short password',
    REGISTER,
    { ...ADA, password: 'hunter2' },
    '"password" must be 8 to 256 characters, and has 7',
  ],
  [
    'a name as an address',
    REGISTER,
    { ...ADA, email: 'ada' },
    '"email" must be one e-mail address, such as ada@example.com',
  ],
];

/** Mistakes beside the fields, with the whole detail. */
const OTHERS: readonly (readonly [name: string, route: string, options: CallOptions, detail: string])[] = [
  [
    'a form',
    PAY,
    { body: 'amount=5', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    `The body must be application/json: "Content-Type" is "application/x-www-form-urlencoded". ${CURL}`,
  ],
  [
    'a wrong method',
    'DELETE /api/transactions',
    {},
    'This path does not know this method: /api/transactions takes POST, GET, HEAD, not DELETE',
  ],
  ['a wrong path', 'GET /accounts', {}, 'There is nothing at this path: /accounts. See /docs for all paths'],
  [
    'a comma too many',
    PAY,
    { body: '{"amount":5,}' },
    'The body is not valid JSON: the fault is at character 13, after a comma: the last field or item has none after it',
  ],
  [
    'single quotes',
    PAY,
    { body: "{'amount':5}" },
    'The body is not valid JSON: the fault is at character 2, a single quote: names and texts stand in double quotes',
  ],
  ['half a body', PAY, { body: '{"amount":' }, 'The body is not valid JSON: it ends too early'],
];

describe('The answer to a mistake says what was sent, what was expected and how to mend it', () => {
  test.each(MISTAKES)('%s', async (_, route, body, detail) => {
    const sent = { as, ...(body === undefined ? {} : { body }) };
    expect(await detailOf(route, sent)).toBe(`The request is not valid: ${detail}`);
  });

  test.each(OTHERS)('%s', async (_, route, options, detail) => {
    expect(await detailOf(route, { as, ...options })).toBe(detail);
  });

  test('a token without its scheme, and a session that has ended', async () => {
    const raw = await edge.call(PAY, { headers: { Authorization: as } });
    expect(raw.body).toEqual(UNAUTHENTICATED.body);

    const late = new Edge();
    const { token } = await late.register();
    late.clock.advance(24 * 3_600_000);
    const ended = await late.call(PAY, { headers: { Cookie: `session=${token}` } });
    expect(ended.body).toEqual(SESSION_EXPIRED.body);
  });

  test('a slash at the end is none', async () => {
    expect((await edge.call('GET /api/accounts/', { as })).status).toBe(200);
  });
});

describe('The answer to a mistake does not repeat', () => {
  test.each([
    ['a password of another type', REGISTER, { ...ADA, password: 12345678 }],
    ['a whole body that is a text', REGISTER, '"password=12345678"'],
    ['the value of an unknown field', REGISTER, { ...ADA, pass: '12345678' }],
    ['a body that is not JSON', REGISTER, '{"password": 12345678n}'],
  ])('%s', async (_, route, body) => {
    const { status, text } = await edge.call(route, { body });
    expect(status).toBe(400);
    expect(text).not.toContain('12345678');
  });

  test('more than the begin of a long value', async () => {
    const detail = await detailOf(PAY, { as, body: pay({ amount: '9'.repeat(1_000) }) });
    expect(detail).toBe(`The request is not valid: ${AMOUNT}, and is the text "${'9'.repeat(60)}..."`);
  });
});
