import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the folder of programs of a Python package, which is installed below node_modules once. */
export function installedPrograms(requirement: string): string {
  const home = join(root, 'node_modules', '.cache', 'passbook', requirement);
  const programs = join(home, 'bin');
  const finished = join(home, 'finished');
  if (!existsSync(finished)) {
    mkdirSync(home, { recursive: true });
    run('python3', ['-m', 'venv', home]);
    run(join(programs, 'pip'), ['install', '--quiet', '--disable-pip-version-check', requirement]);
    mkdirSync(finished);
  }
  return programs;
}

/** Runs a program to its end. @throws Error if it fails */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): void {
  const { status, error } = spawnSync(command, args, { ...options, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${basename(command)} ended with ${status}`);
}
