import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const COMMANDS = ['compare', 'growth', 'sign-in-storm', 'watching'] as const;
export type Command = (typeof COMMANDS)[number];

export type Options = {
  readonly command: Command;
  readonly runs: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Signed-in customers over HTTP. */
  readonly users: number;
  readonly only: RegExp;
  readonly name: string;
  readonly profile: boolean;
  /** How many transfers are there already, for each measurement of growth. */
  readonly sizes: readonly number[];
  /** Where what was seeded in SQLite is kept, and found again; undefined where it goes with the run. */
  readonly data: string | undefined;
  /** Whether growth proves the books too: minutes for a million transfers. */
  readonly proofs: boolean;
};

export const USAGE = `npm run bench -- [compare | growth | sign-in-storm | watching] [options]

  compare              everything side by side (the default)
  growth               rate, balances and pages with many transfers there already
  sign-in-storm        transfers while 200 people sign in, and the time of a refused sign-in; printed alone
  watching             ledgers and servers with and without metrics, in turns; printed alone
  --runs N             of each, taken in turns (5)
  --seconds N          measured at each point (5)
  --warm-up N          seconds before that, in which V8 compiles (6; for growth 20)
  --users N            signed-in customers over HTTP (256)
  --only REGEXP        the points whose name matches, such as ^port/mongo/
  --name NAME          of the files in bench/results (latest, growth)
  --sizes A,B,...      for growth (10000,1000000,10000000; above a million SQLite alone; some 3 kB of disk each)
  --data DIRECTORY     for growth: keeps what was seeded in SQLite there, and goes on with it the next time
  --no-proofs          for growth: without verify, statements and history
  --profile            the ledger's process, and the servers, under V8's profiler: prints where the time goes
  --quick              one short run of everything
`;

/** @throws TypeError for what it does not know */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      users: { type: 'string' },
      only: { type: 'string' },
      name: { type: 'string' },
      sizes: { type: 'string' },
      data: { type: 'string' },
      'no-proofs': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  const [name = 'compare', more] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined || more !== undefined) {
    throw new TypeError(`What is "${positionals.join(' ')}"?`);
  }
  const { quick } = values;
  return {
    command,
    runs: positive('runs', values.runs ?? (quick ? '1' : '5')),
    seconds: positive('seconds', values.seconds ?? (quick ? '1' : '5')),
    warmUpSeconds: positive(
      'warm-up',
      values['warm-up'] ?? (quick ? '0.5' : command === 'growth' ? '20' : '6'),
    ),
    users: positive('users', values.users ?? (quick ? '32' : '256')),
    only: new RegExp(values.only ?? ''),
    name: values.name ?? (command === 'growth' ? 'growth' : quick ? 'quick' : 'latest'),
    profile: values.profile,
    data: values.data && resolve(values.data),
    proofs: !values['no-proofs'],
    sizes: (values.sizes ?? '10000,1000000,10000000').split(',').map((size) => positive('sizes', size)),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${name} must be a number above 0, not "${text}"`);
  return value;
}
