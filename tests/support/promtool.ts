import { spawnSync } from 'node:child_process';

const PROGRAM = process.env['PROMTOOL_PATH'] ?? 'promtool';

const isFound = spawnSync(PROGRAM, ['--version']).error === undefined;

/** Whether this machine has promtool. With CI set, a missing one fails the tests instead of skipping them. */
export const hasPromtool = isFound || process.env['CI'] !== undefined;

/** Runs promtool in a folder. Returns what it printed. @throws Error with that text if promtool fails */
export function promtool(args: readonly string[], { cwd }: { cwd: string }): string {
  if (!isFound) {
    throw new Error(
      'promtool was not found: install the Debian package "prometheus", or set PROMTOOL_PATH to the program',
    );
  }
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}
