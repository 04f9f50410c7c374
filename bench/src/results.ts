import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from './measure.ts';

/** One point in one run. */
export type Sample = Measured & { readonly run: number };

export type Results = {
  readonly facts: Readonly<Record<string, string>>;
  readonly runs: number;
  readonly points: Readonly<Record<string, readonly Sample[]>>;
  /** Sessions that ended in a fault: nothing of them counts. */
  readonly faults: readonly { readonly run: number; readonly points: string; readonly fault: string }[];
};

/** The middle of the runs, the least and the most. */
export type Spread = { readonly median: number; readonly least: number; readonly most: number };

export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? least, sorted[sorted.length >> 1] ?? most];
  return { median: (low + high) / 2, least, most };
}

export function rateOf({ points }: Results, id: string): Spread | undefined {
  return spreadOf((points[id] ?? []).map(({ rate }) => rate));
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = join(root, 'bench', 'results');

/** Written as the repository's formatter wants it, where that is installed. */
export function writeResult(file: string, content: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, file);
  writeFileSync(path, content);
  if (file.endsWith('.json')) {
    const biome = join(root, 'node_modules', '.bin', 'biome');
    try {
      execFileSync(biome, ['format', '--write', path], { cwd: root, stdio: 'ignore' });
    } catch {
      // The file stays unformatted
    }
  }
  return path;
}
