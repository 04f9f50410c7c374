import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { readEnvironment } from '../config.ts';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';
import { PEOPLE_MAX } from '../demo/residents.ts';

const SEED_MAX = 4_294_967_295;
const MONTHS_MAX = 60;
/** The roles in the events of a history need this many. */
const PEOPLE_MIN = 4;
/** The events of the last weeks need two months. */
const MONTHS_MIN = 2;

type Options = {
  readonly keep?: string;
  readonly people: number;
  readonly months: number;
  readonly seed: number;
  readonly port?: number;
};

/** Adds the command that runs a bank with a made-up history. */
export function addDemoCommand(program: Command, { out }: Pick<CommandTools, 'out'>): void {
  const demo = program
    .command('demo')
    .summary('run a bank with invented people and months of history')
    .description(ABOUT)
    .option(
      '--people <number>',
      `people, from ${PEOPLE_MIN} to ${PEOPLE_MAX}`,
      integer(PEOPLE_MIN, PEOPLE_MAX),
      12,
    )
    .option(
      '--months <number>',
      `months of history, from ${MONTHS_MIN} to ${MONTHS_MAX}`,
      integer(MONTHS_MIN, MONTHS_MAX),
      18,
    )
    .option(
      '--seed <number>',
      'the same seed makes the same history on the same day',
      integer(0, SEED_MAX),
      1,
    )
    .option(
      '--port <number>',
      'port on this machine; 0 for any (default: 3000, or any if taken)',
      integer(0, 65_535),
    )
    .option(
      '--keep <file>',
      'keep the books in a file; a later run with it continues them (default: a temporary file)',
    )
    .action(async (options: Options) => {
      const { runDemo } = await import('../demo/run-demo.ts');
      const { env } = readEnvironment(process.env);
      await runDemo(options, { mode: env['NODE_ENV'], out });
    });
  withExamples(demo, [
    'passbook demo',
    'passbook demo --people 40 --months 24',
    'passbook demo --keep demo.db --port 4000',
  ]);
}

const ABOUT =
  'Run a bank with invented people and months of history, which the real ledger makes with a clock that is set. ' +
  'Prints a link that signs you in as a customer, a shop or the operator. Payments keep arriving until Ctrl+C ends ' +
  'it. Then its files are removed, unless you keep them. It listens on this machine only, sends no mail, and refuses ' +
  'NODE_ENV=production. A file that is kept keeps its people, months and seed.';

/** Parses an option as an integer of a range. */
function integer(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (value < from || value > to)
      throw new InvalidArgumentError(`It must be an integer from ${from} to ${to}.`);
    return value;
  };
}
