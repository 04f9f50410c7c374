import { MongoClient } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { freshDatabaseName, mongoUri } from './mongo.ts';

/** Keeps the types of numbers. */
const UNCHANGED = { promoteValues: false, promoteLongs: false } as const;

/** One database for many tests, each of which finds it as if it were new. To make a new one takes 20 times as long. */
export class EmptiedDatabase {
  readonly #name = freshDatabaseName();
  #firstDocuments: ReadonlyMap<string, readonly Document[]> | undefined;

  /** Returns its name. Nobody else may use it meanwhile. */
  async empty(): Promise<string> {
    const client = new MongoClient(mongoUri());
    try {
      const db = client.db(this.#name);
      this.#firstDocuments ??= await this.#create(db);
      for (const [name, documents] of this.#firstDocuments) {
        const collection = db.collection(name);
        await collection.deleteMany({});
        if (documents.length > 0) await collection.insertMany([...documents]);
      }
    } finally {
      await client.close();
    }
    return this.#name;
  }

  async #create(db: Db): Promise<ReadonlyMap<string, readonly Document[]>> {
    const store = await openMongoStore({
      uri: mongoUri(),
      databaseName: this.#name,
      clock: new FixedClock(),
      clockToleranceMs: Infinity,
    });
    await store.close();
    const documents = new Map<string, readonly Document[]>();
    for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
      documents.set(name, await db.collection(name).find({}, UNCHANGED).toArray());
    }
    return documents;
  }
}
