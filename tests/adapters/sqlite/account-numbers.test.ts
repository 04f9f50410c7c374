import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import type { SqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { isAccountNumber } from '../../../src/domain/entities/account-number.ts';
import { readCheckpoint } from '../../../src/domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../../src/domain/integrity/checkpoint.ts';
import { coveredDigest, sealTransfer } from '../../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import { SYSTEM, TestBank, transferIdOf } from '../../../src/testing/fixtures/bank.ts';
import { FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from '../../support/checkpoints.ts';
import older from './golden/version-8.json' with { type: 'json' };

const alice = { ...older.alice, kind: 'user' } as const;
const bob = { ...older.bob, kind: 'user' } as const;
const { current, shop, trip } = older.accounts;
const { rent, secret } = older.transfers;
/** More than one portion of the migration. */
const MANY = 1_200;

let folder: string;
let path: string;
/** Connected to a file that a program at schema version 8 wrote. */
let connection: Connection;
let clock: FixedClock;
let stores: SqliteStore[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  path = join(folder, 'bank.db');
  connection = new Connection(await loadDriver(), path, { readOnly: false });
  connection.exec(await readFile(new URL('golden/version-8.sql', import.meta.url), 'utf8'));
  clock = new FixedClock(older.at);
  stores = [];
});
afterEach(async () => {
  connection.close();
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

async function open(options: { accountPrefix?: string } = {}): Promise<TestBank> {
  const store = await openSqliteStore({ path, clock, ...options });
  stores.push(store);
  return new TestBank({ store, clock, checkpoints: new MemoryCheckpoints().ports });
}

async function faultsIn({ ledger }: TestBank) {
  return (await ledger.verifyBooks()).faults;
}

function numbers(): readonly { id: string; owner_id: string | null; number: string | null }[] {
  return connection.all('SELECT id, owner_id, number FROM accounts ORDER BY id') as never;
}

/** The whole file as text, with its schema. */
function content(): string {
  const tables = connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") as { name: string }[];
  const rows = tables.map(({ name }) => connection.all(`SELECT * FROM ${name}`));
  const schema = connection.all('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name');
  return JSON.stringify([schema, rows], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

describe('the migration that numbers accounts', () => {
  it('gives each account of a person one valid number with the prefix, and the bank none', async () => {
    connection.exec(`WITH RECURSIVE counted (place) AS (
        SELECT 1 UNION ALL SELECT place + 1 FROM counted WHERE place < ${MANY}
      )
      INSERT INTO accounts SELECT id || place, owner_id, purpose, name, currency, exponent, class, status,
        credits_frozen, minimum_balance, maximum_balance, debits_posted, credits_posted, debits_pending,
        credits_pending, sequence, latest_at, head, next_expiry_at, created_at, digest
      FROM accounts, counted WHERE id = '${trip}'`);
    const bank = await open({ accountPrefix: 'XY' });

    const [ofPeople, ofTheBank] = [true, false].map((isOwned) =>
      numbers()
        .filter(({ owner_id }) => (owner_id !== null) === isOwned)
        .map(({ number }) => number),
    );
    expect(ofPeople).toHaveLength(MANY + 3);
    expect(new Set(ofPeople).size).toBe(MANY + 3);
    expect(ofPeople!.filter((number) => !isAccountNumber(number!) || !number!.startsWith('XY'))).toEqual([]);
    expect(ofTheBank).toEqual([null]);
    const { number } = await bank.ledger.getAccount(alice, current);
    expect(await bank.ledger.getAccount(alice, number!)).toMatchObject({
      accountId: current,
      name: 'Current',
    });
  });

  it('draws with the prefix PB by default, and never again', async () => {
    await open();
    const drawn = numbers();
    expect(drawn.map(({ number }) => number?.slice(0, 2) ?? null)).toEqual([null, 'PB', 'PB', 'PB']);
    await open({ accountPrefix: 'XY' });
    expect(numbers()).toEqual(drawn);
  });

  it('leaves whole books, in which entries of both versions follow one another', async () => {
    const bank = await open();
    expect(await faultsIn(bank)).toEqual([]);

    const request = { sourceAccountId: current, destinationAccountId: shop, amount: 3n };
    const more = { reference: 'Invoice 7', externalId: 'order-7', idempotencyKey: freshId() };
    await bank.ledger.transferFunds(alice, { ...request, ...more });
    await bank.reverse(bob, rent, 100n);
    await bank.capture(bob, older.transfers.held, 70n);
    expect(await versionsOf(bank, shop)).toEqual([...Array.from({ length: 8 }, () => 1), 2, 2, 2]);
    expect(await faultsIn(bank)).toEqual([]);
  });

  it('leaves whole books to the checkpoints of before, and to those of after', async () => {
    const bank = await open();
    const before = readCheckpoint(older.checkpoint)!;
    expect(before.version).toBe(1);
    await bank.pay(alice, { from: current, to: shop, amount: 3n });
    expect(await faultsSince(bank, before, older.manifest)).toEqual([]);

    const checkpoints = new MemoryCheckpoints();
    const { ledger } = new TestBank({ store: stores[0]!, clock, checkpoints: checkpoints.ports });
    const { signed, digest: _digest, ...after } = await ledger.makeCheckpoint();
    expect(JSON.parse(signed)).toMatchObject({ version: 2 });
    expect(await faultsSince(bank, after, checkpoints.linesOf(after.number))).toEqual([]);
    expect(await faultsSince(bank, before, older.manifest.slice(1))).not.toEqual([]);
  });

  it('answers keys of before as they were answered', async () => {
    const { ledger, reads } = await open();
    const opening = { name: 'Current', idempotencyKey: 'open Current' };
    expect(await ledger.openAccount(alice, opening)).toMatchObject({
      ok: true,
      replayed: true,
      account: { accountId: current, name: 'Current', balance: 0n },
    });
    const pair = { sourceAccountId: current, destinationAccountId: shop };
    const paid = { ...pair, amount: 900n, description: 'Rent', metadata: { order: '7' } };
    const replayed = await ledger.transferFunds(alice, { ...paid, idempotencyKey: 'rent' });
    expect(replayed).toMatchObject({ ok: true, replayed: true, transfer: { transferId: rent } });
    const changed = { ...paid, reference: 'Invoice 7', idempotencyKey: 'rent' };
    await expect(ledger.transferFunds(alice, changed)).resolves.toMatchObject({
      ok: false,
      code: 'idempotency_key_reused',
    });
    const transfers = [1n, 9_999_999n].map((amount) => ({ ...pair, amount }));
    const batch = await ledger.submitBatch(alice, { transfers, idempotencyKey: 'batch' });
    expect(batch).toMatchObject({ replayed: true, members: [{ ok: true }, { ok: false }] });
    const freeze = { accountId: trip, reason: 'lost card', idempotencyKey: 'freeze' };
    expect(await ledger.freezeAccount(SYSTEM, freeze)).toMatchObject({ ok: true, replayed: true });
    expect(await reads.accountsOf(bob.id, { after: null, limit: 9 })).toHaveLength(1);
  });

  it('keeps texts that were erased when there were no references', async () => {
    const [row] = connection.all('SELECT erased FROM transfers WHERE id = ?', secret) as { erased: string }[];
    const former = JSON.parse(row!.erased) as Record<string, string>;
    expect(Object.keys(former)).toEqual(['description', 'metadata']);

    const bank = await open();
    const found = await bank.reads.transfer(secret);
    expect(found?.erased).toStrictEqual({ ...former, reference: null });
    expect(await faultsIn(bank)).toEqual([]);
    await bank.ledger.eraseText(SYSTEM, { transferId: rent, reason: 'asked for' });
    expect(await faultsIn(bank)).toEqual([]);
  });

  it.each([
    ['the name of an account', `UPDATE accounts SET name = 'Mallory' WHERE id = '${shop}'`],
    ['the digest of an account', `UPDATE accounts SET digest = zeroblob(16) WHERE id = '${shop}'`],
    ['a missing digest', `UPDATE accounts SET digest = NULL WHERE id = '${shop}'`],
  ])('makes no change by hand look right: %s', async (_, sql) => {
    connection.exec(sql);
    expect(await faultsIn(await open())).toMatchObject([
      { kind: 'account_facts', accountId: shop, count: 1 },
    ]);
  });

  it('leaves nothing behind if it is interrupted, and can be repeated', async () => {
    connection.exec(`CREATE TRIGGER interruption BEFORE UPDATE OF digest ON accounts WHEN OLD.id = '${trip}'
      BEGIN SELECT raise(ABORT, 'interrupted'); END`);
    const before = content();
    await expect(openSqliteStore({ path, clock })).rejects.toThrow('interrupted');
    expect(content()).toBe(before);

    connection.exec('DROP TRIGGER interruption');
    expect(await faultsIn(await open())).toEqual([]);
  });

  it('gives every later account a number, which stays', async () => {
    const bank = await open();
    const opened = await bank.open(bob, { externalId: 'shop-2' });
    const copy = (number: string) => `INSERT INTO accounts (
        id, owner_id, number, external_id, currency, exponent, class, status, credits_frozen, debits_posted,
        credits_posted, debits_pending, credits_pending, sequence, latest_at, head, created_at
      ) SELECT id || 'x', owner_id, ${number}, NULL, currency, exponent, class, status, credits_frozen, 0, 0, 0, 0, 0,
        latest_at, head, created_at FROM accounts WHERE id = '${opened}'`;
    expect(() => connection.exec(copy('NULL'))).toThrow('an account has a number');
    expect(() => connection.exec(copy('number'))).toThrow('UNIQUE');
    for (const column of ['number', 'external_id']) {
      const sql = `UPDATE accounts SET ${column} = 'x' WHERE id = '${opened}'`;
      expect(() => connection.exec(sql)).toThrow('never changes');
    }
    const request = {
      sourceAccountId: current,
      destinationAccountId: shop,
      amount: 3n,
      externalId: 'order-7',
    };
    const paid = transferIdOf(
      await bank.ledger.transferFunds(alice, { ...request, idempotencyKey: freshId() }),
    );
    const sql = `UPDATE transfers SET external_id = 'x' WHERE id = '${paid}'`;
    expect(() => connection.exec(sql)).toThrow('never changes');
  });
});

/** Versions of the encoding that made the hashes of an account's entries. */
async function versionsOf({ reads }: TestBank, accountId: string) {
  const { number } = (await reads.account(accountId))!;
  const lines = await reads.linesOf(accountId, { after: null, limit: 100 });
  return lines.map(({ entry, transfer }, index) => {
    const previousHash = lines[index - 1]?.entry.hash ?? GENESIS_HASH;
    const covering = { seal: sealTransfer(transfer, sha256), number, previousHash, digest: sha256 };
    return coveredDigest(entry, transfer, covering)?.version;
  });
}

async function faultsSince({ ledger }: TestBank, checkpoint: Checkpoint, lines: readonly string[]) {
  async function* manifest() {
    yield* lines;
  }
  return (await ledger.verifyBooks({ checkpoint: { checkpoint, manifest: manifest() } })).faults;
}
