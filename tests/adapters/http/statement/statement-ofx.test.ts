import * as fc from 'fast-check';
import { parseSync } from 'ofx-js';
import { describe, expect, it } from 'vitest';
import { ofxStatement } from '../../../../src/adapters/http/statement/statement-ofx.ts';
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

const SCHEMA = new XmlSchema(new URL('schemas/ofx-statement.xsd', import.meta.url));

/** The text of a statement, after a check against the schema. */
async function validText(statement: IssuedStatement): Promise<string> {
  const xml = await textOf(ofxStatement, statement);
  expect(SCHEMA.faultsOf(xml)).toEqual([]);
  return xml;
}

describe('a statement as OFX', () => {
  it('has its transactions before its balances', async () => {
    const lines = [
      aLine({ kind: 'initial_funds', counterparty: null, description: null, amount: 10_000n }),
      aLine({ sequence: 2, transferId: '019bc0de-0000-7000-8000-000000000002', flow: 'out' }),
    ];
    expect(
      await validText(aStatement({ lines, holds: [aHold()] })),
    ).toBe(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX>
<SIGNONMSGSRSV1><SONRS>
<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>
<DTSERVER>20260201000000.000[0:GMT]</DTSERVER>
<LANGUAGE>ENG</LANGUAGE>
</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS>
<TRNUID>0</TRNUID>
<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>
<STMTRS>
<CURDEF>EUR</CURDEF>
<BANKACCTFROM><BANKID>PB</BANKID><ACCTID>PB48539007547034</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>
<BANKTRANLIST>
<DTSTART>20260101000000.000[0:GMT]</DTSTART>
<DTEND>20260201000000.000[0:GMT]</DTEND>
<STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20260115100000.000[0:GMT]</DTPOSTED><TRNAMT>100.00</TRNAMT><FITID>019bc0de-0000-7000-8000-000000000001</FITID><NAME>Initial funds</NAME></STMTTRN>
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260115100000.000[0:GMT]</DTPOSTED><TRNAMT>-25.50</TRNAMT><FITID>019bc0de-0000-7000-8000-000000000002</FITID><NAME>Bob</NAME><MEMO>lunch</MEMO></STMTTRN>
</BANKTRANLIST>
<LEDGERBAL><BALAMT>74.50</BALAMT><DTASOF>20260201000000.000[0:GMT]</DTASOF></LEDGERBAL>
<AVAILBAL><BALAMT>69.50</BALAMT><DTASOF>20260201000000.000[0:GMT]</DTASOF></AVAILBAL>
</STMTRS>
</STMTTRNRS></BANKMSGSRSV1>
</OFX>
`);
  });

  it('is read back by a parser of OFX', async () => {
    const counterparty = { name: 'Zoë & Łukasz <🍕>', account: '07e7', more: 0 };
    const terms = { counterparty, description: ']]> lunch', reference: 'INV-1' };
    const lines = [aLine(terms), aLine({ ...terms, transferId: '2', flow: 'out' })];
    const { OFX } = parseSync(await validText(aStatement({ lines, letterhead: letterheadOf('Bank & Co') })));
    const shared = {
      DTPOSTED: '20260115100000.000[0:GMT]',
      REFNUM: 'INV-1',
      NAME: 'Zoë & Łukasz <🍕>',
      MEMO: ']]> lunch',
    };
    const status = { CODE: '0', SEVERITY: 'INFO' };
    const balance = { BALAMT: '0.00', DTASOF: '20260201000000.000[0:GMT]' };
    expect(OFX).toEqual({
      SIGNONMSGSRSV1: {
        SONRS: { STATUS: status, DTSERVER: balance.DTASOF, LANGUAGE: 'ENG', FI: { ORG: 'Bank & Co' } },
      },
      BANKMSGSRSV1: {
        STMTTRNRS: {
          TRNUID: '0',
          STATUS: status,
          STMTRS: {
            CURDEF: 'EUR',
            BANKACCTFROM: { BANKID: 'PB', ACCTID: 'PB48539007547034', ACCTTYPE: 'CHECKING' },
            BANKTRANLIST: {
              DTSTART: '20260101000000.000[0:GMT]',
              DTEND: '20260201000000.000[0:GMT]',
              STMTTRN: [
                { ...shared, TRNTYPE: 'CREDIT', TRNAMT: '25.50', FITID: aLine().transferId },
                { ...shared, TRNTYPE: 'DEBIT', TRNAMT: '-25.50', FITID: '2' },
              ],
            },
            LEDGERBAL: balance,
            AVAILBAL: balance,
          },
        },
      },
    });
  });

  it('is valid without transactions', async () => {
    const xml = await validText(aStatement({ opening: -100n }));
    expect(textsAt(xml, 'STMTTRN')).toEqual([]);
    expect(textsAt(xml, 'BALAMT')).toEqual(['-1.00', '-1.00']);
  });

  it.each([
    ['JPY', 0, '123456'],
    ['EUR', 2, '1234.56'],
    ['BHD', 3, '123.456'],
  ])('writes amounts of %s with %i decimals', async (currency, exponent, amount) => {
    const lines = [aLine({ amount: 123_456n })];
    const xml = await validText(aStatement({ currency, exponent, lines }));
    expect(textsAt(xml, 'TRNAMT')).toEqual([amount]);
    expect(textsAt(xml, 'CURDEF')).toEqual([currency]);
  });

  it('names the other side as far as the viewer may see it, and otherwise the kind', async () => {
    const lines = [
      aLine({ transferId: '1', counterparty: { name: 'Zoë', account: '07e7', more: 0 } }),
      aLine({ transferId: '2', counterparty: { name: null, account: '07e7', more: 0 } }),
      aLine({ transferId: '3', counterparty: null, kind: 'withdrawal' }),
    ];
    const xml = await validText(aStatement({ lines }));
    expect(textsAt(xml, 'NAME')).toEqual(['Zoë', '...07e7', 'Withdrawal']);
  });

  it('identifies the account by its number and its prefix, and names the bank', async () => {
    const xml = await validText(aStatement({ letterhead: letterheadOf('Passbook Bank') }));
    expect(xml).toContain('<LANGUAGE>ENG</LANGUAGE><FI><ORG>Passbook Bank</ORG></FI>');
    const ofBank = await validText(aStatement({ accountNumber: null }));
    expect(textsAt(ofBank, 'BANKID')).toEqual(['PASSBOOK']);
    expect(textsAt(ofBank, 'ACCTID')).toEqual(['007000800000000000a11c']);
  });

  it('gives a reference in its field, or in the memo if it is too long', async () => {
    const lines = [
      aLine({ transferId: '1', reference: 'r'.repeat(32), description: null }),
      aLine({ transferId: '2', reference: 'r'.repeat(33) }),
    ];
    const xml = await validText(aStatement({ lines }));
    expect(textsAt(xml, 'REFNUM')).toEqual(['r'.repeat(32)]);
    expect(textsAt(xml, 'MEMO')).toEqual([`${'r'.repeat(33)} lunch`]);
  });

  it('has its balances as of the end of the period, or of today if the period goes on', async () => {
    const timesAt = async (readAt: number) => {
      const xml = await validText(aStatement({ readAt }));
      return [...textsAt(xml, 'DTASOF'), ...textsAt(xml, 'DTSERVER')];
    };
    const [end, now] = ['20260201000000.000[0:GMT]', '20260120000000.000[0:GMT]'];
    expect(await timesAt(Date.UTC(2027, 0))).toEqual([end, end, end]);
    expect(await timesAt(Date.UTC(2026, 0, 20))).toEqual([now, now, now]);
  });

  it('cuts long texts between characters', async () => {
    const counterparty = { name: `${'a'.repeat(31)}🍕b`, account: '07e7', more: 0 };
    const lines = [aLine({ counterparty, description: `${'c'.repeat(254)}🍕d` })];
    const xml = await validText(aStatement({ lines }));
    expect(textsAt(xml, 'NAME')).toEqual([`${'a'.repeat(31)}🍕`]);
    expect(textsAt(xml, 'MEMO')).toEqual([`${'c'.repeat(254)}🍕`]);
  });

  it('stays valid whatever texts it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aHostileText, { minLength: 5, maxLength: 5 }), async (texts) => {
        const [name = '', account = '', description = '', reference = '', bank = ''] = texts;
        const lines = [aLine({ counterparty: { name, account, more: 0 }, description, reference })];
        await validText(aStatement({ lines, letterhead: letterheadOf(bank) }));
      }),
    );
  });
});
