export type Value = string | number | bigint | Uint8Array | null;

export interface Statement {
  run(...values: Value[]): { changes: number | bigint };
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  setReadBigInts(readBigInts: boolean): void;
}

export interface Database {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** What is used of `node:sqlite`; @photostructure/sqlite has the same. */
export interface Driver {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => Database;
  /** Copies in another thread, so `source` must be used by nothing else meanwhile. */
  backup(source: Database, path: string, options: { rate: number }): Promise<unknown>;
}

/**
 * The first SQLite where two connections that write and checkpoint at once cannot corrupt a database in WAL mode
 * (https://sqlite.org/wal.html#walresetbug). Node 22 and older releases of Node 24 carry older ones.
 */
const SOUND_VERSION = [3, 51, 3] as const;

/** Node's own SQLite where it is sound, else the one that @photostructure/sqlite brings. */
export async function loadDriver(): Promise<Driver> {
  return builtIn() ?? import('@photostructure/sqlite');
}

/** The module that it is loaded from. */
export function driverModule(): string {
  return builtIn() ? 'node:sqlite' : '@photostructure/sqlite';
}

function builtIn(): Driver | undefined {
  if (!isSound(process.versions['sqlite'])) return undefined;
  const module = loadedQuietly();
  return isDriver(module) ? module : undefined;
}

/** Node 22 warns of its SQLite as experimental at each start; no other warning is kept back. */
function loadedQuietly(): Partial<Driver> | undefined {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (/\bSQLite\b/.test(String(warning))) return;
    (emitWarning as (...args: unknown[]) => void)(warning, ...rest);
  };
  try {
    return process.getBuiltinModule('node:sqlite') as Partial<Driver> | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

export function isSound(version: string | undefined): boolean {
  const parts = version?.split('.').map(Number) ?? [];
  const differs = SOUND_VERSION.findIndex((part, index) => parts[index] !== part);
  return differs === -1 || (parts[differs] ?? 0) > (SOUND_VERSION[differs] ?? 0);
}

/** Node 22.13 has `node:sqlite` without `backup`. */
function isDriver(module: Partial<Driver> | undefined): module is Driver {
  return module?.DatabaseSync !== undefined && module.backup !== undefined;
}
