import type { Db, Document } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestBinary } from '../../../src/adapters/mongo/documents/digest.ts';
import { Account } from '../../../src/domain/entities/account.ts';
import { isAccountNumber } from '../../../src/domain/entities/account-number.ts';
import { NO_CHANGES, aPrefetch, transferIdOf } from '../../../src/testing/fixtures/bank.ts';
import {
  aCustomer,
  anAccount,
  freshId,
  freshNumber,
  JANUARY,
} from '../../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../../support/mongo.ts';
import { openMongoBank, withRawClient } from '../../support/mongo-bank.ts';
import type { MongoBank } from '../../support/mongo-bank.ts';

type Kept = Document & { _id: string };
const UNCHECKED = { bypassDocumentValidation: true };
/** More than one portion of the migration. */
const MANY = 600;
/** Fewer than a slow machine opens before a unit's deadline. */
const AT_ONCE = 100;

describeWithMongo('the unique indexes of identifiers', () => {
  const databaseName = freshDatabaseName();
  let one: MongoBank;
  let other: MongoBank;

  beforeAll(async () => {
    one = await openMongoBank({ uri: mongoUri(), databaseName });
    other = await openMongoBank({ uri: mongoUri(), databaseName });
  });
  afterAll(() => Promise.all([one.close(), other.close()]));

  it('make a decision run afresh that gives a number a second time', async () => {
    const number = freshNumber();
    await one.bank.seed(anAccount({ number }));
    expect(await attemptsToOpen(other, { kind: 'account_number', value: number }, { number })).toBe(2);
  });

  it('make a decision run afresh that gives an external id a second time', async () => {
    const externalId = freshId();
    await one.bank.seed(anAccount({ externalId }));
    const identifier = { kind: 'account_external_id', value: externalId } as const;
    expect(await attemptsToOpen(other, identifier, { externalId })).toBe(2);
  });

  it('refuse a second transfer with an external id, unless it was rejected', async () => {
    const alice = aCustomer();
    const [from, to] = [await one.bank.account(alice, { funds: 9n }), await one.bank.open(aCustomer())];
    const externalId = freshId();
    const pay = async (amount: bigint) => {
      const request = { sourceAccountId: from, destinationAccountId: to, amount, externalId };
      return one.bank.ledger.transferFunds(alice, { ...request, idempotencyKey: freshId() });
    };
    await pay(1_000n);
    await pay(1_000n);
    const transferId = transferIdOf(await pay(1n));
    await withDatabase(databaseName, async (db) => {
      const transfers = db.collection<Kept>('transfers');
      expect(await transfers.countDocuments({ externalId })).toBe(3);
      const kept = (await transfers.findOne({ _id: transferId }))!;
      const copy = { ...kept, _id: freshId(), places: [freshId()], record: { key: freshId() } };
      await expect(transfers.insertOne(copy, UNCHECKED)).rejects.toMatchObject({
        code: 11000,
        keyPattern: { externalId: 1 },
      });
    });
  });

  it('serve every lookup of an identifier', async () => {
    await withDatabase(databaseName, async (db) => {
      await db.command({ profile: 2 });
      await one.bank.reads.identify([
        { kind: 'account_number', value: freshNumber() },
        { kind: 'account_external_id', value: freshId() },
        { kind: 'transfer_external_id', value: freshId() },
      ]);
      await db.command({ profile: 0 });
      const profile = await db
        .collection('system.profile')
        .find({ ns: { $ne: `${databaseName}.system.profile` }, planSummary: { $exists: true } })
        .toArray();
      const plans = profile.map(
        (one) => `${one['ns']}: ${String(one['planSummary']).split(', ').sort().join(', ')}`,
      );
      expect(plans.sort()).toEqual([
        `${databaseName}.accounts: IXSCAN { externalId: 1 }, IXSCAN { number: 1 }`,
        `${databaseName}.transfers: IXSCAN { externalId: 1 }`,
      ]);
    });
  });

  it('cost a unit without identifiers no call', async () => {
    const alice = aCustomer();
    const [from, to] = [await one.bank.account(alice, { funds: 9n }), await one.bank.open(aCustomer())];
    const callsOf = async (more: { externalId?: string }) => {
      await one.bank.pay(alice, { from, to, amount: 1n });
      one.sent.length = 0;
      const request = { sourceAccountId: from, destinationAccountId: to, amount: 1n, ...more };
      await one.bank.ledger.transferFunds(alice, { ...request, idempotencyKey: freshId() });
      return one.sent.filter(
        ({ commandName, command }) => commandName === 'find' && command['find'] !== 'turns',
      ).length;
    };
    const without = await callsOf({});
    expect(await callsOf({ externalId: freshId() })).toBe(without + 1);
  });
});

/** Opens an account without asking whether its identifier is taken, as long as the store lets it. */
async function attemptsToOpen(
  { bank, store }: MongoBank,
  identifier: Parameters<MongoBank['bank']['reads']['identify']>[0][number],
  facts: { number?: string; externalId?: string },
): Promise<number> {
  let attempts = 0;
  const after = anAccount(facts);
  const isTaken = await store.unitOfWork.transact(
    aPrefetch({ accountIds: [after.id], identifiers: [identifier] }),
    (books) => {
      attempts += 1;
      const isRefused = attempts > 1 && books.isTaken(identifier);
      const accounts = isRefused ? [] : [{ before: null, after }];
      return { result: isRefused, changes: { ...NO_CHANGES, accounts } };
    },
    bank.deadline(),
  );
  expect(isTaken).toBe(true);
  expect(await bank.reads.account(after.id)).toBeUndefined();
  return attempts;
}

describeWithMongo('the migration that numbers accounts', () => {
  it('gives each account of an owner one number, whole books, and working servers, several at once', async () => {
    const { databaseName, alice, from, to } = await booksBefore();
    const options = { uri: mongoUri(), databaseName, accountPrefix: 'XY' };
    const banks = await Promise.all([openMongoBank(options), openMongoBank(options), openMongoBank(options)]);
    const [{ bank }] = banks;

    const kept = await accountsIn(databaseName);
    const ofOwners = kept.filter(({ ownerId }) => ownerId !== null);
    const numbers = ofOwners.map(({ number }) => String(number));
    expect(numbers.filter((number) => !isAccountNumber(number) || !number.startsWith('XY'))).toEqual([]);
    expect(new Set(numbers).size).toBe(MANY + 2);
    const ofTheBank = kept.filter(({ ownerId }) => ownerId === null);
    expect(ofTheBank).toMatchObject([{ number: null, externalId: null, metadata: null }]);
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);

    await bank.fund(from, 9n);
    for (const door of banks) await door.bank.pay(alice, { from, to, amount: 1n });
    expect(await bank.balanceOf(to)).toBe(3n);
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
    await Promise.all(banks.map((door) => door.close()));
    const ids = new Set(kept.map(({ _id }) => _id));
    const after = (await accountsIn(databaseName)).filter(({ _id }) => ids.has(_id));
    expect(after).toMatchObject(kept.map((one) => ({ _id: one._id, number: one['number'] as unknown })));
  });

  it('goes on where it was cut off, and keeps the numbers that were given', async () => {
    const { databaseName } = await booksBefore();
    const options = { uri: mongoUri(), databaseName };
    await (await openMongoBank(options)).close();
    const numbered = await accountsIn(databaseName);
    const undone = numbered.slice(MANY / 2).map(({ _id }) => _id);
    await withDatabase(databaseName, (db) => unmigrate(db, { _id: { $in: undone } }));

    const door = await openMongoBank(options);
    const { bank } = door;
    const kept = await accountsIn(databaseName);
    expect(kept.slice(0, MANY / 2)).toEqual(numbered.slice(0, MANY / 2));
    const numbers = kept.flatMap(({ number }) => (number === null ? [] : String(number)));
    expect(new Set(numbers).size).toBe(MANY + 2);
    expect((await bank.ledger.verifyBooks()).faults).toEqual([]);
    await door.close();
  });

  it('makes no change by hand look right', async () => {
    const { databaseName, to } = await booksBefore();
    await withDatabase(databaseName, (db) =>
      db.collection<Kept>('accounts').updateOne({ _id: to }, { $set: { name: 'Mallory' } }, UNCHECKED),
    );
    const door = await openMongoBank({ uri: mongoUri(), databaseName });
    const { bank } = door;
    const { faults } = await bank.ledger.verifyBooks();
    expect(faults).toMatchObject([{ kind: 'account_facts', accountId: to }]);
    await door.close();
  });

  it('keeps an older program from opening an account without a number', async () => {
    const { databaseName } = await booksBefore();
    await (await openMongoBank({ uri: mongoUri(), databaseName })).close();
    await withDatabase(databaseName, async (db) => {
      const accounts = db.collection<Kept>('accounts');
      const kept = (await accounts.findOne({ ownerId: { $ne: null } }))!;
      expect(kept).toMatchObject({ number: expect.any(String) as string });
      const without = { ...kept, _id: freshId(), number: null };
      await expect(accounts.insertOne(without)).rejects.toMatchObject({ code: 121 });
      const former: Document = { ...without };
      for (const added of ['number', 'externalId', 'metadata']) delete former[added];
      await expect(accounts.insertOne(former as Kept)).rejects.toMatchObject({ code: 121 });
    });
  });
});

/** Books of many accounts, as version 10 left them. */
async function booksBefore() {
  const databaseName = freshDatabaseName();
  const door = await openMongoBank({ uri: mongoUri(), databaseName });
  const { bank } = door;
  const alice: Customer = aCustomer();
  const from = await bank.open(alice);
  const to = await bank.open(aCustomer(), { name: 'Zoë' });
  await bank.seed(Account.openSystem({ purpose: 'settlement', currency: 'EUR', at: JANUARY }));
  for (let opened = 0; opened < MANY; opened += AT_ONCE)
    await bank.seed(...Array.from({ length: AT_ONCE }, () => anAccount()));
  await door.close();
  await withDatabase(databaseName, (db) => unmigrate(db, {}));
  return { databaseName, alice, from, to };
}

/** Undoes the migration of some accounts, which have no metadata and no external id. */
async function unmigrate(db: Db, some: Document): Promise<void> {
  await db.collection<{ _id: number }>('schema').deleteMany({ _id: { $gte: 11 } });
  await db.command({ collMod: 'accounts', validator: {} });
  for (const [name, index] of [
    ['accounts', 'by_number'],
    ['accounts', 'by_external_id'],
    ['transfers', 'by_external_id'],
  ] as const) {
    await db.collection(name).dropIndex(index);
  }
  const accounts = db.collection<Kept>('accounts');
  const writes = [];
  for await (const { _id, ownerId, purpose, currency, exponent, createdAt, name, ...rest } of accounts.find(
    some,
  )) {
    const facts = [_id, ownerId, purpose, currency, exponent, rest['class'], Number(createdAt), name];
    const digest = digestBinary(JSON.stringify(['account 1', ...(facts as unknown[])]));
    const update = { $set: { digest }, $unset: { number: true, externalId: true, metadata: true } };
    writes.push({ updateOne: { filter: { _id }, update } } as const);
  }
  await accounts.bulkWrite(writes);
}

function accountsIn(databaseName: string): Promise<Kept[]> {
  return withDatabase(databaseName, (db) =>
    db.collection<Kept>('accounts').find().sort({ _id: 1 }).toArray(),
  );
}

function withDatabase<T>(databaseName: string, work: (db: Db) => Promise<T>): Promise<T> {
  return withRawClient(mongoUri(), (client) => work(client.db(databaseName)));
}
