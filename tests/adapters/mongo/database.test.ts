import type { CollectionInfo, Db, Document } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ReplicaSet } from '../../../scripts/mongo-replica-set.ts';
import { openMongoStore } from '../../../src/adapters/mongo/index.ts';
import { aCustomer } from '../../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri, startReplicaSet } from '../../support/mongo.ts';
import { openMongoBank, withRawClient } from '../../support/mongo-bank.ts';

const NAMES =
  'accounts transfers blocks audit records parcels users sessions turns processes ledger schema'.split(' ');
const clock = { now: () => Date.now() };

describeWithMongo('a database that another program uses', () => {
  const withDatabase = <T>(name: string, work: (db: Db) => Promise<T>): Promise<T> =>
    withRawClient(mongoUri(), (client) => work(client.db(name)));

  /** All that a start could change: collections with their options, indexes and documents. */
  async function contentsOf(db: Db): Promise<Document> {
    const collections = (await db.listCollections().toArray()) as CollectionInfo[];
    const contents: Document = {};
    for (const { name, type, options } of collections) {
      const indexes = type === 'view' ? [] : await db.collection(name).listIndexes().toArray();
      contents[name] = { options, indexes, documents: await db.collection(name).find().toArray() };
    }
    return contents;
  }

  const holding = (document: Document, name: string) => (db: Db) => db.collection(name).insertOne(document);
  const USER = { email: 'ada@example.com', password: 'hash' };
  const DOCUMENTS = 'holds documents that this program did not write';
  const OPTIONS = 'has options that this program does not set';
  const foreign: readonly (readonly [string, string, string, (db: Db) => Promise<unknown>])[] = [
    ...NAMES.map((name) => ['documents', name, DOCUMENTS, holding(USER, name)] as const),
    [
      'a head that is none',
      'ledger',
      DOCUMENTS,
      holding({ _id: 'head' as never, unit: 'of sales' }, 'ledger'),
    ],
    [
      'migrations of its own',
      'schema',
      DOCUMENTS,
      holding({ _id: 3 as never, name: 'posts', appliedAt: new Date() }, 'schema'),
    ],
    [
      'migrations of its own without numbers',
      'schema',
      DOCUMENTS,
      holding({ _id: '2' as never, name: 'posts', appliedAt: new Date() }, 'schema'),
    ],
    [
      'a validator and no documents',
      'users',
      OPTIONS,
      (db) => db.createCollection('users', { validator: { email: { $exists: true } } }),
    ],
    ['a limited size', 'audit', OPTIONS, (db) => db.createCollection('audit', { capped: true, size: 4096 })],
    [
      'an index and no documents',
      'users',
      'has indexes that this program does not make',
      (db) => db.collection('users').createIndexes([{ key: { username: 1 }, unique: true }]),
    ],
    [
      'a view',
      'accounts',
      'is a view',
      (db) => db.createCollection('accounts', { viewOn: 'b', pipeline: [] }),
    ],
  ];

  it.each(foreign)('by %s in "%s" is refused and left unchanged', async (_what, name, reason, make) => {
    const databaseName = freshDatabaseName();
    await withDatabase(databaseName, async (db) => {
      await db.collection('posts').insertOne({ title: 'First' });
      await make(db);
      const before = await contentsOf(db);
      await expect(openMongoStore({ uri: mongoUri(), databaseName, clock })).rejects.toThrow(
        new TypeError(
          `The database "${databaseName}" belongs to another program: its collection "${name}" ${reason}. Name another database in the URI`,
        ),
      );
      expect(await contentsOf(db)).toEqual(before);
    });
  });

  it('for collections of other names is accepted', async () => {
    const databaseName = freshDatabaseName();
    await withDatabase(databaseName, async (db) => {
      await db.collection('posts').insertOne({ title: 'First' });
      await db.createCollection('sessions');
      const mongo = await openMongoBank({ uri: mongoUri(), databaseName });
      await mongo.bank.account(aCustomer(), { funds: 5n });
      await mongo.close();
      expect(await db.collection('posts').countDocuments()).toBe(1);
    });
  });

  it('is not confused with an interrupted first start of this program', async () => {
    const databaseName = freshDatabaseName();
    await withDatabase(databaseName, async (db) => {
      const open = () => openMongoBank({ uri: mongoUri(), databaseName });
      await (await open()).close();
      await db.collection('schema').deleteMany();
      await db.collection('turns').drop();
      await db.collection('parcels').dropIndexes();
      const mongo = await open();
      await mongo.bank.account(aCustomer(), { funds: 5n });
      await mongo.close();
      expect(await db.collection('schema').countDocuments()).toBeGreaterThan(0);
    });
  });

  it('is not confused with a concurrent set-up by several processes of this program', async () => {
    const databaseName = freshDatabaseName();
    const banks = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const patience = { timeoutMs: 60_000, limits: { deadlineMs: 60_000 } };
        const mongo = await openMongoBank({ uri: mongoUri(), databaseName, ...patience });
        await mongo.bank.account(aCustomer(), { funds: 5n });
        return mongo;
      }),
    );
    const accounts = await Promise.all(
      banks.map(({ store }) => store.scan.accountsPage({ after: null, limit: 9 })),
    );
    // One of each owner, and the funding account
    expect(accounts.map((page) => page.length)).toEqual([4, 4, 4]);
    await Promise.all(banks.map((mongo) => mongo.close()));
  });
});

describeWithMongo('a URI that names no database', () => {
  let server: ReplicaSet;

  beforeAll(async () => {
    server = await startReplicaSet({ nodes: 1 });
  });
  afterAll(() => server?.stop());

  const open = async (database = '') => {
    const store = await openMongoStore({ uri: server.uri(database), clock });
    await store.close();
  };
  const databases = () =>
    withRawClient(server.uri(), async (client) => {
      const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
      return databases.map(({ name }) => name).filter((name) => !['admin', 'config', 'local'].includes(name));
    });

  beforeEach(() =>
    withRawClient(server.uri(), async (client) => {
      for (const name of ['passbook', 'test']) await client.db(name).dropDatabase();
    }),
  );

  it('means "passbook", unless the books are in "test"', async () => {
    await open('test');
    await expect(open()).rejects.toThrow(
      new TypeError(
        'The URI names no database, and the books are in the database "test": name it in the URI, as in mongodb://host/test',
      ),
    );
    expect(await databases()).toEqual(['test']);
    await open('test');

    await open('passbook');
    await open();
    await withRawClient(server.uri(), (client) => client.db('test').dropDatabase());
    await open();
    expect(await databases()).toEqual(['passbook']);
  });

  it('means "passbook" if "test" belongs to another program', async () => {
    await withRawClient(server.uri(), (client) =>
      client.db('test').collection('schema').insertOne({ title: 'of forms' }),
    );
    await open();
    expect(await databases()).toEqual(['passbook', 'test']);
  });
});
