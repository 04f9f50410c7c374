import { normalSideOf } from '../entities/account.ts';
import { counted } from '../entities/counters.ts';
import type { Counters } from '../entities/counters.ts';
import {
  coveredDigest,
  entryDigest,
  linkHash,
  NONE,
  sealTransfer,
  textDigest,
  textSalt,
} from './hash-chain.ts';
import { GENESIS_HASH } from '../entities/genesis-hash.ts';
import type { CoveredFacts, Digest, EntryVersion, TransferSeal } from './hash-chain.ts';
import { isCount, isHash, isRecord, leafTextHash, readLeaf } from './checkpoint.ts';
import type { AccountLeaf, Checkpoint } from './checkpoint.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import { rootOfPath } from './merkle-tree.ts';
import type { HexDigest } from './merkle-tree.ts';
import type { Instant } from '../time.ts';
import type { Transfer } from '../entities/transfer.ts';

type Texts<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] };

/** A text that all parties see, and the salt that opens its digest. */
type ShownText = { readonly salt: string; readonly text: string };

/** An entry with everything that its hash covers. Other parties appear only as digests. Amounts are text. */
export type ProvenEntry = Texts<
  Pick<LedgerEntry, 'sequence' | 'step' | 'direction' | 'posted' | 'pending' | 'at' | 'hash'>
> & {
  /** Version of the encoding that its hash was made with. */
  readonly version: EntryVersion;
  readonly after: Texts<Counters>;
  readonly transfer: CoveredFacts;
  readonly seal: TransferSeal;
  /** The text behind the seal's digest; null if there is none or it was erased. */
  readonly description: ShownText | null;
  readonly reference: ShownText | null;
};

/**
 * Proof that these are all the entries of an account in a period, in the books that a checkpoint covers. Instants are
 * milliseconds since 1970, in UTC; the end of the period is exclusive.
 */
export type StatementProof = {
  readonly format: 'passbook statement proof';
  readonly version: 2;
  readonly period: { readonly from: Instant; readonly to: Instant };
  /** Hash before the first entry in the proof. */
  readonly previousHash: string;
  /** Last entry before the period. With `following`, the first one after it, it shows that no entry is left out. */
  readonly opening: ProvenEntry | null;
  readonly entries: readonly ProvenEntry[];
  readonly following: ProvenEntry | null;
  /** H(entry) of every later entry, up to the checkpointed head. */
  readonly digests: readonly string[];
  /** The account's leaf in the checkpoint; `inclusion` is its audit path in the tree. */
  readonly leaf: string;
  readonly inclusion: { readonly index: number; readonly size: number; readonly path: readonly string[] };
  /** The signed text of the checkpoint. */
  readonly checkpoint: string;
};

/** The account's number, and the hash of the entry before this one. */
type EntryPlace = { readonly number: string | null; readonly previousHash: string; readonly digest: Digest };

/** Returns H(entry). If the entry's hash fits no version, the proof fails its check. */
export function digestIn(entry: LedgerEntry, transfer: Transfer, place: EntryPlace): string {
  const covering = { ...place, seal: sealTransfer(transfer, place.digest) };
  return coveredDigest(entry, transfer, covering)?.ofEntry ?? entryDigest(entry, transfer, covering);
}

export function provenEntry(entry: LedgerEntry, transfer: Transfer, place: EntryPlace): ProvenEntry {
  const { digest } = place;
  const { sequence, step, direction, at, hash, after } = entry;
  const { id, kind, currency, createdAt, expiresAt, reverses, batchId } = transfer;
  const seal = sealTransfer(transfer, digest);
  const shown = (name: 'description' | 'reference') => {
    const text = transfer[name];
    return text === null ? null : { salt: textSalt(name, transfer.salt, digest), text };
  };
  return {
    // A hash that fits neither version makes the proof fail its check
    version: coveredDigest(entry, transfer, { ...place, seal })?.version ?? 2,
    sequence,
    step,
    direction,
    posted: entry.posted.toString(),
    pending: entry.pending.toString(),
    after: {
      debitsPosted: after.debitsPosted.toString(),
      creditsPosted: after.creditsPosted.toString(),
      debitsPending: after.debitsPending.toString(),
      creditsPending: after.creditsPending.toString(),
    },
    at,
    transfer: { id, kind, currency, createdAt, expiresAt, reverses, batchId },
    seal,
    description: shown('description'),
    reference: shown('reference'),
    hash,
  };
}

/** The statement that a valid proof shows. Amounts are in minor units. */
export type ProvenStatement = {
  readonly account: AccountLeaf;
  readonly openingBalance: bigint;
  readonly closingBalance: bigint;
  readonly entries: readonly ProvenEntry[];
};

/** The proven statement, or the reason why the proof is invalid. */
export type ProofResult =
  | { readonly ok: true; readonly statement: ProvenStatement }
  | { readonly ok: false; readonly reason: string };

/** Checks a proof of either version against a checkpoint whose signature is verified. Needs no other data. */
export function checkStatementProof(
  given: unknown,
  checkpoint: Checkpoint,
  digests: { digest: Digest; hexDigest: HexDigest },
): ProofResult {
  const value = inVersion2(given);
  if (!isStatementProof(value)) return { ok: false, reason: 'it is not a statement proof of version 1 or 2' };
  const leaf = readLeaf(value.leaf);
  if (!leaf || (leaf.number === undefined) !== (checkpoint.version === 1)) {
    return { ok: false, reason: 'its leaf is malformed' };
  }

  const reason =
    inclusionFault(value, checkpoint, digests.hexDigest) ??
    chainFault(value, leaf, digests.digest) ??
    periodFault(value, leaf, checkpoint);
  if (reason !== undefined) return { ok: false, reason };
  const { opening, entries } = value;
  const last = entries.at(-1) ?? opening;
  return {
    ok: true,
    statement: {
      account: leaf,
      openingBalance: balanceOf(leaf, opening && countersOf(opening)),
      closingBalance: balanceOf(leaf, last && countersOf(last)),
      entries,
    },
  };
}

function inclusionFault(
  { leaf, inclusion }: StatementProof,
  { root, accounts }: Checkpoint,
  digest: HexDigest,
): string | undefined {
  if (inclusion.size !== accounts) return 'its tree is not as large as that of the checkpoint';
  const found = rootOfPath({ ...inclusion, leaf: leafTextHash(leaf, digest) }, digest);
  return found === root ? undefined : 'the checkpoint does not contain the account as shown';
}

/** Checks that each entry links to the one before it, and the last one to the signed head. */
function chainFault(proof: StatementProof, leaf: AccountLeaf, digest: Digest): string | undefined {
  const shown = shownIn(proof);
  const first = shown[0];
  let hash = proof.previousHash;
  let sequence = (first?.sequence ?? 1) - 1;
  let counters: Counters | undefined;
  if (sequence === 0) {
    if (hash !== GENESIS_HASH) return 'its first entry follows another';
    counters = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
  }
  for (const entry of shown) {
    const fault = entryFault(entry, { leaf, hash, sequence, counters }, digest);
    if (fault) return `entry ${entry.sequence} ${fault}`;
    ({ hash, sequence } = entry);
    counters = countersOf(entry);
  }
  for (const later of proof.digests) hash = linkHash(hash, later, digest);
  if (sequence + proof.digests.length !== leaf.sequence)
    return 'it does not lead to the last entry that was signed';
  if (hash !== leaf.head) return 'it does not lead to the head that was signed';
  return undefined;
}

function entryFault(
  entry: ProvenEntry,
  before: { leaf: AccountLeaf; hash: string; sequence: number; counters: Counters | undefined },
  digest: Digest,
): string | undefined {
  const { transfer, seal, version } = entry;
  const { direction, step, at } = entry;
  const moved = { posted: BigInt(entry.posted), pending: BigInt(entry.pending) };
  const after = countersOf(entry);
  const facts = {
    accountId: before.leaf.id,
    sequence: entry.sequence,
    transferId: transfer.id,
    step,
    direction,
    ...moved,
    after,
    at,
  };
  if (entry.sequence !== before.sequence + 1) return 'does not follow the one before it';
  if (version === 2 && before.leaf.number === undefined) return 'is newer than the checkpoint';
  if (version === 1 && seal.reference !== NONE) return 'has a reference that nothing covers';
  const number = before.leaf.number ?? null;
  const ofEntry = entryDigest(facts, transfer, { seal, number, digest, version });
  if (linkHash(before.hash, ofEntry, digest) !== entry.hash) return 'is not what its hash covers';
  if (transfer.currency !== before.leaf.currency) return 'is in another currency';
  for (const name of ['description', 'reference'] as const) {
    const shown = entry[name];
    if (shown && textDigest(name, shown, digest) !== seal[name]) return `has another ${name}`;
  }
  if (!before.counters) return undefined;
  const signed = { ...moved, pending: step === 'held' ? moved.pending : -moved.pending };
  const expected = counted(before.counters, direction, signed);
  const isRight = Object.entries(expected).every(([name, value]) => after[name as keyof Counters] === value);
  return isRight ? undefined : 'does not add up';
}

/** Checks by the two entries around the period that none in between is left out. */
function periodFault(
  { period, opening, entries, following, digests }: StatementProof,
  leaf: AccountLeaf,
  checkpoint: Checkpoint,
): string | undefined {
  const { from, to } = period;
  if (to > checkpoint.at) return 'its period ends after the checkpoint';
  if (opening ? opening.at >= from : (entries[0] ?? following)?.sequence !== 1 && leaf.sequence > 0) {
    return 'entries before it may be left out';
  }
  if (following ? following.at < to : digests.length > 0) return 'entries after it may be left out';
  return entries.every(({ at }) => at >= from && at < to) ? undefined : 'an entry is not of its period';
}

function shownIn({ opening, entries, following }: StatementProof): readonly ProvenEntry[] {
  return [...(opening ? [opening] : []), ...entries, ...(following ? [following] : [])];
}

function countersOf({ after }: ProvenEntry): Counters {
  return {
    debitsPosted: BigInt(after.debitsPosted),
    creditsPosted: BigInt(after.creditsPosted),
    debitsPending: BigInt(after.debitsPending),
    creditsPending: BigInt(after.creditsPending),
  };
}

function balanceOf({ class: ofClass }: AccountLeaf, counters: Counters | null): bigint {
  if (!counters) return 0n;
  const raised = counters.creditsPosted - counters.debitsPosted;
  return normalSideOf(ofClass) === 'debit' ? -raised : raised;
}

/** Converts a proof of version 1, whose entries have version 1 and no reference. Leaves any other value alone. */
export function inVersion2(value: unknown): unknown {
  if (!isRecord(value) || value['version'] !== 1) return value;
  const { opening, entries, following } = value;
  const converted = (entry: unknown): unknown =>
    isRecord(entry) && isRecord(entry['seal'])
      ? { ...entry, version: 1, reference: null, seal: { ...entry['seal'], reference: NONE } }
      : entry;
  return {
    ...value,
    version: 2,
    opening: converted(opening),
    entries: Array.isArray(entries) ? entries.map(converted) : entries,
    following: converted(following),
  };
}

/** Checks the shape of an untrusted value. Missing or mistyped fields would make the other checks meaningless. */
export function isStatementProof(value: unknown): value is StatementProof {
  if (!isRecord(value) || value['format'] !== 'passbook statement proof' || value['version'] !== 2)
    return false;
  const { period, previousHash, opening, entries, following, digests, leaf, inclusion, checkpoint } = value;
  return (
    isRecord(period) &&
    isCount(period['from']) &&
    isCount(period['to']) &&
    isHash(previousHash) &&
    (opening === null || isProvenEntry(opening)) &&
    Array.isArray(entries) &&
    entries.every(isProvenEntry) &&
    (following === null || isProvenEntry(following)) &&
    Array.isArray(digests) &&
    digests.every(isHash) &&
    typeof leaf === 'string' &&
    isRecord(inclusion) &&
    isCount(inclusion['index']) &&
    isCount(inclusion['size']) &&
    Array.isArray(inclusion['path']) &&
    inclusion['path'].every(isHash) &&
    typeof checkpoint === 'string'
  );
}

function isProvenEntry(value: unknown): value is ProvenEntry {
  if (!isRecord(value)) return false;
  const { sequence, version, posted, pending, at, hash, after, transfer, seal, step, direction } = value;
  return (
    isCount(sequence) &&
    (version === 1 || version === 2) &&
    isCount(at) &&
    isHash(hash) &&
    [posted, pending].every(isDigits) &&
    [step, direction].every(isLine) &&
    isRecord(after) &&
    COUNTERS.every((name) => isDigits(after[name])) &&
    isRecord(transfer) &&
    ['id', 'kind', 'currency'].every((name) => isLine(transfer[name])) &&
    isCount(transfer['createdAt']) &&
    (transfer['expiresAt'] === null || isCount(transfer['expiresAt'])) &&
    ['reverses', 'batchId'].every((name) => transfer[name] === null || isLine(transfer[name])) &&
    isRecord(seal) &&
    isHash(seal['parties']) &&
    ['description', 'metadata', 'reference'].every((name) => seal[name] === NONE || isHash(seal[name])) &&
    [value['description'], value['reference']].every(
      (shown) =>
        shown === null || (isRecord(shown) && isHash(shown['salt']) && typeof shown['text'] === 'string'),
    )
  );
}

const COUNTERS = ['debitsPosted', 'creditsPosted', 'debitsPending', 'creditsPending'] as const;

function isDigits(value: unknown): boolean {
  return typeof value === 'string' && /^(?:0|[1-9]\d{0,19})$/.test(value);
}

/** Rejects line feeds in a line of a preimage: otherwise two records could share one. */
function isLine(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}
