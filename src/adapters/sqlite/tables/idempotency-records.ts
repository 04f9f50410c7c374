import type { RefusalCode } from '../../../domain/errors.ts';
import {
  accountFromText,
  accountToText,
  balancesFromText,
  balancesToText,
  requestFromText,
  requestToText,
} from '../../shared/compact-json.ts';
import { keyFromText, keyText } from '../../../domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../../domain/books/idempotency.ts';
import type { Balances, Outcome, TransferOutcome } from '../../../domain/books/outcome.ts';
import type { Instant } from '../../../domain/time.ts';
import { Transfer } from '../../../domain/entities/transfer.ts';
import type { TransferStatus } from '../../../domain/entities/transfer.ts';
import { digestBytes } from './bytes.ts';
import type { Connection } from '../connection/connection.ts';
import type { Value } from '../connection/driver.ts';
import { findTransfer, findTransferWithRecord, ownKeysAfter } from './transfers.ts';
import type { InlineRecordRow } from './transfers.ts';
import type { Writer } from '../connection/writer.ts';

/** The changeable facts of the recorded transfer. The other facts never change, and are read from its own row. */
type RecordRow = {
  readonly request: string;
  readonly at: bigint;
  readonly outcome: Outcome['kind'];
  readonly code: RefusalCode | null;
  readonly transfer_id: string | null;
  readonly transfer_status: TransferStatus | null;
  readonly transfer_completed_at: bigint | null;
  readonly transfer_captured: bigint | null;
  readonly balances: string | null;
  readonly account: string | null;
  readonly members: string | null;
};

/** One transfer's part of an outcome, with the transfer's changeable facts at that time. */
type TransferPart = {
  readonly kind: TransferOutcome['kind'];
  readonly code: RefusalCode | null;
  readonly transferId: string | null;
  readonly status: TransferStatus | null;
  readonly completedAt: Instant | null;
  readonly captured: bigint | null;
  readonly balances: readonly Balances[];
};

/** A list, for brevity. */
type PartJson = [
  kind: TransferOutcome['kind'],
  code: RefusalCode | null,
  transferId: string | null,
  status: TransferStatus | null,
  completedAt: Instant | null,
  balances: string,
];

const COLUMNS = [
  'key',
  'request',
  'at',
  'outcome',
  'code',
  'transfer_id',
  'transfer_status',
  'transfer_completed_at',
  'transfer_captured',
  'balances',
  'account',
  'members',
] as const;

const INSERT = `INSERT INTO idempotency_records (${COLUMNS.join()}, digest)
VALUES (${COLUMNS.map(() => '?').join()}, ?)`;

export function insertRecord(writer: Writer, record: IdempotencyRecord): void {
  const { outcome, request, at } = record;
  const part = outcome.kind === 'transferred' || outcome.kind === 'refused' ? partOf(outcome) : null;
  const values = [
    keyText(record),
    requestToText(request),
    at,
    outcome.kind,
    part?.code ?? null,
    part?.transferId ?? null,
    part?.status ?? null,
    part?.completedAt ?? null,
    part?.captured ?? null,
    part && balancesToText(part.balances),
    outcome.kind === 'opened' || outcome.kind === 'changed' ? accountToText(outcome.account) : null,
    outcome.kind === 'batch' ? JSON.stringify(outcome.members.map(partToJson)) : null,
  ] as const;
  writer.run(INSERT, ...values, valuesDigest(values));
}

/** Covers the whole record. Integers come back as bigints, so all values are compared as texts. */
function valuesDigest(values: readonly Value[]): Uint8Array {
  return digestBytes(
    JSON.stringify(['record 1', ...values.map((value) => (value === null ? null : String(value)))]),
  );
}

/** The stored and the expected digest of each row, in order of key; only keys above `after`. */
export function recordDigestsAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly { key: string; found: Uint8Array | null; expected: Uint8Array }[] {
  // An empty key is not one of ours, and must be found too
  const above = after === null ? '>=' : '>';
  const sql = `SELECT * FROM idempotency_records WHERE key ${above} ? ORDER BY key LIMIT ?`;
  const rows = connection.all(sql, after ?? '', limit) as (Record<string, Value> & {
    key: string;
    digest: Uint8Array | null;
  })[];
  return rows.map((row) => ({
    key: row.key,
    found: row.digest,
    expected: valuesDigest(COLUMNS.map((column) => row[column] ?? null)),
  }));
}

export function inlineRecordRow(record: IdempotencyRecord): InlineRecordRow {
  const { outcome, request, at } = record;
  const balances = outcome.kind === 'transferred' ? outcome.balances : [];
  return { key: keyText(record), request: requestToText(request), balances: balancesToText(balances), at };
}

export function findRecord(connection: Connection, key: IdempotencyKey): IdempotencyRecord | undefined {
  const own = findTransferWithRecord(connection, keyText(key));
  return own ? recordOfTransfer(key, own) : findOtherRecord(connection, key);
}

const USED = `SELECT record_key AS key FROM transfers WHERE record_key IN (SELECT value FROM json_each(?1))
UNION ALL SELECT key FROM idempotency_records WHERE key IN (SELECT value FROM json_each(?1))`;

/** Returns `findRecord` for these keys. For many keys, one query finds the used ones, as most are new. */
export function recordFinder(
  connection: Connection,
  keys: readonly IdempotencyKey[],
): (key: IdempotencyKey) => IdempotencyRecord | undefined {
  if (keys.length === 1) return (key) => findRecord(connection, key);
  const rows = connection.all(USED, JSON.stringify(keys.map(keyText))) as { key: string }[];
  const used = new Set(rows.map(({ key }) => key));
  return (key) => (used.has(keyText(key)) ? findRecord(connection, key) : undefined);
}

/** Returns records from both tables, in order of key text; only keys above `after`. */
export function recordsAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly IdempotencyRecord[] {
  const sql = 'SELECT key FROM idempotency_records WHERE key > ? ORDER BY key LIMIT ?';
  const others = (connection.all(sql, after ?? '', limit) as { key: string }[]).map(({ key }) => key);
  const keys = [...others, ...ownKeysAfter(connection, after ?? '', limit)].sort((a, b) => (a < b ? -1 : 1));
  return keys.slice(0, limit).flatMap((text) => findRecord(connection, keyFromText(text)) ?? []);
}

/** Transfers that one page of records restores at most, but for one record's own. */
const MOST_MEMBERS = 2_000;

/**
 * Records of commands that made no single transfer, in order of key text; only keys above `after`. A page is shorter
 * if its records restore many transfers.
 */
export function otherRecordsAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly IdempotencyRecord[] {
  const sql = 'SELECT key FROM idempotency_records WHERE key > ? ORDER BY key LIMIT ?';
  const found: IdempotencyRecord[] = [];
  let members = 0;
  for (const { key } of connection.all(sql, after ?? '', limit) as { key: string }[]) {
    const record = findOtherRecord(connection, keyFromText(key));
    if (!record) continue;
    found.push(record);
    members += record.outcome.kind === 'batch' ? record.outcome.members.length : 1;
    if (members >= MOST_MEMBERS) break;
  }
  return found;
}

/** Restores the initial state: a hold was pending, and any other transfer completed or rejected. */
function recordOfTransfer(
  { scope, operation, key }: IdempotencyKey,
  { transfer, record }: { transfer: Transfer; record: InlineRecordRow },
): IdempotencyRecord {
  const shared = { scope, operation, key, request: requestFromText(record.request), at: record.at };
  if (transfer.status === 'rejected') {
    return { ...shared, outcome: { kind: 'refused', code: transfer.code as RefusalCode, transfer } };
  }
  const isHold = transfer.expiresAt !== null;
  const asMade = Transfer.restore({
    ...transfer,
    status: isHold ? 'pending' : 'completed',
    completedAt: isHold ? null : transfer.createdAt,
    amountCaptured: null,
    reversed: null,
  });
  const balances = balancesFromText(record.balances);
  return { ...shared, outcome: { kind: 'transferred', transfer: asMade, balances } };
}

function findOtherRecord(connection: Connection, key: IdempotencyKey): IdempotencyRecord | undefined {
  const row = connection.get('SELECT * FROM idempotency_records WHERE key = ?', keyText(key)) as
    | RecordRow
    | undefined;
  if (!row) return undefined;
  const { scope, operation, key: own } = key;
  return {
    scope,
    operation,
    key: own,
    request: requestFromText(row.request),
    outcome: outcomeOf(connection, row),
    at: Number(row.at),
  };
}

function outcomeOf(connection: Connection, row: RecordRow): Outcome {
  switch (row.outcome) {
    case 'opened':
    case 'changed':
      return { kind: row.outcome, account: accountFromText(row.account as string) };
    case 'transferred':
    case 'refused':
      return transferOutcomeOf(connection, {
        kind: row.outcome,
        code: row.code,
        transferId: row.transfer_id,
        status: row.transfer_status,
        completedAt: row.transfer_completed_at === null ? null : Number(row.transfer_completed_at),
        captured: row.transfer_captured,
        balances: balancesFromText(row.balances ?? '[]'),
      });
    case 'batch':
      return {
        kind: 'batch',
        members: (JSON.parse(row.members as string) as PartJson[]).map((part) =>
          transferOutcomeOf(connection, partFromJson(part)),
        ),
      };
    default:
      return row.outcome satisfies never;
  }
}

function transferOutcomeOf(connection: Connection, part: TransferPart): TransferOutcome {
  const transfer = part.transferId === null ? null : transferAsItStood(connection, part.transferId, part);
  if (part.kind === 'refused') return { kind: 'refused', code: part.code as RefusalCode, transfer };
  return { kind: 'transferred', transfer: transfer as Transfer, balances: part.balances };
}

/** No recorded state of a transfer includes a reversal: none had happened by then. */
function transferAsItStood(connection: Connection, id: string, part: TransferPart): Transfer {
  const today = findTransfer(connection, id);
  if (!today) throw new TypeError(`The transfer ${id} of a record is missing`);
  return Transfer.restore({
    ...today,
    status: part.status as TransferStatus,
    code: part.code,
    completedAt: part.completedAt,
    amountCaptured: part.captured,
    reversed: null,
  });
}

function partOf(outcome: TransferOutcome): TransferPart {
  const { kind, transfer } = outcome;
  return {
    kind,
    code: outcome.kind === 'refused' ? outcome.code : null,
    transferId: transfer?.id ?? null,
    status: transfer?.status ?? null,
    completedAt: transfer?.completedAt ?? null,
    captured: transfer?.amountCaptured ?? null,
    balances: outcome.kind === 'transferred' ? outcome.balances : [],
  };
}

function partToJson(outcome: TransferOutcome): PartJson {
  const { kind, code, transferId, status, completedAt, balances } = partOf(outcome);
  return [kind, code, transferId, status, completedAt, balancesToText(balances)];
}

/** A batch creates its members, so no capture had happened. */
function partFromJson([kind, code, transferId, status, completedAt, balances]: PartJson): TransferPart {
  return {
    kind,
    code,
    transferId,
    status,
    completedAt,
    captured: null,
    balances: balancesFromText(balances),
  };
}
