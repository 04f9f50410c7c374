import { MongoClient, Timestamp } from 'mongodb';
import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import type { Collections } from '../../../src/adapters/mongo/schema/collections.ts';
import { Deadline } from '../../../src/adapters/shared/deadline.ts';
import { WriterLease } from '../../../src/adapters/mongo/writing/writer-lease.ts';
import { anAccount } from '../../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';

const NOTHING = () => null;

describeWithMongo('writer leases between processes', () => {
  const client = new MongoClient(mongoUri(), { monitorCommands: true });
  const sent: CommandStartedEvent[] = [];
  let turns: Collections['turns'];
  let one: WriterLease;
  let other: WriterLease;

  beforeAll(async () => {
    await client.connect();
    client.on('commandStarted', (event) => sent.push(event));
  });
  afterAll(() => client.close());

  beforeEach(() => {
    ({ turns } = collectionsOf(client.db(freshDatabaseName(), { useBigInt64: true })));
    [one, other] = [new WriterLease(turns), new WriterLease(turns)];
    sent.length = 0;
  });

  const limit = () => new Deadline(20_000);

  function contend(): void {
    one.markContended();
    other.markContended();
  }

  it('are not taken by a process that is alone, which looks for others at intervals', async () => {
    for (let unit = 0; unit < 5; unit++) {
      expect(await one.acquire(limit())).toBeUndefined();
      one.release(NOTHING);
    }
    await vi.waitFor(() => expect(sent.map(({ commandName }) => commandName)).toEqual(['find']));
  });

  it('pass from one process to the next, with the changes', async () => {
    contend();
    await one.acquire(limit());
    const events: string[] = [];
    const taken = other.acquire(limit()).then((turn) => {
      events.push('taken');
      return turn;
    });
    await vi.waitFor(async () => expect(await turns.findOne({ next: { $ne: null } })).not.toBeNull());
    expect(events).toEqual([]);

    const changed = { account: anAccount({ balance: 7n, sequence: 3 }), written: 2 };
    const handover = { from: 3n, unit: 5n, at: new Timestamp({ t: 7, i: 2 }), accounts: [changed] };
    one.release(() => handover);
    expect(await taken).toStrictEqual({ handover });
  });

  it('reach a waiting process even if another always wants the next one', async () => {
    contend();
    await one.acquire(limit());
    const order: string[] = [];
    const take = async (turn: WriterLease, name: string) => {
      await turn.acquire(limit());
      order.push(name);
      turn.release(NOTHING);
    };
    const greedy = (async () => {
      while (order.filter((name) => name === 'other').length < 3) await take(one, 'one');
    })();
    for (let unit = 0; unit < 3; unit++) await take(other, 'other');
    await greedy;
    // Without a place in the queue it comes only where the greedy one pauses: never
    expect(order.filter((name) => name === 'other')).toHaveLength(3);
  });

  it('bring no changes if no other process had one in between', async () => {
    contend();
    await one.acquire(limit());
    one.release(NOTHING);
    expect(await one.acquire(limit())).toBeUndefined();
  });

  it('are taken once another process is seen to take them', async () => {
    other.markContended();
    await other.acquire(limit());
    await turns.updateOne({ _id: 'turn' }, { $set: { until: new Date(Date.now() + 60_000) } });
    expect(one.isContended).toBe(false);
    await vi.waitFor(
      async () => {
        if (!one.isContended) await one.acquire(limit());
        expect(one.isContended).toBe(true);
      },
      { timeout: 10_000 },
    );
  });

  it('expire if nobody passes them on', async () => {
    contend();
    await one.acquire(limit());
    expect(await other.acquire(limit())).toEqual({ handover: null });
  });

  it('are waited for until the limit, and not at all if the server does not answer', async () => {
    contend();
    await one.acquire(limit());
    expect(await other.acquire(new Deadline(1))).toEqual({ handover: null });
    await client.close();
    expect(await other.acquire(limit())).toEqual({ handover: null });
    await client.connect();
  });
});
