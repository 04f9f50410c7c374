import type { BooksAtOnce, Store } from '../../src/application/ports/ledger-store.ts';
import type { Decision } from '../../src/domain/books/changes.ts';
import { freshId } from '../../src/testing/fixtures/builders.ts';
import { Edge } from './edge.ts';
import type { Person } from './edge.ts';
import { SocketTurns } from './socket-turns.ts';

/** Lines of the long book, which `aLargeBook` writes in batches of the largest size. */
export const LINES = 2_000;
const OTHER_ACCOUNTS = 600;
const AUDIT_RECORDS = 240;

/** Counts rows read and transfers decided in each turn of the event loop. */
export class WorkMeter {
  #rows = 0;
  #transfers = 0;
  #parts = 0;
  /** Since `begin`: the most rows read, and the most transfers decided, in one turn. */
  mostRows = 0;
  mostTransfers = 0;
  /** Since `begin`: the most parts of a decision between two turns in which sockets were served. */
  mostParts = 0;
  rows = 0;

  begin(): void {
    this.#endTurn();
    [this.mostRows, this.mostTransfers, this.mostParts, this.rows] = [0, 0, 0, 0];
  }

  read(rows: number): void {
    this.#rows += rows;
    this.rows += rows;
    this.mostRows = Math.max(this.mostRows, this.#rows);
  }

  decided(transfers: number): void {
    this.#transfers += transfers;
    this.mostTransfers = Math.max(this.mostTransfers, this.#transfers);
    this.#parts += 1;
    this.mostParts = Math.max(this.mostParts, this.#parts);
  }

  /** Starts `work` where a request arrives, and counts the turns of the event loop that others get until it is done. */
  async turnsDuring(work: () => Promise<void>): Promise<number> {
    const sockets = await SocketTurns.open(() => {
      this.#parts = 0;
    });
    await sockets.next();
    let turns = 0;
    let isDone = false;
    const turn = () => {
      this.#endTurn();
      if (isDone) return;
      turns++;
      setImmediate(turn);
    };
    setImmediate(turn);
    try {
      await work();
    } finally {
      isDone = true;
      await sockets.close();
    }
    return turns;
  }

  #endTurn(): void {
    [this.#rows, this.#transfers] = [0, 0];
  }
}

/** The store, with its reads and decisions counted by the meter. */
function metered(store: Store, meter: WorkMeter): Store {
  const countParts = <R>(part: Decision<R>): Decision<R> => {
    meter.decided(part.changes.transfers.length);
    return 'next' in part ? { ...part, next: () => countParts(part.next()) } : part;
  };
  const { unitOfWork } = store;
  return {
    ...store,
    reads: counting(store.reads, meter),
    scan: counting(store.scan, meter),
    unitOfWork: {
      get pipelineThreshold() {
        return unitOfWork.pipelineThreshold;
      },
      run: (work) => unitOfWork.run(work),
      transact: (prefetch, decide, deadline) =>
        unitOfWork.transact(prefetch, (books) => countParts(decide(books)), deadline),
    },
  };
}

function counting<T extends object>(reads: T, meter: WorkMeter): T {
  return new Proxy(reads, {
    get(target, name) {
      const read = target[name as keyof T];
      if (typeof read !== 'function') return read;
      return async (...terms: unknown[]) => {
        const given = name === 'atOnce' ? [countingBooks(terms[0] as ReadBooks, meter)] : terms;
        const found: unknown = await (read as (...terms: unknown[]) => Promise<unknown>).apply(target, given);
        meter.read(Array.isArray(found) ? found.length : 1);
        return found;
      };
    },
  });
}

type ReadBooks = (books: BooksAtOnce) => Promise<unknown>;

function countingBooks(read: ReadBooks, meter: WorkMeter): ReadBooks {
  return (books) =>
    read({
      auditHead: books.auditHead,
      async *accounts() {
        for await (const page of books.accounts()) {
          meter.read(page.length);
          yield page;
        }
      },
    });
}

export type LargeBook = {
  readonly edge: Edge;
  readonly meter: WorkMeter;
  /** Owner of two accounts with `LINES` entries each, of transfers from one to the other. */
  readonly owner: Person;
  readonly operator: Person;
  readonly from: string;
  readonly to: string;
  /** A completed batch of 1,000 under this key, with this body. */
  readonly made: { readonly idempotencyKey: string; readonly transfers: readonly object[] };
  /** Two accounts of the owner with 1,000 holds from one to the other, all of which have expired and none is swept. */
  readonly held: { readonly from: string; readonly to: string; readonly holds: readonly string[] };
};

/** A bank with a long book, many accounts, an audit log and a checkpoint. */
export async function aLargeBook(store: Store): Promise<LargeBook> {
  const meter = new WorkMeter();
  const app = { writes: { perMinute: 0 } };
  const edge = new Edge({ store: metered(store, meter), notify: false, app });
  const owner = await edge.register('Alice');
  const operator = await edge.register('Olga', { role: 'system' });
  const from = await edge.account(owner, 1_000_000);
  const to = await edge.account(owner);
  const made = { idempotencyKey: freshId(), transfers: transfers({ from, to }) };
  for (const body of [made, { ...made, idempotencyKey: freshId() }]) {
    await edge.call('POST /api/transactions/batch', { as: owner.token, body });
    edge.clock.advance(1);
  }
  const held = await manyHolds(edge, owner);
  const { ledger } = edge.bank;
  const system = { kind: 'system' } as const;
  const others = await Promise.all(
    Array.from({ length: OTHER_ACCOUNTS }, () => ledger.openAccount(system, { ownerId: freshId() })),
  );
  const audited = others
    .slice(0, AUDIT_RECORDS / 2)
    .flatMap((one) => (one.ok ? [{ accountId: one.account.accountId, reason: 'A test' }] : []));
  await Promise.all(audited.map((request) => ledger.freezeAccount(system, request)));
  await Promise.all(audited.map((request) => ledger.unfreezeAccount(system, request)));
  edge.clock.advance(60_000);
  await ledger.makeCheckpoint();
  return { edge, meter, owner, operator, from, to, made, held };
}

async function manyHolds(edge: Edge, owner: Person): Promise<LargeBook['held']> {
  const from = await edge.account(owner, 1_000_000);
  const to = await edge.account(owner);
  const body = {
    idempotencyKey: freshId(),
    transfers: transfers({ from, to }, { pending: true, expiresInSeconds: 30 }),
  };
  const placed = await edge.call('POST /api/transactions/batch', { as: owner.token, body });
  const { results } = placed.body as { results: readonly { transaction: { id: string } }[] };
  return { from, to, holds: results.map(({ transaction }) => transaction.id) };
}

/** A thousand transfers, the most that a batch may have. */
function transfers({ from, to }: { from: string; to: string }, more: object = {}): readonly object[] {
  return Array.from({ length: 1_000 }, () => ({
    fromAccount: from,
    toAccount: to,
    amount: 1,
    description: 'A payment of many',
    ...more,
  }));
}

export type HeavyRequest = {
  readonly name: string;
  /** Method and path. */
  readonly route: (book: LargeBook) => string;
  /** Sent as JSON, or unchanged if it is a string. */
  readonly body?: (book: LargeBook) => object | string;
  /** Status of a refusal. Default: none. */
  readonly refused?: number;
  /** Default: the owner. */
  readonly as?: 'owner' | 'operator';
  /** Minimum of turns of the event loop that others get while it runs. */
  readonly turns: number;
};

const batch = ({ from, to }: LargeBook, more: object = {}) => ({
  idempotencyKey: freshId(),
  transfers: transfers({ from, to }),
  ...more,
});
const statement = (format: string) => (book: LargeBook) =>
  `GET /api/accounts/${book.from}/statement?format=${format}`;
const entries = (query: string) => (book: LargeBook) => `GET /api/accounts/${book.from}/entries?${query}`;

const balanceAtInstant = ({ edge, held }: LargeBook) =>
  `GET /api/accounts/balance/${held.from}?at=${new Date(edge.clock.now() - 30_001).toISOString()}`;

/** The requests that cost the most work, each over the large book, in this order: some change it for the next. */
export const HEAVIEST_REQUESTS: readonly HeavyRequest[] = [
  { name: 'a statement in JSON', route: statement('json'), turns: 20 },
  { name: 'a statement in CSV', route: statement('csv'), turns: 20 },
  { name: 'a statement in HTML', route: statement('html'), turns: 20 },
  { name: 'a statement in PDF', route: statement('pdf'), turns: 100 },
  { name: 'a statement in camt.053', route: statement('camt053'), turns: 20 },
  { name: 'a statement in OFX', route: statement('ofx'), turns: 20 },
  { name: 'a statement proof', route: ({ from }) => `GET /api/accounts/${from}/statement-proof`, turns: 20 },
  { name: 'entries of an amount that none has', route: entries('minAmount=5000000'), turns: 9 },
  { name: 'entries with metadata that none has', route: entries('metadata.x=y&limit=200'), turns: 4 },
  { name: 'entries with the end of an account', route: entries('counterparty=zzzz'), turns: 9 },
  {
    name: 'entries with an account that none is with',
    route: ({ from, to }) => `GET /api/accounts/${to}/entries?counterparty=f${from.slice(1)}`,
    turns: 1,
  },
  {
    name: 'transactions of an amount that none has',
    route: () => 'GET /api/transactions?minAmount=5000000',
    turns: 9,
  },
  {
    name: 'transactions of a kind that none is of',
    route: () => 'GET /api/transactions?kind=reversal',
    turns: 9,
  },
  { name: 'a page of transactions', route: () => 'GET /api/transactions?limit=200', turns: 1 },
  { name: 'a batch of 1,000', route: () => 'POST /api/transactions/batch', body: batch, turns: 16 },
  {
    name: 'a linked batch of 1,000',
    route: () => 'POST /api/transactions/batch',
    body: (book) => batch(book, { linked: true }),
    turns: 16,
  },
  {
    name: 'a linked batch whose last member is refused',
    route: () => 'POST /api/transactions/batch',
    body: (book) => {
      const { transfers: all, ...rest } = batch(book, { linked: true });
      return { ...rest, transfers: [...all.slice(1), { ...all[0], amount: 1_000_000_000 }] };
    },
    refused: 400,
    turns: 16,
  },
  {
    name: 'a dry run of a batch of 1,000',
    route: () => 'POST /api/transactions/batch?dryRun=true',
    body: batch,
    turns: 16,
  },
  {
    name: 'the replay of a batch of 1,000',
    route: () => 'POST /api/transactions/batch',
    body: ({ made }) => made,
    turns: 12,
  },
  { name: 'the trial balance', route: () => 'GET /api/system/trial-balance', as: 'operator', turns: 1 },
  {
    name: 'the trial balance at an instant',
    route: ({ edge }) =>
      `GET /api/system/trial-balance?at=${new Date(edge.clock.now() - 30_000).toISOString()}`,
    as: 'operator',
    turns: 30,
  },
  { name: 'the audit log', route: () => 'GET /api/system/audit?limit=200', as: 'operator', turns: 0 },
  { name: 'a checkpoint', route: () => 'POST /api/system/checkpoints', as: 'operator', turns: 1 },
  {
    name: 'the balance of an account with 1,000 holds to expire',
    route: ({ held }) => `GET /api/accounts/balance/${held.from}`,
    turns: 0,
  },
  {
    name: 'the balance at an instant of an account with 1,000 holds to expire',
    route: balanceAtInstant,
    turns: 0,
  },
  {
    name: 'a payment from an account with 1,000 holds to expire',
    route: () => 'POST /api/transactions',
    body: ({ held: { from, to } }) => ({
      idempotencyKey: freshId(),
      fromAccount: from,
      toAccount: to,
      amount: 1,
    }),
    turns: 0,
  },
  {
    name: 'the capture of one of hundreds of holds to expire',
    route: ({ held }) => `POST /api/transactions/${held.holds[500]}/capture`,
    body: () => ({ idempotencyKey: freshId() }),
    refused: 409,
    turns: 0,
  },
  {
    name: 'the void of one of hundreds of holds to expire',
    route: ({ held }) => `POST /api/transactions/${held.holds[501]}/void`,
    body: () => ({ idempotencyKey: freshId() }),
    refused: 409,
    turns: 0,
  },
  {
    name: 'a batch of 1,000 holds',
    route: () => 'POST /api/transactions/batch',
    body: ({ held }) => ({
      idempotencyKey: freshId(),
      transfers: transfers(held, { pending: true, expiresInSeconds: 30 }),
    }),
    turns: 16,
  },
  {
    name: 'the balance at an instant at which 1,000 holds were pending, once they have expired and others are placed',
    route: balanceAtInstant,
    turns: 4,
  },
];

/** Bytes that a body of a batch may have at most. */
const BATCH_BYTES = 2 * 1024 * 1024;

const bodyOf = (transfersText: string) => `{"idempotencyKey":"${freshId()}","transfers":${transfersText}}`;
const refusedBatch = (name: string, body: (book: LargeBook) => object | string): HeavyRequest => ({
  name,
  route: () => 'POST /api/transactions/batch',
  body,
  refused: 400,
  turns: 0,
});
/** Repeats a text until a batch's body is almost full. */
const filled = (text: string) => text.repeat(Math.floor((BATCH_BYTES - 1_000) / text.length));

/** The largest requests that are refused for their form. */
export const LARGEST_REFUSED: readonly HeavyRequest[] = [
  refusedBatch('a batch of 2 MiB with a fault in each transfer', (book) => ({
    idempotencyKey: freshId(),
    transfers: transfers(book, { description: 'x'.repeat(1_900) }),
  })),
  refusedBatch('a batch of 2 MiB whose last transfer has the only fault', (book) => {
    const metadata = Object.fromEntries(
      Array.from({ length: 3 }, (_, index) => [`key-${index}`, 'x'.repeat(500)]),
    );
    const all = transfers(book, { description: 'x'.repeat(280), metadata });
    return { idempotencyKey: freshId(), transfers: [...all.slice(1), { ...all[0], amount: 0 }] };
  }),
  refusedBatch('a batch of hundreds of thousands of empty transfers', () => bodyOf(`[${filled('{},')}{}]`)),
  refusedBatch('lists in lists, 2 MiB deep', () => bodyOf(filled('['))),
  refusedBatch('objects in objects, 2 MiB deep', () => bodyOf(filled('{"a":'))),
  refusedBatch('an object of 2 MiB of fields', () => {
    const fields = Array.from({ length: 150_000 }, (_, index) => `"f${index}":0`);
    return `{${fields.join()}}`;
  }),
  refusedBatch('a field of 2 MiB in a batch', () => `{"idempotencyKey":"${filled('x')}"}`),
  {
    name: 'metadata of 64 KiB',
    route: () => 'POST /api/transactions',
    body: ({ from, to }) => ({
      idempotencyKey: freshId(),
      fromAccount: from,
      toAccount: to,
      amount: 1,
      metadata: Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`key-${index}`, 'x'.repeat(3_000)]),
      ),
    }),
    refused: 400,
    turns: 0,
  },
  {
    name: 'a query of 64 parameters',
    route: ({ from }) => {
      const pairs = Array.from({ length: 64 }, (_, index) => `metadata.key-${index}=${'x'.repeat(100)}`);
      return `GET /api/accounts/${from}/entries?${pairs.join('&')}`;
    },
    refused: 400,
    turns: 0,
  },
  {
    name: 'a query of thousands of parameters',
    route: ({ from }) => `GET /api/accounts/${from}/entries?${'limit=1&'.repeat(2_000)}`,
    refused: 400,
    turns: 0,
  },
];
