import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { Program } from '../../support/program.ts';
import { collectGarbage } from '../../../src/testing/fixtures/garbage.ts';

const alice = aCustomer('Alice');
const clock = new FixedClock();
let folder: string;
let path: string;
let backup: string;
let from: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-restore-'));
  path = join(folder, 'passbook.db');
  backup = join(folder, 'backup.db');
});
afterEach(() => rm(folder, { recursive: true }));

/** Books with 100.00, of which there is a backup, and 50.00 more after it. */
async function books(): Promise<void> {
  const store = await openSqliteStore({ path, clock });
  const bank = new TestBank({ store, clock });
  from = await bank.account(alice, { funds: 100n });
  await store.backup(backup);
  await bank.fund(from, 50n);
  await store.close();
  await collectClosedStores();
}

/** On Node 20 the files of a closed store stay open, and locked, until its statements are collected. */
async function collectClosedStores(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await setImmediate();
    collectGarbage();
  }
}

/** Ends a process that has the books open, and leaves its log behind. */
async function crash(): Promise<void> {
  const program = `
    import { openSqliteStore } from './src/adapters/sqlite/index.ts';
    const store = await openSqliteStore({ path: ${JSON.stringify(path)} });
    for (let count = 0; count < 3; count++) {
      await store.unitOfWork.run(({ outbox }) => outbox.add({ kind: 'welcome', id: crypto.randomUUID(), at: 1, recipientId: 'u' }));
    }
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

async function passbook(...args: string[]) {
  const program = new Program('src/cli.ts', { args, env: { DATA_DIR: folder } });
  const { code } = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

async function balance(file = path): Promise<bigint> {
  try {
    return await readBalance(file);
  } finally {
    await collectClosedStores();
  }
}

async function readBalance(file: string): Promise<bigint> {
  const store = await openSqliteStore({ path: file, clock });
  const found = await new TestBank({ store, clock }).balanceOf(from);
  await store.close();
  return found;
}

describe('a log beside books of another origin', () => {
  it.each(['a backup', 'a backup that was verified'])('is detected: %s', async (kind) => {
    await books();
    if (kind === 'a backup that was verified') {
      const verified = new Program('src/cli.ts', {
        args: ['verify'],
        env: { DATA_DIR: folder, DATABASE_PATH: backup },
      });
      expect(await verified.ended).toMatchObject({ code: 0 });
    }
    await crash();
    await copyFile(backup, path);
    const before = await readFile(path);
    await expect(openSqliteStore({ path })).rejects.toThrow(
      `The log ${path}-wal belongs to other books, and would damage these`,
    );
    expect(before.equals(await readFile(path))).toBe(true);
  });

  it('is not reported after a crash of the same books', async () => {
    await books();
    await crash();
    expect(await balance()).toBe(150n);
    await crash();
    expect(await balance()).toBe(150n);
  });
});

describe('passbook restore', () => {
  it('replaces the books and their log, and keeps the old ones beside them', async () => {
    await books();
    await crash();
    const { code, stdout, stderr } = await passbook('restore', backup);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, kept = ''] = /The previous books are now (\S+)\n/.exec(stdout) ?? [];
    expect(stdout).toContain(`Verified the books of ${backup} and restored them to ${path}\n`);
    expect(await balance()).toBe(100n);
    expect(await balance(kept)).toBe(150n);
    const left = (await readdir(folder)).filter((name) => /part|probe|restoring/.test(name));
    expect(left).toEqual([]);
  });

  it('creates missing books, and replaces a file that is not a database', async () => {
    await books();
    for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
    expect(await passbook('restore', backup)).toMatchObject({ code: 0 });
    expect(await balance()).toBe(100n);
    await writeFile(path, 'Dear diary, '.repeat(1000));
    expect(await passbook('restore', backup)).toMatchObject({ code: 0 });
    expect(await balance()).toBe(100n);
  });

  it('refuses while a bank has the books open', async () => {
    await books();
    const server = new Program('src/main.ts', { env: { DATA_DIR: folder, PORT: '0' } });
    const origin = await server.origin();
    expect(await passbook('restore', backup)).toEqual({
      code: 1,
      stdout: '',
      stderr: `passbook: A program has ${path} open: stop the bank first\n`,
    });
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(await balance()).toBe(150n);
  });

  it('refuses a file that is not a backup, and leaves the books unchanged', async () => {
    await books();
    const other = join(folder, 'other.db');
    await writeFile(other, 'Dear diary, '.repeat(1000));
    expect((await passbook('restore', other)).stderr).toContain('is not a Passbook database');
    const whole = await readFile(backup);
    await writeFile(other, whole.subarray(0, whole.length / 2));
    expect(await passbook('restore', other)).toMatchObject({ code: 1 });
    expect((await passbook('restore', path)).stderr).toContain('is the database itself');
    expect(await passbook('restore', join(folder, 'missing.db'))).toMatchObject({ code: 1 });

    await copyFile(backup, other);
    const connection = new Connection(await loadDriver(), other, { readOnly: false });
    connection.exec('DROP TRIGGER entries_never_change; UPDATE entries SET posted = posted + 1');
    connection.close();
    expect((await passbook('restore', other)).stderr).toContain('The backup is damaged and was not restored');
    expect(await balance()).toBe(150n);
  });

  it('keeps a bank from opening after an interruption, until it has completed', async () => {
    await books();
    await writeFile(`${path}.restoring`, '');
    await expect(openSqliteStore({ path })).rejects.toThrow(
      'A restore of it is in progress, or was interrupted',
    );
    expect(await passbook('restore', backup)).toMatchObject({ code: 0 });
    expect(await balance()).toBe(100n);
  });
});
