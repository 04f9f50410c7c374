import { transferText } from '../../shared/row-digest.ts';
import type { TransferPosition } from '../../../application/ports/transfer-position.ts';
import type { Change } from '../../../domain/books/changes.ts';
import { erasesText } from '../../../domain/decisions/erase-text.ts';
import type { RefusalCode } from '../../../domain/errors.ts';
import type { BookedHold, HoldPlace } from '../../../application/ports/ledger-store.ts';
import type { PendingSums, Direction } from '../../../domain/entities/counters.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Metadata } from '../../../domain/entities/metadata.ts';
import { Transfer } from '../../../domain/entities/transfer.ts';
import type {
  ErasedTexts,
  Initiator,
  Leg,
  TransferKind,
  TransferStatus,
} from '../../../domain/entities/transfer.ts';
import { sha256 } from '../../shared/sha256.ts';
import { digestBytes, toBytes, toHexadecimal } from './bytes.ts';
import type { Connection } from '../connection/connection.ts';
import type { Writer } from '../connection/writer.ts';

type TransferRow = {
  readonly id: string;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  readonly code: RefusalCode | null;
  readonly legs: string;
  readonly currency: string | null;
  readonly exponent: bigint | null;
  readonly initiator_kind: Initiator['kind'];
  readonly initiator_id: string | null;
  readonly payer_name: string | null;
  readonly description: string | null;
  /** Like `external_id`, absent in a database that is not migrated yet. */
  readonly reference?: string | null;
  readonly external_id?: string | null;
  readonly metadata: string | null;
  readonly salt: Uint8Array;
  readonly expires_at: bigint | null;
  readonly reverses: string | null;
  readonly batch_id: string | null;
  readonly created_at: bigint;
  readonly completed_at: bigint | null;
  readonly amount_captured: bigint | null;
  readonly reversed: string | null;
  readonly erased: string | null;
};

/** A list, for brevity. The amount is a text, as JSON has no bigint. */
type LegJson = [accountId: string, ownerId: string | null, direction: Direction, amount: string];

const INSERT = `INSERT INTO transfers (
  id, kind, status, code, legs, currency, exponent, initiator_kind, initiator_id, payer_name,
  description, reference, external_id, metadata, salt, expires_at, reverses, batch_id, created_at, completed_at,
  amount_captured, reversed, erased, record_key, record_request, record_balances, record_at, digest
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_UNBOOKED = 'INSERT INTO unbooked_transfers (user_id, created_at, transfer_id) VALUES (?, ?, ?)';

/** The idempotency record of a transfer's own command, in the transfer's row. */
export type InlineRecordRow = {
  readonly key: string;
  readonly request: string;
  readonly balances: string;
  readonly at: Instant;
};

const UPDATE = `UPDATE transfers SET status = ?, completed_at = ?, amount_captured = ?, reversed = ?
WHERE id = ? AND status = ? AND reversed IS ?`;

export function insertTransfer(
  writer: Writer,
  transfer: Transfer,
  record: InlineRecordRow | undefined,
): void {
  const { id, initiator, metadata } = transfer;
  writer.run(
    INSERT,
    id,
    transfer.kind,
    transfer.status,
    transfer.code,
    legsToJson(transfer.legs),
    transfer.currency,
    transfer.exponent,
    initiator.kind,
    initiator.id,
    transfer.payerName,
    transfer.description,
    transfer.reference,
    transfer.externalId,
    metadata && JSON.stringify(metadata),
    toBytes(transfer.salt),
    transfer.expiresAt,
    transfer.reverses,
    transfer.batchId,
    transfer.createdAt,
    transfer.completedAt,
    transfer.amountCaptured,
    reversedToJson(transfer),
    transfer.erased && JSON.stringify(transfer.erased),
    record?.key ?? null,
    record?.request ?? null,
    record?.balances ?? null,
    record?.at ?? null,
    transferDigestBytes(transfer, record),
  );
  const { unbookedFor } = transfer;
  if (unbookedFor !== null) writer.run(INSERT_UNBOOKED, unbookedFor, transfer.createdAt, id);
}

/** Covers the facts of a transfer and its inline record that no entry covers. */
export function transferDigestBytes(transfer: Transfer, record: InlineRecordRow | undefined): Uint8Array {
  return digestBytes(transferText(transfer, record, sha256));
}

/** @throws TypeError if the stored transfer differs from `before` */
export function updateTransfer(
  writer: Writer,
  { before, after }: { before: Transfer; after: Transfer },
): void {
  if (erasesText({ before, after })) eraseTexts(writer, after);
  const changed = writer.run(
    UPDATE,
    after.status,
    after.completedAt,
    after.amountCaptured,
    reversedToJson(after),
    before.id,
    before.status,
    reversedToJson(before),
  );
  if (changed !== 1) throw new TypeError(`Transfer ${before.id} has changed since it was read`);
}

function eraseTexts(writer: Writer, { id, erased }: Transfer): void {
  const sql =
    'UPDATE transfers SET description = NULL, reference = NULL, metadata = NULL, erased = ? WHERE id = ?';
  writer.run(sql, JSON.stringify(erased), id);
}

const INSERT_HOLD =
  'INSERT INTO pending_holds (account_id, expires_at, transfer_id, direction, amount) VALUES (?, ?, ?, ?, ?)';

/** Lists a hold on its accounts while it is pending. */
export function listHold(writer: Writer, { before, after }: Change<Transfer>): void {
  if (before?.status === after.status) return;
  for (const { accountId, direction, amount } of after.legs) {
    if (after.status === 'pending') {
      writer.run(INSERT_HOLD, accountId, after.expiresAt, after.id, direction, amount);
    } else if (before?.status === 'pending') {
      writer.run(
        'DELETE FROM pending_holds WHERE account_id = ? AND expires_at = ? AND transfer_id = ?',
        accountId,
        after.expiresAt,
        after.id,
      );
    }
  }
}

const DUE = `SELECT ifnull(sum(iif(direction = 'debit', amount, 0)), 0) AS debits,
  ifnull(sum(iif(direction = 'credit', amount, 0)), 0) AS credits
  FROM pending_holds WHERE account_id = ? AND expires_at <= ?`;

/** Sums all pending holds on an account that expire by an instant, from their list alone. */
export function selectDueSums(connection: Connection, accountId: string, until: Instant): PendingSums {
  return { ...(connection.get(DUE, accountId, until) as PendingSums) };
}

const FIRST_HOLDS = `SELECT transfers.* FROM pending_holds CROSS JOIN transfers ON transfers.id = transfer_id
  WHERE account_id = ? ORDER BY pending_holds.expires_at, transfer_id LIMIT ?`;

/** The pending holds on an account that expire first. */
export function firstHolds(connection: Connection, accountId: string, limit: number): readonly Transfer[] {
  return (connection.all(FIRST_HOLDS, accountId, limit) as TransferRow[]).map(transferOf);
}

type BookedHoldRow = TransferRow & { readonly placed: bigint; readonly ended: bigint | null };

const BOOKED = `transfers.*,
  (SELECT sequence FROM entries WHERE entries.transfer_id = transfers.id AND account_id = ?1 AND step = 'held')
    AS placed,
  (SELECT sequence FROM entries WHERE entries.transfer_id = transfers.id AND account_id = ?1 AND step <> 'held')
    AS ended`;

const PENDING_HOLDS = `SELECT ${BOOKED}
  FROM pending_holds CROSS JOIN transfers ON transfers.id = pending_holds.transfer_id
  WHERE pending_holds.account_id = ?1 AND (pending_holds.expires_at, pending_holds.transfer_id) > (?2, ?3)
  ORDER BY pending_holds.expires_at, pending_holds.transfer_id LIMIT ?4`;
/** Before every instant. */
const BEGINNING_OF_TIME = Number.MIN_SAFE_INTEGER;

export function listPendingHolds(
  connection: Connection,
  accountId: string,
  { after, limit }: { after: HoldPlace | null; limit: number },
): readonly BookedHold[] {
  const { expiresAt, id } = after ?? { expiresAt: BEGINNING_OF_TIME, id: '' };
  return (connection.all(PENDING_HOLDS, accountId, expiresAt, id, limit) as BookedHoldRow[]).map(
    bookedHoldOf,
  );
}

const HOLDS_PLACED = `SELECT ${BOOKED}
  FROM entries AS held CROSS JOIN transfers ON transfers.id = held.transfer_id
  WHERE held.account_id = ?1 AND held.step = 'held' AND (held.at, held.transfer_id) < (?2, ?3)
  ORDER BY held.at DESC, held.transfer_id DESC LIMIT ?4`;

export function listHoldsPlaced(
  connection: Connection,
  accountId: string,
  { before: { at, id }, limit }: { before: TransferPosition; limit: number },
): readonly BookedHold[] {
  return (connection.all(HOLDS_PLACED, accountId, at, id, limit) as BookedHoldRow[]).map(bookedHoldOf);
}

function bookedHoldOf(row: BookedHoldRow): BookedHold {
  const ended = row.ended === null ? null : Number(row.ended);
  return { transfer: transferOf(row), placed: Number(row.placed), ended };
}

export function findTransfer(connection: Connection, id: string): Transfer | undefined {
  const row = connection.get('SELECT * FROM transfers WHERE id = ?', id) as TransferRow | undefined;
  return row && transferOf(row);
}

/** Returns the transfer of a command with this key, in its current state, with the command's record. */
export function findTransferWithRecord(
  connection: Connection,
  key: string,
): { transfer: Transfer; record: InlineRecordRow } | undefined {
  const row = connection.get('SELECT * FROM transfers WHERE record_key = ?', key) as RecordedRow | undefined;
  const record = row && recordIn(row);
  return record && { transfer: transferOf(row), record };
}

type RecordedRow = TransferRow & {
  readonly record_key: string | null;
  readonly record_request: string | null;
  readonly record_balances: string | null;
  readonly record_at: bigint | null;
  readonly digest: Uint8Array | null;
};

/** Undefined if the row contains no record. */
function recordIn(row: RecordedRow): InlineRecordRow | undefined {
  const { record_key: key, record_request: request, record_balances: balances, record_at: at } = row;
  if ([key, request, balances, at].every((value) => value === null)) return undefined;
  return { key: String(key), request: String(request), balances: String(balances), at: Number(at) };
}

const AFTER = 'SELECT * FROM transfers WHERE id > ? ORDER BY id LIMIT ?';

/** In order of id; only ids above `after`. */
export function transfersAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly Transfer[] {
  return (connection.all(AFTER, after ?? '', limit) as TransferRow[]).map(transferOf);
}

/** Like `transfersAfter`, with the record and the digest of each row. */
export function transferRowsAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly { transfer: Transfer; record: InlineRecordRow | undefined; digest: Uint8Array | null }[] {
  return (connection.all(AFTER, after ?? '', limit) as RecordedRow[]).map((row) => ({
    transfer: transferOf(row),
    record: recordIn(row),
    digest: row.digest,
  }));
}

/** Keys of records in transfers' rows, in order; only keys above `after`. */
export function ownKeysAfter(connection: Connection, after: string, limit: number): readonly string[] {
  const sql = 'SELECT record_key FROM transfers WHERE record_key > ? ORDER BY record_key LIMIT ?';
  const rows = connection.all(sql, after, limit) as { record_key: string }[];
  return rows.map(({ record_key: key }) => key);
}

const UNBOOKED = `SELECT transfers.* FROM unbooked_transfers CROSS JOIN transfers ON transfers.id = transfer_id
  WHERE user_id = ?1 AND (unbooked_transfers.created_at, transfer_id) < (?2, ?3)
  ORDER BY unbooked_transfers.created_at DESC, transfer_id DESC LIMIT ?4`;
/** After every instant. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

export function listUnbooked(
  connection: Connection,
  userId: string,
  { before, limit }: { before: TransferPosition | null; limit: number },
): readonly Transfer[] {
  const { at, id } = before ?? { at: END_OF_TIME, id: '' };
  return (connection.all(UNBOOKED, userId, at, id, limit) as TransferRow[]).map(transferOf);
}

function reversedToJson({ reversed }: Transfer): string | null {
  return reversed && JSON.stringify(reversed.map(String));
}

function legsToJson(legs: readonly Leg[]): string {
  return JSON.stringify(
    legs.map(
      ({ accountId, ownerId, direction, amount }): LegJson => [
        accountId,
        ownerId,
        direction,
        amount.toString(),
      ],
    ),
  );
}

function transferOf(row: TransferRow): Transfer {
  return Transfer.restore({
    id: row.id,
    kind: row.kind,
    status: row.status,
    code: row.code,
    legs: (JSON.parse(row.legs) as LegJson[]).map(([accountId, ownerId, direction, amount]) => ({
      accountId,
      ownerId,
      direction,
      amount: BigInt(amount),
    })),
    currency: row.currency,
    exponent: row.exponent === null ? null : Number(row.exponent),
    initiator: { kind: row.initiator_kind, id: row.initiator_id },
    payerName: row.payer_name,
    description: row.description,
    reference: row.reference ?? null,
    externalId: row.external_id ?? null,
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Metadata),
    salt: toHexadecimal(row.salt),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    reverses: row.reverses,
    batchId: row.batch_id,
    createdAt: Number(row.created_at),
    completedAt: row.completed_at === null ? null : Number(row.completed_at),
    amountCaptured: row.amount_captured,
    reversed: row.reversed === null ? null : (JSON.parse(row.reversed) as string[]).map(BigInt),
    erased: row.erased === null ? null : erasedFromJson(row.erased),
  });
}

/** Texts that were erased before references existed have no reference. */
function erasedFromJson(text: string): ErasedTexts {
  const erased = JSON.parse(text) as Omit<ErasedTexts, 'reference'> & Partial<ErasedTexts>;
  return { ...erased, reference: erased.reference ?? null };
}
