import type { Viewer } from '../../domain/actor.ts';
import { digestIn } from '../../domain/integrity/statement-proof.ts';
import { GENESIS_HASH } from '../../domain/entities/genesis-hash.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { leafTextHash, readLeaf } from '../../domain/integrity/checkpoint.ts';
import type { AccountLeaf, Checkpoint } from '../../domain/integrity/checkpoint.ts';
import { PassbookError } from '../../domain/errors.ts';
import { PathBuilder } from '../../domain/integrity/merkle-tree.ts';
import type { HexDigest } from '../../domain/integrity/merkle-tree.ts';
import { provenEntry } from '../../domain/integrity/statement-proof.ts';
import type { ProvenEntry, StatementProof } from '../../domain/integrity/statement-proof.ts';
import type { Instant } from '../../domain/time.ts';
import { entryAt, linesUpTo, readOwnAccount } from '../reporting/account-at.ts';
import type { CheckpointArchive, CheckpointPorts } from '../ports/checkpoints.ts';
import { requireCheckpoints } from './make-checkpoint.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import { requireInstant, requirePeriod } from '../validation.ts';

type Ports = {
  readonly reads: LedgerReads;
  readonly digest: Digest;
  readonly hexDigest: HexDigest;
  readonly checkpoints: CheckpointPorts | null;
};

export type StatementExportRequest = {
  readonly accountId: string;
  /** Start of the period, inclusive. Default: the account's opening. */
  readonly from?: Instant;
  /** End of the period, exclusive. At most the newest checkpoint's instant, which is the default. */
  readonly to?: Instant;
};

const PAGE = 100;

/** A statement proof that is read while it is sent. The entries come in portions. */
export type StatementProofReading = {
  readonly head: Omit<StatementProof, 'opening' | 'entries' | 'following' | 'digests'>;
  /** Yields the portions by sequence ascending. Can be called only once. */
  readonly portions: () => AsyncGenerator<ProofPortion, void>;
};

/** Part of a `StatementProof`. `opening` and `following` are absent from the portions that do not contain them. */
export type ProofPortion = Pick<StatementProof, 'entries' | 'digests'> & {
  readonly opening?: ProvenEntry;
  readonly following?: ProvenEntry;
};

/**
 * Exports an account's entries of a period with a proof that the newest checkpoint covers them, as one object. A long
 * period takes much memory: use `readStatementProof` to get it in portions.
 * @throws PassbookError, TypeError same as `readStatementProof`
 */
export function exportStatement(ports: Ports) {
  const read = readStatementProof(ports);
  return async (viewer: Viewer, request: StatementExportRequest): Promise<StatementProof> => {
    const { head, portions } = await read(viewer, request);
    let opening: ProvenEntry | null = null;
    let following: ProvenEntry | null = null;
    const entries: ProvenEntry[] = [];
    const digests: string[] = [];
    for await (const portion of portions()) {
      opening ??= portion.opening ?? null;
      following ??= portion.following ?? null;
      entries.push(...portion.entries);
      digests.push(...portion.digests);
    }
    const { format, version, period, previousHash, ...rest } = head;
    return { format, version, period, previousHash, opening, entries, following, digests, ...rest };
  };
}

/**
 * Reads an account's entries of a period with a proof that the newest checkpoint covers them. The proof reveals no data
 * of others.
 * @throws PassbookError `account_not_found` if it does not exist or is another's; `checkpoint_not_found` if none
 *   reaches to the period's end; `invalid_request`, `unavailable`
 * @throws TypeError if the ledger was made without checkpoints
 */
export function readStatementProof(ports: Ports) {
  return async (viewer: Viewer, request: StatementExportRequest): Promise<StatementProofReading> => {
    const { reads, digest, hexDigest } = ports;
    const { signer, archive } = requireCheckpoints(ports);
    const account = await readOwnAccount(reads, { viewer, accountId: request.accountId });
    const newest = await archive.newest();
    const checkpoint = newest && signer.read(newest.signed);
    if (!newest || !checkpoint) throw new PassbookError('checkpoint_not_found');
    const { from = Math.min(account.createdAt, checkpoint.at), to = checkpoint.at } = request;
    requireInstant('from', from);
    requireInstant('to', to);
    if (request.to !== undefined) requirePeriod({ from, to });
    if (Math.max(from, to) > checkpoint.at) throw new PassbookError('checkpoint_not_found');

    const { leaf, text, ...inclusion } = await proveAccount(archive, checkpoint, {
      accountId: account.id,
      hexDigest,
    });
    const { id, sequence: last } = leaf;
    const first = ((await entryAt(reads, { id, sequence: last }, from - 1))?.sequence ?? 0) + 1;
    const before = first > 2 ? await reads.entriesOf(id, { after: first - 3, limit: 1 }) : [];
    const previousHash = before[0]?.hash ?? GENESIS_HASH;
    return {
      head: {
        format: 'passbook statement proof',
        version: 2,
        period: { from, to },
        previousHash,
        leaf: text,
        inclusion,
        checkpoint: newest.signed,
      },
      portions: () => proveEntries(reads, leaf, { first, to, before: previousHash, digest }),
    };
  };
}

/** Reads the manifest twice: for the account's index, and for the hashes on its path to the root. */
async function proveAccount(
  archive: CheckpointArchive,
  { number, accounts: size, root }: Checkpoint,
  { accountId, hexDigest }: { accountId: string; hexDigest: HexDigest },
) {
  let [at, found] = [0, -1];
  let text = '';
  for await (const line of archive.manifest(number)) {
    if (line.startsWith(`${accountId} `)) [found, text] = [at, line];
    at++;
  }
  const leaf = readLeaf(text);
  if (!leaf) throw new PassbookError('checkpoint_not_found');

  const builder = new PathBuilder({ index: found, size }, hexDigest);
  for await (const line of archive.manifest(number)) builder.add(leafTextHash(line, hexDigest));
  if (builder.root() !== root)
    throw new TypeError(`The manifest of checkpoint ${number} is not the one that was signed`);
  return { leaf, text, index: found, size, path: builder.path() };
}

async function* proveEntries(
  reads: LedgerReads,
  { id, sequence: last, number = null }: AccountLeaf,
  { first, to, before, digest }: { first: number; to: Instant; before: string; digest: Digest },
): AsyncGenerator<ProofPortion, void> {
  let isBehind = false;
  let previousHash = before;
  const all = { after: Math.max(first - 2, 0), until: last, page: PAGE };
  for await (const lines of linesUpTo(reads, id, all)) {
    const portion: { opening?: ProvenEntry; following?: ProvenEntry } = {};
    const entries: ProvenEntry[] = [];
    const digests: string[] = [];
    for (const { entry, transfer } of lines) {
      const place = { number, previousHash, digest };
      previousHash = entry.hash;
      if (isBehind) {
        digests.push(digestIn(entry, transfer, place));
        continue;
      }
      const proven = provenEntry(entry, transfer, place);
      if (entry.sequence < first) portion.opening = proven;
      else if (entry.at < to) entries.push(proven);
      else {
        portion.following = proven;
        isBehind = true;
      }
    }
    yield { ...portion, entries, digests };
  }
}
