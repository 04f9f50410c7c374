import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LiveFigures } from '../../../src/application/ports/live-figures.ts';
import type { Verification } from '../../../src/application/proofs/verify-books.ts';
import { VerificationRuns } from '../../../src/application/proofs/verification-runs.ts';
import { freshId, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { hasBrowser } from '../../support/browser.ts';
import { ConsoleWorld, DESKTOP_LIGHT, WITHOUT_SCRIPTS } from '../../support/console-browser.ts';
import type { Visit } from '../../support/console-browser.ts';
import { idIn } from '../../support/edge.ts';
import type { Person } from '../../support/edge.ts';
import { RecordingLog } from '../../support/people.ts';

const COUNTED = { accounts: 5, entries: 12, transfers: 6, records: 6, auditRecords: 3 };
const RIGHT: Verification = { faults: [], verified: COUNTED };
const WRONG: Verification = {
  faults: [
    { kind: 'account_holds', accountId: freshId(), detail: '5 in place of 0', count: 2 },
    { kind: 'entry_hash', transferId: freshId(), sequence: 3, count: 1 },
  ],
  verified: COUNTED,
};

const FIGURES: LiveFigures = {
  seconds: () =>
    [12, 40, 7, 0, 31].map((committed, second) => ({
      at: JANUARY + second * 1_000,
      committed,
      p99Ms: committed === 0 ? null : committed / 4,
    })),
  refusals: () => new Map([['insufficient_funds', 1_207]]),
};

/** Values of the fields of a form by name. True ticks a box. */
type Given = Readonly<Record<string, string | true>>;

/** A reason that says nothing: the browser sends it, and the bank refuses it. */
const EMPTY = { reason: ' ' };
const REASON = { reason: 'At the wish of the owner' };

describe.skipIf(!hasBrowser)("The staff's pages in a browser", () => {
  let world: ConsoleWorld;
  let ada: Person;
  let bob: Person;
  let grace: Person;
  let ids: Record<
    'account' | 'frozen' | 'closed' | 'bank' | 'paid' | 'held' | 'refused' | 'returned',
    string
  >;
  /** Ends the verification that runs. */
  let endVerification: (found: Verification) => void;

  beforeAll(async () => {
    const verify = () => new Promise<Verification>((resolve) => (endVerification = resolve));
    world = await ConsoleWorld.open({
      console: { figures: FIGURES },
      bank: (assembled) => ({
        ...assembled,
        verification: new VerificationRuns({ verify, clock: { now: Date.now }, log: new RecordingLog() }),
      }),
    });
    const { edge } = world;
    const { ledger } = edge.bank;
    grace = await edge.register('Grace Hopper', { role: 'system' });
    ada = await edge.register('Ada Lindqvist');
    bob = await edge.register('Anders Wolfeschlegelsteinhausenbergerdorff-Okafor');
    const [account, frozen] = [await edge.account(ada, 100_000), await edge.account(bob)];
    ids = { account, frozen, closed: '', bank: '', paid: '', held: '', refused: '', returned: '' };
    const toAccount = await edge.account(bob);
    const payment = { fromAccount: account, toAccount, amount: 1_234, description: 'Dinner' };
    ids.paid = idIn(await edge.send('POST /api/transactions', ada, payment));
    ids.held = idIn(await edge.send('POST /api/transactions', ada, { ...payment, pending: true }));
    await edge.send('POST /api/transactions', ada, { ...payment, amount: 9_999_999 });
    const { items } = await ledger.listTransfers({ kind: 'user', id: ada.id }, { limit: 1 });
    ids.refused = items[0]?.transferId ?? '';
    const system = { kind: 'system', id: grace.id } as const;
    const back = await ledger.reverseTransfer(system, {
      transferId: ids.paid,
      amount: 234n,
      description: 'Too much',
      idempotencyKey: freshId(),
    });
    ids.returned = back.ok ? back.transfer.transferId : '';
    ids.bank = (await ledger.getTrialBalance(system)).currencies[0]?.rows[0]?.accountId ?? '';
    ids.closed = await edge.account(bob);
    await ledger.closeAccount(system, { accountId: ids.closed, reason: 'Not used' });
    await ledger.freezeAccount(system, { accountId: frozen, credits: true, reason: 'Stolen, case 2291' });
    await ledger.limitAccount(system, {
      accountId: account,
      minimumBalance: -50_000n,
      maximumBalance: null,
      reason: 'An overdraft',
    });
    const origin = { address: '192.0.2.7', device: null };
    await edge.bank.lockUser({ user: { id: bob.id }, reason: 'Strange', actorId: grace.id, origin });
    await ledger.makeCheckpoint();
  });
  afterAll(() => world?.close());

  async function signInAsGrace(): Promise<Visit> {
    const visit = await world.signIn(grace);
    await visit.countBytes();
    return visit;
  }

  test('are small, fit a screen, break no policy and have no barrier', async () => {
    const visit = await signInAsGrace();
    const { account, frozen, closed, bank, paid, held, refused, returned } = ids;
    const accounts = [account, frozen, closed, bank].map((id) => `/staff/accounts/${id}`);
    const transfers = [paid, held, refused, returned].map((id) => `/staff/transfers/${id}`);
    expect(
      await visit.problemsOf([
        '/staff',
        '/staff/figures',
        '/staff/search',
        '/staff/search?q=an',
        '/staff/search?q=nobody-at-all',
        '/staff/people',
        `/staff/people/${ada.id}`,
        `/staff/people/${bob.id}`,
        ...accounts,
        ...transfers,
        '/staff/mails',
        '/staff/audit',
        `/staff/audit?account=${account}`,
        '/staff/security-events',
        `/staff/security-events?person=${bob.id}`,
        `/staff/accounts/${freshId()}`,
      ]),
    ).toEqual([]);
    await visit.close();
  });

  test('show a verification before, during and after it in the same quality', async () => {
    const visit = await signInAsGrace();
    const { page } = visit;
    expect(await visit.problemsOf(['/staff/verification'])).toEqual([]);
    for (const [button, found, result] of [
      ['Verify the books', RIGHT, 'The books are right'],
      ['Verify again', WRONG, 'The books are not right: 3 differences'],
    ] as const) {
      await visit.press(button);
      await page.getByText('Verifying…').waitFor();
      expect(await visit.problems()).toEqual([]);
      endVerification(found);
      // The card follows the run by itself
      await page.getByText(result).waitFor();
      expect(await visit.problems()).toEqual([]);
      expect(await visit.problemsOf(['/staff'])).toEqual([]);
      await page.goto('/staff/verification');
    }
    await visit.close();
  });

  test('ask for an action, refuse it and show its effect in the same quality', async () => {
    const visit = await signInAsGrace();
    const { account, frozen, paid } = ids;
    const [of, ofFrozen] = [`/staff/accounts/${account}`, `/staff/accounts/${frozen}`];
    const [ofAda, ofBob] = [`/staff/people/${ada.id}`, `/staff/people/${bob.id}`];
    const funds = { amount: '12.50', description: 'At the counter', reference: 'C-1' };
    const actions: readonly (readonly [path: string, refused: Given, given: Given])[] = [
      [`${of}/freeze`, EMPTY, { ...REASON, credits: true }],
      [`${ofFrozen}/unfreeze`, EMPTY, REASON],
      [`${of}/limits`, { ...REASON, minimum: 'none' }, { ...REASON, minimum: '2000', maximum: '3000' }],
      [`${of}/fund`, { ...funds, amount: 'five' }, funds],
      [`${of}/withdraw`, { ...funds, amount: '5000' }, funds],
      [`${of}/close`, { ...REASON, sweepTo: 'nowhere' }, { ...REASON, sweepTo: frozen }],
      [`/staff/transfers/${paid}/reverse`, { ...REASON, amount: '99' }, { ...REASON, amount: '2.34' }],
      [`/staff/transfers/${paid}/erase-text`, EMPTY, REASON],
      [`${ofAda}/lock`, EMPTY, REASON],
      [`${ofBob}/unlock`, EMPTY, REASON],
      [`${ofAda}/role`, { ...REASON, role: 'customer' }, { ...REASON, role: 'support' }],
    ];
    const found: string[] = [];
    // All share the layout of the first
    let onPhoneAlone = false;
    for (const [path, refused, given] of actions) {
      await visit.page.goto(path);
      await fillIn(visit, refused);
      await visit.press('Continue');
      await visit.page.getByRole('alert').waitFor();
      // The form is looked at with its fault, which adds to it and takes nothing away
      found.push(...(await visit.problems({ onPhoneAlone })));
      await fillIn(visit, given);
      await visit.press('Continue');
      await visit.page.getByText('Check the effect.').waitFor();
      found.push(...(await visit.problems({ onPhoneAlone })));
      onPhoneAlone = true;
    }
    // These ask for nothing, and are refused by their last button
    for (const [path, button] of [
      [`/staff/people/${grace.id}/end-sessions`, 'End all sessions'],
      [`${ofBob}/reset-link`, 'Send the link'],
    ] as const) {
      await visit.page.goto(path);
      await visit.press('Continue');
      found.push(...(await visit.problems({ onPhoneAlone })));
      await visit.press(button);
      await visit.page.getByRole('alert').waitFor();
      found.push(...(await visit.problems({ onPhoneAlone })));
    }
    expect(found).toEqual([]);
    await visit.close();
  });

  async function fillIn({ page }: Visit, given: Given): Promise<void> {
    for (const [name, value] of Object.entries(given)) {
      const field = page.locator(`main [name="${name}"]`);
      if (value === true) await field.check();
      else if (name === 'role') await field.selectOption(value);
      else await field.fill(value);
    }
  }

  test.each([
    ['with JavaScript', DESKTOP_LIGHT],
    ['without JavaScript', WITHOUT_SCRIPTS],
  ] as const)('let an operator freeze an account and return money, %s', async (_, screen) => {
    const { edge } = world;
    const [eve, kim] = [await edge.register('Eve Moreau'), await edge.register('Kim Tanaka')];
    const [from, to] = [await edge.account(eve, 100_00), await edge.account(kim)];
    const { number } = await edge.bank.ledger.getAccount({ kind: 'system' }, to);
    const payment = { fromAccount: from, toAccount: to, amount: 20_00, description: 'A deposit' };
    const paid = idIn(await edge.send('POST /api/transactions', eve, payment));
    const operator = await edge.register('Olga Operator', { role: 'operator' });
    const [staff, customer] = [await world.signIn(operator, screen), await world.signIn(eve, screen)];

    await staff.follow('Search');
    await staff.page.getByLabel('Name, e-mail address, account number or id').fill(paid);
    await staff.press('Search');
    expect(await staff.text()).toContain('A deposit');
    await staff.page.getByRole('row', { name: /^From/ }).getByRole('link').first().click();
    await carryOut(staff, { link: 'Freeze', button: 'Freeze the account', reason: 'Reported as stolen' });
    expect(await staff.text()).toContain('The account is frozen.');

    await customer.preparePayment({ number: number ?? '', name: 'Kim Tanaka', amount: '5' });
    const send = customer.page.getByRole('button', { name: 'Send €5.00' });
    if (await send.isVisible()) await customer.press('Send €5.00');
    expect(await customer.text()).toContain('Your account is frozen. The bank has stopped payments from it.');
    expect(await edge.balanceOf(from)).toBe(80_00n);

    await carryOut(staff, { link: 'Unfreeze', button: 'Unfreeze the account', reason: 'A mistake' });
    expect(await staff.text()).toContain('The account is no longer frozen.');
    await staff.page.goto(`/staff/transfers/${paid}`);
    const preview = await carryOut(staff, {
      link: 'Return the money',
      button: 'Return the money',
      reason: 'The deposit was not needed',
    });
    expect(preview).toContain('Left to return €0.00');
    expect(await staff.text()).toContain('The money was returned by this transfer.');
    expect(await edge.balanceOf(from)).toBe(100_00n);

    await staff.follow('Audit log');
    expect(await staff.text()).toMatch(
      /Olga Operator unfroze .*A mistake.*Olga Operator froze .*Reported as stolen/,
    );
    expect([...staff.faults, ...customer.faults]).toEqual([]);
    await Promise.all([staff.close(), customer.close()]);
  });

  /** Goes through an action from the link on its record. Returns the words of the preview. */
  async function carryOut(
    visit: Visit,
    { link, button, reason }: { link: string; button: string; reason: string },
  ): Promise<string> {
    await visit.follow(link);
    await visit.page.getByLabel('Reason').fill(reason);
    await visit.press('Continue');
    const preview = await visit.text();
    expect(preview).toContain('Nothing is done yet.');
    expect(preview).toContain(reason);
    await visit.press(button);
    return preview;
  }

  test('lead a keyboard past the bar, and through a form in the order of its fields', async () => {
    const visit = await world.signIn(grace);
    const { page } = visit;
    await page.goto(`/staff/accounts/${ids.account}/limits`);
    /** The text or the id of the element with the focus, if its ring is on the screen. */
    const focused = async () => {
      const element = page.locator(':focus');
      const { y = -1 } = (await element.boundingBox()) ?? {};
      const ring = await element.evaluate((one) => globalThis.getComputedStyle(one).outlineStyle);
      if (ring !== 'solid' || y < 0) return 'nothing to see';
      return (await element.innerText()) || (await element.getAttribute('id'));
    };
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    const reached: (string | null)[] = [];
    for (let count = 0; count < 6; count++) {
      await page.keyboard.press('Tab');
      reached.push(await focused());
    }
    expect(reached.slice(1)).toEqual(['minimum', 'maximum', 'reason', 'Continue', 'Cancel']);
    await visit.close();
  });
});
