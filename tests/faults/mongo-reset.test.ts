import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReplicaSet } from '../../scripts/mongo-replica-set.ts';
import { codeOf, aPrefetch } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, aUser, freshId } from '../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, startReplicaSet } from '../support/mongo.ts';
import { failCommands, openMongoBank } from '../support/mongo-bank.ts';
import type { MongoBank } from '../support/mongo-bank.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

/** Less than the server's minute, after which it ends an idle transaction by itself. */
const PATIENCE_MS = 30_000;
const DEADLINE_MS = 2000;

/** Each by a text that its request alone holds. */
const STATEMENTS = [
  ['the first statement', 'startTransaction'],
  ['an insert', 'insert'],
] as const;

/** One bank reaches the server through the proxy, the other past it. */
describeWithMongo('a connection that is lost while a transaction is open', () => {
  let server: ReplicaSet;
  let proxy: TcpProxy;
  let mongo: MongoBank;
  let other: MongoBank;
  let alice: Customer;
  let [from, to] = ['', ''];
  let rest: () => void;
  let working: Promise<unknown>;

  beforeAll(async () => {
    server = await startReplicaSet({ nodes: 1 });
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    const databaseName = freshDatabaseName();
    proxy = await TcpProxy.to(server.members[0]!.port);
    mongo = await openMongoBank({
      uri: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
      databaseName,
      timeoutMs: DEADLINE_MS,
      limits: { deadlineMs: DEADLINE_MS },
    });
    other = await openMongoBank({
      uri: server.uri(),
      databaseName,
      timeoutMs: PATIENCE_MS,
      limits: { deadlineMs: PATIENCE_MS },
    });
    alice = aCustomer('Alice');
    from = await mongo.bank.account(alice, { funds: 100n });
    to = await mongo.bank.open(aCustomer('Bob'));
    // The head is remembered, and other processes know the session
    await pay(mongo);
    // It says that it is alive, so that others do not end its transactions
    working = mongo.bank.unitOfWork
      .run(() => new Promise<void>((resolve) => (rest = resolve)))
      .catch(() => {});
  });
  afterEach(async () => {
    rest();
    await working;
    await mongo.close();
    await other.close();
    await proxy.close();
  });

  const pay = ({ bank }: MongoBank, idempotencyKey = freshId()) =>
    bank.ledger.transferFunds(alice, {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 10n,
      idempotencyKey,
    });

  /** Under one key, as a client does who may try again. */
  async function payAtLast(bank: MongoBank): Promise<void> {
    const key = freshId();
    while (!(await pay(bank, key).catch(() => undefined))?.ok);
  }

  const UNAVAILABLE = { code: 'unavailable', retry: 'same_key' };

  async function expectPaid(times: bigint): Promise<void> {
    const { bank } = other;
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([100n - 10n * times, 10n * times]);
  }

  /** The answer to the statement is lost, and with it every connection. */
  async function cutAt(text: string): Promise<void> {
    await proxy.loseAnswerTo(text);
    proxy.cut();
  }

  describe.each(STATEMENTS)('at %s', (_which, text) => {
    it('and returns after the deadline leaves nothing open: another process pays', async () => {
      const cut = cutAt(text);
      const paying = expect(pay(mongo)).rejects.toMatchObject(UNAVAILABLE);
      await cut;
      await paying;
      proxy.pass();
      expect(codeOf(await pay(other))).toBeNull();
      await expectPaid(2n);
    });

    it('and returns immediately pays once, as does another process', async () => {
      const lost = proxy.loseAnswerTo(text).then(() => proxy.reset());
      const key = freshId();
      const paying = pay(mongo, key).catch(() => undefined);
      await lost;
      expect(codeOf(await pay(other))).toBeNull();
      await paying;
      expect(codeOf(await pay(other, key))).toBeNull();
      await expectPaid(3n);
    });

    it('has its transaction ended before the next unit of this process begins', async () => {
      const cut = cutAt(text);
      const paying = expect(pay(mongo)).rejects.toMatchObject(UNAVAILABLE);
      await cut;
      await paying;
      const steps = stepsOf(mongo);
      proxy.pass();
      await payAtLast(mongo);
      expect(steps.slice(0, steps.indexOf('begun') + 1)).toContain('ended');
    });

    it('without notice has its transaction ended by the deadline', async () => {
      const lost = proxy.loseAnswerTo(text);
      const paying = expect(pay(mongo)).rejects.toMatchObject(UNAVAILABLE);
      await lost;
      await paying;
      expect(codeOf(await pay(other))).toBeNull();
      await payAtLast(mongo);
      await expectPaid(3n);
    });
  });

  it('at the commit pays once, and blocks nobody', async () => {
    const key = freshId();
    const cut = cutAt('commitTransaction');
    const paying = expect(pay(mongo, key)).rejects.toMatchObject({ code: 'outcome_unknown' });
    await cut;
    await paying;
    proxy.pass();
    expect(codeOf(await pay(other))).toBeNull();
    expect(await pay(other, key)).toMatchObject({ ok: true, replayed: true });
    await expectPaid(3n);
  });

  it('in a unit of users leaves nothing open either', async () => {
    const user = aUser();
    const cut = cutAt('insert');
    const registering = mongo.bank.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
    const refused = expect(registering).rejects.toMatchObject(UNAVAILABLE);
    await cut;
    await refused;
    proxy.pass();
    await other.bank.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
  });

  it('under a unit with a base leaves neither transaction open', async () => {
    const cut = cutAt('insert');
    const paying = Promise.allSettled([pay(mongo), mongo.bank.ledger.openAccount(alice, {}), pay(mongo)]);
    await cut;
    const codes = (await paying).map(
      (one) => one.status === 'rejected' && (one.reason as { code: string }).code,
    );
    expect(codes).toEqual(['unavailable', 'unavailable', 'unavailable']);
    proxy.pass();
    expect(codeOf(await pay(other))).toBeNull();
    await payAtLast(mongo);
    await expectPaid(3n);
  });

  it('at the abort still has its transaction ended', async () => {
    await failCommands(server.uri(), { failCommands: ['abortTransaction'], times: 2, closeConnection: true });
    const failing = mongo.bank.unitOfWork.transact(
      aPrefetch({ accountIds: [from] }),
      () => {
        throw new RangeError('A decision of mine');
      },
      mongo.bank.deadline(),
    );
    await expect(failing).rejects.toThrow(RangeError);
    expect(codeOf(await pay(other))).toBeNull();
  });

  it('does not keep the store from closing', async () => {
    const cut = cutAt('insert');
    const paying = pay(mongo).catch(() => {});
    await cut;
    await paying;
    await mongo.close();
    expect(codeOf(await pay(other))).toBeNull();
  });
});

/**
 * What happens to transactions from now on: each that the server says it has ended, by an abort or by a later one whose
 * first statement is a read, and each that a unit has begun.
 */
function stepsOf({ client }: MongoBank): readonly string[] {
  const steps: string[] = [];
  const overtaking = new Set<number>();
  client.on('commandStarted', ({ requestId, commandName, command }) => {
    if (command['startTransaction'] !== true) return;
    if (commandName === 'find') overtaking.add(requestId);
    else steps.push('begun');
  });
  client.on('commandSucceeded', ({ requestId, commandName }) => {
    if (commandName === 'abortTransaction' || overtaking.has(requestId)) steps.push('ended');
  });
  return steps;
}
