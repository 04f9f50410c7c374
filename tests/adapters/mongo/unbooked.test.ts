import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';
import { openMongoBank } from '../../support/mongo-bank.ts';
import { someHistory } from '../../support/some-history.ts';

describeWithMongo('unbooked transfers', () => {
  it('are found in a database of an older version, which had an index of all transfers by party', async () => {
    const databaseName = freshDatabaseName();
    const client = await MongoClient.connect(mongoUri(), { useBigInt64: true });
    const db = client.db(databaseName);
    const { transfers } = collectionsOf(db);
    const open = () => openMongoBank({ uri: mongoUri(), databaseName });

    const first = await open();
    const history = await someHistory(first.bank);
    const expected = await history.lists(first.bank.reads);
    await first.close();
    const unbooked = () =>
      transfers
        .find({ unbookedFor: { $exists: true } })
        .sort({ _id: 1 })
        .toArray();
    const written = await unbooked();
    expect(written).toHaveLength(history.unbooked);

    await transfers.updateMany({}, [{ $set: { parties: ['$initiator.id'] } }, { $unset: 'unbookedFor' }]);
    await transfers.dropIndex('unbooked');
    await transfers.createIndexes([{ key: { parties: 1, _id: -1 }, name: 'by_party' }]);
    await db.collection<{ _id: number }>('schema').deleteMany({ _id: { $gte: 4 } });

    const [second, third] = await Promise.all([open(), open()]);
    expect(await unbooked()).toMatchObject(written);
    expect(await transfers.indexExists('by_party')).toBe(false);
    expect(await history.lists(second.bank.reads)).toStrictEqual(expected);
    await Promise.all([second.close(), third.close(), client.close()]);
  });
});
