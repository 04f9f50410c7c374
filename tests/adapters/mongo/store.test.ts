import { Long, MongoServerError } from 'mongodb';
import type { CommandStartedEvent, Db, Document, Timestamp } from 'mongodb';
import { MongoMemoryServer } from 'mongodb-memory-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collectionsOf } from '../../../src/adapters/mongo/schema/collections.ts';
import { openMongoStore } from '../../../src/adapters/mongo/index.ts';
import { Deadline } from '../../../src/adapters/shared/deadline.ts';
import { WriterLease } from '../../../src/adapters/mongo/writing/writer-lease.ts';
import type { Stores } from '../../../src/application/ports/ledger-store.ts';
import { Account } from '../../../src/domain/entities/account.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, aSession, aUser, freshId } from '../../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongod, mongoUri } from '../../support/mongo.ts';
import { openMongoBank, withRawClient } from '../../support/mongo-bank.ts';
import type { MongoBank } from '../../support/mongo-bank.ts';

const WRITTEN_ONCE = ['transfers', 'records'];

describeWithMongo('the MongoDB store', () => {
  const databaseName = freshDatabaseName();
  let mongo: MongoBank;

  beforeAll(async () => {
    mongo = await openMongoBank({ uri: mongoUri(), databaseName });
  });
  afterAll(() => mongo.close());

  /** But for what processes tell and do to each other now and then, and for what is written beside the units. */
  async function sentBy(
    work: () => Promise<unknown>,
    { sent } = mongo,
  ): Promise<readonly CommandStartedEvent[]> {
    sent.length = 0;
    await work();
    return sent.filter(
      ({ commandName, command }) =>
        commandName !== 'killSessions' &&
        !['turns', 'processes', 'blocks'].includes(String(command[commandName])),
    );
  }

  it('runs each unit in a transaction with snapshot, majority and journal, even if it only reads', async () => {
    const sent = await sentBy(useEverything);

    const starts = sent.filter(({ command }) => command['startTransaction'] === true);
    const commits = sent.filter(({ commandName }) => commandName === 'commitTransaction');
    const undone = sent.filter(({ commandName }) => commandName === 'abortTransaction');
    expect(starts.length).toBeGreaterThan(10);
    // The replay, which changes nothing, and rests on what a majority has
    expect(undone).toHaveLength(1);
    expect(commits).toHaveLength(starts.length - undone.length);
    for (const { command } of starts) expect(command['readConcern']).toMatchObject({ level: 'snapshot' });
    for (const { command } of commits) {
      expect(command['writeConcern']).toEqual({ w: 'majority', j: true, wtimeout: 10_000 });
    }
  });

  it('sends outside a transaction only reads with majority concern', async () => {
    const sent = await sentBy(useEverything);

    const outside = sent.filter(({ command }) => command['autocommit'] !== false || !command['txnNumber']);
    expect(outside.length).toBeGreaterThan(0);
    for (const { commandName, command } of outside) {
      expect(commandName).toBe('find');
      expect(command['readConcern']).toMatchObject({ level: 'majority' });
    }
  });

  it('reads at least the last commit of this process, or of the previous lease holder', async () => {
    const { bank } = mongo;
    const other = await openMongoBank({ uri: mongoUri(), databaseName });
    const alice = aCustomer();
    const [from, to] = [await bank.account(alice, { funds: 999n }), await bank.account(alice)];
    const pay = (payer: MongoBank) => payer.bank.pay(alice, { from, to, amount: 1n });
    const committedAt: Timestamp[] = [];
    for (const { client } of [mongo, other]) {
      client.on('commandSucceeded', ({ commandName, reply }) => {
        const { operationTime } = reply as { operationTime: Timestamp };
        if (commandName === 'commitTransaction') committedAt.push(operationTime);
      });
    }
    const expectNoOlderReads = async (payer: MongoBank): Promise<void> => {
      const committed = committedAt.at(-1)!;
      const sent = await sentBy(() => pay(payer), payer);
      const reads = sent
        .filter(({ commandName, command }) => commandName === 'find' && command['autocommit'] !== false)
        .map(({ command }) => command['readConcern'] as { afterClusterTime?: Timestamp });
      expect(reads.length).toBeGreaterThan(1);
      for (const { afterClusterTime } of reads) {
        expect(afterClusterTime?.greaterThanOrEqual(committed)).toBe(true);
      }
    };

    await pay(mongo);
    await expectNoOlderReads(mongo);
    const takesTurns = ({ sent }: MongoBank) =>
      sent.some(({ command }) => command['findAndModify'] === 'turns');
    mongo.sent.length = 0;
    while (!takesTurns(mongo) || !takesTurns(other)) {
      await Promise.all([pay(mongo), pay(other)]);
    }
    for (const payer of [mongo, other]) await pay(payer);
    for (const payer of [mongo, other, mongo, other]) await expectNoOlderReads(payer);
    await other.close();
  });

  it('aborts a unit that changes nothing: a replay leaves the head of the ledger unchanged', async () => {
    const { bank } = mongo;
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 9n });
    const to = await bank.open(aCustomer());
    const payment = {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 1n,
      idempotencyKey: freshId(),
    };
    const head = () =>
      withRawClient(mongoUri(), (client) => client.db(databaseName).collection('ledger').find().toArray());
    await bank.ledger.transferFunds(alice, payment);
    const before = await head();
    expect(await bank.ledger.transferFunds(alice, payment)).toMatchObject({ replayed: true });
    expect(await head()).toEqual(before);
  });

  it('changes and deletes no immutable document', async () => {
    const sent = await sentBy(useEverything);

    const changed = sent
      .filter(({ commandName }) => !['find', 'aggregate', 'insert'].includes(commandName))
      .map(({ commandName, command }) => `${commandName} ${String(command[commandName])}`);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((one) => WRITTEN_ONCE.some((name) => one.endsWith(` ${name}`)))).toEqual([]);
  });

  it('makes one call per collection for many transfers, except for inserts, which it sends in parts', async () => {
    const { bank } = mongo;
    const [alice, bob] = [aCustomer(), aCustomer()];
    const from = await bank.account(alice, { funds: 1000n });
    const to = await bank.account(bob);
    const transfer = { sourceAccountId: from, destinationAccountId: to, amount: 1n };
    const transfers = Array.from({ length: 5 }, () => transfer);
    // Few enough callers for one unit, and enough transfers for four parts
    const callers = Array.from({ length: 40 }, () => ({ transfers, idempotencyKey: freshId() }));
    const sent = await sentBy(() =>
      Promise.all(callers.map((request) => bank.ledger.submitBatch(alice, request))),
    );

    const names = sent
      .map(({ commandName, command }) => `${commandName} ${String(command[commandName])}`)
      // Written where an account's document has fallen behind
      .filter((name) => name !== 'update accounts');
    expect(names).toEqual([
      'find records',
      'find transfers',
      'update ledger',
      ...Array.from({ length: 4 }, () => 'insert transfers'),
      'insert records',
      'insert parcels',
      'commitTransaction 1',
    ]);
  });

  it("does not use cached accounts from before another process's write", async () => {
    const { bank } = mongo;
    const alice = aCustomer();
    const [one, two] = [await bank.account(alice, { funds: 9n }), await bank.account(alice, { funds: 9n })];
    const bob = await bank.open(aCustomer());
    const other = await openMongoBank({ uri: mongoUri(), databaseName });
    const sent = await sentBy(async () => {
      await bank.pay(alice, { from: one, to: bob, amount: 1n });
      await other.bank.pay(alice, { from: one, to: bob, amount: 1n });
      // Finds the head moved, and with it forgets what it knew of the first account
      await bank.pay(alice, { from: two, to: bob, amount: 1n });
      mongo.sent.length = 0;
      await bank.pay(alice, { from: one, to: two, amount: 1n });
      await bank.pay(alice, { from: two, to: one, amount: 1n });
    });
    await other.close();

    expect(sent.filter(({ commandName }) => commandName === 'commitTransaction')).toHaveLength(2);
    expect(sent.filter(({ commandName }) => commandName === 'abortTransaction')).toEqual([]);
  });

  it("serves in one unit all callers that waited for another process's lease", async () => {
    const { bank, sent } = mongo;
    const alice = aCustomer();
    const [from, to] = [await bank.account(alice, { funds: 1000n }), await bank.account(alice)];
    const pay = () => bank.pay(alice, { from, to, amount: 1n });
    await withRawClient(mongoUri(), async (client) => {
      const { turns } = collectionsOf(client.db(databaseName, { useBigInt64: true }));
      const other = new WriterLease(turns);
      other.markContended();
      await other.acquire(new Deadline(10_000));
      const until = (time: Date) => turns.updateOne({ _id: 'turn' }, { $set: { until: time } });
      await until(new Date(Date.now() + 60_000));
      const payments: Promise<unknown>[] = [];
      // Until it has seen the other, it takes no turns
      await vi.waitFor(async () => {
        payments.push(pay());
        expect(await turns.findOne({ _id: 'turn', next: { $ne: null } })).not.toBeNull();
      });
      for (let number = 0; number < 20; number++) payments.push(pay());
      sent.length = 0;
      await until(new Date(0));
      await Promise.all(payments);
    });
    expect(sent.filter(({ commandName }) => commandName === 'commitTransaction')).toHaveLength(1);
  });

  it('refuses a part that does not continue from the part before it', async () => {
    const { bank } = mongo;
    const id = await bank.open(aCustomer());
    const unit = bank.unitOfWork.transact(
      aPrefetch({ accountIds: [id] }),
      (books) => {
        const before = books.account(id) ?? null;
        const named = (name: string) => ({
          ...NO_CHANGES,
          accounts: [{ before, after: Account.restore({ ...(before as Account), name }) }],
        });
        return { changes: named('First'), next: () => ({ result: undefined, changes: named('Second') }) };
      },
      bank.deadline(),
    );
    await expect(unit).rejects.toThrow(new TypeError(`Account ${id} has changed since it was read`));
    expect(await bank.reads.account(id)).toMatchObject({ name: null });
  });

  it('reads with majority concern outside a transaction', async () => {
    const { bank } = mongo;
    const alice = aCustomer();
    const accountId = await bank.account(alice, { funds: 5n });
    const key = { scope: 'nobody', operation: 'transfer', key: freshId() } as const;
    const sent = await sentBy(async () => {
      await bank.reads.account(accountId);
      await bank.reads.accountsOf(alice.id, { after: null, limit: 5 });
      await bank.reads.transfer(freshId());
      await bank.reads.unbookedOf(alice.id, { before: null, limit: 5 });
      await bank.reads.entriesOf(accountId, { after: null, limit: 5 });
      await bank.reads.record(key);
    });

    // Accounts with their last entries, and a record in either of its places
    expect(sent).toHaveLength(9);
    for (const { command } of sent) expect(command['readConcern']).toMatchObject({ level: 'majority' });
  });

  it('never makes the server scan a whole collection', async () => {
    await withRawClient(mongoUri(), async (client) => {
      const db = client.db(databaseName);
      await db.command({ profile: 2 });
      const { bank } = mongo;
      const alice = aCustomer();
      const accountId = await bank.account(alice, { funds: 5n });
      await useEverything();
      await bank.reads.accountsOf(alice.id, { after: accountId, limit: 5 });
      await bank.reads.unbookedOf(alice.id, { before: { at: 1, id: freshId() }, limit: 5 });
      await bank.reads.entriesOf(accountId, { after: 1, limit: 5 });
      await bank.reads.linesOf(accountId, { after: 1, limit: 5 });
      await bank.reads.entriesAt(accountId, [1, 2, 7]);
      await bank.reads.linesBetween(accountId, freshId(), { before: 4, limit: 5 });
      await mongo.store.scan.accountsPage({ after: accountId, limit: 5 });
      await mongo.store.scan.transfersPage({ after: freshId(), limit: 5 });
      await mongo.store.scan.recordsPage({ after: 'transfer user', limit: 5 });
      const { outbox } = mongo.store;
      await outbox?.countWaiting(5);
      await outbox?.countGivenUp(5);
      for (const state of ['waiting', 'given_up'] as const) {
        await outbox?.unsent({ state, after: null, limit: 5 });
      }
      await outbox?.unsentAbout(freshId());
      await db.command({ profile: 0 });

      const profile = await db
        .collection('system.profile')
        // Read whole, as it has one document per process
        .find({
          ns: { $nin: ['system.profile', 'processes'].map((name) => `${databaseName}.${name}`) },
          planSummary: { $exists: true },
        })
        .project<{ ns: string; planSummary: string; hasSortStage?: boolean }>({
          ns: 1,
          planSummary: 1,
          hasSortStage: 1,
        })
        .toArray();
      expect(profile.length).toBeGreaterThan(20);
      expect(profile.filter((one) => one.planSummary.includes('COLLSCAN') || one.hasSortStage)).toEqual([]);
    });
  });

  /** Each use once, of both doors: what writes, what is refused, what is replayed, what only reads. */
  async function useEverything(): Promise<void> {
    const { bank } = mongo;
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.open(aCustomer());
    await bank.ledger.fundAccount(
      { kind: 'system' },
      { userId: alice.id, amount: 1n, idempotencyKey: freshId() },
    );
    const request = {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 1n,
      idempotencyKey: freshId(),
    };
    await bank.ledger.transferFunds(alice, request);
    await bank.ledger.transferFunds(alice, request);
    await bank.pay(alice, { from, to, amount: 1_000_000n });
    const user = aUser();
    const session = aSession({ userId: user.id });
    await bank.unitOfWork.run(async ({ users, sessions }) => {
      await users.insert(user, 'hash');
      await sessions.insert(session);
    });
    await bank.unitOfWork.run(async ({ users, sessions }) => {
      await users.byEmail(user.email);
      await users.byId(user.id);
      await sessions.find(session.id);
    });
    await bank.unitOfWork.run(async ({ users, sessions }) => {
      await users.replace(user.grant('auditor'));
      await sessions.end(session.id, 5);
    });
    await bank.takeMessages();
  }
});

describeWithMongo('the documents of the store', () => {
  const databaseName = freshDatabaseName();
  let mongo: MongoBank;
  let accountId: string;
  let transferId: string;

  beforeAll(async () => {
    mongo = await openMongoBank({ uri: mongoUri(), databaseName });
    accountId = await mongo.bank.open(aCustomer());
    transferId = await mongo.bank.fund(accountId, 3_000_000_000n);
  });
  afterAll(() => mongo.close());

  const raw = <T>(work: (db: Db) => Promise<T>): Promise<T> =>
    withRawClient(mongoUri(), (client) => work(client.db(databaseName)));

  it('have every amount, counter and sequence as a long, even small ones', async () => {
    const types = await raw(async (db) => ({
      account: await db.collection('accounts').countDocuments({
        _id: accountId as never,
        'counters.creditsPosted': { $type: 'long' },
        'counters.debitsPosted': { $type: 'long' },
        minimumBalance: { $type: 'long' },
        sequence: { $type: 'long' },
      }),
      transfer: await db.collection('transfers').countDocuments({
        _id: transferId as never,
        'legs.0.amount': { $type: 'long' },
        'entries.0.sequence': { $type: 'long' },
        'entries.0.posted': { $type: 'long' },
        'entries.0.pending': { $type: 'long' },
        'entries.0.creditsPosted': { $type: 'long' },
      }),
    }));
    expect(types).toEqual({ account: 1, transfer: 1 });
  });

  const refused: readonly (readonly [string, string, Document])[] = [
    ['a negative amount', 'transfers', { $set: { 'legs.0.amount': Long.fromInt(-1) } }],
    ['an amount that is a double', 'transfers', { $set: { 'legs.0.amount': 1.5 } }],
    [
      'an amount above the bound',
      'transfers',
      { $set: { 'legs.0.amount': Long.fromString('9007199254740992') } },
    ],
    ['an unknown status of a transfer', 'transfers', { $set: { status: 'done' } }],
    ['a negative counter', 'accounts', { $set: { 'counters.debitsPosted': Long.fromInt(-1) } }],
    ['a counter that is an int', 'accounts', { $set: { 'counters.debitsPosted': 5 } }],
    [
      'a balance above the bound',
      'accounts',
      { $set: { 'counters.creditsPosted': Long.fromString('9007199254740992') } },
    ],
    [
      'a balance below the bound',
      'accounts',
      { $set: { 'counters.debitsPosted': Long.fromString('9007202254740992') } },
    ],
    [
      'a limit above the bound',
      'accounts',
      { $set: { maximumBalance: Long.fromString('9007199254740992') } },
    ],
    ['an unknown status of an account', 'accounts', { $set: { status: 'asleep' } }],
    ['a negative entry', 'transfers', { $set: { 'entries.0.posted': Long.fromInt(-1) } }],
    ['an unknown side', 'transfers', { $set: { 'legs.0.direction': 'left' } }],
    ['an unknown step', 'transfers', { $set: { 'entries.0.step': 'forgotten' } }],
  ];

  it.each(refused)('cannot have %s', async (_what, collection, change) => {
    const fault = await raw((db) => db.collection(collection).updateMany({}, change)).catch(
      (one: unknown) => one,
    );
    expect(fault).toBeInstanceOf(MongoServerError);
    expect(fault).toMatchObject({ code: 121 });
  });
});

describeWithMongo('opening the store', () => {
  const clock = { now: () => Date.now() };

  it('reports a database that a newer program has changed, and leaves it unchanged', async () => {
    const databaseName = freshDatabaseName();
    const newer = { _id: 1000 as never, name: 'of tomorrow', appliedAt: new Date() };
    await withRawClient(mongoUri(), (client) =>
      client.db(databaseName).collection('schema').insertOne(newer),
    );

    await expect(openMongoStore({ uri: mongoUri(), databaseName, clock })).rejects.toThrow(
      /^The database "test_\w+" has version 1000; this program knows versions up to \d+: update the program$/,
    );
    const names = await withRawClient(mongoUri(), (client) =>
      client.db(databaseName).listCollections().toArray(),
    );
    expect(names.map(({ name }) => name)).toEqual(['schema']);
  });

  it('refuses a database from before the first release', async () => {
    const databaseName = freshDatabaseName();
    const older = { _id: 1 as never, name: 'of before', appliedAt: new Date() };
    await withRawClient(mongoUri(), (client) =>
      client.db(databaseName).collection('schema').insertOne(older),
    );
    await expect(openMongoStore({ uri: mongoUri(), databaseName, clock })).rejects.toThrow(
      /was made before the first release and cannot be migrated/,
    );
  });

  it('migrates a ledger with its head in one document, which an older program then no longer finds', async () => {
    const databaseName = freshDatabaseName();
    const options = { uri: mongoUri(), databaseName };
    const first = await openMongoBank(options);
    const alice = aCustomer();
    const [from, to] = [await first.bank.account(alice, { funds: 9n }), await first.bank.open(aCustomer())];
    await first.close();
    await withRawClient(mongoUri(), async (client) => {
      const db = client.db(databaseName);
      const ledger = db.collection<{ _id: string; unit: bigint }>('ledger');
      const head = async () => (await ledger.find().sort({ unit: 1 }).toArray()).map(({ unit }) => unit);
      expect(await head()).toHaveLength(2);
      await ledger.deleteMany();
      await ledger.insertOne({ _id: 'head', unit: 7n });
      await db.collection<{ _id: number }>('schema').deleteMany({ _id: { $gte: 5 } });

      const both = await Promise.all([openMongoBank(options), openMongoBank(options)]);
      expect(await head()).toEqual([7n, 8n]);
      for (const { bank } of both) await bank.pay(alice, { from, to, amount: 1n });
      expect(await head()).toEqual([9n, 10n]);
      expect(await both[0].bank.balanceOf(to)).toBe(2n);
      const older = await ledger.updateOne({ _id: 'head', unit: 7n }, { $set: { unit: 8n } });
      expect(older.matchedCount).toBe(0);
      await Promise.all(both.map((one) => one.close()));
    });
  });

  it('changes nothing in a current database', async () => {
    const databaseName = freshDatabaseName();
    await (await openMongoStore({ uri: mongoUri(), databaseName, clock })).close();

    const sent: string[] = [];
    const again = await openMongoStore({
      uri: mongoUri(),
      databaseName,
      clock,
      driver: { monitorCommands: true },
      onClient: (client) => client.on('commandStarted', ({ commandName }) => sent.push(commandName)),
    });
    await again.close();
    // One of them looks for an unfinished copy
    expect(sent.filter((name) => name !== 'endSessions')).toEqual(['hello', 'find', 'find', 'find']);
  });

  it('refuses a standalone server, and says how to fix it', async () => {
    const { path, version } = mongod();
    const standalone = await MongoMemoryServer.create({ binary: { systemBinary: path, version } });
    try {
      await expect(openMongoStore({ uri: standalone.getUri(), clock })).rejects.toThrow(
        /must run as a replica set.*--replSet/,
      );
    } finally {
      await standalone.stop();
    }
  });

  it('and closing it: later reads are TypeErrors, and later writes are refused', async () => {
    const store = await openMongoStore({ uri: mongoUri(), databaseName: freshDatabaseName(), clock });
    await store.close();
    const reads = [
      store.reads.account(freshId()),
      store.reads.record({ scope: 'nobody', operation: 'transfer', key: freshId() }),
      store.reads.sessions([freshId()]),
      store.scan.accountsPage({ after: null, limit: 1 }),
      store.scan.atOnce(async ({ auditHead }) => auditHead),
    ];
    for (const read of reads) await expect(read).rejects.toThrow(new TypeError('The store is closed'));

    const units = [
      store.check(),
      store.unitOfWork.run(({ users }) => users.byId(freshId())),
      store.unitOfWork.transact(aPrefetch({}), () => ({ result: 1, changes: NO_CHANGES }), Date.now() + 1000),
    ];
    const refused = { code: 'unavailable', message: 'The store is closed, nothing was done' };
    for (const unit of units) await expect(unit).rejects.toMatchObject(refused);
  });

  it("needs no clock: the default is the machine's", async () => {
    const store = await openMongoStore({ uri: mongoUri(), databaseName: freshDatabaseName() });
    const unit = store.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));
    await expect(unit).resolves.toBeUndefined();
    await store.close();
  });

  it('is unavailable if no server answers, with the cause', async () => {
    const fault = await openMongoStore({
      uri: 'mongodb://127.0.0.1:1/?replicaSet=nowhere',
      clock,
      serverSelectionTimeoutMs: 100,
    }).catch((one: unknown) => one);
    expect(fault).toBeInstanceOf(PassbookError);
    expect(fault).toMatchObject({ code: 'unavailable', cause: expect.any(Error) as Error });
  });
});

describeWithMongo('a clock', () => {
  const offset = async (ms: number) => {
    const clock = { now: () => Date.now() + ms };
    const store = await openMongoStore({ uri: mongoUri(), databaseName: freshDatabaseName(), clock });
    return { clock, store };
  };

  it.each([2000, -2000])("that is %i ms off the database's clock prevents writes", async (ms) => {
    const { store } = await offset(ms);
    try {
      const fault = await store.unitOfWork
        .run(({ users }) => users.insert(aUser(), 'hash'))
        .catch((one: unknown) => one);
      expect(fault).toMatchObject({
        code: 'unavailable',
        cause: {
          message: expect.stringMatching(/^The clock is [12]\d{3} ms off the database's$/) as string,
        },
      });
      expect(await store.reads.account(freshId())).toBeUndefined();
    } finally {
      await store.close();
    }
  });

  it('that is changed while the store is open is noticed, and so is its correction', async () => {
    let ms = 0;
    const clock = { now: () => Date.now() + ms };
    const store = await openMongoStore({ uri: mongoUri(), databaseName: freshDatabaseName(), clock });
    const write = () => store.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));
    try {
      await write();
      ms = 5000;
      await expect(write()).rejects.toMatchObject({ code: 'unavailable' });
      ms = 0;
      await write();
    } finally {
      await store.close();
    }
  });

  it('is checked once for several units of work', async () => {
    const sent: string[] = [];
    const store = await openMongoStore({
      uri: mongoUri(),
      databaseName: freshDatabaseName(),
      clock: { now: () => Date.now() },
      driver: { monitorCommands: true },
      onClient: (client) => client.on('commandStarted', ({ commandName }) => sent.push(commandName)),
    });
    try {
      sent.length = 0;
      for (let unit = 0; unit < 5; unit++) await store.unitOfWork.run(({ users }) => users.byId(freshId()));
      expect(sent.filter((name) => name === 'hello')).toHaveLength(1);
    } finally {
      await store.close();
    }
  });
});

describeWithMongo('a unit of work', () => {
  let mongo: MongoBank;

  beforeAll(async () => {
    mongo = await openMongoBank({ uri: mongoUri(), databaseName: freshDatabaseName() });
  });
  afterAll(() => mongo.close());

  describe('with misused stores', () => {
    it('lends them for its duration only', async () => {
      const kept: Stores[] = [];
      await mongo.bank.unitOfWork.run(async (stores) => {
        kept.push(stores);
      });
      await expect(kept[0]!.users.byId(freshId())).rejects.toThrow(TypeError);
    });

    it("fails with a store's fault, even if its work ignored it", async () => {
      const { unitOfWork } = mongo.bank;
      const user = aUser();
      await unitOfWork.run(({ users }) => users.insert(user, 'hash'));
      const work = unitOfWork.run(async ({ users, sessions }) => {
        const session = aSession({ userId: user.id });
        await users.insert(aUser({ email: user.email }), 'hash').catch(() => {});
        await sessions.insert(session).catch(() => {});
        return session.id;
      });
      await expect(work).rejects.toMatchObject({ code: 'email_already_registered' });
    });

    it('sends its calls one at a time, even if its work makes them concurrently', async () => {
      const { unitOfWork } = mongo.bank;
      const added = Array.from({ length: 20 }, () => aUser());
      await unitOfWork.run(({ users }) => Promise.all(added.map((user) => users.insert(user, 'hash'))));

      const found = await unitOfWork.run(({ users }) => Promise.all(added.map(({ id }) => users.byId(id))));
      expect(found).toStrictEqual(added);
    });
  });
});
