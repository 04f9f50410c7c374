import type { Digest } from '../../domain/integrity/hash-chain.ts';
import { allPages } from '../all-pages.ts';
import { CopyFault, ROW_KINDS } from '../ports/book-copy.ts';
import type { BookRows, CopySource, RowKind } from '../ports/book-copy.ts';
import { canonicalText } from './canonical-text.ts';
import { isSame } from './is-same.ts';
import { inWritingOrder, rowId } from './row-order.ts';

/**
 * Rows that one page holds at most. A parcel of mails takes up to a hundred kilobytes; the largest records, those of
 * batches, shorten their pages themselves.
 */
const PAGES: Readonly<Record<RowKind, number>> = {
  users: 500,
  credentials: 500,
  sessions: 500,
  payees: 500,
  securityEvents: 500,
  mailHours: 100,
  parcels: 50,
  accounts: 500,
  transfers: 500,
  records: 500,
  audit: 500,
};

export function pageSize(kind: RowKind, most = Infinity): number {
  return Math.min(PAGES[kind], most);
}

/** Kinds whose rows a fingerprint covers. Each completed transfer changes an account, so transfers are not read. */
const FINGERPRINTED = ROW_KINDS.filter((kind) => kind !== 'transfers' && kind !== 'records');

/** Returns a digest of the people, the outbox, all accounts with their chains, and the audit log. */
export async function fingerprintOf(source: CopySource, digest: Digest): Promise<string> {
  let fingerprint = digest('copy 1');
  for (const kind of FINGERPRINTED) {
    for await (const page of pagesOf(source, kind)) {
      fingerprint = digest([fingerprint, kind, ...page.map(canonicalText)].join('\n'));
    }
  }
  return fingerprint;
}

/**
 * Compares all rows of a kind. Returns how many there are.
 * @throws CopyFault `copy_differs` naming the first row that differs
 */
export async function compareRows(
  kind: RowKind,
  {
    source,
    target,
    onCompared,
  }: { source: CopySource; target: CopySource; onCompared: (rows: number) => void },
): Promise<number> {
  const copied = rowsOf(target, kind);
  let count = 0;
  for await (const row of rowsOf(source, kind)) {
    const next = await copied.next();
    const other = next.done ? undefined : next.value;
    if (!isSame(comparable(row), comparable(other))) throw differs(kind, row);
    count += 1;
    onCompared(count);
  }
  const extra = await copied.next();
  if (!extra.done) throw differs(kind, extra.value);
  return count;
}

/** The entries of a transfer come from a store in no particular order. */
function comparable(row: BookRows[RowKind] | undefined): unknown {
  return row && 'entries' in row ? { ...row, entries: inWritingOrder(row) } : row;
}

function differs<K extends RowKind>(kind: K, row: BookRows[K]): CopyFault {
  return new CopyFault(
    'copy_differs',
    `The copy differs from the source at ${kind} ${rowId(kind, row)}: the source was written meanwhile. Remove the unfinished copy, and start again`,
  );
}

async function* rowsOf<K extends RowKind>(source: CopySource, kind: K): AsyncGenerator<BookRows[K], void> {
  for await (const page of pagesOf(source, kind)) yield* page;
}

export function pagesOf<K extends RowKind>(
  source: CopySource,
  kind: K,
): AsyncGenerator<readonly BookRows[K][], void> {
  return allPages((page) => source.rows(kind, page), {
    idOf: (row) => rowId(kind, row),
    limit: pageSize(kind),
  });
}
