import type { Store } from './application/ports/ledger-store.ts';
import type { Clock } from './application/ports/runtime.ts';
import type { StoreConfig } from './config.ts';

/** Opens the configured store. Loads only its adapter, because a database driver slows a start or a command. */
export async function openStore(
  store: StoreConfig,
  { clock, accountPrefix }: { clock: Clock; accountPrefix: string },
): Promise<Store> {
  switch (store.kind) {
    case 'mongo': {
      const { openMongoStore } = await import('./adapters/mongo/index.ts');
      return openMongoStore({ uri: store.uri, clock, accountPrefix });
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('./adapters/sqlite/index.ts');
      return openSqliteStore({ path: store.path, clock, accountPrefix });
    }
    case 'memory': {
      const { createMemoryStore } = await import('./adapters/memory/index.ts');
      return createMemoryStore({ clock });
    }
    default:
      return store satisfies never;
  }
}
