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
import { sha256OfHex } from '../../src/adapters/system.ts';
import { leafTextHash } from '../../src/domain/integrity/checkpoint.ts';
import type { ProvenEntry, StatementProof } from '../../src/domain/integrity/statement-proof.ts';
import { TestBank, SYSTEM } from '../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../src/testing/fixtures/builders.ts';
import { MemoryCheckpoints } from '../support/checkpoints.ts';
import { GOLDEN } from '../support/golden-chain.ts';
import { mixedProof, oldProof } from '../support/golden-proof.ts';
import type { OldProof } from '../support/golden-proof.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/verify_chain.py', import.meta.url));
const GOLDEN_FILES = ['chain-v1', 'chain-v2', 'audit-v1'].map(goldenFile);

function goldenFile(name: string): string {
  return fileURLToPath(new URL(`../domain/golden/${name}.json`, import.meta.url));
}

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

  it.each(GOLDEN_FILES)('agrees with the golden vectors: %s', async (file) => {
    const all = Object.values(JSON.parse(await readFile(file, 'utf8')) as object).filter(Array.isArray);
    expect(await python('vectors', file)).toEqual({ code: 0, stdout: `${all.flat().length} vectors agree` });
  });

  it.each([
    ['an amount', 'chain-v1', '"posted": "250"', '"posted": "251"'],
    ['an amount of version 2', 'chain-v2', '"posted": "250"', '"posted": "251"'],
    ['a number', 'chain-v2', '"number": "PB48539007547034"', '"number": "PB77000000000002"'],
    ['a reference', 'chain-v2', '"reference": "17"', '"reference": "18"'],
    ['the digest of an erased reference', 'chain-v2', /"erased": \{[^}]*"reference": "./, '$&0'],
    ['an external id', 'chain-v2', '"externalId": "order:17#a"', '"externalId": "order:18#a"'],
    ['the version of an entry', 'chain-v2', '"version": 1,', '"version": 2,'],
    ['an external id of an account', 'chain-v2', '"externalId": "wallet/7"', '"externalId": "wallet/8"'],
    ['a checkpoint', 'chain-v2', /"manifest": \[\s*"0/, '$&0'],
    ['an audit record', 'audit-v1', '"reason": "cleared"', '"reason": "clear"'],
    ['a value of metadata', 'audit-v1', '"value": "first"', '"value": "second"'],
  ])('disagrees with golden vectors of which %s was changed', async (_, name, before, after) => {
    const text = await readFile(goldenFile(name), 'utf8');
    const changed = join(folder, 'changed.json');
    expect(text.replace(before, after)).not.toBe(text);
    await writeFile(changed, text.replace(before, after));
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

  it('verifies a proof of version 1, and one of an account whose entries begin with version 1', async () => {
    const old = oldProof();
    expect(await python('statement', await written(old.proof), old.publicKey)).toEqual({
      code: 0,
      stdout: '3 entries of 019bc0de-0000-7000-8000-000000000003 are proven by checkpoint 1, balance 55',
    });
    const mixed = mixedProof();
    expect(await python('statement', await written(mixed.proof), mixed.publicKey)).toEqual({
      code: 0,
      stdout: '4 entries of 019bc0de-0000-7000-8000-00000000000c are proven by checkpoint 2, balance 443',
    });
  });

  it.each<[string, number, (entry: ProvenEntry) => object, string]>([
    ['version 1 in place of 2', 3, () => ({ version: 1 }), 'entry 3 is not what its hash covers'],
    ['version 2 in place of 1', 2, () => ({ version: 2 }), 'entry 2 is not what its hash covers'],
    ['version 3', 4, () => ({ version: 3 }), 'entry 4 is of an unknown version'],
    [
      'version 1 for an entry with a reference',
      4,
      () => ({ version: 1 }),
      'entry 4 has a reference that nothing covers',
    ],
    [
      'another reference',
      4,
      ({ reference }) => ({ reference: { ...reference, text: 'RE 19' } }),
      'entry 4 has another reference',
    ],
    [
      'a salt with the beginning of the reference',
      4,
      ({ reference }) => ({ reference: { salt: `${reference?.salt}\nRE`, text: '18' } }),
      'entry 4 has a malformed salt',
    ],
    [
      'the parties of another external id',
      4,
      ({ seal }) => ({ seal: { ...seal, parties: 'f'.repeat(64) } }),
      'entry 4 is not what its hash covers',
    ],
    [
      'a line feed in an id',
      4,
      ({ transfer }) => ({ transfer: { ...transfer, id: 'a\nb' } }),
      'a line holds a line feed',
    ],
  ])('refuses a proof of both versions with %s', async (_, sequence, change, reason) => {
    const { proof, publicKey } = mixedProof();
    const entries = proof.entries.map((entry) =>
      entry.sequence === sequence ? { ...entry, ...change(entry) } : entry,
    );
    expect(await python('statement', await written({ ...proof, entries }), publicKey)).toEqual({
      code: 1,
      stdout: `NOT PROVEN: ${reason}`,
    });
  });

  it('refuses entries of version 2 with a checkpoint of version 1, and leaves of another version', async () => {
    const { proof, checkpoint } = mixedProof();
    const privateKey = newCheckpointKey();
    const signer = await createCheckpointSigner(privateKey);
    const key = await publicCheckpointKey(privateKey);
    const refused = async (version: 1 | 2, leaf: string) => {
      const root = leafTextHash(leaf, sha256OfHex);
      const signed = await signer.sign({ ...checkpoint, version, accounts: 1, root });
      const inclusion = { index: 0, size: 1, path: [] };
      return python('statement', await written({ ...proof, leaf, inclusion, checkpoint: signed }), key);
    };
    const oldLeaf = proof.leaf.split(' ').slice(0, -2).join(' ');
    const otherNumber = proof.leaf.replace('PB69999999999999', 'PB77000000000002');
    expect(await refused(2, proof.leaf)).toMatchObject({ code: 0 });
    for (const [version, leaf, reason] of [
      [1, oldLeaf, 'entry 3 is newer than the checkpoint'],
      [1, proof.leaf, 'a leaf of version 2 in a checkpoint of another version'],
      [2, oldLeaf, 'a leaf of version 1 in a checkpoint of another version'],
      [2, otherNumber, 'entry 3 is not what its hash covers'],
    ] as const)
      expect(await refused(version, leaf)).toEqual({ code: 1, stdout: `NOT PROVEN: ${reason}` });
  });

  it.each(GOLDEN.checkpoints)('verifies $name, with its manifest', async (vector) => {
    const { signed, manifest, payload, publicKey } = vector;
    const [jws, lines] = [join(folder, '1.jws'), join(folder, '1.manifest')];
    await writeFile(jws, `${signed}\n`);
    const checked = async (text: readonly string[]) => {
      await writeFile(lines, text.map((line) => `${line}\n`).join(''));
      return (await python('checkpoint', jws, lines, JSON.stringify(publicKey))).stdout;
    };
    expect(await checked(manifest)).toBe(
      `checkpoint ${payload.number} of 4 accounts is signed with this key`,
    );
    expect(await checked(manifest.slice(1))).toBe('NOT PROVEN: the manifest has another number of accounts');
    expect(await checked(manifest.toReversed())).toBe(
      'NOT PROVEN: the accounts of the manifest are not in order',
    );
    const [first = '', ...rest] = manifest;
    expect(await checked([first.replace('active', 'closed'), ...rest])).toBe(
      'NOT PROVEN: another manifest was signed',
    );
    expect(await checked([`${first} x`, ...rest])).toBe('NOT PROVEN: a leaf is malformed');
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

  async function written(proof: StatementProof | OldProof): Promise<string> {
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
    reference: 'RE 17 Zoë',
    externalId: 'order-17',
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
