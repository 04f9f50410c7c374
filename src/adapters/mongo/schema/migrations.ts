import { setTimeout as wait } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import type { ClientSession, Collection, Db, Document, IndexDescription } from 'mongodb';
import type { Clock } from '../../../application/ports/runtime.ts';
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
  /** Repeated and concurrent runs must be safe. */
  readonly apply: (db: Db, settings: MigrationSettings) => Promise<void>;
};

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
    async apply(db) {
      await index(db, 'accounts', [
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
      ]);
      await index(db, 'transfers', [
        // An account's book: no two entries have the same key, even with several writers
        { key: { places: 1 }, name: 'by_place', unique: true, sparse: true },
        { key: { 'record.key': 1 }, name: 'by_key', unique: true, sparse: true },
        // Pending holds, on each of their accounts
        {
          key: { 'legs.accountId': 1, expiresAt: 1 },
          name: 'pending_holds',
          partialFilterExpression: { status: 'pending' },
        },
      ]);
      await index(db, 'parcels', [
        {
          key: { dueAt: 1, _id: 1 },
          name: 'by_due',
          partialFilterExpression: { dueAt: { $exists: true } },
        },
      ]);
      await index(db, 'users', [{ key: { email: 1 }, name: 'by_email', unique: true }]);
      await startLedger(db);
    },
  },
  {
    version: 3,
    name: 'entries by counterparty in blocks',
    /** Drops an index that version 2 made. Blocks of existing entries are written on demand. */
    apply: (db) => dropIndex(db, 'transfers', 'by_other'),
  },
  {
    version: 4,
    name: 'transfers by user in books',
    async apply(db) {
      await again(() => db.collection('transfers').updateMany(UNBOOKED, NAME_UNBOOKED));
      await index(db, 'transfers', [
        {
          key: { unbookedFor: 1, createdAt: -1, _id: -1 },
          name: 'unbooked',
          partialFilterExpression: { unbookedFor: { $exists: true } },
        },
      ]);
      await dropIndex(db, 'transfers', 'by_party');
    },
  },
  {
    version: 5,
    name: 'a head for every other unit',
    apply: splitHead,
  },
  {
    version: 6,
    name: 'a digest of what no chain covers',
    async apply(db) {
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
    async apply(db) {
      await index(db, 'sessions', [
        { key: { expiresAt: 1 }, name: 'by_expiry' },
        { key: { endedAt: 1 }, name: 'by_end' },
      ]);
      await index(db, 'mailHours', [{ key: { endsAt: 1 }, name: 'by_end' }]);
    },
  },
  {
    version: 8,
    name: 'holds in sum',
    async apply(db) {
      await again(() => db.collection('transfers').updateMany(UNRESERVED, NAME_RESERVED));
      await index(db, 'transfers', [
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
      ]);
      await dropIndex(db, 'transfers', 'pending_holds');
    },
  },
  {
    version: 9,
    name: 'profiles, refresh tokens, credentials and security events',
    async apply(db) {
      await index(db, 'sessions', [
        {
          key: { userId: 1, _id: 1 },
          name: 'open_by_user',
          partialFilterExpression: { endedAt: null },
        },
      ]);
      await index(db, 'credentials', [
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
      ]);
      await index(db, 'securityEvents', [{ key: { userId: 1, _id: -1 }, name: 'by_user' }]);
    },
  },
  {
    version: 10,
    name: 'throttles by their end',
    async apply(db) {
      await index(db, 'throttles', [{ key: { expiresAt: 1 }, name: 'by_expiry', expireAfterSeconds: 0 }]);
    },
  },
  {
    version: 11,
    name: 'account numbers, references and external ids',
    async apply(db, { accountPrefix }) {
      // First, so that an older program writes no account without a number
      await keepValid(db, 'accounts', validators.accounts);
      await index(db, 'accounts', [
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
      ]);
      await index(db, 'transfers', [
        {
          key: { externalId: 1 },
          name: 'by_external_id',
          unique: true,
          // Without rejected transfers, which have no entries
          partialFilterExpression: { externalId: { $gt: '' }, places: { $exists: true } },
        },
      ]);
      await again(() => numberDocuments(db, accountPrefix));
    },
  },
  {
    version: 12,
    name: 'payees',
    async apply(db) {
      await index(db, 'payees', [
        { key: { accountId: 1, userId: 1 }, name: 'by_account', unique: true },
        { key: { userId: 1, _id: 1 }, name: 'by_user' },
      ]);
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
  if (current > VERSION) {
    throw new TypeError(
      `The database "${db.databaseName}" has version ${current}; this program knows versions up to ${VERSION}: update the program`,
    );
  }

  if (current > 0 && current < FIRST_VERSION) {
    throw new TypeError(
      `The database "${db.databaseName}" was made before the first release and cannot be migrated: use a new one`,
    );
  }

  if (current === 0) {
    await assertNotForeign(db);
    await keepAllValid(db);
  }
  const missing = MIGRATIONS.filter(({ version }) => version > current);
  for (const migration of missing) await migration.apply(db, settings);
  if (current > 0 && missing.length > 0) await keepAllValid(db);
  for (const migration of missing) await keepTrack(schema, migration, clock);
}

/**
 * The version of the database; 0 if this program has not set it up.
 * @throws TypeError if another program has a collection of that name
 */
export async function versionOf(db: Db): Promise<number> {
  const applied = await db.collection('schema').find(NO_COPY).sort({ _id: -1 }).limit(100).toArray();
  const foreign = applied.find((document) => !isMigration(document));
  if (foreign)
    throw foreignDatabase(db, 'its collection "schema" holds documents that this program did not write');
  return Number(applied[0]?._id ?? 0);
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

async function index(db: Db, name: string, indexes: IndexDescription[]): Promise<void> {
  await again(() => db.collection(name).createIndexes(indexes));
}

async function dropIndex(db: Db, collection: string, name: string): Promise<void> {
  try {
    await again(() => db.collection(collection).dropIndex(name));
  } catch (fault) {
    // The index never existed, or another process was faster
    if (!hasCode(fault, INDEX_NOT_FOUND)) throw fault;
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
