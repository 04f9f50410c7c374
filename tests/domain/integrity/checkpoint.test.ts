import { describe, expect, it } from 'vitest';
import { createCheckpointSigner, verifyCheckpoint } from '../../../src/adapters/security/index.ts';
import { sha256OfHex } from '../../../src/adapters/system.ts';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import {
  leafText,
  leafTextHash,
  readCheckpoint,
  readLeaf,
} from '../../../src/domain/integrity/checkpoint.ts';
import type { AccountLeaf } from '../../../src/domain/integrity/checkpoint.ts';
import { MerkleTree } from '../../../src/domain/integrity/merkle-tree.ts';
import { anAccount, freshNumber } from '../../../src/testing/fixtures/builders.ts';
import { GOLDEN } from '../../support/golden-chain.ts';

const [first, second] = GOLDEN.checkpoints;
const [system, numbered, external] = GOLDEN.leaves;

function leafOf({ account }: (typeof GOLDEN.leaves)[number]): Required<AccountLeaf> {
  const { debitsPosted, creditsPosted, debitsPending, creditsPending, ...rest } = account;
  const { minimumBalance, maximumBalance } = rest;
  return {
    ...rest,
    minimumBalance: minimumBalance === null ? null : BigInt(minimumBalance),
    maximumBalance: maximumBalance === null ? null : BigInt(maximumBalance),
    counters: {
      debitsPosted: BigInt(debitsPosted),
      creditsPosted: BigInt(creditsPosted),
      debitsPending: BigInt(debitsPending),
      creditsPending: BigInt(creditsPending),
    },
  };
}

function rootOf(lines: readonly string[]): string {
  const tree = new MerkleTree(sha256OfHex);
  for (const line of lines) tree.add(leafTextHash(line, sha256OfHex));
  return tree.root();
}

describe('a leaf of version 2', () => {
  // Computed apart from this program
  it.each(GOLDEN.leaves)('matches its golden vector: $name', (vector) => {
    const leaf = leafOf(vector);
    expect([leafText(leaf), leafTextHash(vector.text, sha256OfHex)]).toEqual([vector.text, vector.hash]);
    expect(readLeaf(vector.text)).toEqual(leaf);
  });

  it('covers the number and the external id of an account', () => {
    const account = anAccount({ externalId: 'wallet/7' });
    const changed = [{ number: freshNumber() }, { number: null }, { externalId: 'x' }, { externalId: null }];
    const texts = [account, ...changed.map((change) => ({ ...account, ...change }))].map(leafText);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it.each([
    ['without an external id', external!.text.split(' ').slice(0, -1).join(' ')],
    ['with one field more', `${external!.text} x`],
    ['with a number of another form', numbered!.text.replace(/PB\d+/, 'PB4853900754703')],
    ['with a number in groups', numbered!.text.replace('PB48', 'PB48 ')],
    ['with an external id beyond ASCII', external!.text.replace('wallet/7', 'wällt')],
    ['with a line feed', `${external!.text}\n`],
  ])('is not read %s', (_, text) => {
    expect(readLeaf(text)).toBeUndefined();
  });
});

describe('a leaf of version 1', () => {
  it('is read, and has neither a number nor an external id', () => {
    const leaf = readLeaf(first!.manifest[1]!);
    expect(leaf).toMatchObject({ sequence: 6, counters: { debitsPosted: 47n, creditsPosted: 100n } });
    expect([leaf?.number, leaf?.externalId]).toEqual([undefined, undefined]);
    // Null in version 2: there is none
    expect([readLeaf(system!.text)?.number, readLeaf(system!.text)?.externalId]).toEqual([null, null]);
  });
});

describe('a checkpoint', () => {
  it.each(GOLDEN.checkpoints)(
    'matches its golden vector: $name',
    async ({ payload, manifest, ...vector }) => {
      expect(await verifyCheckpoint(vector.signed, JSON.stringify(vector.publicKey))).toEqual(payload);
      expect([manifest.length, rootOf(manifest)]).toEqual([payload.accounts, payload.root]);
    },
  );

  it('has a manifest of leaves in its own version', () => {
    const isAdded = GOLDEN.checkpoints.map(({ manifest }) =>
      manifest.map((line) => readLeaf(line)?.number !== undefined),
    );
    expect(isAdded).toEqual([Array(4).fill(false), Array(4).fill(true)]);
    expect(second?.manifest).toEqual(GOLDEN.leaves.map(({ text }) => text));
  });

  it('of version 2 may follow one of version 1', () => {
    expect([first?.payload.version, second?.payload.version]).toEqual([1, 2]);
    expect(second?.payload.previous).toBe(sha256(first?.signed ?? ''));
  });

  it('is signed to the golden text, byte by byte', async () => {
    // RFC 8032, section 7.1, test 1
    const secret = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
    const { kty, crv, x } = second!.publicKey;
    const d = Buffer.from(secret, 'hex').toString('base64url');
    const signer = await createCheckpointSigner(JSON.stringify({ kty, crv, x, d }));
    for (const { payload, signed } of GOLDEN.checkpoints) expect(await signer.sign(payload)).toBe(signed);
  });

  it.each([0, 3, '2', null])('is not read in another version: %s', (version) => {
    expect(readCheckpoint({ ...second?.payload, version })).toBeUndefined();
  });
});
