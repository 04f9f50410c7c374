import type { Command } from 'commander';
import { withExamples } from './help.ts';

/** Adds the command that runs the bank server in this process, until a signal stops it. */
export function addServeCommand(program: Command): void {
  const serve = program
    .command('serve')
    .summary('run the bank server until a signal stops it')
    .description(
      'Run the bank server, as "npm start" and passbook-server do. SIGTERM or Ctrl+C stops it in order.',
    )
    .action(async () => {
      await import('../main.ts');
    });
  withExamples(serve, ['passbook serve', 'NODE_OPTIONS=--max-semi-space-size=64 PORT=8080 passbook serve']);
}
