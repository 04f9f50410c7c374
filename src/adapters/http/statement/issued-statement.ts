import type { Statement, StatementLine } from '../../../application/reporting/get-statement.ts';
import { statementNumber } from '../../../application/reporting/statement-number.ts';
import type { PayeeName } from '../../../application/payees/payee-names.ts';
import type { CounterpartyView } from '../../../application/views.ts';
import type { Calendar } from '../../../domain/calendar.ts';
import type { Logo } from './logo.ts';

/** The bank at the head of a statement. */
export type Letterhead = {
  readonly name: string;
  readonly address: readonly string[];
  readonly logo: Logo | null;
};

/** The owner of an account, as its statements name them. */
export type Holder = { readonly name: string; readonly timeZone: string };

/** Names payees by account id: those who were paid, and those for whom money is only reserved. */
export type PayeeNames = (ids: {
  readonly paid: readonly string[];
  readonly reserved: readonly string[];
}) => Promise<ReadonlyMap<string, PayeeName>>;

export type IssuedCounterparty = CounterpartyView & { readonly number?: string | null };
export type IssuedLine = Omit<StatementLine, 'counterparty'> & {
  readonly counterparty: IssuedCounterparty | null;
};
type Hold = Statement['holds'][number];
export type IssuedHold = Omit<Hold, 'counterparty'> & { readonly counterparty: IssuedCounterparty | null };

/** A statement with all that its formats show beside the books. */
export type IssuedStatement = Omit<Statement, 'lines' | 'holds'> & {
  /** Number that derives from the period. */
  readonly number: string;
  /** The calendar of the statement's days. */
  readonly calendar: Calendar;
  readonly holder: string | null;
  readonly letterhead: Letterhead | null;
  /** Path and query of the proof. */
  readonly proofPath: string;
  readonly holds: readonly IssuedHold[];
  lines(): AsyncGenerator<readonly IssuedLine[], void>;
};

export type IssueTerms = Pick<IssuedStatement, 'calendar' | 'holder' | 'letterhead' | 'proofPath'> & {
  /** Names payees. Null: they have no names. */
  readonly namesOf: PayeeNames | null;
};

/** Adds to a statement what its formats show. Reads the names of payees once for each chunk of lines. */
export async function issueStatement(
  statement: Statement,
  { namesOf, ...terms }: IssueTerms,
): Promise<IssuedStatement> {
  return {
    ...statement,
    ...terms,
    number: statementNumber(statement, terms.calendar),
    holds: await named(statement.holds, namesOf),
    async *lines() {
      for await (const lines of statement.lines()) yield named(lines, namesOf);
    },
  };
}

type Record = { readonly counterparty: CounterpartyView | null; readonly flow?: StatementLine['flow'] };

async function named<R extends Record>(records: readonly R[], namesOf: PayeeNames | null) {
  const ids = records.flatMap((record) => payeeOf(record) ?? []);
  if (namesOf === null || ids.length === 0) return records;
  const wanted = [...new Set(ids)];
  const isPaid = records.some(({ flow }) => flow !== undefined);
  const names = await namesOf(isPaid ? { paid: wanted, reserved: [] } : { paid: [], reserved: wanted });
  return records.map((record) => {
    const { counterparty } = record;
    const known = names.get(payeeOf(record) ?? '');
    if (!counterparty || !known) return record;
    return { ...record, counterparty: { ...counterparty, name: known.name, number: known.number } };
  });
}

/** The id of the account that money went to, if its payer sees it. A hold has no flow, and takes money out. */
function payeeOf({ counterparty, flow = 'out' }: Record): string | undefined {
  const isWhole = counterparty !== null && counterparty.account.length > 4;
  return isWhole && flow === 'out' ? counterparty.account : undefined;
}
