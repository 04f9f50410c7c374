import type { Statement, StatementLine } from '../../../application/reporting/get-statement.ts';

/** A statement as text, in parts: its head says all but the lines, so that no more than some of these are held. */
export type StatementText = {
  readonly headers: Readonly<Record<string, string>>;
  head(statement: Statement): string;
  lines(lines: readonly StatementLine[], place: { statement: Statement; isFirst: boolean }): string;
  tail(statement: Statement): string;
};
