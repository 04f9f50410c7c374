import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PassbookError } from '../../../src/domain/errors.ts';
import { LINK_PAGES } from '../../../src/adapters/shared/link-pages.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import {
  A_NUMBER,
  A_TEXT,
  Edge,
  expectAnswer,
  invalid,
  PASSWORD,
  problem,
  UNAUTHENTICATED,
} from '../../support/edge.ts';
import type { Answer, CallOptions } from '../../support/edge.ts';

const TRANSFERS = 'POST /api/transactions';
const FUNDS = 'POST /api/transactions/system/initial-funds';
const WITHDRAWALS = 'POST /api/system/withdrawals';
const EXCHANGES = 'POST /api/system/exchanges';
const CAPTURE = 'POST /api/transactions/none/capture';
const VOID = 'POST /api/transactions/none/void';
const REVERSE = 'POST /api/transactions/none/reverse';
const QUESTION = '/api/auth/passkeys/sign-in/options';
const CLOSE = 'POST /api/accounts/none/close';
const FREEZE = 'POST /api/system/accounts/none/freeze';
const UNFREEZE = 'POST /api/system/accounts/none/unfreeze';
const LIMITS = 'PUT /api/system/accounts/none/limits';
const AMOUNT_RULE = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";

const TOO_LARGE = problem(413, 'body_too_large', {
  title: 'Payload Too Large',
  detail: 'The body is too large',
});
function notJson(field: string, message: string) {
  return problem(415, 'unsupported_media_type', {
    title: 'Unsupported Media Type',
    detail: `The body must be application/json: "${field}" ${message}`,
    errors: [{ field, message }],
  });
}

function notJsonType(given: string) {
  const example = `Send JSON, as in curl -H 'Content-Type: application/json' -d '{"name":"value"}'`;
  return notJson('Content-Type', `${given}. ${example}`);
}
function malformed(place: string) {
  const detail = `The body is not valid JSON${place}`;
  return problem(400, 'malformed_json', { title: 'Bad Request', detail });
}
const FORBIDDEN = problem(403, 'forbidden', {
  title: 'Forbidden',
  detail: 'Your role does not allow this',
});
const CROSS_SITE = problem(403, 'cross_site_request', {
  title: 'Forbidden',
  detail: 'A request from another site cannot use the session cookie',
});

describe('Every route', () => {
  const PUBLIC = [
    '/',
    '/openapi.json',
    '/docs',
    '/docs/errors',
    '/docs/assets/:name',
    '/api/auth/register',
    '/api/auth/login',
    '/api/auth/refresh',
    '/api/auth/email/verify',
    '/api/auth/email/confirm',
    '/api/auth/password/forgot',
    '/api/auth/password/reset',
    ...Object.values(LINK_PAGES),
    '/api/auth/passkeys/sign-in',
    QUESTION,
    '/healthz',
    '/readyz',
  ];

  test('wants a session, but for sign-in, health and documents', async () => {
    const edge = new Edge();
    const routes = edge.app.routes.filter(({ method, path }) => method !== 'ALL' && !PUBLIC.includes(path));
    expect(new Set(routes.map(({ path }) => path)).size).toBe(57);

    for (const { method, path } of routes) {
      const answer = await edge.call(`${method} ${path}`);
      expectAnswer(answer, UNAUTHENTICATED);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  const REQUIRED: Readonly<Record<string, string>> = {
    '/api/system/accounts': 'userId=a&',
  };
  const REHEARSED = [
    '/api/transactions',
    '/api/transactions/batch',
    '/api/transactions/system/initial-funds',
    '/api/transactions/:id/capture',
    '/api/transactions/:id/void',
    '/api/transactions/:id/reverse',
    '/api/system/withdrawals',
    '/api/system/exchanges',
  ];

  test.each(['nonsense', 'dryRun'])('refuses query parameters that it does not know: %s', async (name) => {
    const { edge, token } = await anOperator();
    const takesIt = (method: string, path: string) =>
      name === 'dryRun' && method === 'POST' && REHEARSED.includes(path);
    const routes = edge.app.routes.filter(
      ({ method, path }) => method !== 'ALL' && path.startsWith('/api/') && !takesIt(method, path),
    );

    for (const { method, path } of routes) {
      const answer = await edge.call(`${method} ${path}?${REQUIRED[path] ?? ''}${name}=true`, { as: token });
      expectAnswer(answer, invalid([name, 'is not a known field']));
    }
  });

  test.each(REHEARSED)('%s takes dryRun as true or false, once', async (path) => {
    const { edge, token } = await anOperator();
    const call = (query: string) => edge.call(`POST ${path}?${query}`, { as: token });

    for (const value of ['1', 'TRUE', '', 'yes']) {
      expectAnswer(await call(`dryRun=${value}`), invalid(['dryRun', 'must be true or false']));
    }
    expectAnswer(await call('dryRun=true&dryRun=false'), invalid(['dryRun', 'must be given once']));
  });

  test('that does not exist is 404, and an unknown method of one that does is 405 with Allow', async () => {
    const edge = new Edge();

    for (const [route, path] of [
      ['GET /api', '/api'],
      ['GET /api/nothing', '/api/nothing'],
      ['GET /api/accounts/a/b/c?x=1', '/api/accounts/a/b/c'],
      [`GET /${'n'.repeat(300)}`, `/${'n'.repeat(199)}...`],
    ]) {
      expectAnswer(
        await edge.call(route ?? ''),
        problem(404, 'route_not_found', {
          title: 'Not Found',
          detail: `There is nothing at this path: ${path}. See /docs for all paths`,
        }),
      );
    }
    for (const [method, path, allowed] of [
      ['DELETE', '/api/accounts', 'POST, GET, HEAD'],
      ['GET', '/api/auth/login', 'POST'],
      ['PATCH', '/api/transactions/1', 'GET, HEAD'],
      ['OPTIONS', '/api/transactions', 'POST, GET, HEAD'],
      ['POST', '/', 'GET, HEAD'],
    ] as const) {
      const answer = await edge.call(`${method} ${path}`);
      expectAnswer(
        answer,
        problem(405, 'method_not_allowed', {
          title: 'Method Not Allowed',
          detail: `This path does not know this method: ${path} takes ${allowed}, not ${method}`,
        }),
      );
      expect(answer.headers.get('allow')).toBe(allowed);
    }
  });

  test('takes a slash at its end', async () => {
    const edge = new Edge();
    const routes = edge.app.routes.filter(({ method, path }) => method !== 'ALL' && path !== '/');

    for (const { method, path } of routes) {
      const [plain, slashed] = [await edge.call(`${method} ${path}`), await edge.call(`${method} ${path}/`)];
      // Every challenge is another one
      const [expected, actual] = path === QUESTION ? ['', ''] : [plain.text, slashed.text];
      expect([path, slashed.status, actual]).toEqual([path, plain.status, expected]);
    }
    const { token } = await edge.register();
    expect(await edge.call('POST /api/accounts/', { as: token })).toMatchObject({ status: 201 });
    expect(await edge.call('PUT /api/accounts/', { as: token })).toMatchObject({ status: 405 });
  });

  test('has a way in at the bare address, for programs and for people', async () => {
    const edge = new Edge();

    const answer = await edge.call('GET /');
    expect(answer).toMatchObject({ status: 200, body: { name: 'Passbook' } });
    const { links } = answer.body as { links: { path: string; methods: string }[] };
    for (const { path, methods } of links) {
      for (const method of methods.split(', ')) {
        expect([path, (await edge.call(`${method} ${path}`)).status]).not.toEqual([path, 404]);
        expect([path, (await edge.call(`${method} ${path}`)).status]).not.toEqual([path, 405]);
      }
    }
    const page = await edge.app.request('/', { headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect(page.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(await page.text()).toContain('<a href="/docs">');
  });
});

describe('The order of checks', () => {
  test.each<[string, CallOptions & { role?: 'system' | 'customer' }, Pick<Answer, 'status' | 'body'>]>([
    ['no session, before the body', { body: '{' }, UNAUTHENTICATED],
    [
      'no session, before the body’s type',
      { body: 'x', headers: { 'Content-Type': 'a/b' } },
      UNAUTHENTICATED,
    ],
    ['the role, before the body', { role: 'customer', body: '{' }, FORBIDDEN],
    ['the role, before the body’s size', { role: 'customer', body: 'x'.repeat(70_000) }, FORBIDDEN],
    ['the body', { role: 'system', body: '{' }, malformed(': it ends too early')],
  ])('%s', async (_, { role, ...options }, expected) => {
    const edge = new Edge();
    const as = role && (await edge.register('Alice', { role })).token;

    expectAnswer(await edge.call(FUNDS, { ...options, ...(as === undefined ? {} : { as }) }), expected);
  });
});

describe('A body', () => {
  test.each([
    ['application/json', undefined],
    ['Application/JSON; charset=utf-8', undefined],
    ['text/plain', notJsonType('is "text/plain"')],
    ['application/x-www-form-urlencoded', notJsonType('is "application/x-www-form-urlencoded"')],
    ['application/jsonp', notJsonType('is "application/jsonp"')],
    ['', notJsonType('is ""')],
    ['a/"b"', notJsonType('is "a/\\"b\\""')],
    [`a/${'b'.repeat(100)}`, notJsonType(`is "a/${'b'.repeat(58)}..."`)],
  ])('of type %j', async (type, expected) => {
    const { edge, token } = await aCustomer();

    const answer = await edge.call('POST /api/accounts', {
      as: token,
      body: '{}',
      headers: { 'Content-Type': type },
    });

    expectAnswer(answer, expected ?? { status: 201, body: answer.body });
  });

  test.each([
    ['gzip', notJson('Content-Encoding', 'must be left out, and is "gzip"')],
    ['identity', undefined],
  ])('of encoding %j', async (encoding, expected) => {
    const { edge, token } = await aCustomer();

    const answer = await edge.call('POST /api/accounts', {
      as: token,
      body: '{}',
      headers: { 'Content-Encoding': encoding },
    });

    expectAnswer(answer, expected ?? { status: 201, body: answer.body });
  });

  test('without a type', async () => {
    const { edge, token } = await aCustomer();

    const answer = await edge.app.request('/api/accounts', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: new TextEncoder().encode('{}'),
    });

    expect([answer.status, await answer.json()]).toEqual([415, notJsonType('is missing').body]);
  });

  test.each([
    ['{', ': it ends too early'],
    ['{"a":', ': it ends too early'],
    ['{"a":1}}', ': the fault is at character 8'],
    ['undefined', ''],
    ["{'a': 1}", ': the fault is at character 2, a single quote: names and texts stand in double quotes'],
    ['{"a": 1, }', ': the fault is at character 10, after a comma: the last field or item has none after it'],
    ['\u0000', ''],
    ['{"amount": 1n}', ': the fault is at character 13'],
  ])('that is not JSON: %j', async (body, place) => {
    const { edge, token } = await aCustomer();

    expectAnswer(await edge.call(TRANSFERS, { as: token, body }), malformed(place));
  });

  test('that is not UTF-8', async () => {
    const { edge, token } = await aCustomer();
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };

    const answer = await edge.app.request('/api/accounts', {
      method: 'POST',
      headers,
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });

    expect([answer.status, await answer.json()]).toEqual([400, malformed(': it is not in UTF-8').body]);
  });

  test.each([
    ['by its announced length', { 'Content-Length': '65537' }, '{}'],
    ['counted as it comes', {}, ' '.repeat(65_537)],
  ])('over 64 KiB, %s', async (_, headers: Record<string, string>, body) => {
    const { edge, token } = await aCustomer();

    expectAnswer(await edge.call('POST /api/accounts', { as: token, headers, body }), TOO_LARGE);
  });

  test('of exactly 64 KiB is read', async () => {
    const { edge, token } = await aCustomer();

    const answer = await edge.call('POST /api/accounts', { as: token, body: `{${' '.repeat(65_534)}}` });

    expect(answer.status).toBe(201);
  });

  test.each(['[]', '[{}]'])('that is a list: %s', async (body) => {
    const { edge, token } = await aCustomer();

    expectAnswer(
      await edge.call('POST /api/accounts', { as: token, body }),
      invalid(['body', 'must be an object, and is a list']),
    );
  });

  test.each([{ name: 'Savings' }, [1]])('that was encoded twice: %j', async (value) => {
    const { edge, token } = await aCustomer();

    expectAnswer(
      await edge.call('POST /api/accounts', { as: token, body: JSON.stringify(JSON.stringify(value)) }),
      invalid(['body', 'must be an object, and is a text with JSON in it: encode it once']),
    );
  });

  test.each(['null', '"text"', '1', 'true'])('that is no object: %s', async (body) => {
    const { edge, token } = await aCustomer();

    expectAnswer(
      await edge.call('POST /api/accounts', { as: token, body }),
      invalid(['body', 'must be an object']),
    );
  });

  const KEY_IS_REQUIRED = [
    'idempotencyKey',
    'is required, in the body or in the Idempotency-Key header',
  ] as const;
  test.each<[string, (readonly [string, string])[]]>([
    [TRANSFERS, [...['fromAccount', 'toAccount', 'amount'].map(isRequired), KEY_IS_REQUIRED]],
    ['POST /api/transactions/batch', [isRequired('transfers'), KEY_IS_REQUIRED]],
    [
      FUNDS,
      [isRequired('amount'), ['toAccount', 'or "userId" must be given, and not both'], KEY_IS_REQUIRED],
    ],
    [
      WITHDRAWALS,
      [isRequired('amount'), ['fromAccount', 'or "userId" must be given, and not both'], KEY_IS_REQUIRED],
    ],
    [EXCHANGES, [...['fromAccount', 'toAccount', 'fromAmount', 'toAmount'].map(isRequired), KEY_IS_REQUIRED]],
    [CAPTURE, [KEY_IS_REQUIRED]],
    [VOID, [KEY_IS_REQUIRED]],
    [REVERSE, [KEY_IS_REQUIRED]],
    [FREEZE, [isRequired('reason')]],
    [LIMITS, [isRequired('minimumBalance'), isRequired('reason')]],
    ['POST /api/auth/register', ['name', 'email', 'password'].map(isRequired)],
  ])('that is missing has every required field named: %s', async (route, faults) => {
    const { edge, token } = await anOperator();

    for (const body of [undefined, '{}'])
      expectAnswer(await edge.call(route, { as: token, body }), invalid(...faults));
  });

  test('nested without end is refused, and breaks nothing', async () => {
    const { edge, token } = await aCustomer();
    const body = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;

    expectAnswer(
      await edge.call('POST /api/accounts', { as: token, body }),
      invalid(['a.a.a.a.a.a.a.a.a', 'must not be nested so deep']),
    );
  });
});

describe('A field', () => {
  const fields = {
    'POST /api/auth/register': ['name', 'email', 'password'],
    'POST /api/auth/login': ['email', 'password'],
    'POST /api/accounts': ['currency', 'name', 'idempotencyKey'],
    [TRANSFERS]: ['fromAccount', 'toAccount', 'currency', 'description', 'metadata.note', 'idempotencyKey'],
    [FUNDS]: ['toAccount', 'userId', 'currency', 'description', 'idempotencyKey'],
    [WITHDRAWALS]: ['fromAccount', 'userId', 'currency', 'description', 'idempotencyKey'],
    [EXCHANGES]: ['fromAccount', 'toAccount', 'description', 'idempotencyKey'],
    [CAPTURE]: ['idempotencyKey'],
    [VOID]: ['idempotencyKey'],
    [REVERSE]: ['description', 'idempotencyKey'],
    [CLOSE]: ['sweepTo', 'reason', 'idempotencyKey'],
    [FREEZE]: ['reason', 'idempotencyKey'],
    [UNFREEZE]: ['reason', 'idempotencyKey'],
    [LIMITS]: ['reason', 'idempotencyKey'],
  };
  const texts = Object.entries(fields).flatMap(([route, names]) =>
    names.map((name) => [route, name] as const),
  );

  test.each(texts)('%s %s that is no text', async (route, name) => {
    const { edge, token } = await anOperator();
    for (const value of [{ $ne: null }, { $gt: '' }, 1, null, true]) {
      expectAnswer(
        await edge.call(route, { as: token, body: withField(route, name, value) }),
        invalid([name, 'must be a text']),
      );
    }
    expectAnswer(
      await edge.call(route, { as: token, body: withField(route, name, ['a']) }),
      invalid([name, 'must not be a list']),
    );
  });

  test.each(Object.keys(fields))('%s refuses what it does not know, by name', async (route) => {
    const { edge, token } = await anOperator();
    const privileged = ['balance', 'role', 'limit', 'status', 'ownerId', 'id', 'sourceAccountId', 'kind'];

    for (const name of privileged) {
      const body = { ...valid(route), [name]: 'x' };
      expectAnswer(await edge.call(route, { as: token, body }), invalid([name, 'is not a known field']));
    }
  });

  test.each(Object.keys(fields))('%s refuses the names of prototypes', async (route) => {
    const { edge, token } = await anOperator();
    const start = JSON.stringify(valid(route)).slice(0, -1);

    for (const [json, field] of [
      ['"__proto__": { "role": "system" }', '__proto__'],
      ['"\\u005f_proto__": 1', '__proto__'],
      ['"constructor": { "prototype": { "role": "system" } }', 'constructor'],
      ['"prototype": {}', 'prototype'],
      ['"metadata": { "__proto__": "x" }', 'metadata.__proto__'],
      ['"metadata": { "constructor": "x" }', 'metadata.constructor'],
    ] as const) {
      const body = `${start}${start === '{' ? '' : ','}${json}}`;
      expectAnswer(await edge.call(route, { as: token, body }), invalid([field, 'is not a known field']));
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  test('metadata that is a list, or holds other things than texts', async () => {
    const { edge, token } = await aCustomer();
    const send = (metadata: unknown) =>
      edge.call(TRANSFERS, { as: token, body: { ...valid(TRANSFERS), metadata } });

    expectAnswer(await send([]), invalid(['metadata', 'must not be a list']));
    expectAnswer(await send('x'), invalid(['metadata', 'must be an object']));
    expectAnswer(await send({ a: { b: 'c' } }), invalid(['metadata.a', 'must be a text']));
  });

  test('that breaks a rule of the ledger goes by the name that the API has for it', async () => {
    const { edge, token } = await anOperator();
    const rule = 'must be 1 to 255 visible ASCII characters';
    const { toAccount: _, ...noDestination } = valid(FUNDS) as { toAccount: string };

    expectAnswer(
      await edge.call(TRANSFERS, { as: token, body: { ...valid(TRANSFERS), fromAccount: '' } }),
      invalid(['fromAccount', rule]),
    );
    expectAnswer(
      await edge.call(TRANSFERS, { as: token, body: { ...valid(TRANSFERS), toAccount: 'ä' } }),
      invalid(['toAccount', rule]),
    );
    const oneOfTwo = 'or "userId" must be given, and not both';
    expectAnswer(
      await edge.call(FUNDS, { as: token, body: noDestination }),
      invalid(['toAccount', oneOfTwo]),
    );
    expectAnswer(
      await edge.call(FUNDS, { as: token, body: { ...valid(FUNDS), userId: 'x' } }),
      invalid(['toAccount', oneOfTwo]),
    );
  });

  test.each([TRANSFERS, FUNDS, WITHDRAWALS, CAPTURE, REVERSE])(
    '%s: an amount is a whole number of minor units within the bound',
    async (route) => {
      const { edge, token } = await anOperator();
      const send = (amount: string) => {
        const { amount: _, ...rest } = valid(route) as { amount?: number };
        return edge.call(route, { as: token, body: `{"amount":${amount},${JSON.stringify(rest).slice(1)}` });
      };

      for (const wrong of [
        '0',
        '-1',
        '-0',
        '0.1',
        '1.5',
        '9007199254740992',
        '1e16',
        '1e400',
        '"500"',
        'null',
        'true',
      ]) {
        expectAnswer(await send(wrong), invalid(['amount', AMOUNT_RULE]));
      }
      for (const right of ['1', '500.0', '5e2', '9007199254740991']) {
        expect((await send(right)).status).toBe(404);
      }
    },
  );

  test.each([TRANSFERS, FUNDS, WITHDRAWALS, EXCHANGES, CAPTURE, VOID, REVERSE])(
    '%s: a key is required, and well-formed',
    async (route) => {
      const { edge, token } = await anOperator();
      const { idempotencyKey: _, ...body } = valid(route) as { idempotencyKey: string };
      const inHeader =
        'must be 1 to 255 printable ASCII characters in the Idempotency-Key header, quoted or bare';
      const send = (key: string | undefined, header?: string) =>
        edge.call(route, {
          as: token,
          body: key === undefined ? body : { ...body, idempotencyKey: key },
          headers: header === undefined ? {} : { 'Idempotency-Key': header },
        });

      for (const [answer, message] of [
        [await send(undefined), 'is required, in the body or in the Idempotency-Key header'],
        [await send(''), 'must be 1 to 255 printable ASCII characters'],
        [await send('x'.repeat(256)), 'must be 1 to 255 printable ASCII characters'],
        [await send('ä'), 'must be 1 to 255 printable ASCII characters'],
        [await send('one', 'other'), 'must be the same in the body and in the Idempotency-Key header'],
        [await send('one', '"other"'), 'must be the same in the body and in the Idempotency-Key header'],
        [await send(undefined, '"half'), inHeader],
        [await send(undefined, '""'), inHeader],
        [await send(undefined, '"a";b=1'), inHeader],
        [await send(undefined, 'ä'), inHeader],
      ] as const) {
        expectAnswer(answer, invalid(['idempotencyKey', message]));
      }
    },
  );

  function withField(route: string, name: string, value: unknown): object {
    const [outer = '', inner] = name.split('.');
    return { ...valid(route), [outer]: inner === undefined ? value : { [inner]: value } };
  }
});

describe('What is said twice', () => {
  test.each([
    ['{"amount":1,"amount":5}', 'amount'],
    ['{"amount":5,"amount":5}', 'amount'],
    ['{"amount":1,"\\u0061mount":5}', 'amount'],
    ['{"metadata":{"a":"1","b":"2","\\u0061":"3"}}', 'metadata.a'],
    ['{"legs":[{"amount":1},{"amount":1,"x":{"y":[],"amount":2},"amount":3}]}', 'legs.1.x.y'],
    ['{"legs":[{"amount":1},{"amount":1,"x":{"amount":2},"amount":3}]}', 'legs.1.amount'],
    ['{"a\\"b":1,"a\\u0022b":2}', 'a"b'],
    ['{"\\\\":1,"\\u005c":2}', '\\'],
    ['{"":1,"":2}', ''],
    ['{"a":"}{\\"","a":2}', 'a'],
    ['{"a":{},"b":"\\\\","a":2}', 'a'],
  ])('a field of the body: %s', async (body, field) => {
    const { edge, token } = await anOperator();
    const message = field === 'legs.1.x.y' ? 'must not be a list' : 'must be given once';

    for (const route of [TRANSFERS, 'POST /api/transactions/batch', FUNDS, WITHDRAWALS, EXCHANGES, REVERSE])
      expectAnswer(await edge.call(route, { as: token, body }), invalid([field, message]));
  });

  test.each([
    '{"a":{"b":1},"c":{"b":2}}',
    '{"a":"b","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '{"a":"\\"a\\":1"}',
    '{"A":1,"a":2}',
    '{ "a" : 1 , "b" : { } }',
  ])('is not what stands in different places: %s', async (body) => {
    const { edge, token } = await aCustomer();

    const answer = await edge.call('POST /api/accounts', { as: token, body });
    expect(answer.text).not.toContain('must be given once');
    expect(answer.text).toContain('is not a known field');
  });

  test('the cookie of the session', async () => {
    const { edge, token } = await aCustomer();
    const me = (Cookie: string) => edge.call('GET /api/auth/me', { headers: { Cookie } });
    const refused = invalid(['Cookie', 'must have one "session": delete this site\'s cookies']);

    expectAnswer(await me(`session=${token}; session=${token}`), refused);
    expectAnswer(await me(`session=planted; a=b;session=${token}`), refused);
    expect(await me(`a=1; a=2; my-session=1; session=${token}`)).toMatchObject({ status: 200 });
  });
});

describe('A request that is large', () => {
  const names = (count: number, of: (index: number) => string = (index) => `n${index}`) =>
    Array.from({ length: count }, (_, index) => of(index));

  test.each(['POST /api/auth/login', 'GET /api/auth/me', 'GET /api/transactions'])(
    'by its parameters is refused: %s',
    async (route) => {
      const { edge, token } = await aCustomer();
      const call = (query: string) => edge.call(`${route}?${query}`, { as: token });

      const refused = invalid(['query', 'must have at most 64 parameters']);
      expectAnswer(await call(names(65).join('&')), refused);
      expectAnswer(await call(names(4_000).join('&')), refused);
      expectAnswer(await call('&'.repeat(15_000)), refused);
      expectAnswer(await call(names(64).join('&')), invalid(['n0', 'is not a known field']));
    },
  );

  test('by the number of its fields is refused before they are built', async () => {
    const { edge, token } = await aCustomer();
    const many = JSON.stringify(Object.fromEntries(names(5_000).map((name) => [name, 1])));
    const call = (body: string) => edge.call('POST /api/transactions/batch', { as: token, body });

    for (const [body, field, message] of [
      [many, 'body', 'must have at most 32 fields'],
      [`{"transfers":[{"metadata":${many}}]}`, 'transfers.0.metadata', 'must have at most 20 pairs'],
      [`{"transfers":[{"x":${many}}]}`, 'transfers.0.x', 'must have at most 32 fields'],
      [`{"transfers":[${names(1_001, String).join()}]}`, 'transfers', 'must be a list of 1 to 1000'],
      [`{"transfers":[${names(400_000, () => '{}').join()}]}`, 'transfers', 'must be a list of 1 to 1000'],
      [
        `{"transfers":[{"legs":[${names(101, String).join()}]}]}`,
        'transfers.0.legs',
        'must be a list of 2 to 100',
      ],
      [`{"toString":[${names(9, String).join()}]}`, 'toString', 'must not be a list'],
      [`{"transfers":[[1]]}`, 'transfers.0', 'must not be a list'],
      ['['.repeat(30_000), 'body', 'must be an object, and is a list'],
      // Not JSON: it is not looked at to its end
      [`${'{"a":'.repeat(9)}{`, names(9, () => 'a').join('.'), 'must not be nested so deep'],
    ] as const) {
      expectAnswer(await call(body), invalid([field, message]));
    }
  });

  test('of mistakes has 20 of them named', async () => {
    const { edge, token } = await aCustomer();
    const call = (transfers: unknown[]) =>
      edge.call('POST /api/transactions/batch', { as: token, body: { transfers, idempotencyKey: 'k' } });
    const pair = { fromAccount: 'a', toAccount: 'b', amount: 1 };

    for (const member of [{}, { ...pair, amount: 'x' }, { ...pair, toAccount: '' }, { legs: names(100) }]) {
      const answer = await call(Array.from({ length: 1_000 }, () => member));
      const { errors } = answer.body as { errors: unknown[] };
      expect([answer.status, errors.length]).toEqual([400, 20]);
    }
  });

  test('by one name has it cut in the answer', async () => {
    const { edge, token } = await aCustomer();
    const name = 'n'.repeat(15_000);
    const field = `${'n'.repeat(60)}...`;

    for (const answer of [
      await edge.call('POST /api/accounts', { as: token, body: { [name]: 1 } }),
      await edge.call(`GET /api/accounts?${name}=1`, { as: token }),
    ]) {
      expectAnswer(answer, invalid([field, 'is not a known field']));
    }
    expectAnswer(
      await edge.call('POST /api/accounts', { as: token, body: `{"${name}":1,"${name}":2}` }),
      invalid([field, 'must be given once']),
    );
  });
});

describe('The query of a list', () => {
  test.each([
    ['limit=0', ['limit', 'must be an integer from 1 to 200']],
    ['limit=201', ['limit', 'must be an integer from 1 to 200']],
    ['limit=1e2', ['limit', 'must be an integer from 1 to 200']],
    ['limit=', ['limit', 'must be an integer from 1 to 200']],
    ['limit=1&limit=2', ['limit', 'must be given once']],
    ['cursor=x', ['cursor', 'must be the nextCursor of a page before']],
    ['cursor[$ne]=x', ['cursor[$ne]', 'is not a known field']],
    ['__proto__=x', ['__proto__', 'is not a known field']],
    ['owner=x', ['owner', 'is not a known field']],
  ] as const)('%s', async (query, error) => {
    const { edge, token } = await aCustomer();

    for (const path of ['/api/accounts', '/api/transactions']) {
      expectAnswer(await edge.call(`GET ${path}?${query}`, { as: token }), invalid(error));
    }
  });

  test('takes a limit of 200', async () => {
    const { edge, token } = await aCustomer();

    expect(await edge.call('GET /api/transactions?limit=200', { as: token })).toMatchObject({ status: 200 });
  });
});

describe('A request from another site', () => {
  const routes = ['POST /api/accounts', TRANSFERS, 'POST /api/auth/logout', 'POST /api/auth/login'];

  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }, true],
    [{ 'Sec-Fetch-Site': 'same-site' }, true],
    [{ 'Sec-Fetch-Site': 'same-origin' }, false],
    [{ 'Sec-Fetch-Site': 'none' }, false],
    [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://bank.example' }, true],
    [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://evil.example' }, false],
    [{ Origin: 'https://evil.example' }, true],
    [{ Origin: 'http://bank.example' }, true],
    [{ Origin: 'https://bank.example:444' }, true],
    [{ Origin: 'null' }, true],
    [{ Origin: 'https://bank.example' }, false],
    [{}, false],
  ])('is recognized by %j: %s', async (headers: Record<string, string>, isRefused) => {
    const edge = new Edge({ app: { publicOrigin: 'https://bank.example' } });
    const { token } = await edge.register();
    const Cookie = `__Host-session=${token}`;

    for (const route of routes) {
      for (const type of [{}, { 'Content-Type': 'text/plain' }, { 'Content-Type': 'application/json' }]) {
        const answer = await edge.call(route, { headers: { Cookie, ...headers, ...type } });
        if (isRefused) expectAnswer(answer, CROSS_SITE);
        else expect(answer.body).not.toEqual(CROSS_SITE.body);
      }
    }
  });

  test('may carry a Bearer token, which no browser sends by itself', async () => {
    const { edge, token } = await aCustomer();
    const headers = { 'Sec-Fetch-Site': 'cross-site', Cookie: 'session=planted' };

    expect(await edge.call('POST /api/accounts', { as: token, headers })).toMatchObject({ status: 201 });
  });

  test('is recognized by the host in its Origin where no public origin is set', async () => {
    const { edge, token } = await aCustomer();
    const send = (Origin: string) =>
      edge.call('POST /api/accounts', { headers: { Cookie: `session=${token}`, Origin } });

    expect(await send('http://localhost')).toMatchObject({ status: 201 });
    expectAnswer(await send('http://localhost:8080'), CROSS_SITE);
  });

  test('may look, since GET changes nothing', async () => {
    const { edge, token } = await aCustomer();
    const headers = { Cookie: `session=${token}`, 'Sec-Fetch-Site': 'cross-site' };

    expect(await edge.call('GET /api/accounts', { headers })).toMatchObject({ status: 200 });
  });
});

describe('Headers of an answer', () => {
  const COMMON = {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };

  test.each([
    ['https://bank.example', 'max-age=63072000; includeSubDomains'],
    ['http://localhost:3000', null],
    [null, null],
  ])('hold the browser back, whatever is answered: %s', async (publicOrigin, hsts) => {
    const edge = new Edge({ app: { publicOrigin } });
    const { token } = await edge.register();

    for (const answer of [
      await edge.call('GET /api/accounts', { as: token }),
      await edge.call('GET /api/accounts', { headers: { Origin: 'https://evil.example' } }),
      await edge.call('OPTIONS /api/accounts', { headers: { Origin: 'https://evil.example' } }),
      await edge.call('POST /api/auth/login', { body: '{' }),
      await edge.call('GET /nothing'),
      await edge.call('GET /healthz'),
    ]) {
      const headers = Object.fromEntries(answer.headers);
      expect(headers).toMatchObject(COMMON);
      expect(answer.headers.get('strict-transport-security')).toBe(hsts);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });

  test('name the request: by the client’s id if it is a plain one, else by ours', async () => {
    const edge = new Edge();
    const idFor = async (given?: string) =>
      (
        await edge.call('GET /healthz', { headers: given === undefined ? {} : { 'X-Request-Id': given } })
      ).headers.get('x-request-id');
    const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

    expect(await idFor('abc-123')).toBe('abc-123');
    for (const wrong of [undefined, 'a b', 'a"}', 'x'.repeat(129), '<script>']) {
      expect(await idFor(wrong)).toMatch(UUID);
    }
  });
});

describe('A fault', () => {
  test('of ours is 500, tells nothing, and is logged', async () => {
    const edge = new Edge({
      bank: (bank) => ({
        ...bank,
        check: () => Promise.reject(new Error('mongodb://user:pass@host is down')),
      }),
    });

    const answer = await edge.call('GET /readyz', { headers: { 'X-Request-Id': 'r-1' } });

    expectAnswer(
      answer,
      problem(500, 'internal_error', {
        title: 'Internal Server Error',
        detail: 'Something went wrong on our side',
        retry: 'same_key',
      }),
    );
    expect(JSON.parse(edge.lines[0] ?? '')).toMatchObject({
      level: 50,
      requestId: 'r-1',
      code: 'internal_error',
      err: { message: 'mongodb://user:pass@host is down' },
      msg: 'request failed',
    });
  });

  test.each([
    ['unavailable', 'The store cannot be reached, nothing was done'],
    ['outcome_unknown', 'The outcome is not known yet'],
    ['queue_full', 'Too much work is waiting, nothing was done'],
  ] as const)('of the store is 503 %s, to be tried again with the same key', async (code, detail) => {
    const edge = new Edge({
      bank: (bank) => ({
        ...bank,
        check: () => Promise.reject(new PassbookError(code, { retryAfterSeconds: 3 })),
      }),
    });

    const answer = await edge.call('GET /readyz');

    expectAnswer(answer, problem(503, code, { title: 'Service Unavailable', detail, retry: 'same_key' }));
    expect(answer.headers.get('retry-after')).toBe('3');
  });

  test('of the store does not make the process sick', async () => {
    const edge = new Edge({
      bank: (bank) => ({ ...bank, check: () => Promise.reject(new PassbookError('unavailable')) }),
    });

    expectAnswer(await edge.call('GET /healthz'), { status: 200, body: { status: 'ok' } });
    const ready = await edge.call('GET /readyz');
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '1']);
  });

  test('absent, the server is ready', async () => {
    expectAnswer(await new Edge().call('GET /readyz'), { status: 200, body: { status: 'ok' } });
  });
});

describe('The log', () => {
  test('has one line a request: who did what, how it ended, and how long it took', async () => {
    const edge = new Edge();
    const { id, token } = await edge.register();

    await edge.call('GET /api/accounts/balance/none?x=1', {
      as: token,
      headers: { 'X-Request-Id': 'r-1' },
      address: '192.0.2.1',
    });
    await edge.call('GET /nothing/at/all');

    expect(edge.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 30,
        time: A_NUMBER,
        requestId: 'r-1',
        method: 'GET',
        route: '/api/accounts/balance/:accountId',
        status: 400,
        code: 'invalid_request',
        durationMs: A_NUMBER,
        userId: id,
        address: '192.0.2.1',
        msg: 'request',
      },
      {
        level: 30,
        time: A_NUMBER,
        requestId: A_TEXT,
        method: 'GET',
        route: null,
        status: 404,
        code: 'route_not_found',
        durationMs: A_NUMBER,
        address: 'unknown',
        msg: 'request',
      },
    ]);
  });

  test('says whom a registration and a sign-in were for', async () => {
    const edge = new Edge();
    const { id, email } = await edge.register();

    await edge.call('POST /api/auth/login', { body: { email, password: PASSWORD } });
    await edge.call('POST /api/auth/login', { body: { email, password: 'wrong' } });

    expect(edge.lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { route: '/api/auth/login', status: 200, userId: id },
      { route: '/api/auth/login', status: 401, code: 'invalid_credentials' },
    ]);
  });

  test('names the account of a sign-in that failed, but not its address', async () => {
    const edge = new Edge();
    const { id, email } = await edge.register();
    const stranger = 'nobody@example.com';
    const digest = `sha256:${createHash('sha256').update(stranger).digest('hex')}`;

    await edge.call('POST /api/auth/login', { body: { email: email.toUpperCase(), password: 'wrong' } });
    await edge.call('POST /api/auth/login', { body: { email: ` ${stranger} `, password: 'wrong' } });
    await edge.call('POST /api/auth/login', { body: { email, password: PASSWORD } });

    const lines = edge.lines.map((line) => JSON.parse(line) as { signInFor?: string });
    expect(lines.map(({ signInFor }) => signInFor)).toEqual([id, digest, undefined]);
    expect(edge.lines.join('')).not.toContain('@');
  });

  test('holds no secret, whatever comes, and no line that a client wrote', async () => {
    const canary = 'canary-7f3a';
    const edge = new Edge({
      bank: (bank) => ({ ...bank, signOut: () => Promise.reject(new Error('A fault')) }),
    });
    const email = `${canary}@example.com`;
    const credentials = { email, password: `${canary} password` };
    const registered = await edge.call('POST /api/auth/register', {
      body: { name: `${canary}\r\n{"forged":true}`, ...credentials },
    });
    expect(registered.status).toBe(400);
    const again = await edge.call('POST /api/auth/register', { body: { name: 'A', ...credentials } });
    const { token } = again.body as { token: string };

    const Cookie = `session=${token}; other=${canary}`;
    await edge.call('POST /api/auth/login', { body: { ...credentials, password: `${canary}-wrong` } });
    await edge.call('POST /api/auth/login', { body: `{"password":"${canary}` });
    await edge.call('POST /api/auth/logout', { headers: { Cookie } });
    await edge.call('GET /api/accounts', { as: `${token}${canary}` });
    await edge.call(`GET /api/accounts?${canary}=${canary}`, { headers: { Cookie } });
    await edge.call(`GET /api/transactions/by-key/${canary}%0d%0aforged`, { as: token });
    await edge.call(`GET /${canary}%0d%0aforged`, { headers: { 'User-Agent': canary, Referer: canary } });
    await edge.call(TRANSFERS, {
      as: token,
      body: { ...valid(TRANSFERS), description: canary },
      headers: { 'Idempotency-Key': canary },
    });

    const log = edge.lines.join('');
    expect(edge.lines).toHaveLength(11);
    expect(log).toContain('request failed');
    expect(log).not.toContain(canary);
    expect(log).not.toContain(token);
    expect(log).not.toContain('forged');
  });
});

/** A request that each route reads to its end. */
function valid(route: string): object {
  switch (route) {
    case 'POST /api/auth/register':
      return { name: 'Alice', email: `${freshId()}@example.com`, password: PASSWORD };
    case 'POST /api/auth/login':
      return { email: 'nobody@example.com', password: PASSWORD };
    case TRANSFERS:
      return { fromAccount: 'none', toAccount: 'other', amount: 1, idempotencyKey: freshId() };
    case FUNDS:
      return { toAccount: 'none', amount: 1, idempotencyKey: freshId() };
    case WITHDRAWALS:
      return { fromAccount: 'none', amount: 1, idempotencyKey: freshId() };
    case EXCHANGES:
      return {
        fromAccount: 'none',
        toAccount: 'other',
        fromAmount: 1,
        toAmount: 1,
        idempotencyKey: freshId(),
      };
    case CAPTURE:
    case VOID:
    case REVERSE:
      return { idempotencyKey: freshId() };
    case FREEZE:
    case UNFREEZE:
      return { reason: 'x' };
    case LIMITS:
      return { minimumBalance: 0, reason: 'x' };
    default:
      return {};
  }
}

async function aCustomer() {
  const edge = new Edge();
  return { edge, ...(await edge.register()) };
}

async function anOperator() {
  const edge = new Edge();
  return { edge, ...(await edge.register('Operator', { role: 'system' })) };
}

function isRequired(field: string): readonly [string, string] {
  return [field, 'is required'];
}
