import { describe, expect, it } from 'vitest';
import { composeMail } from '../../../src/adapters/smtp/compose-mail.ts';
import type { MailContent } from '../../../src/adapters/smtp/mail-content.ts';
import type { NameReads, ShownAccount } from '../../../src/adapters/smtp/mail-names.ts';
import { makeAccountNumber } from '../../../src/domain/entities/account-number.ts';
import type { Notification, TransferNotification } from '../../../src/domain/entities/notification.ts';
import { JANUARY, aTransferMessage, aUser } from '../../../src/testing/fixtures/builders.ts';
import { NO_NAMES, PAGES } from '../../support/mail-server.ts';

const FROM = { name: 'Passbook', address: 'bank@passbook.example' };
const BANK = { name: 'Passbook', address: ['1 Ledger Lane', '75001 Paris'] };
const ADA = aUser({
  name: 'Ada',
  email: 'ada@example.com',
  emailVerifiedAt: JANUARY,
  timeZone: 'Europe/Paris',
});
const EVERYDAY = '019bc0de-0000-7000-8000-00000000aaaa';
const SAVINGS = '019bc0de-0000-7000-8000-00000000cccc';
const PAYEE = '019bc0de-0000-7000-8000-00000000bbbb';
const TRANSFER = '019bc0de-0000-7000-8000-000000000001';
const NUMBER = makeAccountNumber('PB', '123456789012');

function reads({ own = {}, payees = {} }: Record<string, Record<string, ShownAccount>>): NameReads {
  return {
    accounts: async (ids) => new Map(Object.entries(own).filter(([id]) => ids.includes(id))),
    payees: async (userId, ids) =>
      new Map(Object.entries(userId === ADA.id ? payees : {}).filter(([id]) => ids.includes(id))),
  };
}

const NAMES = reads({
  own: {
    [EVERYDAY]: { name: 'Everyday', number: makeAccountNumber('PB', '000000007034') },
    [SAVINGS]: { name: null, number: makeAccountNumber('PB', '000000009912') },
  },
  payees: { [PAYEE]: { name: 'Grace Hopper', number: NUMBER } },
});

async function compose(message: Notification, names: NameReads = NAMES): Promise<MailContent> {
  const terms = { from: FROM, bank: BANK, pages: PAGES, names, recipient: ADA };
  return (await composeMail(message, terms)) as MailContent;
}

function aTransfer(facts: Partial<TransferNotification> = {}): TransferNotification {
  return aTransferMessage({
    recipientId: ADA.id,
    transferId: TRANSFER,
    description: null,
    balances: [{ accountId: EVERYDAY, balance: 97_500n, held: 0n }],
    ...facts,
  });
}

function aPayment(facts: Partial<TransferNotification> = {}): TransferNotification {
  return aTransfer({ kind: 'transfer_sent', counterparty: { name: null, account: PAYEE }, ...facts });
}

/** The part between the greeting and the advice. */
function bodyOf({ text }: MailContent): readonly string[] {
  return text
    .replace(/^Hello Ada,\n\n/, '')
    .replace(/\n\n(?:Not you|Not expected)\? .*$/s, '')
    .split('\n')
    .filter((line) => line !== '');
}

describe('a mail about a transfer', () => {
  it('says how much, to whom, why, what is available, and how to object', async () => {
    const message = aPayment({ amount: 2_500n, description: 'Rent', reference: 'FLAT 12' });
    const { subject, text } = await compose(message);
    expect(subject).toBe('You sent EUR\u00a025.00');
    expect(text).toBe(`Hello Ada,

You sent EUR\u00a025.00 to Grace Hopper
Rent

Available in Everyday ··7034: EUR\u00a0975.00

Their account: ${NUMBER.replaceAll(/(.{4})(?=.)/g, '$1 ')}
Your account: Everyday ··7034
Reference: FLAT 12
When: Thursday, 15 January 2026, 11:00\u00a0CET

Not you? Do this.
1. Reset your password at once. That ends all sessions.
https://bank.example/forgot-password
2. Tell Passbook which transaction was not yours.

Transaction ${TRANSFER}

Passbook
1 Ledger Lane
75001 Paris

This mail was sent automatically, and nobody reads replies to it. Passbook never asks for your password by mail.
`);
  });

  it.each([
    ['transfer_received', 'You received EUR\u00a012.34', ' from Grace'],
    ['hold_received', 'EUR\u00a012.34 is held for you', ' from Grace'],
    ['initial_funds_received', 'Passbook credited you EUR\u00a012.34', ' to Everyday ··7034'],
    ['withdrawal_made', 'Passbook paid out EUR\u00a012.34', ' from Everyday ··7034'],
  ] as const)('of the kind %s has its own words', async (kind, subject, who) => {
    const mail = await compose(aTransfer({ kind, counterparty: { name: 'Grace', account: 'c0de' } }));
    expect(mail.subject).toBe(subject);
    expect(bodyOf(mail)[0]).toBe(`${subject}${who}`);
  });

  it('shows the payee the name and four characters of the payer', async () => {
    const mail = await compose(aTransfer({ counterparty: { name: 'Grace', account: 'c0de' } }));
    expect(bodyOf(mail)).toContain('Their account: ending in c0de');
  });

  it('shows what a hold holds, what is available, and when the hold ends', async () => {
    const message = aPayment({
      kind: 'hold_placed',
      amount: 2_500n,
      expiresAt: Date.UTC(2026, 6, 22, 9, 59, 59),
      balances: [{ accountId: EVERYDAY, balance: 100_000n, held: 2_500n }],
    });
    const mail = await compose(message);
    expect(mail.subject).toBe('EUR\u00a025.00 is held in your account');
    const lines = bodyOf(mail);
    expect(lines).toContain('Available in Everyday ··7034: EUR\u00a0975.00');
    expect(lines).toContain('EUR\u00a025.00 is held; the balance is EUR\u00a01,000.00.');
    expect(lines).toContain('Held until: Wednesday, 22 July 2026, 11:59\u00a0CEST');
  });

  it('shows the balance alone if an older version stored the message', async () => {
    const mail = await compose(aPayment({ balances: [{ accountId: EVERYDAY, balance: 97_500n }] }));
    expect(bodyOf(mail)).toContain('Balance of Everyday ··7034: EUR\u00a0975.00');
    expect(mail.text).not.toContain('vailable');
  });

  it('between own accounts shows both of them', async () => {
    const message = aTransfer({
      kind: 'transfer_between_own_accounts',
      balances: [
        { accountId: EVERYDAY, balance: -5n, held: 0n },
        { accountId: SAVINGS, balance: 9_007_199_254_740_991n, held: 0n },
      ],
    });
    expect(bodyOf(await compose(message)).slice(0, 3)).toEqual([
      'You moved EUR\u00a012.34 from Everyday ··7034 to Account ··9912',
      'Available in Everyday ··7034: -EUR\u00a00.05',
      'Available in Account ··9912: EUR\u00a090,071,992,547,409.91',
    ]);
  });

  it('lists all own accounts that it was collected from, and counts further payees', async () => {
    const message = aPayment({
      moreCounterparties: 2,
      balances: [
        { accountId: EVERYDAY, balance: 1n, held: 0n },
        { accountId: SAVINGS, balance: 2n, held: 0n },
      ],
    });
    const lines = bodyOf(await compose(message));
    expect(lines[0]).toBe('You sent EUR\u00a012.34 to Grace Hopper and 2 more');
    expect(lines).toContain('Your accounts: Everyday ··7034, Account ··9912');
  });

  it.each([
    ['transfer_sent', 'EUR\u00a012.34 was returned', ' to account ending in bbbb', null],
    ['transfer_received', 'EUR\u00a012.34 was returned to you', ' from Grace', 'Grace'],
  ] as const)('that reverses another says so: %s', async (kind, subject, who, name) => {
    const reverses = '019bc0de-0000-7000-8000-000000000000';
    const mail = await compose(aTransfer({ kind, reverses, counterparty: { name, account: 'bbbb' } }));
    expect(mail.subject).toBe(subject);
    expect(bodyOf(mail)[0]).toBe(`${subject}${who}`);
    expect(mail.text).toContain(`\n\nTransaction ${TRANSFER}, which reverses ${reverses}\n\n`);
  });

  it.each([
    ['its number', reads({ payees: { [PAYEE]: { name: null, number: NUMBER } } }), 'PB'],
    ['its id', NO_NAMES, PAYEE],
  ])('names a payee without a name by %s', async (_what, names, start) => {
    const [first] = bodyOf(await compose(aPayment(), names));
    expect(first).toMatch(new RegExp(`^You sent EUR\u00a012.34 to ${start}`));
  });

  it('asks for the names of payees alone, and for none behind the end of an account', async () => {
    const asked: unknown[] = [];
    const names: NameReads = {
      accounts: async (ids) => new Map(asked.push(['own', ...ids]) ? [] : []),
      payees: async (userId, ids) => new Map(asked.push([userId, ...ids]) ? [] : []),
    };
    await compose(aPayment(), names);
    await compose(aPayment({ counterparty: { name: null, account: 'bbbb' } }), names);
    await compose(aTransfer({ counterparty: { name: 'Grace', account: 'c0de' } }), names);
    const own = ['own', EVERYDAY];
    expect(asked).toEqual([own, [ADA.id, PAYEE], own, own]);
  });

  it('names the bank where it is the other side', async () => {
    const mail = await compose(aTransfer({ counterparty: { name: null, account: null } }));
    expect(bodyOf(mail)[0]).toBe('You received EUR\u00a012.34 from Passbook');
  });

  it.each([
    ['JPY', 0, 'JPY\u00a01,234'],
    ['KWD', 3, 'KWD\u00a01.234'],
  ])('shows the decimals of %s', async (currency, exponent, amount) => {
    expect((await compose(aPayment({ currency, exponent }))).subject).toContain('You sent ');
    expect((await compose(aPayment({ currency, exponent, amount: 1_234n }))).subject).toBe(
      `You sent ${amount}`,
    );
  });
});

describe('the mail that stands for many', () => {
  it('gives totals, and lists the first transactions with their other side', async () => {
    const totals = [
      { kind: 'transfer_received', currency: 'EUR', exponent: 2, count: 2_987, amount: 298_700n },
      { kind: 'transfer_sent', currency: 'EUR', exponent: 2, count: 1, amount: 1_234n },
    ] as const;
    const mail = await compose({
      kind: 'digest',
      id: 'someone.digest.1',
      recipientId: ADA.id,
      since: JANUARY - 3_600_000,
      at: JANUARY,
      listed: [aPayment(), aTransfer({ counterparty: { name: 'Grace', account: 'c0de' } })],
      totals,
    });
    expect(mail.subject).toBe('Summary of 2,988 transactions');
    expect(bodyOf(mail)).toEqual([
      'Summary of 2,988 transactions',
      'You had these in the hour until Thursday, 15 January 2026, 11:00\u00a0CET. The first ones of the hour had mails of their own. The next 2 are listed here.',
      'Received: EUR\u00a02,987.00 in 2,987 transactions',
      'Sent: EUR\u00a012.34 in 1 transaction',
      '11:00\u00a0CET  Sent to Grace Hopper: EUR\u00a012.34',
      '11:00\u00a0CET  Received from Grace: EUR\u00a012.34',
    ]);
  });
});
