/** Transfers over HTTP while many people sign in, beside transfers alone; and how long a refused sign-in takes. */
import { randomUUID } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { register } from './http-contender.ts';
import type { User } from './http-contender.ts';
import { HttpConnection } from './http-connection.ts';
import type { HttpAnswer } from './http-connection.ts';
import type { Machine } from './machine.ts';
import type { Options } from './options.ts';
import { factsTable, milliseconds, ratioText, table, whole } from './report.ts';
import { spreadOf } from './results.ts';
import type { Spread } from './results.ts';
import { startServer } from './servers.ts';
import { draw, drawAmount } from './workload.ts';

const STORM = 200;
const CONNECTIONS = [1, 16, 64];
const GUESSES = 100;

type Transfers = { readonly rate: number; readonly p50: number; readonly p99: number };
type SignIns = {
  readonly rate: number;
  /** From the first try to the success, in milliseconds. */
  readonly p50: number;
  readonly most: number;
  /** Tries that were answered with 503, for each sign-in that succeeded. */
  readonly refused: number;
};
type Phase = {
  readonly connections: number;
  readonly idle: Transfers;
  readonly storm: Transfers & { readonly signIns: SignIns };
};

export async function signInStorm(machine: Machine, options: Options): Promise<number> {
  const server = await startServer('sqlite', machine.freshPlace(), { profile: options.profile });
  try {
    const users = await register(server, STORM);
    const { port } = server;
    await pay(port, users, { connections: 16, seconds: options.warmUpSeconds });
    const phases: Phase[] = [];
    for (let run = 1; run <= options.runs; run++) {
      for (const connections of CONNECTIONS) {
        const terms = { connections, seconds: options.seconds };
        const idle = await pay(port, users, terms);
        const storm = await inStorm(port, users, () => pay(port, users, terms));
        phases.push({ connections, idle, storm });
        say(`${run}/${options.runs}  ${JSON.stringify(phases.at(-1))}`);
      }
    }
    const guesses = await guess(port, users);
    say(`\n${reportOf(machine, { phases, guesses })}`);
    return 0;
  } finally {
    await server.stop();
  }
}

async function pay(
  port: number,
  users: readonly User[],
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Transfers> {
  const accounts = users.flatMap(({ accountIds }) => accountIds);
  const histogram = createHistogram({ figures: 3 });
  const until = performance.now() + seconds * 1000;
  await Promise.all(
    users.slice(0, connections).map(async ({ token, accountIds: [fromAccount] }) => {
      const connection = await HttpConnection.open(port);
      while (performance.now() < until) {
        const [one, other] = [accounts[draw(accounts.length)], accounts[draw(accounts.length)]];
        const toAccount = one === fromAccount ? other : one;
        const transfer = { fromAccount, toAccount, amount: drawAmount(), idempotencyKey: randomUUID() };
        const body = JSON.stringify(transfer);
        const began = performance.now();
        const answer = await connection.send({ method: 'POST', path: '/api/transactions', token, body });
        if (answer.status !== 200) throw new Error(`a transfer: ${answer.status} ${answer.body}`);
        record(histogram, performance.now() - began);
      }
      connection.close();
    }),
  );
  return { rate: histogram.count / seconds, p50: of(histogram, 50), p99: of(histogram, 99) };
}

/** Everyone signs in again as soon as they have, until the work is done. */
async function inStorm<T>(
  port: number,
  users: readonly User[],
  work: () => Promise<T>,
): Promise<T & { signIns: SignIns }> {
  const histogram = createHistogram({ figures: 3 });
  const began = performance.now();
  let isOver = false;
  let refused = 0;
  const storm = Promise.all(
    users.map(async (user) => {
      const connection = await HttpConnection.open(port);
      while (!isOver) {
        const from = performance.now();
        for (;;) {
          const { status, body, retryAfterSeconds = 0 } = await signIn(connection, user);
          if (status === 200) break;
          if (status !== 503) throw new Error(`a sign-in: ${status} ${body}`);
          refused++;
          await wait(retryAfterSeconds * 1000);
        }
        record(histogram, performance.now() - from);
      }
      connection.close();
    }),
  );
  const result = await work();
  isOver = true;
  await storm;
  const seconds = (performance.now() - began) / 1000;
  const signIns = {
    rate: histogram.count / seconds,
    p50: of(histogram, 50),
    most: histogram.max / 1000,
    refused: refused / histogram.count,
  };
  return { ...result, signIns };
}

/** The times of wrong passwords and of unknown e-mail addresses, taken in turns. */
async function guess(port: number, users: readonly User[]): Promise<{ wrong: Spread; unknown: Spread }> {
  const connection = await HttpConnection.open(port);
  const times: { wrong: number[]; unknown: number[] } = { wrong: [], unknown: [] };
  for (let count = 0; count < GUESSES; count++) {
    const user = users[count % users.length] as User;
    for (const [kind, email] of [
      ['wrong', user.email],
      ['unknown', `${randomUUID()}@example.org`],
    ] as const) {
      const began = performance.now();
      const answer = await signIn(connection, { ...user, email, password: 'a wrong password' });
      if (answer.status !== 401) throw new Error(`a guess: ${answer.status} ${answer.body}`);
      times[kind].push(performance.now() - began);
    }
  }
  connection.close();
  const [wrong, unknown] = [spreadOf(times.wrong), spreadOf(times.unknown)];
  if (!wrong || !unknown) throw new TypeError('there must be guesses');
  return { wrong, unknown };
}

function signIn(
  connection: HttpConnection,
  { email, password, from }: Pick<User, 'email' | 'password' | 'from'>,
): Promise<HttpAnswer> {
  const body = JSON.stringify({ email, password });
  return connection.send({ method: 'POST', path: '/api/auth/login', from, body });
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1000)));
}

function of(histogram: RecordableHistogram, percentile: number): number {
  return histogram.percentile(percentile) / 1000;
}

function reportOf(
  machine: Machine,
  { phases, guesses }: { phases: readonly Phase[]; guesses: { wrong: Spread; unknown: Spread } },
): string {
  const median = (values: readonly number[], show: (value: number) => string) => {
    const spread = spreadOf(values);
    return spread ? show(spread.median) : '';
  };
  const rows = CONNECTIONS.map((connections) => {
    const runs = phases.filter((phase) => phase.connections === connections);
    const ratio = spreadOf(runs.map(({ idle, storm }) => storm.p99 / idle.p99));
    return [
      String(connections),
      ...(['idle', 'storm'] as const).flatMap((phase) => [
        median(
          runs.map((run) => run[phase].rate),
          whole,
        ),
        median(
          runs.map((run) => run[phase].p50),
          milliseconds,
        ),
        median(
          runs.map((run) => run[phase].p99),
          milliseconds,
        ),
      ]),
      ratio ? ratioText(ratio) : '',
      median(
        runs.map(({ storm }) => storm.signIns.rate),
        whole,
      ),
      median(
        runs.map(({ storm }) => storm.signIns.p50),
        whole,
      ),
      median(
        runs.map(({ storm }) => storm.signIns.most),
        whole,
      ),
      median(
        runs.map(({ storm }) => storm.signIns.refused),
        milliseconds,
      ),
    ];
  });
  const { wrong, unknown } = guesses;
  return `${[
    factsTable(machine.facts()),
    table(
      [
        'paying connections',
        'alone, transfers/s',
        'p50 ms',
        'p99 ms',
        `with ${STORM} signing in, transfers/s`,
        'p50 ms',
        'p99 ms',
        'p99 to p99 alone',
        'sign-ins/s',
        'p50 ms',
        'longest ms',
        '503 for each',
      ],
      rows,
    ),
    table(
      [`median of ${GUESSES}`, 'wrong password, ms', 'unknown e-mail address, ms', 'ratio'],
      [
        [
          'refused sign-in',
          milliseconds(wrong.median),
          milliseconds(unknown.median),
          (unknown.median / wrong.median).toFixed(2),
        ],
      ],
    ),
  ].join('\n\n')}\n`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
