import { describe, expect, it } from 'vitest';
import type { Stores } from '../../application/ports/ledger-store.ts';
import { systemAccountId } from '../../domain/entities/account.ts';
import { aCustomer, aPayee, aUser, freshId, JANUARY } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describePayees(subject: () => Subject): void {
  const run = <R>(work: (stores: Stores) => Promise<R>): Promise<R> => subject().bank.unitOfWork.run(work);
  const runElsewhere = <R>(work: (stores: Stores) => Promise<R>): Promise<R> =>
    subject().otherBank.unitOfWork.run(work);

  describe('payees', () => {
    it('are found by id and by account, with every field as written', async () => {
      const payee = aPayee();
      const bare = aPayee({ userId: payee.userId, label: null, confirmedName: null, savedAt: null });
      await run(async ({ payees }) => {
        await payees.keep(payee);
        await payees.keep(bare);
      });
      const found = await runElsewhere(async ({ payees }) => ({
        byId: await payees.find(bare.id),
        at: await payees.at(payee.userId, payee.accountId),
        ofAnother: await payees.at(freshId(), payee.accountId),
        atAnother: await payees.at(payee.userId, freshId()),
        unknown: await payees.find(freshId()),
      }));
      expect(found).toStrictEqual({
        byId: bare,
        at: payee,
        ofAnother: undefined,
        atAnother: undefined,
        unknown: undefined,
      });
    });

    it('are replaced in every field', async () => {
      const payee = aPayee({ label: null, savedAt: null });
      await run(({ payees }) => payees.keep(payee));
      const changed = aPayee({ id: payee.id, userId: payee.userId, confirmedName: null, label: 'Gym' });
      await run(({ payees }) => payees.keep(changed));
      expect(await runElsewhere(({ payees }) => payees.find(payee.id))).toStrictEqual(changed);
      expect(await runElsewhere(({ payees }) => payees.at(payee.userId, payee.accountId))).toBeUndefined();
    });

    it('are listed by id, saved or not, page by page, and of one user alone', async () => {
      const userId = freshId();
      const [first, second, third] = [
        aPayee({ userId }),
        aPayee({ userId, savedAt: null }),
        aPayee({ userId, label: null }),
      ];
      await run(async ({ payees }) => {
        for (const one of [third, first, second, aPayee()]) await payees.keep(one);
      });
      const page = (after: string | null, limit: number) =>
        runElsewhere(({ payees }) => payees.page(userId, { after, limit }));
      expect(await page(null, 10)).toStrictEqual([first, second, third]);
      expect(await page(first.id, 1)).toStrictEqual([second]);
      expect(await runElsewhere(({ payees }) => payees.savedOf(userId))).toStrictEqual([first, third]);
    });

    it('are one for each user and account, even if several units add it at once', async () => {
      const { userId, accountId } = aPayee();
      const kept = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? run : runElsewhere)(async ({ payees }) => {
            const known = await payees.at(userId, accountId);
            if (!known) await payees.keep(aPayee({ userId, accountId }));
            return known === undefined;
          }),
        ),
      );
      expect(kept.filter(Boolean)).toHaveLength(1);
      expect(await run(({ payees }) => payees.savedOf(userId))).toHaveLength(1);
    });

    it('are restored if the unit that removed or changed them rolls back', async () => {
      const userId = freshId();
      const [removed, changed, added] = [aPayee({ userId }), aPayee({ userId }), aPayee({ userId })];
      await run(async ({ payees }) => {
        await payees.keep(removed);
        await payees.keep(changed);
      });
      const undone = run(async ({ payees }) => {
        await payees.remove(removed.id);
        await payees.eraseNamesAt([changed.accountId]);
        await payees.keep(added);
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
      expect(await run(({ payees }) => payees.savedOf(userId))).toStrictEqual([removed, changed]);
    });

    it('are removed one by one, and all of one user without those of others', async () => {
      const userId = freshId();
      const [gone, also, other] = [aPayee({ userId }), aPayee({ userId, savedAt: null }), aPayee()];
      await run(async ({ payees }) => {
        for (const one of [gone, also, other]) await payees.keep(one);
      });
      await run(({ payees }) => payees.remove(gone.id));
      await run(({ payees }) => payees.remove(freshId()));
      const left = () => runElsewhere(({ payees }) => payees.page(userId, { after: null, limit: 9 }));
      expect(await left()).toStrictEqual([also]);
      await run(({ payees }) => payees.removeOf(userId));
      expect(await left()).toEqual([]);
      expect(await runElsewhere(({ payees }) => payees.find(other.id))).toStrictEqual(other);
    });

    it('lose the confirmed name when its bearer is erased, in the payees of all users', async () => {
      const accountId = freshId();
      const [one, two, other] = [aPayee({ accountId }), aPayee({ accountId }), aPayee()];
      await run(async ({ payees }) => {
        for (const payee of [one, two, other]) await payees.keep(payee);
        await payees.eraseNamesAt([accountId, freshId()]);
        await payees.eraseNamesAt([]);
      });
      const found = await runElsewhere(({ payees }) =>
        Promise.all([one, two, other].map(({ id }) => payees.find(id))),
      );
      expect(found).toStrictEqual([{ ...one, confirmedName: null }, { ...two, confirmedName: null }, other]);
    });

    it('are read outside a transaction with their accounts and the current state of the owners', async () => {
      const { bank, otherBank } = subject();
      const [owner, other] = [aUser({ name: 'Ada' }), aUser({ name: 'Bob' })];
      await run(async ({ users }) => {
        await users.insert(owner, 'hash');
        await users.insert(other, 'hash');
      });
      const ids = [
        await bank.open({ ...aCustomer(), id: owner.id }),
        await bank.open({ ...aCustomer(), id: other.id }),
      ];
      const ofNobody = await bank.account(aCustomer(), { funds: 1n });
      const payee = aPayee({ accountId: ids[0] ?? '' });
      const locked = other.lock(JANUARY);
      await run(async ({ payees, users }) => {
        await payees.keep(payee);
        await payees.keep(aPayee({ accountId: ids[1] ?? '' }));
        await users.replace(locked);
      });
      const numbers = await Promise.all(ids.map(async (id) => (await bank.reads.account(id))?.number));
      const found = await otherBank.reads.accountsOfPayees(payee.userId, [
        ...ids,
        ...ids,
        ofNobody,
        systemAccountId('funding', 'EUR'),
        freshId(),
      ]);
      expect(found.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1))).toStrictEqual([
        { accountId: ids[0], number: numbers[0], owner, payee },
        { accountId: ids[1], number: numbers[1], owner: locked, payee: null },
      ]);
      expect(await otherBank.reads.accountsOfPayees(payee.userId, [])).toEqual([]);
    });
  });
}
