import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type {} from './programs-global-setup.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Path of the compiled program of a source file, which `programs.tsconfig.json` lists. */
export function compiled(source: string): string {
  return join(inject('programs'), source.replace(/\.ts$/, '.js'));
}

export type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type LogLine = {
  readonly level: string;
  readonly msg: string;
  readonly messageId?: string;
} & Readonly<Record<string, unknown>>;

/** A compiled program in its own process and environment, with all its output. */
export class Program {
  readonly ended: Promise<End>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #looks = new Set<() => void>();

  constructor(
    file: string,
    { env, args = [], imports = [] }: { env: Record<string, string>; args?: string[]; imports?: string[] },
  ) {
    const loaders = imports.flatMap((name) => ['--import', name]);
    const child = spawn(process.execPath, [...loaders, compiled(file), ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#look();
        resolve({ code, signal });
      });
    });
    this.#child = child;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Complete lines of the log. */
  get log(): readonly LogLine[] {
    return this.stderr
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Resolves with the result of `find` once it finds one in the output. @throws Error if the program ends before */
  async until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined && this.isRunning) return;
        this.#looks.delete(look);
        if (found === undefined) reject(new Error(`The program has ended:\n${this.stdout}\n${this.stderr}`));
        else resolve(found);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** The server's address, from the first line that it prints. */
  async origin(): Promise<string> {
    return this.until(() => /^Passbook listens on (http:\S+)\n/.exec(this.stdout)?.[1]);
  }

  async logged(msg: string): Promise<LogLine> {
    return this.until(() => this.log.find((line) => line.msg === msg));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills the program at the end of a test. */
  async dispose(): Promise<void> {
    if (this.isRunning) this.kill('SIGKILL');
    await this.ended;
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}
