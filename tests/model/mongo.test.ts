import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { EmptiedDatabase } from '../support/emptied-database.ts';
import { describeWithMongo, mongoUri } from '../support/mongo.ts';
import { modelTest } from './model-test.ts';

describeWithMongo('a store in MongoDB', () => {
  const database = new EmptiedDatabase();
  modelTest(
    'through the stores of two processes',
    async ({ clock }) => {
      const databaseName = await database.empty();
      // The clock is moved about, far from the database's
      const options = { uri: mongoUri(), databaseName, clock, clockToleranceMs: Infinity, timeoutMs: 60_000 };
      const first = await openMongoStore(options);
      const second = await openMongoStore(options);
      return {
        stores: [first, second],
        async dispose() {
          await Promise.all([first.close(), second.close()]);
        },
      };
    },
    { sequences: 12, commands: 64 },
  );
});
