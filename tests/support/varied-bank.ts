import type { Store } from '../../src/application/ports/ledger-store.ts';
import { createRefreshTokens } from '../../src/adapters/security/index.ts';
import { NOTHING_GATHERED } from '../../src/domain/entities/mail-hour.ts';
import { SYSTEM } from '../../src/testing/fixtures/bank.ts';
import type { TestBank } from '../../src/testing/fixtures/bank.ts';
import {
  aCustomer,
  anApiKey,
  aPayee,
  aSecurityEvent,
  aSession,
  aTransferMessage,
  aUser,
  aWelcome,
  freshId,
  JANUARY,
} from '../../src/testing/fixtures/builders.ts';
import { wholeBooks } from './whole-books.ts';

const HOUR_MS = 3_600_000;

/** Fills a bank with rows of every kind, in every state that a store knows. */
export async function variedBank(bank: TestBank, store: Store): Promise<void> {
  await wholeBooks(bank, store);
  await severalCurrencies(bank);
  await people(store);
  await mails(store);
}

async function severalCurrencies(bank: TestBank): Promise<void> {
  const [erin, frank, grace] = [aCustomer('Erin'), aCustomer('Frank'), aCustomer('Grace')];
  for (const [currency, funds] of [
    ['JPY', 90_000n],
    ['BHD', 7_000n],
  ] as const) {
    const from = await bank.account(erin, { funds, currency });
    const to = [await bank.open(frank, { currency }), await bank.open(grace, { currency })] as const;
    await bank.ledger.transferFunds(erin, {
      legs: [
        { accountId: from, direction: 'debit', amount: 30n },
        { accountId: to[0], direction: 'credit', amount: 10n },
        { accountId: to[1], direction: 'credit', amount: 20n },
      ],
      metadata: { b: '2', a: '1' },
      idempotencyKey: freshId(),
    });
    await bank.hold(erin, { from, to: to[0], amount: 5n, currency });
  }
  const frozen = await bank.account(erin, { funds: 40n, currency: 'USD' });
  await bank.ledger.freezeAccount(SYSTEM, { accountId: frozen, reason: 'court order' });
}

/** Writes people with everything that proves who they are. */
async function people(store: Store): Promise<void> {
  const ada = aUser({ name: 'Ada', email: 'ada@example.com', role: 'operator', emailVerifiedAt: JANUARY });
  const gone = aUser({ lockedAt: JANUARY, erasedAt: JANUARY, language: 'de', timeZone: 'Europe/Berlin' });
  const userId = ada.id;
  const session = aSession({
    userId,
    refreshDigest: createRefreshTokens(['secret of the test']).digestOf('some token'),
    methods: ['password', 'totp'],
    device: 'Zoë 🏠',
    address: '192.0.2.1',
  });
  const other = { userId, digest: null, createdAt: JANUARY, expiresAt: null };
  await store.unitOfWork.run(async ({ users, sessions, credentials, payees, securityEvents }) => {
    await users.insert(ada, '$argon2id$of-ada');
    await users.insert(gone, '');
    await sessions.insert(session);
    await sessions.insert(aSession({ userId, endedAt: JANUARY + 5 }));
    await credentials.insert(anApiKey({ userId }));
    await credentials.insert({
      ...other,
      id: freshId(),
      kind: 'totp',
      content: { secret: 'sealed', confirmedAt: JANUARY, lastStep: 58_950_000 },
    });
    await credentials.insert({
      ...other,
      id: freshId(),
      kind: 'passkey',
      digest: 'passkey-id',
      content: {
        name: 'Key',
        publicKey: 'cose',
        counter: 4_294_967_295,
        transports: ['usb'],
        lastUsedAt: null,
      },
    });
    await credentials.insert({ ...other, id: freshId(), kind: 'recovery_code', digest: 'code', content: {} });
    await payees.keep(aPayee({ userId }));
    await payees.keep(aPayee({ userId, label: null, confirmedName: null, savedAt: null }));
    await securityEvents.append(aSecurityEvent({ userId }));
    await securityEvents.append(
      aSecurityEvent({
        userId: null,
        actorId: null,
        sessionId: null,
        address: null,
        device: null,
        details: {},
      }),
    );
  });
}

/** Leaves messages in the outbox: new, claimed, postponed and given up. */
async function mails(store: Store): Promise<void> {
  const [postponed, givenUp, claimed] = [aWelcome(), aWelcome(), aTransferMessage()];
  await store.unitOfWork.run(async ({ outbox, mailHours }) => {
    for (const message of [postponed, givenUp, claimed]) await outbox.add(message);
    await mailHours.keep([
      { recipientId: freshId(), since: JANUARY, sent: ['one'], gathered: NOTHING_GATHERED },
      {
        recipientId: freshId(),
        since: JANUARY,
        sent: [],
        gathered: {
          listed: [aTransferMessage()],
          totals: [{ kind: 'transfer_received', currency: 'EUR', exponent: 2, count: 3, amount: 300n }],
        },
      },
    ]);
  });
  await store.unitOfWork.run(async ({ outbox }) => {
    await outbox.claim({ now: JANUARY, leaseUntil: JANUARY + HOUR_MS, limit: 100 });
    await outbox.postpone(postponed.id, { dueAt: JANUARY + HOUR_MS, reason: 'no answer' });
    await outbox.giveUp(givenUp.id, { at: JANUARY + 1, reason: 'no such mailbox' });
  });
}
