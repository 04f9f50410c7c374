import type { Account } from '../entities/account.ts';
import { GENESIS_HASH } from '../entities/genesis-hash.ts';
import type { Digest } from './hash-chain.ts';
import type { Initiator } from '../entities/transfer.ts';
import type { Instant } from '../time.ts';

export type AuditAction =
  | 'account_frozen'
  | 'account_unfrozen'
  | 'account_closed'
  | 'account_limited'
  | 'account_metadata_changed'
  | 'text_erased'
  | 'role_granted';

export type AuditFacts = {
  /** Position in the log, starting at 1, without gaps. */
  readonly sequence: number;
  readonly at: Instant;
  readonly actor: Initiator;
  readonly action: AuditAction;
  /** The affected account; null for `text_erased`, which has a `transferId` instead. */
  readonly accountId: string | null;
  readonly transferId: string | null;
  /** The affected user. Only for `role_granted`. */
  readonly userId?: string;
  /** Reason in the actor's words. */
  readonly reason: string | null;
  /** Changed fields, with values as text; null for an unset field. */
  readonly changes: readonly (readonly [field: string, before: string | null, after: string | null])[];
};

/** One record of the audit log, which is append-only. */
export type AuditRecord = AuditFacts & {
  /** H(hash of the previous record, this record): the log is a chain. */
  readonly hash: string;
};

/** The end of the audit log, which the next record links to. */
export type AuditHead = Pick<AuditRecord, 'sequence' | 'hash'>;

/** Makes the record that follows the given end of the log. */
export function followAudit(
  head: AuditHead | undefined,
  facts: Omit<AuditFacts, 'sequence'>,
  digest: Digest,
): AuditRecord {
  const { sequence, hash } = head ?? { sequence: 0, hash: GENESIS_HASH };
  const following = { ...facts, sequence: sequence + 1 };
  return { ...following, hash: auditHash(hash, following, digest) };
}

/**
 * Returns the digest that the log holds for a pair of an account's metadata; null for no pair. The log never shrinks, and
 * the value may be personal.
 */
export function metadataDigest(
  { id, metadata }: Pick<Account, 'id' | 'metadata'>,
  key: string,
  digest: Digest,
): string | null {
  if (!metadata || !Object.hasOwn(metadata, key)) return null;
  return digest(`passbook account metadata 1\n${id}\n${key}\n${metadata[key]}`);
}

/** Hashes a record. Encoding, version 1: same as in `hash-chain.ts`; the last line is JSON without spaces. */
export function auditHash(previousHash: string, facts: AuditFacts, digest: Digest): string {
  const { sequence, at, actor, action, accountId, transferId, userId, reason, changes } = facts;
  return digest(
    `passbook audit 1\n${previousHash}\n${sequence}\n${at}\n${actor.kind}\n${actor.id ?? '-'}\n${action}\n` +
      `${accountId ?? transferId ?? userId ?? '-'}\n${JSON.stringify([reason, changes])}`,
  );
}
