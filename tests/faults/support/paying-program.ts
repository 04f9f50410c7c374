import { createClient } from '../../../src/client/index.ts';
import { fileIntents } from '../../../src/client/node.ts';

/** A program that pays again and again and keeps its intents in a folder. Its parent kills it. */

export type Terms = {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
  readonly fromAccount: string;
  readonly toAccount: string;
  /** Number of the first payment. Payments count up from it. */
  readonly first: number;
  readonly inFlight: number;
};

export type ReceivedReport =
  | { readonly event: 'loaded' }
  | { readonly event: 'settled'; readonly states: readonly string[] }
  | { readonly event: 'paid'; readonly number: number };

function say(heard: ReceivedReport): void {
  process.send?.(heard);
}

process.on('message', ({ url, token, folder, first, inFlight, ...accounts }: Terms) => {
  const client = createClient({ url, token, intents: fileIntents(folder) });
  let next = first;

  async function payOn(): Promise<void> {
    for (;;) {
      const number = next++;
      await client.transfer({ ...accounts, amount: 1n, metadata: { number: String(number) } });
      say({ event: 'paid', number });
    }
  }

  void (async () => {
    const settled = await client.settleOpenIntents();
    say({ event: 'settled', states: settled.map(({ state }) => state) });
    await Promise.all(Array.from({ length: inFlight }, payOn));
  })();
});
say({ event: 'loaded' });
