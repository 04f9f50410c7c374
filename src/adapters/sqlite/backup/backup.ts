import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { markBackup } from './backup-mark.ts';
import { Connection } from '../connection/connection.ts';
import { syncFolder } from '../connection/database-file.ts';
import type { Driver } from '../connection/driver.ts';

/** Tells how far a copy has come, in pages of 4 KiB. */
export type BackupTerms = {
  readonly onProgress?: (copy: { readonly copied: number; readonly pages: number }) => void;
};

/** Pages that the copying thread copies between two checks of its clock: 4 MB. */
const PAGES_AT_ONCE = 1024;

/**
 * Copies the database at `path` to `file` while the bank runs. Later commits are not included. The copy gets its name
 * only once it is complete and on the disk.
 * @throws Error if `file` exists, or the copy cannot be made
 */
export async function backUp(
  driver: Driver,
  { path, file }: { path: string; file: string },
  terms: BackupTerms = {},
): Promise<void> {
  const target = resolve(file);
  await assertMissing(target);

  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.part`);
  try {
    await copy(driver, { path, temporary }, terms);
    await giveName(temporary, target);
    await syncFolder(folder);
  } catch (cause) {
    throw new Error(`The backup ${target} was not made: ${reasonOf(cause)}`, { cause });
  } finally {
    await Promise.all(
      ['', '-journal', '-wal', '-shm'].map((suffix) => rm(`${temporary}${suffix}`, { force: true })),
    );
  }
}

async function copy(
  driver: Driver,
  { path, temporary }: { path: string; temporary: string },
  { onProgress }: BackupTerms,
): Promise<void> {
  const handle = await open(temporary, 'wx', 0o600);
  const source = new Connection(driver, path, { readOnly: true });
  try {
    // A read transaction fixes the copy's state, and keeps the copy from restarting at each commit.
    source.exec('BEGIN');
    source.get('SELECT count(*) FROM schema_migrations');
    await driver.backup(source.database, temporary, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) =>
        onProgress?.({ copied: totalPages - remainingPages, pages: totalPages }),
    });
    closeInOrder(driver, temporary);
    await handle.sync();
  } finally {
    // A statement that is not yet garbage-collected would keep the transaction open
    source.rollBack();
    source.close();
    await handle.close();
  }
}

/** Marks the copy as a file without a log, so that a log beside it after a restore is detected. */
function closeInOrder(driver: Driver, temporary: string): void {
  const connection = new Connection(driver, temporary, { readOnly: false });
  try {
    connection.exec('PRAGMA journal_mode = DELETE');
    markBackup(connection);
  } finally {
    connection.close();
  }
}

/** Links the file: unlike a rename, a link fails if the name is taken. */
async function giveName(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (fault) {
    if (!hasCode(fault, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw fault;
    // A file system without links, such as that of a memory stick.
    await assertMissing(target);
    await rename(temporary, target);
  }
}

async function assertMissing(target: string): Promise<void> {
  try {
    await (await open(target, 'r')).close();
  } catch (fault) {
    if (hasCode(fault, 'ENOENT')) return;
    throw fault;
  }
  throw new Error(`The file ${target} already exists, and a backup never overwrites a file`);
}

function hasCode(fault: unknown, ...codes: readonly string[]): boolean {
  return fault instanceof Error && 'code' in fault && codes.includes(String(fault.code));
}

function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
