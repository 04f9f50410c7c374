import { LedgerEntry } from '../../domain/ledger-entry.ts';
import type { Direction, EntryStep } from '../../domain/ledger-entry.ts';
import type { Leg } from '../../domain/transfer.ts';
import { toBytes, toHexadecimal } from './bytes.ts';
import type { Connection } from './connection.ts';

type EntryRow = {
  readonly account_id: string;
  readonly sequence: bigint;
  readonly transfer_id: string;
  readonly step: EntryStep;
  readonly direction: Direction;
  readonly posted: bigint;
  readonly pending: bigint;
  readonly debits_posted: bigint;
  readonly credits_posted: bigint;
  readonly debits_pending: bigint;
  readonly credits_pending: bigint;
  readonly at: bigint;
  readonly hash: Uint8Array;
};

const INSERT = `INSERT INTO entries (
  account_id, sequence, transfer_id, other_id, step, direction, posted, pending,
  debits_posted, credits_posted, debits_pending, credits_pending, at, hash
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function insertEntry(connection: Connection, entry: LedgerEntry, legs: readonly Leg[]): void {
  const { after } = entry;
  connection.run(
    INSERT,
    entry.accountId,
    entry.sequence,
    entry.transferId,
    otherOf(entry, legs),
    entry.step,
    entry.direction,
    entry.posted,
    entry.pending,
    after.debitsPosted,
    after.creditsPosted,
    after.debitsPending,
    after.creditsPending,
    entry.at,
    toBytes(entry.hash),
  );
}

export function listEntries(
  connection: Connection,
  accountId: string,
  { after, limit }: { after: number | null; limit: number },
): readonly LedgerEntry[] {
  return (
    connection.all(
      'SELECT * FROM entries WHERE account_id = ? AND sequence > ? ORDER BY sequence LIMIT ?',
      accountId,
      after ?? 0,
      limit,
    ) as EntryRow[]
  ).map(entryOf);
}

/** The entries at these sequences that exist, by sequence. */
export function entriesAt(
  connection: Connection,
  accountId: string,
  sequences: readonly number[],
): readonly LedgerEntry[] {
  const sql = 'SELECT * FROM entries WHERE account_id = ? AND sequence = ?';
  const distinct = [...new Set(sequences)].sort((a, b) => a - b);
  return distinct.flatMap((sequence) => {
    const row = connection.get(sql, accountId, sequence) as EntryRow | undefined;
    return row ? [entryOf(row)] : [];
  });
}

/**
 * By sequence descending, below `before`. Of transfers with several legs all are given, of whatever others: whoever
 * asks looks at their legs.
 */
export function entriesWith(
  connection: Connection,
  { accountId, otherId }: { accountId: string; otherId: string },
  { before, limit }: { before: number | null; limit: number },
): readonly LedgerEntry[] {
  const below = before ?? Number.MAX_SAFE_INTEGER;
  const sql = `SELECT * FROM (
      SELECT * FROM entries WHERE account_id = ?1 AND other_id = ?2 AND sequence < ?3 ORDER BY sequence DESC LIMIT ?4)
    UNION ALL SELECT * FROM (
      SELECT * FROM entries WHERE account_id = ?1 AND other_id IS NULL AND sequence < ?3 ORDER BY sequence DESC LIMIT ?4)
    ORDER BY sequence DESC LIMIT ?4`;
  return (connection.all(sql, accountId, otherId, below, limit) as EntryRow[]).map(entryOf);
}

export function entriesOfTransfer(connection: Connection, transferId: string): readonly LedgerEntry[] {
  const rows = connection.all('SELECT * FROM entries WHERE transfer_id = ?', transferId) as EntryRow[];
  return rows.map(entryOf);
}

function otherOf({ accountId }: LedgerEntry, legs: readonly Leg[]): string | null {
  const [other, more] = legs.filter((leg) => leg.accountId !== accountId);
  return more ? null : (other?.accountId ?? null);
}

function entryOf(row: EntryRow): LedgerEntry {
  return LedgerEntry.restore({
    accountId: row.account_id,
    sequence: Number(row.sequence),
    transferId: row.transfer_id,
    step: row.step,
    direction: row.direction,
    posted: row.posted,
    pending: row.pending,
    after: {
      debitsPosted: row.debits_posted,
      creditsPosted: row.credits_posted,
      debitsPending: row.debits_pending,
      creditsPending: row.credits_pending,
    },
    at: Number(row.at),
    hash: toHexadecimal(row.hash),
  });
}
