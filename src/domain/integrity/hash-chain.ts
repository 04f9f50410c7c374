import type { LedgerEntryFacts } from '../entities/ledger-entry.ts';
import type { Transfer } from '../entities/transfer.ts';

/**
 * The digest that the chain is made with: text, taken as UTF-8, to 64 lower-case hexadecimal digits.
 * SHA-256; it is passed in because the domain imports nothing.
 */
export type Digest = (text: string) => string;

/**
 * What of a transfer is fixed when it is made, as the entries of every party cover it.
 * The parties and the texts are salted digests: a statement can show one's own side alone,
 * and a text can be erased while the chain stays whole.
 */
export type TransferSeal = {
  readonly parties: string;
  readonly description: string;
  readonly metadata: string;
};

/** Where a transfer has no such text. */
export const NONE = '-';

/*
 * Encoding, version 1. Each preimage is lines joined by a line feed, in this order, the first naming what it is.
 * Only the last line may itself hold a line feed, so no two different records share a preimage.
 * Integers are decimal, instants in milliseconds, what is absent is "-".
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

/** The digest that stands for a description: whoever is shown the text and its salt can make it again. */
export function descriptionDigest(salt: string, description: string, digest: Digest): string {
  return digest(`passbook description 1\n${salt}\n${description}`);
}

/** What of its transfer an entry covers beside the seal. */
export type CoveredFacts = Pick<
  Transfer,
  'id' | 'kind' | 'currency' | 'createdAt' | 'expiresAt' | 'reverses' | 'batchId'
>;

/** The digest that stands for one entry: H(entry). */
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

/** An entry's hash: H(previous hash of the account, H(entry)). */
export function linkHash(previousHash: string, ofEntry: string, digest: Digest): string {
  return digest(`passbook link 1\n${previousHash}\n${ofEntry}`);
}

/** Metadata as it is compared and hashed: JSON of its [key, value] pairs, sorted by key in UTF-16 code unit order. */
export function canonicalMetadata(metadata: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Each text has a salt of its own, so that showing one text opens neither the other nor the parties. */
export function textSalt(text: 'description' | 'metadata', salt: string, digest: Digest): string {
  return digest(`passbook salt 1\n${text}\n${salt}`);
}
