import * as fc from 'fast-check';
import { Calendar } from '../../src/domain/calendar.ts';
import type { OutstandingHold } from '../../src/application/reporting/get-statement.ts';
import type {
  IssuedLine,
  IssuedStatement,
  Letterhead,
} from '../../src/adapters/http/statement/issued-statement.ts';
import type { StatementText } from '../../src/adapters/http/statement/statement-text.ts';

const AT = Date.UTC(2026, 0, 15, 10);

export function aLine(terms: Partial<IssuedLine> = {}): IssuedLine {
  return {
    sequence: 1,
    transferId: '019bc0de-0000-7000-8000-000000000001',
    kind: 'transfer',
    at: AT,
    counterparty: { name: 'Bob', account: '019bc0de-0000-7000-8000-00000000b0b0', more: 0 },
    description: 'lunch',
    reference: null,
    flow: 'in',
    amount: 2550n,
    balance: 2550n,
    ...terms,
  };
}

export function aHold(terms: Partial<OutstandingHold> = {}): OutstandingHold {
  return {
    transferId: '019bc0de-0000-7000-8000-0000000000aa',
    amount: 500n,
    counterparty: null,
    description: 'room',
    reference: null,
    placedAt: AT,
    expiresAt: AT + 86_400_000,
    ...terms,
  };
}

/** A statement of January 2026 whose balances follow from its lines and holds. */
export function aStatement({
  lines = [],
  opening = 0n,
  holds = [],
  ...terms
}: Partial<Omit<IssuedStatement, 'lines'>> & { lines?: readonly IssuedLine[] } = {}): IssuedStatement {
  const totalOf = (flow: IssuedLine['flow']) =>
    lines.filter((line) => line.flow === flow).reduce((sum, { amount }) => sum + amount, 0n);
  const [totalIn, totalOut] = [totalOf('in'), totalOf('out')];
  const closing = opening + totalIn - totalOut;
  const held = holds.reduce((sum, { amount }) => sum + amount, 0n);
  return {
    number: '2026-01',
    readAt: Date.UTC(2026, 1, 2),
    calendar: new Calendar('UTC'),
    holder: null,
    letterhead: null,
    proofPath: '/api/accounts/PB48539007547034/statement-proof',
    accountId: '019bc0de-0000-7000-8000-00000000a11c',
    ownerId: null,
    accountNumber: 'PB48539007547034',
    accountName: null,
    currency: 'EUR',
    exponent: 2,
    from: Date.UTC(2026, 0, 1),
    to: Date.UTC(2026, 1, 1),
    final: true,
    opening,
    totalIn,
    totalOut,
    closing,
    held,
    available: closing - held,
    holds,
    entryCount: lines.length,
    lines: () => pages(lines),
    ...terms,
  };
}

export function letterheadOf(name: string): Letterhead {
  return { name, address: [], logo: null };
}

async function* pages(lines: readonly IssuedLine[]): AsyncGenerator<readonly IssuedLine[], void> {
  for (let start = 0; start < lines.length; start += 2) yield lines.slice(start, start + 2);
}

/** The whole text of a statement in this format. */
export async function textOf(format: StatementText, statement: IssuedStatement): Promise<string> {
  const parts = [format.head(statement)];
  for await (const lines of statement.lines()) {
    parts.push(format.lines(lines, { statement, isFirst: parts.length === 1 }));
  }
  return [...parts, format.tail(statement)].join('');
}

/** Texts with whatever JavaScript can hold: controls, half pairs of surrogates, markup, and both directions. */
export const aHostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(']]>', '<!--', '&amp;', '&#0;', '<Ntry>', '\'"', '\0', '\u001B', '\u0085', '\u2028'),
      fc.constantFrom('\uD800', '\uDC00', '\uFFFE', '\uFFFF', '👩‍👩‍👧', '\u202Eشكرا', ' ', '\r\n', '\t'),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));
