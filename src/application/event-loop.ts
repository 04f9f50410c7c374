/** Resolves in a later turn of the event loop: what others have waiting is served first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn that no other caller gets. Long reads ask for one between two pages: many at once then hold the
 * event loop no longer than one does.
 */
export function ownTurn(): Promise<void> {
  last = last.then(nextTurn);
  return last;
}
