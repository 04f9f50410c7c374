import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../support/browser.ts';
import { ConsoleWorld, DESKTOP_LIGHT, PHONE_DARK, WITHOUT_SCRIPTS } from '../../support/console-browser.ts';
import { PASSWORD } from '../../support/edge.ts';

const SCREENS = [
  ['a desktop', DESKTOP_LIGHT],
  ['a phone in the dark', PHONE_DARK],
  ['a browser without JavaScript', WITHOUT_SCRIPTS],
] as const;

describe.skipIf(!hasBrowser)('The console in a browser', () => {
  let world: ConsoleWorld;
  beforeAll(async () => {
    world = await ConsoleWorld.open({ console: { offersPlayMoney: true } });
  });
  afterAll(() => world?.close());

  /** Returns a person with 100.00 and another without money, whose account has the number. */
  async function aPair() {
    const { edge } = world;
    const [ada, bob] = [await edge.register('Ada Lindqvist'), await edge.register('Bob Okafor')];
    const [from, to] = [await edge.account(ada, 100_00), await edge.account(bob)];
    const { number } = await edge.bank.ledger.getAccount({ kind: 'system' }, to);
    return { ada, bob, from, to, number: number ?? '' };
  }

  test.each(SCREENS)(
    'on %s, a new person opens an account, gets money, sends some and prints a statement',
    async (_, screen) => {
      const bob = await world.edge.register('Bob Okafor');
      const { number } = await world.edge.bank.ledger.getAccount(
        { kind: 'system' },
        await world.edge.account(bob),
      );
      const visit = await world.visitor(screen);
      const { page } = visit;
      await page.goto('/');
      await visit.follow('Open an account');
      await page.getByLabel('Your name').fill('Ada Lindqvist');
      await page.getByLabel('E-mail address').fill(`${crypto.randomUUID()}@example.com`);
      await page.getByLabel('Password').fill(PASSWORD);
      await visit.press('Open an account');
      await visit.follow('Open an account');
      await visit.press(/^Open/);
      await visit.press('Take play money');
      expect(await visit.text()).toContain('€1,000.00');
      await visit.preparePayment({ number: number ?? '', name: 'Bob Okafor', amount: '12,50' });
      await visit.press('Send €12.50');
      expect(await visit.text()).toContain('You sent €12.50 to Bob Okafor');
      await page.goto('/');
      expect(await visit.text()).toMatch(/Available €987\.50/);
      await visit.follow('Statements');
      await page
        .getByRole('link', { name: /Print|View/ })
        .first()
        .click();
      await page.waitForURL(/format=html/);
      expect(await page.locator('body').innerText()).toContain('Closing balance');
      expect(visit.faults).toEqual([]);
      await visit.close();
    },
  );

  test('a double click on Send pays once', async () => {
    const { ada, from, number } = await aPair();
    const visit = await world.signIn(ada);
    await visit.preparePayment({ number, name: 'Bob Okafor', amount: '30' });
    await visit.page.getByRole('button', { name: 'Send €30.00' }).dblclick();
    await visit.page.waitForURL(/\/transfers\//);
    expect(await world.edge.balanceOf(from)).toBe(70_00n);
    await visit.close();
  });

  test('the back button and a second Send pay once', async () => {
    const { ada, from, number } = await aPair();
    const visit = await world.signIn(ada, WITHOUT_SCRIPTS);
    await visit.preparePayment({ number, name: 'Bob Okafor', amount: '30' });
    const form = await visit.page
      .locator('form[action="/send"]')
      .evaluate((one) => [...new FormData(one as HTMLFormElement)]);
    await visit.press('Send €30.00');
    const again = await visit.page.request.post('/send', {
      form: Object.fromEntries(form) as Record<string, string>,
    });
    expect(again.url()).toMatch(/\/transfers\//);
    expect(await world.edge.balanceOf(from)).toBe(70_00n);
    await visit.close();
  });

  test('a refused payment says what to do, and keeps what was typed', async () => {
    const { ada, from, number } = await aPair();
    const visit = await world.signIn(ada);
    await visit.preparePayment({ number, name: 'Bob Okafor', amount: '100.01' });
    const send = visit.page.getByRole('button', { name: 'Send €100.01' });
    if (await send.isVisible()) await visit.press('Send €100.01');
    expect(await visit.text()).toMatch(/not enough money|available/i);
    expect(await visit.page.getByRole('textbox', { name: /^Amount/ }).inputValue()).toBe('100.01');
    expect(await world.edge.balanceOf(from)).toBe(100_00n);
    await visit.close();
  });

  test('a mistyped number is refused at once, and another name is asked about', async () => {
    const { ada, number } = await aPair();
    const visit = await world.signIn(ada);
    const last = number.at(-1) === '1' ? '2' : '1';
    await visit.page.goto('/send');
    await visit.page.getByLabel('Account number').fill(number.slice(0, -1) + last);
    await visit.page.getByLabel('Name of the payee').fill('Bob Okafor');
    await visit.press('Continue');
    expect(await visit.text()).toContain('The account number');
    await visit.page.getByLabel('Account number').fill(number);
    await visit.page.getByLabel('Name of the payee').fill('Carol Danvers');
    await visit.press('Continue');
    expect(await visit.text()).toContain('The name does not match');
    expect(await visit.text()).not.toContain('Okafor');
    await visit.close();
  });

  test('a session that ends half-way loses nothing and does nothing', async () => {
    const { ada, from, number } = await aPair();
    const visit = await world.signIn(ada);
    await visit.preparePayment({ number, name: 'Bob Okafor', amount: '30' });
    const sessions = await world.edge.bank.listSessions(ada.id);
    const origin = { address: null, device: null };
    for (const { id } of sessions) await world.edge.bank.revokeSession(ada.id, id, origin);
    await visit.press('Send €30.00');
    expect(await visit.text()).toContain('Your session has ended');
    expect(await world.edge.balanceOf(from)).toBe(100_00n);
    await visit.signIn(ada.email);
    expect(await visit.text()).toContain('Available');
    await visit.close();
  });

  test('money arrives on an open page while two people use the bank', async () => {
    const { ada, bob, number, from } = await aPair();
    const { number: back } = await world.edge.bank.ledger.getAccount({ kind: 'system' }, from);
    const [hers, his] = [await world.signIn(ada), await world.signIn(bob, PHONE_DARK)];
    await his.page.goto('/');
    const arrived = his.page.getByText('€12.34').first().waitFor();
    await hers.preparePayment({ number, name: 'Bob Okafor', amount: '12.34' });
    await hers.press('Send €12.34');
    await arrived;
    await hers.page.goto('/');
    const returned = hers.page.getByText('€92.66').first().waitFor();
    await his.preparePayment({ number: back ?? '', name: 'Ada Lindqvist', amount: '5' });
    await his.press('Send €5.00');
    await returned;
    expect([...hers.faults, ...his.faults]).toEqual([]);
    await Promise.all([hers.close(), his.close()]);
  });

  // `customer-pages.test.ts` looks at those with money
  test('every page of a person is small, fits a screen, breaks no policy and has no barrier', async () => {
    const { ada } = await aPair();
    const open = await world.visitor();
    await open.countBytes();
    expect(await open.problemsOf(['/sign-in', '/register', '/nothing'])).toEqual([]);
    const visit = await world.signIn(ada);
    await visit.countBytes();
    const paths = [
      '/',
      '/security',
      '/security/password',
      '/security/passkeys',
      '/security/authenticator-app',
      '/security/api-keys/new',
      '/security/events',
      '/profile',
      '/profile/email',
      '/profile/erase',
    ];
    expect(await visit.problemsOf(paths)).toEqual([]);
    await Promise.all([open.close(), visit.close()]);
  });
});
