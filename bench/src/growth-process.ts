/** One step of growth, in a process of its own: seeding, reading, or paying. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { LedgerContender } from './ledger-contender.ts';
import { measure } from './measure.ts';
import { accountsFile, openAccounts, openBank, sqliteFile } from './passbook.ts';
import type { Bank, Customer, Place, StoreKind } from './passbook.ts';
import { spreadOf } from './results.ts';
import { ACCOUNTS, draw } from './workload.ts';

export type GrowthOrder = { readonly store: StoreKind; readonly place: Place } & (
  | { readonly kind: 'seed'; readonly count: number }
  | { readonly kind: 'read' }
  | { readonly kind: 'prove' }
  | { readonly kind: 'pay'; readonly measureMs: number; readonly warmUpMs: number }
);

/** Figures by name: rates a second, times in milliseconds. */
export type GrowthReport = Readonly<Record<string, number>>;

type Accounts = { customers: Customer[]; accountIds: string[] };

/** Many to a commit: on SQLite each changes the last pages of every account's book. */
const SEED_BATCH: Readonly<Record<StoreKind, number>> = { memory: 2000, sqlite: 20_000, mongo: 2000 };
const READS = 300;
/** The smallest books have this many entries too. */
const PAGE = 10;
const HISTORY_PAGE = 50;

// Its parent is gone
process.once('disconnect', () => process.exit(1));
process.once('message', (order: GrowthOrder) => {
  run(order)
    .catch((error: unknown) => ({
      fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }))
    .then((report) => process.send?.(report, () => process.exit()))
    .catch(() => process.exit(1));
});

function run(order: GrowthOrder): Promise<GrowthReport> {
  switch (order.kind) {
    case 'seed':
      return seed(order);
    case 'read':
      return read(order);
    case 'prove':
      return prove(order);
    case 'pay':
      return pay(order);
    default:
      return order satisfies never;
  }
}

async function seed({ store, place, count }: Extract<GrowthOrder, { kind: 'seed' }>): Promise<GrowthReport> {
  const batch = SEED_BATCH[store];
  const limits = { batch, queue: 4 * batch, deadlineMs: 600_000 };
  const bank = await openBank(store, place, { dispatch: false, notify: false, limits });
  const accounts = await openAccounts(bank, ACCOUNTS);
  const ledger = await LedgerContender.over(bank, accounts);
  let left = count;
  const workers = Array.from({ length: 2 * batch }, async () => {
    for (; left > 0; ) {
      left -= 1;
      await ledger.step();
    }
  });
  await Promise.all(workers);
  await bank.close();
  mkdirSync(place.directory, { recursive: true });
  writeFileSync(accountsFile(place), JSON.stringify(accounts));
  return {};
}

async function read({ store, place }: GrowthOrder): Promise<GrowthReport> {
  const bank = await openBank(store, place, { dispatch: false });
  const accounts = readAccounts(place);
  const report: Record<string, number> = {};
  // Apart from each other, so that the first look at each account is cold
  for (const [name, from, look] of [
    ['Balance', 0, readBalance],
    ['Page', READS, readPage],
  ] as const) {
    for (const state of ['cold', 'warm']) {
      const times: number[] = [];
      for (let index = from; index < from + READS; index++) {
        const began = performance.now();
        await look(bank, accounts, index);
        times.push(performance.now() - began);
      }
      report[`${state}${name}P50`] = spreadOf(times)?.median ?? 0;
      report[`${state}${name}P99`] = times.toSorted((a, b) => a - b)[Math.ceil(0.99 * READS) - 1] ?? 0;
    }
  }
  await bank.close();
  return report;
}

async function readBalance(bank: Bank, { customers, accountIds }: Accounts, index: number): Promise<void> {
  await bank.ledger.getBalance(customers[index] as Customer, accountIds[index] as string);
}

/** Somewhere in the book. */
async function readPage(bank: Bank, { accountIds }: Accounts, index: number): Promise<void> {
  const id = accountIds[index] as string;
  const account = await bank.store.reads.account(id);
  const last = Math.max(1, (account?.sequence ?? 0) - PAGE);
  await bank.store.reads.entriesOf(id, { after: draw(last), limit: PAGE });
}

/** Verify over all there is, a statement over the whole of an account, and pages of its history. */
async function prove({ store, place }: GrowthOrder): Promise<GrowthReport> {
  const bank = await openBank(store, place, { dispatch: false });
  const accounts = readAccounts(place);
  const [customer, accountId] = [accounts.customers[0] as Customer, accounts.accountIds[0] as string];
  let began = performance.now();
  const lap = () => {
    const ms = performance.now() - began;
    began = performance.now();
    return ms;
  };
  let statementLines = 0;
  const statement = await bank.ledger.getStatement(customer, accountId);
  for await (const some of statement.lines()) statementLines += some.length;
  const statementMs = lap();

  const pages: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < READS; page++) {
    lap();
    const { nextCursor } = await bank.ledger.listEntries(customer, accountId, {
      limit: HISTORY_PAGE,
      direction: 'debit',
      ...(cursor === undefined ? {} : { cursor }),
    });
    pages.push(lap());
    cursor = nextCursor ?? undefined;
  }
  lap();
  const { faults, verified } = await bank.ledger.verifyBooks();
  const verifySeconds = lap() / 1000;
  if (faults.length > 0) throw new Error(`verify found ${JSON.stringify(faults[0])}`);
  const verifyMb = process.resourceUsage().maxRSS / 1024;
  await bank.close();
  const entries = verified.entries;
  const historyP50 = spreadOf(pages)?.median ?? 0;
  return { entries, verifySeconds, verifyMb, statementLines, statementMs, historyP50 };
}

async function pay({
  store,
  place,
  measureMs,
  warmUpMs,
}: Extract<GrowthOrder, { kind: 'pay' }>): Promise<GrowthReport> {
  const bank = await openBank(store, place);
  const ledger = await LedgerContender.over(bank, readAccounts(place));
  const point = { id: '', workload: 'uniform', inFlight: 512, unit: 1 } as const;
  const cold = await measure(ledger, point, { warmUpMs: 0, measureMs, mongodPid: null });
  if (store === 'sqlite') readThrough(sqliteFile(place));
  const warm = await measure(ledger, point, { warmUpMs, measureMs, mongodPid: null });
  await ledger.check(cold.acknowledged + warm.acknowledged);
  await ledger.close();
  const failed = cold.failed + warm.failed;
  if (failed > 0) throw new Error(`${failed} transfers failed: ${cold.fault ?? warm.fault}`);
  return { coldRate: cold.rate, warmRate: warm.rate, warmP50: warm.p50Ms, warmP99: warm.p99Ms };
}

/** So that the system has it in memory. */
function readThrough(file: string): void {
  const descriptor = openSync(file, 'r');
  const some = Buffer.alloc(1 << 22);
  while (readSync(descriptor, some) > 0);
  closeSync(descriptor);
}

function readAccounts(place: Place): Accounts {
  return JSON.parse(readFileSync(accountsFile(place), 'utf8')) as Accounts;
}
