import { describe, expect, it } from 'vitest';
import type { Stores } from '../../application/ports/ledger-store.ts';
import { beginHour, gather, NOTHING_GATHERED } from '../../domain/entities/mail-hour.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import { aTransferMessage, freshId, JANUARY } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const HOUR_MS = 3_600_000;
/** An instant long before the mail hours of all other tests. */
const OLD = JANUARY - 1_000 * HOUR_MS;

export function describeMailHours(subject: () => Subject): void {
  const run = <R>(work: (stores: Stores) => Promise<R>): Promise<R> => subject().bank.unitOfWork.run(work);
  const runElsewhere = <R>(work: (stores: Stores) => Promise<R>): Promise<R> =>
    subject().otherBank.unitOfWork.run(work);

  describe('the mail hour of a recipient', () => {
    it('is found with every field as last stored', async () => {
      const recipientId = freshId();
      const hour = beginHour(recipientId, OLD);
      const gathered = gather(NOTHING_GATHERED, aTransferMessage({ recipientId, amount: 2n ** 61n }));
      const full: MailHour = { ...hour, sent: ['a', 'b'], gathered };
      await run(({ mailHours }) => mailHours.keep([hour]));
      await run(({ mailHours }) => mailHours.keep([full, beginHour(freshId(), OLD)]));
      expect(await runElsewhere(({ mailHours }) => mailHours.find([recipientId, freshId()]))).toEqual([full]);
    });

    it('is taken by one client alone, after it ended', async () => {
      const hours = [1, 2, 3].map((at) => beginHour(freshId(), OLD - at * HOUR_MS));
      await run(({ mailHours }) => mailHours.keep(hours));
      const ids = hours.map(({ recipientId }) => recipientId);
      const take = (through: typeof run) =>
        through(({ mailHours }) => mailHours.takeEnded({ now: OLD - HOUR_MS, limit: 100 }));
      const taken = (await Promise.all([take(run), take(runElsewhere)])).flat();
      expect(taken.map(({ recipientId }) => recipientId).toSorted()).toEqual(ids.slice(1).toSorted());
      expect(await run(({ mailHours }) => mailHours.find(ids))).toEqual(hours.slice(0, 1));
    });

    it('is restored if its unit rolls back', async () => {
      const hour = beginHour(freshId(), OLD - 10 * HOUR_MS);
      await run(({ mailHours }) => mailHours.keep([hour]));
      const undone = run(async ({ mailHours }) => {
        await mailHours.takeEnded({ now: OLD - 9 * HOUR_MS, limit: 100 });
        throw new Error('no');
      });
      await expect(undone).rejects.toThrow('no');
      expect(await run(({ mailHours }) => mailHours.find([hour.recipientId]))).toEqual([hour]);
    });
  });
}
