import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { Statement, StatementRequest } from '../../../application/reporting/get-statement.ts';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { payeeNames } from '../../../application/payees/payee-names.ts';
import type { Viewer } from '../../../domain/actor.ts';
import { Calendar } from '../../../domain/calendar.ts';
import type { StatementFormat } from '../requests/queries.ts';
import type { PeriodEdge } from '../requests/schemas.ts';
import { statementLineShape, statementShape } from '../responses/responses.ts';
import { issueStatement } from '../statement/issued-statement.ts';
import type { Holder, IssuedStatement, Letterhead } from '../statement/issued-statement.ts';
import { sendParts } from '../statement/send-parts.ts';
import { camt053Statement } from '../statement/statement-camt053.ts';
import { csvStatement } from '../statement/statement-csv.ts';
import { htmlStatement } from '../statement/statement-html.ts';
import { ofxStatement } from '../statement/statement-ofx.ts';
import { loadPdfWriter, requirePdfLength } from '../statement/statement-pdf.ts';
import type { StatementText } from '../statement/statement-text.ts';

/** Everything on statements that the ledger does not know. */
export type StatementPorts = {
  readonly letterhead?: Letterhead | null;
  readonly holderOf?: ((ownerId: string) => Promise<Holder | undefined>) | null;
  /** Names a user's payees by account id. Of `unpaidIds` the user has paid none yet. */
  readonly payeeNames?: ReturnType<typeof payeeNames> | null;
};

const jsonStatement: StatementText = {
  headers: { 'Content-Type': 'application/json' },
  head: (statement) => `{"statement":${JSON.stringify(statementShape(statement)).slice(0, -1)},"lines":[`,
  lines: (lines, { isFirst }) =>
    (isFirst ? '' : ',') + lines.map((line) => JSON.stringify(statementLineShape(line))).join(','),
  tail: () => ']}}',
};

const TEXTS: Readonly<Record<Exclude<StatementFormat, 'pdf'>, StatementText>> = {
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
  'application/pdf': 'pdf',
  'application/xml': 'camt053',
  'application/x-ofx': 'ofx',
};

/** The format that the client prefers. Default: JSON. */
export function acceptedFormat(c: Context): StatementFormat {
  const supports = Object.keys(FORMAT_OF_TYPE);
  return FORMAT_OF_TYPE[accepts(c, { header: 'Accept', supports, default: 'application/json' })] ?? 'json';
}

type PeriodQuery = {
  readonly from?: PeriodEdge;
  readonly to?: PeriodEdge;
  readonly timeZone?: string;
};

/** The period of a query. Its days are those of `timeZone`, and without one those of UTC. */
export function periodOf({ from, to, timeZone = 'UTC' }: PeriodQuery): StatementRequest {
  const calendar = new Calendar(timeZone);
  const at = (edge: PeriodEdge) => ('day' in edge ? calendar.startOf(edge.day) : edge.instant);
  return { ...(from ? { from: at(from) } : {}), ...(to ? { to: at(to) } : {}) };
}

/**
 * Adds to a statement what its formats show. Its days are those in which the query names the period, and otherwise
 * the holder's.
 */
export async function issue(
  statement: Statement,
  { viewer, query, path, ports }: { viewer: Viewer; query: PeriodQuery; path: string; ports: StatementPorts },
): Promise<IssuedStatement> {
  const { ownerId, from, to } = statement;
  const { letterhead = null, payeeNames = null } = ports;
  const holder = ownerId === null ? undefined : await ports.holderOf?.(ownerId);
  const namesDays = [query.from, query.to].some((edge) => edge && 'day' in edge);
  const calendar = new Calendar(query.timeZone ?? (namesDays ? 'UTC' : (holder?.timeZone ?? 'UTC')));
  // Labels of payees are private to the person who gave them
  const isOwner = viewer.kind === 'user' && viewer.id === ownerId;
  return issueStatement(statement, {
    calendar,
    holder: holder?.name ?? null,
    letterhead,
    namesOf: isOwner && payeeNames ? ({ paid, reserved }) => payeeNames(viewer.id, paid, reserved) : null,
    proofPath: `${path.replace(/\/$/, '')}-proof?from=${isoText(from)}&to=${isoText(to)}`,
  });
}

function isoText(at: number): string {
  return new Date(at).toISOString();
}

/**
 * Streams the statement at the client's pace. An error before the first line is answered like any other.
 * @throws PassbookError `statement_too_long` for a PDF
 */
export async function sendStatement(
  c: Context,
  statement: IssuedStatement,
  { format, log }: { format: StatementFormat; log: Logger },
): Promise<Response> {
  const name = 'statement';
  if (format === 'pdf') {
    requirePdfLength(statement);
    const { pdfParts } = await loadPdfWriter();
    const file = `attachment; filename="statement-${statement.number}.pdf"`;
    const headers = { Vary: 'Accept', 'Content-Type': 'application/pdf', 'Content-Disposition': file };
    return sendParts(c, pdfParts(statement), { headers, log, name });
  }
  const text = TEXTS[format];
  const own = typeof text.headers === 'function' ? text.headers(statement) : text.headers;
  return sendParts(c, partsOf(statement, text), { headers: { Vary: 'Accept', ...own }, log, name });
}

async function* partsOf(statement: IssuedStatement, text: StatementText): AsyncGenerator<string, void> {
  let sofar = text.head(statement);
  let isFirst = true;
  for await (const lines of statement.lines()) {
    yield sofar + text.lines(lines, { statement, isFirst });
    sofar = '';
    isFirst = false;
  }
  yield sofar + text.tail(statement);
}
