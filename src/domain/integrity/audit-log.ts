import { GENESIS_HASH } from '../entities/genesis-hash.ts';
import type { Digest } from './hash-chain.ts';
import type { Initiator } from '../entities/transfer.ts';
import type { Instant } from '../time.ts';

export type AuditAction =
  | 'account_frozen'
  | 'account_unfrozen'
  | 'account_closed'
  | 'account_limited'
  | 'text_erased'
  | 'role_granted';

export type AuditFacts = {
  /** 1 for the first, then without a gap. */
  readonly sequence: number;
  readonly at: Instant;
  readonly actor: Initiator;
  readonly action: AuditAction;
  /** What it was done to: the account, or with `text_erased` the transfer; the other is null. */
  readonly accountId: string | null;
  readonly transferId: string | null;
  /** Whom it was done to, with `role_granted` alone. */
  readonly userId?: string;
  /** Why, in the actor's words. */
  readonly reason: string | null;
  /** What was changed, field by field, as text; null where the field is unset. */
  readonly changes: readonly (readonly [field: string, before: string | null, after: string | null])[];
};

/** One line of the audit log, which only grows. */
export type AuditRecord = AuditFacts & {
  /** H(hash of the record before, this record): the log is a chain. */
  readonly hash: string;
};

/** The end of the audit log: what the next record follows. */
export type AuditHead = Pick<AuditRecord, 'sequence' | 'hash'>;

/** The record that follows the end of the log as it was. */
export function followAudit(
  head: AuditHead | undefined,
  facts: Omit<AuditFacts, 'sequence'>,
  digest: Digest,
): AuditRecord {
  const { sequence, hash } = head ?? { sequence: 0, hash: GENESIS_HASH };
  const following = { ...facts, sequence: sequence + 1 };
  return { ...following, hash: auditHash(hash, following, digest) };
}

/** Encoding, version 1: as `chain.ts` has it; the last line is JSON, without spaces. */
export function auditHash(previousHash: string, facts: AuditFacts, digest: Digest): string {
  const { sequence, at, actor, action, accountId, transferId, userId, reason, changes } = facts;
  return digest(
    `passbook audit 1\n${previousHash}\n${sequence}\n${at}\n${actor.kind}\n${actor.id ?? '-'}\n${action}\n` +
      `${accountId ?? transferId ?? userId ?? '-'}\n${JSON.stringify([reason, changes])}`,
  );
}
