import type { Command } from 'commander';
import { systemClock } from '../adapters/system.ts';
import type { SchemaState } from '../adapters/shared/schema-state.ts';
import type { StoreConfig } from '../config.ts';
import { reasonText } from '../reason-text.ts';
import { CommandError } from './command-tools.ts';
import type { CommandTools } from './command-tools.ts';
import { withExamples } from './help.ts';
import { tableLines } from './table.ts';
import { isoTime, minuteText } from './times.ts';

type Tools = Pick<CommandTools, 'books' | 'withStore' | 'out' | 'progress' | 'fail'>;
type Options = { readonly json?: true };
type Schema = SchemaState & {
  /** Path of the file, or name of the database. */
  readonly database: string;
  /** Indexes of MongoDB that somebody dropped. */
  readonly missingIndexes: readonly string[];
};

const DOCTOR = 'Run "passbook doctor" to find the cause.';

/** Adds the commands about the schema of the database. */
export function addMigrateCommands(program: Command, tools: Tools): void {
  const migrate = program
    .command('migrate')
    .summary('show or apply the migrations of the database')
    .description('Show or apply the migrations of the database.');
  const status = migrate
    .command('status')
    .summary('list the migrations that the database has and lacks')
    .description('List the migrations that the database has and lacks. Changes nothing.')
    .option('--json', 'print the result as JSON')
    .action(async (options: Options) => showStatus(tools, options));
  withExamples(status, ['passbook migrate status', 'passbook migrate status --json']);

  const up = migrate
    .command('up')
    .summary('apply the migrations that the database lacks')
    .description(
      'Apply the migrations that the database lacks, and make indexes again that somebody dropped. Stop every server and back up first.',
    )
    .option('--dry-run', 'only say what would be done')
    .option('--json', 'print the result as JSON')
    .action(async (options: Options & { dryRun?: true }) => migrateUp(tools, options));
  withExamples(up, ['passbook migrate up --dry-run', 'passbook migrate up']);
}

async function showStatus({ books, out, fail }: Tools, { json }: Options): Promise<void> {
  const schema = await readSchema(books());
  const { database, version, known, applied, missing, missingIndexes, refusal } = schema;
  if (refusal) fail();
  if (json) {
    out(JSON.stringify({ ...schema, applied: applied.map(withTime) }));
    return;
  }
  out(`${database} has schema ${version}; this program knows ${known}`);
  const rows = [
    ...applied.map((one) => [String(one.version), one.name, minuteText(one.appliedAt)]),
    ...missing.map((one) => [String(one.version), one.name, 'missing']),
  ];
  const table = { head: ['', 'MIGRATION', 'APPLIED (UTC)'], cut: [4, 52] };
  for (const line of rows.length > 0 ? tableLines(table, rows) : []) out(line);
  for (const name of missingIndexes) out(`The index ${name} is missing`);
  out(refusal?.reason ?? adviceOn(schema));
}

function adviceOn({ missing, missingIndexes }: Schema): string {
  if (missing.length > 0)
    return `Missing: ${countOf(missing)}. Stop every server, back up, and run "passbook migrate up"`;
  return missingIndexes.length > 0 ? 'Run "passbook migrate up"' : 'Nothing is missing';
}

async function migrateUp(tools: Tools, { json, dryRun }: Options & { dryRun?: true }): Promise<void> {
  const { books, out, progress } = tools;
  const store = books();
  // First: a reader of this process would count as a program that has the books open
  if (store.kind === 'sqlite' && !dryRun) await assertUnused(store.path);
  const schema = await readSchema(store);
  const { database, version, known, missing, missingIndexes, refusal } = schema;
  if (refusal) throw refused(refusal.reason);

  const isDue = missing.length > 0 || missingIndexes.length > 0;
  if (isDue && !dryRun) {
    progress(`Applying ${countOf(missing)}; after an interruption, run the command again`);
    await tools.withStore(async () => {});
    if (store.kind === 'mongo') await remakeIndexes(store.uri);
  }
  if (json) {
    const done = { applied: missing, indexes: missingIndexes, dryRun: dryRun === true };
    out(JSON.stringify({ database, from: version, to: known, ...done }));
  } else for (const line of upLines(schema, dryRun === true)) out(line);
}

function* upLines(
  { database, version, known, missing, missingIndexes }: Schema,
  isDryRun: boolean,
): Iterable<string> {
  for (const one of missing) yield `${isDryRun ? 'Would apply' : 'Applied'} ${one.version}: ${one.name}`;
  for (const name of missingIndexes) yield `${isDryRun ? 'Would make' : 'Made'} the index ${name} again`;
  if (missing.length > 0) {
    yield isDryRun
      ? `${database} would go from schema ${version} to ${known}; nothing was changed`
      : `${database} went from schema ${version} to ${known}`;
  } else if (missingIndexes.length === 0) yield `${database} has schema ${known} already: nothing to do`;
}

async function remakeIndexes(uri: string): Promise<void> {
  const { remakeMongoIndexes } = await import('../adapters/mongo/inspection.ts');
  await remakeMongoIndexes(uri);
}

function refused(reason: string): CommandError {
  return new CommandError(reason, {
    hint: 'Nothing was changed. Check that MONGO_URI, DATABASE_PATH or DATA_DIR name the books of this program.',
  });
}

async function assertUnused(path: string): Promise<void> {
  const { assertNoProgramHas } = await import('../adapters/sqlite/backup/restore.ts');
  await assertNoProgramHas(path);
}

async function readSchema(store: StoreConfig): Promise<Schema> {
  switch (store.kind) {
    case 'sqlite':
      return readSqliteSchema(store.path);
    case 'mongo':
      return readMongoSchema(store.uri);
    case 'memory':
      throw new TypeError('A store in memory has no schema');
    default:
      return store satisfies never;
  }
}

async function readSqliteSchema(path: string): Promise<Schema> {
  const { inspectSqlite } = await import('../adapters/sqlite/inspection.ts');
  const found = await inspectSqlite(path);
  switch (found.kind) {
    case 'read':
      return { database: path, missingIndexes: [], ...found.schema };
    case 'missing':
      throw new CommandError(`There are no books at ${path}`, { hint: DOCTOR });
    case 'blocked':
      throw new CommandError(found.fault.reason, { hint: DOCTOR });
    case 'unusable':
      throw new CommandError(`The database ${path} cannot be used: ${found.reason}`, { hint: DOCTOR });
    default:
      return found satisfies never;
  }
}

async function readMongoSchema(uri: string): Promise<Schema> {
  const { inspectMongo } = await import('../adapters/mongo/inspection.ts');
  try {
    const { databaseName, schema, missingIndexes } = await inspectMongo(uri, { clock: systemClock });
    return { database: databaseName, missingIndexes, ...schema };
  } catch (cause) {
    throw new CommandError(`The database cannot be read: ${reasonText(cause)}`, { hint: DOCTOR, cause });
  }
}

function countOf({ length }: readonly unknown[]): string {
  return length === 1 ? '1 migration' : `${length} migrations`;
}

function withTime<T extends { readonly appliedAt: number }>(
  one: T,
): Omit<T, 'appliedAt'> & { appliedAt: string } {
  return { ...one, appliedAt: isoTime(one.appliedAt) };
}
