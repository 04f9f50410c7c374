import { LedgerEntry } from '../../domain/ledger-entry.ts';
import type { Direction, EntryStep } from '../../domain/ledger-entry.ts';
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
  account_id, sequence, transfer_id, step, direction, posted, pending,
  debits_posted, credits_posted, debits_pending, credits_pending, at, hash
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function insertEntry(connection: Connection, entry: LedgerEntry): void {
  const { after } = entry;
  connection.run(
    INSERT,
    entry.accountId,
    entry.sequence,
    entry.transferId,
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
