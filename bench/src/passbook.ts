/**
 * The product as shipped: `dist`, typed by its source. (Code that tsx compiles on the fly is slower: it names every
 * closure on creation.)
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type * as Memory from '../../src/adapters/memory/index.ts';
import type * as Mongo from '../../src/adapters/mongo/index.ts';
import type * as SqliteConnection from '../../src/adapters/sqlite/connection/connection.ts';
import type * as SqliteDriver from '../../src/adapters/sqlite/connection/driver.ts';
import type * as Sqlite from '../../src/adapters/sqlite/index.ts';
import type * as Dispatcher from '../../src/application/jobs/outbox-dispatcher.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { Clock, Logger } from '../../src/application/ports/runtime.ts';
import type { WriterLimits } from '../../src/application/group-commit.ts';
import type * as Users from '../../src/domain/entities/user.ts';
import type * as Core from '../../src/index.ts';
import type { CommitObserver, Ledger } from '../../src/index.ts';
import { FUNDS } from './workload.ts';

export type StoreKind = 'memory' | 'sqlite' | 'mongo';

/** Where a session keeps its data: a database and a directory of its own. */
export type Place = { readonly uri: string; readonly database: string; readonly directory: string };

export type Customer = { readonly kind: 'user'; readonly id: string; readonly name: string };

const dist = new URL('../../dist/', import.meta.url);

async function load<T>(path: string): Promise<T> {
  return (await import(new URL(path, dist).href)) as T;
}

export async function openStore(kind: StoreKind, place: Place): Promise<Store> {
  if (kind === 'memory') {
    const { createMemoryStore } = await load<typeof Memory>('adapters/memory/index.js');
    return createMemoryStore();
  }
  if (kind === 'sqlite') {
    const { openSqliteStore } = await load<typeof Sqlite>('adapters/sqlite/index.js');
    return openSqliteStore({ path: sqliteFile(place), clock: CLOCK });
  }
  const { openMongoStore } = await load<typeof Mongo>('adapters/mongo/index.js');
  return openMongoStore({ uri: place.uri, databaseName: place.database, clock: CLOCK });
}

/** A connection with the store's own library and settings. */
export async function connectSqlite(place: Place): Promise<SqliteDriver.Database> {
  const { loadDriver } = await load<typeof SqliteDriver>('adapters/sqlite/connection/driver.js');
  const { configure, Connection } = await load<typeof SqliteConnection>(
    'adapters/sqlite/connection/connection.js',
  );
  const connection = new Connection(await loadDriver(), sqliteFile(place), { readOnly: false });
  configure(connection);
  return connection.database;
}

const CLOCK: Clock = { now: () => Date.now() };

export function sqliteFile({ directory }: Place): string {
  mkdirSync(directory, { recursive: true });
  return join(directory, 'ledger.db');
}

/** Written when a store has been seeded, with whom it was seeded for. */
export function accountsFile({ directory }: Place): string {
  return join(directory, 'accounts.json');
}

export type Bank = {
  readonly store: Store;
  readonly ledger: Ledger;
  stopDispatching(): Promise<void>;
  close(): Promise<void>;
};

/** A ledger with everything on: its owners are sent messages, and a dispatcher hands them to a mailer that discards. */
export async function openBank(
  kind: StoreKind,
  place: Place,
  { dispatch = true, notify = true, limits = {}, observers = [] }: BankOptions = {},
): Promise<Bank> {
  const { createLedger } = await load<typeof Core>('index.js');
  const { OutboxDispatcher } = await load<typeof Dispatcher>('application/jobs/outbox-dispatcher.js');
  const store = await openStore(kind, place);
  const dispatcher = new OutboxDispatcher({
    unitOfWork: store.unitOfWork,
    mailer: { send: async () => 'sent' },
    clock: CLOCK,
    log: SILENT,
  });
  const ledger = createLedger({
    store,
    notify,
    limits,
    observers,
    onCommit: () => dispatcher.wake(),
    directDelivery: dispatcher,
  });
  if (dispatch) dispatcher.start();
  return {
    store,
    ledger,
    stopDispatching: () => dispatcher.stop(),
    close: async () => {
      await dispatcher.stop();
      await ledger.close();
      await store.close();
    },
  };
}

export type BankOptions = {
  dispatch?: boolean;
  notify?: boolean;
  limits?: Partial<WriterLimits>;
  observers?: readonly CommitObserver[];
};

const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** Customers, each with one funded account. */
export async function openAccounts(
  { store, ledger }: Bank,
  count: number,
): Promise<{ customers: Customer[]; accountIds: string[] }> {
  const { User } = await load<typeof Users>('domain/entities/user.js');
  const customers = Array.from({ length: count }, (_, index): Customer => {
    return { kind: 'user', id: randomUUID(), name: `Customer ${index}` };
  });
  await store.unitOfWork.run(async ({ users }) => {
    for (const { id, name } of customers) {
      const facts = { id, name, email: `${id}@example.org`, role: 'customer', at: Date.now() } as const;
      await users.insert(User.register(facts), 'signs in nowhere');
    }
  });
  const accountIds = await Promise.all(
    customers.map(async (customer) => {
      const opened = await ledger.openAccount(customer);
      if (!opened.ok) throw new Error(`an account was refused: ${opened.code}`);
      return opened.account.accountId;
    }),
  );
  await Promise.all(
    accountIds.map(async (destinationAccountId) => {
      const request = { destinationAccountId, amount: BigInt(FUNDS), idempotencyKey: randomUUID() };
      const funded = await ledger.fundAccount({ kind: 'system' }, request);
      if (!funded.ok) throw new Error(`funding was refused: ${funded.code}`);
    }),
  );
  return { customers, accountIds };
}

/** Where an account stands. */
export type Standing = { readonly sequence: number; readonly balance: bigint };

export async function standingsOf(
  store: Store,
  accountIds: readonly string[],
): Promise<Map<string, Standing>> {
  const standings = new Map<string, Standing>();
  for (const id of accountIds) {
    const account = await store.reads.account(id);
    if (!account) throw new Error(`account ${id} is gone`);
    standings.set(id, { sequence: account.sequence, balance: account.balance });
  }
  return standings;
}

const PAGE = 1000;

/**
 * Reads every entry since the accounts stood so; gives how many there are and what they add up to.
 * @throws Error unless each account's book is without a gap and gives its balance
 */
export async function auditBooks(
  store: Store,
  before: ReadonlyMap<string, Standing>,
): Promise<{ entries: number; change: bigint }> {
  const now = await standingsOf(store, [...before.keys()]);
  const total = { entries: 0, change: 0n };
  for (const [id, start] of before) {
    let { sequence, balance } = start;
    for (let read = PAGE; read === PAGE; ) {
      const page = await store.reads.entriesOf(id, { after: sequence, limit: PAGE });
      for (const entry of page) {
        if (entry.sequence !== sequence + 1)
          throw new Error(`account ${id} lacks an entry after ${sequence}`);
        sequence = entry.sequence;
        balance += entry.direction === 'credit' ? entry.posted : -entry.posted;
      }
      read = page.length;
    }
    const end = now.get(id);
    if (sequence !== end?.sequence || balance !== end.balance)
      throw new Error(`account ${id} is off its book`);
    total.entries += sequence - start.sequence;
    total.change += balance - start.balance;
  }
  return total;
}
