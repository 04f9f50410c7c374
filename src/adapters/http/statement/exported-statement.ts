import type { Statement, StatementLine } from '../../../application/reporting/get-statement.ts';
import type { CounterpartyView } from '../../../application/views.ts';
import type { Instant } from '../../../domain/time.ts';

/** A statement with the facts beside the books that files for other programs hold, where they are known. */
export type ExportedStatement = Statement & {
  readonly number?: string;
  readonly issuedAt?: Instant;
  readonly calendar?: {
    dayOf(at: Instant): { readonly year: number; readonly month: number; readonly day: number };
  };
  readonly holder?: string | null;
  readonly letterhead?: { readonly name: string } | null;
};

export type ExportedLine = StatementLine & {
  readonly counterparty: (CounterpartyView & { readonly number?: string | null }) | null;
};
