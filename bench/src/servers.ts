/** The servers that are measured over HTTP, each a process of its own on this machine's loopback. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { freePorts } from '../../scripts/mongo-replica-set.ts';
import { inParallel, post } from './bank-client.ts';
import { HttpConnection } from './http-connection.ts';
import { NODE_FLAGS } from './node-flags.ts';
import { sqliteFile } from './passbook.ts';
import type { Place, StoreKind } from './passbook.ts';

export type ServerKind = StoreKind | 'express-mongoose' | 'bare-hono';

export type Server = {
  readonly pid: number;
  readonly port: number;
  /** The token of one who may give initial funds. */
  readonly makeSystem: (port: number) => Promise<string>;
  stop(): Promise<void>;
};

type Program = {
  readonly file: string;
  readonly environment: Record<string, string>;
  readonly makeSystem: (port: number) => Promise<string>;
};

const bench = fileURLToPath(new URL('..', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

export async function startServer(
  kind: ServerKind,
  place: Place,
  {
    profile = false,
    environment: more = {},
  }: { profile?: boolean; environment?: Readonly<Record<string, string>> } = {},
): Promise<Server> {
  const [port = 0] = await freePorts(1);
  const { file, environment, makeSystem } = await programOf(kind, place);
  mkdirSync(place.directory, { recursive: true });
  const log = join(place.directory, `server-${port}.log`);
  const output = openSync(log, 'w');
  const runner = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const profiler = profile ? ['--cpu-prof', '--cpu-prof-dir', place.directory] : [];
  const child = spawn(process.execPath, [...NODE_FLAGS, ...runner, ...profiler, join(bench, file)], {
    stdio: ['ignore', output, output],
    cwd: bench,
    env: { ...plainEnvironment(), ...environment, ...more, PORT: String(port) },
  });
  endWithThisProcess(child);
  const stop = () => end(child);
  try {
    await answers(child, port);
  } catch (error) {
    await stop();
    throw new Error(`${kind} did not start: ${readFileSync(log, 'utf8').slice(-2000)}`, { cause: error });
  }
  return { pid: child.pid ?? 0, port, makeSystem, stop };
}

async function programOf(kind: ServerKind, place: Place): Promise<Program> {
  if (kind === 'bare-hono') {
    return { file: 'limits/bare-hono.ts', environment: {}, makeSystem: async () => '' };
  }
  if (kind === 'express-mongoose') {
    const environment = { MONGO_URI: databaseUri(place) };
    const makeSystem = (port: number) => makeExpressSystem(port, place);
    return { file: 'peers/express-mongoose/server.ts', environment, makeSystem };
  }
  const email = 'system@example.org';
  // Servers of one database share these
  const password = `bench ${place.database} of this machine`;
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    TRUSTED_PROXIES: '1',
    PUBLIC_ORIGIN: 'http://127.0.0.1',
    JWT_SECRET: createHash('sha256').update(`${process.ppid} ${place.database}`).digest('base64'),
    SYSTEM_EMAIL: email,
    SYSTEM_PASSWORD: password,
    DATA_DIR: place.directory,
    // Not asked: its mailer discards
    SMTP_URL: 'smtp://127.0.0.1:25',
    MAIL_FROM: 'bank@example.org',
    // The Express bank has no limit either
    WRITES_PER_MINUTE: '0',
    REQUESTS_PER_MINUTE: '0',
    // The Express bank logs nothing
    LOG_LEVEL: 'warn',
    ...STORE_ENVIRONMENT[kind](place),
  };
  const makeSystem = (port: number) => {
    return first(port, '/api/auth/login', { email, password });
  };
  return { file: 'src/bank-server.ts', environment, makeSystem };
}

const STORE_ENVIRONMENT: Readonly<Record<StoreKind, (place: Place) => Record<string, string>>> = {
  memory: () => ({ STORE: 'memory' }),
  sqlite: (place) => ({ STORE: 'sqlite', DATABASE_PATH: sqliteFile(place) }),
  mongo: (place) => ({ STORE: 'mongo', MONGO_URI: databaseUri(place) }),
};

export function databaseUri({ uri, database }: Place): string {
  return uri.replace('/?', `/${database}?`);
}

/** Keeps the settings of the user who runs the benchmark away from the servers. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR } = process.env;
  return { PATH, HOME, LANG, TMPDIR };
}

async function makeExpressSystem(port: number, { uri, database }: Place): Promise<string> {
  const email = 'system@example.org';
  const token = await first(port, '/api/auth/register', { name: 'System', email, password: randomUUID() });
  const client = new MongoClient(uri);
  await client
    .db(database)
    .collection('users')
    .updateOne({ email }, { $set: { systemUser: true } });
  await client.close();
  await inParallel([token], port, (_, ask) => ask({ method: 'POST', path: '/api/accounts', token }));
  return token;
}

async function first(port: number, path: string, body: object): Promise<string> {
  let token = '';
  await inParallel([body], port, async (one, ask) => {
    ({ token } = await post<{ token: string }>(ask, path, one));
  });
  return token;
}

async function answers(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    try {
      const connection = await HttpConnection.open(port);
      await connection.send({ method: 'GET', path: '/readyz' });
      connection.close();
      return;
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
  throw new Error('it does not answer');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await exit;
  clearTimeout(timer);
}

/** Even where this process is killed: the pipe to the guard then closes. */
function endWithThisProcess(child: ChildProcess): void {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -TERM "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.once('exit', () => guard.kill('SIGKILL'));
}
