import { createHash } from 'node:crypto';
import type { TransferKind } from '../../../domain/entities/transfer.ts';
import { isoDay } from '../../../domain/calendar.ts';
import { decimalText } from '../../../domain/money/money.ts';
import type { Instant } from '../../../domain/time.ts';
import { timeShape } from '../responses/responses.ts';
import type { IssuedLine, IssuedStatement } from './issued-statement.ts';
import { KIND_NAME } from './kind-name.ts';
import { shownAccount } from './shown-account.ts';
import type { StatementText } from './statement-text.ts';
import { element, partsOf, textElement } from './xml-text.ts';

/** Longest texts of the schema: Max34Text and so on. The schema counts a sum's digits. */
const LONGEST = { account: 34, reference: 35, accountName: 70, name: 140, remittance: 140, sumDigits: 18 };

/** The message BankToCustomerStatement of ISO 20022 in version 8, which SEPA uses. */
export const camt053Statement: StatementText = {
  headers: {
    'Content-Type': 'application/xml; charset=utf-8',
    'Content-Disposition': 'attachment; filename="statement.xml"',
  },
  head: (statement) => `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
${element('GrpHdr', element('MsgId', digestOf(statement)), element('CreDtTm', createdAt(statement)))}
<Stmt>
${statementHead(statement)}
`,
  lines: (lines, { statement }) => lines.map((line) => `${entry(statement, line)}\n`).join(''),
  tail: () => `</Stmt>
</BkToCstmrStmt>
</Document>
`,
};

/** An id of the whole content: a provisional statement gets another one with its next line. */
function digestOf({ accountId, from, to, opening, totalIn, totalOut, held }: IssuedStatement): string {
  const content = [accountId, from, to, opening, totalIn, totalOut, held].join(' ');
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** The end of the period, or now if that comes first. It does not change a final statement. */
function createdAt({ to, readAt }: IssuedStatement): string {
  return timeText(Math.min(to, readAt));
}

function statementHead(statement: IssuedStatement): string {
  const { number, from, opening, closing, held, available, totalIn, totalOut } = statement;
  const last = lastInstantOf(statement);
  return [
    textElement('Id', number, LONGEST.reference),
    element('CreDtTm', createdAt(statement)),
    element('FrToDt', element('FrDtTm', timeText(from)), element('ToDtTm', timeText(last))),
    ownAccount(statement),
    balance(statement, { type: 'OPBD', minor: opening, at: from }),
    balance(statement, { type: 'CLBD', minor: closing, at: last }),
    ...(held > 0n ? [balance(statement, { type: 'CLAV', minor: available, at: last })] : []),
    element('TxsSummry', sum('TtlCdtNtries', statement, totalIn), sum('TtlDbtNtries', statement, totalOut)),
  ].join('\n');
}

function ownAccount(statement: IssuedStatement): string {
  const { accountId, accountNumber, accountName, currency, holder, letterhead } = statement;
  return element(
    'Acct',
    account(accountNumber ?? accountId),
    element('Ccy', currency),
    textElement('Nm', accountName, LONGEST.accountName),
    element('Ownr', textElement('Nm', holder, LONGEST.name)),
    element('Svcr', element('FinInstnId', textElement('Nm', letterhead?.name ?? null, LONGEST.name))),
  );
}

/** The last instant of the period, whose end is exclusive. */
function lastInstantOf({ from, to }: IssuedStatement): Instant {
  return Math.max(from, to - 1);
}

function balance(
  statement: IssuedStatement,
  { type, minor, at }: { type: 'OPBD' | 'CLBD' | 'CLAV'; minor: bigint; at: Instant },
): string {
  return element(
    'Bal',
    element('Tp', element('CdOrPrtry', element('Cd', type))),
    ...amount(statement, minor),
    day('Dt', statement, at),
  );
}

/** A sum, if the schema has room for its digits. */
function sum(name: 'TtlCdtNtries' | 'TtlDbtNtries', { exponent }: IssuedStatement, minor: bigint): string {
  const hasRoom = minor.toString().length <= LONGEST.sumDigits;
  return hasRoom ? element(name, element('Sum', decimalText(minor, exponent))) : '';
}

/** An amount without sign, and its direction. */
function amount({ currency, exponent }: IssuedStatement, minor: bigint): readonly string[] {
  const text = decimalText(minor < 0n ? -minor : minor, exponent);
  return [`<Amt Ccy="${currency}">${text}</Amt>`, element('CdtDbtInd', minor < 0n ? 'DBIT' : 'CRDT')];
}

/** A day in the time zone of the statement. */
function day(name: 'Dt' | 'BookgDt' | 'ValDt', { calendar }: IssuedStatement, at: Instant): string {
  return element(name, element('Dt', isoDay(calendar.dayOf(at < YEAR_1 ? YEAR_1 : at))));
}

function entry(statement: IssuedStatement, line: IssuedLine): string {
  const moved = amount(statement, line.flow === 'in' ? line.amount : -line.amount);
  return element(
    'Ntry',
    element('NtryRef', line.sequence.toString()),
    ...moved,
    line.kind === 'reversal' ? element('RvslInd', 'true') : '',
    element('Sts', element('Cd', 'BOOK')),
    day('BookgDt', statement, line.at),
    day('ValDt', statement, line.at),
    textElement('AcctSvcrRef', serviceReference(line), LONGEST.reference),
    transactionCode(line),
    element('NtryDtls', element('TxDtls', transactionDetails(line, moved))),
    element('AddtlNtryInf', KIND_NAME[line.kind]),
  );
}

/** The transfer's id. A UUID is longer than the field by its hyphens. */
function serviceReference({ transferId }: IssuedLine): string {
  return transferId.replaceAll('-', '');
}

/** Families and subfamilies of the domain PMNT, by the direction of the payment that was made or reversed. */
const CODES: Readonly<Record<TransferKind, Readonly<Record<'in' | 'out', readonly [string, string]>>>> = {
  transfer: { in: ['RCDT', 'BOOK'], out: ['ICDT', 'BOOK'] },
  initial_funds: { in: ['MCOP', 'OTHR'], out: ['MDOP', 'OTHR'] },
  withdrawal: { in: ['MCOP', 'OTHR'], out: ['MDOP', 'OTHR'] },
  reversal: { in: ['ICDT', 'RRTN'], out: ['RCDT', 'RRTN'] },
};

function transactionCode({ kind, flow }: IssuedLine): string {
  const [family, subfamily] = CODES[kind][flow];
  return element(
    'BkTxCd',
    element(
      'Domn',
      element('Cd', 'PMNT'),
      element('Fmly', element('Cd', family), element('SubFmlyCd', subfamily)),
    ),
    element('Prtry', element('Cd', kind)),
  );
}

function transactionDetails(line: IssuedLine, moved: readonly string[]): string {
  const { more = 0 } = line.counterparty ?? {};
  return [
    element(
      'Refs',
      textElement('AcctSvcrRef', serviceReference(line), LONGEST.reference),
      textElement('EndToEndId', line.reference ?? 'NOTPROVIDED', LONGEST.reference),
    ),
    ...moved,
    element('RltdPties', ...otherParty(line)),
    element(
      'RmtInf',
      ...partsOf(line.description ?? '', LONGEST.remittance).map((part) =>
        textElement('Ustrd', part, LONGEST.remittance),
      ),
    ),
    element('RltdDts', element('TxDtTm', timeText(line.at))),
    more > 0 ? element('AddtlTxInf', `Further accounts of the other side: ${more}`) : '',
  ].join('');
}

function otherParty({ counterparty, flow }: IssuedLine): readonly string[] {
  if (!counterparty) return [];
  const role = flow === 'in' ? 'Dbtr' : 'Cdtr';
  return [
    element(role, element('Pty', textElement('Nm', counterparty.name, LONGEST.name))),
    element(`${role}Acct`, account(counterparty.number ?? shownAccount(counterparty.account))),
  ];
}

/** An account that has no IBAN. A UUID is longer than the field by its hyphens. */
function account(id: string): string {
  return element('Id', element('Othr', textElement('Id', id.replaceAll('-', ''), LONGEST.account)));
}

/** XML Schema has no year 0. A period may start in it. */
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');

function timeText(at: Instant): string {
  return timeShape(Math.max(at, YEAR_1));
}
