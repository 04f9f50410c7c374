/**
 * `npm run copy-bank`: makes a large bank with the real ledger, copies it from SQLite to MongoDB and back with the real
 * command, kills the first run, and checks the books, a checkpoint and a statement in each store.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../src/adapters/sqlite/index.ts';
import { createLedger } from '../src/index.ts';
import { collectGarbage } from '../src/testing/fixtures/garbage.ts';
import { findMongod, mongodSources } from './mongod.ts';
import { freePorts, ReplicaSet } from './mongo-replica-set.ts';

const BATCH = 1_000;
const CUSTOMERS = 200;

const { values } = parseArgs({ options: { transfers: { type: 'string', default: '100000' } } });
const transfers = Number(values.transfers);
const folder = await mkdtemp(join(tmpdir(), 'passbook-copy-bank-'));
const [original, back] = [join(folder, 'original.db'), join(folder, 'back.db')];

/** Returns the id of an account with many entries. */
async function makeBank(): Promise<string> {
  const store = await openSqliteStore({ path: original });
  const ledger = createLedger({ store, notify: true });
  const owners = Array.from({ length: CUSTOMERS }, (_, index) => ({
    kind: 'user' as const,
    id: `customer-${index}`,
    name: `Customer ${index}`,
  }));
  const accounts: string[] = [];
  for (const owner of owners) {
    const opened = await ledger.openAccount(owner, { idempotencyKey: 'open' });
    if (!opened.ok) throw new Error(opened.code);
    accounts.push(opened.account.accountId);
    const funds = { destinationAccountId: opened.account.accountId, amount: 1_000_000n };
    await ledger.fundAccount({ kind: 'system' }, { ...funds, idempotencyKey: `fund ${owner.id}` });
  }
  const at = (index: number) => accounts[index % CUSTOMERS] ?? '';
  for (let made = 0; made < transfers; made += BATCH) {
    const payer = (made / BATCH) % CUSTOMERS;
    const orders = Array.from({ length: Math.min(BATCH, transfers - made) }, (_, index) => ({
      sourceAccountId: at(payer),
      destinationAccountId: at(payer + 1 + (index % (CUSTOMERS - 1))),
      amount: 1n,
      description: `Order ${made + index}`,
    }));
    const owner = owners[payer];
    if (!owner) throw new Error('No such customer');
    const result = await ledger.submitBatch(owner, { transfers: orders, idempotencyKey: `batch ${made}` });
    if (!result.ok) throw new Error('The batch was refused');
  }
  await ledger.close();
  await store.close();
  return at(0);
}

/** On Node 20 the file of a closed store stays locked until its statements are collected. */
async function releaseFile(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await setImmediate();
    collectGarbage();
  }
}

type Run = { readonly stdout: string; readonly stderr: string; readonly signal: string | null };

/** Runs the command over the store, and kills it with SIGKILL once its progress matches. */
async function passbook(env: Record<string, string>, args: string[], killedAt?: RegExp): Promise<Run> {
  const child = spawn(process.execPath, ['dist/cli.js', ...args], {
    env: { PATH: process.env['PATH'], DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (killedAt?.test(stderr)) child.kill('SIGKILL');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0 && signal === null) throw new Error(`passbook ${args.join(' ')}: ${stdout}${stderr}`);
  return { stdout, stderr, signal };
}

async function proofs(env: Record<string, string>, account: string): Promise<string> {
  const checkpoint = join(folder, 'checkpoints', '1.jws');
  const { stdout } = await passbook(env, ['verify', '--json', '--checkpoint', checkpoint]);
  console.log(`verify: ${stdout.trim()}`);
  return (await passbook(env, ['export-statement', account])).stdout;
}

const mongod = await findMongod(mongodSources());
const replicaSet = new ReplicaSet({
  binary: mongod.path,
  directory: join(folder, 'mongo'),
  ports: await freePorts(1),
  electionTimeoutMs: 2000,
});
try {
  await replicaSet.start();
  const uri = replicaSet.uri('copied');
  const [here, there, home] = [{ DATABASE_PATH: original }, { MONGO_URI: uri }, { DATABASE_PATH: back }];
  const began = performance.now();
  const account = await makeBank();
  await releaseFile();
  console.log(`Made ${transfers} transfers in ${Math.round((performance.now() - began) / 1_000)} s`);
  await passbook(here, ['checkpoint']);
  const statement = (await passbook(here, ['export-statement', account])).stdout;

  const killed = await passbook(here, ['copy', '--to', uri], /^copy transfers: [\d,]{5}/m);
  console.log(`Killed by ${killed.signal} after: ${killed.stderr.trim().split('\n').at(-1)}`);
  const forth = await passbook(here, ['copy', '--to', uri, '--json']);
  console.log(`${forth.stderr}to MongoDB, resumed: ${forth.stdout}`);
  const returned = await passbook(there, ['copy', '--to', back, '--json']);
  console.log(`${returned.stderr}back to SQLite: ${returned.stdout}`);
  for (const store of [there, home]) {
    const same = (await proofs(store, account)) === statement;
    console.log(`the proof of the statement is ${same ? 'the same' : 'ANOTHER'}`);
    if (!same) process.exitCode = 1;
  }
} finally {
  await replicaSet.stop();
  await rm(folder, { recursive: true });
}
