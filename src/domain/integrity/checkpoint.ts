import type { Account, AccountClass, AccountStatus } from '../entities/account.ts';
import type { Counters } from '../entities/counters.ts';
import type { AuditHead } from './audit-log.ts';
import { GENESIS_HASH } from '../entities/genesis-hash.ts';
import { leafHash } from './merkle-tree.ts';
import type { HexDigest } from './merkle-tree.ts';
import type { Instant } from '../time.ts';

/** What is signed about the whole bank at one moment. */
export type Checkpoint = {
  readonly version: 1;
  /** 1 for the first, then without a gap. */
  readonly number: number;
  readonly at: Instant;
  /** The digest of the signed text of the one before; `GENESIS_HASH` before the first. */
  readonly previous: string;
  /** How many accounts there were. */
  readonly accounts: number;
  /** Of the Merkle tree over all accounts, by id ascending. */
  readonly root: string;
  /** The end of the audit log; 0 and `GENESIS_HASH` while it is empty. */
  readonly audit: AuditHead;
};

export const EMPTY_AUDIT: AuditHead = { sequence: 0, hash: GENESIS_HASH };

/** What a checkpoint says of one account. */
export type AccountLeaf = {
  readonly id: string;
  readonly ownerId: string | null;
  readonly currency: string;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  readonly creditsFrozen: boolean;
  readonly minimumBalance: bigint | null;
  readonly maximumBalance: bigint | null;
  readonly counters: Counters;
  readonly sequence: number;
  readonly head: string;
};

const NONE = '-';

/**
 * Encoding, version 1: one line of visible ASCII, its fields parted by spaces. It is a leaf of the tree, and a line of
 * the manifest.
 */
export function leafText(account: Pick<Account, keyof AccountLeaf>): string {
  const { counters } = account;
  return [
    account.id,
    account.ownerId ?? NONE,
    account.currency,
    account.class,
    account.status,
    account.creditsFrozen,
    account.minimumBalance ?? NONE,
    account.maximumBalance ?? NONE,
    counters.debitsPosted,
    counters.creditsPosted,
    counters.debitsPending,
    counters.creditsPending,
    account.sequence,
    account.head,
  ].join(' ');
}

const LEAF = new RegExp(
  [
    /^[\x21-\x7e]+ [\x21-\x7e]+ [A-Z]{3} (?:asset|liability|equity|income|expense) (?:active|frozen|closed)/,
    / (?:true|false) (?:-|-?\d+) (?:-|-?\d+) \d+ \d+ \d+ \d+ \d+ [0-9a-f]{64}$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** Undefined where the text is not a leaf. */
export function readLeaf(text: string): AccountLeaf | undefined {
  if (!LEAF.test(text)) return undefined;
  const fields = text.split(' ');
  const [id = '', ownerId = '', currency = '', ofClass, status, frozen, minimum = '', maximum = ''] = fields;
  const [debitsPosted = 0n, creditsPosted = 0n, debitsPending = 0n, creditsPending = 0n] = fields
    .slice(8, 12)
    .map(BigInt);
  return {
    id,
    ownerId: ownerId === NONE ? null : ownerId,
    currency,
    class: ofClass as AccountClass,
    status: status as AccountStatus,
    creditsFrozen: frozen === 'true',
    minimumBalance: minimum === NONE ? null : BigInt(minimum),
    maximumBalance: maximum === NONE ? null : BigInt(maximum),
    counters: { debitsPosted, creditsPosted, debitsPending, creditsPending },
    sequence: Number(fields[12]),
    head: fields[13] ?? '',
  };
}

/** The hash of a leaf's text in the tree. */
export function leafTextHash(text: string, digest: HexDigest): string {
  let bytes = '';
  for (let at = 0; at < text.length; at++) bytes += text.charCodeAt(at).toString(16).padStart(2, '0');
  return leafHash(bytes, digest);
}

/** Undefined where the value is not a checkpoint: it comes from outside. */
export function readCheckpoint(value: unknown): Checkpoint | undefined {
  if (!isRecord(value)) return undefined;
  const { version, number, at, previous, accounts, root, audit } = value;
  if (version !== 1 || !isCount(number) || number < 1 || !isCount(at) || !isCount(accounts)) return undefined;
  if (!isHash(previous) || !isHash(root) || !isRecord(audit)) return undefined;
  const { sequence, hash } = audit;
  if (!isCount(sequence) || !isHash(hash)) return undefined;
  return { version, number, at, previous, accounts, root, audit: { sequence, hash } };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
