import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import type { BlockDocument } from '../../../src/adapters/mongo/documents/block-document.ts';
import { aCustomer } from '../../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';
import { openMongoBank } from '../../support/mongo-bank.ts';
import type { MongoBank } from '../../support/mongo-bank.ts';

describeWithMongo('blocks of entries', () => {
  const alice = aCustomer('Alice');
  let databaseName: string;
  let client: MongoClient;
  let db: Db;
  let mongo: MongoBank;
  /** Of Alice, who pays the second; her book begins with her funds. */
  let from: string;
  let to: string;
  let other: string;

  beforeEach(async () => {
    databaseName = freshDatabaseName();
    client = await MongoClient.connect(mongoUri(), { useBigInt64: true });
    db = client.db(databaseName);
    mongo = await openMongoBank({ uri: mongoUri(), databaseName });
    from = await mongo.bank.account(alice, { funds: 1000n });
    [to, other] = [await mongo.bank.open(aCustomer()), await mongo.bank.open(aCustomer())];
  });
  afterEach(async () => {
    await mongo.close();
    await client.close();
  });

  async function pay(count: number, { bank } = mongo, payee = to): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => bank.pay(alice, { from, to: payee, amount: 1n })));
  }

  const blocks = () => collectionsOf(db).blocks.find().sort({ _id: 1 }).toArray();

  /** As the books have them. */
  async function expectedBlocks(accountIds = [from, to]): Promise<readonly BlockDocument[]> {
    const expected: BlockDocument[] = [];
    for (const id of accountIds.toSorted()) {
      const lines = await mongo.bank.reads.linesOf(id, { after: null, limit: 1000 });
      for (let block = 1; block * 64 <= lines.length; block++) {
        const others = lines.slice((block - 1) * 64, block * 64).map(({ transfer: { legs } }) => {
          return legs.find(({ accountId }) => accountId !== id)?.accountId.slice(-4);
        });
        expected.push({ _id: `${id} ${String(block).padStart(16, '0')}`, others: others.join(',') });
      }
    }
    return expected;
  }

  async function expectBlocks(count: number): Promise<void> {
    const expected = await expectedBlocks();
    expect(expected).toHaveLength(count);
    await vi.waitFor(async () => expect(await blocks()).toEqual(expected));
  }

  async function sequencesWith(counterparty: string, { bank } = mongo): Promise<readonly number[]> {
    const { items } = await bank.ledger.listEntries(alice, from, { counterparty, limit: 100 });
    return items.map(({ sequence }) => sequence);
  }

  it('that one unit completes are written in one call', async () => {
    await mongo.bank.fund(to, 1n);
    mongo.sent.length = 0;
    await pay(63);
    await vi.waitFor(async () => expect(await blocks()).toHaveLength(2));
    const written = mongo.sent.filter(({ command }) => command['insert'] === 'blocks');
    expect(written).toHaveLength(1);
  });

  it('are written after the commit of their entries, only if complete, and without a read', async () => {
    mongo.sent.length = 0;
    await pay(1, mongo, other);
    await pay(70);
    await vi.waitFor(async () => expect(await blocks()).toHaveLength(2));
    await pay(57);
    await vi.waitFor(async () => expect(await blocks()).toHaveLength(3));
    const readBooks = mongo.sent.filter(
      ({ command }) => command['find'] === 'transfers' && 'places' in (command['filter'] as object),
    );
    expect(readBooks).toEqual([]);
    await expectBlocks(3);
  });

  it('are made from the book by a process that did not see all its entries', async () => {
    await pay(30);
    const second = await openMongoBank({ uri: mongoUri(), databaseName });
    await pay(20, second);
    await pay(40);
    await expectBlocks(2);
    await second.close();
  });

  it('are searched instead of the entries', async () => {
    await pay(1, mongo, other);
    await pay(126);
    await pay(1, mongo, other);
    await expectBlocks(3);
    expect(await sequencesWith(other)).toEqual([129, 2]);

    mongo.sent.length = 0;
    await sequencesWith(other);
    const read = mongo.sent.filter(({ command }) => command['find'] === 'transfers');
    const ranges = JSON.stringify(read.map(({ command }) => (command['filter'] as object) ?? {}));
    const first = (block: number) => `${from} ${String(block * 64 - 63).padStart(16, '0')}`;
    expect([1, 2, 3].map((block) => ranges.includes(first(block)))).toEqual([true, false, true]);
  });

  it('that are missing are replaced by their entries, and then written', async () => {
    await pay(1, mongo, other);
    await pay(140);
    await expectBlocks(4);
    await collectionsOf(db).blocks.deleteMany({});
    const second = await openMongoBank({ uri: mongoUri(), databaseName });
    expect(await Promise.all([sequencesWith(other), sequencesWith(other, second)])).toEqual([[2], [2]]);
    const expected = await expectedBlocks([from]);
    await vi.waitFor(async () => expect(await blocks()).toEqual(expected));
    await second.close();
  });

  it('that cannot be written block no payment', async () => {
    await db.command({ collMod: 'blocks', validator: { _id: 'none' } });
    await pay(140);
    expect(await sequencesWith(to)).toHaveLength(100);
    expect(await blocks()).toEqual([]);
  });

  it('replace an index of an older version', async () => {
    await mongo.close();
    await db.collection('transfers').createIndexes([{ key: { between: 1 }, name: 'by_other', sparse: true }]);
    await db.collection<{ _id: number }>('schema').deleteMany({ _id: { $gte: 3 } });
    const both = () => openMongoBank({ uri: mongoUri(), databaseName });
    const opened = await Promise.all([both(), both()]);
    expect(await db.collection('transfers').indexExists('by_other')).toBe(false);
    await Promise.all(opened.map((one) => one.close()));
  });
});
