import type { Notification } from '../../domain/entities/notification.ts';
import { ownTurn } from '../event-loop.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { OutboxReads } from '../ports/outbox.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { NO_ORIGIN, securityEvent } from '../users/security-events.ts';
import type { StaffOrigin } from './end-sessions-of-user.ts';
import { requireOperator } from './require-authority.ts';

/** Number of mails in one unit of work. Each leaves a security event. */
const IN_ONE_UNIT = 50;

type Ports = {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  /** Called after the commit. Must not throw. */
  readonly onCommit?: () => void;
};

/**
 * Makes mails that were given up due again, as if they had not been tried yet. Each is an event among the security
 * events of its recipient. Returns their number, without those that are no longer given up.
 * @param positions of the mails, as `listUnsentMails` gives them; a bounded number
 * @throws PassbookError `forbidden` unless the member of staff is an operator or system user; `unavailable`
 */
export function retryMails(ports: Ports) {
  return async (positions: readonly string[], origin: StaffOrigin = {}): Promise<number> => {
    let retried = 0;
    for (let at = 0; at < positions.length; at += IN_ONE_UNIT) {
      retried += await retryAtOnce(ports, positions.slice(at, at + IN_ONE_UNIT), origin);
    }
    return retried;
  };
}

export type RetriedMails = { readonly retried: number; readonly hasMore: boolean };

/**
 * Makes up to `most` mails that were given up due again, the oldest first.
 * @throws PassbookError as `retryMails`
 */
export function retryAllMails(ports: Ports & { outbox: OutboxReads }) {
  return async (most: number, origin: StaffOrigin = {}): Promise<RetriedMails> => {
    let retried = 0;
    // Those that are given up again meanwhile are behind: the positions only ascend
    for (let after: string | null = null; ; ) {
      const limit = Math.min(IN_ONE_UNIT, most - retried);
      if (limit <= 0) return { retried, hasMore: true };
      const { messages, next } = await ports.outbox.unsent({ state: 'given_up', after, limit });
      const positions = messages.map(({ position }) => position);
      if (positions.length > 0) retried += await retryAtOnce(ports, positions, origin);
      if (next === null) return { retried, hasMore: false };
      after = next;
      await ownTurn();
    }
  };
}

async function retryAtOnce(
  ports: Ports,
  positions: readonly string[],
  { actorId, origin = NO_ORIGIN }: StaffOrigin,
): Promise<number> {
  const retried = await ports.unitOfWork.run(async ({ users, outbox, securityEvents }) => {
    if (actorId !== undefined) await requireOperator(users, actorId);
    const messages = await outbox.retry(positions, ports.clock.now());
    for (const { id, kind, recipientId } of messages) {
      const facts = {
        userId: recipientId,
        actorId: actorId ?? null,
        origin,
        details: detailsOf({ id, kind }),
      };
      await securityEvents.append(securityEvent(ports, 'mail_retried', facts));
    }
    return messages;
  });
  if (retried.length > 0) ports.onCommit?.();
  return retried.length;
}

function detailsOf({ id, kind }: Pick<Notification, 'id' | 'kind'>): Readonly<Record<string, string>> {
  return { mail: kind, messageId: id };
}
