import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { createLedger } from '../../src/index.ts';

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));

const CLOSED = new TypeError('The store is closed');

describe.each([
  { name: 'memory', open: async () => createMemoryStore() },
  { name: 'SQLite', open: () => openSqliteStore({ path: join(folder, 'bank.db') }) },
])('a closed store in $name', ({ open }) => {
  it('answers every read with a TypeError that names it', async () => {
    const store = await open();
    const ledger = createLedger({ store });
    await ledger.close();
    await store.close();
    const { reads, scan } = store;
    const page = { after: null, limit: 1 };
    const attempts = [
      () => reads.account('a'),
      () => reads.accountsOf('a', page),
      () => reads.transfer('t'),
      () => reads.entriesOf('a', page),
      () => reads.linesOf('a', page),
      () => reads.record({ scope: 's', operation: 'transfer', key: 'k' }),
      () => reads.sessions(['s']),
      () => reads.audit(page),
      () => scan.accountsPage(page),
      () => scan.recordsPage(page),
      () => scan.atOnce(async () => 'read'),
      () => ledger.getTransfer({ kind: 'system' }, '019bc0de-0000-7000-8000-00000000000a'),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toThrow(CLOSED);
  });

  it('and a closed ledger each refuse writes in a sentence of their own', async () => {
    const store = await open();
    const ledger = createLedger({ store });
    await ledger.close();
    const opening = () => ledger.openAccount({ kind: 'user', id: 'ada' });
    await expect(opening()).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The ledger is closed, nothing was done',
    });

    await store.close();
    const late = { code: 'unavailable', message: 'The store is closed, nothing was done' };
    const another = createLedger({ store });
    await expect(another.openAccount({ kind: 'user', id: 'ada' })).rejects.toMatchObject(late);
    await expect(store.unitOfWork.run(async () => 'late')).rejects.toMatchObject(late);
    await expect(store.check()).rejects.toMatchObject(late);
  });

  it('was closed after its ledger, where both are declared by "await using"', async () => {
    const opened = await (async () => {
      await using store = await open();
      await using ledger = createLedger({ store });
      await ledger.openAccount({ kind: 'user', id: 'ada' });
      return { store, ledger };
    })();
    await expect(opened.ledger.openAccount({ kind: 'user', id: 'ada' })).rejects.toThrow(
      'The ledger is closed, nothing was done',
    );
    await expect(opened.store.check()).rejects.toThrow('The store is closed, nothing was done');
  });

  it('may be closed again', async () => {
    const store = await open();
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
});

describe('without what it needs', () => {
  it.each([undefined, {}, { path: '' }, { path: 7 }])(
    'openSqliteStore(%j) is a TypeError',
    async (options) => {
      await expect(openSqliteStore(options as never)).rejects.toThrow(
        new TypeError('openSqliteStore needs the path of a database file, such as { path: "ledger.db" }'),
      );
    },
  );

  it('openSqliteStore makes no file for a database in memory', async () => {
    await expect(openSqliteStore({ path: ':memory:' })).rejects.toThrow(
      new TypeError('openSqliteStore needs a file: for a store in memory, use createMemoryStore'),
    );
  });

  it.each([undefined, {}, { store: null }, { store: 'sqlite' }, { store: {} }])(
    'createLedger(%j) is a TypeError',
    (options) => {
      expect(() => createLedger(options as never)).toThrow(
        new TypeError('A ledger needs a store, such as createLedger({ store: createMemoryStore() })'),
      );
    },
  );

  it('createLedger says so where the store was not awaited', () => {
    expect(() => createLedger({ store: Promise.resolve(createMemoryStore()) as never })).toThrow(
      new TypeError('The store of a ledger is a promise: await it first'),
    );
  });
});
