import { PassbookError } from '../../../domain/errors.ts';
import type { IssuedStatement } from './issued-statement.ts';

/** Most entries of a PDF. Its structure for screen readers stays in memory, and grows with them. */
export const PDF_ENTRIES_MAX = 20_000;

/** @throws PassbookError `statement_too_long` */
export function requirePdfLength({ entryCount }: Pick<IssuedStatement, 'entryCount'>): void {
  if (entryCount > PDF_ENTRIES_MAX) throw new PassbookError('statement_too_long');
}

/**
 * Loads the writer of PDFs and its fonts. The first call takes half a second, as much as the rest of a server's start,
 * so it waits for the first PDF. Other requests get turns of the event loop meanwhile.
 */
export function loadPdfWriter() {
  return import('./pdf/write-pdf.ts');
}
