import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TransferResult } from '../../src/application/views.ts';
import { userTransfers } from '../../src/application/transfers/user-transfers.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import type { ReplicaSet } from '../../scripts/mongo-replica-set.ts';
import { NO_CHANGES, SYSTEM, aPrefetch } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, anAccount, aUser, freshId } from '../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, startReplicaSet } from '../support/mongo.ts';
import { failCommands, openMongoBank, stopFailing, withRawClient } from '../support/mongo-bank.ts';
import type { MongoBank } from '../support/mongo-bank.ts';

const ABORTED = ['TransientTransactionError'];

/** Has a server of its own, because a fault set on a server hits all of its clients. */
describeWithMongo('a store whose server fails', () => {
  let server: ReplicaSet;
  let uri: string;
  const databaseName = freshDatabaseName();
  let mongo: MongoBank;
  let hasty: MongoBank;
  let alice: Customer;
  let bob: Customer;
  let from: string;
  let to: string;

  beforeAll(async () => {
    server = await startReplicaSet({ nodes: 1 });
    uri = server.uri();
    mongo = await openMongoBank({ uri, databaseName });
    hasty = await openMongoBank({ uri, databaseName, limits: { deadlineMs: 800 }, timeoutMs: 800 });
  });
  afterAll(async () => {
    await hasty?.close();
    await mongo?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
    from = await mongo.bank.account(alice, { funds: 100n });
    to = await mongo.bank.open(bob);
    await mongo.bank.takeMessages();
  });
  afterEach(() => stopFailing(uri));

  const fail = (failure: Parameters<typeof failCommands>[1]) => failCommands(uri, failure);

  /** A payment's own, and not those by which processes hear of each other. */
  const ofThePayment = (command: string) => ({
    failCommands: [command],
    namespace: `${databaseName}.${command === 'update' ? 'ledger' : 'transfers'}`,
  });

  function pay({ bank }: MongoBank = mongo, idempotencyKey = freshId()): Promise<TransferResult> {
    return bank.ledger.transferFunds(alice, {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 10n,
      idempotencyKey,
    });
  }

  /** One transfer, two entries, a message for each side, and the books agree. */
  async function expectPaidOnce(): Promise<void> {
    const { bank } = mongo;
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([90n, 10n]);
    const transfers = await userTransfers(bank.reads, bob.id, { before: null, limit: 10 });
    expect(transfers.map(({ status }) => status)).toEqual(['completed']);
    expect((await bank.entriesOf(from)).map(({ posted }) => posted)).toEqual([100n, 10n]);
    expect((await bank.entriesOf(to)).map(({ posted }) => posted)).toEqual([10n]);
    const messages = await bank.takeMessages();
    expect(messages.map(({ recipientId }) => recipientId).toSorted()).toEqual([alice.id, bob.id].toSorted());
  }

  async function expectNothingPaid(): Promise<void> {
    const { bank } = mongo;
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([100n, 0n]);
    expect(await userTransfers(bank.reads, bob.id, { before: null, limit: 10 })).toEqual([]);
    expect(await bank.takeMessages()).toEqual([]);
  }

  describe('before the commit', () => {
    it.each(['find', 'update', 'insert'])('pays once despite write conflicts in %s', async (command) => {
      await fail({ ...ofThePayment(command), times: 3, errorCode: 112, errorLabels: ABORTED });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it.each(['find', 'update', 'insert'])('pays once despite closed connections in %s', async (command) => {
      await fail({ ...ofThePayment(command), times: 3, closeConnection: true });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it("pays once if it finds another's key that it had read too early to see", async () => {
      await fail({
        failCommands: ['insert'],
        times: 2,
        errorCode: 11000,
        errorExtraInfo: { keyPattern: { _id: 1 }, keyValue: { _id: 'another' } },
      });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it('is unavailable after write conflicts until the deadline, and refuses no payment', async () => {
      await fail({ failCommands: ['insert'], errorCode: 112, errorLabels: ABORTED });
      const fault = await pay(hasty).catch((one: unknown) => one);
      expect(fault).toBeInstanceOf(PassbookError);
      expect(fault).toMatchObject({
        code: 'unavailable',
        retry: 'same_key',
        facts: { retryAfterSeconds: 1 },
        cause: { code: 112 },
      });
      await stopFailing(uri);
      await expectNothingPaid();
    });

    it('pays once if another client ended its operation', async () => {
      await fail({ failCommands: ['insert'], times: 2, errorCode: 11601 });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it('is unavailable immediately after a permanent error', async () => {
      await fail({ failCommands: ['insert'], errorCode: 13 });
      const before = mongo.sent.length;
      await expect(pay()).rejects.toMatchObject({ code: 'unavailable', cause: { code: 13 } });
      expect(mongo.sent.slice(before).filter(({ commandName }) => commandName === 'insert')).toHaveLength(1);
      await stopFailing(uri);
      await expectNothingPaid();
    });

    it.each(['find', 'update', 'insert'])(
      'is unavailable by the deadline if the server is silent at %s',
      async (name) => {
        await fail({ ...ofThePayment(name), times: 1, blockConnection: true, blockTimeMS: 1200 });
        await expect(pay(hasty)).rejects.toMatchObject({ code: 'unavailable' });
        await expectNothingPaid();
      },
    );

    it('does not commit after the deadline', async () => {
      await fail({ failCommands: ['insert'], times: 1, blockConnection: true, blockTimeMS: 1200 });
      hasty.sent.length = 0;
      await expect(pay(hasty)).rejects.toMatchObject({ code: 'unavailable' });
      await commandOf(hasty, 'abortTransaction');
      expect(hasty.sent.map(({ commandName }) => commandName)).not.toContain('commitTransaction');
      await expectNothingPaid();
    });
  });

  describe('at the commit', () => {
    it.each([1, 2, 3, 7])('pays once if the connection closes %i times', async (times) => {
      await fail({ failCommands: ['commitTransaction'], times, closeConnection: true });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it.each([1, 3])('pays once if a completed commit is reported as failed %i times', async (times) => {
      await fail({
        failCommands: ['commitTransaction'],
        times,
        writeConcernError: { code: 91, errmsg: 'shutting down', errorLabels: ['RetryableWriteError'] },
      });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it('pays once if the majority confirms a completed commit too late', async () => {
      await fail({
        failCommands: ['commitTransaction'],
        times: 3,
        writeConcernError: { code: 64, errmsg: 'waited too long', errInfo: { wtimeout: true } },
      });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it('repeats a commit that ran out of time (50) until it is settled', async () => {
      await fail({ failCommands: ['commitTransaction'], times: 4, errorCode: 50 });
      expect(await pay()).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it.each([
      ['runs out of time', { errorCode: 50 }],
      ['loses its connection', { closeConnection: true }],
      ['completes without an answer', { writeConcernError: { code: 91, errmsg: 'shutting down' } }],
      ['hangs', { blockConnection: true, blockTimeMS: 1000 }],
    ])(
      'has an unknown outcome if the commit %s until the deadline, and the same key shows it later',
      async (_what, failure) => {
        const key = freshId();
        await fail({ failCommands: ['commitTransaction'], ...failure });
        await expect(pay(hasty, key)).rejects.toMatchObject({ code: 'outcome_unknown', retry: 'same_key' });
        await stopFailing(uri);
        expect(await pay(mongo, key)).toMatchObject({ ok: true });
        expect(await pay(mongo, key)).toMatchObject({ ok: true, replayed: true });
        await expectPaidOnce();
      },
    );

    it("retries the commit even after the caller's answer, so that its writes block nobody", async () => {
      await fail({ failCommands: ['commitTransaction'], errorCode: 50 });
      await expect(pay(hasty)).rejects.toMatchObject({ code: 'outcome_unknown' });
      for (let more = 0; more < 3; more++) await ended(hasty, 'commandFailed', 'commitTransaction');
      const settled = ended(hasty, 'commandSucceeded', 'commitTransaction');
      await stopFailing(uri);
      await settled;
      await expectPaidOnce();
    });

    it('pays once, and reports it, even if the commit and its transaction are lost', async () => {
      await fail({ failCommands: ['commitTransaction'], closeConnection: true });
      const failed = ended(mongo, 'commandFailed', 'commitTransaction');
      const paying = pay();
      await failed;
      await withRawClient(uri, (client) => client.db('admin').command({ killAllSessions: [] }));
      await stopFailing(uri);
      expect(await paying).toMatchObject({ ok: true, replayed: false });
      await expectPaidOnce();
    });

    it('opens one account for an opening without a key', async () => {
      await fail({ failCommands: ['commitTransaction'], times: 3, closeConnection: true });
      const carol = aCustomer();
      await mongo.bank.open(carol);
      expect(await mongo.bank.reads.accountsOf(carol.id, { after: null, limit: 9 })).toHaveLength(1);
    });

    it('repeats a unit that only read, and answers nothing before it', async () => {
      const alice = aCustomer();
      await mongo.bank.open(alice);
      const { bank } = hasty;
      const count = (deadline: number) =>
        bank.unitOfWork.transact(
          aPrefetch({ ownerIds: [alice.id] }),
          (books) => ({ result: books.accountCount(alice.id), changes: NO_CHANGES }),
          deadline,
        );
      await fail({ failCommands: ['commitTransaction'], closeConnection: true });
      await expect(count(bank.clock.now() + 800)).rejects.toMatchObject({ code: 'unavailable' });
      await stopFailing(uri);
      expect(await count(bank.deadline())).toBe(1);
    });
  });

  describe('in other units of work', () => {
    it('registers a user once despite closed connections', async () => {
      await fail({ failCommands: ['insert', 'commitTransaction'], times: 4, closeConnection: true });
      const user = aUser();
      await mongo.bank.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
      expect(await mongo.bank.unitOfWork.run(({ users }) => users.byEmail(user.email))).toStrictEqual({
        user,
        passwordHash: 'hash',
      });
    });

    it('marks messages as sent in the run that commits', async () => {
      const { bank } = mongo;
      await pay();
      const now = bank.clock.now() + 1000;
      const claimed = await bank.unitOfWork.run(({ outbox }) =>
        outbox.claim({ now, leaseUntil: now, limit: 10 }),
      );
      expect(claimed).toHaveLength(2);
      await fail({ failCommands: ['commitTransaction'], times: 1, errorCode: 251, errorLabels: ABORTED });
      await bank.unitOfWork.run(({ outbox }) => outbox.markSent(claimed.map(({ message }) => message.id)));
      expect(await bank.takeMessages()).toEqual([]);
    });

    it('is unavailable by the deadline, or has an unknown outcome if the commit was sent', async () => {
      const register = () => hasty.bank.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));
      await fail({ failCommands: ['insert'], closeConnection: true });
      await expect(register()).rejects.toMatchObject({ code: 'unavailable' });
      await fail({ failCommands: ['commitTransaction'], closeConnection: true });
      await expect(register()).rejects.toMatchObject({ code: 'outcome_unknown' });
    });

    it('does not run work forever that ignores a fault', async () => {
      await fail({ failCommands: ['insert'], errorCode: 13 });
      const work = hasty.bank.unitOfWork.run(({ users }) =>
        users.insert(aUser(), 'hash').catch(() => 'fine'),
      );
      await expect(work).rejects.toMatchObject({ code: 'unavailable', cause: { code: 13 } });
    });
  });

  describe('that refuses writes', () => {
    const FULL = { code: 'storage_full', message: 'The store has no space left, nothing was done' };
    const BLOCKED = { code: 'storage_full', message: 'The store cannot be written, nothing was done' };

    it.each([
      ['insert', 14031, FULL],
      ['update', 14031, FULL],
      ['insert', 371, BLOCKED],
    ])('reports the reason at %s with code %i', async (command, errorCode, refused) => {
      await fail({ failCommands: [command], errorCode });
      await expect(pay()).rejects.toMatchObject({
        ...refused,
        retry: 'same_key',
        cause: { code: errorCode },
      });
      await expect(mongo.store.check()).rejects.toMatchObject(refused);
      await stopFailing(uri);
      await expect(mongo.store.check()).resolves.toBeUndefined();
      await expectNothingPaid();
    });

    it('reports the reason after retries until the deadline', async () => {
      await fail({ failCommands: ['insert'], errorCode: 14031, errorLabels: ABORTED });
      await expect(pay(hasty)).rejects.toMatchObject(FULL);
    });

    it('reports a write block by an administrator', async () => {
      const block = (global: boolean) =>
        withRawClient(uri, (client) => client.db('admin').command({ setUserWriteBlockMode: 1, global }));
      await block(true);
      try {
        await expect(pay()).rejects.toMatchObject(BLOCKED);
        await expect(mongo.store.check()).rejects.toMatchObject(BLOCKED);
      } finally {
        await block(false);
      }
    });
  });

  describe('in its readiness check', () => {
    const check = () => mongo.store.check();
    /** A unit that fails makes the next check try anew. */
    const failOnce = () =>
      mongo.bank.unitOfWork
        .run(() => Promise.reject(new RangeError('A mistake of mine')))
        .catch(() => undefined);
    const commits = () => mongo.sent.filter(({ commandName }) => commandName === 'commitTransaction').length;

    beforeEach(async () => {
      await failOnce();
      mongo.sent.length = 0;
    });

    it.each(['find', 'insert', 'update', 'commitTransaction'])(
      'is not ready while %s fails, and answers by the deadline',
      async (command) => {
        await fail({ failCommands: [command], errorCode: 50 });
        await expect(hasty.store.check()).rejects.toMatchObject({ code: 'unavailable' });
      },
    );

    it('writes once for many concurrent checks, and leaves nothing behind', async () => {
      const ledger = () =>
        withRawClient(uri, (client) => client.db(databaseName).collection('ledger').find().toArray());
      const before = await ledger();
      await Promise.all(Array.from({ length: 50 }, check));
      await check();
      expect(commits()).toBe(1);
      expect(await ledger()).toEqual(before);
      for (const { command } of mongo.sent.filter(({ command }) => command['commitTransaction'])) {
        expect(command['writeConcern']).toMatchObject({ w: 'majority', j: true });
      }
    });

    it('writes again after a unit failed', async () => {
      await check();
      await failOnce();
      await check();
      expect(commits()).toBe(2);
    });
  });

  describe('in reads', () => {
    it.each([
      ['refuses', { errorCode: 13 }],
      ['is silent', { blockConnection: true, blockTimeMS: 1200 }],
    ])('is unavailable, with the cause, if the server %s', async (_what, failure) => {
      await fail({ failCommands: ['find', 'aggregate'], ...failure });
      await expect(hasty.bank.reads.account(from)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(hasty.store.check()).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
});

describeWithMongo('two clients of one database', () => {
  let server: ReplicaSet;
  let both: readonly [MongoBank, MongoBank];

  beforeAll(async () => {
    server = await startReplicaSet({ nodes: 1 });
    const options = { uri: server.uri(), databaseName: freshDatabaseName() };
    both = [await openMongoBank(options), await openMongoBank(options)];
  });
  afterAll(async () => {
    for (const mongo of both ?? []) await mongo.close();
    await server?.stop();
  });

  const fifty = <T>(work: (mongo: MongoBank) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 50 }, (_, index) => work(both[index % 2] ?? both[0])));

  it('debit 10 of 100 fifty times concurrently: ten succeed', async () => {
    const [{ bank }] = both;
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.open(aCustomer());

    // Each alone in its transaction, past the queues of the writers
    const results = await fifty((mongo) => mongo.bank.pay(alice, { from, to, amount: 10n }));
    const codes = results.map((result) => (result.ok ? 'paid' : result.code));
    expect(codes.filter((code) => code === 'paid')).toHaveLength(10);
    expect(codes.filter((code) => code === 'insufficient_funds')).toHaveLength(40);
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([0n, 100n]);
    expect(await bank.entriesOf(from)).toHaveLength(11);
  });

  it('send one key fifty times concurrently: one transfer, and the same answer to all', async () => {
    const [{ bank }] = both;
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.open(aCustomer());
    const request = {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 10n,
      idempotencyKey: freshId(),
    };

    const results = await fifty((mongo) => mongo.bank.ledger.transferFunds(alice, request));
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const first = results.find(({ replayed }) => !replayed);
    for (const result of results) expect(result).toEqual({ ...first, replayed: result.replayed });
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([90n, 10n]);
  });

  it('create one system account if both need it for the first time', async () => {
    const [{ bank }] = both;
    const accountIds = await Promise.all(
      Array.from({ length: 10 }, () => bank.open(aCustomer(), { currency: 'NOK' })),
    );
    await Promise.all(
      accountIds.map((destinationAccountId, index) =>
        (both[index % 2] ?? both[0]).bank.ledger.fundAccount(SYSTEM, {
          destinationAccountId,
          amount: 7n,
          idempotencyKey: freshId(),
        }),
      ),
    );
    const transfers = await bank.reads.entriesOf(accountIds[0]!, { after: null, limit: 1 });
    const transfer = await bank.reads.transfer(transfers[0]!.transferId);
    const funding = await bank.reads.account(transfer!.source.accountId);
    expect(funding).toMatchObject({ currency: 'NOK', sequence: 10, balance: 70n });
  });

  it('never both succeed if each relies on an account that the other writes', async () => {
    for (let round = 0; round < 20; round++) {
      const [one, other] = [anAccount({ balance: 60n }), anAccount({ balance: 60n })];
      await both[0].bank.seed(one, other);
      // Together they may not go below 100: a rule over two accounts, of which each unit writes one
      const spent = await Promise.all([
        spend(both[0], [one.id, other.id]),
        spend(both[1], [other.id, one.id]),
      ]);
      expect(spent.filter(Boolean)).toHaveLength(1);
    }
  });

  async function spend({ bank }: MongoBank, accountIds: readonly [string, string]): Promise<boolean> {
    return bank.unitOfWork.transact(
      aPrefetch({ accountIds }),
      (books) => {
        const [before, beside] = accountIds.map((id) => books.account(id));
        if (!before || !beside) throw new TypeError('The accounts are there');
        if (before.balance + beside.balance < 120n) return { result: false, changes: NO_CHANGES };
        const counters = { ...before.counters, debitsPosted: before.counters.debitsPosted + 20n };
        const after = anAccount({ ...before, counters });
        return { result: true, changes: { ...NO_CHANGES, accounts: [{ before, after }] } };
      },
      bank.deadline(),
    );
  }
});

async function commandOf({ client, sent }: MongoBank, name: string): Promise<void> {
  while (!sent.some(({ commandName }) => commandName === name)) await once(client, 'commandStarted');
}

async function ended({ client }: MongoBank, how: 'commandFailed' | 'commandSucceeded', name: string) {
  for (;;) {
    const [event] = (await once(client, how)) as [{ commandName: string }];
    if (event.commandName === name) return;
  }
}
