import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { storeContract } from '../../src/testing/index.ts';

describeWithMongo('a store in MongoDB', () => {
  storeContract('with two clients of one database', async ({ clock }) => {
    // The clock is fixed, far from the database's
    const options = {
      uri: mongoUri(),
      databaseName: freshDatabaseName(),
      clock,
      clockToleranceMs: Infinity,
    };
    // Opened at once, like two processes that start together
    const [store, second] = await Promise.all([openMongoStore(options), openMongoStore(options)]);
    return { store, second };
  });
});
