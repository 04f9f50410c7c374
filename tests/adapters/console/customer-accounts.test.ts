import { beforeEach, describe, expect, test } from 'vitest';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import type { Edge, Person } from '../../support/edge.ts';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';
import type { SeenPage } from '../../support/console.ts';

const DAY_MS = 86_400_000;

describe('the pages of accounts', () => {
  let edge: Edge;
  let ada: Person;
  let visitor: Visitor;

  beforeEach(async () => {
    edge = consoleEdge();
    ada = await edge.register('Ada Lovelace');
    visitor = await Visitor.signIn(edge, ada);
  });

  async function numberOf(accountId: string): Promise<string> {
    return (await edge.bank.ledger.getAccount({ kind: 'system' }, accountId)).number ?? '';
  }

  async function pay(from: string, to: string, more: object = {}): Promise<void> {
    await edge.send('POST /api/transactions', ada, {
      fromAccount: from,
      toAccount: to,
      amount: 100,
      ...more,
    });
  }

  describe('opening', () => {
    test('the same form opens one account', async () => {
      const page = await visitor.get('/accounts/new');
      const fields = { name: 'Holidays', currency: 'JPY' };
      const [first, second] = [
        await visitor.submit(page, '/accounts/new', fields),
        await visitor.submit(page, '/accounts/new', fields),
      ];
      expect(second.location).toBe(first.location);
      expect((await visitor.follow(first)).text).toContain('Available ¥0');
    });

    test('a currency that does not exist is said, and the name stays', async () => {
      const page = await visitor.get('/accounts/new');
      const refused = await visitor.submit(page, '/accounts/new', { name: 'Holidays', currency: 'XXX' });
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('The currency must be a code of ISO 4217');
      expect(fieldsOf(refused, '/accounts/new')).toMatchObject({ name: 'Holidays' });
    });

    test('a form without the token opens nothing', async () => {
      const answer = await visitor.post('/accounts/new', { currency: 'EUR', key: freshId() });
      expect(answer.status).toBe(403);
      expect((await visitor.get('/')).text).toContain('Open your first account');
    });
  });

  describe('settings', () => {
    test('rename an account, and an empty name removes it', async () => {
      const account = await edge.account(ada);
      const path = `/accounts/${account}/settings`;
      const named = await visitor.submit(await visitor.get(path), path, { name: 'Rent' });
      const page = await visitor.follow(named);
      expect(page.text).toContain('The new name is saved.');
      expect(fieldsOf(page, path)['name']).toBe('Rent');
      await visitor.submit(page, path, { name: '' });
      expect((await visitor.get(path)).text).toContain('EUR account');
    });

    test('close an account and send the rest to another, and its pages stay', async () => {
      const [account, other] = [await edge.account(ada, 2_500), await edge.account(ada)];
      const [path, action] = [`/accounts/${account}/settings`, `/accounts/${account}/close`];
      const page = await visitor.get(path);
      const unsure = await visitor.submit(page, action);
      expect(unsure.text).toContain('The box must be ticked');
      const closed = await visitor.submit(unsure, action, { sure: '1' });
      expect((await visitor.follow(closed)).text).toContain('This account is closed.');
      expect(await edge.balanceOf(other)).toBe(2_500n);
      for (const part of ['entries', 'statements', 'settings']) {
        expect((await visitor.get(`/accounts/${account}/${part}`)).status).toBe(200);
      }
    });

    test('an account with money is closed only with another one for the rest', async () => {
      const account = await edge.account(ada, 2_500);
      const page = await visitor.get(`/accounts/${account}/settings`);
      expect(page.text).toContain('you have no other EUR account');
      const { formToken = '' } = fieldsOf(page, '/sign-out');
      const fields = { formToken, sure: '1', key: freshId() };
      const refused = await visitor.post(`/accounts/${account}/close`, fields);
      expect(refused.text).toContain('There is still money in the account.');
    });

    test.each(['', '/settings', '/entries', '/statements'])(
      'the page %s of an account of somebody else is not there',
      async (part) => {
        const theirs = await edge.account(await edge.register('Bob'));
        expect((await visitor.get(`/accounts/${theirs}${part}`)).status).toBe(404);
      },
    );

    test('nobody renames or closes an account of somebody else', async () => {
      const theirs = await edge.account(await edge.register('Bob'));
      const { formToken = '' } = fieldsOf(await visitor.get('/payees'), '/sign-out');
      const fields = { formToken, name: 'Mine', sure: '1', key: freshId() };
      expect((await visitor.post(`/accounts/${theirs}/settings`, fields)).status).toBe(404);
      expect((await visitor.post(`/accounts/${theirs}/close`, fields)).status).toBe(404);
      const account = await edge.bank.ledger.getAccount({ kind: 'system' }, theirs);
      expect([account.name, account.status]).toEqual([null, 'active']);
    });
  });

  describe('play money', () => {
    test('does not exist unless the bank offers it', async () => {
      const account = await edge.account(ada);
      const page = await visitor.get(`/accounts/${account}`);
      const { formToken = '' } = fieldsOf(page, '/sign-out');
      expect(page.html).not.toContain('play-money');
      const answer = await visitor.post(`/accounts/${account}/play-money`, { formToken, key: '1' });
      expect(answer.status).toBe(404);
      expect(await edge.balanceOf(account)).toBe(0n);
    });

    test('is given once, in the decimals of the currency', async () => {
      edge = consoleEdge({ console: { offersPlayMoney: true } });
      ada = await edge.register('Ada');
      visitor = await Visitor.signIn(edge, ada);
      const opened = await visitor.submit(await visitor.get('/accounts/new'), '/accounts/new', {
        currency: 'KWD',
      });
      const page = await visitor.follow(opened);
      const account = opened.location?.split('/').at(-1) ?? '';
      const action = `/accounts/${account}/play-money`;
      await visitor.submit(page, action);
      await visitor.submit(page, action);
      await visitor.submit(page, action, { key: freshId() });
      expect(await edge.balanceOf(account)).toBe(1_000_000n);
      expect((await visitor.get(`/accounts/${account}`)).html).not.toContain('play-money');
    });

    test('goes to nobody else', async () => {
      edge = consoleEdge({ console: { offersPlayMoney: true } });
      visitor = await Visitor.signIn(edge, await edge.register('Ada'));
      const theirs = await edge.account(await edge.register('Bob'));
      const { formToken = '' } = fieldsOf(await visitor.get('/payees'), '/sign-out');
      const answer = await visitor.post(`/accounts/${theirs}/play-money`, { formToken, key: '1' });
      expect(answer.status).toBe(404);
      expect(await edge.balanceOf(theirs)).toBe(0n);
    });
  });

  describe('entries', () => {
    let account: string;
    let other: string;

    beforeEach(async () => {
      account = await edge.account(ada, 100_000);
      other = await edge.account(await edge.register('Bob Okafor'));
    });

    function search(query: string): Promise<SeenPage> {
      return visitor.get(`/accounts/${account}/entries?${query}`);
    }

    test('each filter keeps its entries', async () => {
      await pay(account, other, { amount: 1_000, reference: 'A-1', description: 'First' });
      await pay(account, other, { amount: 3_000, reference: 'A-2', description: 'Second', pending: true });
      const shown = async (query: string) => {
        const { text } = await search(query);
        return ['First', 'Second', '+€1,000.00'].filter((word) => text.includes(word));
      };
      expect(await shown('')).toEqual(['First', 'Second', '+€1,000.00']);
      expect(await shown('reference=A-2')).toEqual(['Second']);
      expect(await shown('min=20,00&max=40')).toEqual(['Second']);
      expect(await shown('max=20.00')).toEqual(['First']);
      expect(await shown('status=pending')).toEqual(['Second']);
      expect(await shown('direction=credit')).toEqual(['+€1,000.00']);
      expect(await shown('direction=debit')).toEqual(['First', 'Second']);
      expect(await shown('kind=initial_funds')).toEqual(['+€1,000.00']);
      const tomorrow = new Date(edge.clock.now() + DAY_MS).toISOString().slice(0, 10);
      expect((await search(`from=${tomorrow}`)).text).toContain('No entry matches');
    });

    test('a malformed filter is said, and the form keeps it', async () => {
      for (const query of ['min=ten', 'from=2026-02-30', 'to=yesterday', 'min=5&max=4']) {
        const page = await search(query);
        expect([query, page.status]).toEqual([query, 400]);
        expect(page.html).toContain('role="alert"');
      }
      expect(fieldsOf(await search('min=ten'), `/accounts/${account}/entries`)['min']).toBe('ten');
    });

    test('pages go on without a script, and each entry appears once', async () => {
      for (let count = 0; count < 60; count++) await pay(account, other, { description: `No. ${count};` });
      const first = await search('');
      const [, more = ''] =
        /<a class="button quiet small" href="([^"]+)">\s*Show more/.exec(first.html) ?? [];
      const second = await visitor.get(more.replaceAll('&amp;', '&'));
      const found = [first, second].flatMap(({ html }) => html.match(/No\. \d+;/g) ?? []);
      expect(found).toHaveLength(60);
      expect(new Set(found).size).toBe(60);
      expect(second.text).toContain('Back to the newest entries');
      expect(second.html).not.toContain('hx-trigger="revealed"');
      expect(first.html.length).toBeLessThan(60_000);
    });

    test('a page that a script adds does not repeat the heading of the day', async () => {
      for (let count = 0; count < 60; count++) await pay(account, other);
      const first = await search('');
      const [, more = ''] = /hx-get="([^"]+)"/.exec(first.html) ?? [];
      const path = more.replaceAll('&amp;', '&');
      expect((await visitor.get(path)).html).toContain('class="day"');
      expect((await visitor.get(path, { 'HX-Request': 'true' })).html).not.toContain('class="day"');
    });

    test('the exported file holds the entries of the last day of the period too', async () => {
      await pay(account, other, { description: 'Today' });
      const today = new Date(edge.clock.now()).toISOString().slice(0, 10);
      const page = await search(`from=${today}&to=${today}`);
      const [, csv = ''] = /href="([^"]*format=csv[^"]*)"/.exec(page.html) ?? [];
      const file = await visitor.get(csv.replaceAll('&amp;', '&'));
      expect(file.status).toBe(200);
      expect(file.html).toContain('Today');
    });
  });

  test('statements list whole months with files that exist', async () => {
    const account = await edge.account(ada, 5_000);
    edge.clock.advance(40 * DAY_MS);
    visitor = await Visitor.signIn(edge, ada);
    const page = await visitor.get(`/accounts/${account}/statements`);
    expect(page.text).toContain('Months Month At the start At the end Statement');
    expect(page.text).toContain('€0.00 €50.00 View and print');
    const paths = [...page.html.matchAll(/href="(\/api\/accounts\/[^"]+)"/g)].map(([, path = '']) => path);
    for (const format of ['html', 'pdf', 'csv', 'camt053', 'ofx']) {
      const path = paths.findLast((one) => one.includes(`format=${format}`)) ?? '';
      expect((await visitor.get(path.replaceAll('&amp;', '&'))).status, path).toBe(200);
    }
    expect(paths.some((path) => path.includes('/statement-proof?'))).toBe(true);
  });

  test('a statement is made for any period, and a period without days is refused', async () => {
    const account = await edge.account(ada, 5_000);
    const path = `/accounts/${account}/statements`;
    const page = await visitor.get(`${path}?from=2026-01-15&to=2026-01-20`);
    expect(page.text).toContain('Your statement is ready:');
    expect(page.html).toContain('from=2026-01-15&amp;to=2026-01-21&amp;timeZone=');
    const refused = await visitor.get(`${path}?from=2026-01-20&to=2026-01-15`);
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('The period has no days yet'),
    ]);
  });

  test('a live page marks money that has arrived, once, and says it', async () => {
    const account = await edge.account(ada, 5_000);
    const bob = await edge.register('Bob Okafor');
    const theirs = await edge.account(bob, 1_000);
    const first = await visitor.get(`/accounts/${account}`);
    expect(first.html).not.toContain('class="arrived"');
    const [, again = ''] = /hx-get="([^"]+)"/.exec(first.html) ?? [];
    const payment = { fromAccount: theirs, toAccount: account, amount: 500 };
    await edge.send('POST /api/transactions', bob, payment);
    const second = await visitor.get(again);
    expect(second.html.match(/class="arrived"/g)).toHaveLength(1);
    expect(second.text).toMatch(/^€5.00 arrived from Bob Okafor /);
    const [, third = ''] = /hx-get="([^"]+)"/.exec(second.html) ?? [];
    expect((await visitor.get(third)).html).not.toContain('class="arrived"');
  });

  describe('payees', () => {
    let number: string;

    beforeEach(async () => {
      number = await numberOf(await edge.account(await edge.register('Bob Okafor')));
    });

    async function add(fields: Readonly<Record<string, string>>): Promise<SeenPage> {
      return visitor.submit(await visitor.get('/payees'), '/payees', fields);
    }

    function idIn(page: SeenPage): string {
      return /href="\/payees\/([0-9a-f-]+)"/.exec(page.html)?.[1] ?? '';
    }

    test('are added by number and name, renamed and removed', async () => {
      expect((await visitor.get('/payees')).text).toContain('You have saved nobody yet');
      const list = await visitor.follow(await add({ to: number, name: 'Bob Okafor' }));
      expect(list.text).toContain('The payee is saved. Bob Okafor');
      const path = `/payees/${idIn(list)}`;
      const renamed = await visitor.submit(await visitor.get(path), path, { label: 'Bob at the club' });
      expect((await visitor.follow(renamed)).text).toContain('Bob at the club');
      const removed = await visitor.submit(await visitor.get(`${path}/remove`), `${path}/remove`);
      expect((await visitor.follow(removed)).text).toContain('You have saved nobody yet');
    });

    test('a name that does not match is asked about, and shows no owner', async () => {
      const page = await add({ to: number, name: 'Carol Smith' });
      expect(page.text).toContain('This account does not belong to Carol Smith .');
      expect(page.text).not.toContain('Okafor');
      const list = await visitor.follow(await visitor.submit(page, '/payees'));
      expect(list.text).toContain('Carol Smith');
      expect(list.text).not.toContain('Okafor');
    });

    test('a mistyped number is said by its field', async () => {
      const page = await add({ to: 'PB00 1111 2222 3333', name: 'Bob Okafor' });
      expect(page.status).toBe(400);
      expect(page.html).toContain('aria-describedby="to-fault"');
      expect(fieldsOf(page, '/payees')).toMatchObject({ name: 'Bob Okafor' });
    });

    test('belong to one person', async () => {
      const list = await visitor.follow(await add({ to: number, name: 'Bob Okafor' }));
      const carol = await Visitor.signIn(edge, await edge.register('Carol'));
      const path = `/payees/${idIn(list)}`;
      const { formToken = '' } = fieldsOf(await carol.get('/payees'), '/sign-out');
      expect((await carol.get(path)).status).toBe(404);
      expect((await carol.post(path, { formToken, label: 'Mine' })).status).toBe(404);
      expect((await carol.post(`${path}/remove`, { formToken })).status).toBe(404);
      expect((await visitor.get('/payees')).text).toContain('Bob Okafor');
    });

    test('a form without the token changes nothing', async () => {
      expect((await visitor.post('/payees', { to: number, name: 'Bob Okafor' })).status).toBe(403);
      const list = await visitor.follow(await add({ to: number, name: 'Bob Okafor' }));
      expect((await visitor.post(`/payees/${idIn(list)}/remove`, {})).status).toBe(403);
      expect((await visitor.get('/payees')).text).toContain('Bob Okafor');
    });
  });
});
