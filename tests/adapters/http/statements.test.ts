import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBankRoutes } from '../../../src/adapters/http/bank-routes.ts';
import { readLogo } from '../../../src/adapters/http/statement/logo.ts';
import { PDF_ENTRIES_MAX, requirePdfLength } from '../../../src/adapters/http/statement/statement-pdf.ts';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { formatAccountNumber } from '../../../src/domain/entities/account-number.ts';
import { readPdf } from '../../support/pdf-text.ts';
import { Edge, expectAnswer, invalid, refusal } from '../../support/edge.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';

const DAY_MS = 86_400_000;
const logo = readLogo(await readFile(new URL('../../../scripts/pictures/logo.svg', import.meta.url), 'utf8'));
const LETTERHEAD = { name: 'Alder Bank', address: ['1 Market Street', 'Springfield'], logo };

/** A bank whose customer Alice, in Berlin, has paid some people in the night of New Year. */
async function aBank(payments: number, { descriptions = [] }: { descriptions?: readonly string[] } = {}) {
  const clock = new FixedClock(Date.parse('2025-12-31T23:30:00Z'));
  const bank = new TestBank({ store: createMemoryStore(), clock });
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 1_000_000n });
  const to = await bank.account(bob);
  for (let index = 0; index < payments; index++) {
    await bank.pay(alice, { from, to, amount: 1n, description: descriptions[index] ?? `Payment ${index}` });
  }
  clock.advance(60 * DAY_MS);
  const payee = await bank.ledger.getAccount({ kind: 'system' }, to);
  const asked: (readonly string[])[] = [];
  const routes = (name: string, actor: typeof alice | { kind: 'auditor'; id: string } = alice) =>
    createBankRoutes({
      ledger: bank.ledger,
      actorOf: () => actor,
      statements: {
        letterhead: LETTERHEAD,
        holderOf: () => Promise.resolve({ name: 'Alice Adams', timeZone: 'Europe/Berlin' }),
        payeeNames: (_, ids) => {
          asked.push(ids);
          return Promise.resolve(new Map([[to, { name, number: payee.number }]]));
        },
      },
    });
  const read = async (
    query: string,
    { name = 'Bob the Baker', actor }: { name?: string; actor?: Parameters<typeof routes>[1] } = {},
  ) => routes(name, actor).request(`/accounts/${from}/${query}`);
  return { bank, from, to, payee, asked, read };
}

async function pdfOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/pdf');
  const pdf = await readPdf(new Uint8Array(await response.arrayBuffer()));
  return { ...pdf, text: pdf.pages.join('\n') };
}

describe('A statement', () => {
  it('has the days of the time zone that the request names, and UTC without one', async () => {
    const { read } = await aBank(1);
    const json = async (query: string) =>
      ((await (await read(`statement?${query}`)).json()) as { statement: Record<string, unknown> }).statement;
    expect(await json('from=2026-01-01&to=2026-02-01&timeZone=Europe/Berlin')).toMatchObject({
      number: '2026-01',
      from: '2025-12-31T23:00:00.000Z',
      to: '2026-01-31T23:00:00.000Z',
      accountHolder: 'Alice Adams',
    });
    expect(await json('from=2026-01-01&to=2026-02-01')).toMatchObject({
      number: '2026-01',
      from: '2026-01-01T00:00:00.000Z',
    });
    // Instants alone are shown in the zone of the holder
    expect(await json('from=2025-12-31T23:00:00Z&to=2026-01-31T23:00:00Z')).toMatchObject({
      number: '2026-01',
    });
  });

  it('as a page and as PDF says the same of the bank, the holder, the account and the period', async () => {
    const { read, payee, from } = await aBank(1, { descriptions: ['Bread'] });
    const query = 'statement?from=2026-01-01&to=2026-02-01&timeZone=Europe/Berlin&format=';
    const page = (await (await read(`${query}html`)).text()).replaceAll(
      /<style>[^]*?<\/style>|<[^>]+>/g,
      ' ',
    );
    const { text } = await pdfOf(await read(`${query}pdf`));
    const number = formatAccountNumber(payee.number ?? '');
    for (const shown of [
      'Alder Bank',
      '1 Market Street',
      'Springfield',
      'Account statement',
      '1 to 31 January 2026',
      'Alice Adams',
      '2026-01',
      'Issued',
      'Final',
      'Europe/Berlin',
      'Bob the Baker',
      'Bread',
      number,
      '10,000.00',
      '9,999.99',
      '0.01',
      'Opening balance',
      'Closing balance',
      '1 Jan 2026',
      '31 Jan 2026',
      'statement-proof?from=2025-12-31T23:00:00.000Z',
    ]) {
      // Spaces that do not break are drawn as others
      expect(page.replaceAll('\u00A0', ' ')).toContain(shown);
      expect(text.replaceAll('\u00A0', ' ')).toContain(shown);
    }
    // The id of the account stands in the path of its proof alone
    for (const document of [page, text]) {
      expect(document.match(new RegExp(from.slice(0, 8), 'g'))).toHaveLength(1);
    }
  });

  it('names payees as their payer knows them, in every format, and reads the names once a chunk', async () => {
    const { read, asked, to } = await aBank(3);
    for (const format of ['json', 'csv', 'html']) {
      expect(await (await read(`statement?format=${format}`)).text()).toContain('Bob the Baker');
    }
    expect(asked).toEqual([[to], [to], [to]]);
    const actor = { kind: 'auditor', id: 'auditor' } as const;
    const seen = await (await read('statement?format=html', { actor })).text();
    expect(seen).not.toContain('Bob the Baker');
    expect(seen).toContain('Alice Adams');
  });
});

describe('A statement as PDF', () => {
  let given: Awaited<ReturnType<typeof aBank>>;
  beforeAll(async () => {
    given = await aBank(120);
  });

  it('has numbered pages, of which each but the first says that it is continued', async () => {
    const { pages } = await pdfOf(await given.read('statement?format=pdf'));
    expect(pages.length).toBeGreaterThan(5);
    for (const [index, page] of pages.entries()) {
      expect(page).toMatch(new RegExp(`Page ${index + 1} of ?${pages.length}(?!\\d)`));
      expect(page.includes('continued')).toBe(index > 0);
      expect(page).toContain('Balance');
    }
    const inOrder = [...pages.join('').matchAll(/Payment (\d+)/g)].map(([, number]) => Number(number));
    expect(inOrder).toEqual(Array.from({ length: 120 }, (_, index) => index));
    const middle = pages[2]?.match(/Payment \d+/g)?.length ?? 0;
    expect(middle).toBeGreaterThanOrEqual(15);
    expect(middle).toBeLessThanOrEqual(20);
  });

  it('is tagged, and has a title and a language', async () => {
    const pdf = await pdfOf(await given.read('statement?format=pdf'));
    const { info, isTagged, pages } = pdf;
    expect(info).toMatchObject({ Author: 'Alder Bank', Language: 'en' });
    expect(info['Title']).toMatch(/^Account statement, 1 January 2026 to \d+ March 2026$/);
    expect(isTagged).toBe(true);
    const tags = await pdf.tagsOf(1);
    for (const tag of ['Document', 'H1', 'P', 'Table', 'THead', 'TH', 'TBody', 'TR', 'TD']) {
      expect(tags).toContain(`"role":"${tag}"`);
    }
    expect(await pdf.tagsOf(pages.length)).toContain('"role":"TR"');
  });

  it('leaves turns of the event loop to others, at least one for each page', async () => {
    let turns = 0;
    let isRunning = true;
    const count = () => {
      turns++;
      if (isRunning) setImmediate(count);
    };
    setImmediate(count);
    const { pages } = await pdfOf(await given.read('statement?format=pdf'));
    isRunning = false;
    expect(turns).toBeGreaterThanOrEqual(pages.length);
  });

  it('is sent page by page, no faster than its reader takes it', async () => {
    const reader = (await given.read('statement?format=pdf')).body!.getReader();
    let [parts, most] = [0, 0];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts++;
      most = Math.max(most, (part.value as Uint8Array).length);
    }
    expect(parts).toBeGreaterThan(6);
    expect(most).toBeLessThan(256 * 1024);
  });

  it.each([
    ['Ольга Иванова', 'Ольга Иванова'],
    ['Ελένη Παπαδοπούλου', 'Ελένη Παπαδοπούλου'],
    ['Nguyễn Văn Ánh', 'Nguyễn Văn Ánh'],
    ['Արամ Խաչատրյան', 'Արամ Խաչատրյան'],
    ['ნინო ბერიძე', 'ნინო ბერიძე'],
  ])('shows the name %s', async (name, shown) => {
    const { text } = await pdfOf(await given.read('statement?format=pdf', { name }));
    expect(text).toContain(shown);
    expect(text).not.toContain('\uFFFD');
  });

  it.each(['שלום כהן', 'فاطمة الزهراء', 'Ada (שרה) Levi'])(
    'draws the name %s from right to left, and keeps its text',
    async (name) => {
      const bytes = await (await given.read('statement?format=pdf', { name })).arrayBuffer();
      const { text } = await pdfOf(new Response(bytes, { headers: { 'Content-Type': 'application/pdf' } }));
      expect(text).not.toContain('\uFFFD');
      for (const word of name.match(/[A-Za-z]+/g) ?? []) expect(text).toContain(word);
    },
  );

  it('marks characters that no font has, explains the mark, and keeps the text for readers', async () => {
    const { text } = await pdfOf(await given.read('statement?format=pdf', { name: '李小龍 Lee' }));
    expect(text).toContain('\uFFFD\uFFFD\uFFFD Lee');
    expect(text).toContain('stands for a character that this document has no font for');
    const { text: plain } = await pdfOf(await given.read('statement?format=pdf'));
    expect(plain).not.toContain('stands for a character');
  });

  it('is refused for a period of too many entries, and CSV is not', async () => {
    expect(() => requirePdfLength({ entryCount: PDF_ENTRIES_MAX })).not.toThrow();
    expect(() => requirePdfLength({ entryCount: PDF_ENTRIES_MAX + 1 })).toThrow(
      'The period has too many entries for a PDF',
    );
  });
});

describe('GET /api/accounts/:accountId/statements', () => {
  it('lists the whole months in the zone of the holder, with a link to each format', async () => {
    const { read, from } = await aBank(1);
    const answer = (await (await read('statements')).json()) as { statements: object[] };
    const path = `/accounts/${from}/statement`;
    const period = 'from=2026-02-01&to=2026-03-01&timeZone=Europe%2FBerlin';
    expect(answer).toMatchObject({ nextCursor: null });
    expect(answer.statements).toHaveLength(2);
    expect(answer.statements[0]).toEqual({
      number: '2026-02',
      from: '2026-01-31T23:00:00.000Z',
      to: '2026-02-28T23:00:00.000Z',
      timeZone: 'Europe/Berlin',
      final: true,
      currency: 'EUR',
      currencyExponent: 2,
      openingBalance: 999_999,
      closingBalance: 999_999,
      links: {
        json: `${path}?${period}&format=json`,
        csv: `${path}?${period}&format=csv`,
        html: `${path}?${period}&format=html`,
        pdf: `${path}?${period}&format=pdf`,
        camt053: `${path}?${period}&format=camt053`,
        ofx: `${path}?${period}&format=ofx`,
        proof: `${path}-proof?${period}`,
      },
    });
    const shown = (await (await read('statements?timeZone=UTC')).json()) as {
      statements: { number: string }[];
    };
    expect(shown.statements.map(({ number }) => number)).toEqual(['2026-02', '2026-01', '2025-12']);
  });

  it('follows the profile of the holder, even for an auditor', async () => {
    const edge = new Edge({ sessionLifetimeMs: 365 * DAY_MS });
    const alice = await edge.register('Alice');
    const auditor = await edge.register('Ann', { role: 'auditor' });
    const account = await edge.account(alice, 100);
    await edge.call('PATCH /api/auth/me', { as: alice.token, body: { timeZone: 'Asia/Tokyo' } });
    edge.clock.advance(40 * DAY_MS);
    for (const { token } of [alice, auditor]) {
      const { status, body } = await edge.call(`GET /api/accounts/${account}/statements?limit=1`, {
        as: token,
      });
      expect({ status, body }).toMatchObject({
        status: 200,
        body: {
          statements: [{ number: '2026-01', timeZone: 'Asia/Tokyo', from: '2025-12-31T15:00:00.000Z' }],
        },
      });
    }
    const eve = await edge.register('Eve');
    const path = `GET /api/accounts/${account}/statements`;
    expectAnswer(await edge.call(path, { as: eve.token }), refusal(404, 'account_not_found'));
    expectAnswer(
      await edge.call(`${path}?timeZone=Mars`, { as: alice.token }),
      invalid(['timeZone', 'must be a time zone, such as Europe/London']),
    );
  });
});
