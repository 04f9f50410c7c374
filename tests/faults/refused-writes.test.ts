import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock, freshId } from '../../src/testing/fixtures/builders.ts';
import { ApiClient } from '../support/api-client.ts';
import { Program } from '../support/program.ts';
import { CAN_MOUNT, SmallDisk } from '../support/small-disk.ts';

const EMAIL = 'system@bank.example';
const PASSWORD = 'a-good-long-passphrase';

type Answered = {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly wait: string | null;
};

/** A bank on SQLite as its own process, with one account of the system and one credited account. */
class SomeBank {
  readonly #program: Program;
  readonly #folder: string;
  #origin = '';
  #token = '';
  account = '';

  constructor(folder: string) {
    this.#folder = folder;
    this.#program = new Program('src/main.ts', {
      env: { DATA_DIR: folder, PORT: '0', SYSTEM_EMAIL: EMAIL, SYSTEM_PASSWORD: PASSWORD },
    });
  }

  async open(): Promise<void> {
    this.#origin = await this.#program.origin();
    const system = await ApiClient.signIn(this.#origin, { email: EMAIL, password: PASSWORD });
    this.#token = system.token;
    this.account = await system.openAccount();
  }

  get pid(): number {
    return this.#program.pid;
  }

  async call(route: string, body?: object): Promise<Answered> {
    const [method = '', path = ''] = route.split(' ');
    const answer = await fetch(`${this.#origin}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const wait = answer.headers.get('retry-after');
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, wait };
  }

  fund(key: string): Promise<Answered> {
    const body = { toAccount: this.account, amount: 1, idempotencyKey: key };
    return this.call('POST /api/transactions/system/initial-funds', body);
  }

  async balance(): Promise<unknown> {
    return (await this.call(`GET /api/accounts/balance/${this.account}`)).body['balance'];
  }

  logged(msg: string) {
    return this.#program.logged(msg);
  }

  /** Stops the bank, and verifies its books. Returns their faults. */
  async faults(): Promise<readonly unknown[]> {
    this.#program.kill('SIGTERM');
    expect(await this.#program.ended).toEqual({ code: 0, signal: null });
    await using store = await openSqliteStore({ path: join(this.#folder, 'passbook.db') });
    const { faults } = await new TestBank({ store, clock: new FixedClock() }).ledger.verifyBooks();
    return faults;
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }
}

/** Refuses a command with a clear reason, reads on, and works again by itself. */
async function expectRefusalAndRecovery(
  bank: SomeBank,
  { message, end }: { message: string; end: () => void },
): Promise<void> {
  const refusal = await bank.logged('the store refuses writes');
  expect(refusal).toMatchObject({ level: 'error', component: 'store', code: 'storage_full' });
  const key = freshId();
  const refused = await bank.fund(key);
  const facts = { code: 'storage_full', message, retry: 'same_key', component: 'store' };
  expect(refused).toMatchObject({ status: 503, body: facts, wait: '10' });
  const { since } = refused.body;
  expect(await bank.call('GET /readyz')).toMatchObject({ status: 503, body: { ...facts, since } });
  const signIn = await bank.call('POST /api/auth/login', { email: EMAIL, password: PASSWORD });
  expect(signIn).toMatchObject({ status: 503, body: facts });
  expect(await bank.balance()).toBe(1);
  const reads = [`accounts/${bank.account}/statement`, 'transactions', 'auth/me', 'auth/sessions', 'payees'];
  for (const path of reads) {
    expect([path, (await bank.call(`GET /api/${path}`)).status]).toEqual([path, 200]);
  }

  end();
  await bank.logged('the store takes writes again');
  expect(await bank.call('GET /readyz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await bank.fund(key)).toMatchObject({ status: 200 });
  expect(await bank.fund(key)).toMatchObject({ status: 200 });
  expect(await bank.balance()).toBe(2);
}

describe.skipIf(!CAN_MOUNT)('a bank whose disk is full', () => {
  let disk: SmallDisk;
  let bank: SomeBank;
  beforeEach(() => {
    disk = new SmallDisk({ megabytes: 4 });
    bank = new SomeBank(disk.folder);
  });
  afterEach(async () => {
    await bank.dispose();
    disk.remove();
  });

  it('refuses commands, reads on, and takes commands again once there is room', async () => {
    await bank.open();
    expect(await bank.fund(freshId())).toMatchObject({ status: 200 });
    disk.fill();
    expect(await bank.fund(freshId())).toMatchObject({ status: 503, body: { code: 'storage_full' } });
    const message = 'The store has no space left, nothing was done';
    await expectRefusalAndRecovery(bank, { message, end: () => disk.free() });
    expect(await bank.faults()).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('a bank whose files take no more bytes', () => {
  let folder: string;
  let bank: SomeBank;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'passbook-unwritable-'));
    bank = new SomeBank(folder);
  });
  afterEach(async () => {
    await bank.dispose();
    rmSync(folder, { recursive: true });
  });

  /** Limits the size of the files that the process writes, as a disk that was mounted read-only does. */
  function limitFiles(bytes: number | 'unlimited'): void {
    execFileSync('prlimit', ['--pid', `${bank.pid}`, `--fsize=${bytes}:unlimited`]);
  }

  it('does not know the outcome of the first command, refuses the next ones, and recovers', async () => {
    await bank.open();
    expect(await bank.fund(freshId())).toMatchObject({ status: 200 });
    // That mail's mark is the last write in the background: the next one is the command's
    await bank.logged('mail written');
    limitFiles(4096);
    const key = freshId();
    expect(await bank.fund(key)).toMatchObject({ status: 503, body: { code: 'outcome_unknown' } });
    const message = 'The store cannot be written, nothing was done';
    await expectRefusalAndRecovery(bank, { message, end: () => limitFiles('unlimited') });
    // It was not done: the same key does it once
    expect(await bank.fund(key)).toMatchObject({ status: 200 });
    expect(await bank.balance()).toBe(3);
    expect(await bank.faults()).toEqual([]);
  });
});
