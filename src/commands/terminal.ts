import { styleText } from 'node:util';
import type { Environment, Style } from './command-tools.ts';

/** The part of a standard stream in use. */
export type Output = {
  write(text: string, done?: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
};

const USUAL_COLUMNS = 80;
const LEAST_COLUMNS = 40;

export function columnsOf({ columns }: Output): number {
  return Math.max(columns ?? USUAL_COLUMNS, LEAST_COLUMNS);
}

/** Whether to colour: only on a terminal, and not if NO_COLOR is set (https://no-color.org). */
export function hasColours({ isTTY }: Output, env: Environment): boolean {
  return isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

export function styleFor(output: Output, env: Environment): Style {
  if (!hasColours(output, env)) return (_format, text) => text;
  return (format, text) => styleText(format, text, { validateStream: false });
}

/** Work that ends before has no progress. */
const QUIET_MS = 1_000;
const TERMINAL_EVERY_MS = 100;
const LINES_EVERY_MS = 10_000;
const ERASED = '\r\u001b[2K';

/** Progress of long work: one line of a terminal that changes, or a line every ten seconds elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #now: () => number;
  #nextAt: number | undefined;
  #isShown = false;

  constructor(output: Output, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  show(text: string): void {
    const now = this.#now();
    this.#nextAt ??= now + QUIET_MS;
    if (now < this.#nextAt) return;

    const isTerminal = this.#output.isTTY === true;
    this.#nextAt = now + (isTerminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS);
    this.#isShown = isTerminal;
    if (isTerminal) this.#output.write(`${ERASED}${text.slice(0, columnsOf(this.#output) - 1)}`);
    else this.#output.write(`${text}\n`);
  }

  /** Removes the line from a terminal, so that other output does not share it. */
  clear(): void {
    if (this.#isShown) this.#output.write(ERASED);
    this.#isShown = false;
  }
}

/** Breaks a text into lines at its spaces. A longer word keeps a line of its own. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}
