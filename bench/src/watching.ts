/** What metrics cost: the same ledgers and servers, watched and not, in turns of the same run. */
import type * as Metrics from '../../src/adapters/metrics/index.ts';
import type * as Watch from '../../src/application/commit-watch.ts';
import type { CommitObserver } from '../../src/index.ts';
import { openHttp } from './http-contender.ts';
import { openLedger } from './ledger-contender.ts';
import type { Machine } from './machine.ts';
import { measure } from './measure.ts';
import type { Contender, Measured } from './measure.ts';
import type { Options } from './options.ts';
import { ratioText, table } from './report.ts';
import { spreadOf } from './results.ts';

type Pair = {
  readonly name: string;
  readonly inFlight: number;
  /** Whether each command is a request too, which a server counts. */
  readonly isHttp: boolean;
  readonly open: (watched: boolean) => Promise<Contender>;
  /** Processor time of the ledger for a transfer, without that of the load. */
  readonly cpuOf: (measured: Measured) => number;
};
type Ratios = {
  readonly cpu: number;
  readonly rate: number;
  /** Processor time of the observers alone, as a share of that for a transfer without them. */
  readonly share: number;
};

export async function watching(machine: Machine, options: Options): Promise<number> {
  const pairs = pairsOf(machine, options).filter(({ name }) => options.only.test(name));
  const rows: string[][] = [];
  for (const pair of pairs) {
    const ratios = await compareTurns(pair, options);
    const spread = (of: (one: Ratios) => number) => spreadOf(ratios.map(of));
    const text = (of: (one: Ratios) => number) => {
      const found = spread(of);
      return found ? ratioText(found) : '';
    };
    const share = `${(100 * (spread(({ share }) => share)?.median ?? NaN)).toFixed(1)} %`;
    rows.push([pair.name, share, text(({ cpu }) => cpu), text(({ rate }) => rate)]);
  }
  if (rows.length > 0) say(`\n${table(TITLES, rows)}`);
  return 0;
}

const TITLES = [
  'pair',
  'observers alone, of the processor time for a transfer',
  'watched to unwatched: processor time',
  'transfers a second',
];

function pairsOf(machine: Machine, { users }: Options): readonly Pair[] {
  const embedded = (store: 'memory' | 'sqlite', inFlight: number): Pair => ({
    name: `port/${store}/${inFlight}`,
    inFlight,
    isHttp: false,
    open: async (watched) =>
      openLedger(store, machine.freshPlace(), { observers: watched ? (await watchers()).observers : [] }),
    cpuOf: ({ cpuUs }) => cpuUs.self,
  });
  const http = (inFlight: number): Pair => ({
    name: `http/sqlite/${inFlight}`,
    inFlight,
    isHttp: true,
    open: (watched) => {
      const environment = watched ? { METRICS_TOKEN: 'the-token-of-the-benchmark' } : {};
      return openHttp('sqlite', machine.freshPlace(), { servers: 1, users, profile: false, environment });
    },
    cpuOf: ({ cpuUs }) => cpuUs.servers,
  });
  return [embedded('memory', 64), embedded('sqlite', 1), embedded('sqlite', 64), http(16), http(64)];
}

/** What watches in a server whose metrics are read. */
async function watchers(): Promise<{
  readonly observers: readonly CommitObserver[];
  readonly answered: Metrics.ServerMetrics['answered'];
}> {
  const { createServerMetrics, RecentSeconds } = (await import(
    new URL('../../dist/adapters/metrics/index.js', import.meta.url).href
  )) as typeof Metrics;
  const { commits, answered } = createServerMetrics({ version: '0', store: 'memory', node: process.version });
  return { observers: [new RecentSeconds({ clock: { now: () => Date.now() } }), commits], answered };
}

const REQUEST = {
  method: 'POST',
  route: '/api/transactions',
  status: 200,
  code: undefined,
  durationMs: 3,
} as const;

/** Many short ones: some are undisturbed on a busy machine. */
const ROUNDS = 300;
const COMMANDS = 6_400;

/** Processor time of the observers alone, in microseconds for a command: the best round, as others disturb the rest. */
async function timeOf({ inFlight, isHttp }: Pair): Promise<number> {
  // Half of what is in flight commits while the other half is answered
  const size = Math.max(1, inFlight / 2);
  const { CommitWatch } = (await import(
    new URL('../../dist/application/commit-watch.js', import.meta.url).href
  )) as typeof Watch;
  const { observers, answered } = await watchers();
  const watch = new CommitWatch(observers);
  const accountIds = new Set(Array.from({ length: 2 * size }, (_, index) => `account ${index}`));
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.cpuUsage();
    for (let command = 0; command < COMMANDS; command += size) {
      const commands = Array.from({ length: size }, () => ({ marks: watch.submitted() }));
      const unit = watch.began(commands);
      watch.committed(unit, { accountIds, messageIds: [] });
      watch.answered(commands.map(({ marks }) => ({ marks, outcome: 'done' })));
      if (isHttp) for (let request = 0; request < size; request++) answered(REQUEST);
    }
    const { user, system } = process.cpuUsage(began);
    best = Math.min(best, (user + system) / COMMANDS);
  }
  return best;
}

async function compareTurns(pair: Pair, options: Options): Promise<readonly Ratios[]> {
  const [off, on] = [await pair.open(false), await pair.open(true)];
  const point = { id: pair.name, workload: 'uniform', inFlight: pair.inFlight, unit: 1 } as const;
  const turn = (contender: Contender, warmUpSeconds: number) =>
    measure(contender, point, {
      warmUpMs: warmUpSeconds * 1000,
      measureMs: options.seconds * 1000,
      mongodPid: null,
    });
  const ratios: Ratios[] = [];
  const observersUs = await timeOf(pair);
  try {
    for (const contender of [off, on]) await turn(contender, options.warmUpSeconds);
    for (let run = 1; run <= options.runs; run++) {
      // Each run begins with the other one
      const first = run % 2 === 0 ? off : on;
      const measured = new Map<Contender, Measured>();
      for (const contender of first === on ? [on, off] : [off, on]) {
        measured.set(contender, await turn(contender, SETTLE_SECONDS));
      }
      const [watched, bare] = [measured.get(on) as Measured, measured.get(off) as Measured];
      const bareUs = pair.cpuOf(bare);
      ratios.push({
        cpu: pair.cpuOf(watched) / bareUs,
        rate: watched.rate / bare.rate,
        share: observersUs / bareUs,
      });
      say(`${pair.name}  ${run}/${options.runs}  ${JSON.stringify(ratios.at(-1))}`);
    }
  } finally {
    await off.close();
    await on.close();
  }
  return ratios;
}

const SETTLE_SECONDS = 0.3;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
