import { describe, expect, test } from 'vitest';
import type { LiveFigures } from '../../../src/application/ports/live-figures.ts';
import { ROLES } from '../../../src/domain/entities/user.ts';
import type { Role } from '../../../src/domain/entities/user.ts';
import { VerificationRuns } from '../../../src/application/proofs/verification-runs.ts';
import { RecentTrialBalances } from '../../../src/application/reporting/recent-trial-balance.ts';
import { FixedClock, freshId, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';
import type { Edge, Person } from '../../support/edge.ts';
import { RecordingLog } from '../../support/people.ts';

type Records = { readonly ada: Person; readonly account: string; readonly transfer: string };

/** Alice with an account of 1,000.00, of which 12.34 went to Bob. */
async function someRecords(edge: Edge): Promise<Records> {
  const ada = await edge.register('Ada');
  const account = await edge.account(ada, 100_000);
  const other = await edge.account(await edge.register('Bob'));
  const paid = await edge.bank.ledger.transferFunds(
    { kind: 'user', id: ada.id },
    {
      sourceAccountId: account,
      destinationAccountId: other,
      amount: 1_234n,
      description: 'Dinner',
      idempotencyKey: freshId(),
    },
  );
  if (!paid.ok) throw new TypeError(paid.code);
  return { ada, account, transfer: paid.transfer.transferId };
}

const SYSTEM: readonly Role[] = ['system'];
const OPERATORS: readonly Role[] = ['operator', 'system'];
const AUDITORS: readonly Role[] = ['auditor', 'system'];
const READERS: readonly Role[] = ['auditor', 'operator', 'system'];
const STAFF: readonly Role[] = ['support', 'auditor', 'operator', 'system'];

/** Each page with the roles that may open it, as the table of roles in docs/http-api.md has them. */
const PAGES: readonly (readonly [page: (records: Records) => string, roles: readonly Role[]])[] = [
  [() => '/staff', STAFF],
  [() => '/staff/search', STAFF],
  [() => '/staff/people', STAFF],
  [({ ada }) => `/staff/people/${ada.id}`, STAFF],
  [({ account }) => `/staff/accounts/${account}`, STAFF],
  [({ transfer }) => `/staff/transfers/${transfer}`, READERS],
  [() => '/staff/audit', READERS],
  [() => '/staff/security-events', AUDITORS],
  [() => '/staff/verification', AUDITORS],
  [() => '/staff/mails', READERS],
  [({ account }) => `/staff/accounts/${account}/freeze`, OPERATORS],
  [({ account }) => `/staff/accounts/${account}/unfreeze`, OPERATORS],
  [({ account }) => `/staff/accounts/${account}/limits`, OPERATORS],
  [({ account }) => `/staff/accounts/${account}/fund`, SYSTEM],
  [({ account }) => `/staff/accounts/${account}/withdraw`, SYSTEM],
  [({ account }) => `/staff/accounts/${account}/close`, SYSTEM],
  [({ transfer }) => `/staff/transfers/${transfer}/reverse`, OPERATORS],
  [({ transfer }) => `/staff/transfers/${transfer}/erase-text`, SYSTEM],
  [({ ada }) => `/staff/people/${ada.id}/lock`, OPERATORS],
  [({ ada }) => `/staff/people/${ada.id}/unlock`, OPERATORS],
  [({ ada }) => `/staff/people/${ada.id}/end-sessions`, OPERATORS],
  [({ ada }) => `/staff/people/${ada.id}/reset-link`, OPERATORS],
  [({ ada }) => `/staff/people/${ada.id}/role`, SYSTEM],
];

describe('the pages of the staff', () => {
  test.each(ROLES)('open and act for the roles that the API gives them: %s', async (role) => {
    const edge = consoleEdge();
    const records = await someRecords(edge);
    const visitor = await Visitor.withRole(edge, role);
    const statuses = await Promise.all(
      PAGES.map(async ([page]) => [page(records), (await visitor.get(page(records))).status] as const),
    );
    expect(statuses).toEqual(
      PAGES.map(([page, roles]) => [page(records), roles.includes(role) ? 200 : 403] as const),
    );
    const actions = PAGES.slice(10);
    // A token of the session does not stand in for the role
    const forged = fieldsOf(await visitor.get('/profile'), '/sign-out');
    const answers = await Promise.all(
      actions.map(async ([page]) => (await visitor.post(page(records), { ...forged, step: 'do' })).status),
    );
    expect(answers).toEqual(actions.map(([, roles]) => (roles.includes(role) ? 400 : 403)));
  });

  test('ask people without a session to sign in', async () => {
    const edge = consoleEdge();
    const response = await edge.app.request('/staff/audit', { headers: { accept: 'text/html' } });
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      '/sign-in?next=%2Fstaff%2Faudit',
    ]);
  });

  test('show a role only the parts and actions that it may use', async () => {
    const edge = consoleEdge();
    const { account } = await someRecords(edge);
    const support = await (await Visitor.withRole(edge, 'support')).get(`/staff/accounts/${account}`);
    expect(support.html).not.toMatch(/Audit log|Verification|Entries<|Freeze|Add money/);
    const operator = await (await Visitor.withRole(edge, 'operator')).get(`/staff/accounts/${account}`);
    expect(operator.html).toContain(`/staff/accounts/${account}/freeze`);
    expect(operator.html).not.toMatch(/Add money|Verification/);
    const system = await (await Visitor.withRole(edge, 'system')).get(`/staff/accounts/${account}`);
    expect(system.html).toContain('Add money');
  });
});

describe('an action of the staff', () => {
  test('is refused without the token of the form, and does nothing', async () => {
    const edge = consoleEdge();
    const { account } = await someRecords(edge);
    const operator = await Visitor.withRole(edge, 'operator');
    const path = `/staff/accounts/${account}/freeze`;
    const fields = { reason: 'A lost card', key: freshId(), step: 'do' };
    expect((await operator.post(path, fields)).status).toBe(403);
    expect((await operator.post('/staff/verification', {})).status).toBe(403);
    expect((await operator.get(`/staff/accounts/${account}`)).text).toContain('Active');
  });

  test('shows its effect before it does anything, and says afterwards that it was done', async () => {
    const edge = consoleEdge();
    const { account } = await someRecords(edge);
    const system = await Visitor.withRole(edge, 'system');
    const path = `/staff/accounts/${account}/withdraw`;
    const fields = { amount: '100.50', description: 'At the counter' };
    const preview = await system.submit(await system.get(path), path, { ...fields, step: 'check' });
    expect(preview.text).toContain('€987.66 → €887.16');
    expect(await edge.balanceOf(account)).toBe(98_766n);

    const done = await system.submit(preview, path, { step: 'do' });
    expect([done.status, done.location]).toEqual([303, `/staff/accounts/${account}?done=withdrawn`]);
    expect(await edge.balanceOf(account)).toBe(88_716n);
    expect((await system.get(done.location ?? '')).text).toContain('The money was taken out.');
  });

  test('acts once for a form that is sent twice, and not for the same form with other values', async () => {
    const edge = consoleEdge();
    const { account } = await someRecords(edge);
    const system = await Visitor.withRole(edge, 'system');
    const path = `/staff/accounts/${account}/fund`;
    const { preview, done } = await system.carryOut(path, { amount: '5', description: 'Cash' });
    const again = await system.submit(preview, path, { step: 'do' });
    expect([again.status, again.location]).toEqual([done.status, done.location]);
    const other = await system.submit(preview, path, { step: 'do', amount: '6' });
    expect(other.status).toBe(422);
    expect(other.text).toContain('This form was used already');
    expect(await edge.balanceOf(account)).toBe(99_266n);
  });

  test('that would be refused says so on its form, with the typed values', async () => {
    const edge = consoleEdge();
    const { account } = await someRecords(edge);
    const system = await Visitor.withRole(edge, 'system');
    const path = `/staff/accounts/${account}/withdraw`;
    const refused = await system.submit(await system.get(path), path, {
      amount: '5000',
      description: 'Too much',
      step: 'check',
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('There is not enough money available.');
    expect(refused.html).toContain('value="Too much"');
    const unread = await system.submit(refused, path, { amount: 'five', description: 'x', step: 'check' });
    expect(unread.text).toContain('The amount must be an amount in EUR');
    const silent = await system.submit(refused, path, { amount: '5', description: '', step: 'check' });
    expect(silent.text).toContain('The reason must say why');
  });

  test('freezes, limits, unfreezes and closes an account, each with its reason in the audit log', async () => {
    const edge = consoleEdge();
    const { ada, account } = await someRecords(edge);
    const savings = await edge.account(ada);
    const system = await Visitor.withRole(edge, 'system', 'Grace');
    const at = `/staff/accounts/${account}`;
    const frozen = await system.carryOut(`${at}/freeze`, { reason: 'Lost card', credits: 'yes' });
    expect(frozen.preview.text).toContain('Active: money leaves the account and comes in.');
    expect((await system.get(at)).text).toContain('Frozen, credits too');
    expect((await system.get('/staff')).text).toContain('Lost card');
    await system.carryOut(`${at}/unfreeze`, { reason: 'Card found' });
    const limits = await system.carryOut(`${at}/limits`, {
      minimum: '-250',
      maximum: '',
      reason: 'An overdraft',
    });
    expect(limits.preview.text).toContain('€0.00 → −€250.00');
    const closed = await system.carryOut(`${at}/close`, { reason: 'Asked for', sweepTo: savings });
    expect(closed.done.location).toBe(`${at}?done=closed`);
    expect(await edge.balanceOf(savings)).toBe(98_766n);

    const { text } = await system.get(`/staff/audit?account=${account}`);
    for (const words of ['Grace froze', 'Grace unfroze', 'Grace set the limits of', 'Grace closed']) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/Asked for.*An overdraft.*Card found.*Lost card/);
    expect(text).toContain('Lowest available balance: €0.00 → −€250.00');
  });

  test('returns a part of a transfer, and erases its texts', async () => {
    const edge = consoleEdge();
    const { account, transfer } = await someRecords(edge);
    const system = await Visitor.withRole(edge, 'system');
    const at = `/staff/transfers/${transfer}`;
    const { preview, done } = await system.carryOut(`${at}/reverse`, { amount: '2.34', reason: 'Too much' });
    expect(preview.text).toContain('Balance €12.34 → €10.00');
    expect(preview.text).toContain('Balance €987.66 → €990.00');
    expect(preview.text).toContain('Left to return €10.00');
    expect(await edge.balanceOf(account)).toBe(99_000n);
    expect((await system.get(done.location ?? '')).text).toContain('The money was returned');
    await system.carryOut(`${at}/erase-text`, { reason: 'At the wish of the payer' });
    const page = await system.get(at);
    expect(page.text).toContain('Reversed so far €2.34');
    expect(page.text).not.toContain('Dinner');
    expect(page.text).toContain('erased the texts of transfer');
  });

  test('returns money to the world outside, and shows what that leaves with the bank', async () => {
    const edge = consoleEdge();
    const { account } = await someRecords(edge);
    const { items } = await edge.bank.ledger.listEntries({ kind: 'system' }, account);
    const system = await Visitor.withRole(edge, 'system');
    const path = `/staff/transfers/${items.at(-1)?.transferId}/reverse`;
    const { preview, done } = await system.carryOut(path, { amount: '900', reason: 'Paid in twice' });
    expect(preview.text).toContain('Back to Funding account in EUR Balance €1,000.00 → €100.00');
    await system.open(done.location ?? '');
    expect((await system.get('/staff')).text).toContain('Funding Debits €1,000.00 Credits €900.00');
  });

  test('locks a person out, lets them in again, ends sessions, mails a link and grants a role', async () => {
    const edge = consoleEdge();
    const { ada } = await someRecords(edge);
    const system = await Visitor.withRole(edge, 'system');
    const at = `/staff/people/${ada.id}`;
    await system.carryOut(`${at}/end-sessions`, {});
    expect((await edge.call('GET /api/auth/me', { as: ada.token })).status).toBe(401);
    await system.carryOut(`${at}/reset-link`, {});
    expect(await edge.linkOf(ada, 'password_reset')).toEqual(expect.any(String));
    await system.carryOut(`${at}/lock`, { reason: 'Strange payments' });
    expect((await system.get('/staff')).text).toContain('Ada is locked out');
    const refused = await system.carryOut(`${at}/reset-link`, {});
    expect(refused.done.text).toContain('The person is locked or erased.');
    await system.carryOut(`${at}/unlock`, { reason: 'Explained' });
    await system.carryOut(`${at}/role`, { role: 'support', reason: 'Joins the staff' });
    const page = await system.get(at);
    expect(page.text).toContain('Role Support');
    expect(page.text).toMatch(/Role granted by.*Let in again by.*Locked out by.*Session ended by/);
  });

  test('on a system user is refused for an operator, as is one on oneself', async () => {
    const edge = consoleEdge();
    const grace = await edge.register('Grace', { role: 'operator' });
    const system = await edge.register('Sam', { role: 'system' });
    const operator = await Visitor.signIn(edge, grace);
    for (const [id, action] of [
      [system.id, 'lock'],
      [system.id, 'end-sessions'],
      [system.id, 'reset-link'],
      [grace.id, 'lock'],
    ] as const) {
      const { done } = await operator.carryOut(`/staff/people/${id}/${action}`, { reason: 'A try' });
      expect([action, done.status]).toEqual([action, 403]);
    }
  });
});

describe('a search', () => {
  async function locationOf(visitor: Visitor, text: string): Promise<string | null> {
    return (await visitor.get(`/staff/search?q=${encodeURIComponent(text)}`)).location;
  }

  test('goes straight to the record of an exact identifier', async () => {
    const edge = consoleEdge();
    const { ada, account, transfer } = await someRecords(edge);
    const system = await Visitor.withRole(edge, 'system');
    const { number } = await edge.bank.ledger.getAccount({ kind: 'system' }, account);
    const request = {
      destinationAccountId: account,
      amount: 1n,
      idempotencyKey: 'opening 1',
      externalId: 'x-1',
    };
    const funded = await edge.bank.ledger.fundAccount({ kind: 'system' }, request);
    const fundedId = funded.ok ? funded.transfer.transferId : '';
    expect(await locationOf(system, ada.email.toUpperCase())).toBe(`/staff/people/${ada.id}`);
    expect(await locationOf(system, ada.id)).toBe(`/staff/people/${ada.id}`);
    expect(await locationOf(system, account)).toBe(`/staff/accounts/${account}`);
    expect(await locationOf(system, ` ${number?.replace(/(....)/g, '$1 ')}`)).toBe(
      `/staff/accounts/${account}`,
    );
    expect(await locationOf(system, transfer)).toBe(`/staff/transfers/${transfer}`);
    expect(await locationOf(system, 'x-1')).toBe(`/staff/transfers/${fundedId}`);
    expect(await locationOf(system, 'opening 1')).toBe(`/staff/transfers/${fundedId}`);
    const support = await Visitor.withRole(edge, 'support');
    expect(await locationOf(support, transfer)).toBeNull();
    expect(await locationOf(support, 'opening 1')).toBeNull();
  });

  test('lists several people, and says what can be found if there is nothing', async () => {
    const edge = consoleEdge();
    const people = [await edge.register('Ann One'), await edge.register('Joann <Two>')];
    const support = await Visitor.withRole(edge, 'support');
    const page = await support.get('/staff/search?q=ANN');
    for (const { id } of people) expect(page.html).toContain(`/staff/people/${id}`);
    expect(page.html).toContain('Joann &lt;Two&gt;');
    const nothing = await support.get('/staff/search?q=nobody-at-all');
    expect(nothing.text).toContain('Nothing was found');
    expect(nothing.text).toContain('Accounts by number, id or external id');
  });
});

describe('the books', () => {
  test('are verified from a page, and the result stays', async () => {
    const edge = consoleEdge();
    await someRecords(edge);
    const auditor = await Visitor.withRole(edge, 'auditor');
    const before = await auditor.get('/staff/verification');
    expect(before.text).toContain('Not verified yet');
    expect((await auditor.submit(before, '/staff/verification')).location).toBe('/staff/verification');
    await edge.bank.verification.ended();
    const after = await auditor.get('/staff/verification');
    expect(after.text).toContain('The books are right');
    expect(after.text).toContain('3 accounts, 4 entries, 2 transfers');
    const bankPage = await auditor.get('/staff');
    expect(bankPage.text).toContain('Are the books right? Yes');
    expect(bankPage.text).toContain('Sums to zero in EUR, as of 15 Jan 2026, 10:00:00');
    expect(bankPage.html).not.toContain('hx-trigger');
    expect(before.html).not.toContain('action="/staff/checkpoints"');
  });

  test('do not hold up the first page while a trial balance is computed', async () => {
    const ports = { clock: new FixedClock(), log: new RecordingLog(), patienceMs: 1 };
    const unended = new RecentTrialBalances({ ...ports, compute: () => new Promise(() => {}) });
    const edge = consoleEdge({ bank: (assembled) => ({ ...assembled, trialBalances: unended }) });
    const { text, html } = await (await Visitor.withRole(edge, 'auditor')).get('/staff');
    expect(text).toContain('Are the books right? Not known yet');
    expect(text).toContain('Trial balance In progress');
    expect(html).toContain('id="bank" hx-get="/staff" hx-trigger="every 2s"');
  });

  test('show each difference in words, with a link', async () => {
    const fault = { kind: 'account_holds', accountId: 'a-1', detail: '5 in place of 0', count: 2 } as const;
    const verified = { accounts: 1, entries: 2, transfers: 1, records: 0, auditRecords: 0 };
    const verify = async () => ({ faults: [fault], verified });
    const ports = { clock: new FixedClock(), log: new RecordingLog() };
    const verification = new VerificationRuns({ ...ports, verify });
    const edge = consoleEdge({ bank: (assembled) => ({ ...assembled, verification }) });
    verification.start();
    await verification.ended();
    const system = await Visitor.withRole(edge, 'system');
    const { text, html } = await system.get('/staff/verification');
    expect(text).toContain('The books are not right: 2 differences');
    expect(text).toContain('Pending amounts of an account differ from its open holds');
    expect(html).toContain('href="/staff/accounts/a-1"');
    expect((await system.get('/staff')).text).toContain('Are the books right? No');
  });

  test('get one checkpoint from a form that is sent twice', async () => {
    const edge = consoleEdge();
    const system = await Visitor.withRole(edge, 'system');
    const page = await system.get('/staff/verification');
    expect(page.text).toContain('There is no checkpoint');
    await system.submit(page, '/staff/checkpoints');
    await system.submit(page, '/staff/checkpoints');
    const { items } = await edge.bank.ledger.listCheckpoints({ kind: 'system' });
    expect(items.map(({ number }) => number)).toEqual([1]);
  });

  test('come with live figures and waiting mails where the server has them', async () => {
    const figures: LiveFigures = {
      seconds: () => [
        { at: JANUARY, committed: 40, p99Ms: 8.25 },
        { at: JANUARY + 1_000, committed: 20, p99Ms: null },
      ],
      refusals: () => new Map([['insufficient_funds', 7]]),
    };
    const edge = consoleEdge({ console: { figures, mails: { countWaiting: async () => 321 } } });
    const auditor = await Visitor.withRole(edge, 'auditor');
    const { text, html } = await auditor.get('/staff');
    expect(text).toContain('Commands a second 30');
    expect(text).toContain('(p99) 8.3 ms');
    expect(text).toContain('There is not enough money available 7');
    expect(text).toContain('321 mails wait to be sent');
    expect(html).toContain('hx-trigger="every 2s"');
    expect((await auditor.get('/staff/figures')).text).toContain('Commands a second 30');
    const without = await Visitor.withRole(consoleEdge(), 'auditor');
    expect((await without.get('/staff')).text).not.toContain('Commands a second');
    expect((await without.get('/staff/figures')).status).toBe(404);
  });
});

test('the audit log goes back page by page, newest record first, without a gap', async () => {
  const edge = consoleEdge();
  const { account } = await someRecords(edge);
  const auditor = await Visitor.withRole(edge, 'auditor');
  for (let at = 1; at <= 60; at++) {
    await edge.bank.ledger.freezeAccount({ kind: 'system' }, { accountId: account, reason: `Reason ${at}.` });
    await edge.bank.ledger.unfreezeAccount({ kind: 'system' }, { accountId: account, reason: 'x' });
  }
  const found: number[] = [];
  for (let path: string | undefined = '/staff/audit'; path !== undefined; ) {
    const { html, text } = await auditor.get(path);
    found.push(...[...text.matchAll(/Reason (\d+)\./g)].map(([, number]) => Number(number)));
    path = /href="([^"]*cursor=[^"]*)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(found).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index));
});
