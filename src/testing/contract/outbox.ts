import { beforeEach, describe, expect, it } from 'vitest';
import type {
  ClaimedMessage,
  OutboxReads,
  OutboxStore,
  UnsentMessage,
  UnsentState,
} from '../../application/ports/outbox.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import { JANUARY, aTransferMessage, aWelcome, freshId } from '../fixtures/builders.ts';
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

    describe('lists what was not sent', () => {
      const giveUp = (message: Notification, at: number) =>
        outbox((one) => one.giveUp(message.id, { at, reason: 'no such mailbox' }));
      /** Reads a list to its end, in pages. */
      const listed = async (state: UnsentState, limit = 100) => {
        const all: UnsentMessage[] = [];
        for (let after: string | null = null, pages = 0; pages < 1_000; pages++) {
          const page: Awaited<ReturnType<OutboxReads['unsent']>> = await reads().unsent({
            state,
            after,
            limit,
          });
          expect(page.messages.length).toBeLessThanOrEqual(limit);
          all.push(...page.messages);
          after = page.next;
          if (after === null) return all;
        }
        throw new TypeError('The list does not end');
      };
      const reads = (): OutboxReads => {
        const { outbox: found } = subject().second;
        if (!found) throw new TypeError('The store has no reads of its outbox');
        return found;
      };
      const withoutPosition = ({ position: _position, ...facts }: UnsentMessage) => facts;
      const idsOf = (all: readonly UnsentMessage[]) => all.map(({ message }) => message.id).toSorted();

      // Nothing takes what other tests gave up out of the outbox
      beforeEach(async () => {
        if (!subject().second.outbox) return;
        const positions = (await listed('given_up')).map(({ position }) => position);
        await outbox((one) => one.retry(positions, JANUARY));
        await subject().bank.takeMessages();
      });

      it('each message with its attempts, when it is due, and why it failed last', async ({ skip }) => {
        // A store may have none
        if (!subject().second.outbox) skip();
        const [fresh, postponed, putBack, lost] = [
          aWelcome({ at: JANUARY + 1_000 }),
          aTransferMessage(),
          aTransferMessage(),
          aWelcome(),
        ];
        await add(fresh, lost);
        await commit([postponed, putBack], JANUARY + LEASE_MS);
        await claim(JANUARY);
        await giveUp(lost, JANUARY + 5);
        await outbox(async (one) => {
          await one.postpone(postponed.id, { dueAt: JANUARY + 70, reason: 'timed out' });
          await one.putBack([putBack.id], { dueAt: JANUARY + 80, reason: 'no sign-in' });
        });

        const waiting = new Map(
          (await listed('waiting')).map((one) => [one.message.id, withoutPosition(one)]),
        );
        const state = { givenUpAt: null };
        expect(waiting).toEqual(
          new Map<string, unknown>([
            [fresh.id, { ...state, message: fresh, attempts: 0, dueAt: JANUARY + 1_000, reason: null }],
            [
              postponed.id,
              { ...state, message: postponed, attempts: 1, dueAt: JANUARY + 70, reason: 'timed out' },
            ],
            [
              putBack.id,
              { ...state, message: putBack, attempts: 0, dueAt: JANUARY + 80, reason: 'no sign-in' },
            ],
          ]),
        );
        expect((await listed('given_up')).map(withoutPosition)).toEqual([
          { message: lost, attempts: 1, dueAt: null, givenUpAt: JANUARY + 5, reason: 'no such mailbox' },
        ]);
      });

      it('in pages of any length, each message once, those of one unit too', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        const units = [1, 7, 3].map((count) => Array.from({ length: count }, () => aTransferMessage()));
        for (const unit of units) await commit(unit, null);
        const lost = Array.from({ length: 4 }, () => aWelcome());
        await add(...lost);
        await claim(JANUARY);
        for (const message of lost) await giveUp(message, JANUARY + 1);

        const ids = units
          .flat()
          .map(({ id }) => id)
          .toSorted();
        for (const limit of [1, 2, 3, 4, 100]) {
          expect(idsOf(await listed('waiting', limit))).toEqual(ids);
          expect(idsOf(await listed('given_up', limit))).toEqual(lost.map(({ id }) => id).toSorted());
        }
      });

      it('goes on after a message that was sent meanwhile', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        const unit = Array.from({ length: 4 }, () => aTransferMessage());
        await commit(unit, null);
        await claim(JANUARY);
        const first = await reads().unsent({ state: 'waiting', after: null, limit: 2 });
        const last = first.messages.at(-1)?.message.id ?? '';
        await outbox((one) => one.markSent([last]));

        const rest = await reads().unsent({ state: 'waiting', after: first.next, limit: 100 });
        const seen = new Set([...first.messages, ...rest.messages].map(({ message }) => message.id));
        expect(seen).toEqual(new Set(unit.map(({ id }) => id)));
      });

      it('and counts those that were given up', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        expect(await reads().countGivenUp(100)).toBe(0);
        const lost = Array.from({ length: 3 }, () => aWelcome());
        await add(...lost, aWelcome());
        await claim(JANUARY);
        for (const message of lost) await giveUp(message, JANUARY + 1);
        expect(await reads().countGivenUp(100)).toBe(3);
        const counted = await reads().countGivenUp(2);
        expect(counted).toBeGreaterThanOrEqual(2);
        expect(counted).toBeLessThanOrEqual(3);
      });

      it('about one transfer, and the digests that list it', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        const [mine, other] = [aTransferMessage(), aTransferMessage({ description: 'not this one' })];
        const later = aTransferMessage({ transferId: mine.transferId });
        // Texts are no ids
        const liar = aTransferMessage({ description: mine.transferId });
        const digest: Notification = {
          ...aWelcome(),
          kind: 'digest',
          since: JANUARY,
          listed: [other, mine],
          totals: [],
        };
        await commit([other, mine, liar], null);
        await add(later, digest, { ...digest, id: freshId(), listed: [other] }, aWelcome());
        await claim(JANUARY);
        await giveUp(later, JANUARY + 9);

        const found = await reads().unsentAbout(mine.transferId);
        expect(found.isPartial).toBe(false);
        const states = found.messages.map(({ message, givenUpAt }) => [message.id, givenUpAt] as const);
        expect(new Map(states)).toEqual(
          new Map([
            [mine.id, null],
            [later.id, JANUARY + 9],
            [digest.id, null],
          ]),
        );
        expect(await reads().unsentAbout('.*')).toEqual({ messages: [], isPartial: false });
      });

      it('and makes what was given up due again, alone of its unit, as a first attempt', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        const [lost, left, sent] = [aTransferMessage(), aTransferMessage(), aTransferMessage()];
        await commit([lost, left, sent], null);
        await claim(JANUARY);
        await claim(JANUARY + LEASE_MS);
        await giveUp(lost, JANUARY + LEASE_MS);
        await giveUp(left, JANUARY + LEASE_MS);
        await outbox((one) => one.markSent([sent.id]));
        const positions = new Map(
          (await listed('given_up')).map(({ message, position }) => [message.id, position]),
        );
        const position = positions.get(lost.id) ?? '';

        // Another process than the one that gave it up
        const retried = await outboxElsewhere((one) =>
          one.retry([position, position, 'nowhere'], JANUARY + 9),
        );
        expect(retried).toEqual([lost]);
        expect((await listed('waiting')).map(withoutPosition)).toEqual([
          { message: lost, attempts: 0, dueAt: JANUARY + 9, givenUpAt: null, reason: 'no such mailbox' },
        ]);
        expect(idsOf(await listed('given_up'))).toEqual([left.id]);
        expect(await outbox((one) => one.retry([position], JANUARY + 10))).toEqual([]);
        expect(await claim(JANUARY + 8)).toEqual([]);
        expect(await claim(JANUARY + 9)).toEqual([{ message: lost, attempt: 1 }]);
        await outbox((one) => one.markSent([lost.id]));
        expect(await listed('waiting')).toEqual([]);
      });

      it('and makes nothing due that waits, or that has left its batch', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        const [sent, lost] = [aTransferMessage(), aTransferMessage()];
        await commit([sent, lost], null);
        await claim(JANUARY);
        const waiting = new Map((await listed('waiting')).map((one) => [one.message.id, one.position]));
        const retry = () => outbox((one) => one.retry([waiting.get(sent.id) ?? ''], JANUARY + 2));
        expect(await retry()).toEqual([]);
        await outbox((one) => one.markSent([sent.id]));
        await giveUp(lost, JANUARY + 1);

        expect(await retry()).toEqual([]);
        expect(idsOf(await listed('given_up'))).toEqual([lost.id]);
        expect(await claim(JANUARY + 10 * LEASE_MS)).toEqual([]);
      });

      it('and makes nothing due if the unit fails', async ({ skip }) => {
        if (!subject().second.outbox) skip();
        const lost = aWelcome();
        await add(lost);
        await claim(JANUARY);
        await giveUp(lost, JANUARY + 1);
        const [given] = await listed('given_up');
        const failing = outbox(async (one) => {
          await one.retry([given?.position ?? ''], JANUARY + 2);
          throw new TypeError('changed its mind');
        });
        await expect(failing).rejects.toThrow('changed its mind');
        expect(idsOf(await listed('given_up'))).toEqual([lost.id]);
        expect(await claim(JANUARY + 10 * LEASE_MS)).toEqual([]);
      });
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
