import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { ClientSession, Collection } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { SqliteStore, SqliteTransaction } from '../../src/adapters/sqlite/index.ts';
import { createLedger } from '../../src/index.ts';
import type { Ledger } from '../../src/index.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';

const BANK = { kind: 'system' } as const;
const ADA = { kind: 'user', id: 'ada' } as const;

/** A store, with a table of the caller's own beside the books. */
type Subject<Tx> = {
  readonly ledger: Ledger<Tx>;
  /** Puts down a paid order. Refuses one that exists. */
  readonly put: (transaction: Tx, order: string, transferId: string) => Promise<void> | void;
  /** Puts down a ticket with the number of tickets so far, and writes nothing that another one has written. */
  readonly draw: (transaction: Tx) => Promise<void> | void;
  readonly orders: () => Promise<ReadonlyMap<string, string>>;
  readonly tickets: () => Promise<readonly number[]>;
  /** Number of commits so far. */
  readonly commits: () => number;
  readonly close: () => Promise<void>;
};

function describeAlongside<Tx>(name: string, open: () => Promise<Subject<Tx>>): void {
  describe(name, () => {
    let subject: Subject<Tx>;
    let from: string;
    let to: string;
    let keys = 0;

    beforeAll(async () => {
      subject = await open();
      from = await account();
      to = await account();
      await subject.ledger.fundAccount(BANK, {
        destinationAccountId: from,
        amount: 1_000_000n,
        idempotencyKey: 'opening',
      });
    });
    afterAll(() => subject.close());

    async function account(ledger = subject.ledger): Promise<string> {
      const opened = await ledger.openAccount(ADA);
      if (!opened.ok) throw new TypeError('An account was refused');
      return opened.account.accountId;
    }

    const payment = (more: object = {}) => ({
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 1n,
      idempotencyKey: `key-${++keys}`,
      ...more,
    });

    const received = async () => (await subject.ledger.getBalance(ADA, to)).balance;

    it('commits a write of the caller with the transfer, and shows it the answer', async () => {
      const { ledger, put, orders } = subject;
      const before = await received();
      const paid = await ledger.transferFunds(ADA, payment(), {
        alongside: (tx, { transfer }) => put(tx, 'one', transfer.transferId),
      });
      expect(paid.ok && (await orders()).get('one')).toBe(paid.ok && paid.transfer.transferId);
      expect(await received()).toBe(before + 1n);
    });

    it('does nothing at all if the write throws, and takes the key again', async () => {
      const { ledger, put, orders } = subject;
      const before = await received();
      const [request, fault] = [payment(), new Error('the order is cancelled')];
      const failing = ledger.transferFunds(ADA, request, {
        alongside: async (tx, { transfer }) => {
          await put(tx, 'failed', transfer.transferId);
          throw fault;
        },
      });
      await expect(failing).rejects.toThrow();
      const thrown = ledger.transferFunds(ADA, request, {
        alongside: () => {
          throw fault;
        },
      });
      await expect(thrown).rejects.toBe(fault);
      expect((await orders()).has('failed')).toBe(false);
      expect(await received()).toBe(before);
      expect(await ledger.transferFunds(ADA, request)).toMatchObject({ ok: true, replayed: false });
    });

    it('runs no write for a refusal, a replay or a dry run', async () => {
      const { ledger } = subject;
      let runs = 0;
      const options = {
        alongside: () => {
          runs++;
        },
      };
      const request = payment();
      await ledger.transferFunds(ADA, request, { dryRun: true, ...options });
      expect(runs).toBe(0);
      await ledger.transferFunds(ADA, request);
      expect(await ledger.transferFunds(ADA, request, options)).toMatchObject({ ok: true, replayed: true });
      expect(await ledger.transferFunds(ADA, payment({ amount: 10n ** 12n }), options)).toMatchObject({
        code: 'insufficient_funds',
      });
      const refused = [payment({ amount: 10n ** 12n }), payment({ amount: 10n ** 12n })];
      const transfers = refused.map(({ idempotencyKey: _key, ...transfer }) => transfer);
      await ledger.submitBatch(ADA, { transfers, idempotencyKey: `key-${++keys}` }, options);
      expect(runs).toBe(0);
    });

    it('shows the members of a batch to its write', async () => {
      const { ledger, put, orders } = subject;
      const { idempotencyKey, ...transfer } = payment();
      const batch = { transfers: [transfer, { ...transfer, amount: 10n ** 12n }], idempotencyKey };
      const done = await ledger.submitBatch(ADA, batch, {
        alongside: (tx, { members }) => put(tx, 'batch', members.map(({ ok }) => ok).join()),
      });
      expect(done).toMatchObject({ ok: false, members: [{ ok: true }, { ok: false }] });
      expect((await orders()).get('batch')).toBe('true,false');
    });

    it('groups commands with writes into one commit', async () => {
      const { ledger, put, commits } = subject;
      const before = commits();
      const all = Array.from({ length: 64 }, (_, index) =>
        ledger.transferFunds(ADA, payment(), {
          alongside: (tx, { transfer }) => put(tx, `grouped-${index}`, transfer.transferId),
        }),
      );
      expect((await Promise.all(all)).every(({ ok }) => ok)).toBe(true);
      // The first may have started before the others arrived
      expect(commits() - before).toBeLessThanOrEqual(2);
    });

    it('refuses only the commands whose writes throw', async () => {
      const { ledger, put, orders } = subject;
      const before = await received();
      const isFaulty = (index: number) => index % 7 === 3;
      const all = Array.from({ length: 40 }, (_, index) =>
        ledger.transferFunds(
          ADA,
          payment(),
          index % 2 === 0
            ? {}
            : {
                alongside: (tx, { transfer }) => {
                  if (isFaulty(index)) throw new Error(`faulty ${index}`);
                  return put(tx, `mixed-${index}`, transfer.transferId);
                },
              },
        ),
      );
      const done = await Promise.allSettled(all);
      const faulty = done.flatMap((one, index) => (one.status === 'rejected' ? [[index, one.reason]] : []));
      expect(faulty).toEqual([3, 17, 31].map((index) => [index, new Error(`faulty ${index}`)]));
      expect(await received()).toBe(before + 37n);
      expect([...(await orders()).keys()].filter((key) => key.startsWith('mixed-'))).toHaveLength(17);
    });

    it('rejects only the second of two orders with one number, as the store itself refuses it', async () => {
      const { ledger, put } = subject;
      const before = await received();
      const pay = () =>
        ledger.transferFunds(ADA, payment(), {
          alongside: (tx, { transfer }) => put(tx, 'unique', transfer.transferId),
        });
      const done = await Promise.allSettled([pay(), pay(), ledger.transferFunds(ADA, payment())]);
      expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await received()).toBe(before + 2n);
    });

    it('sees every write of an earlier command, where units could follow each other closely', async () => {
      // A store of its own: after a conflict, MongoDB's units keep apart for a while
      const { ledger, draw, tickets, close } = await open();
      // Callers with accounts of their own, so that no two units change one account
      const caller = async () => {
        const [sourceAccountId, destinationAccountId] = [await account(ledger), await account(ledger)];
        const opening = {
          destinationAccountId: sourceAccountId,
          amount: 9n,
          idempotencyKey: sourceAccountId,
        };
        await ledger.fundAccount(BANK, opening);
        return async () => {
          for (let step = 0; step < 3; step++) {
            const request = payment({ sourceAccountId, destinationAccountId });
            await ledger.transferFunds(ADA, request, { alongside: (tx) => draw(tx) });
          }
        };
      };
      const callers: (() => Promise<void>)[] = [];
      while (callers.length < 200) callers.push(...(await Promise.all(Array.from({ length: 40 }, caller))));
      await Promise.all(callers.map((pay) => pay()));
      const drawn = (await tickets()).toSorted((one, other) => one - other);
      expect(drawn).toEqual(Array.from({ length: 600 }, (_, index) => index));
      await close();
    });

    it('leaves the books right', async () => {
      const { faults } = await subject.ledger.verifyBooks();
      expect(faults).toEqual([]);
    });
  });
}

const folder = await mkdtemp(join(tmpdir(), 'passbook-'));
afterAll(() => rm(folder, { recursive: true }));
let files = 0;

async function openSqlite(
  threadThreshold?: number,
): Promise<Subject<SqliteTransaction> & { store: SqliteStore }> {
  let commits = 0;
  const store = await openSqliteStore({
    path: join(folder, `${++files}.db`),
    ...(threadThreshold === undefined ? {} : { threadThreshold }),
  });
  const ledger = createLedger({ store, onCommit: () => commits++ });
  let probes = 0;
  /** Reads in a transaction of the ledger. */
  const read = async <R>(query: (tx: SqliteTransaction) => R): Promise<R> => {
    let rows: R | undefined;
    await ledger.fundAccount(
      BANK,
      { userId: 'ada', amount: 1n, idempotencyKey: `probe-${++probes}` },
      {
        alongside: (tx) => {
          rows = query(tx);
        },
      },
    );
    return rows as R;
  };
  await ledger.openAccount(ADA);
  await read((tx) => {
    tx.run('CREATE TABLE orders (id TEXT PRIMARY KEY, transfer_id TEXT NOT NULL) STRICT');
    tx.run('CREATE TABLE tickets (number INTEGER NOT NULL) STRICT');
  });
  return {
    store,
    ledger,
    put: (tx, order, transferId) => {
      tx.run('INSERT INTO orders VALUES (?, ?)', order, transferId);
    },
    draw: (tx) => {
      const { count } = tx.get('SELECT count(*) AS count FROM tickets') as { count: bigint };
      tx.run('INSERT INTO tickets VALUES (?)', count);
    },
    orders: async () => {
      const rows = await read((tx) => tx.all('SELECT id, transfer_id FROM orders'));
      return new Map((rows as { id: string; transfer_id: string }[]).map((row) => [row.id, row.transfer_id]));
    },
    tickets: async () => {
      const rows = await read((tx) => tx.all('SELECT number FROM tickets'));
      return (rows as { number: bigint }[]).map((row) => Number(row.number));
    },
    commits: () => commits,
    close: async () => {
      await ledger.close();
      await store.close();
    },
  };
}

describeAlongside('a write alongside in SQLite', () => openSqlite());
describeAlongside('a write alongside in SQLite, with a thread that writes', () => openSqlite(0));

describe('a write alongside in SQLite', () => {
  const pay = { userId: 'ada', amount: 1n };

  it('returns no promise', async () => {
    const { ledger, close } = await openSqlite();
    const late = ledger.fundAccount(BANK, { ...pay, idempotencyKey: 'late' }, { alongside: async () => {} });
    await expect(late).rejects.toThrow(new TypeError('SQLite needs an `alongside` that returns no promise'));
    await close();
  });

  it('does not end the transaction of the ledger', async () => {
    const { ledger, close } = await openSqlite();
    for (const [sql, idempotencyKey] of [
      ['COMMIT', 'commits'],
      ['ROLLBACK', 'rolls back'],
    ] as const) {
      const ended = ledger.fundAccount(
        BANK,
        { ...pay, idempotencyKey },
        {
          alongside: (tx) => {
            tx.run(sql);
          },
        },
      );
      await expect(ended).rejects.toThrow(
        new TypeError('`alongside` has ended the transaction of the ledger'),
      );
    }
    await ledger.fundAccount(BANK, { ...pay, idempotencyKey: 'afterwards' });
    expect((await ledger.verifyBooks()).faults).toEqual([]);
    await close();
  });

  it('loses its transaction at the end', async () => {
    const { ledger, close } = await openSqlite();
    let kept: SqliteTransaction | undefined;
    await ledger.fundAccount(
      BANK,
      { ...pay, idempotencyKey: 'kept' },
      {
        alongside: (tx) => {
          kept = tx;
        },
      },
    );
    expect(() => kept?.run('DELETE FROM orders')).toThrow('The transaction of `alongside` is over');
    await close();
  });
});

describeWithMongo('with MongoDB', () => {
  type Order = { readonly _id: string; readonly transferId: string };
  type Ticket = { readonly number: number };
  type Counter = { readonly _id: string; readonly value: number };
  let client: MongoClient;
  beforeAll(async () => {
    client = await new MongoClient(mongoUri()).connect();
  });
  afterAll(() => client.close());

  async function openMongo(): Promise<Subject<ClientSession> & { counters: Collection<Counter> }> {
    const databaseName = freshDatabaseName();
    const db = client.db(databaseName);
    let commits = 0;
    const store = await openMongoStore({ client, databaseName });
    const ledger = createLedger({ store, onCommit: () => commits++ });
    const orders = db.collection<Order>('orders');
    const counters = db.collection<Counter>('counters');
    const tickets = db.collection<Ticket>('tickets');
    await counters.insertOne({ _id: 'one', value: 0 });
    await db.createCollection('orders');
    await db.createCollection('tickets');
    return {
      ledger,
      counters,
      put: async (session, order, transferId) => {
        await orders.insertOne({ _id: order, transferId }, { session });
      },
      draw: async (session) => {
        const number = await tickets.countDocuments({}, { session });
        await tickets.insertOne({ number }, { session });
      },
      orders: async () =>
        new Map((await orders.find().toArray()).map(({ _id, transferId }) => [_id, transferId])),
      tickets: async () => (await tickets.find().toArray()).map(({ number }) => number),
      commits: () => commits,
      close: async () => {
        await ledger.close();
        await store.close();
      },
    };
  }

  describeAlongside('a write alongside', openMongo);

  it('runs a write again after a conflict with another transaction', async () => {
    const { ledger, counters, close } = await openMongo();
    await ledger.openAccount(ADA);
    let runs = 0;
    const funded = await ledger.fundAccount(
      BANK,
      { userId: 'ada', amount: 1n, idempotencyKey: 'conflict' },
      {
        alongside: async (session) => {
          runs++;
          if (runs === 1) await counters.updateOne({ _id: 'one' }, { $inc: { value: 10 } });
          await counters.updateOne({ _id: 'one' }, { $inc: { value: 1 } }, { session });
        },
      },
    );
    expect(funded.ok).toBe(true);
    expect(runs).toBe(2);
    expect(await counters.findOne({ _id: 'one' })).toEqual({ _id: 'one', value: 11 });
    await close();
  });

  it('refuses a command of the ledger inside a write', async () => {
    const { ledger, close } = await openMongo();
    await ledger.openAccount(ADA);
    const nested = ledger.fundAccount(
      BANK,
      { userId: 'ada', amount: 1n, idempotencyKey: 'outer' },
      {
        alongside: async () => {
          await ledger.fundAccount(BANK, { userId: 'ada', amount: 1n, idempotencyKey: 'inner' });
        },
      },
    );
    await expect(nested).rejects.toThrow(new TypeError('A unit of work cannot run inside another'));
    await close();
  });

  it('leaves the client open that it was given', async () => {
    const { close } = await openMongo();
    await close();
    expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  it('needs the name of the database beside a client', async () => {
    await expect(openMongoStore({ client } as never)).rejects.toThrow(
      new TypeError('openMongoStore needs the databaseName beside a client'),
    );
  });
});
