import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { StoreWatch } from '../../src/application/availability/store-watch.ts';
import { nextTurn } from '../../src/application/event-loop.ts';
import type { TransferResult } from '../../src/application/views.ts';
import { userTransfers } from '../../src/application/transfers/user-transfers.ts';
import { PassbookError } from '../../src/domain/errors.ts';
import type { Member, ReplicaSet } from '../../scripts/mongo-replica-set.ts';
import type { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, freshId } from '../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../src/testing/fixtures/builders.ts';
import { ApiClient } from '../support/api-client.ts';
import { describeWithMongo, freshDatabaseName, startReplicaSet } from '../support/mongo.ts';
import { openMongoBank, withRawClient } from '../support/mongo-bank.ts';
import type { MongoBank } from '../support/mongo-bank.ts';
import { Program } from '../support/program.ts';

/** Enough for two units at a time. */
const WORKERS = 160;
const ACCOUNTS = 60;
const FUNDS = 1_000_000n;

/** Its times are not asserted, only that nothing is lost, nothing is done twice, and that it goes on. */
describeWithMongo('a replica set of three', () => {
  let set: ReplicaSet;
  const databaseName = freshDatabaseName();
  let mongo: MongoBank;
  let owner: Customer;
  let accountIds: readonly string[];

  beforeAll(async () => {
    set = await startReplicaSet({ nodes: 3, electionTimeoutMs: 1000 });
    mongo = await openMongoBank({
      uri: set.uri(),
      databaseName,
      limits: { deadlineMs: 3000 },
    });
    owner = aCustomer();
    accountIds = await Promise.all(
      Array.from({ length: ACCOUNTS }, () => mongo.bank.account(owner, { funds: FUNDS })),
    );
  });
  // A member that the test before has restarted may still be behind, and two tests need it for a majority
  beforeEach(() =>
    withRawClient(set.uri(freshDatabaseName()), (client) =>
      client
        .db()
        .collection('seen')
        .insertOne({}, { writeConcern: { w: set.members.length } }),
    ),
  );
  afterAll(async () => {
    await mongo?.close();
    await set?.stop();
  });

  it.each(['first', 'second'])(
    'loses nothing and pays nothing twice when its primary is killed under load, for the %s time',
    async () => {
      const load = new Load(mongo, owner, accountIds);
      const running = load.run();
      await load.acknowledged(200);
      const primary = await set.primary();
      await primary.kill();
      // Sent after the kill was over: someone else has taken them
      await load.acknowledged(500);
      load.stop();
      await running;
      await primary.start();
      expect(await load.audit()).toEqual({ lost: [], notOnce: [], wrongBooks: [], sumChangedBy: 0n });
    },
  );

  it('is unavailable within the deadline without its majority, and recovers with it', async () => {
    const { bank } = mongo;
    const [from, to] = accountIds as [string, string];
    const primary = await set.primary();
    const others = set.members.filter((member) => member !== primary);
    for (const other of others) other.freeze();

    const key = freshId();
    const request = { sourceAccountId: from, destinationAccountId: to, amount: 1n, idempotencyKey: key };
    const fault = await bank.ledger.transferFunds(owner, request).catch((one: unknown) => one);
    expect(fault).toBeInstanceOf(PassbookError);
    expect(['unavailable', 'outcome_unknown']).toContain((fault as PassbookError).code);

    for (const other of others) other.thaw();
    const settled = await untilAnswered(() => bank.ledger.transferFunds(owner, request));
    expect(settled).toMatchObject({ ok: true });
    expect(await bank.ledger.transferFunds(owner, request)).toEqual({ ...settled, replayed: true });
  });

  it('refuses commands at once while it has no majority, and takes them again by itself', async () => {
    const events: string[] = [];
    let wake = (): void => {};
    const note = (_facts: object, event: string): void => {
      events.push(event);
      wake();
    };
    const until = async (event: string): Promise<void> => {
      while (!events.includes(event)) await new Promise<void>((resolve) => (wake = resolve));
    };
    const log = { info: note, warn: note, error: note };
    const { clock } = mongo.bank;
    const watch = new StoreWatch({ store: mongo.store, clock, log });
    const bank = new TestBank({ store: watch.store, clock, limits: { deadlineMs: 3000 } });
    const [from, to] = accountIds as [string, string];
    const primary = await set.primary();
    const others = set.members.filter((member) => member !== primary);
    for (const other of others) other.freeze();

    const request = {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 1n,
      idempotencyKey: freshId(),
    };
    const pay = () => bank.ledger.transferFunds(owner, request);
    try {
      await expect(pay()).rejects.toMatchObject({ retry: 'same_key' });
      await until('the store refuses writes');
      const refused = { code: 'unavailable', facts: { component: 'store' } };
      await expect(pay()).rejects.toMatchObject(refused);
    } finally {
      for (const other of others) other.thaw();
    }
    await until('the store takes writes again');
    const settled = await untilAnswered(pay);
    expect(settled).toMatchObject({ ok: true });
    expect(await pay()).toEqual({ ...settled, replayed: true });
    watch.close();
  });

  it('without replication acknowledges nothing that the loss of its primary could undo', async () => {
    const { bank } = mongo;
    const [from, to] = accountIds as [string, string];
    const primary = await set.primary();
    const others = set.members.filter((member) => member !== primary);
    for (const other of others) await setReplication(other, 'off');

    const request = {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 1n,
      idempotencyKey: freshId(),
    };
    const answer = await bank.ledger.transferFunds(owner, request).catch((one: unknown) => one);
    await primary.kill();
    for (const other of others) await setReplication(other, 'on');
    const settled = await untilAnswered(() => bank.ledger.transferFunds(owner, request));
    await primary.start();

    // An answer that said it was done would have to be what the key tells now
    const kept = answer instanceof PassbookError ? answer.retry : answer;
    expect(kept).toEqual(answer instanceof PassbookError ? 'same_key' : { ...settled, replayed: false });
    const transfers = await userTransfers(bank.reads, owner.id, { before: null, limit: 1 });
    expect(transfers.map(({ id }) => id)).toEqual([settled.ok && settled.transfer.transferId]);
  });

  it('does not answer reads from a member that lacks a payment it has acknowledged', async () => {
    const [from, to] = accountIds as [string, string];
    const other = await openMongoBank({
      uri: set.uri(),
      databaseName,
      serverSelectionTimeoutMs: 200,
      timeoutMs: 1500,
    });
    const before = await other.bank.balanceOf(from);
    const primary = await set.primary();
    const [behind, second] = set.members.filter((member) => member !== primary) as [Member, Member];
    await setReplication(behind, 'off');
    const request = {
      sourceAccountId: from,
      destinationAccountId: to,
      amount: 7n,
      idempotencyKey: freshId(),
    };
    // On a busy machine the primary may change meanwhile
    const pay = () => other.bank.ledger.transferFunds(owner, request);
    expect(await untilAnswered(pay)).toMatchObject({ ok: true });
    await Promise.all([primary.kill(), second.kill()]);

    const unavailable = { code: 'unavailable' };
    try {
      await expect(other.bank.reads.account(from)).rejects.toMatchObject(unavailable);
      await expect(other.bank.reads.account(from)).rejects.toMatchObject(unavailable);
    } finally {
      await setReplication(behind, 'on');
      await Promise.all([primary.start(), second.start()]);
    }
    expect(await untilAnswered(() => other.bank.balanceOf(from))).toBe(before - 7n);
    await other.close();
  });

  it('serves reads through the program without its majority, and refuses payments with a reason', async () => {
    const program = await ProgramOnSet.start(set);
    try {
      const { system, account, payment, key } = program;
      const primary = await set.primary();
      const others = set.members.filter((member) => member !== primary);
      const lost = await lossOfPrimary(set.uri());
      await Promise.all(others.map((other) => other.kill()));
      await lost.seen;

      // They take as long as the program waits for a primary
      const next = freshId();
      const [first, ready, signIn] = [program.fund(next), system.get('/readyz'), program.signIn()];
      expect(await system.balance(account)).toBe(5);
      const paths = [
        ...['', '/statement', '/entries', '/statements'].map((path) => `/api/accounts/${account}${path}`),
        '/api/accounts',
        '/api/transactions',
        `/api/transactions/${payment}`,
        `/api/transactions/by-key/${key}?operation=initial_funds`,
        '/api/auth/me',
        '/api/auth/sessions',
        '/api/auth/keys',
        '/api/payees',
      ];
      for (const path of paths) expect([path, (await system.get(path)).status]).toEqual([path, 200]);
      expect(await program.withKey('/api/accounts')).toBe(200);
      // Another server might have more
      const long = `/api/accounts/balance/${account}?at=2020-01-01T00:00:00Z`;
      expect(await system.get(long)).toMatchObject({ body: { balance: 0, final: false } });
      const unknown = `/api/transactions/by-key/${next}?operation=initial_funds`;
      expect(await system.get(unknown)).toMatchObject({ status: 503, body: { code: 'unavailable' } });

      expect(await first).toMatchObject({ status: 503, body: { retry: 'same_key' } });
      await program.logged('the store refuses writes');
      const facts = { code: 'unavailable', retry: 'same_key', component: 'store' };
      expect(await ready).toMatchObject({ status: 503, body: facts });
      expect(await signIn).toMatchObject({ status: 503, body: { code: 'unavailable', retry: 'same_key' } });
      expect(await system.get('/readyz')).toMatchObject({ status: 503, body: facts });
      expect(await system.get('/healthz')).toMatchObject({ status: 200 });
      expect(await program.fund(next)).toMatchObject({ status: 503, body: facts });
      expect(await program.page('/profile')).toContain('The bank takes no payments at the moment.');

      await Promise.all(others.map((other) => other.start()));
      await program.logged('the store takes writes again');
      expect(await program.fund(next)).toMatchObject({ status: 200 });
      expect(await program.fund(next)).toMatchObject({ status: 200 });
      expect(await system.balance(account)).toBe(6);
      expect(await system.get('/readyz')).toMatchObject({ status: 200 });
      expect(await program.page('/profile')).not.toContain('takes no payments');
    } finally {
      await program.dispose();
    }
  });
});

const PERSON = { email: 'system@bank.example', password: 'a-good-long-passphrase' };

/** The server on the set, with a signed-in operator, an account and a payment into it. */
class ProgramOnSet {
  readonly #program: Program;
  readonly #folder: string;
  #origin = '';
  #apiKey = '';
  system!: ApiClient;
  account = '';
  payment = '';
  readonly key = freshId();

  private constructor({ program, folder }: { program: Program; folder: string }) {
    this.#program = program;
    this.#folder = folder;
  }

  static async start(set: ReplicaSet): Promise<ProgramOnSet> {
    const folder = await mkdtemp(join(tmpdir(), 'passbook-majority-'));
    const program = new Program('src/main.ts', {
      env: {
        MONGO_URI: set.uri(freshDatabaseName()),
        DATA_DIR: folder,
        PORT: '0',
        SYSTEM_EMAIL: PERSON.email,
        SYSTEM_PASSWORD: PERSON.password,
      },
    });
    const started = new ProgramOnSet({ program, folder });
    started.#origin = await started.#program.origin();
    started.system = await ApiClient.signIn(started.#origin, PERSON);
    started.account = await started.system.openAccount();
    const { body } = await started.fund(started.key, 5);
    started.payment = (body as { transaction: { id: string } }).transaction.id;
    const terms = { name: 'Reader', password: PERSON.password, scopes: ['read'] };
    const made = await started.#post('/api/auth/keys', terms);
    started.#apiKey = (made.body as { secret: string }).secret;
    return started;
  }

  fund(idempotencyKey: string, amount = 1) {
    const body = { toAccount: this.account, amount, idempotencyKey };
    return this.#post('/api/transactions/system/initial-funds', body);
  }

  signIn() {
    return this.#post('/api/auth/login', PERSON);
  }

  /** Reads a page as a browser does. */
  async page(path: string): Promise<string> {
    const headers = { accept: 'text/html', cookie: `session=${this.system.token}` };
    return (await fetch(`${this.#origin}${path}`, { headers })).text();
  }

  async withKey(path: string): Promise<number> {
    const headers = { authorization: `Bearer ${this.#apiKey}` };
    return (await fetch(`${this.#origin}${path}`, { headers })).status;
  }

  logged(msg: string) {
    return this.#program.logged(msg);
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
    await rm(this.#folder, { recursive: true });
  }

  async #post(path: string, body: object) {
    const headers = { authorization: `Bearer ${this.system.token}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${this.#origin}${path}`, init);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
}

/** Watches a set that has a primary. `seen` resolves once it has none. */
async function lossOfPrimary(uri: string): Promise<{ readonly seen: Promise<void> }> {
  const client = new MongoClient(uri, { heartbeatFrequencyMS: 500 });
  await client.connect();
  const seen = new Promise<void>((resolve) => {
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      if (newDescription.type === 'ReplicaSetNoPrimary') resolve();
    });
  });
  return { seen: seen.then(() => client.close()) };
}

/** Whether a secondary fetches what the primary writes. */
async function setReplication(member: Member, state: 'on' | 'off'): Promise<void> {
  const mode = state === 'off' ? 'alwaysOn' : 'off';
  await member.run((client) => client.db('admin').command({ configureFailPoint: 'stopReplProducer', mode }));
}

type Attempt = { readonly key: string; readonly result: TransferResult };

/** Workers that each pay and pay, and send the same key again until they are answered. */
class Load {
  readonly #mongo: MongoBank;
  readonly #owner: Customer;
  readonly #accountIds: readonly string[];
  readonly #answered: Attempt[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];
  #isStopping = false;
  #opening = 0n;

  constructor(mongo: MongoBank, owner: Customer, accountIds: readonly string[]) {
    this.#mongo = mongo;
    this.#owner = owner;
    this.#accountIds = accountIds;
  }

  async run(): Promise<void> {
    this.#opening = await this.#sum();
    await Promise.all(Array.from({ length: WORKERS }, (_, worker) => this.#work(worker)));
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Resolves once `more` further transfers have been answered. */
  acknowledged(more: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ count: this.#answered.length + more, resolve });
    });
  }

  /** What is wrong with the books: each answered transfer stands in them once on each side, and they add up. */
  async audit() {
    const { reads } = this.#mongo.bank;
    const lost: string[] = [];
    for (const { key, result } of this.#answered) {
      const record = await reads.record({ scope: `user:${this.#owner.id}`, operation: 'transfer', key });
      const transfer = result.ok && (await reads.transfer(result.transfer.transferId));
      if (!record || !transfer) lost.push(key);
    }
    const ids = this.#answered.map(({ result }) => (result.ok ? result.transfer.transferId : result.code));
    const entries = new Map<string, number>();
    const wrongBooks: string[] = [];
    for (const accountId of this.#accountIds) {
      const book = await this.#mongo.bank.entriesOf(accountId);
      for (const { transferId } of book) entries.set(transferId, (entries.get(transferId) ?? 0) + 1);
      if (!(await this.#isRight(accountId, book))) wrongBooks.push(accountId);
    }
    return {
      lost,
      notOnce: ids.filter((id, index) => entries.get(id) !== 2 || ids.indexOf(id) !== index),
      wrongBooks,
      sumChangedBy: (await this.#sum()) - this.#opening,
    };
  }

  async #isRight(accountId: string, book: readonly LedgerEntry[]): Promise<boolean> {
    let sum = 0n;
    for (const { direction, posted } of book) sum += direction === 'credit' ? posted : -posted;
    const inOrder = book.every(({ sequence }, index) => sequence === index + 1);
    return inOrder && sum === (await this.#mongo.bank.balanceOf(accountId));
  }

  async #work(worker: number): Promise<void> {
    for (let turn = worker; !this.#isStopping; turn++) {
      const key = freshId();
      const request = {
        sourceAccountId: this.#accountIds[turn % ACCOUNTS]!,
        destinationAccountId: this.#accountIds[(turn + 1) % ACCOUNTS]!,
        amount: 1n,
        idempotencyKey: key,
      };
      const result = await untilAnswered(() => this.#mongo.bank.ledger.transferFunds(this.#owner, request));
      this.#answered.push({ key, result });
      for (const { count, resolve } of this.#waiting) if (this.#answered.length >= count) resolve();
    }
  }

  async #sum(): Promise<bigint> {
    let sum = 0n;
    for (const id of this.#accountIds) sum += await this.#mongo.bank.balanceOf(id);
    return sum;
  }
}

/** Retries with the same key, as a client does when an answer allows it. */
async function untilAnswered<R>(send: () => Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await send();
    } catch (fault) {
      if (!(fault instanceof PassbookError) || fault.retry !== 'same_key') throw fault;
      // A refusal comes at once, and what ends it needs a turn
      await nextTurn();
    }
  }
}
