import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import { MongoSharedCounts } from '../../../src/adapters/mongo/stores/shared-counts.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';

describeWithMongo('shared counts in MongoDB', () => {
  let client: MongoClient;
  let collections: ReturnType<typeof collectionsOf>;
  let servers: readonly [MongoSharedCounts, MongoSharedCounts];

  beforeEach(async () => {
    client = await new MongoClient(mongoUri()).connect();
    collections = collectionsOf(client.db(freshDatabaseName(), { useBigInt64: true }));
    servers = [new MongoSharedCounts(collections), new MongoSharedCounts(collections)];
  });
  afterEach(() => client.close());

  it('add the counts of all servers, even if concurrent', async () => {
    const [one, other] = servers;
    const added = (count: number) =>
      new Map([
        ['a', count],
        ['b', 1],
      ]);
    await Promise.all([one.add(7, added(10)), other.add(7, added(20)), one.add(7, added(3))]);
    expect(await other.add(7, added(0))).toEqual(added(33).set('b', 4));
    expect(await other.add(7, new Map([['c', 2]]))).toEqual(new Map([['c', 2]]));
  });

  it('keep periods separate, and forget earlier ones', async () => {
    const [one, other] = servers;
    await one.add(9, new Map([['a', 5]]));
    await one.add(10, new Map([['b', 1]]));
    expect(await other.add(10, new Map([['a', 1]]))).toEqual(new Map([['a', 1]]));
    expect(await collections.counts.countDocuments()).toBe(2);
  });

  it('reject with `unavailable` if the database is unreachable', async () => {
    const lost = new MongoClient('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 1 });
    const counts = new MongoSharedCounts(collectionsOf(lost.db('x')));
    await expect(counts.add(1, new Map([['a', 1]]))).rejects.toMatchObject({ code: 'unavailable' });
    await lost.close();
  });
});
