import { beforeEach, describe, expect, test } from 'vitest';
import { ALWAYS_AVAILABLE } from '../../../src/application/availability/availability.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { freshId } from '../../../src/testing/fixtures/builders.ts';
import { idIn } from '../../support/edge.ts';
import type { Edge, Person } from '../../support/edge.ts';
import { consoleEdge, fieldsOf, Visitor } from '../../support/console.ts';

describe('every page of a bank that takes no payments', () => {
  test.each([
    ['unavailable', 'The bank takes no payments at the moment. You can read on, and no money is lost.'],
    ['storage_full', 'The bank takes no payments at the moment. You can read on, and no money is lost.'],
    ['maintenance', 'The bank is in maintenance and takes no payments or changes. You can read everything.'],
  ] as const)('says so while the reason is %s, and not afterwards', async (code, note) => {
    let refusal: PassbookError | undefined;
    const availability = { ...ALWAYS_AVAILABLE, commandRefusal: () => refusal };
    const edge = consoleEdge({ app: { availability } });
    const visitor = await Visitor.signIn(edge, await edge.register('Ada Lovelace'));
    refusal = new PassbookError(code);
    for (const path of ['/', '/send', '/profile', '/sign-in']) {
      expect([path, (await visitor.get(path)).text]).toEqual([path, expect.stringContaining(note)]);
    }
    refusal = undefined;
    expect((await visitor.get('/')).text).not.toContain(note);
  });
});

describe('the page of a payment', () => {
  let edge: Edge;
  let ada: Person;
  let bob: Person;
  let adasPages: Visitor;
  let bobsPages: Visitor;
  let from: string;
  let to: string;

  beforeEach(async () => {
    edge = consoleEdge();
    ada = await edge.register('Ada Lovelace');
    bob = await edge.register('Bob Okafor');
    from = await edge.account(ada, 100_000);
    to = await edge.account(bob);
    adasPages = await Visitor.signIn(edge, ada);
    bobsPages = await Visitor.signIn(edge, bob);
  });

  async function pay(more: object = {}): Promise<string> {
    const payment = { fromAccount: from, toAccount: to, amount: 1_250, ...more };
    return idIn(await edge.send('POST /api/transactions', ada, payment));
  }

  test('names both sides, the amount and the texts to both of them', async () => {
    const path = `/transfers/${await pay({ description: 'Dinner <b>', reference: 'D-1' })}`;
    const paid = await adasPages.get(path);
    expect(paid.text).toContain('Payment to Bob Okafor €12.50 State Paid');
    expect(paid.text).toContain('Message Dinner <b>');
    expect(paid.html).not.toContain('Dinner <b>');
    const received = await bobsPages.get(path);
    expect(received.text).toContain('Payment from Ada Lovelace €12.50 State Received');
    expect(received.text).toContain('Reference D-1');
  });

  test('is hidden from everybody else', async () => {
    const carol = await Visitor.signIn(edge, await edge.register('Carol'));
    const path = `/transfers/${await pay({ description: 'Dinner' })}`;
    expect(await carol.get(path)).toMatchObject({ status: 404 });
    expect((await carol.get(path)).text).not.toContain('Dinner');
    expect((await carol.get(`${path}/refund`)).status).toBe(404);
  });

  test('says why a payment was refused, and offers to try again', async () => {
    await edge.send('POST /api/transactions', ada, { fromAccount: from, toAccount: to, amount: 999_999 });
    const { items } = await edge.bank.ledger.listTransfers({ kind: 'user', id: ada.id });
    const page = await adasPages.get(`/transfers/${items[0]?.transferId}`);
    expect(page.text).toContain('There is not enough money available.');
    expect(page.text).toContain('State Not sent');
    expect(page.text).toContain('Try again');
  });

  test('a payment is sent again with the same amount and texts', async () => {
    const id = await pay({ description: 'Rent', reference: 'R-1' });
    const page = await adasPages.get(`/send?from=${from}&again=${id}`);
    expect(fieldsOf(page, '/send')).toMatchObject({ amount: '12.50', message: 'Rent', reference: 'R-1' });
    const last = await adasPages.submit(page, '/send');
    await adasPages.submit(last, '/send');
    expect(await edge.balanceOf(to)).toBe(2_500n);
  });

  test('nobody sends a payment of somebody else again', async () => {
    const carol = await edge.register('Carol');
    const account = await edge.account(carol, 5_000);
    const pages = await Visitor.signIn(edge, carol);
    const page = await pages.get(`/send?from=${account}&again=${await pay()}`);
    expect(page.status).toBe(404);
    expect(page.text).not.toContain('Okafor');
  });

  test('the payee takes a part of reserved money, once', async () => {
    const id = await pay({ pending: true });
    const page = await bobsPages.get(`/transfers/${id}`);
    const action = `/transfers/${id}/capture`;
    const taken = await bobsPages.submit(page, action, { amount: '10' });
    await bobsPages.submit(page, action, { amount: '10' });
    expect((await bobsPages.follow(taken)).text).toContain('You took €10.00.');
    expect(await edge.balanceOf(to)).toBe(1_000n);
    const payer = await adasPages.get(`/transfers/${id}`);
    expect(payer.text).toContain('€10.00 of the reserved €12.50 was paid; the rest is free again');
  });

  test('the payee cancels a reservation', async () => {
    const id = await pay({ pending: true });
    const page = await bobsPages.get(`/transfers/${id}`);
    const done = await bobsPages.submit(page, `/transfers/${id}/void`);
    expect((await bobsPages.follow(done)).text).toContain('You cancelled the reservation.');
    expect((await adasPages.get(`/transfers/${id}`)).text).toContain('The reservation was cancelled');
  });

  test('the payer can neither take nor cancel reserved money', async () => {
    const id = await pay({ pending: true });
    const page = await adasPages.get(`/transfers/${id}`);
    expect(page.html).not.toContain('/capture');
    const { formToken = '' } = fieldsOf(page, '/sign-out');
    for (const step of ['capture', 'void']) {
      const fields = { formToken, amount: '1', key: freshId() };
      expect((await adasPages.post(`/transfers/${id}/${step}`, fields)).status).toBe(404);
    }
    expect((await edge.bank.ledger.getTransfer({ kind: 'system' }, id)).status).toBe('pending');
  });

  test('more than was reserved is refused, with what was typed', async () => {
    const id = await pay({ pending: true });
    const action = `/transfers/${id}/capture`;
    const page = await bobsPages.submit(await bobsPages.get(`/transfers/${id}`), action, { amount: '13' });
    expect(page.status).toBe(400);
    expect(page.text).toContain('This is more than was reserved.');
    expect(fieldsOf(page, action)).toMatchObject({ amount: '13' });
  });

  test('the payee refunds a part, and the refund names the payment', async () => {
    const id = await pay();
    const action = `/transfers/${id}/refund`;
    const form = await bobsPages.get(action);
    expect(fieldsOf(form, action)).toMatchObject({ amount: '12.50' });
    const sent = await bobsPages.submit(form, action, { amount: '2,50', message: 'Too much' });
    await bobsPages.submit(form, action, { amount: '2,50', message: 'Too much' });
    const page = await bobsPages.follow(sent);
    expect(page.text).toContain('You refunded €2.50 to');
    expect(page.html).toContain(`href="/transfers/${id}"`);
    expect(await edge.balanceOf(to)).toBe(1_000n);
    expect((await adasPages.get(`/transfers/${id}`)).text).toContain('Refunded €2.50');

    const tooMuch = await bobsPages.submit(await bobsPages.get(action), action, { amount: '12.50' });
    expect(tooMuch.status).toBe(400);
    expect(tooMuch.text).toContain('This is more than is left to refund.');
  });

  test('the payer has no form for a refund', async () => {
    const id = await pay();
    expect((await adasPages.get(`/transfers/${id}`)).html).not.toContain('/refund');
    expect((await adasPages.get(`/transfers/${id}/refund`)).status).toBe(404);
  });

  test.each(['capture', 'void', 'refund'])('a form without the token does no %s', async (step) => {
    const id = await pay(step === 'refund' ? {} : { pending: true });
    const before = await edge.balanceOf(to);
    const fields = { amount: '1', key: freshId() };
    expect((await bobsPages.post(`/transfers/${id}/${step}`, fields)).status).toBe(403);
    expect(await edge.balanceOf(to)).toBe(before);
  });

  test('offers to save the payee of a payment, and then no more', async () => {
    const id = await pay();
    const page = await adasPages.get(`/transfers/${id}?sent=1`);
    const saved = await adasPages.submit(page, '/payees', { label: 'Bob' });
    expect(saved.location).toBe(`/transfers/${id}`);
    expect((await adasPages.follow(saved)).html).not.toContain('Name in your list');
  });
});
