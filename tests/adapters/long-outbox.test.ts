import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { outboxDocument } from '../../src/adapters/mongo/documents/outbox-document.ts';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { collectionsOf } from '../../src/adapters/mongo/schema/collections.ts';
import { MOST_LOOKED } from '../../src/adapters/shared/unsent-messages.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { Notification } from '../../src/domain/entities/notification.ts';
import { aTransferMessage, FixedClock, JANUARY } from '../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { withRawClient } from '../support/mongo-bank.ts';

/** More batches than one read looks at. */
const BATCHES = MOST_LOOKED + 100;
/** Batches of SQLite, and messages in memory, in one turn. */
const AT_MOST_IN_A_TURN = { sqlite: 50, memory: 500 };

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));

async function addAll({ unitOfWork }: Store, messages: readonly Notification[]): Promise<void> {
  await unitOfWork.run(async ({ outbox }) => {
    for (const message of messages) await outbox.add(message);
  });
}

describe('a very long outbox in SQLite', () => {
  const open = () =>
    openSqliteStore({ path: join(folder, 'book.db'), clock: new FixedClock(), clockToleranceMs: Infinity });
  readInParts(open, addAll);
  leavesTurns(open, BATCHES / AT_MOST_IN_A_TURN.sqlite - 3);
});

describe('a very long outbox in memory', () => {
  const memory = createMemoryStore();
  beforeAll(() => addAll(memory, someMessages(BATCHES)));
  leavesTurns(async () => memory, BATCHES / AT_MOST_IN_A_TURN.memory - 3);
});

describeWithMongo('a very long outbox in MongoDB', () => {
  const databaseName = freshDatabaseName();
  readInParts(
    () =>
      openMongoStore({
        uri: mongoUri(),
        databaseName,
        clock: new FixedClock(),
        clockToleranceMs: Infinity,
      }),
    (_, messages) =>
      withRawClient(mongoUri(), async (client) => {
        const documents = messages.map((message) =>
          outboxDocument({ id: message.id, messages: [message] }, { dueAt: message.at, attempts: 0 }),
        );
        await collectionsOf(client.db(databaseName)).parcels.insertMany(documents);
      }),
  );
});

function someMessages(count: number): readonly Notification[] {
  return Array.from({ length: count }, () => aTransferMessage());
}

function readInParts(
  open: () => Promise<Store>,
  add: (store: Store, messages: readonly Notification[]) => Promise<void>,
): void {
  let store: Store;
  const lost = aTransferMessage();
  // Its id is the last one
  const last = { ...lost, id: `z${lost.id}` };
  beforeAll(async () => {
    store = await open();
    await add(store, [last]);
    await store.unitOfWork.run(async ({ outbox }) => {
      await outbox.claim({ now: JANUARY, leaseUntil: JANUARY + 1, limit: 1 });
      await outbox.giveUp(last.id, { at: JANUARY, reason: 'no such mailbox' });
    });
    await add(store, someMessages(BATCHES));
  }, 0);
  afterAll(() => store.close());

  it('is looked at in parts, and the next part goes on where the last one ended', async () => {
    const first = await store.outbox!.unsent({ state: 'given_up', after: null, limit: 10 });
    expect(first.messages).toEqual([]);
    const second = await store.outbox!.unsent({ state: 'given_up', after: first.next, limit: 10 });
    expect(second).toMatchObject({ messages: [{ message: { id: last.id } }], next: null });
  });

  it('is counted in its oldest part, and says so of a transfer that is not in it', async () => {
    expect(await store.outbox!.countGivenUp(10)).toBe(0);
    expect(await store.outbox!.unsentAbout(last.transferId)).toEqual({ messages: [], isPartial: true });
  });
}

function leavesTurns(open: () => Promise<Store>, atLeast: number): void {
  it('leaves turns of the event loop to others while it is read', async () => {
    const store = await open();
    const { outbox } = store;
    for (const read of [
      () => outbox!.countGivenUp(10),
      () => outbox!.unsent({ state: 'given_up', after: null, limit: 10 }),
      () => outbox!.unsentAbout('a transfer'),
    ]) {
      expect(await turnsDuring(read)).toBeGreaterThanOrEqual(atLeast);
    }
    await store.close();
  });
}

async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const working = work();
  const isOver = working.then(() => true);
  while (!(await Promise.race([isOver, setImmediate(false)]))) turns++;
  return turns;
}
