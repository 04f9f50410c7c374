import type { Command } from 'commander';

/** Adds examples to the end of a command's help. Each is a command line without the prompt. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  const lines = examples.map((line) => `  $ ${line}`);
  return command.addHelpText('after', `\n${[title, ...lines].join('\n')}`);
}

/** The words that call a command, such as `passbook users list`. */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** Every command that does something, each with its path. Groups are left out. */
export function commandsBelow(program: Command): readonly Command[] {
  return program.commands.flatMap((command) =>
    command.commands.length > 0 ? commandsBelow(command) : [command],
  );
}
