import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import {
  canonicalMetadata,
  coveredDigest,
  entryDigest,
  linkHash,
  sealTransfer,
} from '../../../src/domain/integrity/hash-chain.ts';
import type { EntryVersion } from '../../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import { booked, chainVectors } from '../../support/golden-chain.ts';
import type { Vector } from '../../support/golden-chain.ts';

const [vectors, vectors2] = [chainVectors(1), chainVectors(2)];

/** The digests of a vector in its version, and the preimages in the order in which they were hashed. */
function encoded(vector: Vector) {
  const preimages: string[] = [];
  const digest = (text: string) => {
    preimages.push(text);
    return sha256(text);
  };
  const { transfer, entry } = booked(vector);
  const { version, number, previousHash } = vector;
  const seal = sealTransfer(transfer, digest);
  const ofEntry = entryDigest(entry, transfer, { seal, number, digest, version });
  const link = linkHash(previousHash, ofEntry, digest);
  return { preimages, digests: { ...seal, entry: ofEntry, link } };
}

/** The version in which a vector is covered by a hash; undefined for none. */
function versionOf(vector: Vector, hash = vector.digests.link): EntryVersion | undefined {
  const { transfer, entry } = booked(vector);
  const { number, previousHash } = vector;
  const covering = { seal: sealTransfer(transfer, sha256), number, previousHash, digest: sha256 };
  return coveredDigest({ ...entry, hash }, transfer, covering)?.version;
}

/** Changes of every fact that both versions cover, one at a time. */
function changesOf(vector: Vector): readonly Vector[] {
  const { transfer, entry } = vector;
  return [
    { ...vector, previousHash: 'ab'.repeat(32) },
    ...(
      [
        { id: 'x' },
        { kind: 'initial_funds' },
        { currency: 'USD' },
        { currency: null },
        { initiator: { kind: 'system', id: 'alice' } },
        { initiator: { kind: 'user', id: 'eve' } },
        { description: 'Miete März' },
        { description: null },
        { metadata: { ...transfer.metadata, order: '18' } },
        { metadata: null },
        { salt: '0'.repeat(32) },
        { expiresAt: 1 },
        { reverses: 'x' },
        { batchId: 'x' },
        { createdAt: 1 },
        { legs: transfer.legs.toReversed() },
        { legs: transfer.legs.map((leg) => ({ ...leg, amount: '251' })) },
        { legs: transfer.legs.map((leg) => ({ ...leg, accountId: 'x' })) },
      ] as const
    ).map((change) => ({ ...vector, transfer: { ...transfer, ...change } })),
    ...(
      [
        { accountId: 'x' },
        { sequence: 3 },
        { step: 'captured' },
        { direction: 'credit' },
        { posted: '251' },
        { pending: '1' },
        { at: 1 },
        { after: { ...entry.after, debitsPosted: '1' } },
        { after: { ...entry.after, creditsPosted: '1' } },
        { after: { ...entry.after, debitsPending: '1' } },
        { after: { ...entry.after, creditsPending: '1' } },
      ] as const
    ).map((change) => ({ ...vector, entry: { ...entry, ...change } })),
  ];
}

describe('the digest', () => {
  // FIPS 180-2, appendix B.1; and a text beyond ASCII, by `printf ü | sha256sum`
  it.each([
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['ü', '607474ca475a9724d7360aba71a56d5df77e61350e3f724cfa1f46e857e2d85f'],
  ])('is SHA-256 of the text as UTF-8, in lower-case hexadecimal: %s', (text, expected) => {
    expect(sha256(text)).toBe(expected);
  });
});

describe('encoding version 1', () => {
  it('begins each account with a hash of zeros', () => {
    expect(GENESIS_HASH).toBe('0000000000000000000000000000000000000000000000000000000000000000');
  });

  // Computed apart from this program: hashlib.sha256(text.encode('utf-8')).hexdigest() of each text spelled here
  it('has these texts and digests for a transfer of 2.50 EUR with a description and metadata', () => {
    const { preimages, digests } = encoded(vectors[1]!);

    expect(preimages).toEqual([
      'passbook parties 1\nffeeddccbbaa99887766554433221100\nuser\nalice\n' +
        '019bc0de-0000-7000-8000-00000000000a\ndebit\n250\n' +
        '019bc0de-0000-7000-8000-00000000000b\ncredit\n250',
      'passbook salt 1\ndescription\nffeeddccbbaa99887766554433221100',
      'passbook description 1\n47fd2da91daef07b24140ea92d5ee70705b751eab783734519e59f6d18c10719\n' +
        'Miete März\nZoë → 🏠',
      'passbook salt 1\nmetadata\nffeeddccbbaa99887766554433221100',
      'passbook metadata 1\n2bd4ecba76b7c867addb09160eff1ac673a6ee9fafe4f00c5693045682568063\n' +
        String.raw`[["Z","\"quoted\" \\ back"],["a.b","ü🏦"],["note","</script>` +
        '\u007f"],["order","17"]]',
      'passbook entry 1\n019bc0de-0000-7000-8000-00000000000a\n2\ncompleted\ndebit\n' +
        '250\n0\n250\n10000\n0\n0\n1768471201234\n' +
        '019bc0de-0000-7000-8000-000000000002\ntransfer\nEUR\n1768471201234\n-\n-\n-\n' +
        '67df17e06a2d8f4aa898a1e2415d728b0738103c7ca5cd7145dd9260ce3a7cd8\n' +
        'ed0473ecfd1e50688a3e9393113df220726bcb76f76a4d0bd344ab7f067fa9da\n' +
        '9c7e3d5295fa20e311b6ce2acd74c11010cd312ad0e3eeb15ed2b7ca97a47a52',
      'passbook link 1\n8c3b84124bc4d4e1b56d4c0c080013f085aa9afcbbfac70e79afa4a740c38623\n' +
        'b2a3cb7c8ae4b3d4fdff8e64e0b171d56cd5efae01fdcc7ab45f37ac01d4259c',
    ]);
    expect(digests).toEqual({
      parties: '67df17e06a2d8f4aa898a1e2415d728b0738103c7ca5cd7145dd9260ce3a7cd8',
      description: 'ed0473ecfd1e50688a3e9393113df220726bcb76f76a4d0bd344ab7f067fa9da',
      metadata: '9c7e3d5295fa20e311b6ce2acd74c11010cd312ad0e3eeb15ed2b7ca97a47a52',
      reference: '-',
      entry: 'b2a3cb7c8ae4b3d4fdff8e64e0b171d56cd5efae01fdcc7ab45f37ac01d4259c',
      link: '0a3c24a12bb16c7409377a4e559cc94a19c1c061930373d97d0bb8cdf06327a8',
    });
  });

  it('has these digests for a first entry without texts', () => {
    expect(encoded(vectors[0]!).digests).toEqual({
      parties: '4de39db556a6f54977cf6b51b9cec82abdd912ef1bc9f8bfff134e94073aa395',
      description: '-',
      metadata: '-',
      reference: '-',
      entry: '16810b0d0dfb0d8b3d2d7a4b86d1095a3f6b89b0313628f66a292d2f942000fd',
      link: '8c3b84124bc4d4e1b56d4c0c080013f085aa9afcbbfac70e79afa4a740c38623',
    });
  });

  it.each(vectors)('matches its golden vector: $name', (vector) => {
    expect(encoded(vector)).toEqual({
      preimages: Object.values(vector.preimages),
      digests: vector.digests,
    });
  });

  it('links each vector of an account to the one before it', () => {
    const heads = vectors.map(({ digests }) => digests.link);
    expect(vectors.map(({ previousHash }) => previousHash).slice(0, 4)).toEqual([
      GENESIS_HASH,
      heads[0],
      GENESIS_HASH,
      heads[1],
    ]);
  });

  it("links the vectors of a hold's steps, of a batch and of a reversal to one another", () => {
    const life = vectors.slice(5);
    expect(life.map(({ entry }) => [entry.sequence, entry.step])).toEqual([
      [2, 'held'],
      [3, 'captured'],
      [4, 'held'],
      [5, 'voided'],
      [6, 'held'],
      [7, 'expired'],
      [8, 'completed'],
      [9, 'completed'],
    ]);
    expect(life.slice(1).map(({ previousHash }) => previousHash)).toEqual(
      life.slice(0, -1).map(({ digests }) => digests.link),
    );
  });

  it('covers no later state of a transfer: a captured hold keeps its seal', () => {
    const [held, captured] = vectors.slice(5, 7);
    expect(captured?.digests.parties).toBe(held?.digests.parties);
    expect(captured?.digests.description).toBe(held?.digests.description);
  });

  it('covers every immutable fact: a change of any one changes the hash', () => {
    const links = [vectors[1]!, ...changesOf(vectors[1]!)].map((one) => encoded(one).digests.link);
    expect(new Set(links).size).toBe(links.length);
  });

  it('covers neither the number nor a reference', () => {
    const vector = vectors[1]!;
    const { transfer } = vector;
    for (const other of [
      { ...vector, number: 'another' },
      { ...vector, transfer: { ...transfer, reference: 'another' } },
    ])
      expect(encoded(other).digests.link).toBe(vector.digests.link);
  });

  it('keeps the entry valid if a text is erased and its digest kept', () => {
    const erased = encoded({ ...vectors[1]!, transfer: { ...vectors[1]!.transfer, description: null } });
    expect(erased.digests.parties).toBe(vectors[1]!.digests.parties);
    expect(erased.digests.metadata).toBe(vectors[1]!.digests.metadata);
  });

  it('gives equal texts in two transfers different digests', () => {
    const [first, second] = [vectors[1]!, vectors[2]!].map((vector, index) =>
      encoded({ ...vector, transfer: { ...vector.transfer, salt: String(index).repeat(32) } }),
    );
    expect(first?.digests.description).not.toBe(second?.digests.description);
    expect(first?.digests.metadata).not.toBe(second?.digests.metadata);
  });
});

describe('encoding version 2', () => {
  // Computed apart from this program, as those of version 1
  it.each(vectors2)('matches its golden vector: $name', (vector) => {
    expect(encoded(vector)).toEqual({
      preimages: Object.values(vector.preimages),
      digests: vector.digests,
    });
  });

  it('has this text for the entry of a transfer with every text', () => {
    expect(encoded(vectors2[2]!).preimages.at(-2)).toBe(
      'passbook entry 2\n019bc0de-0000-7000-8000-00000000000a\nPB48539007547034\n2\ncompleted\ndebit\n' +
        '250\n0\n250\n10000\n0\n0\n1768471201234\n' +
        '019bc0de-0000-7000-8000-000000000002\ntransfer\nEUR\n1768471201234\n-\n-\n-\n' +
        ['parties', 'reference', 'description', 'metadata']
          .map((name) => vectors2[2]!.digests[name as keyof Vector['digests']])
          .join('\n'),
    );
  });

  it('is that of new entries', () => {
    const { transfer, entry } = booked(vectors2[2]!);
    const { number, digests } = vectors2[2]!;
    const covering = { seal: sealTransfer(transfer, sha256), number, digest: sha256 };
    expect(entryDigest(entry, transfer, covering)).toBe(digests.entry);
  });

  it('covers every immutable fact: a change of any one changes the hash', () => {
    const vector = vectors2[2]!;
    const { transfer } = vector;
    const changed: readonly Vector[] = [
      ...changesOf(vector),
      { ...vector, number: 'PB77000000000002' },
      { ...vector, number: null },
      ...(
        [
          { reference: 'RE-2026/0018 Zoë' },
          { reference: null },
          { externalId: 'order:18#a' },
          { externalId: null },
          // A leg's account cannot pass for an external id
          {
            externalId: null,
            legs: [{ ...transfer.legs[0]!, accountId: 'order:17#a' }, ...transfer.legs],
          },
        ] as const
      ).map((change) => ({ ...vector, transfer: { ...transfer, ...change } })),
      { ...vector, version: 1 },
    ];
    const links = [vector, ...changed].map((one) => encoded(one).digests.link);
    expect(new Set(links).size).toBe(links.length);
  });

  it('gives equal texts of one transfer different digests', () => {
    const transfer = { ...vectors2[2]!.transfer, description: 'RE 17', reference: 'RE 17' };
    const { digests } = encoded({ ...vectors2[2]!, transfer });
    expect(digests.reference).not.toBe(digests.description);
    const [descriptionSalt, , referenceSalt] = encoded({ ...vectors2[2]!, transfer }).preimages.slice(1);
    expect(descriptionSalt).not.toBe(referenceSalt);
  });

  it('keeps the entry valid after its reference was erased', () => {
    const [kept, erased] = vectors2.slice(4, 6);
    expect([kept?.transfer.reference, erased?.transfer.reference]).toEqual(['17', null]);
    expect(erased?.digests).toEqual(kept?.digests);
  });

  it('has an external id in the digest of the parties alone, in a version of its own', () => {
    const isAbsent = vectors2.filter(({ transfer }) => transfer.externalId === null);
    expect(isAbsent.map(({ preimages }) => preimages['parties']?.split('\n')[0])).toEqual(
      isAbsent.map(() => 'passbook parties 1'),
    );
    const texts = Object.entries(vectors2[2]!.preimages).filter(([, text]) => text.includes('order:17#a'));
    expect(texts.map(([name, text]) => [name, text.split('\n')[0]])).toEqual([
      ['parties', 'passbook parties 2'],
    ]);
  });
});

describe('the version of an entry', () => {
  it.each([...vectors, ...vectors2])('is found by its hash: $name', (vector) => {
    expect(versionOf(vector)).toBe(vector.version);
  });

  it('may go from 1 to 2 within an account, and within a hold', () => {
    const mixed = vectors2.slice(9);
    expect(mixed.map(({ version, entry }) => [entry.sequence, version, entry.step])).toEqual([
      [1, 1, 'completed'],
      [2, 1, 'held'],
      [3, 2, 'captured'],
      [4, 2, 'completed'],
    ]);
    expect(mixed.map(({ previousHash }) => previousHash)).toEqual([
      GENESIS_HASH,
      ...mixed.slice(0, -1).map(({ digests }) => digests.link),
    ]);
  });

  it('is none for an entry with another number, reference or external id', () => {
    const vector = vectors2[2]!;
    const { transfer } = vector;
    expect(
      [
        { ...vector, number: 'PB77000000000002' },
        { ...vector, number: null },
        { ...vector, transfer: { ...transfer, reference: 'another' } },
        { ...vector, transfer: { ...transfer, reference: null } },
        { ...vector, transfer: { ...transfer, externalId: 'another' } },
        { ...vector, transfer: { ...transfer, externalId: null } },
      ].map((changed) => versionOf(changed)),
    ).toEqual(Array.from({ length: 6 }, () => undefined));
  });

  it('is none for a hash of version 1 over a transfer with a reference, which that version does not cover', () => {
    const old = vectors[1]!;
    expect(versionOf({ ...old, transfer: { ...old.transfer, reference: 'RE 17' } })).toBeUndefined();
    expect(versionOf({ ...old, transfer: { ...old.transfer, externalId: 'order 17' } })).toBeUndefined();
    const isErased = { description: null, metadata: null, reference: 'f'.repeat(64) };
    expect(versionOf({ ...old, transfer: { ...old.transfer, erased: isErased } })).toBeUndefined();
  });
});

describe('canonical metadata', () => {
  it.each<[string, Record<string, string>, string]>([
    ['none', {}, '[]'],
    ['sorted by key, capitals first', { b: '2', a: '1', B: '3' }, '[["B","3"],["a","1"],["b","2"]]'],
    ['numbers as the texts they are', { '10': 'x', '9': 'y' }, '[["10","x"],["9","y"]]'],
    ['quotes escaped, other characters as they are', { a: '"ü/' }, String.raw`[["a","\"ü/"]]`],
  ])('is JSON of its pairs: %s', (_, metadata, expected) => {
    expect(canonicalMetadata(metadata)).toBe(expected);
  });
});
