import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import type { Store } from '../../../src/application/ports/ledger-store.ts';
import { formatAccountNumber } from '../../../src/domain/entities/account-number.ts';
import { systemAccountId } from '../../../src/domain/entities/account.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import {
  A_TEXT,
  Edge,
  expectAnswer,
  idIn,
  invalid,
  problem,
  refusal,
  UNAUTHENTICATED,
} from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';

const DAY_MS = 86_400_000;
const AT = '2026-01-15T10:00:00.000Z';
const NOT_FOUND = refusal(404, 'account_not_found');

/** Alice, with 100.00, has paid 25.50 to Bob for lunch, and holds 5.00 for a room; it is the day after. */
async function aDayLater(store?: Store) {
  const edge = new Edge({ sessionLifetimeMs: 365 * DAY_MS, ...(store ? { store } : {}) });
  const [alice, bob] = [await edge.register('Zoë'), await edge.register('Bob')];
  const from = await edge.account(alice, 10_000);
  const to = await edge.account(bob);
  const pay = { fromAccount: from, toAccount: to };
  const lunch = idIn(
    await edge.send('POST /api/transactions', alice, {
      ...pay,
      amount: 2550,
      description: '=lunch, "two"',
      metadata: { order: '42' },
    }),
  );
  const room = idIn(
    await edge.send('POST /api/transactions', alice, {
      ...pay,
      amount: 500,
      pending: true,
      description: 'room',
      expiresInSeconds: 3 * 86_400,
    }),
  );
  edge.clock.advance(DAY_MS);
  const funds = (await edge.bank.ledger.listEntries({ kind: 'system' }, from)).items.at(-1)!.transferId;
  return { edge, alice, bob, from, to, lunch, room, funds };
}

type Given = Awaited<ReturnType<typeof aDayLater>>;

const get = ({ edge }: Given, { token }: Person, path: string) => edge.call(`GET ${path}`, { as: token });

/** A statement as text, whatever it is in. */
async function statementText(
  { edge, from }: Given,
  { token }: Person,
  query = '',
  headers: Record<string, string> = {},
) {
  const response = await edge.app.request(`/api/accounts/${from}/statement${query}`, {
    headers: { Authorization: `Bearer ${token}`, ...headers },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, text: bytes.toString('utf8') };
}

/** Descriptions that a spreadsheet would read as a number, a date, a time or a truth value. */
const AS_OTHERS =
  `007|07e7|1E5|1.5e+10|12345678901234567890| 0042 |1,000.00|.5|5%|(5)|$5|€ 5|1_000|3/4|1-2|10:30|10:30:15 pm|12 a|2026-11-01|2026-11-01T10:00:00Z|1.11.2026|11/01/26|3 Nov|Nov 3|OCT4|SEPT-2|March 2026|3rd May 2026|true|FALSE|１２３|1'000`.split(
    '|',
  );
/** Descriptions that it leaves alone. */
const AS_TEXTS =
  'May|Nov|Mark 12|room 12|2 eggs|invoice 2026-001|3 Nov rent|e5|v1.2|1a2|#5|trueness|5 EUR|019bc0de-0000-7000-8000-000000000001|01900000-0000-7000-8000-000000000001'.split(
    '|',
  );

const JANUARY = '?from=2026-01-01&to=2026-01-16';

describe('GET /api/accounts/balance/:accountId?at=', () => {
  it('answers the balance at that instant, and whether it is final', async () => {
    const given = await aDayLater();
    const { alice, from } = given;
    const balance = { accountId: from, currency: 'EUR', currencyExponent: 2 };
    expectAnswer(await get(given, alice, `/api/accounts/balance/${from}?at=2026-01-15T11:00:00%2B01:00`), {
      status: 200,
      body: { ...balance, balance: 7450, held: 500, available: 6950, at: AT, final: true },
    });
    expectAnswer(await get(given, alice, `/api/accounts/balance/${from}?at=2026-01-15T09:59:59.999Z`), {
      status: 200,
      body: { ...balance, balance: 0, held: 0, available: 0, at: '2026-01-15T09:59:59.999Z', final: true },
    });
    expectAnswer(await get(given, alice, `/api/accounts/balance/${from}?at=2026-01-16T10:00:00Z`), {
      status: 200,
      body: {
        ...balance,
        balance: 7450,
        held: 500,
        available: 6950,
        at: '2026-01-16T10:00:00.000Z',
        final: false,
      },
    });
  });

  it('refuses the future and malformed instants', async () => {
    const given = await aDayLater();
    const { alice, from } = given;
    expectAnswer(
      await get(given, alice, `/api/accounts/balance/${from}?at=2026-01-16T10:00:00.001Z`),
      invalid(['at', 'must not be in the future']),
    );
    for (const at of ['yesterday', '2026-1-15', '']) {
      expectAnswer(
        await get(given, alice, `/api/accounts/balance/${from}?at=${at}`),
        invalid(['at', 'must be a day, such as 2030-01-31, or an instant of RFC 3339']),
      );
    }
  });

  it('reads a day as its first instant in UTC, including today', async () => {
    const given = await aDayLater();
    const { alice, from } = given;
    const at = async (day: string) =>
      (await get(given, alice, `/api/accounts/balance/${from}?at=${day}`)).body;
    expect(await at('2026-01-16')).toMatchObject({
      at: '2026-01-16T00:00:00.000Z',
      balance: 7450,
      final: true,
    });
    expect(await at('2026-01-15')).toMatchObject({ at: '2026-01-15T00:00:00.000Z', balance: 0, final: true });
    expectAnswer(
      await get(given, alice, `/api/accounts/balance/${from}?at=2026-01-17`),
      invalid(['at', 'must not be in the future']),
    );
  });

  it('explains how to write a plus if the URL turned it into a space', async () => {
    const given = await aDayLater();
    const { edge, alice, from } = given;
    const operator = await edge.register('Operator', { role: 'system' });
    const text = '2026-01-16T00:00:00+01:00';
    const paths = [
      `balance/${from}?at=`,
      `${from}/statement?from=`,
      `${from}/statement?to=`,
      `${from}/statement-proof?from=`,
      `${from}/entries?to=`,
    ].map((path) => `/api/accounts/${path}`);
    for (const path of [...paths, '/api/transactions?from=', '/api/system/trial-balance?at=']) {
      const field = /(\w+)=$/.exec(path)?.[1] ?? '';
      const { token } = path.includes('system') ? operator : alice;
      expectAnswer(
        await edge.call(`GET ${path}${text}`, { as: token }),
        invalid([field, 'must have the plus of its offset written as %2B in a URL']),
      );
    }
    expect((await get(given, alice, `${paths[0]}${text.replace('+', '%2B')}`)).body).toMatchObject({
      at: '2026-01-15T23:00:00.000Z',
    });
  });
});

describe('GET /api/accounts/:id/entries', () => {
  it('answers the entries, newest first', async () => {
    const given = await aDayLater();
    const { alice, from, to, lunch, room, funds } = given;
    const entry = { accountId: from, at: AT, hash: A_TEXT };
    const payee = { counterparty: await given.edge.payeeAt(to, 'Bob') };
    expectAnswer(await get(given, alice, `/api/accounts/${from}/entries`), {
      status: 200,
      body: {
        entries: [
          {
            ...entry,
            sequence: 3,
            transactionId: room,
            kind: 'transfer',
            step: 'held',
            direction: 'debit',
            amount: 500,
            balance: 7450,
            held: 500,
            ...payee,
            description: 'room',
          },
          {
            ...entry,
            sequence: 2,
            transactionId: lunch,
            kind: 'transfer',
            step: 'completed',
            direction: 'debit',
            amount: 2550,
            balance: 7450,
            held: 0,
            ...payee,
            description: '=lunch, "two"',
          },
          {
            ...entry,
            sequence: 1,
            transactionId: funds,
            kind: 'initial_funds',
            step: 'completed',
            direction: 'credit',
            amount: 10_000,
            balance: 10_000,
            held: 0,
          },
        ],
        nextCursor: null,
      },
    });
  });

  it.each([
    ['limit=1', [3]],
    ['from=2026-01-15&to=2026-01-16', [3, 2, 1]],
    ['from=2026-01-16', []],
    ['to=2026-01-15T10:00:00Z', []],
    ['direction=credit', [1]],
    ['minAmount=501', [2, 1]],
    ['maxAmount=2550', [3, 2]],
    ['status=pending', [3]],
    ['kind=initial_funds', [1]],
    ['metadata.order=42', [2]],
    ['metadata.order=43', []],
    ['metadata.order=42&metadata.colour=red', []],
    ['counterparty=none', []],
    ['direction=debit&maxAmount=500&status=pending', [3]],
  ])('filters them by %s', async (query, sequences) => {
    const given = await aDayLater();
    const { body } = await get(given, given.alice, `/api/accounts/${given.from}/entries?${query}`);
    const { entries } = body as { entries: readonly { sequence: number }[] };
    expect(entries.map(({ sequence }) => sequence)).toEqual(sequences);
  });

  it('finds the entries shared with another account, and continues by cursor', async () => {
    const given = await aDayLater();
    const { alice, from, to } = given;
    const path = `/api/accounts/${from}/entries?counterparty=${to}&limit=1`;
    const first = (await get(given, alice, path)).body as { entries: object[]; nextCursor: string };
    const second = await get(given, alice, `${path}&cursor=${first.nextCursor}`);
    expect(first).toMatchObject({ entries: [{ sequence: 3 }], nextCursor: expect.any(String) as string });
    expect(second.body).toMatchObject({ entries: [{ sequence: 2 }], nextCursor: null });
  });

  const METADATA_NAME_RULE =
    'must have a name of 1 to 40 characters: A to Z, a to z, 0 to 9, "_", "." and "-", a letter or digit first';
  const amountRule = "must be an integer from 1 to 9007199254740991, in the currency's minor unit";
  it.each([
    ['colour=red', 'colour', 'is not a known field'],
    ['from=2026-02-30', 'from', 'must have a day that is in the calendar'],
    ['to=soon', 'to', 'must be a day, such as 2030-01-31, or an instant of RFC 3339'],
    ['minAmount=1.5', 'minAmount', amountRule],
    ['maxAmount=0', 'maxAmount', amountRule],
    ['direction=in', 'direction', 'must be one of debit, credit'],
    ['status=done', 'status', 'must be one of completed, pending, voided, expired, rejected'],
    ['kind=gift', 'kind', 'must be one of transfer, initial_funds, withdrawal, reversal'],
    ['metadata.=x', 'metadata.', METADATA_NAME_RULE],
    ['metadata.__proto__=x', 'metadata.__proto__', METADATA_NAME_RULE],
    ['kind=transfer&kind=reversal', 'kind', 'must be given once'],
    ['metadata.a=1&metadata.a=2', 'metadata.a', 'must be given once'],
  ])('refuses %s', async (query, field, message) => {
    const given = await aDayLater();
    const { alice, from } = given;
    expectAnswer(
      await get(given, alice, `/api/accounts/${from}/entries?${query}`),
      invalid([field, message]),
    );
    expectAnswer(await get(given, alice, `/api/transactions?${query}`), invalid([field, message]));
  });

  it('is visible to the owner, the system and auditors alone, as is a statement', async () => {
    const given = await aDayLater();
    const { edge, alice, bob, from } = given;
    const auditor = await edge.register('Ann', { role: 'auditor' });
    for (const path of ['entries', 'statement']) {
      const read = (person: Person) => get(given, person, `/api/accounts/${from}/${path}`);
      expect((await read(alice)).status).toBe(200);
      expect((await read(auditor)).status).toBe(200);
      expectAnswer(await read(bob), NOT_FOUND);
      expectAnswer(await get(given, bob, `/api/accounts/none/${path}`), NOT_FOUND);
      expectAnswer(await edge.call(`GET /api/accounts/${from}/${path}`), UNAUTHENTICATED);
    }
  });
});

describe('GET /api/transactions', () => {
  it.each([
    ['direction=credit', 'funds'],
    ['minAmount=2550&maxAmount=2550', 'lunch'],
    ['status=pending', 'room'],
    ['kind=initial_funds', 'funds'],
    ['metadata.order=42', 'lunch'],
    ['to=2026-01-14', null],
  ] as const)('filters them by %s', async (query, which) => {
    const given = await aDayLater();
    const { body } = await get(given, given.alice, `/api/transactions?${query}`);
    const { transactions } = body as { transactions: readonly { id: string }[] };
    expect(transactions.map(({ id }) => id)).toEqual(which === null ? [] : [given[which]]);
  });
});

describe('GET /api/accounts/:id/statement', () => {
  it('is JSON by default, with balances, sums, holds and lines', async () => {
    const given = await aDayLater();
    const { alice, from, to, lunch, room, funds } = given;
    const payee = { counterparty: { name: null, account: to } };
    expectAnswer(await get(given, alice, `/api/accounts/${from}/statement${JANUARY}`), {
      status: 200,
      body: {
        statement: {
          number: '2026-01-01-2026-01-15',
          accountId: from,
          accountNumber: A_TEXT,
          accountHolder: 'Zoë',
          currency: 'EUR',
          currencyExponent: 2,
          from: '2026-01-01T00:00:00.000Z',
          to: '2026-01-16T00:00:00.000Z',
          final: true,
          openingBalance: 0,
          totalIn: '10000',
          totalOut: '2550',
          closingBalance: 7450,
          held: 500,
          available: 6950,
          holds: [
            {
              transactionId: room,
              amount: 500,
              placedAt: AT,
              expiresAt: '2026-01-18T10:00:00.000Z',
              ...payee,
              description: 'room',
            },
          ],
          lines: [
            {
              sequence: 1,
              transactionId: funds,
              kind: 'initial_funds',
              at: AT,
              flow: 'in',
              amount: 10_000,
              balance: 10_000,
            },
            {
              sequence: 2,
              transactionId: lunch,
              kind: 'transfer',
              at: AT,
              flow: 'out',
              amount: 2550,
              balance: 7450,
              counterparty: { name: 'Bob', account: to, number: A_TEXT },
              description: '=lunch, "two"',
            },
          ],
        },
      },
    });
  });

  it('as CSV suits a spreadsheet: it is marked as UTF-8 and quoted, and contains no formula', async () => {
    const given = await aDayLater();
    const { alice, to, lunch, room, funds } = given;
    const { headers, text } = await statementText(given, alice, `${JANUARY}&format=csv`);
    const account = await given.edge.bank.ledger.getAccount({ kind: 'system' }, given.from);
    const number = formatAccountNumber(account.number ?? '');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe('attachment; filename="statement.csv"');
    expect(text).toBe(
      '\uFEFF' +
        [
          'row,at,sequence,transaction,kind,counterparty,counterparty_account,description,amount,balance,currency,amount_minor,balance_minor,expires_at,total,total_minor,held,held_minor,reference,account_number,account_name,account_holder',
          `opening,2026-01-01T00:00:00.000Z,,,,,,,,0.00,EUR,,0,,,,,,,"${number}",,Zoë`,
          `entry,${AT},1,${funds},initial_funds,,,,100.00,100.00,EUR,10000,10000,,,,,,,,,`,
          `entry,${AT},2,${lunch},transfer,Bob,${to},"'=lunch, ""two""",-25.50,74.50,EUR,-2550,7450,,,,,,,,,`,
          'total_in,,,,,,,,,,EUR,,,,100.00,10000,,,,,,',
          'total_out,,,,,,,,,,EUR,,,,-25.50,-2550,,,,,,',
          `hold,${AT},,${room},,,${to},room,,,EUR,,,2026-01-18T10:00:00.000Z,,,5.00,500,,,,`,
          'closing,2026-01-16T00:00:00.000Z,,,,,,,,74.50,EUR,,7450,,,,,,,,,',
          '',
        ].join('\r\n'),
    );
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['＝1+1', "'＝1+1"],
    ['a;=1+1;b', "a;'=1+1;b"],
    ['a; -1', "a;' -1"],
    ['a=b-c', 'a=b-c'],
    ['plain', 'plain'],
    ["O'Brien", "O'Brien"],
    ['one, "two"', 'one, "two"'],
    ...AS_OTHERS.map((text) => [text, `'${text}`]),
    ...AS_TEXTS.map((text) => [text, text]),
  ])('as CSV writes the description %j so that it remains text', async (description, expected) => {
    const given = await aDayLater();
    const { edge, alice, from, to } = given;
    await edge.send('POST /api/transactions', alice, {
      fromAccount: from,
      toAccount: to,
      amount: 1,
      description,
    });
    const { text } = await statementText(given, alice, '?from=2026-01-16&format=csv');
    const cells = [...text.split('\r\n')[2]!.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^",]*)/g)].map(([, cell]) =>
      cell!.startsWith('"') ? cell!.slice(1, -1).replaceAll('""', '"') : cell,
    );
    expect(cells).toHaveLength(22);
    expect(cells[7]).toBe(expected);
  });

  it('as CSV abbreviates an account that is not shown in full', async () => {
    const given = await aDayLater();
    const { bob, from, to } = given;
    const { text } = await statementText({ ...given, from: to }, bob, '?format=csv');
    // Four digits get an apostrophe: a spreadsheet would take them for a number
    expect(text).toMatch(new RegExp(`,Zoë,"?'?\\.\\.\\.${from.slice(-4)}"?,`));
  });

  it('as CSV has only amounts of entries in its amount column', async () => {
    const given = await aDayLater();
    const { text } = await statementText(given, given.alice, `${JANUARY}&format=csv`);
    const rows = text
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const column = rows[0]!.indexOf('amount_minor') - rows[0]!.length;
    const amounts = rows.slice(1).filter((row) => row.at(column) !== '');
    expect(new Set(amounts.map(([kind]) => kind))).toEqual(new Set(['entry']));
    expect(amounts.reduce((sum, row) => sum + Number(row.at(column)), 0)).toBe(7450);
  });

  it('as a page runs nothing, loads nothing, and escapes texts', async () => {
    const given = await aDayLater();
    const { edge, alice, from, to } = given;
    const description = '<script>alert("x")</script> & <b>\'';
    const body = { fromAccount: from, toAccount: to, amount: 123_456, description };
    await edge.fund(from, 200_000);
    await edge.send('POST /api/transactions', alice, body);
    const { headers, text } = await statementText(given, alice, '?format=html');

    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const digests = [...text.matchAll(/<style>([^]*?)<\/style>/g)].map(
      ([, style = '']) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    );
    expect(digests).toHaveLength(2);
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src ${digests.join(' ')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &lt;b&gt;&#39;');
    expect(text).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|\bstyle=|\bon\w+=|url\(|@import/i);
    expect(text).toContain('<td class="amount out">1,234.56</td>');
    expect(text).toContain('Provisional');
    expect(text).toContain('Reserved when the period ended');
    expect(text.match(/<tr/g)?.length).toBe(text.match(/<\/tr>/g)?.length);
    expect(text.trimEnd().endsWith('</html>')).toBe(true);
  });

  it("shows the payer to the payee by name, in every format, and to programs by the account's end", async () => {
    const given = await aDayLater();
    const { edge, bob, from, to } = given;
    for (const format of ['json', 'csv', 'html']) {
      const response = await edge.app.request(`/api/accounts/${to}/statement?format=${format}`, {
        headers: { Authorization: `Bearer ${bob.token}` },
      });
      const text = await response.text();
      expect(text).toContain('Zoë');
      // Beside a name the end of an id tells a reader nothing
      if (format !== 'html') expect(text).toContain(from.slice(-4));
      expect(text).not.toContain(from);
    }
  });

  it.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/csv', 'text/csv; charset=utf-8; header=present'],
    [
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
      'text/html; charset=utf-8',
    ],
    ['text/html;q=0.4, text/csv;q=0.8', 'text/csv; charset=utf-8; header=present'],
    ['application/pdf', 'application/pdf'],
    ['text/csv;q=0', 'application/json'],
    ['image/png', 'application/json'],
  ])('for a client that accepts %s is %s', async (accept, type) => {
    const given = await aDayLater();
    const { headers } = await statementText(given, given.alice, JANUARY, { Accept: accept });
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('vary')).toContain('Accept');
    expect(headers.get('cache-control')).toBe('no-store');
    const named = await statementText(given, given.alice, `${JANUARY}&format=csv`, { Accept: accept });
    expect(named.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  });

  it('is identical byte for byte once it is final, as JSON and CSV but for the name of the account', async () => {
    const given = await aDayLater();
    const { edge, alice, bob, lunch, room } = given;
    const read = () =>
      Promise.all(
        ['json', 'csv'].map(
          async (format) => (await statementText(given, alice, `${JANUARY}&format=${format}`)).text,
        ),
      );
    const before = await read();
    await edge.send(`POST /api/transactions/${room}/capture`, bob, { amount: 100 });
    await edge.send(`POST /api/transactions/${lunch}/reverse`, bob);
    edge.clock.advance(30 * DAY_MS);
    expect(await read()).toEqual(before);
  });

  it.each([
    ['from=2026-01-16&to=2026-01-15', 'from', 'must not be after "to"'],
    ['from=2026-01-17', 'from', 'must not be in the future'],
    ['from=2026-01-17&to=2026-02-01', 'from', 'must not be in the future'],
    ['from=x', 'from', 'must be a day, such as 2030-01-31, or an instant of RFC 3339'],
    ['format=xml', 'format', 'must be one of json, csv, html, pdf, camt053, ofx'],
    ['timeZone=Mars', 'timeZone', 'must be a time zone, such as Europe/London'],
    ['page=2', 'page', 'is not a known field'],
  ])('refuses %s', async (query, field, message) => {
    const given = await aDayLater();
    expectAnswer(
      await get(given, given.alice, `/api/accounts/${given.from}/statement?${query}`),
      invalid([field, message]),
    );
  });

  it('is a problem if the store fails before the first line, and is cut off if it fails later', async () => {
    const store = createMemoryStore();
    let reads = Infinity;
    const linesOf: Store['reads']['linesOf'] = (accountId, page) => {
      if (page.limit < 250 && reads-- <= 0) throw new PassbookError('unavailable');
      return store.reads.linesOf(accountId, { ...page, limit: Math.min(page.limit, 1) });
    };
    const given = await aDayLater({ ...store, reads: { ...store.reads, linesOf } });
    const { edge, bob, to } = given;
    await edge.send(`POST /api/transactions/${given.room}/void`, bob);
    const whole = await edge.call(`GET /api/accounts/${to}/statement`, { as: bob.token });
    expect(whole.status).toBe(200);

    reads = 0;
    expectAnswer(
      await edge.call(`GET /api/accounts/${to}/statement`, { as: bob.token }),
      problem(503, 'unavailable', {
        title: 'Service Unavailable',
        detail: 'The store cannot be reached, nothing was done',
        retry: 'same_key',
      }),
    );
    reads = 1;
    const lines = edge.lines.length;
    await expect(edge.call(`GET /api/accounts/${to}/statement`, { as: bob.token })).rejects.toThrow();
    expect(edge.lines.slice(lines).join('')).toContain('statement cut off');
  });
});

describe('GET /api/system/trial-balance', () => {
  it('is for the system and auditors, with all sums as text', async () => {
    const given = await aDayLater();
    const { edge, alice } = given;
    for (const role of ['system', 'auditor'] as const) {
      const reader = await edge.register('Ann', { role });
      const eur = {
        currency: 'EUR',
        currencyExponent: 2,
        systemAccounts: [
          {
            accountId: systemAccountId('funding', 'EUR'),
            purpose: 'funding',
            debits: '10000',
            credits: '0',
          },
        ],
        customers: { accounts: 2, debits: '2550', credits: '12550' },
        debits: '12550',
        credits: '12550',
        balanced: true,
      };
      expectAnswer(await get(given, reader, '/api/system/trial-balance'), {
        status: 200,
        body: { at: '2026-01-16T10:00:00.000Z', final: false, currencies: [eur] },
      });
      expectAnswer(await get(given, reader, `/api/system/trial-balance?at=${AT}`), {
        status: 200,
        body: { at: AT, final: true, currencies: [eur] },
      });
    }
    expectAnswer(
      await get(given, alice, '/api/system/trial-balance'),
      problem(403, 'forbidden', { title: 'Forbidden', detail: 'Your role does not allow this' }),
    );
  });
});
