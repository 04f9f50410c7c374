import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { CommandTools } from '../../src/commands/command-tools.ts';
import { commandsBelow, pathOf } from '../../src/commands/help.ts';
import { passbookProgram } from '../../src/commands/program.ts';
import { TestBank, transferIdOf } from '../../src/testing/fixtures/bank.ts';
import {
  aCustomer,
  aSession,
  aUser,
  aWelcome,
  FixedClock,
  JANUARY,
} from '../../src/testing/fixtures/builders.ts';
import { collectGarbage } from '../../src/testing/fixtures/garbage.ts';
import { passbook } from '../support/command-line.ts';
import { Program } from '../support/program.ts';

const ada = aUser({ email: 'ada@example.com' });
const PAST = /\b2026-01-\d\d/;

describe('every command runs on books of SQLite, with JSON where it prints facts', () => {
  let folder: string;
  let account: string;
  let paid: string;
  const ran = new Set<string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-every-'));
    const clock = new FixedClock();
    const store = await openSqliteStore({ path: join(folder, 'passbook.db'), clock });
    const bank = new TestBank({ store, clock });
    const alice = aCustomer();
    account = await bank.account(alice, { funds: 100n });
    const to = await bank.open(aCustomer());
    const terms = { sourceAccountId: account, destinationAccountId: to, amount: 30n };
    paid = transferIdOf(
      await bank.ledger.transferFunds(alice, { ...terms, description: 'Rent', idempotencyKey: 'rent' }),
    );
    await store.unitOfWork.run(async ({ users, sessions }) => {
      await users.insert(ada, 'hash');
      await sessions.insert(aSession({ userId: ada.id, expiresAt: Date.now() + 3_600_000 }));
    });
    await store.close();
    await collectClosedStores();
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** On Node 20 the files of a closed store stay open, and locked, until its statements are collected. */
  async function collectClosedStores(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await setImmediate();
      collectGarbage();
    }
  }

  /** Runs a command, which must succeed without a word on standard error. Returns what it printed. */
  async function run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await passbook(args, { DATA_DIR: folder });
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    const words = args.slice(0, ['users', 'mail', 'migrate'].includes(args[0] ?? '') ? 2 : 1);
    ran.add(['passbook', ...words].join(' '));
    return stdout;
  }

  /** Runs a command with --json. Returns the document that it printed. */
  async function json(...args: string[]): Promise<unknown> {
    return JSON.parse(await run(...args, '--json'));
  }

  it('about the schema', async () => {
    const database = join(folder, 'passbook.db');
    const status = (await json('migrate', 'status')) as { version: number; applied: unknown[] };
    expect(status).toMatchObject({ database, missing: [], refusal: null, missingIndexes: [] });
    expect(status.applied).toHaveLength(status.version);
    await collectClosedStores();
    expect(await run('migrate', 'up')).toBe(
      `${database} has schema ${status.version} already: nothing to do\n`,
    );
  });

  it('about the books', async () => {
    const backup = join(folder, 'backup.db');
    expect(await json('backup', backup)).toMatchObject({ file: backup, bytes: expect.any(Number) as number });
    expect(await json('checkpoint')).toMatchObject({ number: 1, accounts: 3 });
    const [key, statement] = [join(folder, 'key.jwk'), join(folder, 'statement.json')];
    await writeFile(key, await run('checkpoint-key'));
    expect(await json('verify', '--key', key)).toMatchObject({ ok: true, verified: { accounts: 3 } });
    await run('export-statement', account, '--out', statement);
    const proven = await json('verify-statement', statement, '--key', key);
    expect(proven).toMatchObject({ proven: true, openingBalance: '0', closingBalance: '70' });
    expect(proven).toHaveProperty('period.from', expect.stringMatching(PAST));
    expect(await json('erase-text', paid, '--reason', 'asked')).toMatchObject({ transactionId: paid });

    await collectClosedStores();
    const restored = await json('restore', backup);
    expect(restored).toMatchObject({ file: backup, verified: { accounts: 3 } });
    expect(restored).toHaveProperty('replaced', expect.stringContaining('passbook.db.replaced-'));
    const runs = JSON.parse(await readFile(join(folder, 'last-runs.json'), 'utf8')) as unknown;
    expect(runs).toMatchObject({ backup: { file: backup }, verify: { faults: 0 } });
  });

  it('about users', async () => {
    for (const args of [['list'], ['show', ada.email], ['sessions', ada.email]]) await json('users', ...args);
    await json('users', 'grant', ada.email, 'support', '--reason', 'new colleague');
    await json('users', 'lock', ada.email, '--reason', 'lost phone');
    await json('users', 'unlock', ada.email, '--reason', 'found');
    await json('users', 'reset-password', ada.email);
    expect(await json('users', 'revoke', ada.email)).toEqual({ ended: [] });
  });

  it('about mails that were not sent', async () => {
    const lost = aWelcome();
    const store = await openSqliteStore({ path: join(folder, 'passbook.db'), clock: new FixedClock() });
    await store.unitOfWork.run(async ({ outbox }) => {
      await outbox.add(lost);
      await outbox.claim({ now: JANUARY, leaseUntil: JANUARY + 1, limit: 100 });
      await outbox.giveUp(lost.id, { at: JANUARY, reason: 'no such mailbox' });
    });
    await store.close();
    const listed = { id: lost.id, state: 'given_up', reason: 'no such mailbox', attempts: 1 };
    expect(await json('mail', 'list', '--given-up')).toMatchObject({ mails: [listed] });
    expect(await run('mail', 'list')).toMatch(
      new RegExp(`^ID .*\\n${lost.id} +welcome +given up +2026-01-.* 1 +no such mailbox\\n`),
    );
    for (const args of [[], ['--all', lost.id]]) {
      const { code, stderr } = await passbook(['mail', 'retry', ...args], { DATA_DIR: folder });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining('either ids or --all') as string,
      });
    }
    const unknown = await passbook(['mail', 'retry', 'nothing'], { DATA_DIR: folder });
    expect(unknown).toEqual({
      code: 1,
      stdout: 'nothing is not among the mails that were given up\n0 mails are due again\n',
      stderr: '',
    });
    expect(await json('mail', 'retry', lost.id)).toEqual({ retried: 1, missing: [] });
    expect(await run('mail', 'retry', '--all')).toBe('0 mails are due again\n');
    expect(await run('mail', 'list', '--given-up')).toBe('No mail was given up\n');
    const all = (await json('mail', 'list')) as { mails: readonly { id: string; state: string }[] };
    expect(all.mails.find(({ id }) => id === lost.id)).toMatchObject({ state: 'waiting', attempts: 0 });
    await collectClosedStores();
  });

  it('about mail, the machine and the shell', async () => {
    const path = process.env['PATH'];
    // Without a browser
    process.env['PATH'] = '/nowhere';
    try {
      expect(await json('mail', 'preview', '--to', join(folder, 'mails'))).toMatchObject({ pictures: [] });
    } finally {
      process.env['PATH'] = path;
    }
    expect(await json('doctor', '--offline')).toMatchObject({ ok: true });
    expect(await run('completion', 'bash')).toContain('complete -o default -F _passbook passbook');
  });

  it('serves until a signal, as the server program does', async () => {
    const server = new Program('src/cli.ts', { args: ['serve'], env: { DATA_DIR: folder, PORT: '0' } });
    try {
      const origin = await server.origin();
      expect((await fetch(`${origin}/readyz`)).status).toBe(200);
      const beside = await passbook(['restore', join(folder, 'backup.db')], { DATA_DIR: folder });
      expect(beside).toEqual({
        code: 1,
        stdout: '',
        stderr: `passbook: A program has ${join(folder, 'passbook.db')} open: stop the bank first\n`,
      });
      const migrated = await passbook(['migrate', 'up'], { DATA_DIR: folder });
      expect(migrated).toMatchObject({ code: 1, stderr: beside.stderr });
      server.kill('SIGTERM');
      expect(await server.ended).toEqual({ code: 0, signal: null });
    } finally {
      await server.dispose();
    }
    const faulty = new Program('src/cli.ts', { args: ['serve'], env: { DATA_DIR: folder, PORT: 'x' } });
    expect(await faulty.ended).toMatchObject({ code: 1 });
    expect(faulty.stderr).toMatch(/^Passbook cannot start: /);
    ran.add('passbook serve');
  });

  it('and these were all commands', () => {
    const program = passbookProgram({} as CommandTools, { version: '0', configure: () => {} });
    const rest = commandsBelow(program)
      .map(pathOf)
      // Tests of their own run these, with books of their own
      .filter((path) => !ran.has(path) && !/^passbook (demo|copy|bench)$/.test(path));
    expect(rest).toEqual([]);
  });
});
