import { describe, expect, test } from 'vitest';
import { ROLES } from '../../../src/domain/entities/user.ts';
import { expectedMails } from '../../../src/domain/decisions/notify-parties.ts';
import { isAboutTransfer } from '../../../src/domain/entities/notification.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';
import type { Edge, Person } from '../../support/edge.ts';

const LEASE_MS = 60_000;
const REFUSED = 'refused by the mail server';

/** Claims all mails, and gives up those whose kind matches. The others fail once, or leave the outbox as sent. */
async function attemptAll(
  { store, clock }: Edge,
  { lost = /^$/, failed = /^$/, reason = REFUSED }: { lost?: RegExp; failed?: RegExp; reason?: string },
): Promise<void> {
  const now = clock.now();
  await store.unitOfWork.run(async ({ outbox }) => {
    const claimed = await outbox.claim({ now, leaseUntil: now + LEASE_MS, limit: 1_000 });
    for (const { message } of claimed) {
      const { id, kind } = message;
      if (lost.test(kind)) await outbox.giveUp(id, { at: now, reason });
      else if (failed.test(kind)) await outbox.postpone(id, { dueAt: now + LEASE_MS, reason });
      else await outbox.markSent([id]);
    }
  });
}

/** Ada pays Bob. Returns the id of the transfer. */
async function payment(edge: Edge): Promise<{ ada: Person; bob: Person; transfer: string }> {
  const [ada, bob] = [await edge.register('Ada'), await edge.register('Bob')];
  const account = await edge.account(ada, 100_000);
  const request = {
    sourceAccountId: account,
    destinationAccountId: await edge.account(bob),
    amount: 1_234n,
    idempotencyKey: freshId(),
  };
  const paid = await edge.bank.ledger.transferFunds({ kind: 'user', id: ada.id }, request);
  if (!paid.ok) throw new TypeError(paid.code);
  return { ada, bob, transfer: paid.transfer.transferId };
}

describe('the page of mails', () => {
  test('shows what was given up and what waits: whom, about what, how often, why and until when', async () => {
    const edge = consoleEdge();
    const operator = await Visitor.withRole(edge, 'operator');
    const { ada, bob, transfer } = await payment(edge);
    await attemptAll(edge, {
      lost: /^transfer_received$/,
      failed: /sent$/,
      reason: 'connect ECONNREFUSED',
    });

    const { text, html } = await operator.get('/staff/mails');
    const [givenUp = '', waiting = ''] = text
      .split(/Waiting/)
      .map((one) => one.slice(one.indexOf('Given up')));
    expect(givenUp).toContain(`Payment received to Bob , ${bob.email}`);
    expect(givenUp).toContain('The mail server cannot be reached: connect ECONNREFUSED');
    expect(givenUp).toContain('after 1 attempt');
    expect(text.slice(text.indexOf('Waiting'))).toContain(`Payment sent to Ada , ${ada.email}`);
    expect(waiting).not.toContain('Bob');
    expect(text).toMatch(/1 attempt, next on \d+ Jan 2026, \d\d:01:\d\d/);
    expect(html).toContain(`href="/staff/people/${bob.id}"`);
    expect(html).toContain(`href="/staff/transfers/${transfer}"`);
  });

  test('has nothing to show where all was sent', async () => {
    const edge = consoleEdge();
    const auditor = await Visitor.withRole(edge, 'auditor');
    await payment(edge);
    await attemptAll(edge, {});
    const { text, html } = await auditor.get('/staff/mails');
    expect(text).toContain('No mail was given up');
    expect(text).toContain('No mail waits');
    expect(html).not.toContain('Try all again');
  });

  test('makes one mail due again, or all of them, and says so among the security events', async () => {
    const edge = consoleEdge();
    const operator = await Visitor.withRole(edge, 'operator');
    const system = await Visitor.withRole(edge, 'system');
    const { bob } = await payment(edge);
    await attemptAll(edge, { lost: /./ });
    const page = await operator.get('/staff/mails');
    const before = page.html.match(/Try again</g)?.length ?? 0;
    expect(before).toBeGreaterThan(2);

    const one = await operator.submit(page, '/staff/mails/retry');
    expect([one.status, one.location]).toEqual([303, '/staff/mails?retried=1']);
    const after = await operator.get('/staff/mails?retried=1');
    expect(after.text).toContain('1 mail is tried again now.');
    expect(after.html.match(/Try again</g)).toHaveLength(before - 1);
    // The same form again
    expect((await operator.submit(page, '/staff/mails/retry')).location).toBe('/staff/mails?retried=0');
    expect((await operator.get('/staff/mails?retried=0')).text).toContain('Nothing was left to try again');

    const all = await operator.submit(after, '/staff/mails/retry-all');
    expect([all.status, all.location]).toEqual([303, `/staff/mails?retried=${before - 1}`]);
    expect((await operator.get('/staff/mails')).text).toContain('No mail was given up');
    const events = await system.get(`/staff/security-events?person=${bob.id}`);
    expect(events.text).toContain('Sending of a mail tried again by The operator');
    await attemptAll(edge, {});
    expect((await operator.get('/staff/mails')).text).toContain('No mail waits');
  });

  test.each(ROLES)('lets only operators and the system try again: %s', async (role) => {
    const edge = consoleEdge();
    const visitor = await Visitor.withRole(edge, role);
    await payment(edge);
    await attemptAll(edge, { lost: /^transfer_received$/ });
    const token = fieldsOf(await visitor.get('/profile'), '/sign-out');
    const may = role === 'operator' || role === 'system';
    const page = await visitor.get('/staff/mails');
    expect(page.html.includes('Try again')).toBe(may);
    for (const path of ['/staff/mails/retry', '/staff/mails/retry-all']) {
      expect((await visitor.post(path, {})).status).toBe(403);
      if (!may) expect((await visitor.post(path, { ...token, mail: 'x' })).status).toBe(403);
    }
    expect(await edge.bank.mails!.retryAll(10)).toEqual({ retried: 1, hasMore: false });
  });

  test('goes on page by page in both lists, without a gap', async () => {
    const edge = consoleEdge();
    const auditor = await Visitor.withRole(edge, 'auditor');
    await attemptAll(edge, {});
    for (let at = 0; at < 30; at++) await edge.register(`Lost ${at}.`);
    await attemptAll(edge, { lost: /welcome/ });
    for (let at = 0; at < 30; at++) await edge.register(`Late ${at}.`);

    const seen: string[] = [];
    let path = '/staff/mails';
    for (let pages = 0; pages < 10; pages++) {
      const { html, text } = await auditor.get(path);
      seen.push(...(text.match(/(?:Lost|Late) \d+\./g) ?? []));
      const next = /href="([^"]*)" rel="next"/.exec(html)?.[1];
      if (next === undefined) break;
      path = next.replaceAll('&amp;', '&');
    }
    const expected = ['Lost', 'Late'].flatMap((name) =>
      Array.from({ length: 30 }, (_, at) => `${name} ${at}.`),
    );
    expect(new Set(seen)).toEqual(new Set(expected));
  });
});

describe('the bank page', () => {
  test('names mails that were given up to those who may act, and links to them', async () => {
    const edge = consoleEdge();
    const operator = await Visitor.withRole(edge, 'operator');
    const auditor = await Visitor.withRole(edge, 'auditor');
    const support = await Visitor.withRole(edge, 'support');
    expect((await operator.get('/staff')).text).not.toContain('given up');
    await payment(edge);
    await attemptAll(edge, { lost: /^transfer_received$/ });

    const { text, html } = await operator.get('/staff');
    expect(text).toContain('1 mail was given up');
    expect(html).toContain('href="/staff/mails"');
    expect((await auditor.get('/staff')).text).toContain('Mails given up 1 Show');
    expect((await support.get('/staff')).html).not.toContain('/staff/mails');
  });
});

describe('the page of a transfer', () => {
  test('says of each person who was to be told what is known of the mail', async () => {
    const edge = consoleEdge();
    const auditor = await Visitor.withRole(edge, 'auditor');
    const { transfer } = await payment(edge);
    const mails = async () => {
      const { text } = await auditor.get(`/staff/transfers/${transfer}`);
      return text.slice(text.indexOf(' Mails '), text.indexOf('The bank keeps only'));
    };
    expect(await mails()).toMatch(/Payment sent to Ada Waiting .*Payment received to Bob Waiting/);
    await attemptAll(edge, { lost: /^transfer_received$/ });
    expect(await mails()).toMatch(
      /Payment sent to Ada Not waiting any more: sent, or part of an hourly digest/,
    );
    expect(await mails()).toMatch(/to Bob Given up The mail server refuses it.*: refused by the mail server/);
  });

  test('knows a digest that lists the mail, and does not take it for the mail of another person', async () => {
    const edge = consoleEdge();
    const auditor = await Visitor.withRole(edge, 'auditor');
    const { bob, transfer } = await payment(edge);
    const { messages } = await edge.store.outbox!.unsentAbout(transfer);
    const listed = messages.map(({ message }) => message).filter(isAboutTransfer);
    await attemptAll(edge, {});
    const facts = { id: freshId(), recipientId: bob.id, at: edge.clock.now(), since: edge.clock.now() };
    const ofBob = listed.filter(({ recipientId }) => recipientId === bob.id);
    await edge.store.unitOfWork.run(({ outbox }) =>
      outbox.add({ ...facts, kind: 'digest', listed: ofBob, totals: [] }),
    );
    const { text } = await auditor.get(`/staff/transfers/${transfer}`);
    expect(text).toMatch(
      /to Ada Not waiting any more.* to Bob Waiting As part of an hourly digest Not tried yet/,
    );
  });

  test('lists both steps of a hold, and nobody for a refused transfer', async () => {
    const edge = consoleEdge();
    const auditor = await Visitor.withRole(edge, 'auditor');
    const [ada, bob] = [await edge.register('Ada'), await edge.register('Bob')];
    const [from, to] = [await edge.account(ada, 100), await edge.account(bob)];
    const terms = { sourceAccountId: from, destinationAccountId: to, idempotencyKey: freshId() };
    const actor = { kind: 'user', id: ada.id } as const;
    const { ledger } = edge.bank;
    const held = await ledger.transferFunds(actor, { ...terms, amount: 40n, pending: true });
    if (!held.ok) throw new TypeError(held.code);
    const { transferId } = held.transfer;
    await ledger.captureHold(
      { kind: 'user', id: bob.id },
      { transferId, amount: 30n, idempotencyKey: freshId() },
    );
    const { text } = await auditor.get(`/staff/transfers/${transferId}`);
    expect(text).toMatch(/Money reserved to Ada Waiting .*Reservation for the person to Bob Waiting/);
    expect(text).toMatch(/Payment sent to Ada Waiting .*Payment received to Bob Waiting/);

    const refused = await ledger.transferFunds(actor, { ...terms, amount: 999n, idempotencyKey: freshId() });
    const refusedId = refused.ok ? '' : (refused.transferId ?? '');
    const page = await auditor.get(`/staff/transfers/${refusedId}`);
    expect(page.text).toContain('A refused transfer tells nobody by mail');
  });

  test('expects exactly the mails that the steps of each transfer wrote', async () => {
    const edge = consoleEdge();
    const { transfer } = await payment(edge);
    const written = await edge.store.outbox!.unsentAbout(transfer);
    const found = await edge.store.reads.transfer(transfer);
    const facts = written.messages.map(({ message: { id, recipientId, kind } }) => ({
      id,
      recipientId,
      kind,
    }));
    expect(new Set(expectedMails(found!))).toEqual(new Set(facts));
    expect(facts).toHaveLength(2);
  });
});
