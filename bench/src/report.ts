/** The results as Markdown. */
import { rateOf, spreadOf } from './results.ts';
import type { Results, Sample, Spread } from './results.ts';
import { judge } from './targets.ts';
import type { Judged } from './targets.ts';

const TITLES: Readonly<Record<string, string>> = {
  port: 'Over the port',
  http: 'Over HTTP',
  'http-batch': 'Over HTTP, 16 connections, by transfers a request',
  peer: 'Peers on the same mongod',
  limit: 'Limits: the same rows and indexes, nothing decided',
};

export function reportOf(results: Results): string {
  return [
    factsTable(results.facts),
    `Transfers a second: the median of ${results.runs} runs, and the least and the most. Processor time in µs a transfer: of the process that measures (over the port the ledger is in it, over HTTP it is the load), of the servers, of mongod.`,
    targetsTable(judge(results)),
    ...Object.entries(TITLES).map(([prefix, title]) => pointsTable(results, prefix, title)),
    faultList(results),
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function factsTable(facts: Readonly<Record<string, string>>): string {
  return table(['', ''], Object.entries(facts));
}

function targetsTable(judged: readonly Judged[]): string {
  const rows = judged.map(({ name, ratio, atLeast, tryFor, isMet }) => [
    name,
    ratio ? ratioText(ratio) : 'not measured',
    `${atLeast}${tryFor === undefined ? '' : `, try ${tryFor}`}`,
    ratio ? (isMet ? 'pass' : '**miss**') : '',
  ]);
  return `### Targets\n\n${table(['ratio within a run', 'median (least to most)', 'at least', ''], rows)}`;
}

function pointsTable(results: Results, prefix: string, title: string): string {
  const ids = Object.keys(results.points).filter((id) => id.startsWith(`${prefix}/`));
  if (ids.length === 0) return '';
  const rows = ids.map((id) => {
    const samples = results.points[id] ?? [];
    const rate = rateOf(results, id);
    return [
      id.slice(prefix.length + 1),
      rate ? `${whole(rate.median)} (${whole(rate.least)} to ${whole(rate.most)})` : '',
      middle(samples, ({ p50Ms }) => p50Ms, milliseconds),
      middle(samples, ({ p99Ms }) => p99Ms, milliseconds),
      middle(samples, ({ cpuUs }) => cpuUs.self, whole),
      middle(samples, ({ cpuUs }) => cpuUs.servers, whole),
      middle(samples, ({ cpuUs }) => cpuUs.mongod, whole),
      failures(samples),
    ];
  });
  const head = ['', 'transfers/s', 'p50 ms', 'p99 ms', 'self', 'servers', 'mongod', 'failed'];
  return `### ${title}\n\n${table(head, rows)}`;
}

function middle(
  samples: readonly Sample[],
  pick: (sample: Sample) => number,
  show: (value: number) => string,
): string {
  const spread = spreadOf(samples.map(pick).filter(Number.isFinite));
  return spread ? show(spread.median) : '';
}

function failures(samples: readonly Sample[]): string {
  const failed = samples.reduce((sum, sample) => sum + sample.failed, 0);
  return failed === 0 ? '' : whole(failed);
}

function faultList({ faults }: Results): string {
  if (faults.length === 0) return '';
  const lines = faults.map(({ run, points, fault }) => `- run ${run}, ${points}: ${fault.split('\n')[0]}`);
  return `### Faults\n\n${lines.join('\n')}`;
}

export function ratioText({ median, least, most }: Spread): string {
  return `${two(median)} (${two(least)} to ${two(most)})`;
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value);
}

function two(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
