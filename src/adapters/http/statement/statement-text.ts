import type { IssuedLine, IssuedStatement } from './issued-statement.ts';

/** A format of statements. It is written in parts, so that only some lines are in memory at once. */
export type StatementText = {
  readonly headers:
    | Readonly<Record<string, string>>
    | ((statement: IssuedStatement) => Record<string, string>);
  head(statement: IssuedStatement): string;
  lines(lines: readonly IssuedLine[], place: { statement: IssuedStatement; isFirst: boolean }): string;
  tail(statement: IssuedStatement): string;
};
