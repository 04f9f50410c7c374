import { describe, expect, it } from 'vitest';
import type { Notification } from '../../../src/domain/entities/notification.ts';
import type { Role } from '../../../src/domain/entities/user.ts';
import {
  aTransferMessage,
  aUser,
  aWelcome,
  freshId,
  JANUARY,
} from '../../../src/testing/fixtures/builders.ts';
import { aBankOfPeople } from '../../support/people.ts';

const AUDITOR = { kind: 'auditor', id: freshId() } as const;

/** A bank with mails that were given up, each for the same reason, and one that waits. */
async function withMails(...lost: readonly Notification[]) {
  const people = aBankOfPeople();
  const waiting = aWelcome();
  await people.store.unitOfWork.run(async ({ outbox }) => {
    for (const message of lost) await outbox.add(message);
    await outbox.claim({ now: JANUARY, leaseUntil: JANUARY + 60_000, limit: 1_000 });
    for (const { id } of lost) await outbox.giveUp(id, { at: JANUARY + 1, reason: 'no such mailbox' });
    await outbox.add(waiting);
  });
  const mails = people.bank.mails!;
  const positionsOf = async () => (await mails.list(AUDITOR, 'given_up', { limit: 200 })).items;
  const member = async (role: Role) => {
    const user = aUser({ role });
    await people.store.unitOfWork.run(({ users }) => users.insert(user, 'hash'));
    return user;
  };
  return { ...people, mails, waiting, positionsOf, member };
}

describe('mails that were not sent', () => {
  it('are listed without their texts', async () => {
    const [money, code] = [
      aTransferMessage(),
      {
        ...aWelcome(),
        kind: 'security',
        notice: 'confirm_new_email',
        email: 'new@example.com',
        linkId: 'a',
        address: '192.0.2.7',
        device: null,
        details: { secret: 'text' },
      } as const,
    ];
    const { mails, waiting } = await withMails(money, code);
    const state = { attempts: 1, dueAt: null, givenUpAt: JANUARY + 1, reason: 'no such mailbox' };
    const { items, nextCursor } = await mails.list(AUDITOR, 'given_up');
    expect(nextCursor).toBeNull();
    expect(new Map(items.map(({ position: _position, ...mail }) => [mail.messageId, mail]))).toEqual(
      new Map<string, unknown>([
        [
          money.id,
          {
            ...state,
            messageId: money.id,
            kind: 'transfer_received',
            notice: null,
            recipientId: money.recipientId,
            email: null,
            transferId: money.transferId,
            createdAt: money.at,
          },
        ],
        [
          code.id,
          {
            ...state,
            messageId: code.id,
            kind: 'security',
            notice: 'confirm_new_email',
            recipientId: code.recipientId,
            email: 'new@example.com',
            transferId: null,
            createdAt: code.at,
          },
        ],
      ]),
    );
    const other = await mails.list(AUDITOR, 'waiting');
    expect(other.items.map(({ messageId }) => messageId)).toEqual([waiting.id]);
    expect(await mails.countGivenUp(AUDITOR, 10)).toBe(2);
    expect(await mails.countGivenUp(AUDITOR, 1)).toBe(1);
  });

  it('are read by nobody but the staff, and a cursor belongs to one of the lists', async () => {
    const { mails } = await withMails(aWelcome(), aWelcome());
    const customer = { kind: 'user', id: freshId() } as const;
    const forbidden = { code: 'forbidden' };
    await expect(mails.list(customer, 'given_up')).rejects.toMatchObject(forbidden);
    await expect(mails.countGivenUp(customer, 5)).rejects.toMatchObject(forbidden);
    await expect(mails.ofTransfer(customer, freshId())).rejects.toMatchObject(forbidden);
    await expect(mails.ofTransfer(AUDITOR, freshId())).rejects.toMatchObject({ code: 'transfer_not_found' });

    const { nextCursor } = await mails.list(AUDITOR, 'given_up', { limit: 1 });
    const wrong = mails.list(AUDITOR, 'waiting', { cursor: nextCursor ?? '' });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(mails.list(AUDITOR, 'given_up', { limit: 0 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('trying mails again', () => {
  it('makes them due at once, leaves an event for each recipient, and wakes the dispatcher', async () => {
    const lost = [aTransferMessage(), aWelcome()];
    const { mails, positionsOf, member, bank, store, clock, commits } = await withMails(...lost);
    const operator = await member('operator');
    const positions = (await positionsOf()).map(({ position }) => position);
    const before = commits.length;
    const origin = { actorId: operator.id, origin: { address: '192.0.2.7', device: 'browser' } };
    expect(await mails.retry([...positions, 'nowhere'], origin)).toBe(2);
    expect(commits.length).toBe(before + 1);
    expect(await mails.retry(positions, origin)).toBe(0);
    expect(commits.length).toBe(before + 1);

    const claimed = await store.unitOfWork.run(({ outbox }) =>
      outbox.claim({ now: clock.now(), leaseUntil: clock.now() + 1, limit: 10 }),
    );
    const again = claimed.filter(({ message }) => lost.some(({ id }) => id === message.id));
    expect(again.map(({ attempt }) => attempt)).toEqual([1, 1]);
    for (const { id, kind, recipientId } of lost) {
      expect((await bank.listSecurityEvents(recipientId)).items).toMatchObject([
        {
          action: 'mail_retried',
          actorId: operator.id,
          address: '192.0.2.7',
          details: { mail: kind, messageId: id },
        },
      ]);
    }
  });

  it('is refused for anybody but operators and the system, and then changes nothing', async () => {
    const { mails, positionsOf, member, bank } = await withMails(aWelcome());
    const positions = (await positionsOf()).map(({ position }) => position);
    for (const role of ['customer', 'support', 'auditor'] as const) {
      const { id: actorId } = await member(role);
      await expect(mails.retry(positions, { actorId })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(mails.retryAll(5, { actorId })).rejects.toMatchObject({ code: 'forbidden' });
    }
    const former = await member('operator');
    await bank.lockUser({ user: { id: former.id }, reason: 'left the bank' });
    const refused = mails.retry(positions, { actorId: former.id });
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(await positionsOf()).toHaveLength(1);
  });

  it('takes all of them in several units, up to the number that is asked for', async () => {
    const { mails, positionsOf, member } = await withMails(...Array.from({ length: 120 }, () => aWelcome()));
    const { id: actorId } = await member('system');
    expect(await mails.retryAll(70, { actorId })).toEqual({ retried: 70, hasMore: true });
    expect(await positionsOf()).toHaveLength(50);
    expect(await mails.retryAll(70, { actorId })).toEqual({ retried: 50, hasMore: false });
    expect(await mails.retryAll(70, { actorId })).toEqual({ retried: 0, hasMore: false });
  });
});
