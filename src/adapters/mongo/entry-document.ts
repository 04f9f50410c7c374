import { LedgerEntry } from '../../domain/ledger-entry.ts';
import type { LedgerEntryState } from '../../domain/ledger-entry.ts';
import { countersOf } from './account-document.ts';

/** Unique, and the order in which an account's book is read. */
export type EntryId = { readonly accountId: string; readonly sequence: bigint };

export type EntryDocument = Omit<LedgerEntryState, 'accountId' | 'sequence' | 'at'> & {
  readonly _id: EntryId;
  readonly at: Date;
};

export function entryDocument(entry: LedgerEntry): EntryDocument {
  return {
    _id: { accountId: entry.accountId, sequence: BigInt(entry.sequence) },
    transferId: entry.transferId,
    step: entry.step,
    direction: entry.direction,
    posted: entry.posted,
    pending: entry.pending,
    after: countersOf(entry.after),
    at: new Date(entry.at),
    hash: entry.hash,
  };
}

export function entryOf({ _id, ...fields }: EntryDocument): LedgerEntry {
  return LedgerEntry.restore({
    ...fields,
    accountId: _id.accountId,
    sequence: Number(_id.sequence),
    at: fields.at.getTime(),
  });
}
