import type { Origin, SecurityAction, SecurityEvent } from '../../domain/entities/security-event.ts';
import type { SecurityNotice, SecurityNotification } from '../../domain/entities/notification.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';

type Ports = { readonly clock: Clock; readonly ids: IdGenerator };

/** An origin that is not known, such as that of an operator at the command line. */
export const NO_ORIGIN: Origin = { address: null, device: null };

/** Makes an event of the present instant. The user is also the actor unless `actorId` says otherwise. */
export function securityEvent(
  { clock, ids }: Ports,
  action: SecurityAction,
  facts: {
    userId: string | null;
    actorId?: string | null;
    sessionId?: string | null;
    origin: Origin;
    details?: Readonly<Record<string, string>>;
  },
): SecurityEvent {
  const { userId, actorId = userId, sessionId = null, origin, details = {} } = facts;
  const { address, device } = origin;
  return { id: ids.newId(), at: clock.now(), userId, actorId, action, sessionId, address, device, details };
}

/** Makes a mail to the user about their sign-ins or credentials. */
export function securityNotification(
  { clock, ids }: Ports,
  notice: SecurityNotice,
  facts: {
    recipientId: string;
    origin: Origin;
    email?: string | null;
    linkId?: string | null;
    details?: Readonly<Record<string, string>>;
  },
): SecurityNotification {
  const { recipientId, origin, email = null, linkId = null, details = {} } = facts;
  const { address, device } = origin;
  const id = `${ids.newId()}.security`;
  return {
    kind: 'security',
    id,
    recipientId,
    at: clock.now(),
    notice,
    address,
    device,
    email,
    linkId,
    details,
  };
}
