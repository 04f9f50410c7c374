import { connect } from 'node:net';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';
import { MailServer } from '../support/mail-server.ts';
import { Program } from '../support/program.ts';
import { ApiClient } from '../support/api-client.ts';

const PASSWORD = 'a-good-long-passphrase';

describe('the server program', () => {
  let folder: string;
  let programs: Program[];
  let closing: (() => Promise<void>)[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-main-'));
    programs = [];
    closing = [];
  });
  afterEach(async () => {
    for (const program of programs) await program.dispose();
    for (const close of closing) await close();
    await rm(folder, { recursive: true });
  });

  function start(env: Record<string, string> = {}, imports: string[] = []): Program {
    const program = new Program('src/main.ts', { env: { DATA_DIR: folder, PORT: '0', ...env }, imports });
    programs.push(program);
    return program;
  }

  /** Stops it in order, and holds it to that. */
  async function expectOrderlyEnd(program: Program): Promise<void> {
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  }

  async function systemUserOf(path: string): Promise<{ email: string; password: string }> {
    const kept = parseEnv(await readFile(path, 'utf8'));
    return { email: kept['SYSTEM_EMAIL'] ?? '', password: kept['SYSTEM_PASSWORD'] ?? '' };
  }

  /** Registers Ada and Bob, opens an account for each, and credits Ada 100.00. */
  async function aBank(program: Program) {
    const origin = await program.origin();
    const ada = await ApiClient.register(origin, {
      name: 'Ada',
      email: 'ada@example.com',
      password: PASSWORD,
    });
    const bob = await ApiClient.register(origin, {
      name: 'Bob',
      email: 'bob@example.com',
      password: PASSWORD,
    });
    const [from, to] = [await ada.openAccount(), await bob.openAccount()];
    const system = await ApiClient.signIn(origin, await systemUserOf(join(folder, 'system-user')));
    const funded = await system.fund({ toAccount: from, amount: 10_000 });
    return { origin, ada, bob, system, from, to, funded };
  }

  it('is a bank after one command: it says where all is, takes money in, moves it, and mails both sides', async () => {
    const program = start();
    const { ada, bob, from, to, funded } = await aBank(program);
    expect(program.stdout).toBe(`Passbook listens on ${await program.origin()}
  books:       in SQLite, ${join(folder, 'passbook.db')}
  mails:       written to ${join(folder, 'mail')}
  system user: system@passbook.localhost, with its password in ${join(folder, 'system-user')}
`);
    for (const secret of ['system-user', 'jwt-secret']) {
      expect((await stat(join(folder, secret))).mode & 0o777).toBe(0o600);
    }

    const paid = await ada.pay({ from, to, amount: 1_234, key: 'rent' });
    expect(paid.status).toBe(200);
    expect([await ada.balance(from), await bob.balance(to)]).toEqual([8_766, 1_234]);

    const mails = ['welcome', 'welcome', 'received', 'sent', 'received'].length;
    await program.until(() => (writtenIn(program).length === mails ? true : undefined));
    const files = (await readdir(join(folder, 'mail'))).toSorted();
    expect(files).toEqual(
      [
        `${ada.userId}.welcome.eml`,
        `${bob.userId}.welcome.eml`,
        `${funded}.received.eml`,
        `${paid.id}.sent.eml`,
        `${paid.id}.received.eml`,
      ].toSorted(),
    );
    const mail = await simpleParser(await readFile(join(folder, 'mail', `${paid.id}.received.eml`)));
    expect(mail.to).toMatchObject({ value: [{ name: '', address: 'bob@example.com' }] });
    expect(mail.text).toContain('You received EUR\u00a012.34 from Ada\n');
    expect(mail.text).toContain(`Their account: ending in ${from.slice(-4)}\n`);
    expect(mail.text).toMatch(/^Available in Account ··\d{4}: EUR\u00a012\.34$/m);
    await expectOrderlyEnd(program);
    // SQLite's log is in the database: the store was closed
    expect((await stat(join(folder, 'passbook.db-wal'))).size).toBe(0);
    expect(program.log.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['started', 'stopping', 'stopped']),
    );
  });

  it('knows its sessions, its users and its balances after a restart', async () => {
    const first = start();
    const { ada, from } = await aBank(first);
    await expectOrderlyEnd(first);

    const second = start();
    const again = new ApiClient(await second.origin(), ada);
    expect(await again.balance(from)).toBe(10_000);
    await ApiClient.signIn(await second.origin(), await systemUserOf(join(folder, 'system-user')));
  });

  it('says aloud that memory keeps nothing', async () => {
    const program = start({ STORE: 'memory' });
    await program.origin();
    expect(program.stdout).toContain('  books:       in memory: NOTHING IS KEPT when this process ends\n');
    expect((await program.logged('nothing is kept when this process ends')).level).toBe('warn');
  });

  it('loses no acknowledged transfer when it is stopped under load, and leaves none half done', async () => {
    const first = start({ LOG_LEVEL: 'warn' });
    const { ada, from, to } = await aBank(first);
    const answered = new Map<string, string>();
    const unanswered: string[] = [];
    let count = 0;
    let isOver = false;
    let isStopping = false;
    const client = async (): Promise<void> => {
      while (!isOver) {
        const key = `load-${(count += 1)}`;
        try {
          const paid = await ada.pay({ from, to, amount: 1, key, connection: 'close' });
          expect(paid.status).toBe(200);
          answered.set(key, paid.id);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          // The server takes no more connections
          unanswered.push(key);
          isOver = true;
        }
        // Once: a second signal ends it at once
        if (answered.size >= 100 && !isStopping) {
          isStopping = true;
          first.kill('SIGTERM');
        }
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(answered.size).toBeGreaterThanOrEqual(100);

    const second = start({ LOG_LEVEL: 'warn' });
    const again = new ApiClient(await second.origin(), ada);
    for (const [key, id] of answered) {
      const { status, body } = await again.get(`/api/transactions/by-key/${key}`);
      expect({ key, status, body }).toMatchObject({
        status: 200,
        body: { transaction: { id, status: 'completed' } },
      });
    }
    for (const key of unanswered) {
      expect((await again.get(`/api/transactions/by-key/${key}`)).status).toBe(404);
    }
    expect(await again.balance(from)).toBe(10_000 - answered.size);
  });

  it('sends every mail of what it had acknowledged before it was killed, each under one Message-ID', async () => {
    let third = (): void => {};
    const killed: Program[] = [];
    // Takes three mails, and hears nothing more from who was killed before it could note the third
    const before = await MailServer.start({
      beforeYes: async () => {
        if (before.mails.length === 2) {
          third();
          for (const program of killed) program.kill('SIGKILL');
        }
        return undefined;
      },
    });
    closing.push(() => before.stop());
    const reached = new Promise<void>((resolve) => {
      third = resolve;
    });
    const mailing = (server: MailServer) => ({
      SMTP_URL: server.url,
      MAIL_FROM: 'Passbook <bank@passbook.example>',
    });

    const idle = start();
    const { ada, bob, from, to, funded } = await aBank(idle);
    await idle.until(() => (writtenIn(idle).length === 3 ? true : undefined));
    await expectOrderlyEnd(idle);
    const expected = [`${ada.userId}.welcome`, `${bob.userId}.welcome`, `${funded}.received`];
    expect((await readdir(join(folder, 'mail'))).toSorted()).toEqual(
      expected.map((id) => `${id}.eml`).toSorted(),
    );

    const first = start(mailing(before));
    killed.push(first);
    const payer = new ApiClient(await first.origin(), ada);
    const paid: string[] = [];
    const paying = (async () => {
      // With what was funded, fewer mails for each than an hour takes before they are gathered
      for (let number = 1; number <= 10; number++) {
        paid.push((await payer.pay({ from, to, amount: 1, key: `mail-${number}` })).id);
      }
    })().catch(() => {});
    await reached;
    await paying;
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(paid.length).toBeGreaterThan(0);

    const after = await MailServer.start();
    closing.push(() => after.stop());
    // Three minutes on, when what the dead process had claimed is due again
    const second = start(mailing(after), [
      'data:text/javascript,const now = Date.now; Date.now = () => now() + 180000;',
    ]);
    const reader = new ApiClient(await second.origin(), ada);
    const { body } = await reader.get('/api/transactions?limit=200');
    const ids = (body as { transactions: { id: string; kind: string }[] }).transactions
      .filter(({ kind }) => kind === 'transfer')
      .map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(paid));

    const messageIds = ids.flatMap((id) =>
      ['sent', 'received'].map((side) => `<${id}.${side}@passbook.example>`),
    );
    const taken = before.mails.map(({ parsed }) => parsed.messageId ?? '');
    const delivered = () => after.mails.map(({ parsed }) => parsed.messageId ?? '');
    const isMissing = (id: string) => !taken.includes(id) && !delivered().includes(id);
    while (messageIds.some(isMissing)) await after.received(after.mails.length + 1);
    await expectOrderlyEnd(second);
    expect([...new Set([...taken, ...delivered()])].toSorted()).toEqual(messageIds.toSorted());
    // Once each, but for what the dead process sent last and had no time to note
    expect(new Set(delivered()).size).toBe(delivered().length);
    expect(delivered()).toContain(before.mails[2]?.parsed.messageId);
  });

  it('ends in time while a mail server hangs, and the mail is kept', async () => {
    let hang = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      hang = resolve;
    });
    const server = await MailServer.start({
      beforeYes: () => {
        hang();
        return new Promise(() => {});
      },
    });
    closing.push(() => server.stop());
    const program = start({
      SMTP_URL: server.url,
      MAIL_FROM: 'bank@passbook.example',
      SHUTDOWN_SECONDS: '2',
    });
    await ApiClient.register(await program.origin(), {
      name: 'Ada',
      email: 'ada@example.com',
      password: PASSWORD,
    });
    await hanging;
    await expectOrderlyEnd(program);
    expect(program.log.filter(({ msg }) => msg.startsWith('mail')).map(({ msg }) => msg)).toEqual([
      'mail failed',
    ]);
  });

  it('ends in time while a client never ends its request', async () => {
    const program = start({ SHUTDOWN_SECONDS: '2' });
    const { port } = new URL(await program.origin());
    const socket = connect(Number(port), '127.0.0.1');
    const cut = new Promise<void>((resolve) => {
      socket.on('error', () => {}).on('close', () => resolve());
    });
    await new Promise<void>((resolve) => {
      socket.write('POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{', () =>
        resolve(),
      );
    });
    await expectOrderlyEnd(program);
    await cut;
  });

  it('ends at once at a second signal', async () => {
    let hang = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      hang = resolve;
    });
    const server = await MailServer.start({
      beforeYes: () => {
        hang();
        return new Promise(() => {});
      },
    });
    closing.push(() => server.stop());
    const program = start({
      SMTP_URL: server.url,
      MAIL_FROM: 'bank@passbook.example',
      SHUTDOWN_SECONDS: '3600',
    });
    await ApiClient.register(await program.origin(), {
      name: 'Ada',
      email: 'ada@example.com',
      password: PASSWORD,
    });
    await hanging;
    program.kill('SIGINT');
    await program.logged('stopping');
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.log.at(-1)?.msg).toBe('stopping');
  });

  it('ends with its fault on record after one that nobody caught', async () => {
    const program = start({}, [
      "data:text/javascript,process.on('SIGUSR2', () => void Promise.reject(new Error('boom')));",
    ]);
    await program.logged('started');
    program.kill('SIGUSR2');
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.log.at(-1)).toMatchObject({
      level: 'fatal',
      msg: 'unexpected fault, the process ends',
      err: { message: 'boom' },
    });
  });

  describe('does not start', () => {
    async function refused(program: Program): Promise<string> {
      expect(await program.ended).toEqual({ code: 1, signal: null });
      expect(program.stdout).toBe('');
      return program.stderr;
    }

    it('with a faulty configuration, of which it names every fault and shows nothing', async () => {
      const env = {
        PORT: 'canary',
        JWT_SECRET: 'canary',
        GMAIL_PASS: 'canary',
        SYSTEM_PASSWORD: 'canary',
        MONGO_URI: 'canary',
        NODE_ENV: 'production',
      };
      expect(await refused(start(env))).toBe(`Passbook cannot start: The configuration is not valid:
  PORT must be an integer from 0 to 65535
  MONGO_URI must be mongodb:// or mongodb+srv:// and its hosts, with user:password@ before them if needed, percent-encoded
  JWT_SECRET must have at least 32 bytes
  SYSTEM_PASSWORD must be 8 to 256 characters
  PUBLIC_ORIGIN is required in production, such as https://bank.example
  SYSTEM_EMAIL is required with SYSTEM_PASSWORD
  GMAIL_USER is required with GMAIL_PASS
`);
      expect(await readdir(folder)).toEqual([]);
    });

    it('where a customer has the address of the system user, and grants nothing', async () => {
      const first = start();
      const { ada } = await aBank(first);
      await expectOrderlyEnd(first);

      const env = { SYSTEM_EMAIL: 'Ada@example.com', SYSTEM_PASSWORD: 'canary-system-password' };
      expect(await refused(start(env))).toBe(
        'Passbook cannot start: SYSTEM_EMAIL is the address of a user who is not the system: ada@example.com\n',
      );

      const second = start();
      const again = await ApiClient.signIn(await second.origin(), {
        email: 'ada@example.com',
        password: PASSWORD,
      });
      expect(again).toMatchObject({ userId: ada.userId, role: 'customer' });
    });

    it('with a password of the system user that everybody knows', async () => {
      expect(await refused(start({ SYSTEM_EMAIL: 'a@b.example', SYSTEM_PASSWORD: 'password123' }))).toBe(
        'Passbook cannot start: Cannot create the system user: The request is not valid: "password" is one of the most common passwords: choose another\n',
      );
    });

    it('where somebody else listens', async () => {
      const { port } = new URL(await start({ STORE: 'memory' }).origin());
      expect(await refused(start({ STORE: 'memory', PORT: port }))).toMatch(
        new RegExp(`^Passbook cannot start: .*EADDRINUSE.*:${port}\n$`),
      );
    });

    it('on what is no database', async () => {
      const path = join(folder, 'letter.db');
      await writeFile(path, 'Dear Sir or Madam, this is not a database. '.repeat(100));
      expect(await refused(start({ DATABASE_PATH: path }))).toMatch(
        /^Passbook cannot start: The database .*letter\.db cannot be used: .*\n$/,
      );
    });

    it('where MongoDB cannot be reached, whose password it keeps to itself', async () => {
      const uri = 'mongodb://user:canary@127.0.0.1:1/bank';
      const said = await refused(start({ MONGO_URI: uri }));
      expect(said).toMatch(/^Passbook cannot start: The store cannot be reached, .*127\.0\.0\.1:1\n$/);
      expect(said).not.toContain('canary');
    });
  });

  it('keeps no password that opens nothing', async () => {
    const env = { DATABASE_PATH: join(folder, 'kept', 'passbook.db') };
    const first = start(env);
    await first.origin();
    await expectOrderlyEnd(first);
    await rm(join(folder, 'system-user'));

    const second = start(env);
    await second.logged('the password of the system user is not known here');
    await second.origin();
    expect(second.stdout).toMatch(/system user: system@passbook\.localhost\n$/);
    expect(await readdir(folder)).not.toContain('system-user');
  });

  it('says no secret, at any level of its log', async () => {
    const server = await MailServer.start({ password: 'another' });
    closing.push(() => server.stop());
    const secrets = {
      SYSTEM_PASSWORD: 'canary-system-password',
      JWT_SECRET: 'cAn4ry-jwt-kT7vQ2mX9bR4wL6pZ1nC8sD3f',
    };
    const program = start({
      ...secrets,
      LOG_LEVEL: 'trace',
      SYSTEM_EMAIL: 'system@bank.example',
      SMTP_URL: server.url.replace('//', '//bank:canary-smtp@'),
      MAIL_FROM: 'bank@bank.example',
    });
    const origin = await program.origin();
    const ada = await ApiClient.register(origin, {
      name: 'Ada',
      email: 'ada@example.com',
      password: 'canary-of-ada',
    });
    const system = await ApiClient.signIn(origin, {
      email: 'system@bank.example',
      password: secrets.SYSTEM_PASSWORD,
    });
    await expect(
      ApiClient.signIn(origin, { email: 'ada@example.com', password: 'canary-wrong-password' }),
    ).rejects.toThrow('401');
    await program.logged('the mail server cannot be used, mails wait');
    expect(server.signIns).toBe(1);
    await expectOrderlyEnd(program);

    const said = program.stdout + program.stderr;
    expect(said).toContain('started');
    expect(said).not.toMatch(/canary|cAn4ry/);
    for (const { token } of [ada, system]) expect(said).not.toContain(token.split('.')[2]);
  });
});

describeWithMongo('the server program on MongoDB', () => {
  it('finds its books again after a restart, and names them without their options', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'passbook-main-'));
    const uri = new URL(mongoUri());
    uri.pathname = freshDatabaseName();
    const env = {
      DATA_DIR: folder,
      PORT: '0',
      MONGO_URI: uri.href,
      SYSTEM_EMAIL: 'system@bank.example',
      SYSTEM_PASSWORD: PASSWORD,
    };
    const first = new Program('src/main.ts', { env });
    const origin = await first.origin();
    expect(first.stdout).toContain(`  books:       in MongoDB, ${uri.host}${uri.pathname}\n`);
    const ada = await ApiClient.register(origin, {
      name: 'Ada',
      email: 'ada@example.com',
      password: PASSWORD,
    });
    const toAccount = await ada.openAccount();
    const system = await ApiClient.signIn(origin, { email: env.SYSTEM_EMAIL, password: PASSWORD });
    const funded = await system.fund({ toAccount, amount: 500 });
    await first.until(() => (writtenIn(first).length === 2 ? true : undefined));
    first.kill('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });

    const second = new Program('src/main.ts', { env });
    expect(await new ApiClient(await second.origin(), ada).balance(toAccount)).toBe(500);
    second.kill('SIGINT');
    expect(await second.ended).toEqual({ code: 0, signal: null });
    expect((await readdir(join(folder, 'mail'))).toSorted()).toEqual(
      [`${ada.userId}.welcome.eml`, `${funded}.received.eml`].toSorted(),
    );
    await rm(folder, { recursive: true });
  });

  it.each([1, 2])(
    'spends a balance once, and pays a key once, however many ask of %i at once',
    async (count) => {
      const folder = await mkdtemp(join(tmpdir(), 'passbook-main-'));
      const uri = new URL(mongoUri());
      uri.pathname = freshDatabaseName();
      const env = { DATA_DIR: folder, PORT: '0', MONGO_URI: uri.href };
      const programs = [new Program('src/main.ts', { env })];
      const origins = [await programs[0]!.origin()];
      // One after the other: the second finds the secrets that the first has made
      if (count === 2) {
        programs.push(new Program('src/main.ts', { env }));
        origins.push(await programs[1]!.origin());
      }
      const person = (name: string) => ({ name, email: `${name}@example.com`, password: PASSWORD });
      const ada = await ApiClient.register(origins[0]!, person('ada'));
      const bob = await ApiClient.register(origins[0]!, person('bob'));
      const [from, to] = [await ada.openAccount(), await bob.openAccount()];
      const kept = parseEnv(await readFile(join(folder, 'system-user'), 'utf8'));
      const system = await ApiClient.signIn(origins[0]!, {
        email: kept['SYSTEM_EMAIL'] ?? '',
        password: kept['SYSTEM_PASSWORD'] ?? '',
      });
      await system.fund({ toAccount: from, amount: 100 });
      const doors = origins.map((origin) => new ApiClient(origin, ada));
      const payAll = (amount: number, keyOf: (index: number) => string) =>
        Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            doors[index % doors.length]!.pay({ from, to, amount, key: keyOf(index) }),
          ),
        );

      const spent = await payAll(10, (index) => `debit ${index}`);
      expect(spent.filter(({ status }) => status === 200)).toHaveLength(10);
      expect(
        spent.filter(({ status, code }) => status === 400 && code === 'insufficient_funds'),
      ).toHaveLength(40);
      expect([await ada.balance(from), await bob.balance(to)]).toEqual([0, 100]);

      await system.fund({ toAccount: from, amount: 100 });
      const paid = await payAll(7, () => 'one key');
      expect(new Set(paid.map(({ status, id }) => `${status} ${id}`)).size).toBe(1);
      expect([await ada.balance(from), await bob.balance(to)]).toEqual([93, 107]);

      for (const program of programs) program.kill('SIGTERM');
      for (const program of programs) expect(await program.ended).toEqual({ code: 0, signal: null });
      await rm(folder, { recursive: true });
    },
  );
});

/** Ids of the messages whose mails were written to files, as the log has them. */
function writtenIn(program: Program): readonly (string | undefined)[] {
  return program.log.filter(({ msg }) => msg === 'mail written').map(({ messageId }) => messageId);
}
