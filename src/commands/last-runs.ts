import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../domain/time.ts';

/** When the commands last made a backup and verified the books, for `passbook doctor`. */
export type LastRuns = {
  readonly backup?: { readonly at: Instant; readonly file: string };
  readonly verify?: { readonly at: Instant; readonly faults: number };
};

/** Reads the record in the data directory. Empty if there is none, or it cannot be read. */
export async function readLastRuns(dataDirectory: string): Promise<LastRuns> {
  try {
    const read = JSON.parse(await readFile(pathIn(dataDirectory), 'utf8')) as LastRuns | null;
    return {
      ...(typeof read?.backup?.at === 'number' && { backup: read.backup }),
      ...(typeof read?.verify?.at === 'number' && { verify: read.verify }),
    };
  } catch {
    return {};
  }
}

/** Keeps a run. The command succeeds without it: a bank on MongoDB may have no data directory. */
export async function keepLastRun(dataDirectory: string, run: LastRuns): Promise<void> {
  const path = pathIn(dataDirectory);
  const part = `${path}.${randomUUID()}.part`;
  try {
    const all = { ...(await readLastRuns(dataDirectory)), ...run };
    await writeFile(part, `${JSON.stringify(all)}\n`, { mode: 0o600 });
    await rename(part, path);
  } catch {
    await rm(part, { force: true }).catch(() => {});
  }
}

function pathIn(dataDirectory: string): string {
  return join(dataDirectory, 'last-runs.json');
}
