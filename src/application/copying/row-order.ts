import { keyText } from '../../domain/books/idempotency.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { BookRows, CopiedTransfer, RowKind } from '../ports/book-copy.ts';

const ID_OF: { readonly [K in RowKind]: (row: BookRows[K]) => string } = {
  users: ({ user }) => user.id,
  credentials: ({ id }) => id,
  sessions: ({ id }) => id,
  payees: ({ id }) => id,
  securityEvents: ({ id }) => id,
  mailHours: ({ recipientId }) => recipientId,
  parcels: ({ id }) => id,
  accounts: ({ id }) => id,
  transfers: ({ transfer }) => transfer.id,
  records: keyText,
  audit: ({ sequence }) => String(sequence),
};

/** The id by which a store orders its rows of one kind. Audit records are in the order of their numbers. */
export function rowId<K extends RowKind>(kind: K, row: BookRows[K]): string {
  return ID_OF[kind](row);
}

/** Returns a transfer's entries in the order in which the ledger writes them: step by step, in the order of the legs. */
export function inWritingOrder({ transfer, entries }: CopiedTransfer): readonly LedgerEntry[] {
  const legs = new Map(transfer.legs.map(({ accountId }, index) => [accountId, index]));
  const place = ({ step, accountId }: LedgerEntry) =>
    (step === 'held' || step === 'completed' ? 0 : legs.size) + (legs.get(accountId) ?? 0);
  return entries.toSorted((a, b) => place(a) - place(b));
}
