import type { Viewer } from '../../domain/actor.ts';
import { isAboutTransfer } from '../../domain/entities/notification.ts';
import type { Notification, SecurityNotice } from '../../domain/entities/notification.ts';
import type { Digest } from '../../domain/integrity/hash-chain.ts';
import type { Instant } from '../../domain/time.ts';
import { Cursors } from '../cursor.ts';
import { readPositions } from '../page.ts';
import type { ListRequest, Page } from '../page.ts';
import type { OutboxReads, UnsentMessage, UnsentState } from '../ports/outbox.ts';
import { requireReader } from '../views.ts';

/** A mail that was not sent so far, without its text. */
export type UnsentMail = Omit<UnsentMessage, 'message'> & {
  /** The Message-ID derives from it, and the log has it as `messageId`. */
  readonly messageId: string;
  readonly kind: Notification['kind'];
  /** Null for mails about anything but sign-ins and credentials. */
  readonly notice: SecurityNotice | null;
  readonly recipientId: string;
  /** Address other than the user's own; null for that. */
  readonly email: string | null;
  /** Null for mails that are not about one transfer. */
  readonly transferId: string | null;
  /** Instant of the event that the mail is about. */
  readonly createdAt: Instant;
};

type Ports = { readonly outbox: OutboxReads };

/**
 * Lists the mails that wait or were given up, about in the order of their age. A page looks at a bounded part of the
 * outbox: it may be short or empty and still have a cursor.
 * @throws PassbookError `forbidden` for a user; `invalid_request`, `unavailable`
 */
export function listUnsentMails({ outbox, digest }: Ports & { digest: Digest }) {
  return async (viewer: Viewer, state: UnsentState, request: ListRequest = {}): Promise<Page<UnsentMail>> => {
    requireReader(viewer);
    const page = await readPositions(request, new Cursors(digest, ['unsent mails', state]), {
      read: async (terms) => {
        const { messages, next } = await outbox.unsent({ state, ...terms });
        return { items: messages, next };
      },
      positionOf: ({ position }) => position,
    });
    return { ...page, items: page.items.map(viewMail) };
  };
}

/**
 * Counts the mails that were given up, up to a number.
 * @throws PassbookError `forbidden` for a user; `unavailable`
 */
export function countGivenUpMails({ outbox }: Ports) {
  return async (viewer: Viewer, most: number): Promise<number> => {
    requireReader(viewer);
    return Math.min(most, await outbox.countGivenUp(most));
  };
}

export function viewMail({ message, ...state }: UnsentMessage): UnsentMail {
  const isSecurity = message.kind === 'security';
  return {
    ...state,
    messageId: message.id,
    kind: message.kind,
    notice: isSecurity ? message.notice : null,
    recipientId: message.recipientId,
    email: isSecurity ? message.email : null,
    transferId: isAboutTransfer(message) ? message.transferId : null,
    createdAt: message.at,
  };
}
