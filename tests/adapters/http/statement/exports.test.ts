import { describe, expect, it } from 'vitest';
import { Edge, idIn } from '../../../support/edge.ts';
import type { Person } from '../../../support/edge.ts';
import { textsAt, XmlSchema } from '../../../support/xml-schema.ts';

const DAY_MS = 86_400_000;
const SCHEMAS = {
  camt053: new XmlSchema(new URL('schemas/camt.053.001.08.xsd', import.meta.url)),
  ofx: new XmlSchema(new URL('schemas/ofx-statement.xsd', import.meta.url)),
};
const FORMATS = ['camt053', 'ofx'] as const;
type Format = (typeof FORMATS)[number];

/**
 * Zoë, with 100.00, has paid 25.50 to Bob, who gave 10.00 of it back. She has paid 3.00 of a hold of 5.00, and holds 2.00
 * for a book. It is the day after.
 */
async function aDayLater() {
  const edge = new Edge({ sessionLifetimeMs: 365 * DAY_MS });
  const [zoe, bob] = [await edge.register('Zoë <&>'), await edge.register('Bob')];
  const [from, to] = [await edge.account(zoe, 10_000), await edge.account(bob)];
  const pay = (body: object) =>
    edge.send('POST /api/transactions', zoe, { fromAccount: from, toAccount: to, ...body });
  const lunch = idIn(await pay({ amount: 2550, description: 'lunch ]]> "two"' }));
  await edge.send(`POST /api/transactions/${lunch}/reverse`, bob, { amount: 1000 });
  const room = idIn(await pay({ amount: 500, pending: true, expiresInSeconds: 3 * 86_400 }));
  await edge.send(`POST /api/transactions/${room}/capture`, bob, { amount: 300 });
  await pay({ amount: 200, pending: true, description: 'book', expiresInSeconds: 3 * 86_400 });
  edge.clock.advance(DAY_MS);
  return { edge, zoe, bob, from, to };
}

async function statementOf(
  { edge }: { edge: Edge },
  { token }: Person,
  { account, query = '', accept }: { account: string; query?: string; accept?: string },
) {
  const headers = { Authorization: `Bearer ${token}`, ...(accept === undefined ? {} : { Accept: accept }) };
  const response = await edge.app.request(`/api/accounts/${account}/statement${query}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const JANUARY = '?from=2026-01-01&to=2026-01-16';
const HEADERS: Readonly<Record<Format, readonly [type: string, disposition: string]>> = {
  camt053: ['application/xml; charset=utf-8', 'attachment; filename="statement.xml"'],
  ofx: ['application/x-ofx', 'attachment; filename="statement.ofx"'],
};

describe('GET /api/accounts/:id/statement for other programs', () => {
  it.each(FORMATS)('as %s is a valid file to save, with all entries of the period', async (format) => {
    const given = await aDayLater();
    const { zoe, from } = given;
    const { headers, text } = await statementOf(given, zoe, {
      account: from,
      query: `${JANUARY}&format=${format}`,
    });
    expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual(HEADERS[format]);
    expect(SCHEMAS[format].faultsOf(text)).toEqual([]);
    const amounts = { camt053: 'Ntry/Amt', ofx: 'TRNAMT' };
    expect(textsAt(text, amounts[format]).map((amount) => amount.replace('-', ''))).toEqual([
      '100.00',
      '25.50',
      '10.00',
      '3.00',
    ]);
  });

  it('as camt.053 has the balances, with the available one while money is reserved', async () => {
    const given = await aDayLater();
    const { zoe, from } = given;
    const { text } = await statementOf(given, zoe, { account: from, query: `${JANUARY}&format=camt053` });
    const types = textsAt(text, 'Bal/Tp');
    const amounts = textsAt(text, 'Bal/Amt');
    expect(types.map((type, place) => `${type} ${amounts[place]}`)).toEqual([
      'OPBD 0.00',
      'CLBD 81.50',
      'CLAV 79.50',
    ]);
    expect(textsAt(text, 'Ntry/CdtDbtInd')).toEqual(['CRDT', 'DBIT', 'CRDT', 'DBIT']);
    expect(textsAt(text, 'RvslInd')).toEqual(['true']);
    expect(textsAt(text, 'Ustrd')[0]).toBe('lunch ]]> "two"');
  });

  it('as OFX has the balances, and each transaction once', async () => {
    const given = await aDayLater();
    const { zoe, from } = given;
    const { text } = await statementOf(given, zoe, { account: from, query: `${JANUARY}&format=ofx` });
    expect(textsAt(text, 'BALAMT')).toEqual(['81.50', '79.50']);
    expect(textsAt(text, 'TRNAMT')).toEqual(['100.00', '-25.50', '10.00', '-3.00']);
    expect(new Set(textsAt(text, 'FITID')).size).toBe(4);
  });

  it.each(FORMATS)(
    'as %s shows a payee the name of the payer and the end of their account',
    async (format) => {
      const given = await aDayLater();
      const { bob, from, to } = given;
      const { text } = await statementOf(given, bob, { account: to, query: `?format=${format}` });
      expect(SCHEMAS[format].faultsOf(text)).toEqual([]);
      expect(text).toContain('Zoë &lt;&amp;&gt;');
      expect(text).not.toContain(from);
      expect(text).not.toContain(from.replaceAll('-', ''));
    },
  );

  it.each(FORMATS)('as %s is valid for a closed account, before and after its closing', async (format) => {
    const given = await aDayLater();
    const { edge, bob, to } = given;
    // The hold has to expire first
    edge.clock.advance(3 * DAY_MS);
    const rest = await edge.account(bob);
    const closed = await edge.send(`POST /api/accounts/${to}/close`, bob, { sweepTo: rest, reason: 'done' });
    expect(closed.body).toMatchObject({ account: { status: 'closed' } });
    edge.clock.advance(DAY_MS);
    const whole = await statementOf(given, bob, { account: to, query: `?format=${format}` });
    expect(SCHEMAS[format].faultsOf(whole.text)).toEqual([]);
    const after = await statementOf(given, bob, { account: to, query: `?from=2026-01-20&format=${format}` });
    expect(SCHEMAS[format].faultsOf(after.text)).toEqual([]);
    expect(textsAt(after.text, format === 'ofx' ? 'STMTTRN' : 'Ntry')).toEqual([]);
  });

  it.each(FORMATS)('as %s is identical byte for byte once it is final', async (format) => {
    const given = await aDayLater();
    const { edge, zoe, from } = given;
    const read = () => statementOf(given, zoe, { account: from, query: `${JANUARY}&format=${format}` });
    const before = await read();
    edge.clock.advance(30 * DAY_MS);
    expect((await read()).text).toBe(before.text);
  });

  it.each([
    ['application/xml', 'camt053'],
    ['application/x-ofx', 'ofx'],
    ['text/plain, application/x-ofx;q=0.5', 'ofx'],
  ] as const)('is the answer to a client that accepts %s', async (accept, format) => {
    const given = await aDayLater();
    const { headers } = await statementOf(given, given.zoe, { account: given.from, accept });
    expect(headers.get('content-type')).toBe(HEADERS[format][0]);
    expect(headers.get('vary')).toContain('Accept');
  });

  it('is still JSON for any application type', async () => {
    const given = await aDayLater();
    const { headers } = await statementOf(given, given.zoe, { account: given.from, accept: 'application/*' });
    expect(headers.get('content-type')).toBe('application/json');
  });
});
