import { Binary } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sha256OfHex } from '../../src/adapters/system.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { Store } from '../../src/application/ports/ledger-store.ts';
import { verifyBooks } from '../../src/application/proofs/verify-books.ts';
import { TestBank } from '../../src/testing/fixtures/bank.ts';
import { FixedClock } from '../../src/testing/fixtures/builders.ts';
import { describeWithMongo } from '../support/mongo.ts';
import { otherValues } from '../support/other-values.ts';
import { anUnguardedMongo } from '../support/tamper-mongo.ts';
import { wholeBooks } from '../support/whole-books.ts';

type Kept = Document & { _id: string | bigint };
type Path = readonly string[];

/** Collections that the test skips. All others belong to the ledger: each field and document is changed below. */
const NOT_OF_THE_LEDGER: Readonly<Record<string, string>> = {
  mailHours: 'the mails of each recipient in an hour',
  counts: 'requests of the running minute, for the limit that servers share',
  parcels: 'mail that waits; what was sent is deleted, and no money depends on it',
  users: 'people and their roles, who may change them',
  sessions: 'sign-ins, which end',
  throttles: 'failed sign-ins, counted for a while',
  credentials: 'passkeys, keys and links of people',
  securityEvents: 'a log of sign-ins, apart from the audit log of the ledger',
  payees: 'labels and names that users keep about payees',
  schema: 'the version of the schema, which the store checks as it opens',
  turns: 'who may write next; it decides who waits, and not what is written',
  processes: 'which server processes live, so that the transactions of dead ones are ended',
};

/** Collections whose missing documents go unnoticed: records have no copy, and missing blocks are rebuilt. */
const MAY_VANISH = new Set(['records', 'blocks']);

/** Number of the first and of the last documents of each collection that are removed, one by one. */
const REMOVED = 3;

describeWithMongo('verification of a MongoDB database that was changed by hand', () => {
  let store: Store;
  let db: Db;
  let close: () => Promise<void>;
  const collections = new Map<string, readonly Kept[]>();

  beforeAll(async () => {
    ({ store, db, close } = await anUnguardedMongo());
    await wholeBooks(new TestBank({ store, clock: new FixedClock() }), store);
    // Blocks are written outside the units
    await vi.waitFor(
      async () => expect(await db.collection('blocks').countDocuments()).toBeGreaterThan(1),
      60_000,
    );
    for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
      collections.set(name, await db.collection<Kept>(name).find().toArray());
  });
  afterAll(() => close());

  it('finds nothing without a change', async () => {
    expect(await faults()).toEqual([]);
  });

  it('has a document to change in every collection of the ledger', () => {
    for (const [, documents] of ofTheLedger()) expect(documents).not.toEqual([]);
  });

  // `memory-every-property.test.ts` changes each to many values. Here, each must reach the verification at all
  it('finds a change of every field in every collection', async () => {
    const missed: string[] = [];
    let tried = 0;
    for (const [name, documents] of ofTheLedger()) {
      for (const [field, { document, path }] of fieldsOf(documents)) {
        const values = otherValues(at(document, path), { whereNull: 'x' });
        const value = values[tried % values.length];
        const changed = withValue(document, path, value);
        if (!(await replace(name, document, changed))) continue;
        tried++;
        if ((await faults()).length === 0) missed.push(`${name}.${field} to ${String(value)}`);
        expect(await replace(name, changed, document)).toBe(true);
      }
    }
    expect(missed).toEqual([]);
    expect(tried).toBeGreaterThan(60);
    expect(await faults()).toEqual([]);
  });

  it('finds every removed document except an idempotency record and a block', async () => {
    const missed: string[] = [];
    for (const [name, documents] of ofTheLedger()) {
      for (const document of new Set([...documents.slice(0, REMOVED), ...documents.slice(-REMOVED)])) {
        // Skipped: it holds its own record, and both vanish together
        if (document['status'] === 'rejected' && document['record']) continue;
        await db.collection<Kept>(name).deleteOne({ _id: document._id });
        if ((await faults()).length === 0) missed.push(name);
        await insert(name, document);
      }
    }
    expect(new Set(missed)).toEqual(MAY_VANISH);
  });

  function ofTheLedger() {
    return [...collections].filter(([name]) => !(name in NOT_OF_THE_LEDGER));
  }

  async function faults() {
    const ports = { reads: store.reads, scan: store.scan, digest: sha256, hexDigest: sha256OfHex };
    return (await verifyBooks(ports)()).faults;
  }

  /** Replaces a document. Returns false if a unique index refuses it. */
  async function replace(name: string, before: Kept, after: Kept): Promise<boolean> {
    await db.collection<Kept>(name).deleteOne({ _id: before._id });
    try {
      await insert(name, after);
      return true;
    } catch {
      await insert(name, before);
      return false;
    }
  }

  async function insert(name: string, document: Kept): Promise<void> {
    await db.collection<Kept>(name).insertOne(document, { bypassDocumentValidation: true });
  }
});

/** The first place of each field. Indexes of lists do not count as part of a field. */
function fieldsOf(documents: readonly Kept[]) {
  const fields = new Map<string, { document: Kept; path: Path }>();
  for (const document of documents) {
    for (const path of pathsIn(document)) {
      const field = path.filter((name) => !/^\d+$/.test(name)).join('.');
      if (!fields.has(field)) fields.set(field, { document, path });
    }
  }
  return fields;
}

function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  const isLeaf =
    typeof value !== 'object' || value === null || value instanceof Date || value instanceof Binary;
  if (isLeaf) return [path];
  return Object.entries(value).flatMap(([name, one]) => pathsIn(one, [...path, name]));
}

function at(document: Kept, path: Path): unknown {
  return path.reduce<unknown>((value, name) => (value as Document)[name], document);
}

function withValue<T>(value: T, [name, ...rest]: Path, leaf: unknown): T {
  if (name === undefined) return leaf as T;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  copy[name] = withValue<unknown>(copy[name], rest, leaf);
  return copy as T;
}
