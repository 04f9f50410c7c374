import { MONTHS } from '../../shared/months.ts';
import { isoDay } from '../../../domain/calendar.ts';
import type { Day } from '../../../domain/calendar.ts';
import { formatAccountNumber, isAccountNumber } from '../../../domain/entities/account-number.ts';
import { lastFour } from '../../../domain/entities/notification.ts';
import type { TransferKind } from '../../../domain/entities/transfer.ts';
import { groupedText } from '../../../domain/money/money.ts';
import type { Instant } from '../../../domain/time.ts';
import type { IssuedHold, IssuedLine, IssuedStatement, Letterhead } from './issued-statement.ts';
import { KIND_NAME } from './kind-name.ts';

/** A label and what it stands for. */
export type StatementFact = { readonly label: string; readonly value: string };

/** A row of the entries, each cell as text. An empty cell is empty text. */
export type DocumentRow = {
  readonly day: string;
  /** Payee or payer, or the kind of the entry. */
  readonly title: string;
  readonly details: readonly string[];
  readonly reference: string;
  readonly out: string;
  readonly in: string;
  readonly balance: string;
};

export type HoldRow = {
  readonly day: string;
  readonly title: string;
  readonly details: readonly string[];
  readonly until: string;
  readonly amount: string;
};

/** All that a page and a PDF show of a statement beside its rows, in the order in which they show it. */
export type StatementDocument = {
  readonly letterhead: Letterhead | null;
  readonly title: string;
  readonly period: string;
  /** Holder and account, then facts about the statement. */
  readonly account: readonly StatementFact[];
  readonly facts: readonly StatementFact[];
  readonly totals: readonly StatementFact[];
  readonly opening: DocumentRow;
  readonly closing: DocumentRow;
  readonly holds: { readonly rows: readonly HoldRow[]; readonly sums: readonly StatementFact[] } | null;
  readonly notes: readonly string[];
  /** Head of every page after the first. Only letters, digits, spaces and punctuation of ASCII, and the middle dot. */
  readonly continued: string;
};

const TITLE = 'Account statement';
export const COLUMNS = ['Date', 'Details', 'Reference', 'Money out', 'Money in', 'Balance'] as const;
export const HOLD_TITLE = 'Reserved when the period ended';
export const HOLD_COLUMNS = ['Since', 'Details', 'Until', 'Reserved'] as const;

/** Turns a statement into what a page and a PDF both show. */
export function documentOf(statement: IssuedStatement): StatementDocument {
  const { from, to, opening, closing, totalIn, totalOut, final, number, readAt } = statement;
  const account = accountText(statement);
  return {
    letterhead: statement.letterhead,
    title: TITLE,
    period: periodText(statement),
    account: [
      ...(statement.holder === null ? [] : [{ label: 'Account holder', value: statement.holder }]),
      ...(statement.accountName === null ? [] : [{ label: 'Account', value: statement.accountName }]),
      ...(account === null ? [] : [{ label: 'Account number', value: account }]),
    ],
    facts: [
      { label: 'Statement', value: number },
      { label: 'Issued', value: dayText(statement.calendar.dayOf(readAt)) },
      { label: 'Currency', value: statement.currency },
      { label: 'Status', value: final ? 'Final' : 'Provisional' },
    ],
    totals: [
      { label: 'Opening balance', value: amountText(statement, opening) },
      { label: 'Money in', value: amountText(statement, totalIn) },
      { label: 'Money out', value: amountText(statement, -totalOut) },
      { label: 'Closing balance', value: amountText(statement, closing) },
    ],
    opening: edgeRow(statement, { at: from, title: 'Opening balance', balance: opening }),
    closing: edgeRow(statement, { at: Math.max(from, to - 1), title: 'Closing balance', balance: closing }),
    holds: holdsOf(statement),
    notes: notesOf(statement),
    continued: [TITLE, number, account, 'continued'].filter((part) => part !== null).join(' · '),
  };
}

/** Turns a line into its row. */
export function rowOf(statement: IssuedStatement, line: IssuedLine): DocumentRow {
  const amount = amountText(statement, line.amount);
  return {
    day: dayText(statement.calendar.dayOf(line.at)),
    ...textsOf(line),
    reference: line.reference ?? '',
    out: line.flow === 'out' ? amount : '',
    in: line.flow === 'in' ? amount : '',
    balance: amountText(statement, line.balance),
  };
}

function edgeRow(
  statement: IssuedStatement,
  { at, title, balance }: { at: Instant; title: string; balance: bigint },
): DocumentRow {
  const day = dayText(statement.calendar.dayOf(at));
  const blank = { details: [], reference: '', out: '', in: '' };
  return { ...blank, day, title, balance: amountText(statement, balance) };
}

function holdsOf(statement: IssuedStatement): StatementDocument['holds'] {
  const { calendar, holds, held, available } = statement;
  if (holds.length === 0) return null;
  const rows = holds.map((hold) => ({
    day: dayText(calendar.dayOf(hold.placedAt)),
    ...textsOf({ ...hold, kind: 'transfer' }),
    until: dayText(calendar.dayOf(hold.expiresAt)),
    amount: amountText(statement, hold.amount),
  }));
  const sums = [
    { label: 'Reserved in all', value: amountText(statement, held) },
    { label: 'Available of the closing balance', value: amountText(statement, available) },
  ];
  return { rows, sums };
}

function notesOf(statement: IssuedStatement): readonly string[] {
  const { calendar, from, to, currency, final, proofPath } = statement;
  const isWholeDays = calendar.startsDay(from) && calendar.startsDay(to);
  return [
    `Amounts in ${currency}. Days in the time zone ${calendar.timeZone}.`,
    ...(final ? [] : ['Provisional: payments under way at the end of the period may still be added.']),
    ...(isWholeDays ? [] : [`The period begins at ${isoText(from)} and ends before ${isoText(to)}.`]),
    `Anyone can check these entries against a signed checkpoint: the proof is at ${proofPath}`,
  ];
}

/**
 * The other side's name as title, else the kind, else its account, else the description. The rest are details, the
 * account last. The end of an account's id says nothing beside a name.
 */
function textsOf({
  counterparty,
  description,
  kind,
}: Pick<IssuedLine | IssuedHold, 'counterparty' | 'description'> & { kind: TransferKind }) {
  const name = counterparty?.name ?? null;
  const account = counterparty && otherAccountText(counterparty);
  const heads = [name, kind === 'transfer' ? null : KIND_NAME[kind]].filter((text) => text !== null);
  const [title = account ?? description ?? KIND_NAME[kind], ...others] = heads;
  const details = [...others, description, account].filter((text) => text !== null && text !== title);
  return { title, details: details.filter((text) => text !== null) };
}

function otherAccountText({
  name,
  account,
  number,
  more,
}: NonNullable<IssuedLine['counterparty']>): string | null {
  const known = number ?? (isAccountNumber(account) ? account : null);
  const ending = name === null ? `Account ending in ${lastFour(account)}` : null;
  // A number is not broken at the end of a line
  const text = known === null ? ending : formatAccountNumber(known).replaceAll(' ', '\u00A0');
  const others = more > 0 ? `and ${more} more` : null;
  return [text, others].filter((part) => part !== null).join(' ') || null;
}

function accountText({ accountNumber }: IssuedStatement): string | null {
  return accountNumber && formatAccountNumber(accountNumber);
}

function amountText({ exponent }: IssuedStatement, minor: bigint): string {
  return groupedText(minor, exponent);
}

/** The first and last day of the period. */
function periodText({ calendar, from, to }: IssuedStatement): string {
  const [first, last] = [calendar.dayOf(from), calendar.dayOf(Math.max(from, to - 1))];
  if (isoDay(first) === isoDay(last)) return longDayText(first);
  const isOneMonth = first.year === last.year && first.month === last.month;
  return `${isOneMonth ? first.day : longDayText(first)} to ${longDayText(last)}`;
}

/** Days are written without Intl, so that a statement does not depend on the machine's locale data. */
function longDayText({ year, month, day }: Day): string {
  return `${day} ${MONTHS[month - 1] ?? ''} ${year}`;
}

function dayText({ year, month, day }: Day): string {
  return `${day} ${MONTHS[month - 1]?.slice(0, 3) ?? ''} ${year}`;
}

function isoText(at: Instant): string {
  return new Date(at).toISOString();
}
