import { isLive } from '../../domain/entities/session.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import type { Stores } from '../ports/ledger-store.ts';

/**
 * Ends the user's sessions: all, all but one, or only one. Returns those that were live. After the commit the caller must call
 * `SessionCache.forgetUser`.
 */
export async function endSessionsOf(
  { sessions }: Pick<Stores, 'sessions'>,
  userId: string,
  { at, except, only }: { at: Instant; except?: string | undefined; only?: string | undefined },
): Promise<readonly Session[]> {
  const open = await sessions.openOf(userId);
  const ended = open.filter(
    (one) => isLive(one, at) && one.id !== except && (only === undefined || one.id === only),
  );
  for (const { id } of ended) await sessions.end(id, at);
  return ended;
}
