import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configure, Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, aUser, FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
const path = join(folder, 'bank.db');
const clock = new FixedClock();
let store: SqliteStore;
let connection: Connection;

beforeAll(async () => {
  store = await openSqliteStore({ path, clock });
  const bank = new TestBank({ store, clock });
  const alice = aCustomer('Alice');
  const from = await bank.account(alice, { funds: 100n });
  await bank.pay(alice, { from, to: await bank.account(aCustomer('Bob')), amount: 30n });
  await bank.pay(alice, { from, to: freshId(), amount: 1n });
  await store.unitOfWork.run(({ users }) => users.insert(aUser({ id: alice.id }), 'hash'));

  connection = new Connection(await loadDriver(), path, { readOnly: false });
  configure(connection);
  connection.exec("INSERT INTO entry_blocks VALUES ('of this test', 1, '*')");
});

afterAll(async () => {
  connection.close();
  await store.close();
  await rm(folder, { recursive: true });
});

const NEVER = {
  'an entry is updated': ['UPDATE entries SET posted = posted + 1', 'an entry never changes'],
  "an entry's hash is updated": ['UPDATE entries SET hash = zeroblob(32)', 'an entry never changes'],
  'an entry is deleted': ['DELETE FROM entries WHERE sequence = 1', 'an entry never disappears'],
  'an entry is replaced': [
    'INSERT OR REPLACE INTO entries SELECT * FROM entries LIMIT 1',
    'an entry never disappears',
  ],
  'an entry is written over': [
    'INSERT INTO entries SELECT * FROM entries WHERE true ON CONFLICT DO UPDATE SET posted = 0',
    'an entry never changes',
  ],
  'a block of entries is updated': [
    "UPDATE entry_blocks SET others = ''",
    'a block of entries never changes',
  ],
  'a block of entries is deleted': ['DELETE FROM entry_blocks', 'a block of entries never disappears'],
  'an idempotency record is updated': [
    "UPDATE idempotency_records SET request = '{}'",
    'an idempotency record never changes',
  ],
  'an idempotency record is deleted': [
    'DELETE FROM idempotency_records',
    'an idempotency record never disappears',
  ],
  "a transfer's record is updated": [
    "UPDATE transfers SET record_balances = '[]'",
    'what a transfer began with never changes',
  ],
  "a transfer's legs are updated": [
    "UPDATE transfers SET legs = '[]'",
    'what a transfer began with never changes',
  ],
  'a transfer is deleted': ['DELETE FROM transfers', 'a transfer never disappears'],
  "an account's owner is updated": [
    "UPDATE accounts SET owner_id = 'eve' WHERE owner_id IS NOT NULL",
    'what an account was opened with never changes',
  ],
  "an account's currency is updated": [
    "UPDATE accounts SET currency = 'USD'",
    'what an account was opened with never changes',
  ],
  'an account is deleted': ['DELETE FROM accounts', 'an account never disappears'],
  'an account has an unknown status': ["UPDATE accounts SET status = 'asleep'", 'CHECK constraint failed'],
  'a transfer has an unknown status': [
    "UPDATE transfers SET status = 'asleep', completed_at = NULL",
    'CHECK constraint failed: status IN',
  ],
  'a rejected transfer has no code': [
    "UPDATE transfers SET status = 'rejected', completed_at = NULL",
    'CHECK constraint failed',
  ],
  'a user has an unknown role': ["UPDATE users SET role = 'king'", 'CHECK constraint failed'],
  'a counter is below zero': ['UPDATE accounts SET debits_posted = -1', 'CHECK constraint failed'],
  'a counter is above its bound': [
    'UPDATE accounts SET debits_posted = 4611686018427387905, credits_posted = 4611686018427387904',
    'CHECK constraint failed',
  ],
  'a balance is above its bound': [
    'UPDATE accounts SET debits_posted = 0, credits_posted = 9007199254740992',
    'CHECK constraint failed',
  ],
  'a balance is below its bound': [
    'UPDATE accounts SET debits_posted = 9007199254740992, credits_posted = 0',
    'CHECK constraint failed',
  ],
  'a minimum is below its bound': [
    'UPDATE accounts SET minimum_balance = -9007199254740992',
    'CHECK constraint failed',
  ],
  'an amount is no integer': [
    'UPDATE accounts SET debits_posted = 0.5',
    'cannot store REAL value in INTEGER',
  ],
  'an account has an owner and a purpose': [
    "UPDATE accounts SET purpose = 'fees' WHERE owner_id IS NOT NULL",
    'never changes',
  ],
} as const;

describe('the schema refuses that', () => {
  it.each(Object.entries(NEVER))('%s', (_, [sql, message]) => {
    const before = books();
    expect(() => connection.exec(sql)).toThrow(message);
    expect(books()).toStrictEqual(before);
  });

  it.each([
    ['a negative amount', { posted: -1n }, 'CHECK constraint failed'],
    ['an amount above the bound', { posted: 9_007_199_254_740_992n }, 'CHECK constraint failed'],
    ['a negative pending amount', { pending: -1n }, 'CHECK constraint failed'],
    ['an unknown direction', { direction: 'sideways' }, 'CHECK constraint failed'],
    ['an unknown step', { step: 'dreamt' }, 'CHECK constraint failed'],
    ['a balance out of range', { credits_posted: 2n ** 60n }, 'CHECK constraint failed'],
    ['a negative counter', { debits_pending: -1n }, 'CHECK constraint failed'],
    ['half a hash', { hash: new Uint8Array(16) }, 'CHECK constraint failed'],
    ['an account that does not exist', { account_id: 'nobody' }, 'FOREIGN KEY constraint failed'],
    ['a transfer that does not exist', { transfer_id: 'nothing' }, 'FOREIGN KEY constraint failed'],
    ['the sequence of another', { sequence: 1n }, 'UNIQUE constraint failed'],
  ] as const)('an entry has %s', (_, change, message) => {
    const entry = connection.get('SELECT * FROM entries LIMIT 1') as Record<
      string,
      string | bigint | Uint8Array
    >;
    const row: Record<string, string | bigint | Uint8Array> = { ...entry, sequence: 1000n, ...change };
    const columns = Object.keys(row);
    const insert = `INSERT INTO entries (${columns.join()}) VALUES (${columns.map(() => '?').join()})`;

    expect(() => connection.run(insert, ...Object.values(row))).toThrow(message);
  });

  it('accepts an entry that satisfies all of this', () => {
    connection.exec('BEGIN');
    connection.exec(`INSERT INTO entries
      SELECT account_id, 1000, transfer_id, other_id, step, direction, posted, pending, debits_posted, credits_posted,
        debits_pending, credits_pending, at, hash FROM entries LIMIT 1`);
    expect(connection.get('SELECT count(*) AS entries FROM entries WHERE sequence = 1000')).toEqual({
      entries: 1n,
    });
    connection.rollBack();
  });

  it('has no table that accepts values of another type', () => {
    const lax = connection.all(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    );
    expect(lax).toEqual([]);
  });
});

function books(): unknown {
  return ['entries', 'entry_blocks', 'idempotency_records', 'transfers', 'accounts', 'users'].map((table) =>
    connection.all(`SELECT * FROM ${table}`),
  );
}
