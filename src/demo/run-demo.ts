import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { startServer } from '../adapters/http/index.ts';
import { systemClock } from '../adapters/system.ts';
import type { Bank } from '../application/bank.ts';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { assembleServices } from '../container.ts';
import { checkpointKey, jwtSecrets, systemUser } from '../local-secrets.ts';
import type { SystemUser } from '../local-secrets.ts';
import { createLog } from '../log.ts';
import { openStore } from '../open-store.ts';
import { freePort, keptPlace, markMade, temporaryPlace } from './demo-place.ts';
import type { DemoPlace } from './demo-place.ts';
import { firmOf } from './firms.ts';
import { continueHistory, makeHistory } from './history.ts';
import type { DemoPlan } from './history.ts';
import { LivePayments } from './live-payments.ts';
import { emailOf, findDemoBank } from './opening.ts';
import { ProgressBar } from './progress-bar.ts';
import { SeededDraws } from './random.ts';
import { residentsOf } from './residents.ts';
import type { Resident } from './residents.ts';
import { signInPage } from './sign-in-page.tsx';
import type { Identity } from './sign-in-page.tsx';

export type DemoOptions = DemoPlan & {
  /** SQLite file to keep. Default: a temporary one. */
  readonly keep?: string;
  /** Default: 3000, or any other if that is taken. */
  readonly port?: number;
};

type Demo = {
  readonly place: DemoPlace;
  readonly plan: DemoPlan;
  readonly config: Config;
  readonly secrets: readonly [string, ...string[]];
  readonly operator: SystemUser;
  readonly log: Logger;
};

/** Other machines cannot reach this address. */
const LOOPBACK_HOST = '127.0.0.1';
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Makes a bank with a history, serves it with payments that keep arriving, and returns once a signal stops it.
 * @param terms `mode`: NODE_ENV of the surroundings
 * @throws Error in production, for a file that is no demo's, and for a port that is taken
 */
export async function runDemo(
  options: DemoOptions,
  terms: { mode: string | undefined; out: (line: string) => void },
): Promise<void> {
  if (terms.mode === 'production') {
    throw new Error('A demo does not run with NODE_ENV=production: it signs in anybody who has its link');
  }
  const stopped = new AbortController();
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => stopped.abort(new Error('The demo was stopped')));

  const port = await freePort(options.port, LOOPBACK_HOST);
  const demo = await prepare(options, port);
  try {
    const seconds = await fill(demo, stopped.signal);
    await serve(demo, { seconds, out: terms.out, signal: stopped.signal });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  }
  // A second signal, which npm sends beside the terminal's own, must not cut off the removal of the files
}

async function prepare(options: DemoOptions, port: number): Promise<Demo> {
  const place = await (options.keep === undefined ? temporaryPlace() : keptPlace(options.keep));
  const { people, months, seed } = options;
  const variables = {
    HOST: LOOPBACK_HOST,
    PORT: port.toString(),
    STORE: 'sqlite',
    DATABASE_PATH: place.database,
    DATA_DIR: place.folder,
    LOG_LEVEL: 'warn',
    BANK_NAME: 'Passbook Demo Bank',
    BANK_ADDRESS: '7 Example Quay|1010 Anytown',
  };
  const config = readConfig(variables);
  const operator = await systemUser(config);
  if (!operator) throw new TypeError('A demo has an operator');
  if (place.made && operator.isNew)
    throw new Error(`The password of the demo is missing: ${operator.path ?? ''}`);
  const secrets = await jwtSecrets(config);
  return {
    place,
    plan: place.made ?? { people, months, seed },
    config,
    secrets,
    operator,
    log: await createLog({
      level: config.logLevel,
      format: config.logFormat,
      secrets: [...secrets, operator.password],
    }),
  };
}

/** Makes the history up to now. Returns the seconds that it took. */
async function fill(demo: Demo, signal: AbortSignal): Promise<number> {
  const { place, plan, config, secrets, operator, log } = demo;
  const bar = new ProgressBar(process.stderr, `Making ${plan.months} months of history`);
  const began = performance.now();
  const make = place.made ? continueHistory : makeHistory;
  try {
    await make({
      config,
      jwtSecrets: secrets,
      operator,
      plan,
      until: systemClock.now(),
      log,
      onProgress: (share) => bar.show(share),
      signal,
    });
  } finally {
    bar.clear();
  }
  if (!place.made) await markMade(place, plan);
  return (performance.now() - began) / 1_000;
}

async function serve(
  demo: Demo,
  { seconds, out, signal }: { seconds: number; out: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  const { plan, config, secrets, operator, log } = demo;
  const residents = residentsOf(plan);
  const token = randomBytes(24).toString('base64url');
  const identities = identitiesOf(residents, operator);
  const store = await openStore(config.store, { clock: systemClock, accountPrefix: config.accountPrefix });
  let { port } = config;
  const services = await assembleServices({
    config,
    jwtSecrets: secrets,
    checkpointKey: await checkpointKey(config),
    store,
    log,
    origin: () => `http://localhost:${port}`,
    extraRoutes: signInPage({ token, password: operator.password, identities }),
  });
  try {
    await ensureOperator(services.bank, operator);
    const teller = await findDemoBank({ bank: services.bank, residents, operator });
    await services.bank.ledger.makeCheckpoint();
    const server = await startServer({
      app: services.app,
      port,
      host: config.host,
      limits: { closeMs: config.shutdownMs / 2, connections: config.maxConnections },
    });
    ({ port } = server);
    services.dispatcher.start();
    services.sweeper.start();
    services.sessionSweeper.start();
    const run = systemClock.now().toString();
    const draws = new SeededDraws(plan.seed, 'live', run);
    const live = new LivePayments({ teller, residents, draws, log, run });
    live.start();
    for (const line of greeting(demo, { seconds, link: `http://localhost:${port}/demo/${token}` })) out(line);
    await once(signal);
    await live.stop();
    await server.close();
  } finally {
    await services.close();
  }
}

/** The operator signs in as the system, whatever somebody made of the role in an earlier run. */
async function ensureOperator(bank: Bank, operator: SystemUser): Promise<void> {
  const { role } = await bank.findUser(operator.email);
  if (role !== 'system') await bank.grantRole(operator.email, 'system', { reason: 'Start of the demo' });
}

function identitiesOf(residents: readonly Resident[], operator: SystemUser): readonly Identity[] {
  const [main, other] = residents;
  const shop = firmOf('online shop');
  return [
    ...(main
      ? [
          {
            email: main.email,
            title: `${main.name}, a customer`,
            about: 'Salary, rent, holds, three accounts, and money that arrives while you watch.',
          },
        ]
      : []),
    ...(other
      ? [
          {
            email: other.email,
            title: `${other.name}, another customer`,
            about: 'To see the other side of a payment.',
          },
        ]
      : []),
    {
      email: emailOf(shop),
      title: `${shop.name}, a shop`,
      about: 'Takings, returned orders and payments to suppliers.',
    },
    {
      email: operator.email,
      title: 'The operator',
      about: 'All accounts, the trial balance and the audit log.',
    },
  ];
}

function greeting(
  { place, plan, operator }: Demo,
  { seconds, link }: { seconds: number; link: string },
): readonly string[] {
  const { origin } = new URL(link);
  const history = place.made
    ? `continued from the last run in ${seconds.toFixed(1)} s`
    : `${plan.months} months of ${plan.people} people, made in ${seconds.toFixed(1)} s`;
  return [
    'Passbook demo: a bank with play money and invented people, for this machine only',
    `  sign in:   ${link}`,
    `  API:       ${origin}/docs`,
    `  password:  ${operator.password} (everybody's, such as ${residentsOf(plan)[0]?.email ?? ''})`,
    `  history:   ${history}; new payments arrive every few seconds`,
    `  books:     ${place.database}${place.isKept ? '' : ' (removed at the end)'}`,
    `  mails:     ${join(place.folder, 'mail')}`,
    'Ctrl+C ends it.',
  ];
}

function once(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
