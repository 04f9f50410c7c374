export type Value = string | number | bigint | Uint8Array | null;

export interface PreparedStatement {
  run(...values: Value[]): { changes: number | bigint };
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  setReadBigInts(readBigInts: boolean): void;
}

export interface Database {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): PreparedStatement;
  close(): void;
}

/** The part of `node:sqlite` in use; @photostructure/sqlite has the same interface. */
export interface Driver {
  readonly DatabaseSync: new (path: string | URL, options: { readOnly: boolean }) => Database;
  /** Copies in another thread, so nothing else may use `source` meanwhile. */
  backup(
    source: Database,
    path: string,
    options: { rate: number; progress?: (pages: { totalPages: number; remainingPages: number }) => void },
  ): Promise<unknown>;
}

/**
 * The first SQLite version without a WAL bug: in older ones, two connections that write and checkpoint at once can
 * corrupt a database (https://sqlite.org/wal.html#walresetbug). Node 22 and older releases of Node 24 contain older
 * ones.
 */
const SOUND_VERSION = [3, 51, 3] as const;

/**
 * Loads Node's own SQLite if its version is sound, else the one of @photostructure/sqlite.
 * @throws Error naming the command that installs @photostructure/sqlite, if it is missing
 */
export async function loadDriver(): Promise<Driver> {
  const own = builtIn();
  if (own) return own;
  try {
    return await import('@photostructure/sqlite');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new Error(
      `Node ${process.versions.node} has no SQLite ${SOUND_VERSION.join('.')} or newer: run "npm install @photostructure/sqlite@1"`,
      { cause },
    );
  }
}

/** The module from which the driver is loaded. */
export function driverModule(): string {
  return builtIn() ? 'node:sqlite' : '@photostructure/sqlite';
}

function builtIn(): Driver | undefined {
  if (!isSound(process.versions['sqlite'])) return undefined;
  const module = loadedQuietly();
  return isDriver(module) ? module : undefined;
}

/** Loads it without Node 22's warning that SQLite is experimental. All other warnings still appear. */
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
