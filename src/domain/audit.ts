import type { Digest } from './chain.ts';
import type { Initiator } from './transfer.ts';
import type { Instant } from './time.ts';

export type AuditAction = 'account_frozen' | 'account_unfrozen' | 'account_closed' | 'account_limited';

export type AuditFacts = {
  /** 1 for the first, then without a gap. */
  readonly sequence: number;
  readonly at: Instant;
  readonly actor: Initiator;
  readonly action: AuditAction;
  readonly accountId: string;
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

/** Encoding, version 1: as `chain.ts` has it; the last line is JSON, without spaces. */
export function auditHash(previousHash: string, facts: AuditFacts, digest: Digest): string {
  const { sequence, at, actor, action, accountId, reason, changes } = facts;
  return digest(
    `passbook audit 1\n${previousHash}\n${sequence}\n${at}\n${actor.kind}\n${actor.id ?? '-'}\n${action}\n` +
      `${accountId}\n${JSON.stringify([reason, changes])}`,
  );
}
