import { Binary } from 'mongodb';
import type { Collection, Db, Document, UpdateFilter } from 'mongodb';
import { digestDocuments } from '../../src/adapters/mongo/schema/digest-documents.ts';
import { openMongoStore } from '../../src/adapters/mongo/index.ts';
import { balancesToText, requestToText } from '../../src/adapters/shared/compact-json.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import type { AccountState } from '../../src/domain/entities/account.ts';
import type { AuditRecord } from '../../src/domain/integrity/audit-log.ts';
import { keyText } from '../../src/domain/books/idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../src/domain/books/idempotency.ts';
import type { LedgerEntry, LedgerEntryState } from '../../src/domain/entities/ledger-entry.ts';
import type { TransferState } from '../../src/domain/entities/transfer.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { freshDatabaseName, mongoUri } from './mongo.ts';
import type { Tamper } from './tamper.ts';

/** A store in a database, and the database itself, whose validators a test can bypass. Default: a new database. */
export async function anUnguardedMongo(
  databaseName = freshDatabaseName(),
): Promise<{ store: Store; db: Db; close: () => Promise<void> }> {
  const opened: { db?: Db } = {};
  const store = await openMongoStore({
    uri: mongoUri(),
    databaseName,
    clock: new FixedClock(),
    clockToleranceMs: Infinity,
    onClient: (client) => {
      opened.db = client.db(databaseName, { useBigInt64: true, ignoreUndefined: true });
    },
  });
  return { store, db: required(opened.db), close: () => store.close() };
}

/** A store in a database of its own, whose documents can be put back as they were. */
export async function aTamperedMongo(): Promise<{
  store: Store;
  tamper: Tamper;
  remember: () => Promise<() => Promise<void>>;
  close: () => Promise<void>;
}> {
  const { store, db, close } = await anUnguardedMongo();
  return { store, tamper: new MongoTamper(db, store), remember: () => remember(db), close };
}

/** Remembers all documents of the database, and returns a function that puts them back. */
async function remember(db: Db): Promise<() => Promise<void>> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const kept = await Promise.all(
    collections.map(async ({ name }) => ({ name, documents: await db.collection(name).find().toArray() })),
  );
  return async () => {
    await Promise.all(
      kept.map(async ({ name, documents }) => {
        await db.collection(name).deleteMany({});
        if (documents.length > 0)
          await db.collection(name).insertMany(documents, { bypassDocumentValidation: true });
      }),
    );
  };
}

type Kept = Document & { _id: string | bigint };
type Part = { leg: number; sequence: bigint } & Document;

class MongoTamper implements Tamper {
  readonly #db: Db;
  readonly #store: Store;

  constructor(db: Db, store: Store) {
    this.#db = db;
    this.#store = store;
  }

  /** Rewrites the whole document as the newest one. An older one would not count: reads add the entries after it. */
  async account(id: string, change: Partial<AccountState>): Promise<void> {
    const account = required(await this.#store.reads.account(id));
    const { id: _id, sequence, latestAt, nextExpiryAt, createdAt, ...rest } = { ...account, ...change };
    await this.#change('accounts', id, {
      $set: {
        ...rest,
        sequence: BigInt(sequence),
        latestAt: new Date(latestAt),
        nextExpiryAt: nextExpiryAt === null ? null : new Date(nextExpiryAt),
        createdAt: new Date(createdAt),
      },
    });
  }

  async removeAccount(id: string): Promise<void> {
    await this.#collection('accounts').deleteOne({ _id: id });
  }

  async transfer(id: string, change: Partial<TransferState>): Promise<void> {
    const set = Object.entries(change).filter(([, value]) => value !== null);
    const unset = Object.entries(change).filter(([, value]) => value === null);
    await this.#change('transfers', id, {
      ...(set.length > 0 ? { $set: Object.fromEntries<unknown>(set) } : {}),
      ...(unset.length > 0 ? { $unset: Object.fromEntries(unset.map(([field]) => [field, true])) } : {}),
    });
  }

  async entry(accountId: string, sequence: number, change: Partial<LedgerEntryState>): Promise<void> {
    const { transfer, part } = await this.#find(accountId, sequence);
    Object.assign(part, {
      ...(change.sequence === undefined ? {} : { sequence: BigInt(change.sequence) }),
      ...(change.posted === undefined ? {} : { posted: change.posted }),
      ...(change.at === undefined ? {} : { at: new Date(change.at) }),
      ...(change.hash === undefined ? {} : { hash: new Binary(Buffer.from(change.hash, 'hex')) }),
      ...change.after,
    });
    await this.#keepEntries(transfer);
  }

  async removeEntry(accountId: string, sequence: number): Promise<void> {
    const { transfer, part } = await this.#find(accountId, sequence);
    const entries = (transfer['entries'] as Part[]).filter((one) => one !== part);
    await this.#keepEntries({ ...transfer, entries });
  }

  async addEntry(entry: LedgerEntry): Promise<void> {
    const transfer = required(await this.#collection('transfers').findOne({ _id: entry.transferId }));
    const entries = transfer['entries'] as Part[];
    const leg = (transfer['legs'] as { accountId: string }[]).findIndex(
      ({ accountId }) => accountId === entry.accountId,
    );
    const twin = required(entries.find((one) => one.leg === leg));
    await this.#keepEntries({
      ...transfer,
      entries: [...entries, { ...twin, sequence: BigInt(entry.sequence) }],
    });
  }

  async record(key: IdempotencyKey, change: (record: IdempotencyRecord) => IdempotencyRecord): Promise<void> {
    const { request, outcome } = change(required(await this.#store.reads.record(key)));
    if (outcome.kind !== 'transferred') return;
    await this.#change('transfers', outcome.transfer.id, {
      $set: {
        'record.key': keyText(key),
        'record.request': requestToText(request),
        'record.balances': balancesToText(outcome.balances),
      },
    });
  }

  async audit(sequence: number, { reason = null }: Partial<AuditRecord>): Promise<void> {
    await this.#change('audit', BigInt(sequence), { $set: { reason } });
  }

  async removeAudit(sequence: number): Promise<void> {
    await this.#collection('audit').deleteOne({ _id: BigInt(sequence) });
  }

  async digests(): Promise<void> {
    for (const name of ['accounts', 'transfers', 'records']) {
      const options = { bypassDocumentValidation: true };
      await this.#collection(name).updateMany({}, { $unset: { digest: true } }, options);
    }
    await digestDocuments(this.#db);
  }

  #collection(name: string): Collection<Kept> {
    return this.#db.collection<Kept>(name);
  }

  async #change(name: string, _id: string | bigint, change: UpdateFilter<Kept>): Promise<void> {
    const options = { bypassDocumentValidation: true };
    const { matchedCount } = await this.#collection(name).updateOne({ _id }, change, options);
    if (matchedCount !== 1) throw new TypeError('There is nothing to tamper with');
  }

  async #find(accountId: string, sequence: number): Promise<{ transfer: Kept; part: Part }> {
    const place = placeOf(accountId, sequence);
    const transfer = required(await this.#collection('transfers').findOne({ places: place }));
    const part = (transfer['entries'] as Part[]).find((one) => placeIn(transfer, one) === place);
    return { transfer, part: required(part) };
  }

  /** Writes the entries with their keys, as an attacker who knows the schema would. */
  async #keepEntries(transfer: Kept): Promise<void> {
    const entries = transfer['entries'] as Part[];
    const places = entries.map((part) => placeIn(transfer, part));
    await this.#change('transfers', transfer._id, { $set: { entries, places } });
  }
}

function placeIn(transfer: Document, { leg, sequence }: Part): string {
  const { accountId } = required((transfer['legs'] as { accountId: string }[])[leg]);
  return placeOf(accountId, Number(sequence));
}

function placeOf(accountId: string, sequence: number): string {
  return `${accountId} ${String(sequence).padStart(16, '0')}`;
}

function required<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new TypeError('There is nothing to tamper with');
  return value;
}
