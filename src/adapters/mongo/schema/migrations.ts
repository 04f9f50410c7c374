import { setTimeout as wait } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import type { ClientSession, Collection, Db, Document, IndexDescription } from 'mongodb';
import type { Clock } from '../../../application/ports/runtime.ts';
import type {
  AppliedMigration,
  MigrationName,
  SchemaRefusal,
  SchemaState,
} from '../../shared/schema-state.ts';
import { digestDocuments } from './digest-documents.ts';
import { endTransaction } from '../transactions/end-transaction.ts';
import { hasCode } from '../transactions/errors.ts';
import { NO_COPY } from './unfinished-copy.ts';
import { numberDocuments } from './number-accounts.ts';
import { foreignCollection } from './foreign-collections.ts';
import { slotOf } from '../documents/version-document.ts';
import { Deadline } from '../../shared/deadline.ts';
import { TRANSACTION_OPTIONS } from '../transactions/transaction.ts';
import * as validators from './validators.ts';

type Migration = {
  readonly version: number;
  readonly name: string;
  /** Runs before the indexes are made. Repeated and concurrent runs must be safe, as for `finish`. */
  readonly prepare?: (db: Db) => Promise<unknown>;
  /** Indexes to make, by collection. */
  readonly indexes?: Readonly<Record<string, readonly NamedIndex[]>>;
  /** Runs after the indexes are made. */
  readonly finish?: (db: Db, settings: MigrationSettings) => Promise<unknown>;
  /** Indexes of earlier versions to drop at the end. */
  readonly dropped?: readonly { readonly collection: string; readonly name: string }[];
};

type NamedIndex = IndexDescription & { readonly name: string };

export type MigrationSettings = {
  /** Prefix of the numbers of accounts that have none. */
  readonly accountPrefix: string;
};

type MigrationDocument = {
  /** The database's version after this migration. */
  readonly _id: number;
  readonly name: string;
  readonly appliedAt: Date;
};

/** Data in formats from before the first release is not migrated. */
const FIRST_VERSION = 2;

/**
 * Forward only. A released migration is never changed. Every change needs a new one, even of the validators, which are
 * set to their current form after the missing migrations.
 */
const MIGRATIONS: readonly Migration[] = [
  {
    version: FIRST_VERSION,
    name: 'the ledger, users, sessions and the outbox',
    indexes: {
      accounts: [
        { key: { ownerId: 1, _id: 1 }, name: 'by_owner' },
        // System accounts only, as there are few
        {
          key: { purpose: 1 },
          name: 'by_purpose',
          partialFilterExpression: { purpose: { $gt: '' } },
        },
        {
          key: { nextExpiryAt: 1 },
          name: 'by_expiry',
          partialFilterExpression: { nextExpiryAt: { $type: 'date' } },
        },
      ],
      transfers: [
        // An account's book: no two entries have the same key, even with several writers
        { key: { places: 1 }, name: 'by_place', unique: true, sparse: true },
        { key: { 'record.key': 1 }, name: 'by_key', unique: true, sparse: true },
        // Pending holds, on each of their accounts
        {
          key: { 'legs.accountId': 1, expiresAt: 1 },
          name: 'pending_holds',
          partialFilterExpression: { status: 'pending' },
        },
      ],
      parcels: [
        {
          key: { dueAt: 1, _id: 1 },
          name: 'by_due',
          partialFilterExpression: { dueAt: { $exists: true } },
        },
      ],
      users: [{ key: { email: 1 }, name: 'by_email', unique: true }],
    },
    finish: startLedger,
  },
  {
    version: 3,
    name: 'entries by counterparty in blocks',
    // An index that version 2 made. Blocks of existing entries are written on demand
    dropped: [{ collection: 'transfers', name: 'by_other' }],
  },
  {
    version: 4,
    name: 'transfers by user in books',
    prepare: (db) => again(() => db.collection('transfers').updateMany(UNBOOKED, NAME_UNBOOKED)),
    indexes: {
      transfers: [
        {
          key: { unbookedFor: 1, createdAt: -1, _id: -1 },
          name: 'unbooked',
          partialFilterExpression: { unbookedFor: { $exists: true } },
        },
      ],
    },
    dropped: [{ collection: 'transfers', name: 'by_party' }],
  },
  {
    version: 5,
    name: 'a head for every other unit',
    finish: splitHead,
  },
  {
    version: 6,
    name: 'a digest of what no chain covers',
    async prepare(db) {
      // First, so that an older program writes nothing without a digest
      await keepValid(db, 'accounts', validators.accounts);
      await keepValid(db, 'transfers', validators.transfers);
      await keepValid(db, 'records', validators.records);
      await again(() => digestDocuments(db));
    },
  },
  {
    version: 7,
    name: 'sessions by their end, mails by the hour, users in the audit log',
    indexes: {
      sessions: [
        { key: { expiresAt: 1 }, name: 'by_expiry' },
        { key: { endedAt: 1 }, name: 'by_end' },
      ],
      mailHours: [{ key: { endsAt: 1 }, name: 'by_end' }],
    },
  },
  {
    version: 8,
    name: 'holds in sum',
    prepare: (db) => again(() => db.collection('transfers').updateMany(UNRESERVED, NAME_RESERVED)),
    indexes: {
      transfers: [
        {
          key: { 'reserved.debited': 1, expiresAt: 1, 'reserved.amount': 1, status: 1 },
          name: 'reserved_debits',
          partialFilterExpression: { 'reserved.debited': { $gt: '' } },
        },
        {
          key: { 'reserved.credited': 1, expiresAt: 1, 'reserved.amount': 1, status: 1 },
          name: 'reserved_credits',
          partialFilterExpression: { 'reserved.credited': { $gt: '' } },
        },
        // All holds, in order of their placing
        {
          key: { 'legs.accountId': 1, createdAt: -1, _id: -1 },
          name: 'holds_placed',
          partialFilterExpression: { expiresAt: { $exists: true } },
        },
        // In order of expiry, then of id
        {
          key: { 'legs.accountId': 1, expiresAt: 1, _id: 1 },
          name: 'pending_holds_by_id',
          partialFilterExpression: { status: 'pending' },
        },
      ],
    },
    dropped: [{ collection: 'transfers', name: 'pending_holds' }],
  },
  {
    version: 9,
    name: 'profiles, refresh tokens, credentials and security events',
    indexes: {
      sessions: [
        {
          key: { userId: 1, _id: 1 },
          name: 'open_by_user',
          partialFilterExpression: { endedAt: null },
        },
      ],
      credentials: [
        { key: { userId: 1, kind: 1, _id: 1 }, name: 'by_user' },
        {
          key: { kind: 1, digest: 1 },
          name: 'by_digest',
          partialFilterExpression: { digest: { $type: 'string' } },
        },
        {
          key: { expiresAt: 1 },
          name: 'by_expiry',
          partialFilterExpression: { expiresAt: { $type: 'date' } },
        },
      ],
      securityEvents: [{ key: { userId: 1, _id: -1 }, name: 'by_user' }],
    },
  },
  {
    version: 10,
    name: 'throttles by their end',
    indexes: {
      throttles: [{ key: { expiresAt: 1 }, name: 'by_expiry', expireAfterSeconds: 0 }],
    },
  },
  {
    version: 11,
    name: 'account numbers, references and external ids',
    // First, so that an older program writes no account without a number
    prepare: (db) => keepValid(db, 'accounts', validators.accounts),
    indexes: {
      accounts: [
        {
          key: { number: 1 },
          name: 'by_number',
          unique: true,
          partialFilterExpression: { number: { $gt: '' } },
        },
        {
          key: { externalId: 1 },
          name: 'by_external_id',
          unique: true,
          partialFilterExpression: { externalId: { $gt: '' } },
        },
      ],
      transfers: [
        {
          key: { externalId: 1 },
          name: 'by_external_id',
          unique: true,
          // Without rejected transfers, which have no entries
          partialFilterExpression: { externalId: { $gt: '' }, places: { $exists: true } },
        },
      ],
    },
    finish: (db, { accountPrefix }) => again(() => numberDocuments(db, accountPrefix)),
  },
  {
    version: 12,
    name: 'payees',
    indexes: {
      payees: [
        { key: { accountId: 1, userId: 1 }, name: 'by_account', unique: true },
        { key: { userId: 1, _id: 1 }, name: 'by_user' },
      ],
    },
  },
];

/** Implements `Transfer.unbookedFor` for existing transfers, in one scan. */
const UNBOOKED = {
  'initiator.id': { $type: 'string' },
  $or: [{ status: 'rejected' }, { $expr: { $not: { $in: ['$initiator.id', '$legs.ownerId'] } } }],
};
const NAME_UNBOOKED = [{ $set: { unbookedFor: '$initiator.id' } }];

/** Holds without the `reserved` field that the sum indexes need. Their debit leg comes first. */
const UNRESERVED = { status: 'pending', reserved: { $exists: false } };
const NAME_RESERVED = [
  {
    $set: {
      reserved: {
        debited: { $arrayElemAt: ['$legs.accountId', 0] },
        credited: { $arrayElemAt: ['$legs.accountId', 1] },
        amount: { $arrayElemAt: ['$legs.amount', 0] },
      },
    },
  },
];

const VERSION = MIGRATIONS.at(-1)?.version ?? 0;

const NAMESPACE_NOT_FOUND = 26;
const INDEX_NOT_FOUND = 27;
const NAMESPACE_EXISTS = 48;
/** Errors of the server while another process changes the same collection or index. */
const MEANWHILE = new Set([46, 112, 117, 12586, 12587, NAMESPACE_EXISTS]);
const TRIES = 100;
const PAUSE_MS = 50;
/** How long to try to end a failed transaction, so that it blocks no other process. */
const END_MS = 10_000;

/**
 * Brings the database to the version that this program knows. Several processes may do so at once.
 * @throws TypeError for a database of a newer version, or of another program; nothing in it is changed
 */
export async function migrateMongo(
  db: Db,
  { clock, ...settings }: { clock: Clock } & MigrationSettings,
): Promise<void> {
  const schema = db.collection<MigrationDocument>('schema');
  const current = await versionOf(db);
  const refusal = refusalOf(db, current);
  if (refusal) throw new TypeError(refusal.reason);

  if (current === 0) {
    await assertNotForeign(db);
    await keepAllValid(db);
  }
  const missing = MIGRATIONS.filter(({ version }) => version > current);
  for (const migration of missing) await apply(db, migration, settings);
  if (current > 0 && missing.length > 0) await keepAllValid(db);
  for (const migration of missing) await keepTrack(schema, migration, clock);
}

async function apply(
  db: Db,
  { prepare, indexes = {}, finish, dropped = [] }: Migration,
  settings: MigrationSettings,
): Promise<void> {
  await prepare?.(db);
  for (const [name, descriptions] of Object.entries(indexes)) await index(db, name, descriptions);
  await finish?.(db, settings);
  for (const { collection, name } of dropped) await dropIndex(db, collection, name);
}

function refusalOf(db: Db, version: number): SchemaRefusal | null {
  if (version > VERSION) {
    const reason = `The database "${db.databaseName}" has version ${version}; this program knows versions up to ${VERSION}: update the program`;
    return { kind: 'newer', reason };
  }
  if (version > 0 && version < FIRST_VERSION) {
    const reason = `The database "${db.databaseName}" was made before the first release and cannot be migrated: use a new one`;
    return { kind: 'unreleased', reason };
  }
  return null;
}

/** Reads the schema, and changes nothing. */
export async function mongoSchemaState(db: Db): Promise<SchemaState> {
  const foreign = await foreignnessOf(db);
  if (foreign !== undefined) {
    const refusal = { kind: 'foreign', reason: foreignDatabase(db, foreign).message } as const;
    return { version: 0, known: VERSION, applied: [], missing: [], refusal };
  }
  const applied = (await readSchema(db)).toReversed().map(appliedMigration);
  const version = applied.at(-1)?.version ?? 0;
  const refusal = refusalOf(db, version);
  return {
    version,
    known: VERSION,
    applied,
    missing: refusal ? [] : MIGRATIONS.filter((one) => one.version > version).map(named),
    refusal,
  };
}

function appliedMigration({ _id, name, appliedAt }: Document): AppliedMigration {
  return { version: Number(_id), name: String(name), appliedAt: (appliedAt as Date).getTime() };
}

function named({ version, name }: Migration): MigrationName {
  return { version, name };
}

/** Describes a mark of another program, if there is one. */
async function foreignnessOf(db: Db): Promise<string | undefined> {
  const schema = await readSchema(db);
  if (schema.some((document) => !isMigration(document))) return FOREIGN_SCHEMA;
  return schema.length > 0 ? undefined : foreignCollection(db);
}

/** Lists the indexes that a database of this version lacks, or has with other keys or rules: `collection.name`. */
export async function missingIndexes(db: Db, version: number): Promise<readonly string[]> {
  const missing = await absentIndexes(db, version);
  return missing.map(({ collection, description }) => `${collection}.${description.name}`);
}

/** Makes the indexes again that a database of the newest version lacks. Returns them: `collection.name`. */
export async function remakeIndexes(db: Db): Promise<readonly string[]> {
  if ((await versionOf(db)) !== VERSION) return [];
  const missing = await absentIndexes(db, VERSION);
  for (const { collection, description } of missing) {
    // One of that name with other keys is in the way
    await dropIndex(db, collection, description.name);
    await index(db, collection, [description]);
  }
  return missing.map(({ collection, description }) => `${collection}.${description.name}`);
}

type PlacedIndex = { readonly collection: string; readonly description: NamedIndex };

async function absentIndexes(db: Db, version: number): Promise<readonly PlacedIndex[]> {
  const missing: PlacedIndex[] = [];
  const found = new Map<string, readonly Document[]>();
  for (const placed of expectedIndexes(version)) {
    const { collection, description } = placed;
    const present = found.get(collection) ?? (await indexesOf(db, collection));
    found.set(collection, present);
    if (!present.some((one) => isSameIndex(one, description))) missing.push(placed);
  }
  return missing;
}

function expectedIndexes(version: number): readonly PlacedIndex[] {
  const expected = new Map<string, PlacedIndex>();
  for (const { indexes = {}, dropped = [] } of MIGRATIONS.filter((one) => one.version <= version)) {
    for (const [collection, descriptions] of Object.entries(indexes)) {
      for (const description of descriptions) {
        expected.set(`${collection}.${description.name}`, { collection, description });
      }
    }
    for (const { collection, name } of dropped) expected.delete(`${collection}.${name}`);
  }
  return [...expected.values()];
}

async function indexesOf(db: Db, collection: string): Promise<readonly Document[]> {
  try {
    return (await db.collection(collection).listIndexes().toArray()) as Document[];
  } catch (fault) {
    if (hasCode(fault, NAMESPACE_NOT_FOUND)) return [];
    throw fault;
  }
}

/** Compares texts, because the driver returns some numbers as longs. */
function isSameIndex(found: Document, { name, key, unique = false }: NamedIndex): boolean {
  const keyText = (of: object): string =>
    Object.entries(of)
      .map(([field, order]) => `${field} ${String(order)}`)
      .join();
  return (
    found['name'] === name &&
    Boolean(found['unique']) === unique &&
    keyText(found['key'] as object) === keyText(key)
  );
}

/**
 * The version of the database; 0 if this program has not set it up.
 * @throws TypeError if another program has a collection of that name
 */
export async function versionOf(db: Db): Promise<number> {
  const applied = await readSchema(db);
  if (applied.some((document) => !isMigration(document))) throw foreignDatabase(db, FOREIGN_SCHEMA);
  return Number(applied[0]?._id ?? 0);
}

const FOREIGN_SCHEMA = 'its collection "schema" holds documents that this program did not write';

/** The newest migrations of the database, the last one first. */
function readSchema(db: Db): Promise<readonly Document[]> {
  return db.collection('schema').find(NO_COPY).sort({ _id: -1 }).limit(100).toArray();
}

/** Whether this program wrote the document, in this or another version. */
function isMigration({ _id, name, appliedAt }: Document): boolean {
  const known = MIGRATIONS.find(({ version }) => version === Number(_id));
  const hasVersion = typeof _id === 'number' || typeof _id === 'bigint';
  return (
    hasVersion && typeof name === 'string' && appliedAt instanceof Date && (!known || known.name === name)
  );
}

async function assertNotForeign(db: Db): Promise<void> {
  const foreign = await foreignCollection(db);
  // Another process of this program may have set it up meanwhile, and begun to write
  if (foreign && (await versionOf(db)) === 0) throw foreignDatabase(db, foreign);
}

function foreignDatabase(db: Db, reason: string): TypeError {
  return new TypeError(
    `The database "${db.databaseName}" belongs to another program: ${reason}. Name another database in the URI`,
  );
}

/** Records a migration last, with majority write concern: then everything before it is durable. */
async function keepTrack(
  schema: Collection<MigrationDocument>,
  { version, name }: Migration,
  clock: Clock,
): Promise<void> {
  const document = { name, appliedAt: new Date(clock.now()) };
  await again(() => schema.updateOne({ _id: version }, { $setOnInsert: document }, { upsert: true }));
}

/** The single version document for all units, as version 2 made it. */
type FormerHead = { readonly _id: string; readonly unit: bigint };

async function startLedger(db: Db): Promise<void> {
  const ledger = db.collection<FormerHead>('ledger');
  await again(() => ledger.updateOne({ _id: 'head' }, { $setOnInsert: { unit: 0n } }, { upsert: true }));
}

/**
 * Splits the ledger version in one transaction. Afterwards an older program finds no version document, and writes
 * nothing.
 */
async function splitHead(db: Db): Promise<void> {
  const ledger = db.collection<FormerHead>('ledger');
  await inTransaction(db, async (session) => {
    const head = await ledger.findOneAndDelete({ _id: 'head' }, { session });
    // Another process may have been faster, and this one may have created the old document again
    if (!head || (await ledger.findOne({ _id: slotOf(head.unit) }, { session }))) return;
    // One version number is skipped, so that each parity has one
    const units = [head.unit, head.unit + 1n];
    await ledger.insertMany(
      units.map((unit) => ({ _id: slotOf(unit), unit })),
      { session },
    );
  });
}

async function inTransaction(db: Db, work: (session: ClientSession) => Promise<void>): Promise<void> {
  await again(() =>
    db.client.withSession(async (session) => {
      try {
        await session.withTransaction(work, TRANSACTION_OPTIONS);
      } catch (fault) {
        const limit = new Deadline(END_MS);
        await endTransaction(db, session.serverSession, () => limit.isOver);
        throw fault;
      }
    }),
  );
}

async function keepAllValid(db: Db): Promise<void> {
  for (const [name, validator] of Object.entries(validators)) await keepValid(db, name, validator);
}

async function keepValid(db: Db, name: string, validator: Document): Promise<void> {
  await again(async () => {
    const exists = await db.listCollections({ name }, { nameOnly: true }).hasNext();
    if (exists) await db.command({ collMod: name, validator });
    else await db.createCollection(name, { validator });
  });
}

async function index(db: Db, name: string, indexes: readonly NamedIndex[]): Promise<void> {
  await again(() => db.collection(name).createIndexes([...indexes]));
}

async function dropIndex(db: Db, collection: string, name: string): Promise<void> {
  try {
    await again(() => db.collection(collection).dropIndex(name));
  } catch (fault) {
    // The index never existed, or another process was faster
    if (!hasCode(fault, INDEX_NOT_FOUND) && !hasCode(fault, NAMESPACE_NOT_FOUND)) throw fault;
  }
}

async function again(step: () => Promise<unknown>): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      await step();
      return;
    } catch (fault) {
      if (left === 0 || !(fault instanceof MongoServerError) || !MEANWHILE.has(Number(fault.code)))
        throw fault;
    }
    await wait(PAUSE_MS);
  }
}
