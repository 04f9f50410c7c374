import type { Store } from './application/ports/ledger-store.ts';
import type { Clock } from './application/ports/runtime.ts';
import type { StoreConfig } from './config.ts';

/** Told of events of the store, whichever it is. Must not throw. */
export type StoreEvents = {
  /** A transaction of MongoDB runs again. */
  retried(): void;
  /** @param durationMs time of a commit with a checkpoint of SQLite's write-ahead log */
  checkpointed(durationMs: number): void;
};

const NO_EVENTS: StoreEvents = { retried: () => {}, checkpointed: () => {} };

/** Opens the configured store. Loads only its adapter, because a database driver slows a start or a command. */
export async function openStore(
  store: StoreConfig,
  { clock, accountPrefix, events = NO_EVENTS }: { clock: Clock; accountPrefix: string; events?: StoreEvents },
): Promise<Store> {
  switch (store.kind) {
    case 'mongo': {
      const { openMongoStore } = await import('./adapters/mongo/index.ts');
      return openMongoStore({ uri: store.uri, clock, accountPrefix, onRetry: () => events.retried() });
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('./adapters/sqlite/index.ts');
      return openSqliteStore({
        path: store.path,
        clock,
        accountPrefix,
        onCheckpoint: (ms) => events.checkpointed(ms),
      });
    }
    case 'memory': {
      const { createMemoryStore } = await import('./adapters/memory/index.ts');
      return createMemoryStore({ clock });
    }
    default:
      return store satisfies never;
  }
}
