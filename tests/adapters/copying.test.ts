import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMongoCopySource, openMongoCopyTarget } from '../../src/adapters/mongo/copying/mongo-copy.ts';
import { MONGO_COLLECTIONS } from '../../src/adapters/mongo/copying/mongo-rows.ts';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { Connection } from '../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteCopySource, openSqliteCopyTarget } from '../../src/adapters/sqlite/copying/sqlite-copy.ts';
import { SQLITE_TABLES } from '../../src/adapters/sqlite/copying/sqlite-rows.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { copyBooks } from '../../src/application/copying/copy-books.ts';
import type { CopyReport, CopyTerms } from '../../src/application/copying/copy-books.ts';
import { ROW_KINDS } from '../../src/application/ports/book-copy.ts';
import type { CopySource, CopyTarget } from '../../src/application/ports/book-copy.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import { statementProofText } from '../../src/application/proofs/statement-proof-text.ts';
import { verifyBooks } from '../../src/application/proofs/verify-books.ts';
import { readCheckpoint } from '../../src/domain/integrity/checkpoint.ts';
import { SYSTEM, TestBank } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, aUser, FixedClock } from '../../src/testing/fixtures/builders.ts';
import { collectGarbage } from '../../src/testing/fixtures/garbage.ts';
import { MemoryCheckpoints } from '../support/checkpoints.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { variedBank } from '../support/varied-bank.ts';

const clock = new FixedClock();
const accountPrefix = 'PB';
/** Enough for a heartbeat of a program at work. */
const WATCH = { watchMs: 700 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-copy-'));
});
/** Books with rows of every kind, which each test copies instead of making its own. */
let template: string;
beforeAll(async () => {
  template = join(await mkdtemp(join(tmpdir(), 'passbook-template-')), 'books.db');
  await fill({ ...aFile(), open: () => openSqliteStore({ path: template, clock }) });
});
afterAll(() => rm(dirname(template), { recursive: true }));
afterEach(() => rm(folder, { recursive: true }));

/** A place for books: a file or a database. */
type Place = {
  readonly open: () => Promise<Store>;
  readonly source: (terms?: { allowsRunning: boolean }) => Promise<CopySource>;
  readonly target: () => Promise<CopyTarget>;
  /** All that it stores, in a form in which only equal books are equal. */
  readonly dump: () => Promise<Readonly<Record<string, readonly unknown[]>>>;
};

async function aVariedFile(): Promise<ReturnType<typeof aFile>> {
  const place = aFile();
  await copyFile(template, place.path);
  return place;
}

let files = 0;
function aFile(): Place & { readonly path: string } {
  files += 1;
  const path = join(folder ?? tmpdir(), `books-${files}.db`);
  const terms = { path, clock, accountPrefix };
  return {
    path,
    open: () => openSqliteStore({ path, clock }),
    source: async (more = { allowsRunning: false }) => openSqliteCopySource({ ...terms, ...more }),
    target: () => openSqliteCopyTarget(terms),
    dump: () => dumpOf(path),
  };
}

function aDatabase(): Place & { readonly name: string } {
  const databaseName = freshDatabaseName();
  const terms = { uri: mongoUri(), databaseName, clock, accountPrefix, ...WATCH };
  return {
    name: databaseName,
    open: () =>
      openMongoStore({ uri: mongoUri(), databaseName, clock, accountPrefix, clockToleranceMs: Infinity }),
    source: (more = { allowsRunning: false }) => openMongoCopySource({ ...terms, ...more }),
    target: () => openMongoCopyTarget(terms),
    dump: () => documentsOf(databaseName),
  };
}

/** On Node 20 the files of a closed store stay locked until its statements are collected. */
async function collectClosedStores(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await setImmediate();
    collectGarbage();
  }
}

async function fill(place: Place, work = variedBank): Promise<void> {
  const store = await place.open();
  const bank = new TestBank({ store, clock });
  await work(bank, store);
  await bank.ledger.close();
  await store.close();
  await collectClosedStores();
}

async function copy(
  from: Place,
  to: Place,
  {
    wrap = (target) => target,
    allowsRunning = false,
    ...terms
  }: Partial<CopyTerms> & {
    wrap?: (target: CopyTarget) => CopyTarget;
    allowsRunning?: boolean;
  } = {},
): Promise<CopyReport> {
  const source = await from.source({ allowsRunning });
  try {
    const target = await to.target();
    try {
      const given = { source, target: wrap(target), digest: sha256, hexDigest: sha256OfHex };
      return await copyBooks({ ...given, ...terms });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
    await collectClosedStores();
  }
}

/** Fails like a process that ends before it writes this page. */
function endingAt(page: number): (target: CopyTarget) => CopyTarget {
  let pages = 0;
  return (target) => ({
    ...target,
    write: async (...args) => {
      pages += 1;
      if (pages === page) throw new Error('cut off');
      await target.write(...args);
    },
  });
}

/** An account's row may lag behind its entries, and its last entries count; blocks list their names in any order. */
async function dumpOf(path: string): Promise<Record<string, unknown[]>> {
  const connection = new Connection(await loadDriver(), path, { readOnly: true });
  const dump: Record<string, unknown[]> = {};
  for (const table of Object.keys(SQLITE_TABLES)) {
    if (['schema_migrations', 'write_probe', 'accounts'].includes(table)) continue;
    dump[table] = connection.all(`SELECT * FROM ${table}`);
  }
  dump['accounts'] = connection.all('SELECT * FROM account_states ORDER BY id');
  for (const state of dump['accounts'] as { written: unknown }[]) delete state.written;
  dump['digests'] = connection.all('SELECT id, digest FROM accounts ORDER BY id');
  for (const block of dump['entry_blocks'] as { others: string }[]) {
    block.others = block.others.split(',').sort().join();
  }
  connection.close();
  await collectClosedStores();
  return dump;
}

async function documentsOf(name: string): Promise<Record<string, Document[]>> {
  const client = new MongoClient(mongoUri(), { useBigInt64: true });
  try {
    const found = Object.entries(MONGO_COLLECTIONS).filter(([, kind]) => kind !== 'passing');
    const dump: Record<string, Document[]> = {};
    for (const [collection] of found) {
      const documents = await client.db(name).collection(collection).find().sort({ _id: 1 }).toArray();
      dump[collection] = documents.map((document) => withoutNulls(document, collection));
    }
    return dump;
  } finally {
    await client.close();
  }
}

const LAGGING = ['counters', 'sequence', 'latestAt', 'head'];

function withoutNulls(document: Document, collection: string): Document {
  const kept = Object.entries(document).filter(
    ([name, value]) => value !== null && !(collection === 'accounts' && LAGGING.includes(name)),
  );
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function withStore<R>(place: Place, work: (store: Store) => Promise<R>): Promise<R> {
  const store = await place.open();
  try {
    return await work(store);
  } finally {
    await store.close();
    await collectClosedStores();
  }
}

function verified(store: Store, archive?: MemoryCheckpoints) {
  const checkpoint = archive && readCheckpoint(JSON.parse(archive.kept[0]?.signed ?? ''));
  return verifyBooks({ ...store, digest: sha256, hexDigest: sha256OfHex })(
    checkpoint ? { checkpoint: { checkpoint, manifest: archive.ports.archive.manifest(1) } } : {},
  );
}

async function textOf(bank: TestBank, accountId: string): Promise<string> {
  const proof = await bank.ledger.readStatementProof(SYSTEM, { accountId });
  let text = '';
  for await (const part of statementProofText(proof)) text += part;
  return text;
}

describe('the lists of what a copy takes along', () => {
  it('name every table of SQLite', async () => {
    const place = aFile();
    await withStore(place, async () => {});
    const connection = new Connection(await loadDriver(), place.path, { readOnly: true });
    const tables = connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") as {
      name: string;
    }[];
    connection.close();
    expect(tables.map(({ name }) => name).sort()).toEqual(Object.keys(SQLITE_TABLES).sort());
    expect(new Set(Object.values(SQLITE_TABLES))).toEqual(new Set([...ROW_KINDS, 'derived', 'store']));
  });
});

describe('a copy from SQLite to SQLite', () => {
  it('has every row, digest and list of the source, in few large pages and in many small ones', async () => {
    const [from, to, small] = [await aVariedFile(), aFile(), aFile()];
    const before = await from.dump();
    expect(Object.entries(before).filter(([, rows]) => rows.length === 0)).toEqual([]);

    const steps = new Set<string>();
    const report = await copy(from, to, { onProgress: ({ step }) => steps.add(step) });
    expect(await to.dump()).toEqual(before);
    expect(report).toMatchObject({
      resumed: false,
      alreadyCopied: false,
      currencies: ['BHD', 'EUR', 'JPY', 'USD'],
    });
    expect(report.written).toBe(Object.values(report.rows).reduce((sum, rows) => sum + rows, 0));
    expect(report.rows.transfers).toBe(before['transfers']?.length);
    expect(report.entries).toBe(before['entries']?.length);
    expect(report.auditHead?.sequence).toBe(before['audit_log']?.length);
    expect([...steps]).toEqual(['verify source', 'copy', 'derive', 'compare', 'verify copy']);

    await copy(from, small, { rowsAtOnce: 1 });
    expect(await small.dump()).toEqual(before);
    expect(await from.dump()).toEqual(before);
  });

  it('goes on after it was cut off anywhere, and no program opens it meanwhile', async () => {
    const from = await aVariedFile();
    const before = await from.dump();
    for (const page of [1, 60]) {
      const to = aFile();
      await expect(copy(from, to, { rowsAtOnce: 2, wrap: endingAt(page) })).rejects.toThrow('cut off');
      await expect(to.open()).rejects.toThrow(/A copy into it is in progress, or was interrupted/);
      await collectClosedStores();
      const { resumed, written, rows } = await copy(from, to);
      expect({ page, resumed, isRest: written < rows.transfers + rows.accounts + 200 }).toEqual({
        page,
        resumed: true,
        isRest: true,
      });
      expect(await to.dump()).toEqual(before);
    }
  });

  it('is compared again if it is whole, and refused if it has changed', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    await copy(from, to);
    expect(await copy(from, to)).toMatchObject({ alreadyCopied: true, written: 0 });
    await withStore(to, ({ unitOfWork }) => unitOfWork.run(({ users }) => users.insert(aUser(), 'hash')));
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'target_not_empty' });
  });

  it('does not go on once the source was written', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    await expect(copy(from, to, { rowsAtOnce: 2, wrap: endingAt(50) })).rejects.toThrow('cut off');
    await fill(from, async (bank) => void (await bank.account(aCustomer(), { funds: 1n })));
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'source_changed' });
  });

  it('is refused for books that were changed by hand, as it would hide that', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    const connection = new Connection(await loadDriver(), from.path, { readOnly: false });
    connection.run("UPDATE accounts SET digest = x'00' WHERE number = (SELECT max(number) FROM accounts)");
    connection.close();
    await collectClosedStores();
    await expect(copy(from, to)).rejects.toMatchObject({
      code: 'source_faulty',
      message: expect.stringContaining('account_facts') as string,
    });
    await withStore(to, async () => {});
  });

  it('is refused while a server has the source open, unless that is allowed', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    await withStore(from, async (server) => {
      await expect(copy(from, to)).rejects.toMatchObject({ code: 'source_in_use' });
      const bank = new TestBank({ store: server, clock });
      // A server that goes on while the copy is made
      const wrap = (target: CopyTarget): CopyTarget => ({
        ...target,
        derive: async () => {
          await bank.account(aCustomer(), { funds: 7n });
          await target.derive();
        },
      });
      const { rows } = await copy(from, to, { allowsRunning: true, wrap });
      const accounts = (await from.dump())['accounts']?.length ?? 0;
      expect(accounts - rows.accounts).toBe(1);
    });
  });

  it('keeps others from writing to the source meanwhile', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    const wrap = (target: CopyTarget): CopyTarget => ({
      ...target,
      derive: async () => {
        const late = await openSqliteStore({ path: from.path, clock, lockTimeoutMs: 50 });
        await expect(late.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'))).rejects.toMatchObject(
          { code: 'unavailable' },
        );
        await late.close();
        await target.derive();
      },
    });
    await copy(from, to, { wrap });
  });

  it('is refused while a program has the target open, or another copy writes to it', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    await withStore(to, async () => {
      await expect(copy(from, to)).rejects.toMatchObject({ code: 'target_in_use' });
    });
    const twice = (target: CopyTarget): CopyTarget => ({
      ...target,
      write: async (...args) => {
        await target.write(...args);
        await target.write(...args);
      },
    });
    await expect(copy(from, to, { wrap: twice })).rejects.toMatchObject({ code: 'target_in_use' });
  });

  it('fails if a row of the copy differs', async () => {
    const [from, to] = [await aVariedFile(), aFile()];
    const wrap = (target: CopyTarget): CopyTarget => ({
      ...target,
      derive: async () => {
        await target.derive();
        const connection = new Connection(await loadDriver(), to.path, { readOnly: false });
        connection.run("UPDATE users SET time_zone = 'UTC' WHERE time_zone <> 'UTC'");
        connection.close();
      },
    });
    await expect(copy(from, to, { wrap })).rejects.toMatchObject({ code: 'copy_differs' });
    await expect(to.open()).rejects.toThrow('interrupted');
  });
});

describeWithMongo('a copy between SQLite and MongoDB', () => {
  it('names every collection of MongoDB', async () => {
    const place = aDatabase();
    await withStore(place, async () => {});
    const client = new MongoClient(mongoUri());
    const found = await client.db(place.name).listCollections({}, { nameOnly: true }).toArray();
    await client.close();
    const known = [...Object.keys(MONGO_COLLECTIONS), 'schema'];
    expect(found.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(Object.values(MONGO_COLLECTIONS))).toEqual(new Set([...ROW_KINDS, 'derived', 'passing']));
  });

  it('comes back unchanged from MongoDB, and old checkpoints, proofs and keys hold in each store', async () => {
    const [from, between, back] = [await aVariedFile(), aDatabase(), aFile()];
    const archive = new MemoryCheckpoints();
    const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
    const request = { amount: 2n, description: 'Rent', idempotencyKey: 'rent' };
    let pair = { sourceAccountId: '', destinationAccountId: '' };
    let answer: object = {};
    let statement = '';
    await fill(from, async (bank, store) => {
      pair = {
        sourceAccountId: await bank.account(alice, { funds: 90n }),
        destinationAccountId: await bank.open(bob),
      };
      answer = await bank.ledger.transferFunds(alice, { ...pair, ...request });
      const signing = new TestBank({ store, clock, checkpoints: archive.ports });
      await signing.ledger.makeCheckpoint();
      clock.advance(1_000);
      statement = await textOf(signing, pair.sourceAccountId);
    });
    const before = await from.dump();

    await copy(from, between);
    await copy(between, back);
    expect(await back.dump()).toEqual(before);
    for (const place of [between, back]) {
      await withStore(place, async (store) => {
        expect((await verified(store, archive)).faults).toEqual([]);
        const bank = new TestBank({ store, clock, checkpoints: archive.ports });
        expect(await textOf(bank, pair.sourceAccountId)).toEqual(statement);
        const again = await bank.ledger.transferFunds(alice, { ...pair, ...request });
        expect(again).toEqual({ ...answer, replayed: true });
        await bank.pay(alice, { from: pair.sourceAccountId, to: pair.destinationAccountId, amount: 3n });
        expect(await bank.balanceOf(pair.sourceAccountId)).toBe(85n);
        expect((await verified(store, archive)).faults).toEqual([]);
      });
    }
  });

  it('comes back unchanged from SQLite, even if it was cut off on each way', async () => {
    const [from, between, back] = [aDatabase(), aFile(), aDatabase()];
    await fill(from);
    const before = await from.dump();
    for (const [source, target] of [
      [from, between],
      [between, back],
    ] as const) {
      await expect(copy(source, target, { rowsAtOnce: 5, wrap: endingAt(40) })).rejects.toThrow('cut off');
      await expect(target.open()).rejects.toThrow(/in progress, or was interrupted/);
      await collectClosedStores();
      expect(await copy(source, target)).toMatchObject({ resumed: true });
    }
    expect(await back.dump()).toEqual(before);
    expect(await copy(between, back)).toMatchObject({ alreadyCopied: true, written: 0 });
  });

  it('is refused while a server works on either database, or the target holds books', async () => {
    const [from, to] = [aDatabase(), aDatabase()];
    await fill(from, async (bank) => void (await bank.account(aCustomer(), { funds: 5n })));
    await withStore(from, async (server) => {
      const work = { isOver: false };
      const working = (async () => {
        while (!work.isOver) await server.unitOfWork.run(({ users }) => users.byId('nobody'));
      })();
      await expect(copy(from, to)).rejects.toMatchObject({ code: 'source_in_use' });
      await expect(copy(to, from)).rejects.toMatchObject({ code: 'target_in_use' });
      work.isOver = true;
      await working;
    });
    const file = aFile();
    await fill(file, async (bank) => void (await bank.account(aCustomer(), { funds: 6n })));
    await expect(copy(file, from)).rejects.toMatchObject({ code: 'target_not_empty' });
  });

  it('fails if a running server writes to the source meanwhile', async () => {
    const [from, to] = [aDatabase(), aFile()];
    await fill(from, async (bank) => void (await bank.account(aCustomer(), { funds: 5n })));
    await withStore(from, async (server) => {
      const wrap = (target: CopyTarget): CopyTarget => ({
        ...target,
        derive: async () => {
          await server.unitOfWork.run(({ users }) => users.insert(aUser(), 'hash'));
          await target.derive();
        },
      });
      const copying = copy(from, to, { allowsRunning: true, wrap });
      await expect(copying).rejects.toMatchObject({ code: 'copy_differs' });
    });
  });
});
