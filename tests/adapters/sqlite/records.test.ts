import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { IdempotencyRecord } from '../../../src/domain/books/idempotency.ts';
import type { Outcome } from '../../../src/domain/books/outcome.ts';
import { Transfer } from '../../../src/domain/entities/transfer.ts';
import type { TransferFacts } from '../../../src/domain/entities/transfer.ts';
import { NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { anAccount, FixedClock, freshId, JANUARY } from '../../../src/testing/fixtures/builders.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
const path = join(folder, 'bank.db');
const clock = new FixedClock();
let store: SqliteStore;

beforeAll(async () => {
  store = await openSqliteStore({ path, clock });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

function facts(): TransferFacts {
  return {
    id: freshId(),
    kind: 'transfer',
    legs: [
      { accountId: freshId(), ownerId: 'alice', direction: 'debit', amount: 9_007_199_254_740_991n },
      { accountId: freshId(), ownerId: null, direction: 'credit', amount: 9_007_199_254_740_991n },
    ],
    currency: 'EUR',
    exponent: 2,
    initiator: { kind: 'user', id: 'alice' },
    payerName: 'Zoë 🏦',
    description: 'Rent',
    reference: 'INV-17',
    externalId: freshId(),
    metadata: { order: '17', b: 'x', a: 'y' },
    salt: '0123456789abcdef'.repeat(2),
    expiresAt: null,
    reverses: null,
    batchId: null,
  };
}

async function keep(outcome: Outcome): Promise<IdempotencyRecord> {
  const record: IdempotencyRecord = {
    scope: 'user:alice',
    operation: 'transfer',
    key: `key with spaces ${freshId()}`,
    request: {
      version: 1,
      fields: [
        ['sourceAccountId', 'from'],
        ['amount', '9007199254740991'],
      ],
    },
    outcome,
    at: JANUARY + 7,
  };
  const transfer = outcome.kind === 'transferred' || outcome.kind === 'refused' ? outcome.transfer : null;
  await store.unitOfWork.transact(
    aPrefetch({}),
    () => ({
      result: undefined,
      changes: {
        ...NO_CHANGES,
        transfers: transfer ? [{ before: null, after: transfer }] : [],
        records: [record],
      },
    }),
    clock.now() + 1000,
  );
  return record;
}

describe('a record returns the outcome as recorded', () => {
  const transferred = (): Outcome => ({
    kind: 'transferred',
    transfer: Transfer.complete(facts(), JANUARY),
    balances: [
      { accountId: 'second', balance: -(2n ** 60n), held: 1n, available: 2n },
      { accountId: 'first', balance: 9_007_199_254_740_993n, held: 0n, available: 0n },
    ],
  });

  it.each<[string, () => Outcome]>([
    ['a transfer', transferred],
    [
      'an account, in every field',
      () => ({
        kind: 'opened',
        account: anAccount({ balance: 2n ** 62n, name: 'Zoë', minimumBalance: null, maximumBalance: 7n }),
      }),
    ],
    [
      'a refusal with its rejection',
      () => ({
        kind: 'refused',
        code: 'insufficient_funds',
        transfer: Transfer.reject(facts(), 'insufficient_funds', JANUARY),
      }),
    ],
    [
      'a refusal of which nothing else was kept',
      () => ({ kind: 'refused', code: 'source_account_not_found', transfer: null }),
    ],
  ])('%s', async (_, outcome) => {
    const record = await keep(outcome());
    expect(await store.reads.record(record)).toStrictEqual(record);
  });

  it('even after the transfer has changed', async () => {
    const hold = Transfer.hold({ ...facts(), expiresAt: JANUARY + 1000 }, JANUARY);
    const record = await keep({ kind: 'transferred', transfer: hold, balances: [] });
    const after = hold.capture(5n, JANUARY + 500).reverse([1n, 1n]);
    await store.unitOfWork.transact(
      aPrefetch({}),
      () => ({ result: undefined, changes: { ...NO_CHANGES, transfers: [{ before: hold, after }] } }),
      clock.now() + 1000,
    );

    expect(await store.reads.transfer(hold.id)).toStrictEqual(after);
    expect(await store.reads.record(record)).toStrictEqual(record);
  });
});
