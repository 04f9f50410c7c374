import { link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointArchive, KeptCheckpoint } from '../../application/ports/checkpoints.ts';

/** An archive of checkpoints as files: `NUMBER.jws` is the signed text, `NUMBER.manifest` holds the lines. */
export function createCheckpointArchive({ directory }: { directory: string }): CheckpointArchive {
  const kept = async (number: number): Promise<KeptCheckpoint> => {
    const text = await readFile(join(directory, `${number}.jws`), 'utf8');
    return { number, signed: text.trim() };
  };
  return {
    newest: async () => {
      const [number] = await numbersIn(directory);
      return number === undefined ? undefined : kept(number);
    },
    page: async ({ after, limit }) => {
      const numbers = (await numbersIn(directory)).filter((number) => after === null || number < after);
      return Promise.all(numbers.slice(0, limit).map(kept));
    },
    manifest: (number) => readLines(join(directory, `${number}.manifest`)),
    add: async (number, make) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, `${number}`);
      const part = `${path}.${process.pid}.part`;
      try {
        const signed = await writeManifest(`${part}.manifest`, make);
        await writeFile(`${part}.jws`, `${signed}\n`, { mode: 0o600, flush: true });
        // Claims the number: fails if another process has claimed it
        await link(`${part}.jws`, `${path}.jws`);
        await rename(`${part}.manifest`, `${path}.manifest`);
      } finally {
        await Promise.all(['jws', 'manifest'].map((end) => rm(`${part}.${end}`, { force: true })));
      }
    },
  };
}

/** Reads a file's lines, and opens it at the first one: a readline interface loses lines emitted before that. */
export async function* readLines(path: string): AsyncIterable<string> {
  const file = await open(path);
  try {
    yield* file.readLines();
  } finally {
    await file.close();
  }
}

async function writeManifest(
  path: string,
  make: (write: (lines: readonly string[]) => Promise<void>) => Promise<string>,
): Promise<string> {
  const file = await open(path, 'w', 0o600);
  try {
    const signed = await make(async (lines) => {
      if (lines.length > 0) await file.appendFile(`${lines.join('\n')}\n`);
    });
    await file.sync();
    return signed;
  } finally {
    await file.close();
  }
}

/** The numbers in the directory, newest first. */
async function numbersIn(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => /^(\d{1,15})\.jws$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}
