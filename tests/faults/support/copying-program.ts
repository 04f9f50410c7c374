/** Copies books in small pages, and kills itself in the middle of writing one of them. */
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { sha256OfHex, systemClock } from '../../../src/adapters/system.ts';
import { copyBooks } from '../../../src/application/copying/copy-books.ts';
import type { CopyTarget } from '../../../src/application/ports/book-copy.ts';
import type { StoreConfig } from '../../../src/config.ts';
import { openCopySource, openCopyTarget } from '../../../src/open-copy.ts';

type Kept = Exclude<StoreConfig, { kind: 'memory' }>;
export type KilledCopy = { readonly from: Kept; readonly to: Kept; readonly killedAtPage: number };

const ROWS = 4;
/** About the time that a page takes, so that the process ends anywhere in its transaction. */
const WRITING_MS = 5;

const { from, to, killedAtPage } = JSON.parse(process.argv[2] ?? '') as KilledCopy;
const terms = { clock: systemClock, accountPrefix: 'PB', watchMs: 500 };
const source = await openCopySource(from, { ...terms, allowsRunning: false });
const target = await openCopyTarget(to, terms);
let pages = 0;

/** SQLite writes row by row in this thread; MongoDB answers later. */
const write: CopyTarget['write'] = async (kind, rows, progress) => {
  pages += 1;
  if (pages < killedAtPage) return target.write(kind, rows, progress);
  if (to.kind === 'mongo') setTimeout(die, Math.random() * WRITING_MS);
  return target.write(kind, to.kind === 'mongo' ? rows : killing(rows), progress);
};
const given = { source, target: { ...target, write }, digest: sha256, hexDigest: sha256OfHex };
await copyBooks({ ...given, rowsAtOnce: ROWS });

/** Rows of which the second kills the process once it is read. */
function killing<R>(rows: readonly R[]): readonly R[] {
  return new Proxy(rows, {
    get(all, name, receiver): unknown {
      if (name === '1' || all.length === 1) die();
      return Reflect.get(all, name, receiver);
    },
  });
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
