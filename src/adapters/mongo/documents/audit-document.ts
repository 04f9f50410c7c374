import type { AuditRecord } from '../../../domain/integrity/audit-log.ts';

/** The sequence is the id, so that no two records follow the same one. */
export type AuditDocument = Omit<AuditRecord, 'sequence' | 'at'> & {
  readonly _id: bigint;
  readonly at: Date;
};

export function auditDocument({ sequence, at, ...facts }: AuditRecord): AuditDocument {
  return { _id: BigInt(sequence), at: new Date(at), ...facts };
}

export function auditRecordOf({ _id, at, ...facts }: AuditDocument): AuditRecord {
  return { sequence: Number(_id), at: at.getTime(), ...facts };
}
