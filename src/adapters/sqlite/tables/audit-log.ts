import type { AuditAction, AuditHead, AuditRecord } from '../../../domain/integrity/audit-log.ts';
import type { Initiator } from '../../../domain/entities/transfer.ts';
import { toBytes, toHexadecimal } from './bytes.ts';
import type { Connection } from '../connection/connection.ts';
import type { Writer } from '../connection/writer.ts';

type AuditRow = {
  readonly sequence: bigint;
  readonly at: bigint;
  readonly actor_kind: Initiator['kind'];
  readonly actor_id: string | null;
  readonly action: AuditAction;
  readonly account_id: string | null;
  readonly transfer_id: string | null;
  readonly user_id: string | null;
  readonly reason: string | null;
  readonly changes: string;
  readonly hash: Uint8Array;
};

const INSERT = `INSERT INTO audit_log (
  sequence, at, actor_kind, actor_id, action, account_id, transfer_id, user_id, reason, changes, hash
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function insertAuditRecord(writer: Writer, record: AuditRecord): void {
  const { sequence, at, actor, action, accountId, transferId, userId, reason, changes, hash } = record;
  writer.run(
    INSERT,
    sequence,
    at,
    actor.kind,
    actor.id,
    action,
    accountId,
    transferId,
    userId ?? null,
    reason,
    JSON.stringify(changes),
    toBytes(hash),
  );
}

export function findAuditHead(connection: Connection): AuditHead | undefined {
  const row = connection.get('SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1') as
    | Pick<AuditRow, 'sequence' | 'hash'>
    | undefined;
  return row && { sequence: Number(row.sequence), hash: toHexadecimal(row.hash) };
}

export function listAuditRecords(
  connection: Connection,
  { after, limit }: { after: number | null; limit: number },
): readonly AuditRecord[] {
  const rows = connection.all(
    'SELECT * FROM audit_log WHERE sequence > ? ORDER BY sequence LIMIT ?',
    after ?? 0,
    limit,
  ) as AuditRow[];
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    at: Number(row.at),
    actor: { kind: row.actor_kind, id: row.actor_id },
    action: row.action,
    accountId: row.account_id,
    transferId: row.transfer_id,
    ...(row.user_id === null ? {} : { userId: row.user_id }),
    reason: row.reason,
    changes: JSON.parse(row.changes) as AuditRecord['changes'],
    hash: toHexadecimal(row.hash),
  }));
}
