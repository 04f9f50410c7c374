/** Whether one item comes after another in a list. No two items of a list have the same position. */
export type IsAfter<T> = (one: T, other: T) => boolean;

/** Adds an item at its position in a sorted list. */
export function insertSorted<T>(items: T[], item: T, isAfter: IsAfter<T>): void {
  items.splice(countUpTo(items, item, isAfter), 0, item);
}

/** Removes the item at the position of `item`, which must be in the list. */
export function removeSorted<T>(items: T[], item: T, isAfter: IsAfter<T>): void {
  items.splice(countUpTo(items, item, isAfter) - 1, 1);
}

/** Returns the item at the position of `item`, if the list has one. */
export function findSorted<T>(items: readonly T[], item: T, isAfter: IsAfter<T>): T | undefined {
  const found = items[countUpTo(items, item, isAfter) - 1];
  return found !== undefined && !isAfter(item, found) ? found : undefined;
}

/** Counts the items at the position of `item` or before it. */
export function countUpTo<T>(items: readonly T[], item: T, isAfter: IsAfter<T>): number {
  return countWhile(items, (other) => !isAfter(other, item));
}

/** Counts the items before the position of `item`. */
export function countBefore<T>(items: readonly T[], item: T, isAfter: IsAfter<T>): number {
  return countWhile(items, (other) => isAfter(item, other));
}

function countWhile<T>(items: readonly T[], isBefore: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
