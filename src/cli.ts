import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { sha256OfHex, systemClock } from './adapters/system.ts';
import { sha256 } from './adapters/shared/sha256.ts';
import type { Store } from './application/ports/ledger-store.ts';
import { verifyBooks } from './application/proofs/verify-books.ts';
import { readConfig, readEnvironment } from './config.ts';
import type { Config, StoreConfig } from './config.ts';
import { faultText } from './fault-text.ts';
import { addBenchCommand } from './commands/bench-command.ts';
import { addCopyCommand } from './commands/copy-command.ts';
import { addMailCommands } from './commands/mail-commands.ts';
import { openStore } from './open-store.ts';
import { addProofCommands } from './commands/proof-commands.ts';
import { addUserCommands } from './commands/user-commands.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('passbook')
  .description('Manage a Passbook ledger. Safe to run while the server is running.')
  .version(version)
  .showSuggestionAfterError(false);

addUserCommands(program, { withStore, out: (line) => console.log(line) });

program
  .command('backup')
  .description('copy the books to a new file, even while the server is running')
  .argument('<file>', 'destination file (must not exist)')
  .action(async (file: string) => {
    await backUp(keptStore(), file);
    console.log(`Copied the books to ${file}`);
  });

program
  .command('restore')
  .description('replace the books with a backup, and keep the old ones beside it; stop the server first')
  .argument('<file>', 'backup file')
  .action(async (file: string) => {
    const { store } = commandConfig();
    if (store.kind !== 'sqlite') {
      throw new Error('This command restores SQLite only: for MongoDB use mongorestore --oplogReplay');
    }
    const { restore } = await import('./adapters/sqlite/backup/restore.ts');
    const kept = await restore({ file, target: store.path, verify: verifyFile });
    if (kept !== null) console.log(`The previous books are now ${kept}`);
    await withStore((restored) => restored.check());
    console.log(`Verified the books of ${file} and restored them to ${store.path}`);
  });

const reports = {
  out: (line: string) => console.log(line),
  progress: (line: string) => console.error(line),
  fail: () => {
    process.exitCode = 1;
  },
};

addProofCommands(program, {
  ...reports,
  config: commandConfig,
  withStore,
  write: (text) => new Promise((resolve) => process.stdout.write(text, () => resolve())),
});

addCopyCommand(program, { ...reports, config: commandConfig });
addBenchCommand(program, { ...reports, config: commandConfig });

addMailCommands(program, { config: commandConfig, out: (line) => console.log(line) });

function commandConfig(): Config {
  return readConfig(readEnvironment(process.env).env, { reader: 'commands' });
}

/** @throws Error if there are no books, because a command creates none */
function keptStore(): StoreConfig {
  const { store } = commandConfig();
  if (store.kind === 'memory') throw new Error('STORE=memory stores nothing, so no command works with it');
  if (store.kind === 'sqlite' && !existsSync(store.path))
    throw new Error(`There are no books at ${store.path}`);
  return store;
}

function storeTerms() {
  return { clock: systemClock, accountPrefix: commandConfig().accountPrefix };
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(keptStore(), storeTerms());
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** @throws Error naming the first fault of the books at `path` */
async function verifyFile(path: string): Promise<void> {
  const store = await openStore({ kind: 'sqlite', path }, storeTerms());
  try {
    const verify = verifyBooks({ ...store, digest: sha256, hexDigest: sha256OfHex });
    const { faults } = await verify({ onProgress: () => {} });
    const [first] = faults;
    if (first) throw new Error(`The backup is damaged and was not restored: ${JSON.stringify(first)}`);
  } finally {
    await store.close();
  }
}

async function backUp(store: StoreConfig, file: string): Promise<void> {
  if (store.kind !== 'sqlite') {
    throw new Error('Back up MongoDB with its own tools: mongodump --oplog, or snapshots of its disks');
  }
  const { openSqliteStore } = await import('./adapters/sqlite/index.ts');
  const sqlite = await openSqliteStore({ path: store.path, clock: systemClock });
  try {
    await sqlite.backup(file);
  } finally {
    await sqlite.close();
  }
}

try {
  await program.parseAsync();
} catch (error) {
  const [first, ...more] = faultText(error).split(/\n\s*/);
  console.error(`passbook: ${[first, more.join('; ')].join(' ').trim()}`);
  process.exitCode = 1;
}
