import type { Account } from '../../domain/entities/account.ts';
import type { AuditHead } from '../../domain/integrity/audit-log.ts';
import { TrialSums } from '../../domain/reporting/trial-balance.ts';
import type { TrialBalance } from '../../domain/reporting/trial-balance.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { HexDigest } from '../../domain/integrity/merkle-tree.ts';
import { CopyFault, ROW_KINDS } from '../ports/book-copy.ts';
import type { CopyProgress, CopySource, CopyTarget, RowKind } from '../ports/book-copy.ts';
import { verifyBooks } from '../proofs/verify-books.ts';
import { compareRows, fingerprintOf, pageSize, pagesOf } from './compare-rows.ts';
import { isSame } from './is-same.ts';
import { rowId } from './row-order.ts';

export type CopyStep = 'verify source' | 'copy' | 'derive' | 'compare' | 'verify copy';

/** The work done so far in a step. */
export type CopyWork = {
  readonly step: CopyStep;
  readonly kind: RowKind | null;
  readonly done: number;
  /** About how many there are. Null if that is not known. */
  readonly total: number | null;
};

export type CopyReport = {
  /** Whether this run went on with an interrupted copy. */
  readonly resumed: boolean;
  /** Whether the target already held the whole copy, so that this run only compared. */
  readonly alreadyCopied: boolean;
  /** Rows that this run wrote. */
  readonly written: number;
  /** Rows that are equal in both stores, by kind. */
  readonly rows: Readonly<Record<RowKind, number>>;
  /** Entries of the copy, as the verification of the copy counted them. */
  readonly entries: number;
  /** Currencies whose trial balances are equal. */
  readonly currencies: readonly string[];
  /** Number and hash of the last audit record, equal in both. Null for an empty log. */
  readonly auditHead: AuditHead | null;
};

export type CopyTerms = {
  readonly source: CopySource;
  readonly target: CopyTarget;
  readonly digest: Digest;
  readonly hexDigest: HexDigest;
  /** Most rows of a page. Default: some hundred, by kind. */
  readonly rowsAtOnce?: number;
  readonly onProgress?: (work: CopyWork) => void;
};

/**
 * Copies all books into an empty store, or goes on with an interrupted copy. Verifies the source first: a copy computes
 * the digests of its rows anew, so it would hide a change by hand. Compares every row afterwards and verifies the copy,
 * before any other program can open it. A copy that is whole is only compared again.
 * @throws CopyFault. The target keeps the mark of an unfinished copy, if it had one
 */
export async function copyBooks(terms: CopyTerms): Promise<CopyReport> {
  const { source, target, digest } = terms;
  await verify(terms, 'source');
  const fingerprint = await fingerprintOf(source, digest);
  const found = await target.state();
  if (found === 'books' && (await fingerprintOf(target, digest)) !== fingerprint) throw notEmpty();
  if (typeof found === 'object' && found.source !== fingerprint) throw sourceChanged();

  let written = 0;
  if (found !== 'books') {
    const begun = found === 'empty' ? await begin(target, fingerprint) : found;
    written = await copyRows(terms, begun);
    terms.onProgress?.({ step: 'derive', kind: null, done: 0, total: null });
    await target.derive();
  }
  const rows = await compare(terms);
  const entries = await verify(terms, 'copy');
  const same = await sameBooks(source, target);
  if (found !== 'books') await target.finish();
  return {
    resumed: typeof found === 'object',
    alreadyCopied: found === 'books',
    written,
    rows,
    entries,
    ...same,
  };
}

async function begin(target: CopyTarget, source: string): Promise<CopyProgress> {
  const progress: CopyProgress = { source, kind: ROW_KINDS[0], after: null, counts: {} };
  await target.begin(progress);
  return progress;
}

/** Returns how many rows it wrote. */
async function copyRows(terms: CopyTerms, begun: CopyProgress): Promise<number> {
  let progress = begun;
  for (const kind of ROW_KINDS.slice(ROW_KINDS.indexOf(begun.kind))) {
    progress = await copyKind(terms, kind, progress);
  }
  return rowsIn(progress) - rowsIn(begun);
}

function rowsIn({ counts }: CopyProgress): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Reads the next page while the target writes the last one. Returns the stored progress. */
async function copyKind(
  { source, target, rowsAtOnce, onProgress }: CopyTerms,
  kind: RowKind,
  begun: CopyProgress,
): Promise<CopyProgress> {
  const limit = pageSize(kind, rowsAtOnce);
  const total = await source.count(kind);
  let progress = begun;
  let reading = source.rows(kind, { after: begun.kind === kind ? begun.after : null, limit });
  for (;;) {
    const page = await reading;
    const last = page.at(-1);
    if (last === undefined) return progress;
    const after = rowId(kind, last);
    reading = source.rows(kind, { after, limit });
    // If the write fails too, its error is the one to report
    reading.catch(() => {});
    const done = (progress.counts[kind] ?? 0) + page.length;
    const next = { ...progress, kind, after, counts: { ...progress.counts, [kind]: done } };
    await target.write(kind, page, { before: progress, after: next });
    progress = next;
    onProgress?.({ step: 'copy', kind, done, total });
  }
}

async function compare({ source, target, onProgress }: CopyTerms): Promise<Record<RowKind, number>> {
  const counts: [RowKind, number][] = [];
  for (const kind of ROW_KINDS) {
    const total = await source.count(kind);
    const onCompared = (done: number) => onProgress?.({ step: 'compare', kind, done, total });
    counts.push([kind, await compareRows(kind, { source, target, onCompared })]);
  }
  return Object.fromEntries(counts) as Record<RowKind, number>;
}

/** Returns the number of entries. @throws CopyFault naming the first fault */
async function verify(terms: CopyTerms, which: 'source' | 'copy'): Promise<number> {
  const { digest, hexDigest, onProgress } = terms;
  const { reads, scan } = which === 'source' ? terms.source : terms.target;
  const step = which === 'source' ? 'verify source' : 'verify copy';
  const { faults, verified } = await verifyBooks({ reads, scan, digest, hexDigest })({
    onProgress: (work) => onProgress?.({ step, kind: null, done: work.entries, total: null }),
  });
  const [fault] = faults;
  if (!fault) return verified.entries;
  const found = JSON.stringify(fault);
  if (which === 'copy') throw new CopyFault('copy_faulty', `The copy is not whole: ${found}`);
  throw new CopyFault('source_faulty', `The books are not whole, and were not copied: ${found}`);
}

/**
 * Compares the sums of the source's rows with the copy as every other program reads it.
 * @throws CopyFault `copy_differs`
 */
async function sameBooks(
  source: CopySource,
  copy: CopySource,
): Promise<Pick<CopyReport, 'currencies' | 'auditHead'>> {
  const ours = await sumsOf(pagesOf(source, 'accounts'));
  const theirs = await copy.scan.atOnce(async (books) => ({
    sums: await sumsOf(books.accounts()),
    head: headOf(books.auditHead),
  }));
  let head: CopyReport['auditHead'] = null;
  for await (const page of pagesOf(source, 'audit')) head = headOf(page.at(-1));
  if (!isSame({ sums: ours, head }, theirs)) {
    throw new CopyFault('copy_differs', 'The trial balance or the end of the audit log of the copy differs');
  }
  return { currencies: ours.map(({ currency }) => currency), auditHead: head };
}

async function sumsOf(pages: AsyncIterable<readonly Account[]>): Promise<readonly TrialBalance[]> {
  const sums = new TrialSums();
  for await (const page of pages) for (const account of page) sums.add(account);
  return sums.balances();
}

function headOf(head: AuditHead | undefined): AuditHead | null {
  return head ? { sequence: head.sequence, hash: head.hash } : null;
}

function notEmpty(): CopyFault {
  return new CopyFault('target_not_empty', 'The target already holds other books: name an empty one');
}

function sourceChanged(): CopyFault {
  return new CopyFault(
    'source_changed',
    'The target holds an unfinished copy of other books, or the source was written since it began: remove the target, and start again',
  );
}
