import * as fc from 'fast-check';
import { Calendar } from '../../../../src/domain/calendar.ts';
import { describe, expect, it } from 'vitest';
import { camt053Statement } from '../../../../src/adapters/http/statement/statement-camt053.ts';
import type { IssuedStatement } from '../../../../src/adapters/http/statement/issued-statement.ts';
import {
  aHold,
  aHostileText,
  aLine,
  aStatement,
  letterheadOf,
  textOf,
} from '../../../support/a-statement.ts';
import { textsAt, XmlSchema } from '../../../support/xml-schema.ts';

const SCHEMA = new XmlSchema(new URL('schemas/camt.053.001.08.xsd', import.meta.url));

/** The text of a statement, after a check against the schema. */
async function validText(statement: IssuedStatement): Promise<string> {
  const xml = await textOf(camt053Statement, statement);
  expect(SCHEMA.faultsOf(xml)).toEqual([]);
  return xml;
}

describe('a statement as camt.053', () => {
  it('has the balances of the period before its sums and entries', async () => {
    const lines = [
      aLine({ kind: 'initial_funds', counterparty: null, description: null, amount: 10_000n }),
      aLine({ sequence: 2, transferId: '019bc0de-0000-7000-8000-000000000002', flow: 'out' }),
    ];
    const xml = await validText(aStatement({ lines, holds: [aHold()] }));
    const id = /<MsgId>([0-9a-f]{32})<\/MsgId>/.exec(xml)?.[1] ?? 'none';
    expect(xml.replaceAll(id, 'ID')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
<BkToCstmrStmt>
<GrpHdr><MsgId>ID</MsgId><CreDtTm>2026-02-01T00:00:00.000Z</CreDtTm></GrpHdr>
<Stmt>
<Id>2026-01</Id>
<CreDtTm>2026-02-01T00:00:00.000Z</CreDtTm>
<FrToDt><FrDtTm>2026-01-01T00:00:00.000Z</FrDtTm><ToDtTm>2026-01-31T23:59:59.999Z</ToDtTm></FrToDt>
<Acct><Id><Othr><Id>PB48539007547034</Id></Othr></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">74.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLAV</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">69.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>
<TxsSummry><TtlCdtNtries><Sum>100.00</Sum></TtlCdtNtries><TtlDbtNtries><Sum>25.50</Sum></TtlDbtNtries></TxsSummry>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-15</Dt></BookgDt><ValDt><Dt>2026-01-15</Dt></ValDt><AcctSvcrRef>019bc0de000070008000000000000001</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>MCOP</Cd><SubFmlyCd>OTHR</SubFmlyCd></Fmly></Domn><Prtry><Cd>initial_funds</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>019bc0de000070008000000000000001</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdDts><TxDtTm>2026-01-15T10:00:00.000Z</TxDtTm></RltdDts></TxDtls></NtryDtls><AddtlNtryInf>Initial funds</AddtlNtryInf></Ntry>
<Ntry><NtryRef>2</NtryRef><Amt Ccy="EUR">25.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-15</Dt></BookgDt><ValDt><Dt>2026-01-15</Dt></ValDt><AcctSvcrRef>019bc0de000070008000000000000002</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>BOOK</SubFmlyCd></Fmly></Domn><Prtry><Cd>transfer</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>019bc0de000070008000000000000002</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">25.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Pty><Nm>Bob</Nm></Pty></Cdtr><CdtrAcct><Id><Othr><Id>019bc0de00007000800000000000b0b0</Id></Othr></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>lunch</Ustrd></RmtInf><RltdDts><TxDtTm>2026-01-15T10:00:00.000Z</TxDtTm></RltdDts></TxDtls></NtryDtls><AddtlNtryInf>Transfer</AddtlNtryInf></Ntry>
</Stmt>
</BkToCstmrStmt>
</Document>
`);
  });

  it('is valid without entries, and without an available balance when nothing is held', async () => {
    const xml = await validText(aStatement({ opening: 100n }));
    expect(textsAt(xml, 'Bal/Amt')).toEqual(['1.00', '1.00']);
    expect(textsAt(xml, 'Ntry')).toEqual([]);
  });

  it.each([
    ['JPY', 0, '123456'],
    ['EUR', 2, '1234.56'],
    ['BHD', 3, '123.456'],
    ['CLF', 4, '12.3456'],
  ])('writes amounts of %s with %i decimals', async (currency, exponent, amount) => {
    const lines = [aLine({ amount: 123_456n })];
    const xml = await validText(aStatement({ currency, exponent, lines }));
    expect(textsAt(xml, 'Ntry/Amt')).toEqual([amount]);
    expect(textsAt(xml, 'TtlCdtNtries/Sum')).toEqual([amount]);
  });

  it('writes no sign: the indicator tells an overdrawn balance and an amount out', async () => {
    const lines = [aLine({ flow: 'out', amount: 300n })];
    const xml = await validText(aStatement({ opening: 100n, lines }));
    expect(textsAt(xml, 'Bal/Amt')).toEqual(['1.00', '2.00']);
    expect(textsAt(xml, 'Bal/CdtDbtInd')).toEqual(['CRDT', 'DBIT']);
    expect(textsAt(xml, 'Ntry/CdtDbtInd')).toEqual(['DBIT']);
  });

  it('leaves out a sum with more digits than the schema allows', async () => {
    const xml = await validText(aStatement({ totalIn: 2n ** 62n, totalOut: 999_999_999_999_999_999n }));
    expect(textsAt(xml, 'TxsSummry/TtlCdtNtries')).toEqual([]);
    expect(textsAt(xml, 'TtlDbtNtries/Sum')).toEqual(['9999999999999999.99']);
  });

  it('marks a reversal, with the code of the payment that it reverses', async () => {
    const kinds = ['transfer', 'initial_funds', 'withdrawal', 'reversal'] as const;
    const lines = kinds.flatMap((kind) => [aLine({ kind, flow: 'in' }), aLine({ kind, flow: 'out' })]);
    const xml = await validText(aStatement({ lines }));
    expect(textsAt(xml, 'RvslInd')).toEqual(['true', 'true']);
    const families = textsAt(xml, 'Domn/Fmly/Cd');
    const subfamilies = textsAt(xml, 'Domn/Fmly/SubFmlyCd');
    expect(families.map((family, place) => `${family} ${subfamilies[place]}`)).toEqual([
      'RCDT BOOK',
      'ICDT BOOK',
      'MCOP OTHR',
      'MDOP OTHR',
      'MCOP OTHR',
      'MDOP OTHR',
      'ICDT RRTN',
      'RCDT RRTN',
    ]);
  });

  it('names the payer of money in and the payee of money out, as far as the viewer may see them', async () => {
    const lines = [
      aLine({ flow: 'in', counterparty: { name: 'Zoë', account: '07e7', more: 0 } }),
      aLine({ flow: 'out', counterparty: { name: null, account: '07e7', more: 0 } }),
    ];
    const xml = await validText(aStatement({ lines }));
    expect(textsAt(xml, 'Dbtr/Pty/Nm')).toEqual(['Zoë']);
    expect(textsAt(xml, 'DbtrAcct/Id/Othr/Id')).toEqual(['...07e7']);
    expect(textsAt(xml, 'Cdtr')).toEqual([]);
    expect(textsAt(xml, 'CdtrAcct/Id/Othr/Id')).toEqual(['...07e7']);
  });

  it('identifies the account by its number, and names it, its holder and its bank', async () => {
    const names = { accountName: 'Household', holder: 'Ada', letterhead: letterheadOf('Passbook Bank') };
    const xml = await validText(aStatement(names));
    expect(xml).toContain(
      '<Acct><Id><Othr><Id>PB48539007547034</Id></Othr></Id><Ccy>EUR</Ccy><Nm>Household</Nm><Ownr><Nm>Ada</Nm></Ownr><Svcr><FinInstnId><Nm>Passbook Bank</Nm></FinInstnId></Svcr></Acct>',
    );
    // An account of the bank has no number
    const ofBank = await validText(aStatement({ accountNumber: null }));
    expect(textsAt(ofBank, 'Acct/Id/Othr/Id')).toEqual(['019bc0de00007000800000000000a11c']);
  });

  it('gives the reference as the end-to-end id, and the number of the other side', async () => {
    const counterparty = { name: 'Rent', account: 'x', number: 'PB95000000000001', more: 2 };
    const reference = `${'r'.repeat(34)}🍕`;
    const xml = await validText(aStatement({ lines: [aLine({ flow: 'out', counterparty, reference })] }));
    expect(textsAt(xml, 'Refs/EndToEndId')).toEqual([reference]);
    expect(textsAt(xml, 'CdtrAcct/Id/Othr/Id')).toEqual(['PB95000000000001']);
    expect(textsAt(xml, 'AddtlTxInf')).toEqual(['Further accounts of the other side: 2']);
  });

  it('has the statement number as its id, and days of its own time zone', async () => {
    const calendar = new Calendar('Pacific/Kiritimati');
    const xml = await validText(aStatement({ number: '2026-01', calendar, lines: [aLine()] }));
    expect(textsAt(xml, 'Stmt/Id')).toEqual(['2026-01']);
    expect(textsAt(xml, 'Ntry/BookgDt/Dt')).toEqual(['2026-01-16']);
    expect(textsAt(xml, 'Ntry/ValDt/Dt')).toEqual(['2026-01-16']);
    expect(textsAt(xml, 'Bal/Dt/Dt')).toEqual(['2026-01-01', '2026-02-01']);
  });

  it('was made when its period ended, or today if the period goes on', async () => {
    const madeAt = async (readAt: number) => textsAt(await validText(aStatement({ readAt })), 'CreDtTm');
    const end = '2026-02-01T00:00:00.000Z';
    expect(await madeAt(Date.UTC(2027, 0))).toEqual([end, end]);
    const now = '2026-01-20T00:00:00.000Z';
    expect(await madeAt(Date.UTC(2026, 0, 20))).toEqual([now, now]);
  });

  it('splits a long description between characters', async () => {
    const description = `${'a'.repeat(139)}🍕${'b'.repeat(10)}`;
    const xml = await validText(aStatement({ lines: [aLine({ description })] }));
    expect(textsAt(xml, 'RmtInf/Ustrd')).toEqual([`${'a'.repeat(139)}🍕`, 'b'.repeat(10)]);
  });

  it('has an id that another content of the same period changes', async () => {
    const idOf = async (statement: IssuedStatement) => textsAt(await validText(statement), 'GrpHdr/MsgId')[0];
    const first = await idOf(aStatement({ final: false }));
    expect(await idOf(aStatement())).toBe(first);
    expect(await idOf(aStatement({ lines: [aLine()] }))).not.toBe(first);
    expect(await idOf(aStatement({ accountId: 'another' }))).not.toBe(first);
  });

  it('is valid for an empty period and the first year', async () => {
    const at = Date.UTC(2026, 0, 1);
    const xml = await validText(aStatement({ from: at, to: at }));
    expect(textsAt(xml, 'ToDtTm')).toEqual(['2026-01-01T00:00:00.000Z']);
    await validText(aStatement({ from: Date.parse('0000-01-01T00:00:00Z') }));
  });

  it('stays valid whatever texts it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aHostileText, { minLength: 8, maxLength: 8 }), async (texts) => {
        const [name = '', account = '', description = '', reference = '', transferId = '', ...more] = texts;
        const [accountName = '', holder = '', bank = ''] = more;
        const counterparty = { name, account, more: 0 };
        const lines = [aLine({ counterparty, description, reference, transferId })];
        await validText(aStatement({ lines, accountName, holder, letterhead: letterheadOf(bank) }));
      }),
    );
  });
});
