import { createHash, randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import type { MongoInspection } from '../../src/adapters/mongo/inspection.ts';
import { newCheckpointKey } from '../../src/adapters/security/index.ts';
import { Connection } from '../../src/adapters/sqlite/connection/connection.ts';
import { loadDriver } from '../../src/adapters/sqlite/connection/driver.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { serverFindings } from '../../src/commands/doctor/check-database.ts';
import { examine } from '../../src/commands/doctor/examine.ts';
import { FINDINGS } from '../../src/commands/doctor/finding.ts';
import type { FindingCode } from '../../src/commands/doctor/finding.ts';
import { thisMachine } from '../../src/commands/doctor/machine.ts';
import type { Machine } from '../../src/commands/doctor/machine.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../src/testing/fixtures/builders.ts';
import { passbook } from '../support/command-line.ts';
import { MailServer, SmtpFault } from '../support/mail-server.ts';
import { describeWithMongo, freshDatabaseName, mongoUri } from '../support/mongo.ts';

const GIB = 2 ** 30;
const DAY_MS = 86_400_000;
/** Each marks a secret, so that a test finds it in what is printed. */
const CANARY = 'cAnArY';

const driver = await loadDriver();
const clock = { now: () => Date.now() };
let template: string;
let folder: string;
let mail: MailServer;
let refusing: MailServer;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'passbook-healthy-'));
  mail = await MailServer.start({ password: `${CANARY}-mail` });
  refusing = await MailServer.start({ refuseConnection: () => new SmtpFault(554, 'No service for you') });
  const fixed = new FixedClock(Date.now());
  const store = await openSqliteStore({ path: join(template, 'passbook.db'), clock: fixed });
  await new TestBank({ store, clock: fixed }).account(aCustomer(), { funds: 100n });
  await store.backup(join(template, 'backup.db'));
  await store.close();
  await writeFile(join(template, '.env'), 'LOG_LEVEL=warn\n', { mode: 0o600 });
});
afterAll(async () => {
  await mail.stop();
  await refusing.stop();
  await rm(template, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passbook-doctor-'));
  await cp(template, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

type Variables = Readonly<Record<string, string>>;

/** A bank in production that lacks nothing. */
function healthyEnv(): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PUBLIC_ORIGIN: 'https://bank.example',
    TRUSTED_PROXIES: '1',
    DATA_DIR: folder,
    SMTP_URL: `smtp://user:${CANARY}-mail@127.0.0.1:${mail.port}`,
    MAIL_FROM: 'Bank <bank@mail.example>',
    JWT_SECRET: `${CANARY}-4f3Hh0Yq1LrW8cTz7Vb2Kd9Xn5Jm6Ps`,
    SYSTEM_EMAIL: 'bank@mail.example',
    SYSTEM_PASSWORD: `${CANARY}-5tGb7uJm`,
    CHECKPOINT_KEY: CHECKPOINT_KEY,
  };
}
const CHECKPOINT_KEY = newCheckpointKey();

const BIG: Machine = {
  ...thisMachine(),
  fileSystemOf: async () => ({ freeBytes: 100 * GIB, network: null }),
};

type Plan = {
  readonly env?: Variables;
  readonly machine?: Partial<Machine>;
  readonly now?: number;
  readonly isOffline?: boolean;
};

async function found({ env = {}, machine = {}, now, isOffline = false }: Plan = {}) {
  const { findings } = await examine({
    env: { ...healthyEnv(), ...env },
    envPath: join(folder, '.env'),
    isOffline,
    machine: { ...BIG, ...machine },
    clock: now === undefined ? clock : { now: () => now },
  });
  return findings.filter(({ level }) => level !== 'ok');
}

function alter(sql: string, name = 'passbook.db'): void {
  const connection = new Connection(driver, join(folder, name), { readOnly: false });
  connection.exec(sql);
  connection.close();
}

async function inOutbox(work: 'wait' | 'give up'): Promise<void> {
  const store = await openSqliteStore({ path: join(folder, 'passbook.db') });
  const at = Date.now() - DAY_MS;
  const message = { kind: 'welcome', id: randomUUID(), at, recipientId: 'u' } as const;
  await store.unitOfWork.run(async ({ outbox }) => {
    await outbox.add(message);
    await outbox.claim({ now: Date.now(), leaseUntil: at, limit: 10 });
    if (work === 'give up') await outbox.giveUp(message.id, { at, reason: 'nobody there' });
  });
  await store.close();
}

async function lastRuns(runs: object): Promise<void> {
  await writeFile(join(folder, 'last-runs.json'), JSON.stringify(runs));
}

async function oldCheckpoint(): Promise<void> {
  const path = join(folder, 'checkpoints', '7.jws');
  await mkdir(join(folder, 'checkpoints'), { mode: 0o700 });
  await writeFile(path, 'signed\n');
  await utimes(path, new Date(), new Date(Date.now() - DAY_MS));
}

type Plant = {
  readonly code: FindingCode;
  /** Part of what is found. */
  readonly says: string | RegExp;
  /** Part of what to do. */
  readonly mend: string;
  readonly plant?: () => Promise<void> | void;
  /** Its fields are read after `plant`. */
  readonly plan?: () => Plan;
};

const MODE = 'mode 644: other users of this machine can read it';

const PLANTS: readonly Plant[] = [
  {
    code: 'node_old',
    says: 'Node 20.18.1',
    mend: 'Node 20.19',
    plan: () => ({ machine: { nodeVersion: '20.18.1' } }),
  },
  {
    code: 'heap_small',
    says: '128 MiB',
    mend: '--max-old-space-size',
    plan: () => ({ machine: { heapLimitBytes: 2 ** 27 } }),
  },
  {
    code: 'memory_short',
    says: 'but there are 512 MiB',
    mend: 'more memory',
    plan: () => ({ machine: { memoryBytes: 2 ** 29 } }),
  },
  {
    code: 'open_files_low',
    says: 'The limit is 1024, and MAX_CONNECTIONS=4000',
    mend: 'ulimit -n',
    plan: () => ({ machine: { openFiles: 1024 } }),
  },
  { code: 'env_file_open', says: MODE, mend: 'chmod 600', plant: () => chmod(join(folder, '.env'), 0o644) },
  {
    code: 'env_file_invalid',
    says: 'line 1 is not NAME=value',
    mend: 'Correct that line',
    plant: () => writeFile(join(folder, '.env'), 'PORT 3000\n'),
  },
  {
    code: 'env_name_unknown',
    says: 'sets PROT',
    mend: 'Correct the name',
    plant: () => writeFile(join(folder, '.env'), 'PROT=3000\n'),
  },
  {
    code: 'config_invalid',
    says: 'PORT must be an integer',
    mend: '.env.example',
    plan: () => ({ env: { PORT: 'x' } }),
  },
  {
    code: 'setting_unused',
    says: 'MONGO_URI is not used',
    mend: 'change STORE',
    plan: () => ({ env: { STORE: 'sqlite', MONGO_URI: 'mongodb://h/b' } }),
  },
  {
    code: 'not_production',
    says: 'other machines can reach',
    mend: 'NODE_ENV=production',
    plan: () => ({ env: { NODE_ENV: 'development' } }),
  },
  {
    code: 'origin_http',
    says: 'PUBLIC_ORIGIN is http',
    mend: 'TLS',
    plan: () => ({ env: { PUBLIC_ORIGIN: 'http://localhost:3000', TRUSTED_PROXIES: '0' } }),
  },
  {
    code: 'proxies_untrusted',
    says: 'TRUSTED_PROXIES is 0',
    mend: 'number of your proxies',
    plan: () => ({ env: { TRUSTED_PROXIES: '0' } }),
  },
  {
    code: 'proxies_absent',
    says: 'could forge its address',
    mend: 'TRUSTED_PROXIES=0',
    plan: () => ({ env: { PUBLIC_ORIGIN: 'https://localhost:3000' } }),
  },
  {
    code: 'mails_not_sent',
    says: 'No mail is sent',
    mend: 'SMTP_URL',
    plan: () => ({ env: { SMTP_URL: '' } }),
  },
  {
    code: 'letterhead_invalid',
    says: 'cannot be read',
    mend: 'BANK_LOGO',
    plan: () => ({ env: { BANK_LOGO: '/nowhere.svg' } }),
  },
  {
    code: 'secret_reused',
    says: 'are the same',
    mend: 'random value of its own',
    plan: () => ({ env: { JWT_SECRET_PREVIOUS: healthyEnv()['JWT_SECRET'] ?? '' } }),
  },
  {
    code: 'system_password_weak',
    says: 'others guess',
    mend: 'openssl rand',
    plan: () => ({ env: { SYSTEM_PASSWORD: 'passwordpassword' } }),
  },
  {
    code: 'checkpoint_key_unset',
    says: 'only copy',
    mend: 'CHECKPOINT_KEY',
    plan: () => ({ env: { CHECKPOINT_KEY: '' } }),
  },
  {
    code: 'secret_file_open',
    says: MODE,
    mend: 'replace the secret',
    plant: async () => {
      await writeFile(join(folder, 'jwt-secret'), 'x'.repeat(64));
      await chmod(join(folder, 'jwt-secret'), 0o644);
    },
  },
  {
    code: 'secret_file_invalid',
    says: 'checkpoint-key does not hold',
    mend: 'Put a copy of the file back',
    plant: () => writeFile(join(folder, 'checkpoint-key'), 'cut off', { mode: 0o600 }),
    plan: () => ({ env: { NODE_ENV: 'production', CHECKPOINT_KEY: '' } }),
  },
  { code: 'data_dir_open', says: 'mode 755', mend: 'chmod 700', plant: () => chmod(folder, 0o755) },
  {
    code: 'data_dir_unwritable',
    says: 'cannot be made in',
    mend: 'Set DATA_DIR',
    plan: () => ({
      env: { DATA_DIR: join(folder, 'passbook.db', 'data'), DATABASE_PATH: join(folder, 'passbook.db') },
    }),
  },
  {
    code: 'disk_low',
    says: '512 MiB free',
    mend: 'Free some space soon',
    plan: () => ({ machine: { fileSystemOf: async () => ({ freeBytes: GIB / 2, network: null }) } }),
  },
  {
    code: 'disk_full',
    says: '128 MiB free',
    mend: 'Free some space now',
    plan: () => ({ machine: { fileSystemOf: async () => ({ freeBytes: GIB / 8, network: null }) } }),
  },
  {
    code: 'network_file_system',
    says: 'is on NFS',
    mend: 'disk of this machine',
    plan: () => ({ machine: { fileSystemOf: async () => ({ freeBytes: 9 * GIB, network: 'NFS' }) } }),
  },
  {
    code: 'store_memory',
    says: 'keeps nothing',
    mend: 'Unset STORE',
    plan: () => ({ env: { STORE: 'memory' } }),
  },
  {
    code: 'database_missing',
    says: 'There are no books at',
    mend: 'DATABASE_PATH',
    plan: () => ({ env: { DATABASE_PATH: join(folder, 'bank.db') } }),
  },
  {
    code: 'database_file_open',
    says: MODE,
    mend: 'chmod 600',
    plant: () => chmod(join(folder, 'passbook.db'), 0o644),
  },
  {
    code: 'database_unusable',
    says: 'file is not a database',
    mend: 'restore FILE',
    plant: () => writeFile(join(folder, 'passbook.db'), 'Dear diary, '.repeat(999)),
  },
  {
    code: 'database_foreign',
    says: 'another program',
    mend: 'of this bank',
    plant: async () => {
      await rm(join(folder, 'passbook.db'));
      alter('CREATE TABLE songs (title TEXT)');
      await chmod(join(folder, 'passbook.db'), 0o600);
    },
  },
  {
    code: 'restore_unfinished',
    says: 'was interrupted',
    mend: 'restore FILE',
    plant: () => writeFile(join(folder, 'passbook.db.restoring'), ''),
  },
  {
    code: 'log_foreign',
    says: 'belongs to other books',
    mend: 'Move the log away',
    plant: async () => {
      await cp(join(folder, 'backup.db'), join(folder, 'passbook.db'));
      await writeFile(join(folder, 'passbook.db-wal'), 'x'.repeat(10_000));
    },
  },
  {
    code: 'schema_newer',
    says: 'written by a newer Passbook',
    mend: 'Install the version',
    plant: () => alter("INSERT INTO schema_migrations VALUES (99, 'of the future', 1)"),
  },
  {
    code: 'schema_unreleased',
    says: 'before the first release',
    mend: 'new database',
    plant: () => alter("UPDATE schema_migrations SET name = 'draft' WHERE number = 1"),
  },
  {
    code: 'schema_behind',
    says: /it has schema \d+, and this program knows/,
    mend: 'passbook migrate up',
    plant: () => alter('DROP TABLE payees; DELETE FROM schema_migrations WHERE number >= 10'),
  },
  {
    code: 'clock_behind',
    says: 's behind the newest entry',
    mend: 'Correct the clock',
    plan: () => ({ now: Date.now() - 3_600_000 }),
  },
  {
    code: 'mails_given_up',
    says: 'given up for 1 batch',
    mend: 'passbook mail list --given-up',
    plant: () => inOutbox('give up'),
  },
  {
    code: 'mails_late',
    says: 'the oldest for 24 h',
    mend: 'Start the server',
    plant: () => inOutbox('wait'),
  },
  {
    code: 'mail_unreachable',
    says: 'ECONNREFUSED',
    mend: 'host and port',
    plan: () => ({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } }),
  },
  {
    code: 'mail_denied',
    says: 'not accepted',
    mend: 'user and password',
    plan: () => ({ env: { SMTP_URL: `smtp://user:wrong@127.0.0.1:${mail.port}` } }),
  },
  {
    code: 'mail_refused',
    says: 'No service for you',
    mend: 'administrator',
    plan: () => ({ env: { SMTP_URL: refusing.url } }),
  },
  {
    code: 'mail_insecure',
    says: /wrong version number/i,
    mend: 'STARTTLS',
    plan: () => ({ env: { SMTP_URL: mail.url.replace('smtp:', 'smtps:') } }),
  },
  {
    code: 'backup_old',
    says: '9 days ago',
    mend: 'passbook backup',
    plant: () => lastRuns({ backup: { at: Date.now() - 9 * DAY_MS, file: 'a.db' } }),
  },
  {
    code: 'verify_old',
    says: '40 days ago',
    mend: 'on a schedule',
    plant: () => lastRuns({ verify: { at: Date.now() - 40 * DAY_MS, faults: 0 } }),
  },
  {
    code: 'verify_failed',
    says: '3 faults',
    mend: 'restore a backup',
    plant: () => lastRuns({ verify: { at: Date.now(), faults: 3 } }),
  },
  {
    code: 'checkpoint_old',
    says: 'Checkpoint 7',
    mend: 'passbook checkpoint',
    plant: oldCheckpoint,
    plan: () => ({ env: { CHECKPOINT_EVERY_SECONDS: '60' } }),
  },
];

/** Codes that come with a planted one, because the plant needs them. */
const COMPANIONS: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  secret_file_invalid: ['checkpoint_key_unset'],
};

describe('the doctor', () => {
  it('finds nothing above ok in a healthy bank', async () => {
    expect(await found()).toEqual([]);
  });

  it.each(PLANTS)('finds a planted fault: $code', async ({ code, says, mend, plant, plan }) => {
    await plant?.();
    const findings = await found(plan?.());
    const codes = findings.map((one) => one.code);
    expect(new Set(codes)).toEqual(new Set([code, ...(COMPANIONS[code] ?? [])]));
    const finding = findings.find((one) => one.code === code);
    expect(finding).toMatchObject({
      level: FINDINGS[code][0],
      found: expect.stringMatching(says) as string,
      mend: expect.stringContaining(mend) as string,
    });
    expect(JSON.stringify(findings)).not.toContain(CANARY);
  });

  it('names all faults of the configuration at once', async () => {
    const findings = await found({ env: { PORT: 'x', JWT_SECRET: '', STORE: 'paper', MAIL_FROM: 'nobody' } });
    expect(findings.map(({ code, found: text }) => [code, text.split(' ')[0]])).toEqual(
      ['PORT', 'STORE', 'MAIL_FROM', 'JWT_SECRET'].map((name) => ['config_invalid', name]),
    );
  });

  it('leaves out the network with --offline, and says so', async () => {
    const env = { ...healthyEnv(), SMTP_URL: 'smtp://127.0.0.1:1' };
    const terms = { env, envPath: join(folder, '.env'), machine: BIG, clock };
    const { findings, notChecked } = await examine({ ...terms, isOffline: true });
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(notChecked).toEqual(['mail']);
  });

  it('prints findings that fit 80 columns, exits 1 for a fault, and changes nothing', async () => {
    await chmod(join(folder, '.env'), 0o644);
    const before = await snapshot();
    const said = await passbook(['doctor'], healthyEnv(), { envPath: join(folder, '.env') });
    expect(said).toMatchObject({ code: 1, stderr: '' });
    expect(said.stdout).toMatch(/^FAULT {4}\.env {11}\S+ has mode 644/m);
    expect(said.stdout).toMatch(/^ {24}Run "chmod 600" on the file\.\n {24}env_file_open$/m);
    expect(said.stdout).toMatch(/\n\n1 fault, No warnings, \d+ ok\n$/);
    expect(Math.max(...said.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(said.stdout).not.toContain('\u001b');
    expect(said.stdout).not.toContain(CANARY);
    expect(await snapshot()).toEqual(before);
  });

  it('prints JSON', async () => {
    const { code, stdout } = await passbook(['doctor', '--json', '--offline'], healthyEnv(), {
      envPath: join(folder, '.env'),
    });
    expect(code).toBe(0);
    const json = JSON.parse(stdout) as { findings: unknown[] };
    expect(json).toMatchObject({ ok: true, notChecked: ['mail'], counts: { fault: 0 } });
    const node = { check: 'Node', level: 'ok', code: null, found: process.versions.node, mend: null };
    expect(json.findings).toContainEqual(node);
  });

  /** The names and contents of all files, but for SQLite's index of the log, in which readers too leave their marks. */
  async function snapshot(): Promise<readonly string[]> {
    const all = await readdir(folder, { recursive: true });
    const names = all.filter((name) => !name.endsWith('-shm')).toSorted();
    return Promise.all(
      names.map(async (name) => {
        const path = join(folder, name);
        const { mode, mtimeMs } = await stat(path);
        const content = createHash('sha256')
          .update(await readFile(path))
          .digest('hex');
        return `${name} ${mode} ${mtimeMs} ${content}`;
      }),
    );
  }
});

describe('the facts about this machine', () => {
  it('are read from it', async () => {
    const machine = thisMachine();
    expect(machine.nodeVersion).toBe(process.versions.node);
    expect(machine.heapLimitBytes).toBeGreaterThan(2 ** 26);
    expect(machine.memoryBytes).toBeGreaterThan(2 ** 26);
    if (process.platform === 'linux') expect(machine.openFiles).toBeGreaterThan(100);
    expect((await machine.fileSystemOf(folder))?.freeBytes).toBeGreaterThan(0);
    expect(await machine.fileSystemOf('/nowhere')).toBeNull();
  });
});

describe('a server of MongoDB', () => {
  const whole: MongoInspection = {
    databaseName: 'bank',
    serverVersion: '7.0.1',
    topology: 'replica_set',
    members: 3,
    arbiters: 0,
    healthyMembers: 3,
    clockOffMs: 0,
    schema: { version: 12, known: 12, applied: [], missing: [], refusal: null },
    missingIndexes: [],
    outbox: null,
  };

  test.for<[Partial<MongoInspection>, (FindingCode | null)[]]>([
    [{}, [null]],
    [{ healthyMembers: null }, [null]],
    [{ topology: 'sharded', members: 0 }, [null]],
    [{ serverVersion: '5.0.9' }, ['mongo_old']],
    [{ topology: 'standalone', members: 0 }, ['mongo_standalone']],
    [{ members: 1, healthyMembers: 1 }, ['mongo_single_member']],
    [{ members: 2, healthyMembers: 2, arbiters: 1 }, ['mongo_arbiter']],
    [{ healthyMembers: 2 }, ['mongo_member_down']],
  ])('with %j: %j', ([changed, codes]) => {
    expect(serverFindings({ ...whole, ...changed }).map(({ code }) => code)).toEqual(codes);
  });
});

describeWithMongo('the doctor of books in MongoDB', () => {
  let name: string;
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(mongoUri());
    name = freshDatabaseName();
    await (await openMongoStore({ uri: uriOf(name) })).close();
  });
  afterAll(() => client.close());

  function uriOf(database: string, { user = '', more = '' } = {}): string {
    const uri = new URL(mongoUri());
    uri.pathname = `/${database}`;
    return `${uri.href.replace('://', `://${user}`)}${more}`;
  }
  /** All but the warning that the replica set of the tests has one member. */
  async function codesOf(uri: string, plan: Plan = {}) {
    const findings = await found({ ...plan, env: { MONGO_URI: uri, ...plan.env } });
    expect(JSON.stringify(findings)).not.toContain(CANARY);
    return findings.map(({ code }) => code).filter((code) => code !== 'mongo_single_member');
  }

  it('finds nothing in healthy books, but that the replica set has one member', async () => {
    expect((await found({ env: { MONGO_URI: uriOf(name) } })).map(({ code }) => code)).toEqual([
      'mongo_single_member',
    ]);
  });

  it('finds a server that cannot be reached, and a user that it does not know', async () => {
    expect(await codesOf(`mongodb://user:${CANARY}@127.0.0.1:1/bank?serverSelectionTimeoutMS=100`)).toEqual([
      'database_unreachable',
    ]);
    expect(await codesOf(uriOf(name, { user: `user:${CANARY}@` }))).toEqual(['database_denied']);
  });

  it('finds a clock that is off, and options without effect', async () => {
    const now = Date.now() + 60_000;
    expect(await codesOf(uriOf(name), { now })).toEqual(['clock_off']);
    expect(await codesOf(uriOf(name, { more: '&w=1&journal=false' }))).toEqual([
      'mongo_concern_ignored',
      'mongo_concern_ignored',
    ]);
    const far = `mongodb://user:${CANARY}@far.example:27017/bank`;
    expect(await codesOf(far, { isOffline: true })).toEqual(['mongo_unencrypted']);
    expect(await codesOf(`${far}?tls=true`, { isOffline: true })).toEqual([]);
  });

  it('finds an index that is missing or has other rules, which a migration makes again', async () => {
    const db = client.db(name);
    await db.collection('users').dropIndex('by_email');
    await db.collection('users').createIndexes([{ key: { email: 1 }, name: 'by_email' }]);
    await db.collection('payees').dropIndex('by_user');
    const findings = await found({ env: { MONGO_URI: uriOf(name) } });
    expect(findings.filter(({ code }) => code === 'index_missing').map(({ found: text }) => text)).toEqual([
      'The index users.by_email is missing',
      'The index payees.by_user is missing',
    ]);
    const { code, stdout } = await passbook(['migrate', 'up'], { MONGO_URI: uriOf(name) });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Made the index users.by_email again\nMade the index payees.by_user again\n',
    });
    expect(await codesOf(uriOf(name))).toEqual([]);
  });

  it('finds a database of another program, of a newer version, and of an older one', async () => {
    const [foreign, newer, older] = [freshDatabaseName(), freshDatabaseName(), freshDatabaseName()];
    await client.db(foreign).collection('users').insertOne({ nick: 'bob' });
    expect(await codesOf(uriOf(foreign))).toEqual(['database_foreign']);
    const migration = { name: 'of the future', appliedAt: new Date() };
    await client
      .db(newer)
      .collection<{ _id: number }>('schema')
      .insertOne({ _id: 99, ...migration });
    expect(await codesOf(uriOf(newer))).toEqual(['schema_newer']);
    expect(await codesOf(uriOf(older))).toEqual(['schema_behind']);
    const names = (await client.db().admin().listDatabases()).databases.map((one) => one.name);
    expect(names).not.toContain(older);
    for (const database of [foreign, newer]) await client.db(database).dropDatabase();
  });
});
