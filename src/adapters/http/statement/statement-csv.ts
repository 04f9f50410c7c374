import { formatAccountNumber } from '../../../domain/entities/account-number.ts';
import { decimalText } from '../../../domain/money/money.ts';
import { timeShape } from '../responses/responses.ts';
import type { IssuedHold, IssuedLine, IssuedStatement } from './issued-statement.ts';
import { shownAccount } from './shown-account.ts';
import type { StatementText } from './statement-text.ts';

/**
 * Columns of every row (RFC 4180). `row` is the row's kind, and outgoing amounts are negative. Only entries have an
 * `amount`, so the column sums to the period's change. Totals and holds have their own columns. Only the first row has the
 * account's.
 */
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
  'total',
  'total_minor',
  'held',
  'held_minor',
  'reference',
  'account_number',
  'account_name',
  'account_holder',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string>>;

/**
 * Mark for spreadsheets: without it they read the file in the machine's legacy code page, and garble a name like Zoë.
 * A program that cannot handle the mark can use JSON.
 */
const BYTE_ORDER_MARK = '\uFEFF';

export const csvStatement: StatementText = {
  headers: {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': 'attachment; filename="statement.csv"',
  },
  head: (statement) =>
    `${BYTE_ORDER_MARK}${COLUMNS.join(',')}\r\n` +
    csvRow({
      row: 'opening',
      at: timeShape(statement.from),
      ...balance(statement, statement.opening),
      account_number: statement.accountNumber === null ? '' : formatAccountNumber(statement.accountNumber),
      account_name: harmless(statement.accountName ?? ''),
      account_holder: harmless(statement.holder ?? ''),
    }),
  lines: (lines, { statement }) => lines.map((line) => csvRow(lineRow(statement, line))).join(''),
  tail: (statement) =>
    csvRow({ row: 'total_in', ...total(statement, statement.totalIn) }) +
    csvRow({ row: 'total_out', ...total(statement, -statement.totalOut) }) +
    statement.holds.map((hold) => csvRow(holdRow(statement, hold))).join('') +
    csvRow({
      row: statement.final ? 'closing' : 'closing_provisional',
      at: timeShape(statement.to),
      ...balance(statement, statement.closing),
    }),
};

function lineRow(statement: IssuedStatement, line: IssuedLine): Row {
  return {
    row: 'entry',
    at: timeShape(line.at),
    sequence: line.sequence.toString(),
    transaction: harmless(line.transferId),
    kind: line.kind,
    ...textsOf(line),
    reference: harmless(line.reference ?? ''),
    ...amount(statement, line.flow === 'in' ? line.amount : -line.amount),
    ...balance(statement, line.balance),
  };
}

function holdRow(statement: IssuedStatement, hold: IssuedHold): Row {
  return {
    row: 'hold',
    at: timeShape(hold.placedAt),
    transaction: harmless(hold.transferId),
    ...textsOf(hold),
    reference: harmless(hold.reference ?? ''),
    ...held(statement, hold.amount),
    expires_at: timeShape(hold.expiresAt),
  };
}

function textsOf({ counterparty, description }: Pick<IssuedLine, 'counterparty' | 'description'>): Row {
  const { name = null, account = '', more = 0 } = counterparty ?? {};
  return {
    counterparty: harmless(name ?? ''),
    counterparty_account: harmless(
      more > 0 ? `${shownAccount(account)} and ${more} more` : shownAccount(account),
    ),
    description: harmless(description ?? ''),
  };
}

/** The amount in major units for people, and in minor units for locales with another decimal separator. */
function amount({ currency, exponent }: IssuedStatement, minor: bigint): Row {
  return { amount: decimalText(minor, exponent), currency, amount_minor: minor.toString() };
}

function balance({ currency, exponent }: IssuedStatement, minor: bigint): Row {
  return { balance: decimalText(minor, exponent), currency, balance_minor: minor.toString() };
}

function total({ currency, exponent }: IssuedStatement, minor: bigint): Row {
  return { total: decimalText(minor, exponent), currency, total_minor: minor.toString() };
}

function held({ currency, exponent }: IssuedStatement, minor: bigint): Row {
  return { held: decimalText(minor, exponent), currency, held_minor: minor.toString() };
}

/** A formula at the start of a cell: of the text, or after a character that separates cells in other locales. */
const FORMULA = /(^|[;\t\r\n])(\s*[=+\-@＝＋－＠\t\r])/gu;

/** Digits and the punctuation of numbers, fractions, dates and times: 007, 1e5, (1.50), 3/4, 10:30 am. */
const NUMBER_OR_DATE =
  /^[\p{Sc}\s(+\-.,']*\d[\d\s.,:/%()'+\-_\p{Sc}]*(?:e[+-]?\d+[\s%)\p{Sc}]*|[tz][\d:.z+-]*|[ap]\.?(?:m\.?)?)?$/iu;
const MONTH =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
/** A date with a month's name: 3 Nov, Nov 3, 3-November-2026, OCT4. */
const DATE_BY_NAME = new RegExp(
  `^(?=.*\\d)(?:\\d{1,4}(?:st|nd|rd|th)?[\\s.,/-]*)?(?:${MONTH})[\\s.,/-]*(?:\\d[\\d\\s.,:/-]*)?$`,
  'i',
);
const TRUTH = /^(?:true|false)$/i;
/** A UUID of digits alone matches the forms above, but no spreadsheet reads it as a date. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * The text, made safe for a spreadsheet by an apostrophe before each formula (OWASP, CSV injection). A text that
 * would be read and shown as a number, date or truth value gets one too.
 */
function harmless(text: string): string {
  const plain = text.replaceAll(FORMULA, "$1'$2");
  return isReadAsOther(text) && !plain.startsWith("'") ? `'${plain}` : plain;
}

function isReadAsOther(text: string): boolean {
  if (UUID.test(text)) return false;
  // A spreadsheet reads full-width digits as digits
  const read = text.normalize('NFKC').trim();
  return NUMBER_OR_DATE.test(read) || DATE_BY_NAME.test(read) || TRUTH.test(read);
}

function csvRow(row: Row): string {
  return `${COLUMNS.map((column) => quoted(row[column] ?? '')).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",;'\s]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
