import { decimalText } from '../../../domain/money/money.ts';
import type { Instant } from '../../../domain/time.ts';
import { timeShape } from '../responses/responses.ts';
import type { IssuedLine, IssuedStatement } from './issued-statement.ts';
import { KIND_NAME } from './kind-name.ts';
import { shownAccount } from './shown-account.ts';
import type { StatementText } from './statement-text.ts';
import { element, partsOf, textElement } from './xml-text.ts';

/** Longest texts of the specification: A-9 and so on. */
const LONGEST = { bank: 9, account: 22, id: 255, name: 32, reference: 32, memo: 255 };
const STATUS = '<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>';

/**
 * A download of OFX 2.2. Unlike version 1, it is in UTF-8, so that it holds every name. Programs built on libofx read
 * both.
 */
export const ofxStatement: StatementText = {
  headers: {
    'Content-Type': 'application/x-ofx',
    'Content-Disposition': 'attachment; filename="statement.ofx"',
  },
  head: (statement) => `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX>
<SIGNONMSGSRSV1><SONRS>
${STATUS}
${time('DTSERVER', stateAt(statement))}
<LANGUAGE>ENG</LANGUAGE>${bank(statement)}
</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS>
<TRNUID>0</TRNUID>
${STATUS}
<STMTRS>
${element('CURDEF', statement.currency)}
${account(statement)}
<BANKTRANLIST>
${time('DTSTART', statement.from)}
${time('DTEND', statement.to)}
`,
  lines: (lines, { statement }) => lines.map((line) => `${transaction(statement, line)}\n`).join(''),
  tail: (statement) => `</BANKTRANLIST>
${balance('LEDGERBAL', statement, statement.closing)}
${balance('AVAILBAL', statement, statement.available)}
</STMTRS>
</STMTTRNRS></BANKMSGSRSV1>
</OFX>
`,
};

function bank({ letterhead }: IssuedStatement): string {
  return element('FI', textElement('ORG', letterhead?.name ?? null, LONGEST.name));
}

/** An account of the bank that its number's prefix names. Only the bank's own accounts have no number. */
function account({ accountId, accountNumber }: IssuedStatement): string {
  const [prefix = 'PASSBOOK'] = /^[A-Z]+/.exec(accountNumber ?? '') ?? [];
  const id = accountNumber ?? accountId.replaceAll('-', '').slice(-LONGEST.account);
  return element(
    'BANKACCTFROM',
    textElement('BANKID', prefix, LONGEST.bank),
    textElement('ACCTID', id, LONGEST.account),
    element('ACCTTYPE', 'CHECKING'),
  );
}

function transaction({ exponent }: IssuedStatement, line: IssuedLine): string {
  const isIn = line.flow === 'in';
  return element(
    'STMTTRN',
    element('TRNTYPE', isIn ? 'CREDIT' : 'DEBIT'),
    time('DTPOSTED', line.at),
    element('TRNAMT', decimalText(isIn ? line.amount : -line.amount, exponent)),
    // A transfer posts once on an account
    textElement('FITID', line.transferId, LONGEST.id),
    ...textsOf(line),
  );
}

/** A reference that is too long for its field comes before the description. */
function textsOf(line: IssuedLine): readonly string[] {
  const { reference, description } = line;
  const isLong = partsOf(reference ?? '', LONGEST.reference).length > 1;
  const memo = [isLong ? reference : null, description].filter((text) => text !== null).join(' ');
  return [
    isLong ? '' : textElement('REFNUM', reference, LONGEST.reference),
    nameElement(line),
    textElement('MEMO', memo, LONGEST.memo),
  ];
}

/** The other side, or else the kind: programs show a transaction by its name. */
function nameElement({ counterparty, kind }: IssuedLine): string {
  const { name = null, account = '', number = null } = counterparty ?? {};
  const shown = textElement('NAME', name ?? number ?? shownAccount(account), LONGEST.name);
  return shown === '' ? element('NAME', KIND_NAME[kind]) : shown;
}

function balance(name: 'LEDGERBAL' | 'AVAILBAL', statement: IssuedStatement, minor: bigint): string {
  const amount = element('BALAMT', decimalText(minor, statement.exponent));
  return element(name, amount, time('DTASOF', stateAt(statement)));
}

/** The end of the period, or now if that comes first. */
function stateAt({ to, readAt }: IssuedStatement): Instant {
  return Math.min(to, readAt);
}

/** A time such as 20300131120000.000[0:GMT]. */
function time(name: 'DTSERVER' | 'DTSTART' | 'DTEND' | 'DTPOSTED' | 'DTASOF', at: Instant): string {
  return element(name, `${timeShape(at).replaceAll(/[-:TZ]/g, '')}[0:GMT]`);
}
