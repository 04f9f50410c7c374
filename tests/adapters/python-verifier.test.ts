import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/index.ts';
import {
  createCheckpointSigner,
  newCheckpointKey,
  publicCheckpointKey,
} from '../../src/adapters/security/index.ts';
import type { StatementProof } from '../../src/domain/integrity/statement-proof.ts';
import { TestBank, SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from '../support/checkpoints.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/verify_chain.py', import.meta.url));
const VECTORS = fileURLToPath(new URL('../domain/golden/chain-v1.json', import.meta.url));

type Said = { readonly code: number; readonly stdout: string };

function python(...args: string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    execFile('python3', [SCRIPT, ...args], (error, stdout) => {
      if (error && typeof error.code !== 'number')
        reject(new Error('python3 does not run', { cause: error }));
      else resolve({ code: Number(error?.code ?? 0), stdout: stdout.trim() });
    });
  });
}

/** The encoding as a program in another language follows it, that shares no line with this one. */
describe('the verifier in Python', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passbook-python-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('agrees with the golden vectors, and with none that were changed', async () => {
    const text = await readFile(VECTORS, 'utf8');
    const { vectors } = JSON.parse(text) as { vectors: unknown[] };
    expect(await python('vectors', VECTORS)).toEqual({ code: 0, stdout: `${vectors.length} vectors agree` });
    const changed = join(folder, 'changed.json');
    await writeFile(changed, text.replace('"posted": "250"', '"posted": "251"'));
    expect(await python('vectors', changed)).toMatchObject({ code: 1 });
  });

  it('verifies the proof of a statement, signature and all', async () => {
    const { proof, accountId, key } = await aProof();
    const file = await written(proof);
    const said = `3 entries of ${accountId} are proven by checkpoint 1, balance 70`;
    expect(await python('statement', file, key)).toEqual({ code: 0, stdout: said });
    await writeFile(join(folder, 'key.jwk'), key);
    expect(await python('statement', file, join(folder, 'key.jwk'))).toEqual({ code: 0, stdout: said });
  });

  it.each<[string, (proof: StatementProof) => StatementProof, string]>([
    [
      'another amount',
      (proof) => ({ ...proof, entries: proof.entries.map((entry) => ({ ...entry, posted: '1' })) }),
      'NOT PROVEN: entry 2 is not what its hash covers',
    ],
    [
      'an entry less',
      (proof) => ({ ...proof, entries: proof.entries.slice(0, -1) }),
      'NOT PROVEN: entry 5 does not follow the one before it',
    ],
    [
      'another leaf',
      (proof) => ({ ...proof, leaf: proof.leaf.replace(' active ', ' closed ') }),
      'NOT PROVEN: the account is not in the checkpoint',
    ],
    [
      'another payload',
      (proof) => ({
        ...proof,
        checkpoint: proof.checkpoint.replace(/\.[^.]*\./, (part) => part.replace('e', 'f')),
      }),
      'NOT PROVEN: not signed with this key',
    ],
  ])('refuses a proof with %s', async (_, forge, stdout) => {
    const { proof, key } = await aProof();
    expect(await python('statement', await written(forge(proof)), key)).toEqual({ code: 1, stdout });
  });

  it('refuses the signature of another', async () => {
    const { proof } = await aProof();
    const other = await publicCheckpointKey(newCheckpointKey());
    expect(await python('statement', await written(proof), other)).toEqual({
      code: 1,
      stdout: 'NOT PROVEN: not signed with this key',
    });
  });

  async function written(proof: StatementProof): Promise<string> {
    const file = join(folder, 'proof.json');
    await writeFile(file, JSON.stringify(proof));
    return file;
  }
});

/** Of the second to the fourth of six entries, among five accounts. */
async function aProof() {
  const clock = new FixedClock();
  const privateKey = newCheckpointKey();
  const { archive } = new MemoryCheckpoints().ports;
  const checkpoints = { archive, signer: await createCheckpointSigner(privateKey) };
  const bank = new TestBank({ store: createMemoryStore(), clock, checkpoints });
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const accountId = await bank.account(alice, { funds: 100n });
  const to = await bank.open(bob);
  await bank.open(bob);
  await bank.open(bob);
  clock.advance(1_000);
  const from = clock.now();
  await bank.ledger.transferFunds(alice, {
    sourceAccountId: accountId,
    destinationAccountId: to,
    amount: 30n,
    description: 'Miete März 🏠',
    metadata: { b: '"', a: 'ü' },
    idempotencyKey: 'rent',
  });
  const held = await bank.hold(alice, { from: accountId, to, amount: 20n });
  await bank.void(bob, held);
  clock.advance(1_000);
  const until = clock.now();
  await bank.pay(alice, { from: accountId, to, amount: 1n });
  await bank.pay(alice, { from: accountId, to, amount: 1n });
  clock.advance(1_000);
  await bank.ledger.makeCheckpoint();
  const proof = await bank.ledger.exportStatement(SYSTEM, { accountId, from, to: until });
  return { proof, accountId, key: await publicCheckpointKey(privateKey) };
}
