import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Connection } from '../connection/connection.ts';
import { restoreMark, syncFolder } from '../connection/database-file.ts';
import { loadDriver } from '../connection/driver.ts';
import type { Driver } from '../connection/driver.ts';
import { isBusy } from '../connection/faults.ts';

export type RestoreTerms = {
  /** The backup to restore. It stays unchanged. */
  readonly file: string;
  /** The database to replace. It need not exist. */
  readonly target: string;
  /** Verifies the books at a path before they replace others. @throws Error if they are damaged */
  readonly verify: (path: string) => Promise<void>;
};

/**
 * Replaces a database by a backup, completely or not at all. Keeps the replaced database and its log beside it.
 * @returns the path of the replaced database, or null
 * @throws Error if the file is no complete Passbook database, or a bank has the target open
 */
export async function restore({ file, target, verify }: RestoreTerms): Promise<string | null> {
  const driver = await loadDriver();
  const [source, path] = [resolve(file), resolve(target)];
  await assertBackup(source, path);
  // Again under the mark, before anything is replaced: to verify the copy may take long
  await assertUnused(driver, path);

  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const copy = join(folder, `.${basename(path)}.${randomUUID()}.part`);
  try {
    await copyFile(source, copy);
    assertWhole(driver, { copy, source });
    await verify(copy);
    return await replace(driver, { copy, path });
  } finally {
    await Promise.all(
      ['', '-wal', '-shm', '-journal'].map((suffix) => rm(`${copy}${suffix}`, { force: true })),
    );
  }
}

/** @throws Error if a program of this machine has the database open. A missing one is not open. */
export async function assertNoProgramHas(path: string): Promise<void> {
  await assertUnused(await loadDriver(), resolve(path));
}

async function assertBackup(source: string, path: string): Promise<void> {
  const [given, replaced] = [await stat(source), await stat(path).catch(() => undefined)];
  if (!given.isFile()) throw new Error(`${source} is not a file`);
  if (given.ino === replaced?.ino && given.dev === replaced.dev) {
    throw new Error(`${source} is the database itself`);
  }
  for (const suffix of ['-wal', '-journal']) {
    if (!hasContent(`${source}${suffix}`)) continue;
    throw new Error(
      `${source} has a log beside it (${source}${suffix}), so it is not a backup: make one with "passbook backup" and DATABASE_PATH=${source}`,
    );
  }
}

function hasContent(path: string): boolean {
  return (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function assertWhole(driver: Driver, { copy, source }: { copy: string; source: string }): void {
  let found: unknown;
  try {
    const connection = new Connection(driver, copy, { readOnly: false });
    try {
      connection.get('SELECT number FROM schema_migrations WHERE number = 1');
      [found] = connection.all('PRAGMA integrity_check(1)');
    } finally {
      connection.close();
    }
  } catch (cause) {
    throw new Error(`${source} is not a Passbook database: ${textOf(cause)}`, { cause });
  }
  const { integrity_check: said } = found as { integrity_check: string };
  if (said !== 'ok') throw new Error(`${source} is damaged: ${said}`);
}

/** While the mark exists, no bank opens the target. After a crash the mark stays until a restore succeeds. */
async function replace(
  driver: Driver,
  { copy, path }: { copy: string; path: string },
): Promise<string | null> {
  const folder = dirname(path);
  const mark = restoreMark(path);
  const wasMarked = existsSync(mark);
  await (await open(mark, 'w', 0o600)).close();
  await syncFolder(folder);
  try {
    await assertUnused(driver, path);
  } catch (fault) {
    if (!wasMarked) await rm(mark);
    throw fault;
  }

  const handle = await open(copy, 'r+');
  await handle.sync();
  await handle.close();
  const kept = await keepReplaced(path);
  await rename(copy, path);
  await rm(`${path}-shm`, { force: true });
  await syncFolder(folder);
  await rm(mark);
  await syncFolder(folder);
  return kept;
}

/** Moves the log first: the database keeps its name until the copy takes it. */
async function keepReplaced(path: string): Promise<string | null> {
  const kept = `${path}.replaced-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 8)}`;
  const hadDatabase = existsSync(path);
  if (hadDatabase) await link(path, kept).catch(() => copyFile(path, kept));
  for (const suffix of ['-wal', '-journal']) {
    if (existsSync(`${path}${suffix}`)) await rename(`${path}${suffix}`, `${kept}${suffix}`);
  }
  return hadDatabase ? kept : null;
}

/**
 * Tests for the lock that every open database holds on its file. The test uses another name of the file: under its own
 * name, closing the last connection would merge the log into it.
 * @throws Error whose cause is SQLite's, if a program has it open
 */
export async function assertUnused(driver: Driver, path: string): Promise<void> {
  if (!existsSync(path)) return;
  const probe = join(dirname(path), `.${basename(path)}.${randomUUID()}.probe`);
  try {
    await link(path, probe);
    assertLockable(driver, probe);
  } catch (fault) {
    if (!isBusy(fault)) throw fault;
    throw new Error(`A program has ${path} open: stop the bank first`, { cause: fault });
  } finally {
    await Promise.all(
      ['', '-wal', '-shm', '-journal'].map((suffix) => rm(`${probe}${suffix}`, { force: true })),
    );
  }
}

function assertLockable(driver: Driver, probe: string): void {
  const connection = new Connection(driver, probe, { readOnly: false });
  try {
    connection.exec('PRAGMA locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE');
    connection.exec('ROLLBACK');
  } catch (fault) {
    // A file that is no longer a database is replaced too
    if (isBusy(fault)) throw fault;
  } finally {
    connection.close();
  }
}

function textOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
