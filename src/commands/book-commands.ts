import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { sha256OfHex, systemClock } from '../adapters/system.ts';
import { sha256 } from '../adapters/shared/sha256.ts';
import type { Store } from '../application/ports/ledger-store.ts';
import { verifyBooks } from '../application/proofs/verify-books.ts';
import type { Verified } from '../application/proofs/verify-books.ts';
import { openStore } from '../open-store.ts';
import { CommandError } from './command-tools.ts';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';
import { keepLastRun } from './last-runs.ts';
import { isoTime } from './times.ts';

type Tools = Pick<CommandTools, 'config' | 'books' | 'withStore' | 'out' | 'progress'>;
type Options = { readonly json?: true };

/** Adds the commands that copy the books of SQLite, and put a copy back. */
export function addBookCommands(program: Command, tools: Tools): void {
  const backup = program
    .command('backup')
    .summary('copy the books of SQLite to a new file')
    .description('Copy the books of SQLite to a new file, even while the server is running.')
    .argument('<file>', 'destination file (must not exist)')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: Options) => backUp(file, options, tools));
  withExamples(backup, ['passbook backup /backups/monday.db', 'passbook backup /backups/monday.db --json']);

  const restore = program
    .command('restore')
    .summary('replace the books of SQLite with a backup')
    .description(
      'Replace the books of SQLite with a backup. Stop the server first. Verifies the backup before and the books after, and keeps the old books beside the new ones.',
    )
    .argument('<file>', 'backup file')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: Options) => putBack(file, options, tools));
  withExamples(restore, ['passbook restore /backups/monday.db']);
}

async function backUp(
  file: string,
  { json }: Options,
  { config, books, out, progress }: Tools,
): Promise<void> {
  const store = books();
  if (store.kind !== 'sqlite') {
    throw new CommandError('This command copies SQLite only', {
      hint: 'Back up MongoDB with its own tools: mongodump --oplog, or snapshots of its disks.',
    });
  }
  const { openSqliteStore } = await import('../adapters/sqlite/index.ts');
  const sqlite = await openSqliteStore({ path: store.path, clock: systemClock });
  const at = systemClock.now();
  try {
    await sqlite.backup(file, {
      onProgress: ({ copied, pages }) => progress(`Copied ${copied} of ${pages} pages`),
    });
  } finally {
    await sqlite.close();
  }
  await keepLastRun(config().dataDirectory, { backup: { at, file: resolve(file) } });
  const { size } = await stat(file);
  out(
    json
      ? JSON.stringify({ file: resolve(file), bytes: size, at: isoTime(at) })
      : `Copied the books to ${file}`,
  );
}

async function putBack(file: string, { json }: Options, tools: Tools): Promise<void> {
  const { config, out, withStore } = tools;
  const { store } = config();
  if (store.kind !== 'sqlite') {
    throw new CommandError('This command restores SQLite only', {
      hint: 'Restore MongoDB with its own tool: mongorestore --oplogReplay.',
    });
  }
  const { restore } = await import('../adapters/sqlite/backup/restore.ts');
  const replaced = await restore({ file, target: store.path, verify: (path) => verifyFile(path, tools) });
  if (replaced !== null && !json) out(`The previous books are now ${replaced}`);
  let verified: Verified | undefined;
  await withStore(async (restored) => {
    await restored.check();
    const [first, found] = await firstFault(restored, tools);
    if (first !== undefined) {
      throw new CommandError(`The restored books are damaged: ${first}`, {
        hint: 'Check the disk, and restore the backup again.',
      });
    }
    verified = found;
  });
  out(
    json
      ? JSON.stringify({ file: resolve(file), target: store.path, replaced, verified })
      : `Verified the books of ${file} and restored them to ${store.path}`,
  );
}

/** @throws CommandError naming the first fault of the books at `path` */
async function verifyFile(path: string, tools: Tools): Promise<void> {
  const { accountPrefix } = tools.config();
  const store = await openStore({ kind: 'sqlite', path }, { clock: systemClock, accountPrefix });
  try {
    const [first] = await firstFault(store, tools);
    if (first === undefined) return;
    throw new CommandError(`The backup is damaged and was not restored: ${first}`, {
      hint: 'Nothing was changed. Restore another backup.',
    });
  } finally {
    await store.close();
  }
}

async function firstFault(
  store: Store,
  { progress }: Tools,
): Promise<readonly [fault: string | undefined, verified: Verified]> {
  const verify = verifyBooks({ ...store, digest: sha256, hexDigest: sha256OfHex });
  const { faults, verified } = await verify({
    onProgress: ({ accounts, entries }) => progress(`Verified ${accounts} accounts, ${entries} entries`),
  });
  const [first] = faults;
  return [first && JSON.stringify(first), verified];
}
