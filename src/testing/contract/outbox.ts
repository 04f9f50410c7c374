import { beforeEach, describe, expect, it } from 'vitest';
import type { ClaimedMessage, OutboxStore } from '../../application/ports/outbox.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import { JANUARY, aTransferMessage, aWelcome } from '../fixtures/builders.ts';
import { NO_CHANGES, aPrefetch } from '../fixtures/bank.ts';
import type { Subject } from './subject.ts';

const LEASE_MS = 60_000;

export function describeOutbox(subject: () => Subject): void {
  const outbox = <R>(work: (outbox: OutboxStore) => Promise<R>): Promise<R> =>
    subject().bank.unitOfWork.run((stores) => work(stores.outbox));
  const outboxElsewhere = <R>(work: (outbox: OutboxStore) => Promise<R>): Promise<R> =>
    subject().otherBank.unitOfWork.run((stores) => work(stores.outbox));
  const claim = (now: number, limit = 100, through = outbox): Promise<readonly ClaimedMessage[]> =>
    through((one) => one.claim({ now, leaseUntil: now + LEASE_MS, limit }));
  const add = async (...messages: readonly Notification[]) => {
    for (const message of messages) await outbox((one) => one.add(message));
  };

  const commit = (messages: readonly Notification[], messagesDueAt: number | null) =>
    subject().bank.unitOfWork.transact(
      aPrefetch({}),
      () => ({ result: undefined, changes: { ...NO_CHANGES, messages, messagesDueAt } }),
      subject().bank.deadline(),
    );

  describe('the outbox', () => {
    beforeEach(async () => {
      await subject().bank.takeMessages();
    });

    it('gives every kind of message as it was written', async () => {
      const messages = [
        aWelcome({ at: JANUARY }),
        aTransferMessage({ at: JANUARY + 1 }),
        aTransferMessage({
          at: JANUARY + 2,
          kind: 'transfer_between_own_accounts',
          description: null,
          counterparty: { name: null, account: null },
          balances: [
            { accountId: 'first', balance: -5n, held: 3n },
            // An older version stored no held amount
            { accountId: 'second', balance: 0n },
          ],
          reference: 'INV 7',
        }),
      ];
      await add(...messages);

      expect(await claim(JANUARY + 2, 100, outboxElsewhere)).toEqual(
        messages.map((message) => ({ message, attempt: 1 })),
      );
    });

    it('gives a message from its instant on, and not before', async () => {
      const message = aWelcome({ at: JANUARY + 10 });
      await add(message);
      expect(await claim(JANUARY + 9)).toEqual([]);
      expect(await claim(JANUARY + 10)).toEqual([{ message, attempt: 1 }]);
    });

    it('gives messages in order of their due time, up to the limit', async () => {
      const [third, first, second] = [
        aWelcome({ at: JANUARY + 3 }),
        aWelcome({ at: JANUARY + 1 }),
        aWelcome({ at: JANUARY + 2 }),
      ];
      await add(third, first, second);

      expect(await claim(JANUARY + 5, 2)).toEqual([
        { message: first, attempt: 1 },
        { message: second, attempt: 1 },
      ]);
      expect(await claim(JANUARY + 5, 2)).toEqual([{ message: third, attempt: 1 }]);
    });

    it('gives a claimed message to nobody else until its lease ends, and then as another attempt', async () => {
      const message = aWelcome();
      await add(message);
      expect(await claim(JANUARY)).toEqual([{ message, attempt: 1 }]);

      expect(await claim(JANUARY + LEASE_MS - 1, 100, outboxElsewhere)).toEqual([]);
      expect(await claim(JANUARY + LEASE_MS, 100, outboxElsewhere)).toEqual([{ message, attempt: 2 }]);
    });

    it('gives a sent message to nobody', async () => {
      const [sent, waiting] = [aWelcome(), aWelcome()];
      await add(sent, waiting);
      await claim(JANUARY);
      await outbox((one) => one.markSent([sent.id]));

      expect(await claim(JANUARY + LEASE_MS)).toEqual([{ message: waiting, attempt: 2 }]);
    });

    it('counts the messages that wait or are being sent, and not those sent or given up', async () => {
      const { outbox: reads } = subject().second;
      // A store may have no count
      if (!reads) return;
      const [sent, lost, claimed] = [aWelcome(), aWelcome(), aWelcome()];
      await add(sent, lost, claimed);
      // One batch, whose texts look like messages
      const text = '"recipientId":"a","kind":"digest"';
      const batch = [aTransferMessage({ description: text }), aTransferMessage({ description: text })];
      await commit(batch, JANUARY + LEASE_MS);
      expect(await reads.countWaiting(100)).toBe(5);

      await claim(JANUARY);
      await outbox((one) => one.markSent([sent.id]));
      await outbox((one) => one.giveUp(lost.id, { at: JANUARY, reason: 'no such address' }));
      expect(await reads.countWaiting(100)).toBe(3);
      const digest: Notification = {
        ...aWelcome(),
        kind: 'digest',
        since: JANUARY,
        listed: batch,
        totals: [],
      };
      await add(digest);
      expect(await reads.countWaiting(100)).toBe(4);
    });

    it('stops counting soon after the number that is asked for', async () => {
      const { outbox: reads } = subject().second;
      if (!reads) return;
      await commit(
        Array.from({ length: 1_000 }, () => aTransferMessage()),
        null,
      );
      const counted = await reads.countWaiting(1);
      expect(counted).toBeGreaterThan(0);
      expect(counted).toBeLessThanOrEqual(1_000);
      expect(await reads.countWaiting(5_000)).toBe(1_000);
    });

    it('gives a postponed message when it is due again, before or after its lease ends', async () => {
      const [sooner, later] = [aWelcome(), aWelcome({ at: JANUARY + 1 })];
      await add(sooner, later);
      await claim(JANUARY + 1);
      await outbox((one) => one.postpone(sooner.id, { dueAt: JANUARY + 50, reason: 'timed out' }));
      await outbox((one) => one.postpone(later.id, { dueAt: JANUARY + 2 * LEASE_MS, reason: 'timed out' }));

      expect(await claim(JANUARY + 49)).toEqual([]);
      expect(await claim(JANUARY + 50)).toEqual([{ message: sooner, attempt: 2 }]);
      await outbox((one) => one.markSent([sooner.id]));
      expect(await claim(JANUARY + 2 * LEASE_MS - 1)).toEqual([]);
      expect(await claim(JANUARY + 2 * LEASE_MS)).toEqual([{ message: later, attempt: 2 }]);
    });

    it('counts every attempt', async () => {
      const message = aWelcome();
      await add(message);
      const attempts: number[] = [];
      for (let round = 0; round < 4; round++) {
        const now = JANUARY + round;
        const claimed = await claim(now);
        attempts.push(...claimed.map(({ attempt }) => attempt));
        await outbox((one) => one.postpone(message.id, { dueAt: now + 1, reason: 'timed out' }));
      }
      expect(attempts).toEqual([1, 2, 3, 4]);
    });

    it('gives a released message immediately, as another attempt', async () => {
      const [released, kept] = [aWelcome(), aWelcome()];
      await add(released, kept);
      await claim(JANUARY);
      await outbox((one) => one.release([released.id], JANUARY + 1));

      expect(await claim(JANUARY)).toEqual([]);
      expect(await claim(JANUARY + 1)).toEqual([{ message: released, attempt: 2 }]);
    });

    it('counts no attempt for messages that were put back, alone or with their unit', async () => {
      const [first, second, third, alone] = [1, 2, 3, 4].map((at) => aWelcome({ at: JANUARY + at })) as [
        Notification,
        Notification,
        Notification,
        Notification,
      ];
      await commit([first, second, third], null);
      await add(alone);
      const putBack = (messages: readonly Notification[], dueAt: number) =>
        outbox((one) =>
          one.putBack(
            messages.map(({ id }) => id),
            { dueAt, reason: 'no sign-in' },
          ),
        );
      for (const at of [10, 20, 30]) {
        const claimed = await claim(JANUARY + at);
        expect(claimed.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
        await putBack([first, second], JANUARY + at + 5);
        await putBack([third, alone], JANUARY + at + 5);
        expect(await claim(JANUARY + at + 4)).toEqual([]);
      }
      await claim(JANUARY + 40);
      await outbox((one) => one.postpone(first.id, { dueAt: JANUARY + 50, reason: 'timed out' }));
      await putBack([second, third, alone], JANUARY + 50);

      const last = await claim(JANUARY + 50, 100, outboxElsewhere);
      expect(new Map(last.map(({ message, attempt }) => [message.id, attempt]))).toEqual(
        new Map([
          [first.id, 2],
          [second.id, 1],
          [third.id, 1],
          [alone.id, 1],
        ]),
      );
    });

    it('gives messages that a unit wrote as claimed once the claim ends, as another attempt', async () => {
      const messages = [aTransferMessage({ at: JANUARY }), aWelcome({ at: JANUARY })];
      await commit(messages, JANUARY + 50);

      expect(await claim(JANUARY + 49, 100, outboxElsewhere)).toEqual([]);
      expect(await claim(JANUARY + 50, 100, outboxElsewhere)).toEqual(
        messages.map((message) => ({ message, attempt: 2 })),
      );
    });

    it('lets the process that wrote messages as claimed mark, postpone, release and give them up', async () => {
      const [sent, postponed, givenUp, released, rest] = [1, 2, 3, 4, 5].map((at) =>
        aWelcome({ at: JANUARY + at }),
      ) as [Notification, Notification, Notification, Notification, Notification];
      await commit([sent, postponed, givenUp, released, rest], JANUARY + 50);
      await outbox(async (one) => {
        await one.markSent([sent.id]);
        await one.postpone(postponed.id, { dueAt: JANUARY + 20, reason: 'timed out' });
        await one.giveUp(givenUp.id, { at: JANUARY + 6, reason: 'no such mailbox' });
        await one.release([released.id], JANUARY + 10);
      });

      expect(await claim(JANUARY + 9)).toEqual([]);
      expect(await claim(JANUARY + 10)).toEqual([{ message: released, attempt: 2 }]);
      expect(await claim(JANUARY + 20)).toEqual([{ message: postponed, attempt: 2 }]);
      expect(await claim(JANUARY + 50)).toEqual([{ message: rest, attempt: 2 }]);
      expect(await claim(JANUARY + 50)).toEqual([]);
    });

    it('marks a message as sent only while it is claimed', async () => {
      const messages = [aWelcome({ at: JANUARY }), aWelcome({ at: JANUARY })];
      const ids = messages.map(({ id }) => id);
      const sayAll = () => outbox((one) => one.markSent(ids));
      await commit(messages, null);
      await sayAll();
      const claimed = await claim(JANUARY);
      expect(claimed).toHaveLength(2);

      await outbox((one) => one.release(ids, JANUARY + 5));
      expect(await claim(JANUARY + 5)).toHaveLength(2);
      await sayAll();
      expect(await claim(JANUARY + 2 * LEASE_MS)).toEqual([]);
    });

    it('gives the messages of one unit in parts if the limit is lower', async () => {
      const messages = Array.from({ length: 5 }, () => aWelcome());
      await commit(messages, null);

      const parts: (readonly ClaimedMessage[])[] = [];
      for (const limit of [2, 1, 2, 2]) parts.push(await claim(JANUARY, limit));
      expect(parts.map((part) => part.length)).toEqual([2, 1, 2, 0]);
      expect(parts.flat().map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
      expect(new Set(parts.flat().map(({ message }) => message.id))).toEqual(
        new Set(messages.map(({ id }) => id)),
      );
      await outbox((one) => one.markSent([parts[0]?.[1]?.message.id ?? '']));
      expect(await claim(JANUARY + LEASE_MS)).toHaveLength(4);
    });

    it('accepts the messages of a large unit', async () => {
      const messages = Array.from({ length: 450 }, () => aWelcome());
      await commit(messages, null);

      const claimed = await claim(JANUARY, 1000);
      expect(new Set(claimed.map(({ message }) => message.id)).size).toBe(450);
      await outbox((one) => one.markSent(claimed.slice(1).map(({ message }) => message.id)));
      expect(await claim(JANUARY + LEASE_MS, 1000)).toEqual([{ message: claimed[0]?.message, attempt: 2 }]);
    });

    it('gives a message that was given up to nobody', async () => {
      const message = aWelcome();
      await add(message);
      await claim(JANUARY);
      await outbox((one) => one.giveUp(message.id, { at: JANUARY + 1, reason: 'no such mailbox' }));

      expect(await claim(JANUARY + 10 * LEASE_MS)).toEqual([]);
    });

    it('ignores changes to a message that does not exist', async () => {
      await outbox(async (one) => {
        await one.markSent(['nothing']);
        await one.postpone('nothing', { dueAt: JANUARY, reason: 'timed out' });
        await one.giveUp('nothing', { at: JANUARY, reason: 'no such mailbox' });
      });
      expect(await claim(JANUARY + 10 * LEASE_MS)).toEqual([]);
    });

    it('gives each message to exactly one of two concurrent claimants', async () => {
      const messages = Array.from({ length: 60 }, (_, index) => aWelcome({ at: JANUARY + index }));
      await outbox(async (one) => {
        for (const message of messages) await one.add(message);
      });

      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          claim(JANUARY + 100, 10, index % 2 === 0 ? outbox : outboxElsewhere),
        ),
      );
      // While others hold claims, a claim may find less than exists. Unclaimed messages remain
      const rest = await claim(JANUARY + 100);
      const taken = [...claims.flat(), ...rest];
      expect(taken.map(({ attempt }) => attempt)).toEqual(messages.map(() => 1));
      expect(taken.map(({ message }) => message.id).toSorted()).toEqual(
        messages.map(({ id }) => id).toSorted(),
      );
    });
  });
}
