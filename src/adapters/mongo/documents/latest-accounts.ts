import type { LedgerEntry } from '../../../domain/entities/ledger-entry.ts';
import { entryKeysAhead, storedAccountOf } from './account-document.ts';
import type { AccountDocument, StoredAccount } from './account-document.ts';
import { storedEntries } from './transfer-document.ts';
import type { EntriesPart } from './transfer-document.ts';

/** Number of accounts whose entries one find reads. */
const AT_ONCE = 500;

/**
 * Accounts after their last entries, in the order of their documents. The documents were read earlier, so the result is
 * never older than they are.
 * @param findEntries finds all matching transfers
 */
export async function withLastEntries(
  documents: readonly AccountDocument[],
  findEntries: (filter: object) => Promise<readonly EntriesPart[]>,
): Promise<readonly StoredAccount[]> {
  const last = new Map<string, LedgerEntry>();
  for (let at = 0; at < documents.length; at += AT_ONCE) {
    const places = documents.slice(at, at + AT_ONCE).flatMap(entryKeysAhead);
    const found = await findEntries({ places: { $in: places } });
    for (const entry of found.flatMap(storedEntries)) keepLast(last, entry);
  }
  return documents.map((document) => storedAccountOf(document, laterThan(document, last.get(document._id))));
}

function keepLast(last: Map<string, LedgerEntry>, entry: LedgerEntry): void {
  if ((last.get(entry.accountId)?.sequence ?? 0) < entry.sequence) last.set(entry.accountId, entry);
}

/** Ignores older entries: a transfer may also contain entries of accounts that were not requested. */
function laterThan({ sequence }: AccountDocument, entry: LedgerEntry | undefined): LedgerEntry | undefined {
  return entry && entry.sequence > Number(sequence) ? entry : undefined;
}
