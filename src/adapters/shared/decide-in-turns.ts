import type { Changes, Decision } from '../../domain/books/changes.ts';
import { wholeTurn } from '../../application/event-loop.ts';

/** The parts of a decision, one after another. Others have a turn between two of them. */
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
