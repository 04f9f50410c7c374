/** The same with many transfers there already: the rate, and reads of a balance and of a page of entries. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { forgetFiles, runProcess } from './machine.ts';
import type { GrowthOrder, GrowthReport } from './growth-process.ts';
import type { Options } from './options.ts';
import { accountsFile } from './passbook.ts';
import type { Place, StoreKind } from './passbook.ts';
import { factsTable, milliseconds, ratioText, table, whole } from './report.ts';
import { spreadOf, writeResult } from './results.ts';

type Grown = { readonly store: StoreKind; readonly size: number; readonly runs: GrowthReport[] };

const STORES: readonly StoreKind[] = ['sqlite', 'mongo'];
/** Up to here it is seeded anew for each run: the runs themselves would make it another size. */
const SMALL = 100_000;
/** Up to here the books are proved, in the first run: it takes minutes for a million. */
const PROVED_MOST = 1_000_000;
/** More than this is for SQLite alone. */
const MONGO_MOST = 1_000_000;
/** Slower than any machine this is worth running on. */
const SEED_RATE = 1000;

export async function growth(machine: Machine, options: Options): Promise<number> {
  const grown = STORES.flatMap((store) => options.sizes.map((size): Grown => ({ store, size, runs: [] })))
    .filter(({ store, size }) => store === 'sqlite' || size <= MONGO_MOST)
    .filter(({ store, size }) => options.only.test(`growth/${store}/${size}`));
  const places = new Map<Grown, Place>();
  for (let run = 1; run <= options.runs; run++) {
    for (const one of grown) {
      const place = places.get(one) ?? (await seeded(machine, one, options));
      places.set(one, place);
      const reads = await afterRestart(machine, one, { kind: 'read', place });
      const isProved = options.proofs && run === 1 && one.size <= PROVED_MOST;
      const proofs = isProved ? await afterRestart(machine, one, { kind: 'prove', place }) : {};
      const rates = await afterRestart(machine, one, {
        kind: 'pay',
        place,
        measureMs: options.seconds * 1000,
        warmUpMs: options.warmUpSeconds * 1000,
      });
      one.runs.push({ ...reads, ...proofs, ...rates });
      say(`${run}/${options.runs}  growth/${one.store}/${one.size}  ${JSON.stringify(one.runs.at(-1))}`);
      if (one.size <= SMALL) {
        places.delete(one);
        await machine.clear(place);
      }
    }
  }
  const report = reportOf(machine, grown, options);
  say(`\n${report}`);
  const { name } = options;
  writeResult(`${name}.json`, `${JSON.stringify({ facts: machine.facts(), grown }, null, 2)}\n`);
  say(`Written: ${writeResult(`${name}.md`, report)}`);
  return 0;
}

async function seeded(machine: Machine, one: Grown, { data }: Options): Promise<Place> {
  const isKept = data !== undefined && one.store === 'sqlite' && one.size > SMALL;
  const place = { ...machine.freshPlace(), ...(isKept ? { directory: join(data, String(one.size)) } : {}) };
  if (existsSync(accountsFile(place))) return place;
  // What an interrupted run left
  rmSync(place.directory, { recursive: true, force: true });
  await work(one, { kind: 'seed', place, count: one.size });
  return place;
}

/** With nothing of the data in memory, where the system lets that be done. */
async function afterRestart(machine: Machine, one: Grown, step: Step): Promise<GrowthReport> {
  if (one.store === 'mongo') await machine.restartMongo();
  else forgetFiles(step.place.directory);
  return work(one, step);
}

type Step = GrowthOrder extends infer Order
  ? Order extends GrowthOrder
    ? Omit<Order, 'store'>
    : never
  : never;

async function work({ store, size }: Grown, step: Step): Promise<GrowthReport> {
  const order = { ...step, store };
  const timeMs = 600_000 + (step.kind === 'seed' ? (size / SEED_RATE) * 1000 : 0);
  const answer = await runProcess<GrowthReport | { fault: string }>('src/growth-process.ts', order, {
    timeMs,
    profile: false,
    directory: step.place.directory,
  });
  if ('fault' in answer) throw new Error(`growth/${store}/${size}: ${answer.fault}`);
  return answer;
}

function reportOf(machine: Machine, grown: readonly Grown[], options: Options): string {
  const figure = (runs: readonly GrowthReport[], name: string, show: (value: number) => string) => {
    const spread = spreadOf(runs.flatMap((run) => run[name] ?? []));
    return spread ? `${show(spread.median)} (${show(spread.least)} to ${show(spread.most)})` : '';
  };
  const rates = grown.map(({ store, size, runs }) => {
    const first = grown.find((one) => one.store === store);
    const toFirst = (name: 'coldRate' | 'warmRate') => {
      const ratio = spreadOf(
        runs.flatMap((run, index) => {
          const [rate, base] = [run[name], first?.runs[index]?.[name]];
          return rate && base ? [rate / base] : [];
        }),
      );
      return ratio ? ratioText(ratio) : '';
    };
    return [
      `${store}, ${whole(size)} there`,
      figure(runs, 'coldRate', whole),
      figure(runs, 'warmRate', whole),
      toFirst('coldRate'),
      toFirst('warmRate'),
    ];
  });
  const reads = grown.map(({ store, size, runs }) => [
    `${store}, ${whole(size)} there`,
    ...['coldBalanceP50', 'coldBalanceP99', 'warmBalanceP50', 'warmBalanceP99'].map((name) =>
      figure(runs, name, milliseconds),
    ),
    ...['coldPageP50', 'coldPageP99', 'warmPageP50', 'warmPageP99'].map((name) =>
      figure(runs, name, milliseconds),
    ),
  ]);
  const proofs = grown.map(({ store, size, runs }) => [
    `${store}, ${whole(size)} there`,
    figure(runs, 'entries', whole),
    figure(runs, 'verifySeconds', milliseconds),
    figure(runs, 'verifyMb', whole),
    figure(runs, 'statementLines', whole),
    figure(runs, 'statementMs', whole),
    figure(runs, 'historyP50', milliseconds),
  ]);
  return `${[
    factsTable(machine.facts()),
    "Cold: the process and mongod have just started, and the files were dropped from the system's cache. Seeded by the ledger itself in large batches, its messages off.",
    `Paying is measured for ${options.seconds} s at once after that, and warm for as long after another ${options.warmUpSeconds} s, on SQLite once its file was read through.`,
    table(
      ['512 in flight, uniform', 'cold', 'warm', 'cold, to the smallest', 'warm, to the smallest'],
      rates,
    ),
    table(
      ['ms', 'balance cold p50', 'p99', 'warm p50', 'p99', 'page of 10 cold p50', 'p99', 'warm p50', 'p99'],
      reads,
    ),
    ...(options.proofs ? [proofsTable(proofs)] : []),
  ].join('\n\n')}\n`;
}

function proofsTable(rows: string[][]): string {
  return table(
    [
      'cold',
      'entries',
      'verify, s',
      'its memory at most, MB',
      'lines of a statement',
      'it, ms',
      'page of 50 of its history, debits alone, p50 ms',
    ],
    rows,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
