import type { Statement, StatementLine } from '../../../application/reporting/get-statement.ts';

/** A format of statements. It is written in parts, so that only some lines are in memory at once. */
export type StatementText = {
  readonly headers: Readonly<Record<string, string>>;
  head(statement: Statement): string;
  lines(lines: readonly StatementLine[], place: { statement: Statement; isFirst: boolean }): string;
  tail(statement: Statement): string;
};
