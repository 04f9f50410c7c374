import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { access, constants, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { logBelongs, USER_VERSION_OFFSET } from '../backup/backup-mark.ts';

/** The opened file, with its identity, so that a replacement is detected. */
export class DatabaseFile {
  readonly path: string;
  readonly #device: number;
  readonly #inode: number;

  private constructor(path: string) {
    this.path = path;
    const { dev, ino } = statSync(path);
    this.#device = dev;
    this.#inode = ino;
  }

  /** Creates the file and its folders if they are missing, accessible only to the bank's own user. */
  static async make(path: string): Promise<DatabaseFile> {
    const folder = dirname(path);
    const fault = openingFault(path);
    if (fault) throw new Error(fault.reason);
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    // SQLite gives its other files the permissions of this one.
    await (await open(path, 'a', 0o600)).close();
    await syncFolder(folder);
    if (made !== undefined) await syncFolder(dirname(made));
    return new DatabaseFile(path);
  }

  /** @throws Error if the file was moved or removed: anything written to it would be lost */
  assertInPlace(): void {
    const now = statSync(this.path, { throwIfNoEntry: false });
    if (now?.ino !== this.#inode || now.dev !== this.#device) {
      throw new Error(`The database ${this.path} was moved, removed or replaced while it was open`);
    }
  }

  async assertWritable(): Promise<void> {
    await access(this.path, constants.R_OK | constants.W_OK);
  }
}

/** A file that exists from the beginning of a restore to its end. */
export function restoreMark(path: string): string {
  return `${path}.restoring`;
}

/** Reason why the files at a path must not be opened. */
export type OpeningFault = { readonly kind: 'restoring' | 'foreign_log'; readonly reason: string };

/**
 * Finds a restore that was interrupted, and a foreign log: SQLite merges any log beside a file into it, and a log beside
 * a backup belongs to other books. Returns null if there is neither.
 */
export function openingFault(path: string): OpeningFault | null {
  if (existsSync(restoreMark(path))) {
    const reason = 'A restore of it is in progress, or was interrupted: run "passbook restore FILE" again';
    return { kind: 'restoring', reason };
  }
  const log = `${path}-wal`;
  const { size: logBytes = 0 } = statSync(log, { throwIfNoEntry: false }) ?? {};
  if (logBelongs({ logBytes, userVersion: userVersionOf(path) })) return null;
  const reason = `The log ${log} belongs to other books, and would damage these: move it away, or use "passbook restore FILE"`;
  return { kind: 'foreign_log', reason };
}

function userVersionOf(path: string): number {
  if (!existsSync(path)) return 0;
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    readSync(fd, bytes, 0, 4, USER_VERSION_OFFSET);
    return bytes.readUInt32BE();
  } finally {
    closeSync(fd);
  }
}

/** Makes a new name in the folder durable. A platform that cannot sync folders, such as Windows, does not need it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
