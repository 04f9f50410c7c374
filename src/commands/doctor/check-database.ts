import { resolve } from 'node:path';
import type { OutboxState, SchemaState } from '../../adapters/shared/schema-state.ts';
import type { MongoInspection } from '../../adapters/mongo/inspection.ts';
import type { SqliteInspection } from '../../adapters/sqlite/inspection.ts';
import { CLOCK_TOLERANCE_MS } from '../../adapters/shared/clock-behind.ts';
import type { Clock } from '../../application/ports/runtime.ts';
import { LOOPBACK } from '../../config.ts';
import { reasonText } from '../../reason-text.ts';
import { isOpen, modeOf, modeText } from './check-configuration.ts';
import { ok, trouble } from './finding.ts';
import type { Finding } from './finding.ts';

const DATABASE = 'database';
const HOUR_MS = 3_600_000;
const LATE_HOURS = 1;

/** Checks the file of SQLite, and the books in it. */
export async function checkSqlite(given: string, clock: Clock): Promise<readonly Finding[]> {
  const { inspectSqlite } = await import('../../adapters/sqlite/inspection.ts');
  const path = resolve(given);
  const mode = await modeOf(path);
  const findings: Finding[] = [];
  if (mode !== null && isOpen(mode)) {
    const found = `${path} has mode ${modeText(mode)}: other users of this machine can read it`;
    findings.push(trouble(DATABASE, 'database_file_open', found));
  }
  return [...findings, ...sqliteFindings(path, await inspectSqlite(path).catch(unusable), clock)];
}

function unusable(error: unknown): SqliteInspection {
  return { kind: 'unusable', reason: reasonText(error) };
}

function sqliteFindings(path: string, inspected: SqliteInspection, clock: Clock): readonly Finding[] {
  switch (inspected.kind) {
    case 'missing':
      return [trouble(DATABASE, 'database_missing', `There are no books at ${path}`)];
    case 'unusable':
      return [trouble(DATABASE, 'database_unusable', `${path}: ${inspected.reason}`)];
    case 'blocked': {
      const code = inspected.fault.kind === 'restoring' ? 'restore_unfinished' : 'log_foreign';
      return [trouble(DATABASE, code, `${path}: ${inspected.fault.reason}`)];
    }
    case 'read':
      return [
        ...schemaFindings(inspected.schema, `SQLite, ${path}`),
        ...newestEntryFindings(inspected.newestEntry, clock),
        ...outboxFindings(inspected.outbox, clock),
      ];
    default:
      return inspected satisfies never;
  }
}

function schemaFindings({ version, known, missing, refusal }: SchemaState, name: string): readonly Finding[] {
  if (refusal) {
    const code = {
      newer: 'schema_newer',
      foreign: 'database_foreign',
      unreleased: 'schema_unreleased',
    } as const;
    return [trouble(DATABASE, code[refusal.kind], `${name}: ${refusal.reason}`)];
  }
  if (missing.length === 0) return [ok(DATABASE, `${name}, schema ${version}`)];
  const found = `${name}: it has schema ${version}, and this program knows ${known}`;
  return [trouble(DATABASE, 'schema_behind', found)];
}

function newestEntryFindings(newest: number | null, clock: Clock): readonly Finding[] {
  if (newest === null) return [];
  const aheadMs = newest - clock.now();
  if (aheadMs <= CLOCK_TOLERANCE_MS) return [ok('clock', 'not behind the newest entry')];
  const seconds = Math.ceil(aheadMs / 1_000);
  return [trouble('clock', 'clock_behind', `The clock is ${seconds} s behind the newest entry`)];
}

function outboxFindings(outbox: OutboxState | null, clock: Clock): readonly Finding[] {
  if (outbox === null) return [];
  const { waiting, oldestDueAt, givenUp } = outbox;
  const findings: Finding[] = [];
  if (givenUp > 0) {
    findings.push(trouble('outbox', 'mails_given_up', `Sending was given up for ${batches(givenUp)}`));
  }
  const lateHours = oldestDueAt === null ? 0 : Math.floor((clock.now() - oldestDueAt) / HOUR_MS);
  if (lateHours >= LATE_HOURS) {
    const found = `${batches(waiting)} waiting, the oldest for ${lateHours} h`;
    findings.push(trouble('outbox', 'mails_late', found));
  }
  return findings.length > 0 ? findings : [ok('outbox', `${batches(waiting)} waiting`)];
}

function batches(count: number): string {
  return count === 1 ? '1 batch of mails' : `${count} batches of mails`;
}

type MongoTerms = { readonly uri: string; readonly isProduction: boolean; readonly clock: Clock };

/** Options of a URI that a store overrides. */
const IGNORED_OPTIONS = ['w', 'journal', 'wtimeoutMS', 'readConcernLevel', 'readPreference'];
const OLDEST_MONGO = 6;
const MOST_OFF_MS = 1_000;

/** Checks the text of the URI, which needs no network. */
export function checkMongoUri({ uri, isProduction }: Omit<MongoTerms, 'clock'>): readonly Finding[] {
  const [, scheme = '', hosts = '', query = ''] =
    /^(mongodb(?:\+srv)?):\/\/(?:[^@/]*@)?([^/?]+)[^?]*\??(.*)$/.exec(uri) ?? [];
  const options = new URLSearchParams(query);
  const names = [...options.keys()];
  const ignored = IGNORED_OPTIONS.filter((name) =>
    names.some((given) => given.toLowerCase() === name.toLowerCase()),
  );
  const isTls = scheme === 'mongodb+srv' || ['tls', 'ssl'].some((name) => options.get(name) === 'true');
  const isFar = hosts.split(',').some((host) => !LOOPBACK.test(host.replace(/:\d+$/, '')));
  const findings = ignored.map((name) =>
    trouble('MONGO_URI', 'mongo_concern_ignored', `MONGO_URI sets ${name}, which has no effect`),
  );
  if (isProduction && isFar && !isTls) {
    const found = 'MONGO_URI names another machine without TLS: the books travel in the clear';
    findings.push(trouble('MONGO_URI', 'mongo_unencrypted', found));
  }
  return findings;
}

/** Asks the database of MongoDB about itself and its replica set. */
export async function checkMongo({ uri, clock }: MongoTerms): Promise<readonly Finding[]> {
  const { inspectMongo, isDenied } = await import('../../adapters/mongo/inspection.ts');
  let inspected: MongoInspection;
  try {
    inspected = await inspectMongo(uri, { clock });
  } catch (error) {
    const code = isDenied(error) ? 'database_denied' : 'database_unreachable';
    return [trouble(DATABASE, code, reasonText(error))];
  }
  const { databaseName, schema, missingIndexes } = inspected;
  return [
    ...schemaFindings(schema, `MongoDB, ${databaseName}`),
    ...missingIndexes.map((name) => trouble('indexes', 'index_missing', `The index ${name} is missing`)),
    ...(missingIndexes.length === 0 && schema.refusal === null && schema.version > 0
      ? [ok('indexes', 'all present')]
      : []),
    ...serverFindings(inspected),
    clockFinding(inspected),
    ...outboxFindings(inspected.outbox, clock),
  ];
}

/** Judges the server and its replica set. */
export function serverFindings(inspected: MongoInspection): readonly Finding[] {
  const { serverVersion, topology, members, arbiters, healthyMembers } = inspected;
  const [major = 0] = serverVersion.split('.').map(Number);
  const findings: Finding[] = [];
  if (major < OLDEST_MONGO) {
    findings.push(
      trouble('MongoDB', 'mongo_old', `MongoDB ${serverVersion} is older than ${OLDEST_MONGO}.0`),
    );
  }
  if (topology === 'standalone') {
    const found = 'MongoDB runs as a standalone server, which has no transactions';
    findings.push(trouble('replica set', 'mongo_standalone', found));
  }
  if (topology === 'replica_set' && members === 1) {
    const found = 'The replica set has one member: its loss is the loss of the books';
    findings.push(trouble('replica set', 'mongo_single_member', found));
  }
  if (arbiters > 0) {
    const found = 'The replica set has an arbiter: with a member down, no commit reaches a majority';
    findings.push(trouble('replica set', 'mongo_arbiter', found));
  }
  if (topology === 'replica_set' && healthyMembers !== null && healthyMembers < members) {
    const found = `${healthyMembers} of ${members} members answer`;
    findings.push(trouble('replica set', 'mongo_member_down', found));
  }
  if (findings.length > 0) return findings;
  const shape = topology === 'sharded' ? 'a sharded cluster' : `${members} members`;
  const commits = 'commits wait for a majority and its journal';
  return [ok('replica set', `MongoDB ${serverVersion}, ${shape}; ${commits}`)];
}

function clockFinding({ clockOffMs }: MongoInspection): Finding {
  const off = Math.round(clockOffMs);
  return off > MOST_OFF_MS
    ? trouble(
        'clock',
        'clock_off',
        `The clock is ${off} ms off the database's, and ${MOST_OFF_MS} are allowed`,
      )
    : ok('clock', `${off} ms off the database's`);
}
