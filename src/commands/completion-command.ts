import { Argument } from 'commander';
import type { Command } from 'commander';
import type { CommandTools } from './command-tools.ts';
import { completionScript, SHELLS } from './completion.ts';
import type { Shell } from './completion.ts';
import { withExamples } from './help.ts';

/** Adds the command that prints a completion script for a shell. */
export function addCompletionCommand(program: Command, { write }: Pick<CommandTools, 'write'>): void {
  const completion = program
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Print a script that completes commands and options in your shell.')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(SHELLS))
    .action(async (shell: Shell) => write(completionScript(shell, program)));
  withExamples(completion, [
    'source <(passbook completion bash)',
    'passbook completion zsh > ~/.zfunc/_passbook',
    'passbook completion fish > ~/.config/fish/completions/passbook.fish',
  ]);
}
