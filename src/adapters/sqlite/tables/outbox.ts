import { split, withoutText } from '../../shared/outbox-batch.ts';
import type { StoredBatch, OutboxBatch, ClaimedBatches } from '../../shared/outbox-batch.ts';
import type { CopiedParcel } from '../../../application/ports/book-copy.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Notification } from '../../../domain/entities/notification.ts';
import type { ClaimedMessage } from '../../../application/ports/outbox.ts';
import { messagesFromText, messagesToText } from '../../shared/compact-json.ts';
import { idsByBatch, isWhole } from '../../shared/unsent-messages.ts';
import type { WholeBatch } from '../../shared/unsent-messages.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Connection } from '../connection/connection.ts';
import type { Writer } from '../connection/writer.ts';

type ParcelRow = { readonly id: string; readonly messages: string; readonly attempts: bigint };

/** A batch's state, in the order of its columns. */
type BatchState = {
  readonly dueAt: Instant | null;
  readonly givenUpAt?: Instant;
  readonly reason?: string;
  /** Whether the last claim does not count as an attempt. */
  readonly isPutBack?: boolean;
};

const COLUMNS = 'id, messages, attempts';
const INSERT = `INSERT INTO parcels (${COLUMNS}, due_at, given_up_at, reason) VALUES (?, ?, ?, ?, ?, ?)`;

/** Inserts a batch that is due at an instant. A batch that is written as claimed already has one attempt. */
export function insertParcel(
  writer: Writer,
  { id, messages }: OutboxBatch,
  { attempts, dueAt, givenUpAt, reason }: BatchState & { readonly attempts: number },
): void {
  writer.run(INSERT, id, messagesToText(messages), attempts, dueAt, givenUpAt ?? null, reason ?? null);
}

export function claimMessages(
  connection: Connection,
  { now, leaseUntil, limit }: { now: Instant; leaseUntil: Instant; limit: number },
  seen: ClaimedBatches,
): readonly ClaimedMessage[] {
  const claimed: ClaimedMessage[] = [];
  // One at a time: a parcel may be as large as all that is claimed
  while (claimed.length < limit) {
    const row = connection.get(
      `SELECT ${COLUMNS} FROM parcels WHERE due_at <= ? ORDER BY due_at, id LIMIT 1`,
      now,
    ) as ParcelRow | undefined;
    if (!row) break;
    const parcel = { ...parcelOf(row), attempts: Number(row.attempts) + 1 };
    const some = parcel.messages.slice(0, limit - claimed.length);
    if (some.length === 0) break;
    move(connection, parcel, { ids: new Set(some.map(({ id }) => id)), state: { dueAt: leaseUntil } }, seen);
    claimed.push(...some.map((message) => ({ message, attempt: parcel.attempts })));
  }
  return claimed;
}

/** Erases texts from notifications. Sent ones are already deleted; waiting and failed ones are few. */
export function eraseFromParcels(
  connection: Connection,
  writer: Writer,
  transferIds: readonly string[],
): void {
  const kept = new Map<string, StoredBatch>();
  for (const transferId of transferIds) {
    const rows = connection.all(
      `SELECT ${COLUMNS} FROM parcels WHERE instr(messages, ?) > 0`,
      transferId,
    ) as ParcelRow[];
    for (const row of rows) kept.set(row.id, withoutText(kept.get(row.id) ?? parcelOf(row), transferId));
  }
  for (const { id, messages } of kept.values()) {
    writer.run('UPDATE parcels SET messages = ? WHERE id = ?', messagesToText(messages), id);
  }
}

/** Changes the state of waiting messages, in the batches where this process last saw them. */
export function changeMessages(
  connection: Connection,
  ids: readonly string[],
  state: BatchState | 'sent',
  seen: ClaimedBatches,
): void {
  const { whole, others } = seen.of(ids);
  for (const id of whole) moveWhole(connection, id, state);
  const wanted = new Set(ids);
  for (const id of others) {
    const row = connection.get(`SELECT ${COLUMNS} FROM parcels WHERE id = ? AND due_at IS NOT NULL`, id) as
      | ParcelRow
      | undefined;
    if (row) move(connection, parcelOf(row), { ids: wanted, state }, seen);
  }
}

/** Makes messages that were given up due again. Returns those that were. */
export function retryMessages(
  connection: Connection,
  positions: readonly string[],
  at: Instant,
): readonly Notification[] {
  const due: Notification[] = [];
  for (const [batchId, ids] of idsByBatch(positions)) {
    const row = connection.get(`SELECT ${COLUMNS} FROM parcels WHERE id = ? AND due_at IS NULL`, batchId) as
      | ParcelRow
      | undefined;
    const messages = row ? parcelOf(row).messages : [];
    if (!isWhole(messages, ids)) continue;
    const sql = 'UPDATE parcels SET attempts = 0, due_at = ?, given_up_at = NULL WHERE id = ?';
    connection.run(sql, at, batchId);
    due.push(...messages);
  }
  return due;
}

/**
 * Moves messages to a new state. If they are only part of a batch, they get their own batch, or are deleted if sent.
 */
function move(
  connection: Connection,
  parcel: StoredBatch,
  { ids, state }: { ids: ReadonlySet<string>; state: BatchState | 'sent' },
  seen: ClaimedBatches,
): void {
  const parts = split(parcel, ids);
  if (!parts) return;
  const { gone, rest } = parts;
  seen.saw(gone);
  if (rest) {
    connection.run('UPDATE parcels SET messages = ? WHERE id = ?', messagesToText(rest.messages), rest.id);
    if (state !== 'sent') {
      const attempts = parcel.attempts - (state.isPutBack ? 1 : 0);
      insertParcel(connection, gone, { ...state, attempts });
    }
    return;
  }
  moveWhole(connection, gone.id, state === 'sent' ? state : { ...state, attempts: parcel.attempts });
}

function moveWhole(
  connection: Connection,
  id: string,
  state: (BatchState & { readonly attempts?: number }) | 'sent',
): void {
  if (state === 'sent') {
    connection.run('DELETE FROM parcels WHERE id = ? AND due_at IS NOT NULL', id);
    return;
  }
  const { attempts, dueAt, givenUpAt, reason, isPutBack = false } = state;
  connection.run(
    `UPDATE parcels SET attempts = ifnull(?, attempts) - ?, due_at = ?, given_up_at = ?, reason = ifnull(?, reason)
     WHERE id = ? AND due_at IS NOT NULL`,
    attempts ?? null,
    isPutBack ? 1 : 0,
    dueAt,
    givenUpAt ?? null,
    reason ?? null,
    id,
  );
}

type WholeParcelRow = ParcelRow & {
  readonly due_at: bigint | null;
  readonly given_up_at: bigint | null;
  readonly reason: string | null;
};

/** Batches in any state, by id; only ids above `after`. */
export function parcelsAfter(connection: Connection, { after, limit }: PageRequest): readonly CopiedParcel[] {
  const sql = 'SELECT * FROM parcels WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as WholeParcelRow[]).map(copiedParcelOf);
}

/** A batch in any state, with its messages. Undefined if it was sent meanwhile. */
export function findBatch(connection: Connection, id: string): WholeBatch | undefined {
  const row = connection.get('SELECT * FROM parcels WHERE id = ?', id) as WholeParcelRow | undefined;
  return row && { ...copiedParcelOf(row), messages: messagesFromText(row.messages) };
}

function copiedParcelOf(row: WholeParcelRow): CopiedParcel {
  return {
    id: row.id,
    messages: row.messages,
    attempts: Number(row.attempts),
    dueAt: row.due_at === null ? null : Number(row.due_at),
    givenUpAt: row.given_up_at === null ? null : Number(row.given_up_at),
    reason: row.reason,
  };
}

export function insertCopiedParcel(writer: Writer, parcel: CopiedParcel): void {
  const { id, messages, attempts, dueAt, givenUpAt, reason } = parcel;
  writer.run(INSERT, id, messages, attempts, dueAt, givenUpAt, reason);
}

function parcelOf({ id, messages, attempts }: ParcelRow): StoredBatch {
  return { id, messages: messagesFromText(messages), attempts: Number(attempts) };
}
