import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { markBackup } from './backup-mark.ts';
import { Connection } from '../connection/connection.ts';
import { syncFolder } from '../connection/database-file.ts';
import type { Driver } from '../connection/driver.ts';

/** Pages that are copied between two looks at the clock of the thread that copies: 4 MB. */
const PAGES_AT_ONCE = 1024;

/**
 * Copies the database at `path` to `file` as it stands now, while the bank goes on; what is committed meanwhile is not
 * in it. The copy has its name only once it is whole and on the disk.
 * @throws Error if `file` exists, or the copy cannot be made
 */
export async function backUp(driver: Driver, path: string, file: string): Promise<void> {
  const target = resolve(file);
  await assertMissing(target);

  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.part`);
  try {
    await copy(driver, path, temporary);
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

async function copy(driver: Driver, path: string, temporary: string): Promise<void> {
  const handle = await open(temporary, 'wx', 0o600);
  const source = new Connection(driver, path, { readOnly: true });
  try {
    // A read transaction holds what the copy shows still, and keeps the copy from beginning anew at each commit.
    source.exec('BEGIN');
    source.get('SELECT count(*) FROM schema_migrations');
    await driver.backup(source.database, temporary, { rate: PAGES_AT_ONCE });
    closeInOrder(driver, temporary);
    await handle.sync();
  } finally {
    // A statement that is not collected yet would keep the transaction open
    source.rollBack();
    source.close();
    await handle.close();
  }
}

/** Says in the copy that no log belongs to it, so that one that lies where it is put back is noticed. */
function closeInOrder(driver: Driver, temporary: string): void {
  const connection = new Connection(driver, temporary, { readOnly: false });
  try {
    connection.exec('PRAGMA journal_mode = DELETE');
    markBackup(connection);
  } finally {
    connection.close();
  }
}

/** A link, unlike a renaming, fails where the name is taken. */
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
  throw new Error(`The file ${target} exists, and a backup overwrites nothing`);
}

function hasCode(fault: unknown, ...codes: readonly string[]): boolean {
  return fault instanceof Error && 'code' in fault && codes.includes(String(fault.code));
}

function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
