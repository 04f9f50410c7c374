// Builds in a second directory and swaps it with dist, so that a program never sees half a build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, relative } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stamp = '.stamp';
/** Without development packages npm still installs the compiler, as an optional peer of others, but not its types. */
const compilerParts = ['typescript', '@types/node'];
const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json'].map((name) =>
  join(root, name),
);

/** Says that `npm run typecheck` has just passed. The compiler then checks only what the declarations need. */
const TYPECHECKED = '--typechecked';

/**
 * Runs the compiler. On its errors dist does not change, and the exit code is the compiler's.
 * @param {{ isTypechecked?: boolean }} [known]
 */
export function build({ isTypechecked = false } = {}) {
  const built = digest();
  const next = join(root, `.dist-${process.pid}`);
  const old = join(root, `.dist-${process.pid}-old`);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const terms = ['--project', join(root, 'tsconfig.build.json'), '--outDir', next];
  if (isTypechecked) terms.push('--noCheck');
  const { status } = spawnSync(process.execPath, [compiler, ...terms], { stdio: ['ignore', 2, 2] });

  if (status === 0) {
    writeFileSync(join(next, stamp), built);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(next, dist);
  } else {
    process.exitCode = status ?? 1;
  }
  for (const left of [next, old]) rmSync(left, { recursive: true, force: true });
}

/** Builds if dist is not made from the current sources. Never builds without sources. */
export function buildIfNeeded() {
  if (!existsSync(join(root, 'src'))) return;

  const path = join(dist, stamp);
  if (existsSync(path) && readFileSync(path, 'utf8') === digest()) return;
  if (compilerParts.every((name) => existsSync(join(root, 'node_modules', name)))) return build();

  console.error(
    'Passbook is not built, and its compiler is not installed: run "npm ci --include=dev && npm run build && npm prune --omit=dev" once, then "npm start"',
  );
  process.exitCode = 1;
}

/** A digest of the names and contents of all sources. */
function digest() {
  const hash = createHash('sha256');
  for (const path of sources.flatMap(filesIn)) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return existsSync(path) ? [path] : [];
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesIn(join(path, name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build({ isTypechecked: process.argv.includes(TYPECHECKED) });
}
