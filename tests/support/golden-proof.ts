import { sha256OfHex } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import { GENESIS_HASH } from '../../src/domain/entities/genesis-hash.ts';
import { leafTextHash } from '../../src/domain/integrity/checkpoint.ts';
import type { Checkpoint } from '../../src/domain/integrity/checkpoint.ts';
import { PathBuilder } from '../../src/domain/integrity/merkle-tree.ts';
import { provenEntry } from '../../src/domain/integrity/statement-proof.ts';
import type { ProvenEntry, StatementProof } from '../../src/domain/integrity/statement-proof.ts';
import { booked, golden, GOLDEN } from './golden-chain.ts';

/** A proof, the checkpoint that it holds, and the public key of its signer. */
type GoldenProof<Proof> = {
  readonly proof: Proof;
  readonly checkpoint: Checkpoint;
  readonly publicKey: string;
};

/** Returns the proof of all golden entries of the account whose entries begin with version 1. */
export function mixedProof(): GoldenProof<StatementProof> {
  const [, { payload: checkpoint, manifest, signed, publicKey } = required()] = GOLDEN.checkpoints;
  const index = manifest.length - 1;
  const leaf = manifest[index] ?? '';
  const builder = new PathBuilder({ index, size: manifest.length }, sha256OfHex);
  for (const line of manifest) builder.add(leafTextHash(line, sha256OfHex));
  const entries = GOLDEN.vectors
    .filter(({ entry }) => leaf.startsWith(`${entry.accountId} `))
    .map((vector): ProvenEntry => {
      const { entry, transfer } = booked(vector);
      const { number, previousHash } = vector;
      return provenEntry(entry, transfer, { number, previousHash, digest: sha256 });
    });
  return {
    proof: {
      format: 'passbook statement proof',
      version: 2,
      period: { from: entries[0]?.at ?? 0, to: checkpoint.at },
      previousHash: GENESIS_HASH,
      opening: null,
      entries,
      following: null,
      digests: [],
      leaf,
      inclusion: { index, size: manifest.length, path: builder.path() },
      checkpoint: signed,
    },
    checkpoint,
    publicKey: JSON.stringify(publicKey),
  };
}

/** A proof of version 1. */
export type OldProof = Omit<StatementProof, 'version' | 'opening' | 'entries' | 'following'> & {
  readonly version: 1;
  readonly opening: OldEntry;
  readonly entries: readonly OldEntry[];
  readonly following: OldEntry;
};

type OldEntry = Omit<ProvenEntry, 'version' | 'reference' | 'seal'> & {
  readonly seal: Omit<ProvenEntry['seal'], 'reference'>;
};

/** Returns the proof of version 1 that the program exported before version 2. */
export function oldProof(): GoldenProof<OldProof> {
  const [{ payload: checkpoint } = required()] = GOLDEN.checkpoints;
  const { proof, publicKey } = golden('statement-v1.json') as { proof: OldProof; publicKey: object };
  return { proof, checkpoint, publicKey: JSON.stringify(publicKey) };
}

function required(): never {
  throw new TypeError('There are two golden checkpoints');
}
