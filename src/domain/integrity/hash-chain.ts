import type { LedgerEntryFacts } from '../entities/ledger-entry.ts';
import type { Transfer } from '../entities/transfer.ts';

/**
 * The chain's digest function: from text, encoded as UTF-8, to 64 lower-case hexadecimal digits.
 * SHA-256; it is passed in because the domain imports nothing.
 */
export type Digest = (text: string) => string;

/**
 * The facts of a transfer that the entries of every party cover. Parties and texts are salted digests: a statement can
 * show one side alone, and a text can be erased while the chain stays valid.
 */
export type TransferSeal = {
  readonly parties: string;
  readonly description: string;
  readonly metadata: string;
};

/** Placeholder for an absent value. */
export const NONE = '-';

/*
 * Encoding, version 1. Each preimage consists of lines joined by a line feed, in this order; the first names its kind.
 * Only the last line may contain a line feed, so no two different records share a preimage.
 * Integers are decimal, instants are in milliseconds, and an absent value is "-".
 */

export function sealTransfer(transfer: Transfer, digest: Digest): TransferSeal {
  const legs = transfer.legs.map((leg) => `${leg.accountId}\n${leg.direction}\n${leg.amount}`);
  const { initiator, salt, description, metadata, erased } = transfer;
  return {
    parties: digest(
      `passbook parties 1\n${salt}\n${initiator.kind}\n${initiator.id ?? NONE}\n${legs.join('\n')}`,
    ),
    description:
      description === null
        ? (erased?.description ?? NONE)
        : descriptionDigest(textSalt('description', salt, digest), description, digest),
    metadata:
      metadata === null
        ? (erased?.metadata ?? NONE)
        : digest(
            `passbook metadata 1\n${textSalt('metadata', salt, digest)}\n${canonicalMetadata(metadata)}`,
          ),
  };
}

/** Returns the digest of a description. Anyone who knows the text and its salt can recompute it. */
export function descriptionDigest(salt: string, description: string, digest: Digest): string {
  return digest(`passbook description 1\n${salt}\n${description}`);
}

/** The facts of its transfer that an entry covers in addition to the seal. */
export type CoveredFacts = Pick<
  Transfer,
  'id' | 'kind' | 'currency' | 'createdAt' | 'expiresAt' | 'reverses' | 'batchId'
>;

/** Returns the digest of one entry: H(entry). */
export function entryDigest(
  entry: LedgerEntryFacts,
  transfer: CoveredFacts,
  { seal, digest }: { seal: TransferSeal; digest: Digest },
): string {
  const { after } = entry;
  return digest(
    `passbook entry 1\n${entry.accountId}\n${entry.sequence}\n${entry.step}\n${entry.direction}\n` +
      `${entry.posted}\n${entry.pending}\n` +
      `${after.debitsPosted}\n${after.creditsPosted}\n${after.debitsPending}\n${after.creditsPending}\n` +
      `${entry.at}\n${transfer.id}\n${transfer.kind}\n${transfer.currency ?? NONE}\n${transfer.createdAt}\n` +
      `${transfer.expiresAt ?? NONE}\n${transfer.reverses ?? NONE}\n${transfer.batchId ?? NONE}\n` +
      `${seal.parties}\n${seal.description}\n${seal.metadata}`,
  );
}

/** Returns an entry's hash: H(previous hash of the account, H(entry)). */
export function linkHash(previousHash: string, ofEntry: string, digest: Digest): string {
  return digest(`passbook link 1\n${previousHash}\n${ofEntry}`);
}

/** Encodes metadata for comparison and hashing: JSON of its [key, value] pairs, sorted by key in UTF-16 code units. */
export function canonicalMetadata(metadata: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Derives a salt for one text, so that revealing it exposes neither the other text nor the parties. */
export function textSalt(text: 'description' | 'metadata', salt: string, digest: Digest): string {
  return digest(`passbook salt 1\n${text}\n${salt}`);
}
