import { PassbookError } from '../../../domain/errors.ts';
import type { IssuedStatement } from './issued-statement.ts';

/** Longest period of a PDF. Its table of contents for screen readers grows with it, to some 40 MB. */
export const PDF_ENTRIES_MAX = 20_000;

/** @throws PassbookError `statement_too_long` */
export function requirePdfLength({ entryCount }: Pick<IssuedStatement, 'entryCount'>): void {
  if (entryCount > PDF_ENTRIES_MAX) throw new PassbookError('statement_too_long');
}

/** Loads the writer of PDFs and its fonts, which takes a moment at the first call. */
export function preparePdf() {
  return import('./pdf/write-pdf.ts');
}
