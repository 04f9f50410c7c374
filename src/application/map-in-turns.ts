import { nextTurn } from './event-loop.ts';

const AT_ONCE = 250;

/** As `Array.map`, some items at a time. Others have a turn between them, and before the first where there are many. */
export async function mapInTurns<T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> {
  const mapped: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    if (items.length > AT_ONCE) await nextTurn();
    mapped.push(...items.slice(first, first + AT_ONCE).map(map));
  }
  return mapped;
}
