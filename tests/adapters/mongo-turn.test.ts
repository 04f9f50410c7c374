import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TimeLimit } from '../../src/adapters/mongo/time-limit.ts';
import { Turn } from '../../src/adapters/mongo/turn.ts';
import type { TurnDocument } from '../../src/adapters/mongo/turn.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';

describeWithMongo('processes that write to one ledger', () => {
  const client = { now: undefined as MongoClient | undefined };
  let sent = 0;
  beforeAll(() => {
    client.now = new MongoClient(mongoUri(), { monitorCommands: true });
    client.now.on('commandStarted', () => sent++);
  });
  afterAll(() => client.now?.close());

  const limit = () => new TimeLimit(10_000);
  let one: Turn;
  let other: Turn;
  beforeEach(() => {
    const turns = client.now!.db(freshDatabaseName()).collection<TurnDocument>('turns');
    [one, other] = [new Turn(turns), new Turn(turns)];
    sent = 0;
  });

  it('take no turns while they meet nobody', async () => {
    expect(await one.take(limit())).toBe(false);
    expect(sent).toBe(0);
  });

  it('take turns once they have met: who waits comes when the other passes, and is told that others wrote', async () => {
    one.contend();
    other.contend();
    expect(await one.take(limit())).toBe(false);
    const events: string[] = [];
    const waiting = other.take(limit()).then((others) => {
      events.push('other');
      return others;
    });
    const again = (async () => {
      // Its turn goes on for a while without asking, and then it is for the other to come
      while (events.length === 0) await one.take(limit());
      events.push('one');
    })();
    expect(await waiting).toBe(true);
    await again;
    expect(events).toEqual(['other', 'one']);
  });

  it('keep their turn where nobody waits, and know that nobody wrote meanwhile', async () => {
    one.contend();
    expect(await one.take(limit())).toBe(false);
    const before = sent;
    for (let turns = 0; turns < 2; ) {
      const sofar = sent;
      expect(await one.take(limit())).toBe(false);
      if (sent > sofar) turns++;
      await new Promise(setImmediate);
    }
    expect(sent).toBeGreaterThan(before);
  });

  it('wait no longer than they may, and go on without a turn', async () => {
    one.contend();
    other.contend();
    await one.take(limit());
    expect(await other.take(new TimeLimit(0))).toBe(false);
  });
});
