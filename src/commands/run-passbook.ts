import { existsSync } from 'node:fs';
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { systemClock } from '../adapters/system.ts';
import type { Store } from '../application/ports/ledger-store.ts';
import { readConfig, readEnvironment } from '../config.ts';
import type { Config, StoreConfig } from '../config.ts';
import { reasonText } from '../reason-text.ts';
import { openStore } from '../open-store.ts';
import { errorLines } from './command-errors.ts';
import { CommandError, EXIT } from './command-tools.ts';
import type { CommandTools, Environment } from './command-tools.ts';
import { passbookProgram } from './program.ts';
import { columnsOf, hasColours, Progress, styleFor } from './terminal.ts';
import type { Output } from './terminal.ts';

/** The process that runs a command, or a test in its place. */
export type Surroundings = {
  readonly version: string;
  readonly env: Environment;
  /** Path of the file with more variables. Default: `.env`. */
  readonly envPath?: string;
  readonly stdout: Output;
  readonly stderr: Output;
};

/** Runs one command line, without the name of the program. Prints errors and never throws. Returns the exit code. */
export async function runPassbook(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, env, version } = surroundings;
  const progress = new Progress(stderr);
  let exitCode: number = EXIT.fine;
  const fail = (): void => {
    exitCode = EXIT.failed;
  };
  const tools = toolsFor(surroundings, { progress, fail });
  try {
    const program = passbookProgram(tools, {
      version,
      configure: (command) => writeTo(command, { stdout, stderr, env }),
    });
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has printed its error, or the help that was asked for
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    progress.clear();
    for (const line of errorLines(error)) stderr.write(`${line}\n`);
    return EXIT.failed;
  } finally {
    progress.clear();
  }
}

function writeTo(
  program: Command,
  { stdout, stderr, env }: Pick<Surroundings, 'stdout' | 'stderr' | 'env'>,
): void {
  const style = styleFor(stdout, env);
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => columnsOf(stdout),
      getErrHelpWidth: () => columnsOf(stderr),
      getOutHasColors: () => hasColours(stdout, env),
      getErrHasColors: () => hasColours(stderr, env),
      // commander gives the near command in a second line
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'passbook: ')
            .replaceAll(/\s*\n\s*/g, ' ')}\n`,
        ),
    })
    .configureHelp({
      styleTitle: (title) => style('bold', title),
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments.map((taken) =>
            taken.required ? `<${taken.name()}>` : `[${taken.name()}]`,
          ),
        ].join(' '),
    });
}

function toolsFor(
  { env, envPath = '.env', stdout }: Surroundings,
  { progress, fail }: { progress: Progress; fail: () => void },
): CommandTools {
  const config = (): Config =>
    readConfig(readEnvironment(env, { path: envPath }).env, { reader: 'commands' });
  const books = (): StoreConfig => keptStore(config());
  return {
    processEnv: env,
    envPath,
    config,
    books,
    withStore: (work) => withStore({ books: books(), config: config() }, work),
    out: (line) => {
      progress.clear();
      stdout.write(`${line}\n`);
    },
    write: (text) => {
      progress.clear();
      return new Promise((resolve) => void stdout.write(text, () => resolve()));
    },
    progress: (line) => progress.show(line),
    fail,
    style: styleFor(stdout, env),
    columns: columnsOf(stdout),
  };
}

const WHERE = 'Set MONGO_URI, DATABASE_PATH or DATA_DIR to where the books are, or start the bank once.';

/** @throws CommandError if there are no books, because a command creates none */
function keptStore({ store }: Config): StoreConfig {
  if (store.kind === 'memory') {
    throw new CommandError('STORE=memory stores nothing, so no command works with it', { hint: WHERE });
  }
  if (store.kind === 'sqlite' && !existsSync(store.path)) {
    throw new CommandError(`There are no books at ${store.path}`, { hint: WHERE });
  }
  return store;
}

async function withStore(
  { books, config }: { books: StoreConfig; config: Config },
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const terms = { clock: systemClock, accountPrefix: config.accountPrefix };
  const store = await openStore(books, terms).catch((cause: unknown) => {
    throw new CommandError(reasonText(cause), { hint: 'Run "passbook doctor" to find the cause.', cause });
  });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
