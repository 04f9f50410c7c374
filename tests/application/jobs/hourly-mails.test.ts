import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { OutboxDispatcher } from '../../../src/application/jobs/outbox-dispatcher.ts';
import type {
  DigestMessage,
  Notification,
  TransferNotification,
} from '../../../src/domain/entities/notification.ts';
import { NO_CHANGES, aPrefetch } from '../../../src/testing/fixtures/bank.ts';
import { aTransferMessage, aUser, aWelcome, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { RecordingLog, RecordingMailer } from '../../support/people.ts';

const HOUR_MS = 3_600_000;

async function anOutbox() {
  const clock = new FixedClock();
  const { unitOfWork } = createMemoryStore({ rehearsals: 1 });
  const [vic, bob] = [aUser(), aUser()];
  await unitOfWork.run(async ({ users }) => {
    await users.insert(vic, 'hash');
    await users.insert(bob, 'hash');
  });
  const mailer = new RecordingMailer();
  const open = () =>
    new OutboxDispatcher({
      unitOfWork,
      mailer,
      clock,
      log: new RecordingLog(),
      options: { batch: 10, pollMs: 5 },
    });
  const dispatcher = open();
  return {
    clock,
    vic,
    bob,
    mailer,
    open,
    dispatcher,
    add: (messages: readonly Notification[]) =>
      unitOfWork.run(async ({ outbox }) => {
        for (const message of messages) await outbox.add(message);
      }),
    /** As a unit of the ledger writes them, for the dispatcher that runs. */
    hand: async (messages: readonly Notification[]) => {
      const until = dispatcher.reserve();
      await unitOfWork.transact(
        aPrefetch({}),
        () => ({ result: undefined, changes: { ...NO_CHANGES, messages, messagesDueAt: until } }),
        clock.now(),
      );
      if (until !== null) dispatcher.accept(messages, until);
    },
    dispatchAll: async (by = dispatcher) => {
      while ((await by.dispatch()) > 0);
    },
    idsTo: ({ id }: { id: string }) =>
      mailer.sent.filter(({ recipient }) => recipient.id === id).map(({ message }) => message.id),
    digests: () =>
      mailer.sent.map(({ message }) => message).filter((one): one is DigestMessage => one.kind === 'digest'),
  };
}

function moneyFor({ id }: { id: string }, count: number, facts: Partial<TransferNotification> = {}) {
  return Array.from({ length: count }, () => aTransferMessage({ recipientId: id, amount: 1n, ...facts }));
}

describe('money mails to one recipient', () => {
  it('are limited to twelve an hour, followed by one digest that covers the rest', async () => {
    const outbox = await anOutbox();
    const { clock, vic, bob, add, dispatchAll, idsTo, digests } = outbox;
    const since = clock.now();
    const messages = moneyFor(vic, 3_000, { reference: 'INV 7' });
    await add([...messages, ...moneyFor(bob, 3)]);
    await dispatchAll();
    expect(idsTo(vic)).toEqual(messages.slice(0, 12).map(({ id }) => id));
    expect(idsTo(bob)).toHaveLength(3);

    clock.advance(HOUR_MS - 1);
    await dispatchAll();
    expect(idsTo(vic)).toHaveLength(12);
    clock.advance(1);
    await dispatchAll();
    const digest = digests()[0];
    expect(digests()).toHaveLength(1);
    expect(digest).toStrictEqual({
      kind: 'digest',
      id: `${vic.id}.digest.${since}`,
      recipientId: vic.id,
      at: since + HOUR_MS,
      since,
      listed: messages
        .slice(12, 32)
        .map(({ reference: _erasable, ...message }) => ({ ...message, description: null })),
      totals: [{ kind: 'transfer_received', currency: 'EUR', exponent: 2, count: 2_988, amount: 2_988n }],
    });
    clock.advance(10 * HOUR_MS);
    await dispatchAll();
    expect(idsTo(vic)).toHaveLength(13);
  });

  it('are counted across dispatchers and restarts, and start afresh with the next hour', async () => {
    const { clock, vic, open, add, dispatchAll, idsTo, digests } = await anOutbox();
    for (let round = 0; round < 4; round++) {
      await add(moneyFor(vic, 5));
      await dispatchAll(open());
    }
    expect(idsTo(vic)).toHaveLength(12);
    clock.advance(HOUR_MS);
    await add(moneyFor(vic, 5));
    await dispatchAll(open());
    expect(idsTo(vic)).toHaveLength(12 + 1 + 5);
    expect(digests().map(({ totals }) => totals[0]?.count)).toEqual([8]);
  });

  it('lose nothing if the next mail precedes the digest of the previous hour', async () => {
    const { clock, vic, open, add, dispatchAll, digests } = await anOutbox();
    for (const _hour of [1, 2, 3]) {
      await add(moneyFor(vic, 14));
      await dispatchAll(open());
      clock.advance(HOUR_MS);
    }
    await dispatchAll(open());
    expect(digests().map(({ totals }) => totals[0]?.count)).toEqual([2, 2, 2]);
    expect(new Set(digests().map(({ id }) => id)).size).toBe(3);
  });

  it('count once, even if they are sent again after a failure', async () => {
    const { clock, vic, open, add, mailer, dispatchAll, idsTo, digests } = await anOutbox();
    const messages = moneyFor(vic, 12);
    await add(messages);
    mailer.fail(12);
    await dispatchAll(open());
    for (let minute = 0; minute < 20; minute++) {
      clock.advance(60_000);
      await dispatchAll(open());
    }
    expect(idsTo(vic).toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
    clock.advance(HOUR_MS);
    await dispatchAll(open());
    expect(digests()).toEqual([]);
  });

  it('do not hold back a welcome', async () => {
    const { vic, add, dispatchAll, idsTo } = await anOutbox();
    await add([...moneyFor(vic, 20), ...Array.from({ length: 20 }, () => aWelcome({ recipientId: vic.id }))]);
    await dispatchAll();
    expect(idsTo(vic)).toHaveLength(12 + 20);
  });

  it('that are delivered directly are gathered too, and stored before the dispatcher stops', async () => {
    const { clock, vic, dispatcher, open, hand, idsTo, dispatchAll, digests } = await anOutbox();
    dispatcher.start();
    await new Promise(setImmediate);
    await hand(moneyFor(vic, 12));
    await until(() => idsTo(vic).length === 12);
    for (let round = 0; round < 5; round++) await hand(moneyFor(vic, 10));
    await dispatcher.stop();
    await dispatchAll(open());
    expect(idsTo(vic)).toHaveLength(12);
    clock.advance(HOUR_MS);
    await dispatchAll(open());
    expect(digests().map(({ totals }) => totals[0]?.count)).toEqual([50]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
