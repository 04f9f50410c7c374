import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { Statement } from '../../../application/reporting/get-statement.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { STATEMENT_FORMATS } from '../requests/queries.ts';
import { sendParts } from '../statement/send-parts.ts';
import { statementLineShape, statementShape } from '../responses/responses.ts';
import { camt053Statement } from '../statement/statement-camt053.ts';
import { csvStatement } from '../statement/statement-csv.ts';
import { htmlStatement } from '../statement/statement-html.ts';
import { ofxStatement } from '../statement/statement-ofx.ts';
import type { StatementText } from '../statement/statement-text.ts';

const jsonStatement: StatementText = {
  headers: { 'Content-Type': 'application/json' },
  head: (statement) => `{"statement":${JSON.stringify(statementShape(statement)).slice(0, -1)},"lines":[`,
  lines: (lines, { isFirst }) =>
    (isFirst ? '' : ',') + lines.map((line) => JSON.stringify(statementLineShape(line))).join(','),
  tail: () => ']}}',
};

export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

const TEXTS: Readonly<Record<StatementFormat, StatementText>> = {
  json: jsonStatement,
  csv: csvStatement,
  html: htmlStatement,
  camt053: camt053Statement,
  ofx: ofxStatement,
};

const FORMAT_OF_TYPE: Readonly<Record<string, StatementFormat>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'text/html': 'html',
  'application/xml': 'camt053',
  'application/x-ofx': 'ofx',
};

/** The format that the client prefers. Default: JSON. */
export function acceptedFormat(c: Context): StatementFormat {
  const supports = Object.keys(FORMAT_OF_TYPE);
  return FORMAT_OF_TYPE[accepts(c, { header: 'Accept', supports, default: 'application/json' })] ?? 'json';
}

/** Streams the statement at the client's pace. An error before the first line is answered like any other. */
export function sendStatement(
  c: Context,
  statement: Statement,
  { format, log }: { format: StatementFormat; log: Logger },
): Promise<Response> {
  const text = TEXTS[format];
  const headers = { Vary: 'Accept', ...text.headers };
  return sendParts(c, partsOf(statement, text), { headers, log, name: 'statement' });
}

async function* partsOf(statement: Statement, text: StatementText): AsyncGenerator<string, void> {
  let sofar = text.head(statement);
  let isFirst = true;
  for await (const lines of statement.lines()) {
    yield sofar + text.lines(lines, { statement, isFirst });
    sofar = '';
    isFirst = false;
  }
  yield sofar + text.tail(statement);
}
