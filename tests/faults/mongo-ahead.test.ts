import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ReplicaSet } from '../../scripts/mongo-replica-set.ts';
import type { WriterLimits } from '../../src/application/group-commit.ts';
import { TestBank, codeOf, aPrefetch } from '../../src/testing/fixtures/bank.ts';
import { expectRunningBook, expectWholeChain } from '../../src/testing/fixtures/books.ts';
import { aCustomer, freshId } from '../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, startReplicaSet } from '../support/mongo.ts';
import { failCommands, openMongoBank, stopFailing } from '../support/mongo-bank.ts';
import type { MongoBank } from '../support/mongo-bank.ts';

const ABORTED = ['TransientTransactionError'];

/** Two writers over one store, so that each brings it a unit of its own at the same time. */
describeWithMongo('a unit on an uncommitted base', () => {
  let server: ReplicaSet;
  let mongo: MongoBank;
  let first: TestBank;
  let second: TestBank;
  let alice: Customer;
  let bob: Customer;
  let [from, between, to] = ['', '', ''];
  /** What was sent to the server, and the commits that it acknowledged, each with the number of its unit. */
  const steps: string[] = [];
  const namespace = (name: string) => `${databaseName}.${name}`;
  const databaseName = freshDatabaseName();

  beforeAll(async () => {
    server = await startReplicaSet({ nodes: 1 });
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    mongo = await openMongoBank({ uri: server.uri(), databaseName });
    [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
    from = await mongo.bank.account(alice, { funds: 100n });
    between = await mongo.bank.open(bob);
    to = await mongo.bank.open(aCustomer('Carol'));
    // As while many pay: connections are open, and other processes have heard of the sessions
    const { unitOfWork } = mongo.bank;
    await Promise.all([1, 2, 3, 4, 5].map(() => unitOfWork.run(({ users }) => users.byId('nobody'))));
    first = another();
    second = another();
    watch();
  });
  afterEach(async () => {
    await stopFailing(server.uri());
    await mongo.close();
  });

  function watch(): void {
    steps.length = 0;
    const units = new Map<string, number>();
    const requests = new Map<number, string>();
    mongo.client.on('commandStarted', ({ requestId, commandName, command }) => {
      if (command['autocommit'] !== false) return;
      const session = JSON.stringify(command['lsid']);
      if (!units.has(session)) units.set(session, units.size + 1);
      const of = command[commandName] as unknown;
      const step = `${units.get(session)} ${commandName}${typeof of === 'string' ? ` ${of}` : ''}`;
      requests.set(requestId, step);
      steps.push(step);
    });
    mongo.client.on('commandSucceeded', ({ requestId, commandName }) => {
      if (commandName === 'commitTransaction') steps.push(`${requests.get(requestId)} done`);
    });
  }

  const another = (limits: Partial<WriterLimits> = {}) =>
    new TestBank({ store: mongo.store, clock: mongo.bank.clock, limits });

  const fail = (failure: Parameters<typeof failCommands>[1]) => failCommands(server.uri(), failure);

  /** Alice pays Bob, and Bob can pay Carol only with that. */
  const payOn = () =>
    Promise.allSettled([
      first.pay(alice, { from, to: between, amount: 10n }),
      second.pay(bob, { from: between, to, amount: 10n }),
    ]);

  const outcomes = (settled: readonly PromiseSettledResult<Parameters<typeof codeOf>[0]>[]) =>
    settled.map((one) => (one.status === 'fulfilled' ? codeOf(one.value) : (one.reason as Error).message));

  async function expectBooks(balances: readonly bigint[]): Promise<void> {
    const ids = [from, between, to];
    expect(await Promise.all(ids.map((id) => first.balanceOf(id)))).toEqual(balances);
    for (const id of ids) {
      const account = (await first.reads.account(id))!;
      const entries = await first.entriesOf(id);
      expectRunningBook(account, entries);
      await expectWholeChain(first.reads, account, entries);
    }
  }

  /** Whether the second unit moved the head while the first had not come to its end. */
  const wentAhead = () => {
    const end = steps.findIndex((step) => /(commit|abort)Transaction$/.test(step));
    return steps.slice(0, end).filter((step) => step.endsWith('update ledger')).length === 2;
  };

  const times = (step: string) => steps.filter((one) => one.endsWith(step)).length;

  it('pays with money from its base, and commits after it', async () => {
    expect(outcomes(await payOn())).toEqual([null, null]);
    expect(wentAhead()).toBe(true);
    expect(steps.filter((step) => step.includes('commitTransaction'))).toEqual([
      '1 commitTransaction',
      '1 commitTransaction done',
      '2 commitTransaction',
      '2 commitTransaction done',
    ]);
    expect(times('update ledger')).toBe(2);
    await expectBooks([90n, 0n, 10n]);
  });

  it('may be one of many concurrent units', async () => {
    const banks = Array.from({ length: 12 }, () => another());
    const paid = banks.map((bank) => bank.pay(alice, { from, to: between, amount: 10n }));
    expect((await Promise.all(paid)).map(codeOf)).toEqual([
      ...Array.from({ length: 10 }, () => null),
      ...Array.from({ length: 2 }, () => 'insufficient_funds'),
    ]);
    expect(wentAhead()).toBe(true);
    // No unit ran twice
    expect([times('update ledger'), times('done')]).toEqual([12, 12]);
    await expectBooks([0n, 100n, 0n]);
  });

  it('has no money to pay with if its base fails permanently', async () => {
    await fail({ failCommands: ['insert'], namespace: namespace('transfers'), times: 1, errorCode: 13 });
    expect(outcomes(await payOn())).toEqual([
      'The store cannot be reached, nothing was done',
      'insufficient_funds',
    ]);
    expect(wentAhead()).toBe(true);
    await expectBooks([100n, 0n, 0n]);
  });

  it.each([
    ['in a write conflict', { failCommands: ['insert'], times: 1, errorCode: 112, errorLabels: ABORTED }],
    [
      'because its commit is lost',
      { failCommands: ['commitTransaction'], times: 1, errorCode: 251, errorLabels: ABORTED },
    ],
  ])('restarts if its base fails %s and runs again', async (_how, failure) => {
    await fail(failure);
    expect(outcomes(await payOn())).toEqual([null, null]);
    expect(wentAhead()).toBe(true);
    expect(times('update ledger')).toBe(4);
    await expectBooks([90n, 0n, 10n]);
  });

  it('waits until the commit of its base is settled', async () => {
    await fail({ failCommands: ['commitTransaction'], times: 3, closeConnection: true });
    expect(outcomes(await payOn())).toEqual([null, null]);
    expect(steps.filter((step) => step.includes('2 commit'))).toEqual([
      '2 commitTransaction',
      '2 commitTransaction done',
    ]);
    expect(steps.indexOf('2 commitTransaction')).toBeGreaterThan(steps.indexOf('1 commitTransaction done'));
    await expectBooks([90n, 0n, 10n]);
  });

  it('does not affect its base if it fails', async () => {
    const settled = Promise.allSettled([
      first.pay(alice, { from, to: between, amount: 10n }),
      first.unitOfWork.transact(
        aPrefetch({ accountIds: [between] }),
        () => {
          throw new RangeError('A decision of mine');
        },
        first.deadline(),
      ),
    ]);
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expectBooks([90n, 10n, 0n]);
  });

  it('keeps later units waiting for its base, even after it gives up', async () => {
    await fail({ failCommands: ['commitTransaction'], times: 1, blockConnection: true, blockTimeMS: 400 });
    const hasty = another({ deadlineMs: 100 });
    const [paid, late, last] = await Promise.allSettled([
      first.pay(alice, { from, to: between, amount: 10n }),
      hasty.ledger.openAccount(bob, {}),
      second.pay(bob, { from: between, to, amount: 4n }),
    ]);
    expect(outcomes([paid, late, last])).toEqual([
      null,
      'The store cannot be reached, nothing was done',
      null,
    ]);
    expect(wentAhead()).toBe(false);
    expect([times('update ledger'), times('done')]).toEqual([2, 2]);
    await expectBooks([90n, 6n, 4n]);
  });

  it('becomes an ordinary unit once its base has ended, and notices units of other processes in between', async () => {
    const other = await openMongoBank({ uri: server.uri(), databaseName });
    for (const bank of [first, other.bank]) await bank.pay(alice, { from, to: between, amount: 10n });
    await other.close();
    steps.length = 0;
    await first.pay(alice, { from, to: between, amount: 10n });
    expect([times('update ledger'), times('find ledger'), times('done')]).toEqual([2, 1, 1]);

    // The next ones take turns
    steps.length = 0;
    expect(outcomes(await payOn())).toEqual([null, null]);
    expect(wentAhead()).toBe(false);
    expect(mongo.store.unitOfWork.pipelineThreshold).toBeUndefined();
    await expectBooks([60n, 30n, 10n]);
  });

  it('does not begin before its base commits if both have the same key', async () => {
    const idempotencyKey = freshId();
    const terms = { sourceAccountId: from, destinationAccountId: between, amount: 10n, idempotencyKey };
    const [paid, again] = await Promise.all([
      first.ledger.transferFunds(alice, terms),
      second.ledger.transferFunds(alice, terms),
    ]);
    expect(again).toEqual({ ...paid, replayed: true });
    expect(wentAhead()).toBe(false);
    await expectBooks([90n, 10n, 0n]);
  });

  it('does not begin on a base without changes, which leaves the head unchanged', async () => {
    const terms = { sourceAccountId: from, destinationAccountId: between, amount: 10n };
    const request = { ...terms, idempotencyKey: freshId() };
    await mongo.bank.ledger.transferFunds(alice, request);
    steps.length = 0;
    const [again, paid] = await Promise.all([
      first.ledger.transferFunds(alice, request),
      second.pay(alice, { from, to: between, amount: 10n }),
    ]);
    expect([again.replayed, codeOf(paid)]).toEqual([true, null]);
    expect(wentAhead()).toBe(false);
    expect(codeOf(await first.pay(alice, { from, to: between, amount: 10n }))).toBeNull();
    await expectBooks([70n, 30n, 0n]);
  });

  it('does not begin before its base commits if both are about the same transfer', async () => {
    const held = await mongo.bank.hold(alice, { from, to: between, amount: 10n });
    steps.length = 0;
    const ended = await Promise.all([first.capture(bob, held), second.void(bob, held)]);
    expect(ended.map(codeOf)).toEqual([null, 'already_completed']);
    expect(wentAhead()).toBe(false);
    await expectBooks([90n, 10n, 0n]);
  });

  it('does not begin before its base commits if it needs data that is not cached', async () => {
    const [paid, opened] = await Promise.all([
      first.pay(alice, { from, to: between, amount: 10n }),
      second.ledger.openAccount(bob, {}),
    ]);
    expect([codeOf(paid), codeOf(opened)]).toEqual([null, null]);
    expect(wentAhead()).toBe(false);
  });

  it('runs again if both write one account; later units wait, and all payments succeed', async () => {
    // More than an account's document may fall behind
    const payTen = (bank: TestBank) =>
      bank.ledger.submitBatch(alice, {
        transfers: Array.from({ length: 10 }, () => ({
          sourceAccountId: from,
          destinationAccountId: between,
          amount: 1n,
        })),
        idempotencyKey: freshId(),
      });
    await Promise.all([payTen(first), payTen(second)]);
    expect(wentAhead()).toBe(true);
    expect([times('done'), times('update ledger')]).toEqual([2, 3]);

    steps.length = 0;
    await Promise.all([payTen(first), payTen(second)]);
    expect(wentAhead()).toBe(false);
    expect([times('done'), times('update ledger')]).toEqual([2, 2]);
    await expectBooks([60n, 40n, 0n]);
  });
});
