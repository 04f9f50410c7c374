/** The one mongod of a run, and the processes of its sessions. */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { freePorts, ReplicaSet } from '../../scripts/mongo-replica-set.ts';
import { findMongod } from '../../scripts/mongod.ts';
import type { Terms } from './measure.ts';
import { NODE_FLAGS } from './node-flags.ts';
import type { Place } from './passbook.ts';
import type { Session } from './plan.ts';
import type { Order, Report } from './session-process.ts';

const CACHE_GB = 2;
const HEAP_MB = 6144;
/** Beyond the measured time: a session's start, its accounts, its check. */
const SESSION_SLACK_MS = 300_000;

const bench = fileURLToPath(new URL('..', import.meta.url));

export class Machine {
  readonly #directory = mkdtempSync(join(tmpdir(), 'passbook-bench-'));
  #mongo: { set: ReplicaSet; pid: number; version: string } | undefined;
  #sessions = 0;

  /** A single-node replica set on WiredTiger with its journal, as mongod has it by default. */
  async startMongo(): Promise<void> {
    const mongod = await findMongod();
    const directory = join(this.#directory, 'mongo');
    const ports = await freePorts(1);
    const set = new ReplicaSet({ binary: mongod.path, directory, ports, cacheSizeGb: CACHE_GB });
    await set.start();
    this.#mongo = { set, pid: await mongodPid(set), version: mongod.version };
  }

  /** The same data, with nothing of it in memory but what the system keeps of files. */
  async restartMongo(): Promise<void> {
    if (!this.#mongo) return;
    const { set } = this.#mongo;
    await set.stop();
    forgetFiles(join(this.#directory, 'mongo'));
    await set.start();
    this.#mongo.pid = await mongodPid(set);
  }

  freshPlace(): Place {
    this.#sessions += 1;
    const database = `session_${this.#sessions}`;
    return { uri: this.#mongo?.set.uri() ?? '', database, directory: join(this.#directory, database) };
  }

  /** In a process of its own. Rejects with what went wrong there. */
  async run(session: Session, terms: Omit<Terms, 'mongodPid'>, options: RunOptions = {}): Promise<Report> {
    const { place = this.freshPlace(), profile = false } = options;
    const order: Order = {
      session,
      place,
      profile,
      terms: { ...terms, mongodPid: this.#mongo?.pid ?? null },
    };
    const timeMs = session.points.length * (terms.warmUpMs + terms.measureMs) + SESSION_SLACK_MS;
    return runProcess<Report>('src/session-process.ts', order, {
      timeMs,
      profile,
      directory: place.directory,
    });
  }

  async clear({ database, directory }: Place): Promise<void> {
    rmSync(directory, { recursive: true, force: true });
    if (!this.#mongo) return;
    const client = new MongoClient(this.#mongo.set.uri());
    await client.db(database).dropDatabase();
    await client.close();
  }

  facts(): Record<string, string> {
    const [cpu] = cpus();
    return {
      date: new Date().toISOString(),
      commit: commit(),
      processor: `${cpu?.model ?? 'unknown'}, ${cpus().length} cores`,
      memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
      system: `${platform()} ${release()} ${arch()}`,
      node: process.version,
      mongod: this.#mongo
        ? `${this.#mongo.version}, single-node replica set, WiredTiger cache ${CACHE_GB} GB`
        : 'none',
      medici: versionOf('medici'),
      mongoose: versionOf('mongoose'),
      express: versionOf('express'),
    };
  }

  async close(): Promise<void> {
    await this.#mongo?.set.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

type RunOptions = { place?: Place; profile?: boolean };

export async function runProcess<T>(
  file: string,
  order: object,
  { timeMs, profile, directory }: { timeMs: number; profile: boolean; directory: string },
): Promise<T> {
  const profiler = profile ? ['--cpu-prof', '--cpu-prof-dir', directory] : [];
  const child = fork(join(bench, file), {
    cwd: bench,
    execArgv: [...NODE_FLAGS, '--import', 'tsx', `--max-old-space-size=${HEAP_MB}`, ...profiler],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeMs);
    let answer: T | undefined;
    child.once('message', (message) => {
      answer = message as T;
    });
    child.once('error', reject).once('exit', (code, signal) => {
      clearTimeout(timer);
      if (answer === undefined) reject(new Error(`${file} ended with ${signal ?? code} and said nothing`));
      else resolve(answer);
    });
    child.send(order);
  });
}

async function mongodPid(set: ReplicaSet): Promise<number> {
  const client = new MongoClient(set.uri());
  try {
    const status = await client.db('admin').command({ serverStatus: 1 });
    return Number(status['pid']);
  } finally {
    await client.close();
  }
}

/** Takes what is under here out of the system's memory, where GNU dd is to be had. */
export function forgetFiles(directory: string): boolean {
  try {
    const command = 'sync; find "$0" -type f -exec dd if={} iflag=nocache count=0 status=none ";"';
    execFileSync('/bin/sh', ['-c', command, directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function commit(): string {
  try {
    const git = (...words: string[]) =>
      execFileSync('git', words, {
        cwd: bench,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

function versionOf(name: string): string {
  const path = join(bench, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
