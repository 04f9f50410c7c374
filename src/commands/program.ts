import { Command } from 'commander';
import type { CommandTools } from './command-tools.ts';
import { addBookCommands } from './book-commands.ts';
import { addBenchCommand } from './bench-command.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addCopyCommand } from './copy-command.ts';
import { addDemoCommand } from './demo-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { pathOf } from './help.ts';
import { addMailCommands } from './mail-commands.ts';
import { addMigrateCommands } from './migrate-commands.ts';
import { addProofCommands } from './proof-commands.ts';
import { addServeCommand } from './serve-command.ts';
import { addUserCommands } from './user-commands.ts';

const EXIT_CODES = `
Exit codes:
  0  fine
  1  the command failed, or found a fault
  2  the command line is wrong, and nothing was done

Examples:
  $ passbook doctor
  $ passbook help backup`;

/**
 * The command line, without anything that prints or exits by itself. The terms tell where commander writes.
 */
export function passbookProgram(
  tools: CommandTools,
  { version, configure }: { version: string; configure: (program: Command) => void },
): Command {
  const program = new Command('passbook')
    .description(
      'Manage a Passbook ledger. Commands are safe to run beside the server, unless they say otherwise.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .addHelpText('after', EXIT_CODES);
  // Before the commands, which inherit it
  configure(program);

  program.commandsGroup('Run the bank:');
  addServeCommand(program);
  addDemoCommand(program, tools);
  addDoctorCommand(program, tools);
  addMigrateCommands(program, tools);

  program.commandsGroup('Books:');
  addBookCommands(program, tools);
  addProofCommands(program, tools);
  addCopyCommand(program, tools);
  addBenchCommand(program, tools);

  program.commandsGroup('People and mail:');
  addUserCommands(program, tools);
  addMailCommands(program, tools);

  program.commandsGroup('Shell:');
  addCompletionCommand(program, tools);

  nameHelp(program);
  return program;
}

/** A wrong command line names the help of the command that it meant. */
function nameHelp(command: Command): void {
  command.showHelpAfterError(`Run "${pathOf(command)} --help" to see what it takes`);
  if (command.commands.length > 0) command.helpCommand('help [command]', 'print help for a command');
  for (const one of command.commands) nameHelp(one);
}
