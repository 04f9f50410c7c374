import {
  ANY_OTHER,
  BLOCK,
  blockOf,
  nameInBlock,
  counterpartyOf,
  rangeOfBlock,
} from '../../shared/counterparty-blocks.ts';
import { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import type { Direction, EntryStep } from '../../../domain/entities/counters.ts';
import type { Leg } from '../../../domain/entities/transfer.ts';
import { toBytes, toHexadecimal } from './bytes.ts';
import type { Connection } from '../connection/connection.ts';
import type { Value } from '../connection/driver.ts';
import type { Writer } from '../connection/writer.ts';

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

const INSERT_BLOCK = `INSERT INTO entry_blocks (account_id, block, others)
SELECT account_id, ?2, group_concat(ifnull(substr(other_id, -4), '${ANY_OTHER}'))
FROM entries WHERE account_id = ?1 AND sequence BETWEEN ?3 AND ?4`;

/** Entries of an account must come in order of sequence. */
export function insertEntry(writer: Writer, entry: LedgerEntry, legs: readonly Leg[]): void {
  insertEntryAlone(writer, entry, legs);
  if (entry.sequence % BLOCK === 0) insertBlock(writer, entry.accountId, blockOf(entry.sequence));
}

/** Writes a block of entries that are all there. */
export function insertBlock(writer: Writer, accountId: string, block: number): void {
  const { first, last } = rangeOfBlock(block);
  writer.run(INSERT_BLOCK, accountId, block, first, last);
}

/** Writes an entry without its block. Entries may come in any order. */
export function insertEntryAlone(writer: Writer, entry: LedgerEntry, legs: readonly Leg[]): void {
  const { after } = entry;
  writer.run(
    INSERT,
    entry.accountId,
    entry.sequence,
    entry.transferId,
    counterpartyOf(entry, legs),
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

/** Returns the number of an account's last block. 0 if it has none. */
export function lastBlockOf(connection: Connection, accountId: string): number {
  const row = connection.get(LAST_BLOCK, accountId) as { block: bigint } | undefined;
  return Number(row?.block ?? 0);
}

export function selectEntries(
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

/** Returns the existing entries at these sequences, by sequence. */
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

const LAST_BLOCK = 'SELECT block FROM entry_blocks WHERE account_id = ? ORDER BY block DESC LIMIT 1';
const LAST_BLOCK_WITH = `SELECT block FROM entry_blocks WHERE account_id = ?1 AND block <= ?2
AND block > ?4 AND (instr(others, ?3) > 0 OR instr(others, '${ANY_OTHER}') > 0) ORDER BY block DESC LIMIT 1`;
/**
 * Number of blocks in which one read searches for a name, and of those whose entries it reads: a few milliseconds each.
 */
const NAMES_AT_ONCE = 4_096;
const BLOCKS_AT_ONCE = 4;
const ENTRIES_WITH = `SELECT * FROM entries WHERE account_id = ?1 AND sequence BETWEEN ?2 AND ?3
AND (other_id = ?4 OR other_id IS NULL) ORDER BY sequence DESC LIMIT ?5`;

/**
 * In descending order of sequence, below `before`. Includes every transfer with several legs: the caller must check the
 * legs. Reads a bounded number of rows; `restBelow` is the next start, or null at the end.
 */
export function entriesWith(
  connection: Connection,
  { accountId, otherId }: { accountId: string; otherId: string },
  { before, limit }: { before: number | null; limit: number },
): { readonly entries: readonly LedgerEntry[]; readonly restBelow: number | null } {
  const found: LedgerEntry[] = [];
  const take = (first: number, last: number) => {
    const rows = connection.all(ENTRIES_WITH, accountId, first, last, otherId, limit - found.length);
    found.push(...(rows as EntryRow[]).map(entryOf));
  };
  const lastBlock = (sql: string, ...values: Value[]) => {
    const row = connection.get(sql, accountId, ...values) as { block: bigint } | undefined;
    return Number(row?.block ?? 0);
  };

  const newest = (before ?? Number.MAX_SAFE_INTEGER) - 1;
  const blocks = lastBlock(LAST_BLOCK);
  take(blocks * BLOCK + 1, newest);
  let block = Math.min(blocks, blockOf(newest));
  const lowest = Math.max(0, block - NAMES_AT_ONCE);
  for (let taken = 0; taken < BLOCKS_AT_ONCE && block > lowest && found.length < limit; taken++) {
    block = lastBlock(LAST_BLOCK_WITH, block, nameInBlock(otherId), lowest);
    if (block === 0) break;
    const { first, last } = rangeOfBlock(block);
    take(first, Math.min(last, newest));
    block--;
  }
  const rest = found.length < limit ? Math.max(block, lowest) * BLOCK : (found.at(-1)?.sequence ?? 1) - 1;
  return { entries: found, restBelow: rest > 0 ? rest + 1 : null };
}

export function entriesOfTransfer(connection: Connection, transferId: string): readonly LedgerEntry[] {
  const rows = connection.all('SELECT * FROM entries WHERE transfer_id = ?', transferId) as EntryRow[];
  return rows.map(entryOf);
}

/** The other account in the row of each entry of a transfer. */
export function othersOfTransfer(
  connection: Connection,
  transferId: string,
): readonly { accountId: string; sequence: number; otherId: string | null }[] {
  const sql = 'SELECT account_id, sequence, other_id FROM entries WHERE transfer_id = ?';
  const rows = connection.all(sql, transferId) as (Pick<EntryRow, 'account_id' | 'sequence'> & {
    other_id: string | null;
  })[];
  return rows.map((row) => ({
    accountId: row.account_id,
    sequence: Number(row.sequence),
    otherId: row.other_id,
  }));
}

/** The names of a block, computed from its entries. */
export function blockOfEntries(connection: Connection, accountId: string, block: number): readonly string[] {
  const { first, last } = rangeOfBlock(block);
  const sql = 'SELECT other_id FROM entries WHERE account_id = ? AND sequence BETWEEN ? AND ?';
  const rows = connection.all(sql, accountId, first, last) as { other_id: string | null }[];
  return rows.map(({ other_id: otherId }) => (otherId === null ? ANY_OTHER : nameInBlock(otherId)));
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
