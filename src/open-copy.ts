import type { CopySource, CopyTarget } from './application/ports/book-copy.ts';
import type { Clock } from './application/ports/runtime.ts';
import type { StoreConfig } from './config.ts';

type KeptStore = Exclude<StoreConfig, { kind: 'memory' }>;
type Terms = {
  readonly clock: Clock;
  readonly accountPrefix: string;
  /** How long to watch MongoDB for another program, in milliseconds. Default: 6000. */
  readonly watchMs?: number;
};

/** Opens a store to copy it. Loads only its adapter. @throws CopyFault `source_in_use` */
export async function openCopySource(
  store: KeptStore,
  terms: Terms & { readonly allowsRunning: boolean },
): Promise<CopySource> {
  if (store.kind === 'mongo') {
    const { openMongoCopySource } = await import('./adapters/mongo/copying/mongo-copy.ts');
    return openMongoCopySource({ uri: store.uri, ...terms });
  }
  const { openSqliteCopySource } = await import('./adapters/sqlite/copying/sqlite-copy.ts');
  return openSqliteCopySource({ path: store.path, ...terms });
}

/** Opens a store to copy into it. @throws CopyFault `target_in_use` */
export async function openCopyTarget(store: KeptStore, terms: Terms): Promise<CopyTarget> {
  if (store.kind === 'mongo') {
    const { openMongoCopyTarget } = await import('./adapters/mongo/copying/mongo-copy.ts');
    return openMongoCopyTarget({ uri: store.uri, ...terms });
  }
  const { openSqliteCopyTarget } = await import('./adapters/sqlite/copying/sqlite-copy.ts');
  return openSqliteCopyTarget({ path: store.path, ...terms });
}
