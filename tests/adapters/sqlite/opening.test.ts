import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertDurable, configure, Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { isSound, loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import type { Driver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { migrateSqlite } from '../../../src/adapters/sqlite/schema/migrations.ts';
import { openWith } from '../../../src/adapters/sqlite/sqlite-store.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { collectGarbage } from '../../../src/testing/fixtures/garbage.ts';
import { BEFORE_DIGESTS, BEFORE_IDENTITY, BEFORE_SUMS, revertNumbers } from '../../support/older-sqlite.ts';
import { aCustomer, aSession, aUser, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { someHistory } from '../../support/some-history.ts';
import { booksWithoutIdentifiers } from '../../support/whole-books.ts';

const driver = await loadDriver();
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-'));
  path = join(folder, 'bank.db');
});
afterEach(() => rm(folder, { recursive: true }));

/** As it was with a row for each party of each transfer. */
const BEFORE_BOOKS = `${BEFORE_DIGESTS};
  DROP TABLE newest_entry;
  DROP TABLE write_probe;
  CREATE TABLE transfer_parties (user_id TEXT, transfer_id TEXT);
  DROP TABLE unbooked_transfers;
  DELETE FROM schema_migrations WHERE number >= 3`;

function connect(file = path): Connection {
  return new Connection(driver, file, { readOnly: false });
}

function soon(): number {
  return performance.now() + 1000;
}

describe('the installed SQLite', () => {
  it('has no known way to corrupt a database', () => {
    const connection = connect();
    const row = connection.get('SELECT sqlite_version() AS version') as { version: string };
    expect(isSound(row.version)).toBe(true);
    connection.close();
  });

  it.each([
    ['3.51.3', true],
    ['3.51.10', true],
    ['3.53.0', true],
    ['4.0.0', true],
    ['3.51.2', false],
    ['3.50.7', false],
    ['3.9.10', false],
    ['2.99.99', false],
    [undefined, false],
  ])('%s: %s', (version, sound) => {
    expect(isSound(version)).toBe(sound);
  });
});

describe('opening', () => {
  it('creates the file and its folders, accessible to their user alone', async () => {
    const nested = join(folder, 'some', 'data', 'bank.db');
    const store = await openSqliteStore({ path: nested });

    const modes = await Promise.all(
      ['some', 'some/data', 'some/data/bank.db', 'some/data/bank.db-wal'].map(async (name) =>
        ((await stat(join(folder, name))).mode & 0o777).toString(8),
      ),
    );
    expect(modes).toEqual(['700', '700', '600', '600']);
    await store.close();
  });

  it('finds what was written before', async () => {
    const clock = new FixedClock();
    const alice = aCustomer();
    const before = await openSqliteStore({ path, clock });
    const accountId = await new TestBank({ store: before, clock }).account(alice, { funds: 70n });
    await before.close();

    const store = await openSqliteStore({ path, clock });
    expect(await new TestBank({ store, clock }).balanceOf(accountId)).toBe(70n);
    await store.close();
  });

  it('finds everything in the one file that remains after a close', async () => {
    const clock = new FixedClock();
    const before = await openSqliteStore({ path, clock });
    const accountId = await new TestBank({ store: before, clock }).account(aCustomer(), { funds: 70n });
    await before.close();

    const copied = join(folder, 'copied.db');
    await copyFile(path, copied);
    const store = await openSqliteStore({ path: copied, clock });
    expect(await new TestBank({ store, clock }).balanceOf(accountId)).toBe(70n);
    await store.close();
  });

  it('waits for another process that locks the file', async () => {
    const other = connect();
    other.exec('BEGIN EXCLUSIVE');
    const opening = openSqliteStore({ path });
    setTimeout(() => other.exec('ROLLBACK'), 50);
    const store = await opening;
    await expect(store.check()).resolves.toBeUndefined();
    await store.close();
    other.close();
  });

  it('does not wait forever', async () => {
    const other = connect();
    other.exec('BEGIN EXCLUSIVE');
    await expect(openSqliteStore({ path, lockTimeoutMs: 50 })).rejects.toThrow(path);
    other.close();
  });

  it('by several processes concurrently creates one database', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => openSqliteStore({ path })));
    await Promise.all(stores.map((store) => store.close()));

    const connection = connect();
    const applied = connection.all('SELECT number FROM schema_migrations') as { number: bigint }[];
    expect(applied.length).toBeGreaterThanOrEqual(9);
    expect(applied.map(({ number }) => Number(number))).toEqual(applied.map((_, index) => index + 1));
    connection.close();
  });
});

describe('durability', () => {
  it('is asserted, and holds with our configuration', () => {
    const connection = connect();
    configure(connection);
    expect(() => assertDurable(connection)).not.toThrow();
    connection.close();
  });

  it('is asserted before a store is opened', async () => {
    const forgetful: Driver = {
      ...driver,
      DatabaseSync: class extends driver.DatabaseSync {
        override exec(sql: string): void {
          super.exec(sql.replace('synchronous = FULL', 'synchronous = NORMAL'));
        }
      },
    };
    await expect(openWith(forgetful, { path })).rejects.toThrow('SQLite has synchronous = 1, not 2');
  });

  it.each([
    ['synchronous', 'NORMAL', 'SQLite has synchronous = 1, not 2'],
    ['synchronous', 'OFF', 'SQLite has synchronous = 0, not 2'],
    ['journal_mode', 'DELETE', 'SQLite has journal_mode = delete, not wal'],
    ['foreign_keys', 'OFF', 'SQLite has foreign_keys = 0, not 1'],
    ['recursive_triggers', 'OFF', 'SQLite has recursive_triggers = 0, not 1'],
  ])('is refused with %s = %s', (name, value, message) => {
    const connection = connect();
    configure(connection);
    connection.exec(`PRAGMA ${name} = ${value}`);
    expect(() => assertDurable(connection)).toThrow(message);
    connection.close();
  });
});

describe('migrations', () => {
  const first = { name: 'first', sql: 'CREATE TABLE one (id INTEGER) STRICT' };
  const second = { name: 'second', sql: 'CREATE TABLE two (id INTEGER) STRICT; INSERT INTO one VALUES (2)' };
  const broken = {
    name: 'broken',
    sql: 'CREATE TABLE three (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1)',
  };

  function recorded(connection: Connection): readonly unknown[] {
    return connection.all('SELECT number, name, applied_at FROM schema_migrations ORDER BY number');
  }

  it('are applied in order, once, and recorded', async () => {
    const connection = connect();
    await migrateSqlite(connection, { until: soon(), now: 1, migrations: [first] });
    await migrateSqlite(connection, { until: soon(), now: 2, migrations: [first, second] });
    await migrateSqlite(connection, { until: soon(), now: 3, migrations: [first, second] });

    expect(recorded(connection)).toEqual([
      { number: 1n, name: 'first', applied_at: 1n },
      { number: 2n, name: 'second', applied_at: 2n },
    ]);
    expect(connection.all('SELECT id FROM one')).toEqual([{ id: 2n }]);
    connection.close();
  });

  it('that fail leave no trace, and keep those before', async () => {
    const connection = connect();
    const migrations = [first, broken];
    await expect(migrateSqlite(connection, { until: soon(), now: 1, migrations })).rejects.toThrow('nowhere');

    expect(recorded(connection)).toEqual([{ number: 1n, name: 'first', applied_at: 1n }]);
    expect(connection.all("SELECT name FROM sqlite_schema WHERE name = 'three'")).toEqual([]);
    expect(connection.isInTransaction).toBe(false);
    connection.close();
  });

  it('of a store are recorded', async () => {
    const store = await openSqliteStore({ path, clock: new FixedClock(5) });
    await store.close();
    const connection = connect();
    const released = [
      { number: 1n, name: 'ledger and outbox', applied_at: 5n },
      { number: 2n, name: 'entries by counterparty in blocks', applied_at: 5n },
      { number: 3n, name: 'transfers by user in books', applied_at: 5n },
      { number: 4n, name: 'the newest entry, and a probe of writes', applied_at: 5n },
      { number: 5n, name: 'a digest of what no chain covers', applied_at: 5n },
      {
        number: 6n,
        name: 'sessions by their end, mails by the hour, users in the audit log',
        applied_at: 5n,
      },
      { number: 7n, name: 'pending holds with their amounts', applied_at: 5n },
      { number: 8n, name: 'profiles, refresh tokens, credentials and security events', applied_at: 5n },
      { number: 9n, name: 'account numbers, references and external ids', applied_at: 5n },
      { number: 10n, name: 'payees', applied_at: 5n },
    ];
    expect(recorded(connection).slice(0, released.length)).toEqual(released);
    connection.close();
  });

  it('convert a book from before entry blocks', async () => {
    const clock = new FixedClock();
    const store = await openSqliteStore({ path, clock });
    const bank = new TestBank({ store, clock });
    const [alice, bob] = [aCustomer(), aCustomer()];
    const from = await bank.account(alice, { funds: 1000n });
    const [to, other] = [await bank.open(bob), await bank.open(bob)];
    for (let number = 1; number <= 150; number++) {
      await bank.pay(alice, { from, to: number === 20 ? other : to, amount: 1n });
    }
    await store.close();

    const connection = connect();
    const blocks = () => connection.all('SELECT * FROM entry_blocks ORDER BY account_id, block');
    const written = blocks();
    expect(written).toHaveLength(4);
    revertNumbers(connection);
    connection.exec(`${BEFORE_BOOKS};
      DROP TABLE entry_blocks;
      CREATE INDEX entries_by_other ON entries (account_id, other_id, sequence);
      DELETE FROM schema_migrations WHERE number = 2`);
    const again = await openSqliteStore({ path, clock });
    expect(blocks()).toEqual(written);
    expect(connection.all("SELECT name FROM sqlite_schema WHERE name = 'entries_by_other'")).toEqual([]);
    connection.close();
    const { items } = await new TestBank({ store: again, clock }).ledger.listEntries(alice, from, {
      counterparty: other,
    });
    expect(items.map(({ sequence }) => sequence)).toEqual([21]);
    await again.close();
  });

  it('give older rows the digest that they would have if written now', async () => {
    const clock = new FixedClock();
    const store = await openSqliteStore({ path, clock });
    await booksWithoutIdentifiers(new TestBank({ store, clock }));
    await store.close();

    const connection = connect();
    revertNumbers(connection);
    const rows = () =>
      ['transfers', 'idempotency_records'].map((table) =>
        connection.all(`SELECT * FROM ${table} ORDER BY 1`),
      );
    const written = rows();
    connection.exec(BEFORE_DIGESTS);
    const again = await openSqliteStore({ path, clock });
    const none = { reference: null, external_id: null };
    expect(rows()).toEqual([written[0]!.map((row) => ({ ...(row as object), ...none })), written[1]]);
    expect((await new TestBank({ store: again, clock }).ledger.verifyBooks()).faults).toEqual([]);
    expect(() => connection.exec("UPDATE idempotency_records SET request = ''")).toThrow('never changes');
    connection.close();
    await again.close();
  });

  it('convert pending holds, with the reserved amount of each', async () => {
    const clock = new FixedClock();
    const store = await openSqliteStore({ path, clock });
    const bank = new TestBank({ store, clock });
    const [alice, bob] = [aCustomer(), aCustomer()];
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.open(bob);
    await bank.hold(alice, { from, to, amount: 30n, expiresInSeconds: 1 });
    await bank.hold(alice, { from, to, amount: 9n, expiresInSeconds: 60 });
    await store.close();

    const connection = connect();
    const pending = () => connection.all('SELECT * FROM pending_holds ORDER BY account_id, expires_at');
    const written = pending();
    expect(written).toHaveLength(4);
    revertNumbers(connection);
    connection.exec(BEFORE_SUMS);
    clock.advance(1000);
    const again = await openSqliteStore({ path, clock });
    expect(pending()).toEqual(written);
    connection.close();
    const bankAgain = new TestBank({ store: again, clock });
    expect(await bankAgain.stateOf(from)).toEqual({ balance: 100n, held: 9n, available: 91n });
    await again.close();
  });

  it('keep unbooked transfers in the lists of users, and leave the rest to the books', async () => {
    const clock = new FixedClock();
    const store = await openSqliteStore({ path, clock });
    const history = await someHistory(new TestBank({ store, clock }));
    const expected = await history.lists(store.reads);
    await store.close();

    const connection = connect();
    const unbooked = () => connection.all('SELECT * FROM unbooked_transfers ORDER BY transfer_id');
    const written = unbooked();
    expect(written).toHaveLength(history.unbooked);
    revertNumbers(connection);
    connection.exec(BEFORE_BOOKS);
    const again = await openSqliteStore({ path, clock });
    expect(unbooked()).toEqual(written);
    expect(connection.all("SELECT name FROM sqlite_schema WHERE name = 'transfer_parties'")).toEqual([]);
    connection.close();
    expect(await history.lists(again.reads)).toStrictEqual(expected);
    await again.close();
  });
});

describe('a refused file is left unchanged', () => {
  it('if a newer version wrote it', async () => {
    await (await openSqliteStore({ path })).close();
    const connection = connect();
    connection.exec("INSERT INTO schema_migrations VALUES (99, 'of the future', 0)");
    connection.close();

    await expectRefused(
      /bank\.db cannot be used: It was written by a newer Passbook \(schema 99, and this one knows \d+\): upgrade Passbook/,
    );
  });

  it('if it is from before the first release', async () => {
    await (await openSqliteStore({ path })).close();
    const connection = connect();
    connection.exec("UPDATE schema_migrations SET name = 'ledger'");
    connection.close();

    await expectRefused(/bank\.db cannot be used: It was made before the first release/);
  });

  it('if another program wrote it', async () => {
    const connection = connect();
    connection.exec('CREATE TABLE songs (id INTEGER)');
    connection.close();

    await expectRefused(/bank\.db cannot be used: It belongs to another program/);
  });

  it('if it is not a database', async () => {
    await writeFile(path, 'Dear diary, '.repeat(1000));
    await expectRefused(/bank\.db cannot be used: it is not an SQLite database/);
  });

  async function expectRefused(message: RegExp): Promise<void> {
    // On Node 20 a closed file stays open until its statements are collected, and its log is put away only then
    collectGarbage();
    const before = await readFile(path);
    await expect(openSqliteStore({ path })).rejects.toThrow(message);
    expect(before.equals(await readFile(path))).toBe(true);
  }
});

describe('a program that cannot open its database says why and exits with a code other than 0', () => {
  it('if the path leads through a file', async () => {
    await writeFile(path, '');
    expect(await start(join(path, 'bank.db'))).toEqual({
      exitCode: 1,
      errors: expect.stringContaining('bank.db cannot be used: ') as string,
    });
  });

  it('if the folder is not writable', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed);
    await chmod(folder, 0o755);
    await chmod(closed, 0o555);

    const { exitCode, errors } = await start(join(closed, 'bank.db'));
    expect({ exitCode, errors }).toEqual({
      exitCode: 1,
      errors: expect.stringContaining('bank.db cannot be used: EACCES: permission denied') as string,
    });
    expect(await readdir(closed)).toEqual([]);
  });

  it('give the people and sessions of an older version the defaults of what was added', async () => {
    const clock = new FixedClock();
    const store = await openSqliteStore({ path, clock });
    const user = aUser({ role: 'auditor' });
    const session = aSession({ userId: user.id, createdAt: clock.now() });
    await store.unitOfWork.run(async ({ users, sessions }) => {
      await users.insert(user.verifyEmail(5).lock(6), 'hash');
      await sessions.insert({ ...session, refreshDigest: 'digest', lastUsedAt: 7, methods: ['passkey'] });
    });
    await store.close();

    const connection = connect();
    revertNumbers(connection);
    connection.exec(BEFORE_IDENTITY);
    connection.close();
    const again = await openSqliteStore({ path, clock });
    const found = await again.unitOfWork.run(async ({ users, sessions }) => ({
      user: await users.withPassword(user.id),
      open: await sessions.openOf(user.id),
    }));
    expect(found).toStrictEqual({ user: { user, passwordHash: 'hash' }, open: [session] });
    await again.unitOfWork.run(({ users }) => users.replace(user.grant('operator')));
    await again.close();
  });

  it('if the file is not writable', async () => {
    await (await openSqliteStore({ path })).close();
    await chmod(folder, 0o755);
    await chmod(path, 0o444);

    expect(await start(path)).toEqual({
      exitCode: 1,
      errors: expect.stringContaining('bank.db cannot be used: EACCES: permission denied') as string,
    });
  });

  /** Root may write anywhere, so where the tests run as root the program runs as nobody. */
  async function start(file: string): Promise<{ exitCode: unknown; errors: string }> {
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
    const cache = await mkdtemp(join(tmpdir(), 'passbook-cache-'));
    if (nobody) await chown(cache, nobody.uid, nobody.gid);
    const program = new URL('../../faults/support/sqlite-bank.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', program, file], {
      ...nobody,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: cache },
    });
    const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    await rm(cache, { recursive: true });
    return { exitCode: child.exitCode, errors };
  }
});
