import type { Instant } from '../../domain/time.ts';
import type { SessionStore } from '../ports/user-store.ts';

/** Ends the user's open sessions, but for `except`. Returns the ids of the ended ones. */
export async function endSessionsOf(
  sessions: SessionStore,
  userId: string,
  { at, except }: { at: Instant; except?: string },
): Promise<readonly string[]> {
  const open = await sessions.openOf(userId);
  const ended = open.map(({ id }) => id).filter((id) => id !== except);
  for (const id of ended) await sessions.end(id, at);
  return ended;
}
