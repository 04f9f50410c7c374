import { MongoClient } from 'mongodb';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { modelTest } from './model-test.ts';

describeWithMongo('a store in MongoDB', () => {
  modelTest(
    'by the doors of two processes',
    async ({ clock }) => {
      const databaseName = freshDatabaseName();
      // The clock is moved about, far from the database's
      const options = { uri: mongoUri(), databaseName, clock, clockToleranceMs: Infinity, timeoutMs: 60_000 };
      const first = await openMongoStore(options);
      const second = await openMongoStore(options);
      return {
        doors: [first, second],
        async dispose() {
          await Promise.all([first.close(), second.close()]);
          await drop(databaseName);
        },
      };
    },
    { sequences: 24, commands: 64 },
  );
});

async function drop(databaseName: string): Promise<void> {
  const client = new MongoClient(mongoUri());
  try {
    await client.db(databaseName).dropDatabase();
  } finally {
    await client.close();
  }
}
