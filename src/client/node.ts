import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Intent, IntentStore } from './intents.ts';

export type { Intent, IntentStore };

const ENDING = '.intent.json';

/**
 * Keeps intents in a folder, one file each, for Node, Deno and Bun. They survive the end of the program and of the
 * machine. Processes may share the folder. It holds personal data, so only its owner may read it.
 */
export function fileIntents(folder: string): IntentStore {
  const pathOf = (id: string) => join(folder, `${id}${ENDING}`);
  return {
    async put(intent) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // A reader never sees a half-written file: it gets its name once it is whole
      const draft = `${pathOf(intent.id)}.${process.pid}`;
      try {
        await writeDurably(draft, JSON.stringify(intent));
        await rename(draft, pathOf(intent.id));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      await syncFolder(folder);
    },
    async remove(id) {
      await rm(pathOf(id), { force: true });
    },
    async list() {
      const names = await readdir(folder).catch(emptyIfAbsent<string[]>([]));
      const intents = names.filter((name) => name.endsWith(ENDING)).map((name) => read(join(folder, name)));
      return (await Promise.all(intents)).flat();
    },
  };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name durable. Windows cannot open a folder, and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const file = await open(folder, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads the intent of a file. Another process may have removed it since it was listed. */
async function read(path: string): Promise<Intent[]> {
  const text = await readFile(path, 'utf8').catch(emptyIfAbsent(''));
  return text === '' ? [] : [JSON.parse(text) as Intent];
}

function emptyIfAbsent<T>(empty: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code !== 'ENOENT') throw error;
    return empty;
  };
}
