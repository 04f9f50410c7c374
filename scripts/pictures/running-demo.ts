import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const ARGUMENTS = ['--import', 'tsx', 'src/cli.ts', 'demo', '--port', '0', '--seed', '1'];

/** The demo as a process of its own. */
export class RunningDemo {
  /** The page on which everybody signs in. */
  readonly link: string;
  /** Password of everybody. */
  readonly password: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { link, password }: { link: string; password: string }) {
    this.#process = process;
    this.link = link;
    this.password = password;
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  /** @throws Error if the demo ends before it serves its pages */
  static async start(): Promise<RunningDemo> {
    const cwd = new URL('../..', import.meta.url);
    const child = spawn(process.execPath, ARGUMENTS, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let [link, password] = ['', ''];
    for await (const line of createInterface(child.stdout)) {
      link ||= /sign in: +(\S+)/.exec(line)?.[1] ?? '';
      password ||= /password: +(\S+)/.exec(line)?.[1] ?? '';
      if (link && password) return new RunningDemo(child, { link, password });
    }
    throw new Error('The demo ended before it served its pages');
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
