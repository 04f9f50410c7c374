import type { Origin } from '../../domain/entities/security-event.ts';
import type { UnitOfWork } from '../ports/ledger-store.ts';
import type { Clock, IdGenerator } from '../ports/runtime.ts';
import { securityEvent } from '../users/security-events.ts';

const MINUTE_MS = 60_000;
/** Limit of remembered denials. One past it begins anew. */
const MOST = 10_000;

export type Denial = {
  readonly userId: string;
  readonly sessionId: string | null;
  readonly keyId: string | null;
  /** Method and pattern of the path. */
  readonly route: string;
  readonly code: string;
  readonly origin: Origin;
};

/** Records a denial, at most once a minute for a user and a route. @throws PassbookError `unavailable` */
export function noteDenial(ports: { unitOfWork: UnitOfWork; clock: Clock; ids: IdGenerator }) {
  let minute = 0;
  const noted = new Set<string>();
  return async ({ userId, sessionId, keyId, route, code, origin }: Denial): Promise<void> => {
    const now = Math.floor(ports.clock.now() / MINUTE_MS);
    if (now !== minute || noted.size >= MOST) noted.clear();
    minute = now;
    const denial = `${userId} ${route}`;
    if (noted.has(denial)) return;
    noted.add(denial);

    const details = { route, code, ...(keyId === null ? {} : { keyId }) };
    const event = securityEvent(ports, 'access_denied', { userId, sessionId, origin, details });
    await ports.unitOfWork.run(({ securityEvents }) => securityEvents.append(event));
  };
}
