import { readFileSync } from 'node:fs';
import type { Counters } from '../../src/domain/entities/counters.ts';
import { LedgerEntry } from '../../src/domain/entities/ledger-entry.ts';
import type { LedgerEntryFacts } from '../../src/domain/entities/ledger-entry.ts';
import { Transfer } from '../../src/domain/entities/transfer.ts';
import type { Leg, TransferState } from '../../src/domain/entities/transfer.ts';
import type { AccountLeaf, Checkpoint } from '../../src/domain/integrity/checkpoint.ts';
import type { EntryVersion } from '../../src/domain/integrity/hash-chain.ts';

type Texts<T> = { readonly [K in keyof T]: bigint extends T[K] ? Exclude<T[K], bigint> | string : T[K] };

/** An entry with its transfer, and what their digests must be. */
export type Vector = {
  readonly name: string;
  readonly version: EntryVersion;
  readonly number: string | null;
  readonly transfer: Pick<
    TransferState,
    | 'id'
    | 'kind'
    | 'currency'
    | 'initiator'
    | 'description'
    | 'reference'
    | 'externalId'
    | 'metadata'
    | 'salt'
    | 'expiresAt'
    | 'reverses'
    | 'batchId'
    | 'erased'
    | 'createdAt'
  > & { readonly legs: readonly Texts<Omit<Leg, 'ownerId'>>[] };
  readonly entry: Texts<Omit<LedgerEntryFacts, 'after' | 'transferId'>> & {
    readonly after: Texts<LedgerEntryFacts['after']>;
  };
  readonly previousHash: string;
  readonly preimages: Readonly<Record<string, string>>;
  readonly digests: Readonly<
    Record<'parties' | 'description' | 'metadata' | 'reference' | 'entry' | 'link', string>
  >;
};

type Golden = {
  readonly vectors: readonly Vector[];
  readonly leaves: readonly {
    readonly name: string;
    readonly account: Texts<Omit<AccountLeaf, 'counters' | 'number' | 'externalId'>> &
      Texts<Counters> & { readonly number: string | null; readonly externalId: string | null };
    readonly text: string;
    readonly hash: string;
  }[];
  readonly checkpoints: readonly {
    readonly name: string;
    readonly publicKey: Readonly<Record<string, string>>;
    readonly manifest: readonly string[];
    readonly payload: Checkpoint;
    readonly signed: string;
  }[];
};

/** Reads a file of the folder with golden vectors. */
export function golden(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../domain/golden/${file}`, import.meta.url), 'utf8'));
}

export const GOLDEN = golden('chain-v2.json') as Golden;

export function chainVectors(version: EntryVersion): readonly Vector[] {
  if (version === 2) return GOLDEN.vectors;
  // They are older than numbers, references and external ids
  return (golden('chain-v1.json') as Golden).vectors.map((vector) => ({
    ...vector,
    version,
    number: 'not covered',
    transfer: { ...vector.transfer, reference: null, externalId: null, erased: null },
    digests: { ...vector.digests, reference: '-' },
  }));
}

/** Returns the transfer and the entry of a vector. */
export function booked(vector: Vector) {
  const transfer = Transfer.restore({
    ...vector.transfer,
    legs: vector.transfer.legs.map((leg) => ({ ...leg, ownerId: 'not covered', amount: BigInt(leg.amount) })),
    status: 'completed',
    code: null,
    exponent: 2,
    payerName: 'not covered',
    completedAt: 77,
    amountCaptured: 5n,
    reversed: [1n, 1n],
  });
  const { after } = vector.entry;
  const entry = LedgerEntry.restore({
    ...vector.entry,
    transferId: transfer.id,
    posted: BigInt(vector.entry.posted),
    pending: BigInt(vector.entry.pending),
    after: {
      debitsPosted: BigInt(after.debitsPosted),
      creditsPosted: BigInt(after.creditsPosted),
      debitsPending: BigInt(after.debitsPending),
      creditsPending: BigInt(after.creditsPending),
    },
    hash: vector.digests.link,
  });
  return { transfer, entry };
}
