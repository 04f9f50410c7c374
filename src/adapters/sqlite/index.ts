export { openSqliteStore } from './sqlite-store.ts';
export type { SqliteStore, SqliteStoreOptions } from './sqlite-store.ts';
export type { BackupTerms } from './backup/backup.ts';
export type { SqliteTransaction, SqliteValue } from './writing/own-writes.ts';
