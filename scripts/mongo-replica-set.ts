/** A local replica set of mongod processes, for `npm run mongo` and for tests that kill its members. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { MongoClient } from 'mongodb';

const ADDRESS = '127.0.0.1';
const STOP_TIMEOUT_MS = 30_000;

export interface ReplicaSetOptions {
  /** The mongod to run. */
  binary: string;
  /** Holds a directory for each member. Data of an earlier run is reused. */
  directory: string;
  /** One port for each member. */
  ports: readonly number[];
  name?: string;
  /** Ports of proxies in front of the members, at which members and clients reach them. Default: `ports`. */
  advertisedPorts?: readonly number[];
  electionTimeoutMs?: number;
  cacheSizeGb?: number;
  setParameters?: Readonly<Record<string, string | number | boolean>>;
  /** Whether `stop()` removes the directory. */
  temporary?: boolean;
}

/** The set could not start, or a member ended. The message is for the person who started it. */
export class ReplicaSetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplicaSetError';
  }
}

interface StoredConfig {
  _id: string;
  members: { _id: number; host: string }[];
}

export class ReplicaSet {
  readonly members: readonly Member[];
  readonly #options: ReplicaSetOptions;
  readonly #name: string;

  constructor(options: ReplicaSetOptions) {
    if (options.ports.length === 0) throw new TypeError('a replica set has at least one port');
    this.#options = options;
    this.#name = options.name ?? 'passbook';
    this.members = options.ports.map((port, index) => {
      const directory = join(resolve(options.directory), `node${index + 1}`);
      return new Member({ ...options, name: this.#name, port, directory });
    });
  }

  uri(database = ''): string {
    return `mongodb://${this.#hosts().join(',')}/${database}?replicaSet=${this.#name}`;
  }

  /** Resolves once the set accepts writes. Throws ReplicaSetError after stopping all members. */
  async start(): Promise<void> {
    const [first, ...others] = this.members;
    if (first === undefined) return;
    try {
      await Promise.all(this.#options.ports.map(assertFree));
      // Started alone, to check whether the data fits before the others write anything
      await first.start();
      const stored = await first.run((client) =>
        client.db('local').collection<StoredConfig>('system.replset').findOne(),
      );
      if (stored) this.#assertFits(stored);
      await Promise.all(others.map((member) => member.start()));
      await first.run((client) => this.#configure(client, stored));
      await this.primary();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Waits for a member that accepts writes. Throws ReplicaSetError when a member ends by itself. */
  async primary(timeoutMs = 60_000): Promise<Member> {
    const gone = Promise.all(this.members.map((member) => member.gone));
    const noneLeft = gone.then(() => new ReplicaSetError('no member runs'));
    const failure = Promise.race([this.death(), noneLeft]);
    const hello = await run({ uri: this.uri(), timeoutMs, failure }, (client) =>
      client.db('admin').command({ hello: 1 }),
    );
    const member = this.members[this.#hosts().indexOf(String(hello['primary']))];
    if (member === undefined) throw new ReplicaSetError(`the primary ${hello['primary']} is not of this set`);
    return member;
  }

  /** Resolves when a member ends by itself, neither stopped nor killed here. */
  async death(): Promise<ReplicaSetError> {
    return Promise.race(this.members.map((member) => member.ended));
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    if (this.#options.temporary) await rm(this.#options.directory, { recursive: true, force: true });
  }

  #hosts(): string[] {
    return (this.#options.advertisedPorts ?? this.#options.ports).map((port) => `${ADDRESS}:${port}`);
  }

  #assertFits(stored: StoredConfig): void {
    const { directory } = this.#options;
    const nodes = stored.members.length;
    if (stored._id !== this.#name) {
      throw new ReplicaSetError(
        `the data in ${directory} is of the replica set '${stored._id}', not '${this.#name}'; choose another directory`,
      );
    }
    if (nodes !== this.members.length) {
      throw new ReplicaSetError(
        `the data in ${directory} is of a set of ${nodes} node(s), not ${this.members.length}; ask for ${nodes} or choose another directory`,
      );
    }
  }

  async #configure(client: MongoClient, stored: StoredConfig | null): Promise<void> {
    const hosts = this.#hosts();
    const admin = client.db('admin');
    if (stored === null) {
      const settings = { electionTimeoutMillis: this.#options.electionTimeoutMs ?? 10_000 };
      const members = hosts.map((host, index) => ({ _id: index, host }));
      await admin.command({ replSetInitiate: { _id: this.#name, members, settings } });
    } else if (stored.members.some(({ host }, index) => host !== hosts[index])) {
      // The ports have changed. Members that do not find themselves in the old configuration cannot vote.
      // MongoDB requires a host in both configurations to keep its _id
      let nextId = Math.max(...stored.members.map(({ _id }) => _id)) + 1;
      const members = hosts.map((host) => {
        const before = stored.members.find((member) => member.host === host);
        return before ?? { _id: nextId++, host };
      });
      await admin.command({ replSetReconfig: { ...stored, members }, force: true });
    }
  }
}

interface MemberOptions extends Pick<ReplicaSetOptions, 'binary' | 'cacheSizeGb' | 'setParameters'> {
  name: string;
  port: number;
  directory: string;
}

/** One mongod. After it ends, it can be started again on the same port and data. */
export class Member {
  readonly port: number;
  /** Resolves when the process ends. */
  gone: Promise<ReplicaSetError> = new Promise(() => {});
  /** Resolves when the process ends by itself: by neither `stop()` nor `kill()`. */
  ended = this.gone;
  readonly #options: MemberOptions;
  #process: ChildProcess | undefined;
  #asked = false;

  constructor(options: MemberOptions) {
    this.port = options.port;
    this.#options = options;
  }

  /** Resolves when it answers, which is before it becomes a primary or a secondary. */
  async start(): Promise<void> {
    const { binary, directory } = this.#options;
    const logPath = join(directory, 'mongod.log');
    // No await before the spawn: a stop in between would miss the process
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const logStart = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
    // Detached, so that Ctrl-C reaches only this process, which then stops its members in order
    const child = spawn(binary, this.#args(logPath), { stdio: 'ignore', detached: true });
    this.#process = child;
    this.#asked = false;
    endWithThisProcess(child);

    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    this.gone = exit
      .then(
        async ([code, signal]) => `${signal ?? `exit code ${code}`}${await lastFault(logPath, logStart)}`,
        String,
      )
      .then(
        (why) => new ReplicaSetError(`the mongod on port ${this.port} ended: ${why}; its log is ${logPath}`),
      );
    this.ended = this.gone.then((error) => (this.#asked ? new Promise<never>(() => {}) : error));
    await this.run((client) => client.db('admin').command({ hello: 1 }));
  }

  /** Runs work on this member in any of its states. */
  async run<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
    const uri = `mongodb://${ADDRESS}:${this.port}/?directConnection=true`;
    return run({ uri, timeoutMs: 60_000, failure: this.gone }, work);
  }

  /** Kills the process, as a power loss would. Resolves when it has ended. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Suspends the process until `thaw()`. Its connections stay open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.thaw();
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#asked = true;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
    this.#process = undefined;
  }

  #args(logPath: string): string[] {
    const { directory, name, cacheSizeGb = 1, setParameters = {} } = this.#options;
    // By default it waits 15 s for clients to move to other members
    const parameters = { shutdownTimeoutMillisForSignaledShutdown: 100, ...setParameters };
    return [
      ['--replSet', name, '--dbpath', directory, '--logpath', logPath, '--logappend'],
      ['--bind_ip', ADDRESS, '--port', String(this.port)],
      ['--wiredTigerCacheSizeGB', String(cacheSizeGb)],
      process.platform === 'win32' ? [] : ['--nounixsocket'],
      ...Object.entries(parameters).map(([key, value]) => ['--setParameter', `${key}=${value}`]),
    ].flat();
  }
}

export async function freePorts(count: number): Promise<number[]> {
  // All are open at once, otherwise the system could return one port twice
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  return Promise.all(
    servers.map(async (server) => {
      const { port } = server.address() as AddressInfo;
      await close(server);
      return port;
    }),
  );
}

async function assertFree(port: number): Promise<void> {
  const server = await listen(port).catch((error: unknown) => {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw new ReplicaSetError(
      taken ? `port ${port} is taken; choose another` : `port ${port} cannot be had: ${String(error)}`,
    );
  });
  await close(server);
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, ADDRESS);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** Runs work with a client, and rejects as soon as there is a failure. */
async function run<T>(
  options: { uri: string; timeoutMs: number; failure: Promise<ReplicaSetError> },
  work: (client: MongoClient) => Promise<T>,
): Promise<T> {
  const { uri, timeoutMs, failure } = options;
  const client = new MongoClient(uri, {
    serverSelectionTimeoutMS: timeoutMs,
    heartbeatFrequencyMS: 500,
    minHeartbeatFrequencyMS: 50,
  });
  try {
    const failed = failure.then((error) => {
      throw error;
    });
    return await Promise.race([work(client), failed]);
  } finally {
    await client.close();
  }
}

/** Ends the child even if this process is killed, which closes the pipe to a guard process. */
function endWithThisProcess(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) return;
  const wait = 'read -r _; kill -CONT "$0" && kill -TERM "$0"';
  const guard = spawn('/bin/sh', ['-c', wait, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => {});
  guard.unref();
  // The system may reuse the child's process id
  child.once('exit', () => guard.kill('SIGKILL'));
}

/** The cause that mongod logged: its last fatal or error line from `start` on. */
async function lastFault(logPath: string, start: number): Promise<string> {
  const lines: string[] = [];
  try {
    const file = await open(logPath);
    for await (const line of file.readLines({ start })) if (/"s":"[EF]"/.test(line)) lines.push(line);
  } catch {
    return '';
  }
  const named = lines.map((line) => JSON.parse(line) as { msg: string; attr?: { error?: unknown } });
  const fault = named.findLast(({ attr }) => attr?.error !== undefined) ?? named.at(-1);
  if (fault === undefined) return '';
  const error = fault.attr?.error;
  return ` (${fault.msg}${error === undefined ? '' : `: ${typeof error === 'string' ? error : JSON.stringify(error)}`})`;
}
