import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMongoStore } from '../../../src/adapters/mongo/index.ts';
import type { MongoStore } from '../../../src/adapters/mongo/index.ts';
import { aUser } from '../../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';

describeWithMongo('a transaction of MongoDB that runs again', () => {
  let one: MongoStore;
  let other: MongoStore;
  let retries = 0;
  beforeAll(async () => {
    const terms = { uri: mongoUri(), databaseName: freshDatabaseName() };
    one = await openMongoStore({ ...terms, onRetry: () => retries++ });
    other = await openMongoStore(terms);
  });
  afterAll(async () => {
    await one.close();
    await other.close();
  });

  it('calls onRetry each time, and one that runs once does not', async () => {
    const user = aUser();
    await one.unitOfWork.run(({ users }) => users.insert(user, 'first'));
    expect(retries).toBe(0);

    let attempts = 0;
    await one.unitOfWork.run(async ({ users }) => {
      // Takes the snapshot
      await users.withPassword(user.id);
      if (++attempts === 1) {
        await other.unitOfWork.run((stores) => stores.users.setPasswordHash(user.id, 'of the other'));
      }
      await users.setPasswordHash(user.id, 'last');
    });
    expect([attempts, retries]).toEqual([2, 1]);
    const found = await other.unitOfWork.run(({ users }) => users.withPassword(user.id));
    expect(found?.passwordHash).toBe('last');
  });
});
