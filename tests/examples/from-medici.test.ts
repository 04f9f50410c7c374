import { MongoClient, ObjectId } from 'mongodb';
import type { Db } from 'mongodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLedger } from 'passbook-ledger';
import type { Ledger, Store } from 'passbook-ledger';
import { openMongoStore } from 'passbook-ledger/mongo';
import { moveFromMedici } from '../../examples/from-medici/move.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';

type Line = readonly [path: string, side: 'debit' | 'credit', amount: number];

describeWithMongo('the move from medici', () => {
  let client: MongoClient;
  let db: Db;
  let store: Store;
  let ledger: Ledger;
  let minute = 0;

  beforeEach(async () => {
    client = await MongoClient.connect(mongoUri());
    db = client.db(freshDatabaseName());
    store = await openMongoStore({ uri: mongoUri(), databaseName: freshDatabaseName() });
    ledger = createLedger({ store });
  });
  afterEach(async () => {
    await ledger.close();
    await store.close();
    await client.close();
  });

  /** Writes a journal and its lines as medici does. */
  async function journal(memo: string, lines: readonly Line[], fields: object = {}): Promise<string> {
    const [_id, datetime] = [new ObjectId(), new Date(Date.UTC(2026, 0, 1, 0, minute++))];
    const transactions = lines.map(([path, side, amount]) => ({
      _id: new ObjectId(),
      _journal: _id,
      book: 'shop',
      accounts: path,
      account_path: path.split(':'),
      debit: side === 'debit' ? amount : 0,
      credit: side === 'credit' ? amount : 0,
      memo,
      datetime,
      timestamp: datetime,
      ...fields,
    }));
    await db.collection('medici_transactions').insertMany(transactions);
    const _transactions = transactions.map(({ _id }) => _id);
    await db
      .collection('medici_journals')
      .insertOne({ _id, memo, book: 'shop', datetime, _transactions, ...fields });
    return _id.toHexString();
  }

  async function someBook(): Promise<void> {
    await journal('Ada pays in', [
      ['Assets:Cash', 'debit', 100.1],
      ['Wallets:Ada', 'credit', 100.1],
    ]);
    await journal('Ada pays in\nagain', [
      ['Assets:Cash', 'debit', 0.2],
      ['Wallets:Ada', 'credit', 0.2],
    ]);
    await journal('an order with a fee', [
      ['Wallets:Ada', 'debit', 10],
      ['Wallets:Sam Shop', 'credit', 9.2],
      ['Income:Fees', 'credit', 0.8],
    ]);
    await journal('two buyers, two sellers', [
      ['Wallets:Ada', 'debit', 3],
      ['Wallets:Sam Shop', 'debit', 2],
      ['Wallets:Sam Shop', 'credit', 4],
      ['Wallets:Zoe', 'credit', 1],
    ]);
    await journal('not approved yet', [['Wallets:Ada', 'credit', 7]], { approved: false });
  }

  async function balances(): Promise<Record<string, bigint>> {
    const found: Record<string, bigint> = {};
    for (const path of ['Assets:Cash', 'Wallets:Ada', 'Wallets:Sam Shop', 'Income:Fees', 'Wallets:Zoe']) {
      const { items } = await ledger.listAccounts(SYSTEM, encodeURIComponent(`shop/${path}`));
      expect(items).toHaveLength(1);
      found[path] = items[0]?.balance ?? -1n;
    }
    return found;
  }

  const EXPECTED = {
    'Assets:Cash': -10_030n,
    'Wallets:Ada': 8_730n,
    'Wallets:Sam Shop': 1_120n,
    'Income:Fees': 80n,
    'Wallets:Zoe': 100n,
  };

  test('carries every journal over, and moves nothing when it is run again', async () => {
    await someBook();
    for (const _ of [1, 2]) {
      const result = await moveFromMedici({ db, book: 'shop', ledger });
      expect(result).toEqual({ moved: 4, refused: [], differences: [] });
      expect(await balances()).toEqual(EXPECTED);
    }
    expect((await ledger.verifyBooks()).faults).toEqual([]);
  });

  test('ends a move that was interrupted when it is run again', async () => {
    await someBook();
    let left = 2;
    const failing: Ledger = {
      ...ledger,
      submitBatch: (async (...terms: Parameters<Ledger['submitBatch']>) => {
        if (left-- === 0) throw new Error('the power fails');
        return ledger.submitBatch(...terms);
      }) as Ledger['submitBatch'],
    };
    await expect(moveFromMedici({ db, book: 'shop', ledger: failing })).rejects.toThrow('the power fails');
    expect(await moveFromMedici({ db, book: 'shop', ledger })).toMatchObject({ moved: 4, differences: [] });
    expect(await balances()).toEqual(EXPECTED);
  });

  test('keeps the memo, the date and the id of a journal', async () => {
    await someBook();
    await moveFromMedici({ db, book: 'shop', ledger });
    const { items } = await ledger.listAccounts(SYSTEM, encodeURIComponent('shop/Assets:Cash'));
    const { items: entries } = await ledger.listEntries(SYSTEM, items[0]?.accountId ?? '');
    const transfer = await ledger.getTransfer(SYSTEM, entries[0]?.transferId ?? '');
    expect(transfer.description).toBe('Ada pays in again');
    expect(transfer.metadata).toMatchObject({ datetime: expect.stringMatching(/^2026-01-01T/) as string });
  });

  test('names a journal that does not balance, and the accounts that differ', async () => {
    await someBook();
    const torn = await journal('a third each', [
      ['Wallets:Ada', 'debit', 100],
      ['Wallets:Sam Shop', 'credit', 33.33],
      ['Wallets:Zoe', 'credit', 33.33],
      ['Income:Fees', 'credit', 33.33],
    ]);
    const result = await moveFromMedici({ db, book: 'shop', ledger });
    expect(result).toMatchObject({
      moved: 4,
      refused: [{ journal: torn, reason: 'its debits and credits differ' }],
    });
    expect(result.differences).toContainEqual({ account: 'Wallets:Ada', medici: -1_270n, ledger: 8_730n });
    expect(result.differences).toHaveLength(4);
  });
});
