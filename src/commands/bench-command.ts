import { mkdir, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { createPasswordHasher } from '../adapters/security/index.ts';
import { sha256 } from '../adapters/shared/sha256.ts';
import { nextTurn } from '../application/event-loop.ts';
import type { Store } from '../application/ports/ledger-store.ts';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { createLedger } from '../index.ts';
import { withExamples } from './help.ts';
import { tableLines } from './table.ts';

type Setting = {
  readonly config: () => Config;
  readonly out: (line: string) => void;
  readonly progress: (line: string) => void;
};

type Options = { readonly seconds: number; readonly mongoUri?: string; readonly json?: true };

type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same figure on the machine of docs/performance.md. Null: it is not given there. */
  readonly reference: number | null;
  readonly meaning: string;
};

type Measurement = {
  readonly name: string;
  readonly reference: number | null;
  readonly meaning: string;
  readonly unit: string;
  readonly measure: (span: Span) => Promise<number>;
};

/** The time of one measurement. A signal ends it early. */
type Span = { readonly ms: number; readonly isOver: () => boolean };

const IN_FLIGHT = [1, 64, 512] as const;
const ACCOUNTS = 200;
const FUNDS = 1_000_000_000n;
const BLOCK_BYTES = 4_096;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const OWNER = { kind: 'user', id: 'bench', name: 'Bench' } as const;
const SYSTEM = { kind: 'system' } as const;

/** Transfers a second in docs/performance.md, by the number in flight. */
const REFERENCE = { sqlite: { 1: 1_735, 64: 6_080, 512: 7_040 }, mongo: { 1: 242, 64: 3_008, 512: 5_888 } };

/** Adds the command that measures this machine. It touches no existing books, and leaves nothing behind. */
export function addBenchCommand(program: Command, setting: Setting): void {
  const { config, out, progress } = setting;
  const bench = program
    .command('bench')
    .summary('measure how fast this machine is')
    .description('Measure how fast this machine is, in new books that it removes again.')
    .option('--seconds <number>', 'time to spend, from 1 to 3600', secondsOf, 30)
    .option('--mongo-uri <uri>', 'also measure this MongoDB, in a database of its own')
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      const { dataDirectory, store } = config();
      // The disk of the books
      await using folder = await makeFolder(store.kind === 'sqlite' ? dirname(store.path) : dataDirectory);
      using interruption = untilInterrupted();
      const figures = await figuresOf(options, { folder: folder.path, interruption, progress });
      if (options.json) out(JSON.stringify({ cores: cpus().length, node: process.version, figures }));
      else for (const line of reportLines(figures)) out(line);
    });
  withExamples(bench, ['passbook bench', 'passbook bench --seconds 10 --json']);
}

/** Turns the signals that would end the process into an end of the measurement, so that it removes its data. */
function untilInterrupted(): Disposable & { readonly isInterrupted: () => boolean } {
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return {
    isInterrupted: () => isInterrupted,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}

/** Creates a folder on that disk. Later removes it and those of its parents that it created, if they are empty. */
async function makeFolder(parent: string): Promise<AsyncDisposable & { readonly path: string }> {
  const created = await mkdir(parent, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(parent, '.bench-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      if (created === undefined) return;
      for (let each = resolve(parent); each.startsWith(resolve(created)); each = dirname(each)) {
        // A server may have started there meanwhile
        await rmdir(each).catch(() => {});
      }
    },
  };
}

async function figuresOf(
  { seconds, mongoUri }: Options,
  {
    folder,
    interruption,
    progress,
  }: {
    folder: string;
    interruption: { readonly isInterrupted: () => boolean };
    progress: (line: string) => void;
  },
): Promise<readonly Figure[]> {
  const { openSqliteStore } = await import('../adapters/sqlite/index.ts');
  await using sqlite = await openBook(await openSqliteStore({ path: join(folder, 'bench.db') }), 'sqlite');
  await using mongo = mongoUri === undefined ? null : await openMongoBook(mongoUri);
  const measurements = [...MACHINE(folder), ...sqlite.measurements, ...(mongo?.measurements ?? [])];
  const figures: Figure[] = [];
  for (const { measure, ...facts } of measurements) {
    progress(`measure ${facts.name}`);
    const ms = (seconds * 1_000) / measurements.length;
    const until = performance.now() + ms;
    const isOver = () => performance.now() >= until || interruption.isInterrupted();
    figures.push({ ...facts, value: await measure({ ms, isOver }) });
    if (interruption.isInterrupted()) throw new Error('The measurement was interrupted');
  }
  return figures;
}

const MACHINE = (folder: string): readonly Measurement[] => [
  {
    name: 'fsync of 4 KiB',
    unit: 'ms',
    reference: null,
    meaning: 'median; each commit of SQLite waits for one, whatever it contains',
    measure: (span) => medianSync(join(folder, 'fsync'), span),
  },
  {
    name: 'SHA-256 of 300 characters',
    unit: '/s',
    reference: null,
    meaning: 'each entry of a transfer takes a few; one core',
    measure: (span) => hashRate(span),
  },
  {
    name: 'passwords',
    unit: '/s',
    reference: null,
    meaning: 'sign-ins a second on one core',
    measure: passwordRate,
  },
];

async function hashRate({ isOver }: Span): Promise<number> {
  const text = 'x'.repeat(300);
  const began = performance.now();
  let done = 0;
  do {
    for (let portion = 0; portion < 1_000; portion++) sha256(text);
    done += 1_000;
    await nextTurn();
  } while (!isOver());
  return perSecond(done, began);
}

async function medianSync(path: string, { isOver }: Span): Promise<number> {
  const file = await open(path, 'w', 0o600);
  const block = Buffer.alloc(BLOCK_BYTES, 1);
  const times: number[] = [];
  try {
    do {
      const began = performance.now();
      await file.write(block, 0, BLOCK_BYTES, times.length * BLOCK_BYTES);
      await file.sync();
      times.push(performance.now() - began);
    } while (!isOver());
  } finally {
    await file.close();
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

async function passwordRate({ isOver }: Span): Promise<number> {
  const hasher = createPasswordHasher();
  const began = performance.now();
  let done = 0;
  do {
    await hasher.hash('correct horse battery staple');
    done += 1;
  } while (!isOver());
  return perSecond(done, began);
}

type Book = AsyncDisposable & { readonly measurements: readonly Measurement[] };

/** Opens accounts in new books. Transfers go from any of them to any other, each with a key of its own. */
async function openBook(store: Store, kind: keyof typeof REFERENCE): Promise<Book> {
  const ledger = createLedger({ store, notify: true });
  const accounts: string[] = [];
  for (let count = 0; count < ACCOUNTS; count++) {
    const opened = await ledger.openAccount(OWNER, {});
    if (!opened.ok) throw new Error(`The account was refused: ${opened.code}`);
    accounts.push(opened.account.accountId);
    const funds = { destinationAccountId: opened.account.accountId, amount: FUNDS };
    await ledger.fundAccount(SYSTEM, { ...funds, idempotencyKey: `fund ${count}` });
  }
  let sent = 0;
  const pay = async () => {
    sent += 1;
    const [sourceAccountId = '', destinationAccountId = ''] = [
      accounts[sent % ACCOUNTS],
      accounts[(sent * 7 + 1) % ACCOUNTS],
    ];
    const pair = { sourceAccountId, destinationAccountId };
    const result = await ledger.transferFunds(OWNER, { ...pair, amount: 1n, idempotencyKey: `pay ${sent}` });
    if (!result.ok) throw new Error(`The transfer was refused: ${result.code}`);
  };
  const name = kind === 'sqlite' ? 'SQLite' : 'MongoDB';
  return {
    measurements: IN_FLIGHT.map((inFlight) => ({
      name: `${name}, ${inFlight} in flight`,
      unit: 'transfers/s',
      reference: REFERENCE[kind][inFlight],
      meaning: inFlight === 1 ? 'one caller, who waits for each commit' : `${inFlight} callers share commits`,
      measure: (span) => transferRate(span, inFlight, pay),
    })),
    async [Symbol.asyncDispose]() {
      await ledger.close();
      await store.close();
    },
  };
}

async function transferRate(
  { ms, isOver }: Span,
  inFlight: number,
  pay: () => Promise<void>,
): Promise<number> {
  let [done, began] = [0, performance.now()];
  // The first third warms up
  const countFrom = began + ms / 3;
  let isCounting = false;
  const caller = async () => {
    do {
      await pay();
      if (!isCounting && performance.now() >= countFrom)
        [isCounting, done, began] = [true, 0, performance.now()];
      done += 1;
    } while (!isOver());
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return perSecond(done, began);
}

/** Uses a database of its own on the server of the URI, and drops it. */
async function openMongoBook(uri: string): Promise<Book> {
  // Checks the URI before the driver, whose error might repeat a password
  readConfig({ STORE: 'mongo', MONGO_URI: uri }, { reader: 'commands' });
  const { MongoClient } = await import('mongodb');
  const { openMongoStore } = await import('../adapters/mongo/index.ts');
  const client = new MongoClient(uri, { appName: 'passbook bench', serverSelectionTimeoutMS: 5_000 });
  const databaseName = `passbook_bench_${process.pid}_${Date.now().toString(36)}`;
  const drop = async () => {
    await client.db(databaseName).dropDatabase();
    await client.close();
  };
  try {
    const book = await openBook(await openMongoStore({ client, databaseName }), 'mongo');
    return {
      ...book,
      async [Symbol.asyncDispose]() {
        await book[Symbol.asyncDispose]();
        await drop();
      },
    };
  } catch (fault) {
    await drop().catch(() => {});
    throw fault;
  }
}

function* reportLines(figures: readonly Figure[]): Iterable<string> {
  const head = ['measured', 'here', 'documented', 'meaning'];
  const rows = figures.map(({ name, value, unit, reference, meaning }) => [
    name,
    `${shown(value)} ${unit}`,
    reference === null ? '' : shown(reference),
    meaning,
  ]);
  yield* tableLines({ head, cut: [] }, rows);
  yield 'Documented are the figures of docs/performance.md, of two quiet cores. Other programs on this machine count against it.';
}

function perSecond(done: number, began: number): number {
  return done / ((performance.now() - began) / 1_000);
}

function shown(value: number): string {
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en');
}

function secondsOf(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError('It must be an integer from 1 to 3600.');
}
