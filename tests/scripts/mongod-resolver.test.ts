import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePorts, ReplicaSet } from '../../scripts/mongo-replica-set.ts';
import { findMongod, type MongodSource, MongodNotFoundError, mongodSources } from '../../scripts/mongod.ts';
import { describeWithMongo, mongod, startReplicaSet } from '../support/mongo.ts';
import { mongodForTests } from '../support/mongo-global-setup.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'passbook-resolver-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const freshDirectory = () => mkdtemp(join(directory, 'case-'));

const saysVersion = (version: string) => `#!/bin/sh\necho "db version v${version}"\n`;

async function executable(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

/** An environment in which nothing is found, its cache included. */
async function bareEnv(more: NodeJS.ProcessEnv = {}) {
  const home = await freshDirectory();
  const env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: join(home, 'bin') };
  await mkdir(env.PATH);
  return { MONGOMS_RUNTIME_DOWNLOAD: 'false', ...env, ...more };
}

const cached = (env: { XDG_CACHE_HOME: string }, version: string) =>
  join(env.XDG_CACHE_HOME, 'passbook', 'mongod', version, 'mongod');

async function reasonsOf(sources: MongodSource[]): Promise<readonly string[]> {
  const error = await findMongod(sources).catch((error: unknown) => error);
  if (error instanceof MongodNotFoundError) return error.reasons;
  throw new Error(`expected a MongodNotFoundError, got ${JSON.stringify(error)}`);
}

async function listening<S extends Server>(server: S): Promise<{ server: S; port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

/** Returns the first of `count` consecutive free ports, below the range from which the system assigns ports. */
async function freePortsInARow(count: number): Promise<number> {
  for (let first = 20_000 + ((process.pid * 16) % 8000); ; first += count) {
    const servers = Array.from({ length: count }, (_, index) =>
      createServer().listen(first + index, '127.0.0.1'),
    );
    const listen = await Promise.allSettled(servers.map((server) => once(server, 'listening')));
    for (const server of servers) server.close();
    if (listen.every(({ status }) => status === 'fulfilled')) return first;
  }
}

describe('findMongod', () => {
  it('takes the first source whose mongod runs, and asks none after it', async () => {
    const path = await executable(join(await freshDirectory(), 'mongod'), saysVersion('7.0.1'));
    const asked: string[] = [];
    const source = (name: string, answer: Awaited<ReturnType<MongodSource['find']>>): MongodSource => ({
      name,
      find: async () => {
        asked.push(name);
        return answer;
      },
    });

    const found = await findMongod([
      source('first', { reason: 'not set' }),
      source('second', { path: join(directory, 'nowhere') }),
      source('third', { path }),
      source('fourth', { path }),
    ]);

    expect(found).toEqual({ path, version: '7.0.1', source: 'third' });
    expect(asked).toEqual(['first', 'second', 'third']);
  });

  it('says why each source had none', async () => {
    const old = await executable(join(await freshDirectory(), 'mongod'), saysVersion('5.0.9'));
    const broken = await executable(
      join(await freshDirectory(), 'mongod'),
      '#!/bin/sh\necho lost >&2; exit 3\n',
    );

    await expect(
      findMongod([
        { name: 'a', find: async () => ({ reason: 'not set' }) },
        { name: 'b', find: async () => ({ path: old }) },
        { name: 'c', find: async () => ({ path: broken }) },
        { name: 'd', find: () => Promise.reject(new Error('no network\nand more')) },
      ]),
    ).rejects.toThrow(
      new MongodNotFoundError([
        'a: not set',
        `b: ${old} is 5.0.9, older than 6.0`,
        `c: ${broken} does not run: lost`,
        'd: no network',
      ]),
    );
  });
});

describe('the sources', () => {
  it('are asked from the nearest to the farthest, and announce what is slow', async () => {
    const notes: string[] = [];
    const sources = mongodSources({ env: await bareEnv(), note: (line) => notes.push(line) });

    expect(sources.map(({ name }) => name)).toEqual([
      'MONGOMS_SYSTEM_BINARY',
      'PATH',
      'cache',
      "mongodb-memory-server's download",
      'the wheel by pip',
    ]);
    expect((await reasonsOf(sources)).slice(0, 3)).toEqual([
      'MONGOMS_SYSTEM_BINARY: not set',
      'PATH: no mongod on it',
      'cache: empty',
    ]);
    expect(notes).toEqual([
      "No mongod here yet: trying mongodb-memory-server's download",
      'No mongod here yet: trying the wheel by pip',
    ]);
  });

  it('prefer MONGOMS_SYSTEM_BINARY, and go on where it does not run', async () => {
    const env = await bareEnv();
    const onPath = await executable(join(env.PATH, 'mongod'), saysVersion('7.0.2'));
    const named = await executable(join(env.HOME, 'mine'), saysVersion('8.0.0'));
    const find = (path: string) =>
      findMongod(mongodSources({ env: { ...env, MONGOMS_SYSTEM_BINARY: path } }));

    expect(await find(named)).toMatchObject({ path: named, version: '8.0.0' });
    expect(await find(join(env.HOME, 'gone'))).toMatchObject({ path: onPath, source: 'PATH' });
  });

  it('take the first on PATH that runs', async () => {
    const env = await bareEnv();
    const other = join(env.HOME, 'other');
    await executable(join(env.PATH, 'mongod'), '#!/bin/sh\nexit 1\n');
    const good = await executable(join(other, 'mongod'), saysVersion('7.0.2'));
    env.PATH += `:${other}`;

    expect(await findMongod(mongodSources({ env }))).toEqual({
      path: good,
      version: '7.0.2',
      source: 'PATH',
    });
  });

  it('take the newest in the cache, and remove what does not run', async () => {
    const env = await bareEnv();
    await executable(cached(env, '10.0.0'), '#!/bin/sh\nkill -9 $$\n');
    const newest = await executable(cached(env, '9.0.10'), saysVersion('9.0.10'));
    await executable(cached(env, '9.0.9'), saysVersion('9.0.9'));

    expect(await findMongod(mongodSources({ env }))).toEqual({
      path: newest,
      version: '9.0.10',
      source: 'cache',
    });
    expect(await readdir(dirname(dirname(newest)))).toEqual(['9.0.10', '9.0.9']);
  });

  it("keep what mongodb-memory-server's download brings", async () => {
    const home = await freshDirectory();
    await executable(join(home, 'server', 'bin', 'mongod'), saysVersion('7.0.3'));
    await promisify(execFile)('tar', ['czf', join(home, 'server.tgz'), '-C', home, 'server']);
    const archive = await readFile(join(home, 'server.tgz'));
    const { server, port } = await listening(
      createHttpServer((request, response) => {
        const md5 = createHash('md5').update(archive).digest('hex');
        const body = request.url?.endsWith('.md5') ? Buffer.from(md5) : archive;
        response.setHeader('content-length', body.length).end(body);
      }),
    );
    const env = await bareEnv({
      MONGOMS_RUNTIME_DOWNLOAD: 'true',
      MONGOMS_USE_HTTP: 'true',
      MONGOMS_DOWNLOAD_URL: `http://127.0.0.1:${port}/mongodb-linux-x86_64-debian12-7.0.3.tgz`,
    });

    expect(await findMongod(mongodSources({ env }))).toEqual({
      path: cached(env, '7.0.3'),
      version: '7.0.3',
      source: "mongodb-memory-server's download",
    });

    server.close();
    expect(await findMongod(mongodSources({ env }))).toMatchObject({ source: 'cache' });
    expect(await readdir(join(env.XDG_CACHE_HOME, 'passbook', 'mongod'))).toEqual(['7.0.3']);
  });

  it('give up on a download host that never answers', async () => {
    const { port } = await listening(createServer());
    const env = await bareEnv({
      MONGOMS_RUNTIME_DOWNLOAD: 'true',
      MONGOMS_USE_HTTP: 'true',
      MONGOMS_DOWNLOAD_URL: `http://127.0.0.1:${port}/mongodb-linux-x86_64-debian12-7.0.3.tgz`,
    });

    const reasons = await reasonsOf(mongodSources({ env, connectTimeoutMs: 2000 }));
    expect(reasons).toContain("mongodb-memory-server's download: silent for 2 s");
  });

  it.runIf(process.platform === 'linux')(
    'keep the mongod of the wheel, for two that look at once',
    async () => {
      const env = await bareEnv();
      const wheel = join(env.HOME, 'some.whl');
      await writeFile(wheel, zipOf('some.data/purelib/bin/mongod', saysVersion('6.0.5')));
      await executable(
        join(env.PATH, 'python3'),
        `#!${process.execPath}
      const fs = require('node:fs');
      const given = (name) => process.argv[process.argv.indexOf(name) + 1];
      if (!process.argv.includes('--require-hashes')) throw new Error('unpinned');
      if (!/--hash=sha256:/.test(fs.readFileSync(given('--requirement')))) throw new Error('unpinned');
      fs.copyFileSync(${JSON.stringify(wheel)}, given('--dest') + '/some.whl');`,
      );
      const expected = { path: cached(env, '6.0.5'), version: '6.0.5', source: 'the wheel by pip' };
      const find = () => findMongod(mongodSources({ env }));

      expect(await Promise.all([find(), find()])).toEqual([expected, expected]);
      expect(await find()).toEqual({ ...expected, source: 'cache' });
      expect(await readdir(join(env.XDG_CACHE_HOME, 'passbook', 'mongod'))).toEqual(['6.0.5']);
    },
  );

  it.runIf(process.platform === 'linux')('say what pip said', async () => {
    const env = await bareEnv();
    await executable(join(env.PATH, 'pip3'), '#!/bin/sh\necho first >&2; echo "hashes differ" >&2; exit 1\n');

    expect((await reasonsOf(mongodSources({ env }))).at(-1)).toBe('the wheel by pip: pip3: hashes differ');
  });
});

describe('the tests, where no mongod can be had', () => {
  const find = () => findMongod([{ name: 'PATH', find: async () => ({ reason: 'no mongod on it' }) }]);

  it('are skipped with one loud line', async () => {
    const lines: string[] = [];
    expect(await mongodForTests({ find, warn: (line) => lines.push(line), env: {} })).toBeNull();
    expect(lines).toEqual(['!!! THE MONGODB TESTS ARE SKIPPED: no mongod found (PATH: no mongod on it)']);
  });

  it('fail with CI set', async () => {
    await expect(mongodForTests({ find, warn: () => {}, env: { CI: 'true' } })).rejects.toThrow(
      MongodNotFoundError,
    );
  });

  it('fail where looking for it is what failed', async () => {
    const fault = new TypeError('a bug');
    await expect(mongodForTests({ find: () => Promise.reject(fault), warn: () => {}, env: {} })).rejects.toBe(
      fault,
    );
  });
});

const root = join(import.meta.dirname, '..', '..');

interface Run {
  child: ChildProcess;
  uri: Promise<string>;
  end: Promise<{ code: number | null; output: string }>;
}

function npmRunMongo(args: string[], env: NodeJS.ProcessEnv): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/mongo.ts', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  });
  let output = '';
  child.stderr.on('data', (text: Buffer) => {
    output += text.toString();
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const end = closed.then(([code]) => ({ code, output }));
  const uri = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      output += `${line}\n`;
      if (line.startsWith('MONGO_URI=')) resolve(line.slice('MONGO_URI='.length));
    });
    void end.then(({ output }) => reject(new Error(output)));
  });
  uri.catch(() => {});
  return { child, uri, end };
}

async function onDatabase<T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describeWithMongo('npm run mongo', () => {
  const env = () => ({ ...process.env, MONGOMS_SYSTEM_BINARY: mongod().path });
  const kept = async () => join(await freshDirectory(), 'data');

  it('keeps its data from one run to the next, and on other ports', async () => {
    const data = await kept();
    const [port, otherPort] = await freePorts(2);

    const first = npmRunMongo(['--port', `${port}`, '--data', data], env());
    expect(await first.uri).toBe(`mongodb://127.0.0.1:${port}/passbook?replicaSet=passbook`);
    await onDatabase(await first.uri, (client) =>
      client.withSession((session) =>
        session.withTransaction(() => client.db().collection('kept').insertOne({ amount: 42 }, { session })),
      ),
    );
    first.child.kill('SIGTERM');
    const { code, output } = await first.end;
    expect(code).toBe(0);
    expect(output).toContain('MongoDB has stopped');

    for (const samePort of [true, false]) {
      const next = npmRunMongo(['--port', `${samePort ? port : otherPort}`, '--data', data], env());
      const amounts = await onDatabase(await next.uri, async (client) => {
        const rows = await client.db().collection('kept').find().toArray();
        await client.db().collection('written').insertOne({ samePort });
        return rows.map(({ amount }) => amount as number);
      });
      expect(amounts).toEqual([42]);
      next.child.kill('SIGINT');
      expect((await next.end).code).toBe(0);
    }
  });

  it('ends with the fault named when a member dies', async () => {
    const [port] = await freePorts(1);
    const started = npmRunMongo(['--port', `${port}`, '--data', await kept()], env());
    const pid = await onDatabase(await started.uri, async (client) => {
      const status = await client.db('admin').command({ serverStatus: 1 });
      return Number(status['pid']);
    });
    process.kill(pid, 'SIGKILL');

    const { code, output } = await started.end;
    expect(code).toBe(1);
    expect(output).toContain(`npm run mongo: the mongod on port ${port} ended: SIGKILL`);
  });

  it('stops in order when told to while it starts', async () => {
    const [port] = await freePorts(1);
    const data = await kept();
    const started = npmRunMongo(['--port', `${port}`, '--data', data], env());
    await untilLogged(join(data, 'node1', 'mongod.log'));
    started.child.kill('SIGTERM');

    expect((await started.end).code).toBe(0);
  });

  it('refuses a taken port', async () => {
    const { port } = await listening(createServer());

    expect(await npmRunMongo(['--port', `${port}`, '--data', await kept()], env()).end).toEqual({
      code: 1,
      output: `npm run mongo: port ${port} is taken; choose another\n`,
    });
  });

  it('refuses data of another replica set, or of another number of nodes', async () => {
    const refusal = async (name: string, nodes: string) => {
      const port = await freePortsInARow(Number(nodes));
      const data = await kept();
      const before = new ReplicaSet({ binary: mongod().path, directory: data, ports: [port], name });
      await before.start();
      await before.stop();
      const args = ['--port', `${port}`, '--data', data, '--nodes', nodes];
      const { code, output } = await npmRunMongo(args, env()).end;
      expect(code).toBe(1);
      return output.replace(data, 'DATA');
    };

    expect([await refusal('other', '1'), await refusal('passbook', '3')]).toEqual([
      "npm run mongo: the data in DATA is of the replica set 'other', not 'passbook'; choose another directory\n",
      'npm run mongo: the data in DATA is of a set of 1 node(s), not 3; ask for 1 or choose another directory\n',
    ]);
  });

  it('says why where no mongod can be had', async () => {
    const { code, output } = await npmRunMongo([], await bareEnv()).end;

    expect(code).toBe(1);
    expect(output).toContain('npm run mongo: found no mongod, and could not download one:');
    expect(output).toContain('  PATH: no mongod on it\n');
    expect(output).toContain('set MONGOMS_SYSTEM_BINARY');
  });

  it('explains itself', async () => {
    const { code, output } = await npmRunMongo(['--help'], await bareEnv()).end;
    expect(code).toBe(0);
    expect(output).toContain('Usage: npm run mongo');

    expect(await npmRunMongo(['--nodes', '2'], await bareEnv()).end).toEqual({
      code: 1,
      output: "npm run mongo: --nodes must be 1 or 3, not '2'\n",
    });
  });
});

describeWithMongo('a replica set of three', () => {
  it('goes on when its primary is killed, and takes it back', async () => {
    const replicaSet = await startReplicaSet();
    onTestFinished(() => replicaSet.stop());
    const first = await replicaSet.primary();
    await onDatabase(replicaSet.uri('bank'), (client) =>
      client
        .db()
        .collection('kept')
        .insertOne({ amount: 42 }, { writeConcern: { w: 'majority' } }),
    );

    await first.kill();
    const second = await replicaSet.primary();
    expect(second).not.toBe(first);
    await first.start();

    const amounts = () =>
      first.run(async (client) => {
        const rows = client.db('bank').collection('kept').find({}, { readPreference: 'secondary' });
        return (await rows.toArray()).map(({ amount }) => amount as number);
      });
    // It answers before it is a secondary, and refuses to be read until then
    await expect.poll(amounts, { timeout: 20_000 }).toEqual([42]);
  });
});

async function untilLogged(path: string): Promise<void> {
  const found = async () => (await readFile(path).catch(() => '')).length > 0;
  await expect.poll(found, { timeout: 20_000 }).toBe(true);
}

/** A zip of one deflated member, without what its reader does not look at. */
function zipOf(name: string, text: string): Buffer {
  const data = deflateRawSync(Buffer.from(text));
  const local = Buffer.alloc(30 + name.length);
  local.write('PK\x03\x04', 'latin1');
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const central = Buffer.alloc(46 + name.length);
  central.write('PK\x01\x02', 'latin1');
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt16LE(name.length, 28);
  central.write(name, 46);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, central, end]);
}
