import { MongoClient } from 'mongodb';
import type { CommandStartedEvent, Document } from 'mongodb';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import type { MongoStoreOptions } from '../../src/adapters/mongo/index.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { WriterLimits } from '../../src/application/group-commit.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';

export type MongoBank = {
  readonly bank: TestBank;
  readonly store: Store;
  readonly client: MongoClient;
  /** Commands sent since the store was opened. */
  readonly sent: CommandStartedEvent[];
  close(): Promise<void>;
};

/** A bank over a store with its own client. Its clock is fixed, far from the database's, which is not checked. */
export async function openMongoBank({
  limits = {},
  ...options
}: Omit<Extract<MongoStoreOptions, { uri: string }>, 'clock'> & {
  limits?: Partial<WriterLimits>;
}): Promise<MongoBank> {
  const clock = new FixedClock();
  const sent: CommandStartedEvent[] = [];
  let client: MongoClient | undefined;
  const store = await openMongoStore({
    clock,
    clockToleranceMs: Infinity,
    heartbeatFrequencyMs: 500,
    ...options,
    // A server that lost a connection is asked anew after this time, by default after half a second
    driver: { monitorCommands: true, minHeartbeatFrequencyMS: 50, ...options.driver },
    onClient(opened) {
      client = opened;
      opened.on('commandStarted', (event) => sent.push(event));
    },
  });
  if (!client) throw new TypeError('The store has no client');
  sent.length = 0;
  const bank = new TestBank({ store, clock, limits });
  return {
    bank,
    store,
    client,
    sent,
    async close() {
      await bank.ledger.close();
      await store.close();
    },
  };
}

/** Runs work with a separate client, for commands that a test sends to the server itself. */
export async function withRawClient<T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { useBigInt64: true });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Makes one server fail commands of all its clients, `times` times or until `stopFailing`. */
export async function failCommands(
  uri: string,
  { times, ...data }: { times?: number; failCommands: string[] } & Document,
): Promise<void> {
  const mode = times === undefined ? 'alwaysOn' : { times };
  await withRawClient(uri, (client) =>
    client.db('admin').command({ configureFailPoint: 'failCommand', mode, data }),
  );
}

export async function stopFailing(uri: string): Promise<void> {
  await withRawClient(uri, (client) =>
    client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' }),
  );
}
