import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMongoStore } from '../../../src/adapters/mongo/index.ts';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import { MongoThrottleCounts } from '../../../src/adapters/mongo/stores/throttle-counts.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import type { ThrottleLimits } from '../../../src/adapters/http/middleware/sign-in-throttle.ts';
import { Edge, PASSWORD } from '../../support/edge.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';

let client: MongoClient;
let databaseName: string;

const throttles = () => collectionsOf(client.db(databaseName, { useBigInt64: true })).throttles;

const expireAll = () => throttles().updateMany({}, { $set: { expiresAt: new Date(0) } });

describeWithMongo('throttle counts in MongoDB', () => {
  let servers: readonly [MongoThrottleCounts, MongoThrottleCounts];

  beforeEach(async () => {
    client = await new MongoClient(mongoUri()).connect();
    databaseName = freshDatabaseName();
    const collections = { ...collectionsOf(client.db(databaseName)), throttles: throttles() };
    servers = [new MongoThrottleCounts(collections), new MongoThrottleCounts(collections)];
  });
  afterEach(() => client.close());

  it('add up what all servers count, also at once', async () => {
    const [one, other] = servers;
    const added = await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 ? one : other).add('a', 60)),
    );
    expect(added.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
    await one.takeBack('a');
    expect((await other.find('a'))?.count).toBe(39);
    await other.delete('a');
    expect(await one.find('a')).toBeUndefined();
  });

  it('end at the time that their first one set', async () => {
    const [one, other] = servers;
    const first = await one.add('a', 60);
    const second = await other.add('a', 1_000_000);
    for (const { leftMs } of [first, second]) {
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(60_000);
    }
  });

  it('begin anew once they have ended, deleted or not', async () => {
    const [one, other] = servers;
    await one.add('a', 60);
    await one.add('a', 60);
    await expireAll();
    expect(await other.find('a')).toBeUndefined();
    expect(await other.add('a', 10)).toEqual({ count: 1, leftMs: 10_000 });
  });

  it('take nothing back where nothing is counted', async () => {
    const [one] = servers;
    await one.takeBack('a');
    expect(await throttles().countDocuments()).toBe(0);
  });

  it('reject with `unavailable` where the database cannot be reached', async () => {
    const lost = new MongoClient('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 1 });
    const counts = new MongoThrottleCounts(collectionsOf(lost.db('x')));
    for (const asked of [counts.add('a', 1), counts.takeBack('a'), counts.find('a'), counts.delete('a')]) {
      await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
    }
    await lost.close();
  });
});

describeWithMongo('servers of one database', () => {
  let opened: AsyncDisposable[];

  beforeEach(async () => {
    opened = [];
    client = await new MongoClient(mongoUri()).connect();
    databaseName = freshDatabaseName();
  });
  afterEach(async () => {
    for (const store of opened) await store[Symbol.asyncDispose]();
    await client.close();
  });

  async function aServer(throttle: Partial<ThrottleLimits> = {}) {
    const store = await openMongoStore({ uri: mongoUri(), databaseName, clockToleranceMs: Infinity });
    opened.push(store);
    const edge = new Edge({ store, app: { throttle: { ...throttle, shared: store.throttleCounts } } });
    const signIn = async (email: string, password: string, address = '198.51.100.1') =>
      (await edge.call('POST /api/auth/login', { body: { email, password }, address })).status;
    return { edge, signIn };
  }

  it('let nobody guess more often by asking several of them', async () => {
    // The wait outlasts a slow test
    const limits = { firstDelaySeconds: 600 };
    const [one, other] = [await aServer(limits), await aServer(limits)];
    const { email } = await one.edge.register();
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 ? one : other).signIn(email, 'wrong')),
    );
    expect(guesses.filter((status) => status === 401)).toHaveLength(6);
    expect(await one.signIn(email, PASSWORD)).toBe(429);
    expect(await other.signIn(email, PASSWORD)).toBe(429);
    // Nobody is locked out: the first try from another network is checked
    expect(await other.signIn(email, PASSWORD, '203.0.113.1')).toBe(200);
  });

  it('remember failures and familiar networks after a restart', async () => {
    const one = await aServer();
    const { email } = await one.edge.register();
    expect(await one.signIn(email, PASSWORD, '192.0.2.1')).toBe(200);
    for (let count = 0; count < 7; count++) await one.signIn(email, 'wrong');
    await opened.pop()?.[Symbol.asyncDispose]();

    const restarted = await aServer({ failuresPerAddress: 0 });
    expect(await restarted.signIn(email, PASSWORD)).toBe(429);
    expect(await restarted.signIn(email, PASSWORD, '192.0.2.1')).toBe(200);
    expect(await restarted.signIn(email, PASSWORD, '203.0.113.1')).toBe(429);
  });

  it('share the failures of an IPv6 network, and the registrations of an e-mail address', async () => {
    const [one, other] = [
      await aServer({ failuresPerAddress: 1, registrationsPerEmail: 1 }),
      await aServer({ failuresPerAddress: 1, registrationsPerEmail: 1 }),
    ];
    expect(await one.signIn(`${freshId()}@example.com`, 'wrong', '2001:db8::1')).toBe(401);
    expect(await other.signIn(`${freshId()}@example.com`, 'wrong', '2001:db8::2')).toBe(429);

    const body = { name: 'Alice', email: `${freshId()}@example.com`, password: PASSWORD };
    const register = async ({ edge }: typeof one) =>
      (await edge.call('POST /api/auth/register', { body, address: '192.0.2.1' })).status;
    expect([await register(one), await register(other)]).toEqual([201, 429]);
  });

  it('store digests that the database deletes', async () => {
    const one = await aServer();
    const { email } = await one.edge.register();
    await one.signIn(email, 'wrong', '192.0.2.1');
    const stored = await throttles().find().toArray();
    expect(stored.length).toBeGreaterThan(0);
    for (const { _id, expiresAt } of stored) {
      expect(_id).toMatch(/^[\w-]{43}$/);
      expect(expiresAt).toBeInstanceOf(Date);
    }
    expect(await throttles().indexes()).toContainEqual(
      expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }),
    );
  });
});
