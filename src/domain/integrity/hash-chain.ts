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
  readonly reference: string;
};

/** Placeholder for an absent value. */
export const NONE = '-';

/*
 * Encoding. Each preimage consists of lines joined by a line feed, in this order; the first names its kind.
 * Only the last line may contain a line feed, so no two different records share a preimage.
 * Integers are decimal, instants are in milliseconds, and an absent value is "-".
 * Version 2 of an entry adds the account's number and the transfer's reference; version 2 of the parties, the external
 * id. Entries of version 1 stay valid.
 */

/** Version of an entry's encoding. New entries have version 2. */
export type EntryVersion = 1 | 2;

export function sealTransfer(transfer: Transfer, digest: Digest): TransferSeal {
  const legs = transfer.legs.map((leg) => `${leg.accountId}\n${leg.direction}\n${leg.amount}`);
  const { initiator, salt, description, metadata, reference, externalId, erased } = transfer;
  const parties = `${salt}\n${initiator.kind}\n${initiator.id ?? NONE}`;
  return {
    parties: digest(
      externalId === null
        ? `passbook parties 1\n${parties}\n${legs.join('\n')}`
        : `passbook parties 2\n${parties}\n${externalId}\n${legs.join('\n')}`,
    ),
    description:
      description === null
        ? (erased?.description ?? NONE)
        : textDigest(
            'description',
            { salt: textSalt('description', salt, digest), text: description },
            digest,
          ),
    reference:
      reference === null
        ? (erased?.reference ?? NONE)
        : textDigest('reference', { salt: textSalt('reference', salt, digest), text: reference }, digest),
    metadata:
      metadata === null
        ? (erased?.metadata ?? NONE)
        : digest(
            `passbook metadata 1\n${textSalt('metadata', salt, digest)}\n${canonicalMetadata(metadata)}`,
          ),
  };
}

/** Returns the digest of a text that all parties see. Anyone who knows the text and its salt can recompute it. */
export function textDigest(
  name: 'description' | 'reference',
  { salt, text }: { salt: string; text: string },
  digest: Digest,
): string {
  return digest(`passbook ${name} 1\n${salt}\n${text}`);
}

/** The facts of its transfer that an entry covers in addition to the seal. */
export type CoveredFacts = Pick<
  Transfer,
  'id' | 'kind' | 'currency' | 'createdAt' | 'expiresAt' | 'reverses' | 'batchId'
>;

/** Facts that an entry covers in addition to its own and those of its transfer. */
export type Covering = {
  readonly seal: TransferSeal;
  /** The account's number. */
  readonly number: string | null;
  readonly digest: Digest;
};

/** Returns the digest of one entry: H(entry). */
export function entryDigest(
  entry: LedgerEntryFacts,
  transfer: CoveredFacts,
  { seal, number, digest, version = 2 }: Covering & { readonly version?: EntryVersion },
): string {
  const { after } = entry;
  const account = version === 1 ? entry.accountId : `${entry.accountId}\n${number ?? NONE}`;
  const reference = version === 1 ? '' : `${seal.reference}\n`;
  return digest(
    `passbook entry ${version}\n${account}\n${entry.sequence}\n${entry.step}\n${entry.direction}\n` +
      `${entry.posted}\n${entry.pending}\n` +
      `${after.debitsPosted}\n${after.creditsPosted}\n${after.debitsPending}\n${after.creditsPending}\n` +
      `${entry.at}\n${transfer.id}\n${transfer.kind}\n${transfer.currency ?? NONE}\n${transfer.createdAt}\n` +
      `${transfer.expiresAt ?? NONE}\n${transfer.reverses ?? NONE}\n${transfer.batchId ?? NONE}\n` +
      `${seal.parties}\n${reference}${seal.description}\n${seal.metadata}`,
  );
}

/**
 * Returns H(entry) in the version that the entry's hash was made with; undefined if it was made with neither. Version 1
 * knew no reference, so a transfer with a reference has no entry of that version.
 */
export function coveredDigest(
  entry: LedgerEntryFacts & { readonly hash: string },
  transfer: CoveredFacts,
  { previousHash, ...covering }: Covering & { readonly previousHash: string },
): { readonly version: EntryVersion; readonly ofEntry: string } | undefined {
  const versions: readonly EntryVersion[] = covering.seal.reference === NONE ? [2, 1] : [2];
  for (const version of versions) {
    const ofEntry = entryDigest(entry, transfer, { ...covering, version });
    if (linkHash(previousHash, ofEntry, covering.digest) === entry.hash) return { version, ofEntry };
  }
  return undefined;
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
export function textSalt(
  text: 'description' | 'metadata' | 'reference',
  salt: string,
  digest: Digest,
): string {
  return digest(`passbook salt 1\n${text}\n${salt}`);
}
