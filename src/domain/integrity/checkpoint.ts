import type { Account, AccountClass, AccountStatus } from '../entities/account.ts';
import type { Counters } from '../entities/counters.ts';
import type { AuditHead } from './audit-log.ts';
import { GENESIS_HASH } from '../entities/genesis-hash.ts';
import { leafHash } from './merkle-tree.ts';
import type { HexDigest } from './merkle-tree.ts';
import type { Instant } from '../time.ts';

/** The signed statement about all accounts and the audit log at one moment. */
export type Checkpoint = {
  /** Version 1 has leaves without number and external id. New checkpoints have version 2. */
  readonly version: 1 | 2;
  /** Number of the checkpoint, starting at 1, without gaps. */
  readonly number: number;
  readonly at: Instant;
  /** Digest of the previous checkpoint's signed text; `GENESIS_HASH` for the first. */
  readonly previous: string;
  /** Number of accounts. */
  readonly accounts: number;
  /** Root of the Merkle tree over all accounts, by id ascending. */
  readonly root: string;
  /** The end of the audit log; sequence 0 and `GENESIS_HASH` while it is empty. */
  readonly audit: AuditHead;
};

export const EMPTY_AUDIT: AuditHead = { sequence: 0, hash: GENESIS_HASH };

/** The facts of one account that a checkpoint covers. */
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
  /** Undefined in a leaf of version 1. */
  readonly number?: string | null;
  readonly externalId?: string | null;
};

const NONE = '-';

/**
 * Encodes an account as a leaf of the tree, which is also its line of the manifest. Encoding, version 2: one line of
 * visible ASCII, fields separated by spaces. Version 2 adds the last two fields.
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
    account.number ?? NONE,
    account.externalId ?? NONE,
  ].join(' ');
}

const LEAF = new RegExp(
  [
    /^[\x21-\x7e]+ [\x21-\x7e]+ [A-Z]{3} (?:asset|liability|equity|income|expense) (?:active|frozen|closed)/,
    / (?:true|false) (?:-|-?\d+) (?:-|-?\d+) \d+ \d+ \d+ \d+ \d+ [0-9a-f]{64}/,
    /(?: (?:-|[A-Z]{2,4}\d{14}) [\x21-\x7e]+)?$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

const VERSION_2_FIELDS = 16;

function valueOf(field: string | undefined): string | null {
  return field === undefined || field === NONE ? null : field;
}

/** Parses a leaf of either version; undefined if the text is not one. */
export function readLeaf(text: string): AccountLeaf | undefined {
  if (!LEAF.test(text)) return undefined;
  const fields = text.split(' ');
  const [id = '', ownerId = '', currency = '', ofClass, status, frozen, minimum = '', maximum = ''] = fields;
  const [debitsPosted = 0n, creditsPosted = 0n, debitsPending = 0n, creditsPending = 0n] = fields
    .slice(8, 12)
    .map(BigInt);
  return {
    id,
    ownerId: valueOf(ownerId),
    currency,
    class: ofClass as AccountClass,
    status: status as AccountStatus,
    creditsFrozen: frozen === 'true',
    minimumBalance: minimum === NONE ? null : BigInt(minimum),
    maximumBalance: maximum === NONE ? null : BigInt(maximum),
    counters: { debitsPosted, creditsPosted, debitsPending, creditsPending },
    sequence: Number(fields[12]),
    head: fields[13] ?? '',
    ...(fields.length === VERSION_2_FIELDS && {
      number: valueOf(fields[14]),
      externalId: valueOf(fields[15]),
    }),
  };
}

/** Returns the hash of a leaf's text in the tree. */
export function leafTextHash(text: string, digest: HexDigest): string {
  let bytes = '';
  for (let at = 0; at < text.length; at++) bytes += text.charCodeAt(at).toString(16).padStart(2, '0');
  return leafHash(bytes, digest);
}

/** Parses a checkpoint from an untrusted value; undefined if it is not one. */
export function readCheckpoint(value: unknown): Checkpoint | undefined {
  if (!isRecord(value)) return undefined;
  const { version, number, at, previous, accounts, root, audit } = value;
  if (
    (version !== 1 && version !== 2) ||
    !isCount(number) ||
    number < 1 ||
    !isCount(at) ||
    !isCount(accounts)
  )
    return undefined;
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
