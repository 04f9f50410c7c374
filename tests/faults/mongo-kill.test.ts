import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCustomer, freshId } from '../../src/testing/fixtures/builders.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { failCommands, openMongoBank } from '../support/mongo-bank.ts';
import type { MongoBank } from '../support/mongo-bank.ts';
import { Program } from '../support/program.ts';
import type { Payment } from './support/mongo-payer.ts';

/** Less than the server's minute. */
const DEADLINE_MS = 30_000;
const APP_NAME = 'survivor';

const WITHOUT_KILL_SESSIONS = {
  failCommands: ['killSessions'],
  appName: APP_NAME,
  times: 10,
  errorCode: 59,
};

describeWithMongo('a bank that is killed in the middle of a transaction', () => {
  const uri = mongoUri();
  const databaseName = freshDatabaseName();
  let mongo: MongoBank;

  beforeAll(async () => {
    mongo = await openMongoBank({
      uri,
      databaseName,
      limits: { deadlineMs: DEADLINE_MS },
      driver: { appName: APP_NAME },
    });
  });
  afterAll(() => mongo?.close());

  it.each([
    ['', []],
    [', even without killSessions', [WITHOUT_KILL_SESSIONS]],
  ])('has changed nothing, and does not block other banks%s', async (_where, failures) => {
    const { bank } = mongo;
    for (const failure of failures) await failCommands(uri, failure);
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.open(aCustomer());
    const request = { sourceAccountId: from, destinationAccountId: to, idempotencyKey: freshId() };

    const payment: Payment = { uri, databaseName, actor: alice, request };
    const payer = new Program('tests/faults/support/mongo-payer.ts', {
      env: {},
      args: [JSON.stringify(payment)],
    });
    expect(await payer.ended, payer.stderr).toEqual({ code: null, signal: 'SIGKILL' });

    const paid = await bank.ledger.transferFunds(alice, { ...request, amount: 1n });
    expect(paid).toMatchObject({ ok: true, replayed: false });
    expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([99n, 1n]);
  });
});
