import type { Viewer } from '../../domain/actor.ts';
import { expectedMails } from '../../domain/decisions/notify-parties.ts';
import type { ExpectedMail } from '../../domain/decisions/notify-parties.ts';
import { PassbookError } from '../../domain/errors.ts';
import type { LedgerReads } from '../ports/ledger-store.ts';
import type { OutboxReads } from '../ports/outbox.ts';
import { requireReader } from '../views.ts';
import { viewMail } from './list-unsent-mails.ts';
import type { UnsentMail } from './list-unsent-mails.ts';

/** A mail that a step of a transfer called for. */
export type MailOfTransfer = ExpectedMail & {
  /** The mail in the outbox, or else the digest there that lists it. Null: it was sent, or waits for a digest. */
  readonly unsent: UnsentMail | null;
};

export type MailsOfTransfer = {
  readonly mails: readonly MailOfTransfer[];
  /** Whether the outbox is too long to look at all of it, so that a mail without `unsent` may wait all the same. */
  readonly isPartial: boolean;
};

/**
 * Returns the mails that the steps of a transfer called for, and what the outbox holds of them. Mails that were sent are
 * not kept.
 * @throws PassbookError `forbidden` for a user; `transfer_not_found`, `unavailable`
 */
export function mailsOfTransfer({ reads, outbox }: { reads: LedgerReads; outbox: OutboxReads }) {
  return async (viewer: Viewer, transferId: string): Promise<MailsOfTransfer> => {
    requireReader(viewer);
    const transfer = await reads.transfer(transferId);
    if (!transfer) throw new PassbookError('transfer_not_found');
    const expected = expectedMails(transfer);
    if (expected.length === 0) return { mails: [], isPartial: false };

    const { messages, isPartial } = await outbox.unsentAbout(transferId);
    const mails = expected.map((mail) => {
      const found =
        messages.find(({ message }) => message.id === mail.id) ??
        messages.find(
          ({ message }) => message.kind === 'digest' && message.listed.some(({ id }) => id === mail.id),
        );
      return { ...mail, unsent: found ? viewMail(found) : null };
    });
    return { mails, isPartial };
  };
}
