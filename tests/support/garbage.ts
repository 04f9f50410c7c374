import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Collects all garbage at once. The target of a `WeakRef` created or dereferenced in this turn of the event loop stays
 * until the next.
 */
export function collectGarbage(): void {
  collect();
}
