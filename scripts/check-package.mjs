// Packs the package as for publishing, and checks its manifest and types from outside. Each subpath must load and
// compile with only the package's dependencies installed, and so must the examples. `testing` loads with its optional
// peers.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest =
  /** @type {{ name: string, bin: Record<string, string>, exports: Record<string, unknown>, dependencies: Record<string, string>, peerDependencies: Record<string, string> }} */ (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  );
const subpaths = Object.keys(manifest.exports).map((key) => key.replace(/^\./, manifest.name));
const testing = `${manifest.name}/testing`;
const consumer = mkdtempSync(join(tmpdir(), 'package-check-'));

try {
  const tarball = pack();
  const tool = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);

  run(tool('publint'), [tarball, '--strict']);
  run(tool('attw'), [tarball, '--profile', 'esm-only']);

  install(tarball);
  run(process.execPath, [write('imports.mjs', loads(subpaths.filter((name) => name !== testing)))]);
  write('package.json', '{ "type": "module" }');
  cpSync(join(root, 'examples'), join(consumer, 'examples'), { recursive: true });
  write('compiles.mts', subpaths.map((name, index) => `export * as s${index} from '${name}';`).join('\n'));
  run(tool('tsc'), ['--project', write('tsconfig.json', compilerOptions())]);
  link(Object.keys(manifest.peerDependencies));
  run(process.execPath, [write('testing.mjs', loads([testing]))]);
  for (const [name, file] of Object.entries(manifest.bin)) {
    run(process.execPath, [join(consumer, 'node_modules', manifest.name, file), '--help'], 'ignore');
    console.log(`${name} --help runs`);
  }
} finally {
  rmSync(consumer, { recursive: true, force: true });
}

/** @returns {string} the path of the tarball */
function pack() {
  const json = run('npm', ['pack', '--json', '--pack-destination', consumer], 'pipe');
  const packed = /** @type {unknown} */ (JSON.parse(json));
  // npm 11 prints a list, later versions a record by package name
  const [first] = Object.values(/** @type {Record<string, { filename: string }>} */ (packed));
  if (first === undefined) throw new Error('npm pack names no file');
  return join(consumer, first.filename);
}

/** @param {string} tarball */
function install(tarball) {
  const target = join(consumer, 'node_modules', manifest.name);
  mkdirSync(target, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', target, '--strip-components', '1']);
  link([...Object.keys(manifest.dependencies), '@types/node']);
}

/** @param {string[]} packages */
function link(packages) {
  for (const name of packages) {
    const place = join(consumer, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), place);
  }
}

/** @param {string[]} names */
function loads(names) {
  return `
    for (const name of ${JSON.stringify(names)}) {
      const names = Object.keys(await import(name));
      if (names.length === 0) throw new Error(name + ' exports nothing');
      console.log(name + ' exports ' + names.join(', '));
    }
    if ('defineMetadata' in Reflect) throw new Error('an embedder loads the polyfill of the container');
  `;
}

function compilerOptions() {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    allowImportingTsExtensions: true,
  };
  return JSON.stringify({ compilerOptions, include: ['compiles.mts', 'examples'] });
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
 * @param {'inherit' | 'pipe' | 'ignore'} [stdout]
 */
function run(command, args, stdout = 'inherit') {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ends with ${result.status ?? result.signal}`);
  return result.stdout;
}
