/** Resolves in a later turn of the event loop, after waiting work has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Resolves after a whole turn of the event loop, in which timers and sockets are served. A `setImmediate` that is asked
 * for while sockets are served fires before the next timers, so one `nextTurn` alone may serve nobody.
 */
export async function wholeTurn(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn that no other caller gets. Long reads await one between two pages, so that many concurrent reads
 * block the event loop no longer than one does.
 */
export function ownTurn(): Promise<void> {
  last = last.then(nextTurn);
  return last;
}
