import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { Connection } from '../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { collectGarbage } from '../../src/testing/fixtures/garbage.ts';
import { passbook } from '../support/command-line.ts';
import type { Said } from '../support/command-line.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';

const driver = await loadDriver();
const REFUSED =
  'Nothing was changed. Check that MONGO_URI, DATABASE_PATH or DATA_DIR name the books of this program.\n';

describe('passbook migrate, for SQLite', () => {
  let template: string;
  let folder: string;
  let path: string;
  beforeAll(async () => {
    template = await mkdtemp(join(tmpdir(), 'passbook-migrate-'));
    await (await openSqliteStore({ path: join(template, 'passbook.db') })).close();
  });
  afterAll(() => rm(template, { recursive: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-migrate-'));
    path = join(folder, 'passbook.db');
    await copyFile(join(template, 'passbook.db'), path);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** On Node 20 the file of a closed store stays open, and locked, until its statements are collected. */
  async function collectClosedStores(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await setImmediate();
      collectGarbage();
    }
  }

  function migrate(...args: string[]): Promise<Said> {
    return passbook(['migrate', ...args], { DATA_DIR: folder });
  }

  function alter(sql: string): void {
    const connection = new Connection(driver, path, { readOnly: false });
    connection.exec(sql);
    connection.close();
  }

  /** Takes the last migration back. */
  function older(): void {
    alter('DROP TABLE payees; DELETE FROM schema_migrations WHERE number = 10');
  }

  it('status lists what is applied and missing, and changes nothing', async () => {
    older();
    const before = readFileSync(path);
    const { code, stdout, stderr } = await migrate('status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(`${path} has schema 9; this program knows 10\n`);
    expect(stdout).toMatch(/^1 +ledger and outbox +\d{4}-\d\d-\d\d \d\d:\d\d$/m);
    expect(stdout).toMatch(/^10 +payees +missing$/m);
    expect(stdout).toMatch(/\nMissing: 1 migration\. .*"passbook migrate up"\n$/);
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .slice(1, -2)
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(await readdir(folder)).toEqual(['passbook.db']);
  });

  it('up says what it would do, does it, and then has nothing to do', async () => {
    older();
    const before = readFileSync(path);
    expect(await migrate('up', '--dry-run')).toEqual({
      code: 0,
      stdout: `Would apply 10: payees\n${path} would go from schema 9 to 10; nothing was changed\n`,
      stderr: '',
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(await migrate('up')).toEqual({
      code: 0,
      stdout: `Applied 10: payees\n${path} went from schema 9 to 10\n`,
      stderr: '',
    });
    await collectClosedStores();
    const again = await migrate('up', '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      database: path,
      from: 10,
      to: 10,
      applied: [],
      indexes: [],
      dryRun: false,
    });
  });

  it.each([
    [
      'of a newer version',
      "INSERT INTO schema_migrations VALUES (11, 'of the future', 1)",
      /a newer Passbook \(schema 11/,
    ],
    [
      'from before the first release',
      "UPDATE schema_migrations SET name = 'draft' WHERE number = 1",
      /before the first release/,
    ],
    ['of another program', 'DROP TABLE schema_migrations', /belongs to another program/],
  ])('refuses books %s', async (_what, sql, reason) => {
    alter(sql);
    const before = readFileSync(path);
    const status = await migrate('status');
    expect(status).toMatchObject({ code: 1, stdout: expect.stringMatching(reason) as string });
    for (const args of [['up'], ['up', '--dry-run']]) {
      const { code, stdout, stderr } = await migrate(...args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(reason);
      expect(stderr.endsWith(REFUSED)).toBe(true);
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a file that is no database, and one whose restore was cut off', async () => {
    await writeFile(`${path}.restoring`, '');
    expect(await migrate('status')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('restore FILE') as string,
    });
    await rm(`${path}.restoring`);
    await writeFile(path, 'Dear diary, '.repeat(999));
    expect(await migrate('status')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /cannot be used: file is not a database\nRun "passbook doctor"/,
      ) as string,
    });
  });
});

describeWithMongo('passbook migrate, for MongoDB', () => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(mongoUri());
  });
  afterAll(() => client.close());

  function envOf(name: string): { MONGO_URI: string } {
    const uri = new URL(mongoUri());
    uri.pathname = `/${name}`;
    return { MONGO_URI: uri.href };
  }

  it('says what it would do, does it, and names the version', async () => {
    const name = freshDatabaseName();
    await (await openMongoStore({ uri: envOf(name).MONGO_URI })).close();
    const schema = client.db(name).collection<{ _id: number }>('schema');
    await schema.deleteOne({ _id: 12 });
    await client.db(name).collection('payees').dropIndexes();

    const status = await passbook(['migrate', 'status'], envOf(name));
    expect(status).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^12 +payees +missing$/m) as string,
    });
    expect(await passbook(['migrate', 'up', '--dry-run'], envOf(name))).toMatchObject({
      code: 0,
      stdout: `Would apply 12: payees\n${name} would go from schema 11 to 12; nothing was changed\n`,
    });
    expect(await schema.countDocuments({ _id: 12 })).toBe(0);
    expect(await passbook(['migrate', 'up'], envOf(name))).toMatchObject({
      code: 0,
      stdout: `Applied 12: payees\n${name} went from schema 11 to 12\n`,
    });
    expect(await schema.countDocuments({ _id: 12 })).toBe(1);
    await client.db(name).dropDatabase();
  });

  it('refuses a database of a newer version and of another program, and changes neither', async () => {
    const [newer, foreign] = [freshDatabaseName(), freshDatabaseName()];
    const migration = { name: 'of the future', appliedAt: new Date() };
    await client
      .db(newer)
      .collection<{ _id: number }>('schema')
      .insertOne({ _id: 99, ...migration });
    await client.db(foreign).collection('accounts').insertOne({ nick: 'bob' });
    for (const [name, reason] of [
      [newer, 'has version 99; this program knows'],
      [foreign, 'belongs to another program'],
    ] as const) {
      const { code, stderr } = await passbook(['migrate', 'up'], envOf(name));
      expect({ code, isNamed: stderr.includes(reason) }).toEqual({ code: 1, isNamed: true });
      expect(await client.db(name).listCollections().toArray()).toHaveLength(1);
      await client.db(name).dropDatabase();
    }
  });

  it('says which server it cannot reach, and not with which password', async () => {
    const uri = 'mongodb://user:canary@127.0.0.1:1/bank?serverSelectionTimeoutMS=100';
    const { code, stderr } = await passbook(['migrate', 'status'], { MONGO_URI: uri });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^passbook: The database cannot be read: .*127\.0\.0\.1:1\nRun "passbook doctor"/);
    expect(stderr).not.toContain('canary');
  });
});
