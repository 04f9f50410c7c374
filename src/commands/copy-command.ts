import type { Command } from 'commander';
import { sha256 } from '../adapters/shared/sha256.ts';
import { sha256OfHex, systemClock } from '../adapters/system.ts';
import { copyBooks } from '../application/copying/copy-books.ts';
import type { CopyReport, CopyWork } from '../application/copying/copy-books.ts';
import { CopyFault, ROW_KINDS } from '../application/ports/book-copy.ts';
import { readConfig } from '../config.ts';
import type { Config, StoreConfig } from '../config.ts';
import { openCopySource, openCopyTarget } from '../open-copy.ts';
import { withExamples } from './help.ts';
import { tableLines } from './table.ts';

type Setting = {
  readonly config: () => Config;
  readonly out: (line: string) => void;
  readonly progress: (line: string) => void;
  readonly fail: () => void;
};

type Options = {
  readonly to?: string;
  readonly from?: string;
  readonly allowRunning?: boolean;
  readonly json?: true;
};

type KeptStore = Exclude<StoreConfig, { kind: 'memory' }>;

const EVERY_MS = 1_000;

/** Adds the command that copies all books to another store. */
export function addCopyCommand(program: Command, setting: Setting): void {
  const { out, fail } = setting;
  const copying = program
    .command('copy')
    .summary('copy all books to another store')
    .description(
      'Copy all books to another store and verify them there, or go on with an interrupted copy. Stop the server first.',
    )
    .option('--to <store>', 'SQLite file or MongoDB URI, empty or missing; default: the variable COPY_TO')
    .option('--from <store>', 'SQLite file or MongoDB URI; default: the configured store')
    .option('--allow-running', 'copy although a server runs: its later writes are not in the copy')
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => {
      try {
        const began = performance.now();
        const report = await copy(options, setting);
        const seconds = (performance.now() - began) / 1_000;
        const figures = { seconds: round(seconds), peakMemoryMb: peakMemoryMb() };
        if (options.json) out(JSON.stringify({ ok: true, ...figures, ...report }));
        else for (const line of reportLines(report, seconds)) out(line);
      } catch (fault) {
        if (!(fault instanceof CopyFault)) throw fault;
        const { code, message } = fault;
        if (!options.json) throw new Error(`${code}: ${message}`, { cause: fault });
        out(JSON.stringify({ ok: false, code, message }));
        fail();
      }
    });
  withExamples(copying, [
    'passbook copy --to copy.db',
    'passbook copy --to "mongodb://db.example/passbook?replicaSet=rs0"',
  ]);
}

async function copy(
  { to = process.env['COPY_TO'], from, allowRunning = false }: Options,
  { config, progress }: Setting,
): Promise<CopyReport> {
  if (to === undefined || to === '')
    throw new Error('Name the target: --to FILE, or --to with a MongoDB URI');
  const given = from === undefined ? config().store : storeAt(from);
  if (given.kind === 'memory') throw new Error('STORE=memory stores nothing, so there is nothing to copy');
  const terms = { clock: systemClock, accountPrefix: config().accountPrefix };

  const source = await openCopySource(given, { ...terms, allowsRunning: allowRunning });
  try {
    const target = await openCopyTarget(storeAt(to), terms);
    try {
      const onProgress = reporter(progress);
      return await copyBooks({ source, target, digest: sha256, hexDigest: sha256OfHex, onProgress });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** @throws ConfigError for a URI that is none, without repeating it */
function storeAt(text: string): KeptStore {
  const isUri = /^mongodb(\+srv)?:/.test(text);
  const env = isUri ? { STORE: 'mongo', MONGO_URI: text } : { STORE: 'sqlite', DATABASE_PATH: text };
  return readConfig(env, { reader: 'commands' }).store as KeptStore;
}

/** Reports each step when it begins, then once a second with its rate. */
function reporter(progress: (line: string) => void): (work: CopyWork) => void {
  let current = '';
  let [begunAt, begunWith, saidAt] = [0, 0, 0];
  return ({ step, kind, done, total }) => {
    const now = performance.now();
    const name = kind === null ? step : `${step} ${kind}`;
    if (name !== current) {
      // Rows of an earlier run do not count for the rate
      [current, begunAt, begunWith, saidAt] = [name, now, done, -Infinity];
    }
    if (now - saidAt < EVERY_MS) return;
    saidAt = now;
    const of = total === null ? '' : ` of about ${count(Math.max(total, done))}`;
    const rate = now > begunAt ? `, ${count((done - begunWith) / ((now - begunAt) / 1_000))}/s` : '';
    progress(step === 'derive' ? 'derive the indexes' : `${name}: ${count(done)}${of}${rate}`);
  };
}

function* reportLines(report: CopyReport, seconds: number): Iterable<string> {
  const { rows, entries, currencies, auditHead, written } = report;
  const table = ROW_KINDS.map((kind) => [kind, count(rows[kind])]);
  yield* tableLines({ cut: [] }, [...table, ['entries', count(entries)]]);
  const after = report.resumed ? ', after an interrupted copy' : '';
  if (report.alreadyCopied) yield 'The target already holds this copy: nothing was written';
  else yield `Wrote ${count(written)} rows in ${round(seconds)} s, checks included${after}`;
  const head = auditHead ? `audit record ${auditHead.sequence}` : 'an empty audit log';
  const sums = currencies.length > 0 ? `trial balances of ${currencies.join(', ')}` : 'no balances';
  yield `The copy is whole: every row is equal, ${sums}, and ${head}`;
}

function count(number: number): string {
  return Math.round(number).toLocaleString('en');
}

function peakMemoryMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1_024);
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
