import { wholeTurn } from './event-loop.ts';

const AT_ONCE = 250;

/** Returns whether there are too many items for one turn of the event loop. */
export function isLarge(items: readonly unknown[]): boolean {
  return items.length > AT_ONCE;
}

/** Same as `Array.map`, in chunks. Many items yield to other work before each chunk. */
export async function mapInTurns<T, R>(items: readonly T[], map: (item: T) => R): Promise<R[]> {
  const mapped: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    if (isLarge(items)) await wholeTurn();
    mapped.push(...items.slice(first, first + AT_ONCE).map(map));
  }
  return mapped;
}
