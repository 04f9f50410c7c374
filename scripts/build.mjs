// Builds dist beside itself and swaps it in whole: a program that starts meanwhile never sees half of it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stamp = '.stamp';
const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json'].map((name) =>
  join(root, name),
);

/** Runs the compiler; on its errors dist stays as it was and the exit code is the compiler's. */
export function build() {
  const started = new Date();
  const next = join(root, `.dist-${process.pid}`);
  const old = join(root, `.dist-${process.pid}-old`);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(
    process.execPath,
    [compiler, '--project', join(root, 'tsconfig.build.json'), '--outDir', next],
    { stdio: ['ignore', 2, 2] },
  );

  if (status === 0) {
    const path = join(next, stamp);
    writeFileSync(path, '');
    // Dated by the start, so that a file saved while the compiler ran counts as newer.
    utimesSync(path, started, started);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(next, dist);
  } else {
    process.exitCode = status ?? 1;
  }
  for (const left of [next, old]) rmSync(left, { recursive: true, force: true });
}

/** Builds only when a source is newer than dist, and never where there is nothing to build from or with. */
export function buildIfNeeded() {
  const canBuild = existsSync(join(root, 'src')) && existsSync(join(root, 'node_modules', 'typescript'));
  if (!canBuild) return;

  const built = modified(join(dist, stamp));
  if (sources.some((source) => newest(source) > built)) build();
}

/**
 * A folder's own time counts too: it moves when a file in it is deleted.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return modified(path);
  return Math.max(modified(path), ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** @param {string} path */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
