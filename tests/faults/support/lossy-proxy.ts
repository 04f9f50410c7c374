import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

/** Fates of a request, with their shares in a hundred. The rest passes. */
const FATES = [
  /** Never reaches the bank. */
  ['lost request', 12],
  /** Is carried out; the connection closes without an answer. */
  ['lost answer', 12],
  /** Is carried out; the connection closes half way through the answer. */
  ['cut answer', 8],
  /** Is carried out; the answer comes after the client has given the attempt up. */
  ['late answer', 1],
  /** Reaches the bank after the client has given the attempt up, and maybe after a later attempt. */
  ['late request', 1],
  /** Reaches the bank twice at once. */
  ['repeated', 8],
  /** Reaches the bank again after its answer. */
  ['repeated late', 4],
  /** Is carried out; the proxy answers with its own error. */
  ['bad gateway', 6],
] as const;

type Fate = (typeof FATES)[number][0] | 'passed';

type Answered = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

/** A proxy between client and bank that loses, delays, repeats and cuts, as decided by `random` alone. */
export class LossyProxy {
  readonly fates = new Map<Fate, number>();
  readonly #target: number;
  readonly #lateMs: number;
  readonly #random: (request: { headers: IncomingMessage['headers']; body: Buffer }) => number;
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: {
    target: number;
    lateMs: number;
    random: (request: { headers: IncomingMessage['headers']; body: Buffer }) => number;
  }) {
    this.#target = options.target;
    this.#lateMs = options.lateMs;
    this.#random = options.random;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once the bank has answered everything, duplicates and late requests included. */
  async calm(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    await this.calm();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    const fate = fateOf(this.#random({ headers: request.headers, body }));
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
    const pass = () => this.#track(forward(this.#target, request, body));
    await this.#track(this.#meet(fate, { pass, response })).catch(() => response.destroy());
  }

  async #meet(
    fate: Fate,
    { pass, response }: { pass: () => Promise<Answered>; response: ServerResponse },
  ): Promise<void> {
    switch (fate) {
      case 'passed':
        return answer(response, await pass());
      case 'lost request':
        response.destroy();
        return;
      case 'lost answer':
        await pass();
        response.destroy();
        return;
      case 'cut answer': {
        const { status, headers, body } = await pass();
        response.writeHead(status, headers);
        response.write(body.subarray(0, body.length / 2), () => response.destroy());
        return;
      }
      case 'late answer': {
        const answered = await pass();
        await wait(this.#lateMs);
        return answer(response, answered);
      }
      case 'late request':
        await wait(this.#lateMs);
        return answer(response, await pass());
      case 'repeated': {
        const [, second] = await Promise.all([pass(), pass()]);
        return answer(response, second);
      }
      case 'repeated late':
        answer(response, await pass());
        await wait(this.#lateMs);
        await pass();
        return;
      case 'bad gateway':
        await pass();
        response.writeHead(502).end('<h1>Bad Gateway</h1>');
        return;
      default:
        fate satisfies never;
    }
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined);
    this.#underWay.add(settled);
    try {
      return await work;
    } finally {
      this.#underWay.delete(settled);
    }
  }
}

function fateOf(random: number): Fate {
  let left = random * 100;
  for (const [fate, share] of FATES) {
    left -= share;
    if (left < 0) return fate;
  }
  return 'passed';
}

async function forward(
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', method, path: url, headers }, (answered) => {
      buffer(answered).then(
        (read) => resolve({ status: answered.statusCode ?? 0, headers: answered.headers, body: read }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function answer(response: ServerResponse, { status, headers, body }: Answered): void {
  response.writeHead(status, headers).end(body);
}
