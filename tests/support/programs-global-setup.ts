/**
 * Compiles the programs that tests start, once for the run. A process that compiles its own sources takes three times
 * as long to start. `npm run typecheck` checks the types.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of the compiled programs. */
    programs: string;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'passbook-programs-'));
  await copyFile(join(ROOT, 'package.json'), join(directory, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction');
  await compile(directory);
  project.provide('programs', directory);
  project.onTestsRerun(() => compile(directory));
  return () => rm(directory, { recursive: true });
}

async function compile(directory: string): Promise<void> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const config = join(ROOT, 'tests', 'support', 'programs.tsconfig.json');
  await promisify(execFile)(process.execPath, [compiler, '--project', config, '--outDir', directory]);
}
