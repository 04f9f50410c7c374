import type { Statement, StatementLine } from '../../../application/reporting/get-statement.ts';
import type { TransferKind } from '../../../domain/entities/transfer.ts';
import { decimalText } from '../../../domain/money/money.ts';
import type { Instant } from '../../../domain/time.ts';
import { timeShape } from '../responses/responses.ts';
import { shownAccount } from './shown-account.ts';
import type { StatementText } from './statement-text.ts';
import { element, textElement } from './xml-text.ts';

/** Longest texts of the specification: A-9 and so on. */
const LONGEST = { account: 22, id: 255, name: 32, memo: 255 };
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
${time('DTSERVER', statement.to)}
<LANGUAGE>ENG</LANGUAGE>
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

function account({ accountId }: Statement): string {
  return element(
    'BANKACCTFROM',
    element('BANKID', 'PASSBOOK'),
    textElement('ACCTID', accountId.replaceAll('-', '').slice(-LONGEST.account), LONGEST.account),
    element('ACCTTYPE', 'CHECKING'),
  );
}

function transaction({ exponent }: Statement, line: StatementLine): string {
  const isIn = line.flow === 'in';
  return element(
    'STMTTRN',
    element('TRNTYPE', isIn ? 'CREDIT' : 'DEBIT'),
    time('DTPOSTED', line.at),
    element('TRNAMT', decimalText(isIn ? line.amount : -line.amount, exponent)),
    // A transfer posts once on an account
    textElement('FITID', line.transferId, LONGEST.id),
    nameElement(line),
    textElement('MEMO', line.description, LONGEST.memo),
  );
}

const KIND_NAME: Readonly<Record<TransferKind, string>> = {
  transfer: 'Transfer',
  initial_funds: 'Initial funds',
  withdrawal: 'Withdrawal',
  reversal: 'Reversal',
};

/** The other side, or else the kind: programs show a transaction by its name. */
function nameElement({ counterparty, kind }: StatementLine): string {
  const { name = null, account = '' } = counterparty ?? {};
  const shown = textElement('NAME', name ?? shownAccount(account), LONGEST.name);
  return shown === '' ? element('NAME', KIND_NAME[kind]) : shown;
}

function balance(name: 'LEDGERBAL' | 'AVAILBAL', { exponent, to }: Statement, minor: bigint): string {
  return element(name, element('BALAMT', decimalText(minor, exponent)), time('DTASOF', to));
}

/** A time such as 20300131120000.000[0:GMT]. */
function time(name: 'DTSERVER' | 'DTSTART' | 'DTEND' | 'DTPOSTED' | 'DTASOF', at: Instant): string {
  return element(name, `${timeShape(at).replaceAll(/[-:TZ]/g, '')}[0:GMT]`);
}
