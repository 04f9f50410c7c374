import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { startServer } from '../../src/adapters/http/index.ts';
import { createClient, memoryIntents, OpenIntentError } from '../../src/client/index.ts';
import type { ApiTransaction, Client } from '../../src/client/index.ts';
import { Edge } from '../support/edge.ts';
import { LossyProxy } from './support/lossy-proxy.ts';

const PAYMENTS = 1_200;
const IN_FLIGHT = 16;
const SEED = 'lunch';
const ATTEMPT_MS = 1_000;
const LATE_MS = 1_200;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Fates depend on the payment and the number of its attempt alone, in whatever order the attempts come. */
function seeded() {
  const attempts = new Map<string, number>();
  return ({ body }: { body: Buffer }): number => {
    const payment = /"number":"(\d+)"/.exec(body.toString())?.[1] ?? '';
    const attempt = (attempts.get(payment) ?? 0) + 1;
    attempts.set(payment, attempt);
    return createHash('sha256').update(`${SEED} ${payment} ${attempt}`).digest().readUInt32BE() / 2 ** 32;
  };
}

async function aBankBehindAProxy() {
  const edge = new Edge({ app: { writes: { perMinute: 0 } } });
  const server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
  const proxy = new LossyProxy({ target: server.port, lateMs: LATE_MS, random: seeded() });
  closing.push(() => server.close());
  const url = await proxy.listen();
  closing.push(() => proxy.close());
  return { edge, proxy, url };
}

describe('A client behind a proxy that loses, delays, repeats and cuts', () => {
  test(`makes each of ${PAYMENTS} payments exactly once`, async () => {
    const { edge, proxy, url } = await aBankBehindAProxy();
    const alice = await edge.register('Alice');
    const fromAccount = await edge.account(alice, 10_000_000);
    const toAccount = await edge.account(await edge.register('Bob'));
    const terms = { url, token: alice.token, intents: memoryIntents(), firstDelayMs: 2, maxDelayMs: 20 };
    const client = createClient({ ...terms, attemptTimeoutMs: ATTEMPT_MS });
    const answered = new Map<string, string>();
    let given = 0;
    let next = 0;

    async function payAll(): Promise<void> {
      while (next < PAYMENTS) {
        const number = String(next++);
        const transaction = await payNaively(client, number);
        if (transaction) answered.set(number, transaction.id);
      }
    }
    /** Repeats a call that failed, as a program does that knows nothing of keys. Leaves some to the settling. */
    async function payNaively(payer: Client, number: string): Promise<ApiTransaction | undefined> {
      const order = { fromAccount, toAccount, amount: BigInt(number) + 1n, metadata: { number } };
      for (let repetition = 0; repetition < 2; repetition++) {
        // One payment in ten gives up after little more than one attempt, and half of those once more
        const isShort = Number(number) % (repetition === 0 ? 10 : 20) === 0;
        const timeoutMs = isShort ? 30 : 60_000;
        try {
          return (await payer.transfer(order, { timeoutMs })).transaction;
        } catch (error) {
          if (!(error instanceof OpenIntentError)) throw error;
          given += 1;
        }
      }
      return undefined;
    }

    await client.getMe();
    await Promise.all(Array.from({ length: IN_FLIGHT }, payAll));
    const left = (await terms.intents.list()).length;
    const restarted = createClient({ ...terms, attemptTimeoutMs: ATTEMPT_MS });
    let settled = 0;
    while ((await terms.intents.list()).length > 0) {
      const outcomes = await restarted.settleOpenIntents();
      settled += outcomes.filter(({ state }) => state === 'done').length;
    }
    await proxy.calm();

    const made = new Map<string, string[]>();
    const direct = createClient({
      ...terms,
      fetch: async (input, init) => edge.app.request(input, init),
    });
    for await (const { metadata, id, status } of direct.transactions({ kind: 'transfer', pageSize: 200 })) {
      const number = metadata?.['number'] ?? '';
      made.set(number, [...(made.get(number) ?? []), `${id} ${status}`]);
    }
    const doubled = [...made.values()].filter(({ length }) => length > 1).length;
    expect({ doubled, missing: PAYMENTS - made.size }).toEqual({ doubled: 0, missing: 0 });
    expect([...answered].filter(([number, id]) => made.get(number)?.[0] !== `${id} completed`)).toEqual([]);
    expect(await edge.balanceOf(toAccount)).toBe(BigInt((PAYMENTS * (PAYMENTS + 1)) / 2));
    // The proxy has done its worst, and the client has given up often enough to prove something
    expect(Math.min(...proxy.fates.values())).toBeGreaterThan(10);
    expect(proxy.fates.size).toBe(9);
    expect(given).toBeGreaterThan(50);
    expect(settled).toBe(left);
    expect(left).toBeGreaterThan(0);
    if (process.env['SHOW']) console.log({ fates: proxy.fates, given, left, settled, doubled });
  });
});
