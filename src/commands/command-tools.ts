import type { Store } from '../application/ports/ledger-store.ts';
import type { Config, StoreConfig } from '../config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that the commands share. Each takes the part that it uses. */
export type CommandTools = {
  /** The variables of the process alone. */
  readonly processEnv: Environment;
  /** Path of the file with more variables. */
  readonly envPath: string;
  /** The configuration as commands read it. @throws ConfigError */
  readonly config: () => Config;
  /** The configured store. @throws Error if there are no books: no command creates any */
  readonly books: () => StoreConfig;
  /** Opens the books, and closes them after the work. */
  readonly withStore: (work: (store: Store) => Promise<void>) => Promise<void>;
  /** Prints a line to standard output. */
  readonly out: (line: string) => void;
  /** Writes text without a line break. Resolves once more can be written. */
  readonly write: (text: string) => Promise<void>;
  /** Shows the progress of long work on standard error. */
  readonly progress: (line: string) => void;
  /** Makes the command end with exit code 1. */
  readonly fail: () => void;
  readonly style: Style;
  /** Width of standard output in characters. */
  readonly columns: number;
};

/** Colours a text if standard output is a terminal. Otherwise returns it unchanged. */
export type Style = (format: 'bold' | 'dim' | 'red' | 'yellow' | 'green', text: string) => string;

/** A command that failed, and what its reader can do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** One sentence. */
  readonly hint: string;

  constructor(message: string, { hint, cause }: { hint: string; cause?: unknown }) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** Exit codes of every command. They never change. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;
