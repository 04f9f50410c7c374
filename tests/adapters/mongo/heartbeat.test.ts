import { MongoClient } from 'mongodb';
import type { ClientSession, CommandStartedEvent, Db } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import type { Collections } from '../../../src/adapters/mongo/schema/collections.ts';
import { Heartbeat } from '../../../src/adapters/mongo/transactions/heartbeat.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';
import { failCommands } from '../../support/mongo-bank.ts';

const LONG_AGO = new Date(0);

describeWithMongo('the heartbeat of processes', () => {
  const client = new MongoClient(mongoUri(), { monitorCommands: true });
  const sent: CommandStartedEvent[] = [];
  let db: Db;
  let processes: Collections['processes'];
  let presence: Heartbeat;
  let sessions: ClientSession[];

  beforeAll(async () => {
    await client.connect();
    client.on('commandStarted', (event) => sent.push(event));
  });
  afterAll(() => client.close());

  beforeEach(() => {
    db = client.db(freshDatabaseName());
    ({ processes } = collectionsOf(db));
    presence = new Heartbeat(db);
    sessions = [];
  });
  afterEach(async () => {
    presence.close();
    for (const session of sessions) await session.endSession();
  });

  function aSession(): ClientSession {
    const session = client.startSession();
    sessions.push(session);
    return session;
  }

  /** In a transaction that has written. */
  async function write(session: ClientSession, _id: string): Promise<void> {
    session.startTransaction();
    await db.collection<{ _id: string }>('written').insertOne({ _id }, { session });
  }

  const isAlive = async () => {
    const [{ alive } = { alive: null }] = await processes
      .aggregate<{ alive: boolean }>([{ $project: { alive: { $gt: ['$aliveUntil', '$$NOW'] } } }])
      .toArray();
    return alive;
  };

  const beats = () => sent.filter(({ commandName }) => commandName === 'findAndModify').length;

  it('lists the sessions of a process before their use, and shows that it is alive', async () => {
    const [one, other] = [aSession(), aSession()];
    const listed = () => processes.findOne({}, { projection: { _id: 0, sessions: 1 } });
    await presence.during(one, async () => {
      expect(await isAlive()).toBe(true);
      expect(await listed()).toEqual({ sessions: [one.id] });
      await presence.during(other, async () => {
        expect(await listed()).toEqual({ sessions: [one.id, other.id] });
      });
    });
  });

  it('is repeated while the process works, and no longer', async () => {
    const session = aSession();
    sent.length = 0;
    await presence.during(session, async () => {
      await vi.waitFor(() => expect(beats()).toBeGreaterThan(2), { timeout: 10_000 });
    });
    const before = beats();
    const rested = vi.spyOn(globalThis, 'clearInterval');
    await vi.waitFor(() => expect(rested).toHaveBeenCalled(), { timeout: 10_000 });
    rested.mockRestore();
    expect(beats()).toBe(before);

    await presence.during(session, async () => {});
    await vi.waitFor(() => expect(beats()).toBe(before + 1));
  });

  it('ends the transactions of dead processes, and no others', async () => {
    const [living, dead] = [aSession(), aSession()];
    await presence.during(living, async () => {
      await write(living, 'by the living');
      await write(dead, 'by the dead');
      await processes.insertOne({ _id: 'dead', sessions: [dead.id!], aliveUntil: LONG_AGO });

      await new Heartbeat(db).endDead();
      await living.commitTransaction();
      await expect(dead.commitTransaction()).rejects.toMatchObject({ codeName: 'NoSuchTransaction' });
    });
    expect(await db.collection('written').distinct('_id')).toEqual(['by the living']);
    expect(await processes.findOne({ _id: 'dead' })).toBeNull();
  });

  it.each([1, 2, 3, 100])(
    'ends the transactions of dead processes without killSessions, after %i of their own',
    async (count) => {
      const [living, dead] = [aSession(), aSession()];
      for (let number = 1; number < count; number++) {
        await write(dead, `before ${number}`);
        await dead.commitTransaction();
      }
      await presence.during(living, async () => {
        await write(living, 'by the living');
        await write(dead, 'by the dead');
        const idle = aSession();
        await processes.insertOne({ _id: 'dead', sessions: [idle.id!, dead.id!], aliveUntil: LONG_AGO });

        await failCommands(mongoUri(), { failCommands: ['killSessions'], times: 1, errorCode: 8000 });
        await new Heartbeat(db).endDead();
        await living.commitTransaction();
        await expect(dead.commitTransaction()).rejects.toMatchObject({ codeName: 'NoSuchTransaction' });
      });
      const kept = await db.collection('written').countDocuments();
      expect(kept).toBe(count);
      expect(await processes.findOne({ _id: 'dead' })).toBeNull();
    },
  );

  it('is read only at intervals', async () => {
    sent.length = 0;
    await Promise.all([presence.endDead(), presence.endDead()]);
    await presence.endDead();
    expect(sent.map(({ commandName }) => commandName)).toEqual(['find']);
  });

  it('that cannot be written or read blocks nobody', async () => {
    const closed = new MongoClient(mongoUri());
    const unheard = closed.db(freshDatabaseName());
    await closed.connect();
    const session = aSession();
    await closed.close();
    const broken = new Heartbeat(unheard);
    expect(await broken.during(session, async () => 'done')).toBe('done');
    await broken.endDead();
    broken.close();
  });
});
