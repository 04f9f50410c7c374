import type { OutstandingHold, Statement, StatementLine } from '../../application/get-statement.ts';
import { decimalText } from '../../domain/money.ts';
import { timeShape } from './shapes.ts';
import type { StatementText } from './statement-text.ts';

/** RFC 4180: the same columns in every row. `row` says what it is; amounts out are below 0. */
const COLUMNS = [
  'row',
  'at',
  'sequence',
  'transaction',
  'kind',
  'counterparty',
  'counterparty_account',
  'description',
  'amount',
  'balance',
  'currency',
  'amount_minor',
  'balance_minor',
  'expires_at',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string>>;

/**
 * It is for spreadsheets, which take a file without a byte order mark for one in the machine's old code page, and
 * make another name of Zoë; a program that minds the mark has JSON.
 */
const BYTE_ORDER_MARK = '\uFEFF';

export const csvStatement: StatementText = {
  headers: {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': 'attachment; filename="statement.csv"',
  },
  head: (statement) =>
    `${BYTE_ORDER_MARK}${COLUMNS.join(',')}\r\n` +
    csvRow({ row: 'opening', at: timeShape(statement.from), ...balance(statement, statement.opening) }),
  lines: (lines, { statement }) => lines.map((line) => csvRow(lineRow(statement, line))).join(''),
  tail: (statement) =>
    csvRow({ row: 'total_in', ...amount(statement, statement.totalIn) }) +
    csvRow({ row: 'total_out', ...amount(statement, -statement.totalOut) }) +
    statement.holds.map((hold) => csvRow(holdRow(statement, hold))).join('') +
    csvRow({
      row: statement.final ? 'closing' : 'closing_provisional',
      at: timeShape(statement.to),
      ...balance(statement, statement.closing),
    }),
};

function lineRow(statement: Statement, line: StatementLine): Row {
  return {
    row: 'entry',
    at: timeShape(line.at),
    sequence: line.sequence.toString(),
    transaction: line.transferId,
    kind: line.kind,
    ...textsOf(line),
    ...amount(statement, line.flow === 'in' ? line.amount : -line.amount),
    ...balance(statement, line.balance),
  };
}

function holdRow(statement: Statement, hold: OutstandingHold): Row {
  return {
    row: 'hold',
    at: timeShape(hold.placedAt),
    transaction: hold.transferId,
    ...textsOf(hold),
    ...amount(statement, -hold.amount),
    expires_at: timeShape(hold.expiresAt),
  };
}

function textsOf({ counterparty, description }: Pick<StatementLine, 'counterparty' | 'description'>): Row {
  const { name = null, account = '', more = 0 } = counterparty ?? {};
  return {
    counterparty: harmless(name ?? ''),
    counterparty_account: harmless(more > 0 ? `${account} and ${more} more` : account),
    description: harmless(description ?? ''),
  };
}

/** In major units for people, and in minor units for those whose decimals are written another way. */
function amount({ currency, exponent }: Statement, minor: bigint): Row {
  return { amount: decimalText(minor, exponent), currency, amount_minor: minor.toString() };
}

function balance({ currency, exponent }: Statement, minor: bigint): Row {
  return { balance: decimalText(minor, exponent), currency, balance_minor: minor.toString() };
}

/** Where a spreadsheet would begin a cell: at the start, or behind what another country's takes for a separator. */
const FORMULA = /(^|[;\t\r\n])(\s*[=+\-@＝＋－＠\t\r])/gu;

/** A text with an apostrophe before whatever a spreadsheet would run as a formula (OWASP, CSV injection). */
function harmless(text: string): string {
  return text.replaceAll(FORMULA, "$1'$2");
}

function csvRow(row: Row): string {
  return `${COLUMNS.map((column) => quoted(row[column] ?? '')).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",;'\s]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
