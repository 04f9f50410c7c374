import { describe, expect, it } from 'vitest';
import { sha256OfHex } from '../../../src/adapters/system.ts';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { leafTextHash } from '../../../src/domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../../src/domain/integrity/checkpoint.ts';
import { entryDigest, linkHash } from '../../../src/domain/integrity/hash-chain.ts';
import { checkStatementProof } from '../../../src/domain/integrity/statement-proof.ts';
import type { ProvenEntry, StatementProof } from '../../../src/domain/integrity/statement-proof.ts';
import { booked, GOLDEN } from '../../support/golden-chain.ts';
import { mixedProof, oldProof } from '../../support/golden-proof.ts';

const MALFORMED = 'it is not a statement proof of version 1 or 2';

function checked(proof: unknown, checkpoint: Checkpoint) {
  return checkStatementProof(proof, checkpoint, { digest: sha256, hexDigest: sha256OfHex });
}

/** Returns a proof with a change of the entry at the sequence. */
function withEntry<Proof extends { readonly entries: readonly { readonly sequence: number }[] }>(
  proof: Proof,
  sequence: number,
  change: (entry: Proof['entries'][number]) => object,
) {
  return {
    ...proof,
    entries: proof.entries.map((entry) =>
      entry.sequence === sequence ? { ...entry, ...change(entry) } : entry,
    ),
  };
}

/** Returns a proof whose only account has the leaf, with a checkpoint over that leaf alone. */
function signedAlone(proof: StatementProof, leaf: string, { version, at }: Checkpoint) {
  const checkpoint = {
    ...mixedProof().checkpoint,
    version,
    at,
    accounts: 1,
    root: leafTextHash(leaf, sha256OfHex),
  };
  return { proof: { ...proof, leaf, inclusion: { index: 0, size: 1, path: [] } }, checkpoint };
}

describe('a proof of an account whose entries begin with version 1', () => {
  it('shows the version of each entry, the number of the account and the references', () => {
    const { proof, checkpoint } = mixedProof();
    const result = checked(JSON.parse(JSON.stringify(proof)), checkpoint);
    expect(result).toMatchObject({
      ok: true,
      statement: { openingBalance: 0n, closingBalance: 443n, account: { number: 'PB69999999999999' } },
    });
    if (!result.ok) throw new TypeError(result.reason);
    expect(
      result.statement.entries.map(({ version, description, reference }) => [
        version,
        description?.text,
        reference?.text,
      ]),
    ).toEqual([
      [1, undefined, undefined],
      [1, 'Deposit', undefined],
      [2, 'Deposit', undefined],
      [2, undefined, 'RE 18'],
    ]);
  });

  it('shows no external id, which the digest of the parties covers', () => {
    const externalId = 'payout-18';
    expect(GOLDEN.vectors.at(-1)?.transfer.externalId).toBe(externalId);
    expect(JSON.stringify(mixedProof().proof)).not.toContain(externalId);
  });

  it.each<[string, number, (entry: ProvenEntry) => object, string]>([
    ['version 1 in place of 2', 3, () => ({ version: 1 }), 'entry 3 is not what its hash covers'],
    ['version 2 in place of 1', 2, () => ({ version: 2 }), 'entry 2 is not what its hash covers'],
    [
      'version 1 in place of 2, although there is a reference',
      4,
      () => ({ version: 1 }),
      'entry 4 has a reference that nothing covers',
    ],
    ['version 3', 4, () => ({ version: 3 }), MALFORMED],
    ['a version as text', 4, () => ({ version: '2' }), MALFORMED],
    [
      'another reference',
      4,
      ({ reference }) => ({ reference: { ...reference, text: 'RE 19' } }),
      'entry 4 has another reference',
    ],
    [
      'a reference in an entry that has none',
      3,
      () => ({ reference: mixedProof().proof.entries[3]!.reference }),
      'entry 3 has another reference',
    ],
    [
      'the reference shown as the description',
      4,
      ({ reference }) => ({ description: reference }),
      'entry 4 has another description',
    ],
    [
      'a salt with the beginning of the reference',
      4,
      ({ reference }) => ({ reference: { salt: `${reference?.salt}\nRE`, text: '18' } }),
      MALFORMED,
    ],
    [
      'no digest of the reference',
      4,
      ({ seal }) => ({ reference: null, seal: { ...seal, reference: '-' } }),
      'entry 4 is not what its hash covers',
    ],
    [
      'another digest of the reference',
      4,
      ({ seal }) => ({ reference: null, seal: { ...seal, reference: 'f'.repeat(64) } }),
      'entry 4 is not what its hash covers',
    ],
    [
      'a digest of a reference in an entry of version 1',
      2,
      ({ seal }) => ({ seal: { ...seal, reference: 'f'.repeat(64) } }),
      'entry 2 has a reference that nothing covers',
    ],
    [
      'the parties of another external id',
      4,
      ({ seal }) => ({ seal: { ...seal, parties: 'f'.repeat(64) } }),
      'entry 4 is not what its hash covers',
    ],
    [
      'no field for a reference',
      4,
      ({ seal }) => ({ seal: { ...seal, reference: undefined }, reference: undefined }),
      MALFORMED,
    ],
  ])('is refused with %s', (_, sequence, change, reason) => {
    const { proof, checkpoint } = mixedProof();
    expect(checked(withEntry(proof, sequence, change), checkpoint)).toEqual({ ok: false, reason });
  });

  it('remains valid if it shows no reference, as after an erasure', () => {
    const { proof, checkpoint } = mixedProof();
    const isErased = withEntry(proof, 4, () => ({ reference: null }));
    expect(checked(isErased, checkpoint)).toMatchObject({ ok: true });
  });

  it('is refused with the number of another account, signed or not', () => {
    const { proof, checkpoint } = mixedProof();
    const leaf = proof.leaf.replace('PB69999999999999', 'PB77000000000002');
    expect(checked({ ...proof, leaf }, checkpoint)).toMatchObject({
      ok: false,
      reason: 'the checkpoint does not contain the account as shown',
    });
    // Entries of version 1 do not cover the number
    const forged = signedAlone(proof, leaf, checkpoint);
    expect(checked(forged.proof, forged.checkpoint)).toEqual({
      ok: false,
      reason: 'entry 3 is not what its hash covers',
    });
    const right = signedAlone(proof, proof.leaf, checkpoint);
    expect(checked(right.proof, right.checkpoint)).toMatchObject({ ok: true });
  });

  it('is refused with another external id of the account', () => {
    const { proof, checkpoint } = mixedProof();
    const leaf = proof.leaf.replace(/-$/, 'another');
    expect(checked({ ...proof, leaf }, checkpoint)).toMatchObject({
      ok: false,
      reason: 'the checkpoint does not contain the account as shown',
    });
  });

  it('is refused with a checkpoint of version 1, which covers no number', () => {
    const { proof, checkpoint } = mixedProof();
    const leaf = proof.leaf.split(' ').slice(0, -2).join(' ');
    const older = signedAlone(proof, leaf, { ...checkpoint, version: 1 });
    expect(checked(older.proof, older.checkpoint)).toEqual({
      ok: false,
      reason: 'entry 3 is newer than the checkpoint',
    });
  });

  it('is refused with a leaf of another version than the checkpoint', () => {
    const { proof, checkpoint } = mixedProof();
    const leaf = proof.leaf.split(' ').slice(0, -2).join(' ');
    for (const [text, version] of [
      [leaf, 2],
      [proof.leaf, 1],
    ] as const) {
      const other = signedAlone(proof, text, { ...checkpoint, version });
      expect(checked(other.proof, other.checkpoint)).toEqual({
        ok: false,
        reason: 'its leaf is malformed',
      });
    }
  });

  it('is refused if an entry covers a reference in version 1, whatever its hash', () => {
    const { proof, checkpoint } = mixedProof();
    const last = GOLDEN.vectors.at(-1)!;
    const { entry, transfer } = booked(last);
    const covering = { seal: last.digests, number: null, digest: sha256, version: 1 } as const;
    const head = linkHash(last.previousHash, entryDigest(entry, transfer, covering), sha256);
    const forged = signedAlone(
      withEntry(proof, 4, () => ({ version: 1, hash: head })),
      proof.leaf.replace(last.digests.link, head),
      checkpoint,
    );
    expect(checked(forged.proof, forged.checkpoint)).toEqual({
      ok: false,
      reason: 'entry 4 has a reference that nothing covers',
    });
  });
});

describe('a proof of version 1', () => {
  it('remains valid if it was exported before version 2', () => {
    const { proof, checkpoint } = oldProof();
    const result = checked(proof, checkpoint);
    expect(result).toMatchObject({ ok: true, statement: { openingBalance: 100n, closingBalance: 55n } });
    if (!result.ok) throw new TypeError(result.reason);
    expect(result.statement.account.number).toBeUndefined();
    expect(
      result.statement.entries.map(({ sequence, version, description, reference }) => [
        sequence,
        version,
        description?.text,
        reference,
      ]),
    ).toEqual([
      [2, 1, 'Miete März 🏠', null],
      [3, 1, undefined, null],
      [4, 1, undefined, null],
    ]);
  });

  it.each<[string, (proof: ReturnType<typeof oldProof>['proof']) => unknown, string]>([
    [
      'another amount',
      (proof) => withEntry(proof, 2, () => ({ posted: '31' })),
      'entry 2 is not what its hash covers',
    ],
    [
      'another description',
      (proof) =>
        withEntry(proof, 2, ({ description }) => ({ description: { ...description, text: 'Miete' } })),
      'entry 2 has another description',
    ],
    ['the number of version 2', (proof) => ({ ...proof, version: 2 }), MALFORMED],
    ['the number of a later version', (proof) => ({ ...proof, version: 3 }), MALFORMED],
    [
      'an entry left out',
      (proof) => ({ ...proof, entries: proof.entries.slice(1) }),
      'entry 3 does not follow the one before it',
    ],
  ])('is refused with %s', (_, forge, reason) => {
    const { proof, checkpoint } = oldProof();
    expect(checked(forge(proof), checkpoint)).toEqual({ ok: false, reason });
  });

  it('shows no reference, even if the file has one: version 1 covers none', () => {
    const { proof, checkpoint } = oldProof();
    const reference = { salt: 'f'.repeat(64), text: 'RE 17' };
    const result = checked(
      withEntry(proof, 2, () => ({ reference, version: 2 })),
      checkpoint,
    );
    expect(result).toMatchObject({ ok: true, statement: { entries: [{ reference: null }, {}, {}] } });
  });
});
