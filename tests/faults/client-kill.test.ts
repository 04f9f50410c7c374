import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startServer } from '../../src/adapters/http/index.ts';
import { createClient } from '../../src/client/index.ts';
import { fileIntents } from '../../src/client/node.ts';
import { Edge } from '../support/edge.ts';
import { compiled } from '../support/program.ts';
import type { ReceivedReport, Terms } from './support/paying-program.ts';

const KILLS = 10;
const IN_FLIGHT = 8;
/** More than one life can make. */
const PAYMENTS_OF_A_LIFE = 1_000_000;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** One life of the paying program. */
class Life {
  readonly #child = fork(compiled('tests/faults/support/paying-program.ts'), { execArgv: [] });
  readonly #loaded = once(this.#child, 'message');
  readonly #ended = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]);

  /** Lives until `hear` returns true. */
  async run(terms: Terms, hear: (heard: ReceivedReport) => boolean): Promise<void> {
    await this.#loaded;
    const killed = new Promise<void>((resolve) => {
      this.#child.on('message', (heard: ReceivedReport) => {
        if (hear(heard)) resolve();
      });
    });
    this.#child.send(terms);
    await killed;
    await this.kill();
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

describe('A program that keeps its intents in a folder', () => {
  test(`makes each payment exactly once through ${KILLS} kills`, async () => {
    const edge = new Edge({ app: { writes: { perMinute: 0 } } });
    const server = await startServer({ app: edge.app, port: 0, host: '127.0.0.1' });
    closing.push(() => server.close());
    const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
    closing.push(() => rm(folder, { recursive: true }));
    const alice = await edge.register('Alice');
    const fromAccount = await edge.account(alice, 1_000_000);
    const toAccount = await edge.account(await edge.register('Bob'));
    const url = `http://127.0.0.1:${server.port}`;
    const terms = { url, token: alice.token, folder, fromAccount, toAccount, inFlight: IN_FLIGHT };
    const [paid, stored] = [new Set<string>(), new Set<string>()];
    const states: string[] = [];

    let nextLife = new Life();
    for (let kill = 0; kill < KILLS; kill++) {
      const life = nextLife;
      // It loads while this one lives
      nextLife = new Life();
      let answers = 0;
      await life.run({ ...terms, first: kill * PAYMENTS_OF_A_LIFE }, (heard) => {
        if (heard.event === 'paid') paid.add(String(heard.number));
        if (heard.event === 'settled') states.push(...heard.states);
        return heard.event === 'paid' && ++answers > kill * 3;
      });
      for (const { body } of await fileIntents(folder).list()) {
        stored.add((JSON.parse(body) as { metadata: { number: string } }).metadata.number);
      }
    }
    await nextLife.kill();
    const client = createClient({ url, token: alice.token, intents: fileIntents(folder) });
    states.push(...(await client.settleOpenIntents()).map(({ state }) => state));

    const made: string[] = [];
    for await (const { metadata } of client.transactions({ kind: 'transfer' })) {
      made.push(metadata?.['number'] ?? '');
    }
    const missing = [...paid, ...stored].filter((number) => !made.includes(number));
    const doubled = made.filter((number, index) => made.indexOf(number) !== index);
    expect({ missing, doubled }).toEqual({ missing: [], doubled: [] });
    expect(await edge.balanceOf(toAccount)).toBe(BigInt(made.length));
    expect(await fileIntents(folder).list()).toEqual([]);
    // The kills fell into payments, so that there was something to settle
    expect(stored.size).toBeGreaterThan(KILLS);
    expect(states).toEqual(Array.from(stored, () => 'done'));
  });
});
