import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** All of it, and now. What a `WeakRef` was made of or asked for in this turn of the event loop stays until the next. */
export function collectGarbage(): void {
  collect();
}
