import type { LedgerEntry } from '../../domain/ledger-entry.ts';
import { placesAhead, storedAccountOf } from './account-document.ts';
import type { AccountDocument, StoredAccount } from './account-document.ts';
import { entryOf } from './entry-document.ts';
import type { TransferDocument } from './transfer-document.ts';

/** How many accounts' entries are asked for at once. */
const AT_ONCE = 500;

/** Half of a transfer's document: reading the rest costs more than finding it. */
type Entries = Pick<TransferDocument, '_id' | 'legs' | 'entries'>;
const ENTRIES = { projection: { legs: 1, entries: 1 } } as const;

/**
 * Accounts as their last entries left them, in the order of their documents. The documents were read before, so what
 * comes of it is never older than they are.
 * @param findTransfers of a filter, all of them
 */
export async function withLastEntries(
  documents: readonly AccountDocument[],
  findTransfers: (filter: object, options: typeof ENTRIES) => Promise<readonly Entries[]>,
): Promise<readonly StoredAccount[]> {
  const last = new Map<string, LedgerEntry>();
  for (let at = 0; at < documents.length; at += AT_ONCE) {
    const places = documents.slice(at, at + AT_ONCE).flatMap(placesAhead);
    const found = await findTransfers({ places: { $in: places } }, ENTRIES);
    for (const transfer of found) keepLast(last, transfer);
  }
  return documents.map((document) => storedAccountOf(document, laterThan(document, last.get(document._id))));
}

function keepLast(last: Map<string, LedgerEntry>, transfer: Entries): void {
  for (const document of transfer.entries ?? []) {
    const entry = entryOf(document, transfer);
    if ((last.get(entry.accountId)?.sequence ?? 0) < entry.sequence) last.set(entry.accountId, entry);
  }
}

/** A transfer has entries of accounts that were not asked for, and older ones. */
function laterThan({ sequence }: AccountDocument, entry: LedgerEntry | undefined): LedgerEntry | undefined {
  return entry && entry.sequence > Number(sequence) ? entry : undefined;
}
