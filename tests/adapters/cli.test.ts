import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/system.ts';
import type { Clock } from '../../src/application/ports/runtime.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, aSession, aUser, FixedClock } from '../../src/testing/fixtures/builders.ts';
import { passbook as runPassbook } from '../support/command-line.ts';
import type { Said } from '../support/command-line.ts';

describe('the passbook command', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-cli-'));
    path = join(folder, 'passbook.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  function passbook(args: string[], env: Record<string, string> = {}): Promise<Said> {
    return runPassbook(args, { DATA_DIR: folder, ...env });
  }

  function refused(...lines: string[]): Said {
    return { code: 1, stdout: '', stderr: lines.map((line) => `${line}\n`).join('') };
  }

  /** Opens the books as a server does, and leaves them open while the command runs. */
  async function besideServer(
    work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<void>,
    clock: Clock = systemClock,
  ) {
    const store = await openSqliteStore({ path, clock });
    try {
      await work(store);
    } finally {
      await store.close();
    }
  }

  it('verifies the books, signs a checkpoint and proves a statement by it, while the server runs', async () => {
    const clock = new FixedClock();
    await besideServer(async (store) => {
      const bank = new TestBank({ store, clock });
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 100n });
      await bank.pay(alice, { from, to: await bank.open(aCustomer()), amount: 30n });
      const [key, file] = [join(folder, 'key.jwk'), join(folder, 'statement.json')];

      expect(await passbook(['verify'])).toMatchObject({
        code: 0,
        stdout: 'The books are whole: 3 accounts, 4 entries, 2 transfers, 2 keys, 0 audit records\n',
      });
      expect((await passbook(['checkpoint'])).code).toBe(0);
      await writeFile(key, (await passbook(['checkpoint-key'])).stdout);
      const checkpoint = join(folder, 'checkpoints', '1.jws');
      const verified = await passbook(['verify', '--checkpoint', checkpoint, '--key', key]);
      expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('whole') as string });
      expect((await passbook(['export-statement', from, '--out', file])).code).toBe(0);
      const proven = await passbook(['verify-statement', file, '--key', key], { DATA_DIR: '/nowhere' });
      expect(proven).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('closing balance 70') as string,
      });
    }, clock);
  });

  it('gives a user a role while the server runs, production secrets or not', async () => {
    await besideServer(async ({ unitOfWork }) => {
      const user = aUser({ email: 'ada@example.com' });
      await unitOfWork.run(({ users }) => users.insert(user, 'hash'));

      expect(
        await passbook(['users', 'grant', 'Ada@Example.com', 'system'], { NODE_ENV: 'production' }),
      ).toEqual({
        code: 0,
        stdout: 'ada@example.com now has the role system\n',
        stderr: '',
      });
      expect((await unitOfWork.run(({ users }) => users.byId(user.id)))?.role).toBe('system');
    });
  });

  describe('about users', () => {
    const ada = aUser({ name: 'Ada \u001b[31mLovelace of the Analytical Engine', email: 'ada@example.com' });
    const bob = aUser({ email: `${'b'.repeat(60)}@example.com`, role: 'support' });
    const open = aSession({ userId: ada.id, expiresAt: Date.now() + 3_600_000 });
    const over = aSession({ userId: ada.id, expiresAt: 1 });

    /** Opens the books with two users and a session beside the command. */
    function withUsers(work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<void>) {
      return besideServer(async (store) => {
        await store.unitOfWork.run(async ({ users, sessions }) => {
          for (const user of [ada, bob]) await users.insert(user, 'hash');
          for (const session of [open, over]) await sessions.insert(session);
        });
        await work(store);
      });
    }
    const json = async (...args: string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await passbook(['users', ...args, '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout);
    };

    it('lists and shows them in tables that fit 80 columns, and as JSON', async () => {
      await withUsers(async () => {
        for (const args of [['list'], ['show', ada.email], ['sessions', ada.id]]) {
          const { code, stdout } = await passbook(['users', ...args]);
          expect(code).toBe(0);
          expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
          expect(stdout).not.toContain('\u001b');
        }
        const shown = { id: ada.id, name: ada.name, email: ada.email, role: 'customer', state: 'active' };
        expect(await json('list')).toMatchObject({ users: [shown, { id: bob.id, email: bob.email }] });
        expect(await json('show', ada.email)).toMatchObject({ ...shown, sessions: 1, apiKeys: 0 });
        const sessions = await json('sessions', ada.email);
        expect(sessions).toMatchObject({ sessions: [{ id: open.id, device: open.device }] });
      });
    });

    it('locks, ends sessions and lets in again, each with its security event', async () => {
      await withUsers(async ({ unitOfWork }) => {
        expect(await json('revoke', ada.email, open.id)).toEqual({ ended: [open.id] });
        expect(await json('lock', ada.email, '--reason', 'lost phone')).toMatchObject({ state: 'locked' });
        expect(await json('unlock', ada.email, '--reason', 'found')).toMatchObject({ state: 'active' });
        const events = await unitOfWork.run(({ securityEvents }) =>
          securityEvents.list({ userId: ada.id, before: null, limit: 9 }),
        );
        expect(events.map(({ action, actorId, details }) => ({ action, actorId, details }))).toEqual([
          { action: 'user_unlocked', actorId: null, details: { reason: 'found' } },
          { action: 'user_locked', actorId: null, details: { reason: 'lost phone' } },
          { action: 'session_revoked', actorId: null, details: {} },
        ]);
        const again = await passbook(['users', 'revoke', ada.email, open.id]);
        expect(again).toEqual(refused('passbook: The user has no such open session'));
      });
    });

    it('mails a link for a new password, and prints no secret', async () => {
      await withUsers(async ({ unitOfWork }) => {
        const { stdout } = await passbook(['users', 'reset-password', ada.email]);
        const [link, ...more] = await unitOfWork.run(({ credentials }) =>
          credentials.ofUser(ada.id, 'password_reset'),
        );
        expect(more).toEqual([]);
        expect(link?.content).toEqual({ email: ada.email });
        expect(Number(link?.expiresAt) - Number(link?.createdAt)).toBe(3_600_000);
        expect(stdout).toMatch(/^A link for ada@example\.com is in the outbox; it works until \S+\n$/);
        expect(stdout).not.toContain(link?.id);
      });
    });

    it('keeps one system user', async () => {
      await withUsers(async () => {
        expect((await passbook(['users', 'grant', ada.email, 'system'])).code).toBe(0);
        expect(await passbook(['users', 'grant', ada.email, 'customer'])).toEqual(
          refused('passbook: The last system user must keep the role'),
        );
      });
    });
  });

  it('copies the books while the server runs, and over nothing', async () => {
    const copy = join(folder, 'copy.db');
    await besideServer(async ({ unitOfWork }) => {
      const user = aUser();
      await unitOfWork.run(({ users }) => users.insert(user, 'hash'));

      expect(await passbook(['backup', copy])).toEqual({
        code: 0,
        stdout: `Copied the books to ${copy}\n`,
        stderr: '',
      });
      const copied = await openSqliteStore({ path: copy });
      expect(await copied.unitOfWork.run(({ users }) => users.byId(user.id))).toEqual(user);
      await copied.close();

      const again = await passbook(['backup', copy]);
      expect(again).toMatchObject({ code: 1, stdout: '' });
      expect(again.stderr).toMatch(/^passbook: .*exists.*\n$/);
    });
  });

  const WHERE = 'Set MONGO_URI, DATABASE_PATH or DATA_DIR to where the books are, or start the bank once.';

  it.each<[string, string[], Record<string, string>, string, string]>([
    [
      'a store that ends with its process',
      ['users', 'grant', 'a@b.example', 'system'],
      { STORE: 'memory' },
      'passbook: STORE=memory stores nothing, so no command works with it',
      WHERE,
    ],
    [
      'a copy of MongoDB',
      ['backup', 'copy.db'],
      { MONGO_URI: 'mongodb://127.0.0.1:1' },
      'passbook: This command copies SQLite only',
      'Back up MongoDB with its own tools: mongodump --oplog, or snapshots of its disks.',
    ],
    [
      'an environment with faults',
      ['backup', 'copy.db'],
      { PORT: 'x', STORE: 'y' },
      'passbook: The configuration is not valid: PORT must be an integer from 0 to 65535; STORE must be one of mongo, sqlite, memory',
      'Correct them in the environment or in .env. "passbook doctor" checks all of them.',
    ],
  ])('refuses %s, and says what to do', async (_what, args, env, ...lines) => {
    expect(await passbook(args, env)).toEqual(refused(...lines));
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes no books where there are none', async () => {
    const line = `passbook: There are no books at ${path}`;
    expect(await passbook(['users', 'grant', 'a@b.example', 'system'])).toEqual(refused(line, WHERE));
    expect(await passbook(['backup', join(folder, 'copy.db')])).toEqual(refused(line, WHERE));
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a user that there is not, and says how to find one', async () => {
    await besideServer(async () => {
      expect(await passbook(['users', 'grant', 'nobody@example.com', 'system'])).toEqual(
        refused('passbook: The user was not found', 'Run "passbook users list" to see the users.'),
      );
    });
  });

  it('says which host of MongoDB it cannot reach, and not with which password', async () => {
    const uri = 'mongodb://user:canary@127.0.0.1:1/bank';
    const { code, stdout, stderr } = await passbook(['users', 'grant', 'a@b.example', 'system'], {
      MONGO_URI: uri,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^passbook: The store cannot be reached, .*127\.0\.0\.1:1\nRun "passbook doctor" .*\n$/,
    );
    expect(stderr).not.toContain('canary');
  });
});
