import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { startServer } from '../../../src/adapters/http/index.ts';
import type { RunningServer, ServerLimits } from '../../../src/adapters/http/index.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { Edge, invalid, PASSWORD, problem, UNAUTHENTICATED } from '../../support/edge.ts';

const HOST = '127.0.0.1';
const NOT_VALID = { detail: 'The request is not valid' };

const servers: RunningServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(edge: Edge, limits: Partial<ServerLimits> = {}) {
  const server = await startServer({ app: edge.app, port: 0, host: HOST, limits });
  servers.push(server);
  return { ...server, url: `http://${HOST}:${server.port}` };
}

describe('A server', () => {
  test("serves a customer's usual requests, by cookie", async () => {
    const edge = new Edge();
    const { url } = await serve(edge);
    const email = `${freshId()}@example.com`;
    const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });

    const registered = await post('/api/auth/register', { name: 'Alice', email, password: PASSWORD });
    const Cookie = registered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const opened = await fetch(`${url}/api/accounts`, { method: 'POST', headers: { Cookie } });
    const { account } = (await opened.json()) as { account: { id: string } };
    const destination = await edge.account(await edge.register('Bob'));
    await edge.fund(account.id, 500);
    const body = { fromAccount: account.id, toAccount: destination, amount: 120, idempotencyKey: freshId() };
    const paid = await post('/api/transactions', body, { Cookie });
    const again = await post('/api/transactions', body, { Cookie });
    const balance = await fetch(`${url}/api/accounts/balance/${account.id}`, { headers: { Cookie } });

    expect([registered.status, opened.status, paid.status, again.status]).toEqual([201, 201, 200, 200]);
    expect(paid.headers.get('content-type')).toBe('application/json');
    expect(await again.text()).toBe(await paid.text());
    expect(await balance.json()).toMatchObject({ balance: 380 });
  });

  test('answers with the headers of the app, or those of a page instead', async () => {
    const edge = new Edge({ app: { publicOrigin: 'https://bank.example' } });
    const alice = await edge.register();
    const accountId = await edge.account(alice);
    const { url } = await serve(edge);
    const ofServer = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];
    const ofOneAnswer = new Set([...ofServer, 'ratelimit']);
    const headers = { Authorization: `Bearer ${alice.token}`, 'X-Request-Id': 'r-1' };
    const comparable = (answer: Response) => [...answer.headers].filter(([name]) => !ofOneAnswer.has(name));

    for (const path of [
      '/api/accounts',
      '/api/accounts/none',
      `/api/accounts/${accountId}/statement?format=html`,
      '/nothing',
    ]) {
      const answer = await fetch(`${url}${path}`, { headers });
      const ofApp = comparable(await edge.app.request(path, { headers }));

      expect(comparable(answer)).toEqual(ofApp);
      expect(ofApp.map(([name]) => name)).toContain('strict-transport-security');
      await answer.text();
    }
    const page = await fetch(`${url}/api/accounts/${accountId}/statement?format=html`, { headers });
    expect(page.headers.get('content-security-policy')).toContain('style-src');
  });

  test('accepts a POST without a body or a length', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const { port } = await serve(edge);

    const answer = await say(port, [
      'POST /api/accounts HTTP/1.1',
      'Host: bank',
      `Authorization: Bearer ${token}`,
      'Connection: close',
    ]);

    expect(answer.status).toBe(201);
  });

  test('fails to start if the port is in use', async () => {
    const edge = new Edge();
    const { port } = await serve(edge);

    await expect(startServer({ app: edge.app, port, host: HOST })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('counts clients by their sockets, whatever X-Forwarded-For they send', async () => {
    const { url } = await serve(new Edge({ app: { throttle: { failuresPerAddress: 2 } } }));
    const statuses = [];

    for (const forwarded of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) {
      const { status } = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': forwarded },
        body: JSON.stringify({ email: `${freshId()}@example.com`, password: 'wrong' }),
      });
      statuses.push(status);
    }

    expect(statuses).toEqual([401, 401, 429]);
  });
});

describe('A request body', () => {
  const TOO_LARGE = problem(413, 'body_too_large', {
    title: 'Payload Too Large',
    detail: 'The body is too large',
  });

  test('over the limit is refused by its announced length, before it is sent', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const { port } = await serve(edge);

    const answer = await say(port, [
      'POST /api/accounts HTTP/1.1',
      'Host: bank',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      'Content-Length: 1000000000',
    ]);

    expect(answer).toMatchObject(TOO_LARGE);
  });

  test('over the limit is refused during its chunks, and the server continues', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const { port, url } = await serve(edge);
    const request = httpRequest({
      port,
      host: HOST,
      method: 'POST',
      path: '/api/accounts',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Transfer-Encoding': 'chunked',
      },
    });
    request.on('error', () => {});
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    for (let sent = 0; sent < 80; sent++) request.write(' '.repeat(1_024));

    const [response] = await answered;

    expect({ status: response.statusCode, body: JSON.parse(await text(response)) as unknown }).toEqual(
      TOO_LARGE,
    );
    request.destroy();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('within the limit may come in chunks', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const { url } = await serve(edge);

    const answer = await fetch(`${url}/api/accounts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: new Blob(['{"name":', '"Savings"}']).stream(),
      duplex: 'half',
    } as RequestInit);

    expect([answer.status, await answer.json()]).toMatchObject([201, { account: { name: 'Savings' } }]);
  });

  test('that never ends because its client left is not our fault', async () => {
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const edge = new Edge({
      bank: (bank) => ({
        ...bank,
        authenticate: async (token) => {
          const found = await bank.authenticate(token);
          begun();
          return found;
        },
      }),
    });
    const { token } = await edge.register();
    const { port } = await serve(edge);
    const socket = dial(port);
    socket.write(
      `POST /api/accounts HTTP/1.1\r\nHost: bank\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    );
    await hasBegun;
    socket.resetAndDestroy();

    await expect.poll(() => edge.lines.length).toBe(1);
    expect(JSON.parse(edge.lines[0] ?? '')).toMatchObject({ msg: 'request', code: 'malformed_json' });
  });
});

describe('A body in small chunks', () => {
  /** Each byte in a chunk of its own, as `Transfer-Encoding: chunked` has it. */
  const bytewise = (text: string) => [...text].map((byte) => `1\r\n${byte}\r\n`).join('');

  async function send(body: string) {
    const edge = new Edge();
    const { token } = await edge.register();
    const { port } = await serve(edge);
    const head = [
      'POST /api/accounts HTTP/1.1',
      'Host: bank',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ];
    return say(port, head, `${bytewise(body)}0\r\n\r\n`);
  }

  test('is read if it is short', async () => {
    expect(await send(`{"name":"${'n'.repeat(60)}"}${' '.repeat(900)}`)).toMatchObject({
      status: 201,
      body: { account: { name: 'n'.repeat(60) } },
    });
  });

  test('is refused if it is long', async () => {
    expect(await send(`{"name":"Savings"}${' '.repeat(10_000)}`)).toEqual(
      invalid(['body', 'must come in chunks of at least 64 bytes on average']),
    );
  });

  test('is reassembled as sent, for any sizes of chunks', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const { url } = await serve(edge);
    const whole = Buffer.from(JSON.stringify({ name: 'Zoë\u{1f600}', idempotencyKey: 'k'.repeat(200) }));

    for (const size of [7, 100, 1_000]) {
      const pieces = Array.from({ length: Math.ceil((whole.length + 20_000) / size) }, (_, index) =>
        Buffer.concat([whole, Buffer.alloc(20_000, ' ')]).subarray(index * size, (index + 1) * size),
      );
      const answer = await fetch(`${url}/api/accounts`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: new Blob(size === 7 ? [whole.subarray(0, 7), whole.subarray(7)] : pieces).stream(),
        duplex: 'half',
      } as RequestInit);

      expect([answer.status, await answer.json()]).toMatchObject([
        201,
        { account: { name: 'Zoë\u{1f600}' } },
      ]);
    }
  });
});

describe('A duplicate header is refused before anything is done', () => {
  test.each([
    ['Idempotency-Key: a', 'idempotency-key: a', 'idempotencyKey', 'an Idempotency-Key'],
    ['Idempotency-Key: a', 'Idempotency-Key: b', 'idempotencyKey', 'an Idempotency-Key'],
    ['Authorization: Bearer a', 'Authorization: Bearer a', 'Authorization', 'an Authorization'],
    ['Content-Type: application/json', 'CONTENT-TYPE: text/plain', 'Content-Type', 'a Content-Type'],
    ['Content-Encoding: gzip', 'Content-Encoding: identity', 'Content-Encoding', 'a Content-Encoding'],
    ['X: y', 'Host: other', 'Host', 'a Host'],
  ])('%s, %s', async (one, other, field, header) => {
    const { port } = await serve(new Edge());

    for (const path of ['/api/transactions', '/api/accounts', '/api/system/withdrawals']) {
      const lines = [
        `POST ${path} HTTP/1.1`,
        'Host: bank',
        one,
        'Content-Length: 0',
        other,
        'Connection: close',
      ];
      expect(await say(port, lines)).toEqual(invalid([field, `must be given once in ${header} header`]));
    }
  });

  test('so that a payment is not made twice by a retry with a single key', async () => {
    const edge = new Edge();
    const alice = await edge.register();
    const [from, to] = [await edge.account(alice, 1_000), await edge.account(alice)];
    const { port } = await serve(edge);
    const body = JSON.stringify({ fromAccount: from, toAccount: to, amount: 100 });
    const pay = (keys: readonly string[]) => {
      const head = [
        'POST /api/transactions HTTP/1.1',
        'Host: bank',
        `Authorization: Bearer ${alice.token}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        'Connection: close',
        ...keys.map((key) => `Idempotency-Key: ${key}`),
      ];
      return say(port, head, body);
    };

    expect((await pay(['k', 'k'])).status).toBe(400);
    expect((await pay(['k'])).status).toBe(200);
    expect((await pay(['k'])).status).toBe(200);
    expect((await pay(['k', 'k'])).status).toBe(400);
    expect(await edge.balanceOf(from)).toBe(900n);
  });
});

describe('HTTP/1.0', () => {
  test.each([[['GET /healthz HTTP/1.0']], [['GET /healthz HTTP/1.0', 'Host: bank']]])(
    'is answered: %j',
    async (lines) => {
      const { port } = await serve(new Edge());

      expect(await say(port, lines)).toEqual({ status: 200, body: { status: 'ok' } });
    },
  );

  test('may omit the Host; HTTP/1.1 may not', async () => {
    const { port } = await serve(new Edge());

    expect((await say(port, ['GET /healthz HTTP/1.1', 'Connection: close'])).status).toBe(400);
  });
});

describe('Connections', () => {
  test('beyond the limit are closed, and idle ones make room', async () => {
    const { port } = await serve(new Edge(), { connections: 2 });
    const idle = [await anIdle(port), await anIdle(port)];
    const ends = idle.map((socket) => once(socket, 'end'));

    expect(await text(dial(port))).toBe('');
    await Promise.all(ends);
    expect((await say(port, ['GET /healthz HTTP/1.1', 'Host: a', 'Connection: close'])).status).toBe(200);
  });

  async function anIdle(port: number): Promise<Socket> {
    const socket = dial(port);
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    return socket;
  }
});

describe('An answer', () => {
  /** Of 32 MB, which no buffer between the two ends takes, and whether its reader went away. */
  function aLongAnswer() {
    let onCancel = () => {};
    const cancelled = new Promise<void>((resolve) => (onCancel = resolve));
    let left = 512;
    const stream = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left-- === 0) controller.close();
          else controller.enqueue(new Uint8Array(65_536));
        },
        cancel: () => onCancel(),
      });
    return { app: { fetch: () => new Response(stream()) }, cancelled };
  }

  test('without a reader ends, and releases its source', async () => {
    const { app, cancelled } = aLongAnswer();
    const server = await startServer({ app, port: 0, host: HOST, limits: { unreadMs: 50 } });
    servers.push(server);
    const socket = dial(server.port);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');

    await expect(cancelled).resolves.toBeUndefined();
  });

  test('with a reader is sent completely', async () => {
    const { app } = aLongAnswer();
    const server = await startServer({ app, port: 0, host: HOST, limits: { unreadMs: 60_000 } });
    servers.push(server);

    const answer = await fetch(`http://${HOST}:${server.port}/`);
    expect((await answer.arrayBuffer()).byteLength).toBe(512 * 65_536);
  });
});

describe('A malformed request is answered as a problem', () => {
  test('headers over the limit: 431', async () => {
    const { port } = await serve(new Edge(), { headerBytes: 2_048 });

    const answer = await say(port, ['GET /healthz HTTP/1.1', 'Host: bank', `X: ${'x'.repeat(4_096)}`]);

    expect(answer).toEqual(
      problem(431, 'invalid_request', { title: 'Request Header Fields Too Large', ...NOT_VALID }),
    );
  });

  test.each([
    ['no HTTP', ['hello']],
    ['two lengths', ['POST /api/auth/login HTTP/1.1', 'Host: a', 'Content-Length: 2', 'Content-Length: 3']],
    [
      'a length and chunks',
      ['POST /api/auth/login HTTP/1.1', 'Host: a', 'Content-Length: 2', 'Transfer-Encoding: chunked'],
    ],
    ['a line in a header', ['GET /healthz HTTP/1.1', 'Host: a', 'X-Request-Id: a\nb']],
    ['a host that is none', ['GET /healthz HTTP/1.1', 'Host: a b', 'Connection: close']],
    ['a path that is none', ['GET \\healthz HTTP/1.1', 'Host: a', 'Connection: close']],
  ])('%s: 400', async (_, lines) => {
    const { port } = await serve(new Edge());

    expect(await say(port, lines)).toEqual(
      problem(400, 'invalid_request', { title: 'Bad Request', ...NOT_VALID }),
    );
  });
});

describe('Slow clients', () => {
  test('are cut off if 500 never finish their headers, and others are served meanwhile', async () => {
    const { port, url } = await serve(new Edge(), { headersMs: 300, checkMs: 50 });
    const slow = Array.from({ length: 500 }, () => dial(port));
    const ends = slow.map((socket) => text(socket));
    for (const socket of slow) socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nX: ');

    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const answers = await Promise.all(ends);

    expect(new Set(answers.map((answer) => answer.split('\r\n')[0]))).toEqual(
      new Set(['HTTP/1.1 408 Request Timeout']),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('are cut off if they send nothing', async () => {
    const { port } = await serve(new Edge(), { headersMs: 200, checkMs: 50 });
    const socket = dial(port);

    await text(socket);

    expect(socket.readableEnded).toBe(true);
  });

  test('are cut off if their body does not arrive', async () => {
    const edge = new Edge();
    const { token } = await edge.register();
    const { port } = await serve(edge, { headersMs: 200, requestMs: 300, checkMs: 50 });

    const answer = await say(port, [
      'POST /api/accounts HTTP/1.1',
      'Host: bank',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      'Content-Length: 10',
    ]);

    expect(answer.status).toBe(408);
  });

  test('learn how long their connection may idle, which is longer than load balancers keep theirs', async () => {
    const { url } = await serve(new Edge());

    expect((await fetch(`${url}/healthz`)).headers.get('keep-alive')).toBe('timeout=65');
  });

  test('lose an idle connection', async () => {
    const { port } = await serve(new Edge(), { keepAliveMs: 100, checkMs: 50 });
    const socket = dial(port);
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(await text(socket)).toContain('200 OK');
  });
});

describe('Closing', () => {
  test('finishes requests in progress, announces it on their connections, and accepts no more', async () => {
    let finish = () => {};
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const edge = new Edge({
      bank: (bank) => ({
        ...bank,
        check: async () => {
          begun();
          await new Promise<void>((resolve) => (finish = resolve));
        },
      }),
    });
    const server = await startServer({ app: edge.app, port: 0, host: HOST });
    const agent = new Agent({ keepAlive: true });
    const answered = get(server.port, '/readyz', agent);
    await hasBegun;

    const closed = server.close();
    await expect(get(server.port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish();

    const { response, body } = await answered;
    expect([response.statusCode, response.headers.connection, body]).toEqual([
      200,
      'close',
      '{"status":"ok"}',
    ]);
    await closed;
    agent.destroy();
  });

  test('ends idle connections at once', async () => {
    const server = await startServer({
      app: new Edge().app,
      port: 0,
      host: HOST,
      limits: { closeMs: 60_000 },
    });
    const socket = dial(server.port);
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    const ended = once(socket, 'end');

    await server.close();
    await ended;

    expect(socket.readableEnded).toBe(true);
  });

  test('cuts off requests that do not end in time', async () => {
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const check = () => {
      begun();
      return new Promise<void>(() => {});
    };
    const edge = new Edge({ bank: (bank) => ({ ...bank, check }) });
    const server = await startServer({ app: edge.app, port: 0, host: HOST, limits: { closeMs: 100 } });
    const answered = get(server.port, '/readyz');
    const half = dial(server.port);
    half.write('GET /healthz HTTP/1.1\r\n');
    await hasBegun;
    const [ended] = await Promise.allSettled([answered, server.close()]);

    expect(ended).toMatchObject({ status: 'rejected', reason: { code: 'ECONNRESET' } });
  });
});

test('An answer over a socket is the one that the app gives', async () => {
  const { url } = await serve(new Edge());

  const answer = await fetch(`${url}/api/auth/me`);

  expect({ status: answer.status, body: (await answer.json()) as unknown }).toEqual(UNAUTHENTICATED);
});

function dial(port: number): Socket {
  const socket = connect(port, HOST);
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** Sends a request exactly as written, and reads the answer until the server ends the connection. */
async function say(port: number, lines: readonly string[], sent = '') {
  const socket = dial(port);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${sent}`);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) as unknown };
}

async function get(port: number, path: string, agent?: Agent) {
  const request = httpRequest({ port, host: HOST, path, ...(agent ? { agent } : {}) }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, body: await text(response) };
}
