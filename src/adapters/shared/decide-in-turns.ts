import type { Changes, Decision } from '../../domain/books/changes.ts';
import { wholeTurn } from '../../application/event-loop.ts';

/** Collects the parts of a decision. Yields to the event loop between two parts. */
export async function decideInTurns<R>(
  decision: Decision<R>,
): Promise<{ readonly result: R; readonly parts: readonly Changes[] }> {
  const parts: Changes[] = [];
  let part = decision;
  for (; 'next' in part; part = part.next()) {
    parts.push(part.changes);
    await wholeTurn();
  }
  return { result: part.result, parts: [...parts, part.changes] };
}
