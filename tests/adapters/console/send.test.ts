import { beforeEach, describe, expect, test } from 'vitest';
import type { Edge, Person } from '../../support/edge.ts';
import { aTotpOf, STEP_MS } from '../../support/authenticator-app.ts';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';
import type { SeenPage } from '../../support/console.ts';

describe('sending money on the pages', () => {
  let edge: Edge;
  let ada: Person;
  let visitor: Visitor;
  let from: string;
  let to: string;
  let number: string;

  async function begin(options: Parameters<typeof consoleEdge>[0] = {}): Promise<void> {
    edge = consoleEdge(options);
    ada = await edge.register('Ada Lovelace');
    const bob = await edge.register('Bob Okafor');
    from = await edge.account(ada, 100_000);
    to = await edge.account(bob);
    number = (await edge.bank.ledger.getAccount({ kind: 'system' }, to)).number ?? '';
    visitor = await Visitor.signIn(edge, ada);
  }

  beforeEach(() => begin());

  /** Names the payee, and returns the page after the check. */
  async function check(name: string, given = number): Promise<SeenPage> {
    const page = await visitor.get(`/send?from=${from}`);
    return visitor.follow(await visitor.submit(page, '/send/payee', { to: given, name }));
  }

  async function confirmation(fields: Readonly<Record<string, string>>): Promise<SeenPage> {
    return visitor.submit(await check('Bob Okafor'), '/send', fields);
  }

  test('a payment goes through three steps, and its page says what happened', async () => {
    const amountPage = await check('bob okafor');
    expect(amountPage.text).toContain('The name matches the account.');
    expect(amountPage.text).toContain('€1,000.00 available');

    const last = await visitor.submit(amountPage, '/send', {
      amount: '12,50',
      message: 'Dinner & wine',
      reference: 'D-1',
    });
    expect(last.text).toContain('Send €12.50');
    expect(last.text).toContain('Dinner & wine');

    const sent = await visitor.submit(last, '/send');
    expect(sent.status).toBe(303);
    expect(sent.location).toMatch(/^\/transfers\/[0-9a-f-]+\?sent=1$/);
    const page = await visitor.follow(sent);
    expect(page.text).toContain('You sent €12.50 to Bob Okafor. Available now: €987.50.');
    expect(await edge.balanceOf(to)).toBe(1_250n);
  });

  test('the same form sent twice pays once', async () => {
    const last = await confirmation({ amount: '5' });
    const [first, second] = [await visitor.submit(last, '/send'), await visitor.submit(last, '/send')];
    expect(second.location).toBe(first.location);
    expect(await edge.balanceOf(to)).toBe(500n);
  });

  test('a changed form under the same key is refused and asked about anew', async () => {
    const last = await confirmation({ amount: '5' });
    await visitor.submit(last, '/send');
    const refused = await visitor.submit(last, '/send', { amount: '6' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('This form was sent before, with other content.');
    expect(fieldsOf(refused, '/send')['key']).not.toBe(fieldsOf(last, '/send')['key']);
    expect(await edge.balanceOf(to)).toBe(500n);
  });

  test('a form without the token of the session moves no money', async () => {
    const last = await confirmation({ amount: '5' });
    const { formToken: _, ...fields } = fieldsOf(last, '/send');
    expect((await visitor.post('/send', fields)).status).toBe(403);
    expect((await visitor.post('/send/payee', { to: number, name: 'Bob Okafor' })).status).toBe(403);
    expect(await edge.balanceOf(to)).toBe(0n);
  });

  test('a name that nearly matches shows the name of the owner and asks', async () => {
    const page = await check('B Okafor');
    expect(page.text).toContain('The account belongs to Bob Okafor . Is this whom you mean?');
    expect(page.html).not.toContain('name="amount"');
  });

  test('a name that does not match never shows the name of the owner', async () => {
    const page = await check('Carol Smith');
    expect(page.text).toContain('This account does not belong to Carol Smith .');
    expect(page.text).not.toContain('Okafor');
    const [, onwards = ''] = /href="(\/send\?[^"]*accepted=1[^"]*)"/.exec(page.html) ?? [];
    const amountPage = await visitor.get(onwards.replaceAll('&amp;', '&'));
    expect(amountPage.text).toContain('The name does not match the account');
    expect(amountPage.text).not.toContain('Okafor');
  });

  test('a mistyped number is shown at once, and the fields stay', async () => {
    const wrong = `${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`;
    const page = await check('Bob Okafor', wrong);
    expect(page.status).toBe(400);
    expect(page.text).toContain('its check digits do not match');
    expect(fieldsOf(page, '/send/payee')).toMatchObject({ to: wrong, name: 'Bob Okafor' });
  });

  test('checks of names are limited, as in the API', async () => {
    for (let count = 0; count < 60; count++) {
      await edge.call('POST /api/payees/check', { as: ada.token, body: { number, name: 'Somebody' } });
    }
    const page = await check('Bob Okafor');
    expect(page.status).toBe(429);
    expect(page.text).toContain('Too many tries.');
  });

  test('an old check of a name is made again', async () => {
    const last = await confirmation({ amount: '5' });
    edge.clock.advance(600_000);
    const page = await visitor.submit(last, '/send');
    expect(page.text).toContain('The check of the name is too old.');
    expect(fieldsOf(page, '/send/payee')).toMatchObject({ name: 'Bob Okafor', amount: '5' });
    expect(await edge.balanceOf(to)).toBe(0n);
  });

  test.each(['', '0', '-5', '1.2.3', '12,3456', 'ten'])(
    'the amount "%s" is asked about again',
    async (amount) => {
      const page = await confirmation({ amount, message: 'Kept' });
      expect(page.html).toContain('name="amount"');
      if (amount !== '') {
        expect(page.status).toBe(400);
        expect(page.text).toContain('must be a number above zero, such as 12.50');
        expect(fieldsOf(page, '/send')).toMatchObject({ amount, message: 'Kept' });
      }
    },
  );

  test('too little money is said on the page of the amount, before and after the last look', async () => {
    const early = await confirmation({ amount: '1000.01' });
    expect([early.status, early.text]).toEqual([400, expect.stringContaining('There is not enough money')]);

    const last = await confirmation({ amount: '1000', message: 'Kept' });
    await edge.send('POST /api/transactions', ada, { fromAccount: from, toAccount: to, amount: 1 });
    const late = await visitor.submit(last, '/send');
    expect(late.status).toBe(400);
    expect(late.text).toContain('There is not enough money available. Choose a smaller amount');
    expect(fieldsOf(late, '/send')).toMatchObject({ amount: '1000', message: 'Kept' });
  });

  test('a closed payee is said on the page of the payee', async () => {
    const last = await confirmation({ amount: '1' });
    await edge.bank.ledger.closeAccount({ kind: 'system' }, { accountId: to, reason: 'test' });
    const page = await visitor.submit(last, '/send');
    expect(page.status).toBe(400);
    expect(page.text).toContain('The account of the payee takes no payments now.');
    expect(fieldsOf(page, '/send/payee')).toMatchObject({ to: number, name: 'Bob Okafor', amount: '1' });
  });

  test('an account of somebody else pays nothing', async () => {
    const last = await confirmation({ amount: '1' });
    const page = await visitor.submit(last, '/send', { from: to });
    expect(page.text).toContain('There is no such account of yours.');
    expect(await edge.balanceOf(to)).toBe(0n);
  });

  test('the payee is saved with a label, and pays by one press the next time', async () => {
    const last = await confirmation({ amount: '1' });
    await visitor.submit(last, '/send', { save: '1', label: 'Bob at the club' });
    const page = await visitor.get('/send');
    const [, payee = ''] = /name="payee" value="([^"]+)"/.exec(page.html) ?? [];
    const chosen = await visitor.submit(page, '/send/payee', { payee });
    const amountPage = await visitor.follow(chosen);
    expect(amountPage.text).toContain('Bob at the club');
    expect(amountPage.text).toContain('Confirmed name: Bob Okafor');
  });

  test('money goes to an own account without a check of a name', async () => {
    const savings = await edge.account(ada);
    const page = await visitor.get(`/send?from=${from}`);
    const amountPage = await visitor.follow(await visitor.submit(page, '/send/payee', { own: savings }));
    const last = await visitor.submit(amountPage, '/send', { amount: '10' });
    await visitor.submit(last, '/send');
    expect(await edge.balanceOf(savings)).toBe(1_000n);
    const same = await visitor.get(`/send?from=${from}&own=${from}`);
    expect(same.text).toContain('You cannot send money from an account to itself.');
  });

  test('money is only reserved if the person asks for it', async () => {
    const last = await confirmation({ amount: '40', reserve: '1', days: '3' });
    expect(last.text).toContain('Reserve €40.00');
    const page = await visitor.follow(await visitor.submit(last, '/send'));
    expect(page.text).toContain('You reserved €40.00 for Bob Okafor. Available now: €960.00.');
    const { items } = await edge.bank.ledger.listTransfers({ kind: 'user', id: ada.id });
    expect((items[0]?.expiresAt ?? 0) - (items[0]?.createdAt ?? 0)).toBe(3 * 86_400_000);
  });

  test('a person without an account is sent to open one', async () => {
    const carol = await Visitor.signIn(edge, await edge.register('Carol'));
    expect((await carol.get('/send')).text).toContain('You have no account to send from');
  });

  describe('of a large amount', () => {
    beforeEach(() => begin({ stepUpAmounts: new Map([['EUR', 50_000n]]) }));

    test('needs a second factor, which the page asks to set up', async () => {
      const page = await visitor.submit(await confirmation({ amount: '600' }), '/send');
      expect(page.status).toBe(403);
      expect(page.text).toContain('An amount this large needs a second factor.');
      expect(await edge.balanceOf(to)).toBe(0n);
    });

    test('goes through with a code under the same key', async () => {
      const app = await aTotpOf(edge, ada);
      edge.clock.advance(STEP_MS);
      const last = await confirmation({ amount: '600' });
      const codePage = await visitor.submit(last, '/send');
      expect(codePage.status).toBe(403);
      expect(fieldsOf(codePage, '/send')['key']).toBe(fieldsOf(last, '/send')['key']);

      const wrong = await visitor.submit(codePage, '/send', { code: '000000' });
      expect(wrong.status).toBe(401);
      expect(wrong.text).toContain('The code is wrong or was used already.');
      expect(await edge.balanceOf(to)).toBe(0n);

      const sent = await visitor.submit(wrong, '/send', { code: app.code() });
      expect(sent.status).toBe(303);
      expect(await edge.balanceOf(to)).toBe(60_000n);
      expect((await visitor.submit(last, '/send')).location).toBe(sent.location);
    });
  });
});
