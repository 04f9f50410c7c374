// Packs the package as for publishing, and checks its manifest and types from outside. Installs it as an embedder does:
// without optional peers, it must be small and work. Then each subpath must load and compile with its documented peers, and so must the examples.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Limits of what an embedder installs. */
const MOST_PACKAGES = 5;
const MOST_MEGABYTES = 10;
/** The packages that a subpath needs to load, as docs/embedding.md lists them. No other subpath needs any. */
const PEERS = /** @type {Record<string, readonly string[]>} */ ({
  './mongo': ['mongodb'],
  './checkpoints': ['jose'],
  './http': ['hono', 'valibot'],
  './testing': ['vitest'],
});

const root = fileURLToPath(new URL('..', import.meta.url));
/**
 * @typedef {Record<string, string>} Ranges
 * @typedef {{ name: string, version: string, bin: Ranges, exports: Record<string, unknown>, peerDependencies: Ranges }} Manifest
 */
const manifest = /** @type {Manifest} */ (read('package.json'));
const server = /** @type {{ version: string, dependencies: Ranges }} */ (read('server/package.json'));
/** The packages of the server and the commands. */
const { vitest: _ofTests, ...ofPrograms } = manifest.peerDependencies;
const subpaths = Object.keys(manifest.exports);
const consumer = mkdtempSync(join(tmpdir(), 'package-check-'));
const modules = join(consumer, 'node_modules');

try {
  assertSame(server.dependencies, ofPrograms, 'the packages in server/package.json');
  assertSame(server.version, manifest.version, 'the version in server/package.json');
  const tarball = pack();
  const tool = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);

  run(tool('publint'), [tarball, '--strict']);
  run(tool('attw'), [tarball, '--profile', 'esm-only']);

  write('package.json', '{ "private": true, "type": "module" }');
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: consumer });
  assertSmall();
  load(subpaths.filter((subpath) => PEERS[subpath] === undefined));
  openSqlite();
  compile(
    'client',
    subpaths.filter((subpath) => subpath.startsWith('./client')),
    { types: [], include: [] },
  );
  for (const name of Object.keys(manifest.bin)) assertNamesPackages(name);

  for (const [subpath, peers] of Object.entries(PEERS)) {
    for (const peer of peers) link(peer);
    load([subpath]);
    for (const peer of peers) rmSync(join(modules, peer));
  }

  for (const peer of [...Object.keys(ofPrograms), '@types/node', 'better-auth']) link(peer);
  cpSync(join(root, 'examples'), join(consumer, 'examples'), { recursive: true });
  compile('compiles', subpaths, { types: ['node'], include: ['examples'] });
  run(process.execPath, [program('passbook'), '--help'], { stdout: 'ignore' });
  console.log('passbook --help runs');
} finally {
  rmSync(consumer, { recursive: true, force: true });
}

/** @returns {string} the path of the tarball */
function pack() {
  const json = run('npm', ['pack', '--json', '--pack-destination', consumer], { stdout: 'pipe' });
  const packed = /** @type {unknown} */ (JSON.parse(json));
  // npm 11 prints a list, later versions a record by package name
  const [first] = Object.values(/** @type {Record<string, { filename: string }>} */ (packed));
  if (first === undefined) throw new Error('npm pack names no file');
  return join(consumer, first.filename);
}

function assertSmall() {
  const { packages } = /** @type {{ packages: Record<string, unknown> }} */ (
    JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
  );
  const count = Object.keys(packages).length;
  const megabytes = sizeOf(modules) / 1e6;
  console.log(`an embedder installs ${count} packages, ${megabytes.toFixed(1)} MB`);
  if (count > MOST_PACKAGES)
    throw new Error(`More than ${MOST_PACKAGES}: ${Object.keys(packages).join(', ')}`);
  if (megabytes > MOST_MEGABYTES) throw new Error(`More than ${MOST_MEGABYTES} MB`);
}

/**
 * @param {string} path
 * @returns {number} bytes
 */
function sizeOf(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** @param {readonly string[]} paths */
function load(paths) {
  const text = `
    for (const name of ${JSON.stringify(paths.map(full))}) {
      const names = Object.keys(await import(name));
      if (names.length === 0) throw new Error(name + ' exports nothing');
      console.log(name + ' exports ' + names.join(', '));
    }
    if ('defineMetadata' in Reflect) throw new Error('an embedder loads the polyfill of the container');
  `;
  run(process.execPath, [write('imports.mjs', text)]);
}

/** The store opens on Node's own SQLite. An old Node names the package that has a newer one. */
function openSqlite() {
  const text = `
    import { openSqliteStore } from '${manifest.name}/sqlite';
    const says = /^Node [\\d.]+ has no SQLite [\\d.]+ or newer: run "npm install @photostructure\\/sqlite@(\\d+)"$/;
    try {
      await (await openSqliteStore({ path: 'ledger.db' })).close();
      console.log('SQLite: of Node');
    } catch (error) {
      const [, major] = says.exec(error.message) ?? [];
      if (major !== '${majorOf('@photostructure/sqlite')}') throw error;
      console.log('SQLite: ' + error.message);
    }
  `;
  run(process.execPath, [write('sqlite.mjs', text)], { cwd: consumer });
}

/**
 * A program ends with the one command that installs what it needs.
 * @param {string} name
 */
function assertNamesPackages(name) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [program(name)], {
    cwd: consumer,
    encoding: 'utf8',
  });
  const command =
    /^Passbook's programs need the package \S+, which is not installed: run "npm install (.*)"\n$/;
  const [, packages = ''] = command.exec(stderr) ?? [];
  const expected = Object.keys(ofPrograms).map((peer) => `${peer}@${majorOf(peer)}`);
  if (status !== 1 || stdout !== '' || packages !== expected.join(' ')) {
    throw new Error(`${name} without packages ends with ${status}: ${stdout}${stderr}`);
  }
  console.log(`${name} names the packages that it needs`);
}

/**
 * The major version of a peer, or the whole one of a peer that is pinned.
 * @param {string} peer
 */
function majorOf(peer) {
  const [, major, pinned] = /^\^(0\.\d+|\d+)|^(\d.*)$/.exec(manifest.peerDependencies[peer] ?? '') ?? [];
  return major ?? pinned;
}

/** @param {string} peer */
function link(peer) {
  const path = join(modules, peer);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, 'node_modules', peer), path);
}

/** @param {string} subpath */
function full(subpath) {
  return subpath.replace(/^\./, manifest.name);
}

/** @param {string} name */
function program(name) {
  return join(modules, manifest.name, manifest.bin[name] ?? '');
}

/**
 * Compiles a program that imports the subpaths, with the packages that are installed by now.
 * @param {string} name
 * @param {string[]} paths
 * @param {{ types: string[], include: string[] }} more
 */
function compile(name, paths, { types, include }) {
  const imports = paths.map((path, index) => `export * as s${index} from '${full(path)}';`);
  write(`${name}.mts`, imports.join('\n'));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2023',
    module: 'nodenext',
    types,
    allowImportingTsExtensions: true,
  };
  const project = JSON.stringify({ compilerOptions, include: [`${name}.mts`, ...include] });
  run(join(root, 'node_modules', '.bin', 'tsc'), ['--project', write(`${name}.json`, project)]);
}

/**
 * @param {unknown} found
 * @param {unknown} expected
 * @param {string} what
 */
function assertSame(found, expected, what) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`package.json differs: ${what}`);
}

/**
 * @param {string} path
 * @returns {unknown}
 */
function read(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/**
 * @param {string} name
 * @param {string} text
 */
function write(name, text) {
  const path = join(consumer, name);
  writeFileSync(path, text);
  return path;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ stdout?: 'inherit' | 'pipe' | 'ignore', cwd?: string }} [options]
 */
function run(command, args, { stdout = 'inherit', cwd = root } = {}) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', stdout, 'inherit'] });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ends with ${result.status ?? result.signal}`);
  return result.stdout;
}
