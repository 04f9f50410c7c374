import type { Collection, OptionalUnlessRequiredId } from 'mongodb';
import { inWritingOrder } from '../../../application/copying/row-order.ts';
import type { BookRows, CopiedParcel, RowKind } from '../../../application/ports/book-copy.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import { keyFromText } from '../../../domain/books/idempotency.ts';
import { endOfHour } from '../../../domain/entities/mail-hour.ts';
import { mailHourFromText, mailHourToText } from '../../shared/compact-json.ts';
import { omitAbsent } from '../../shared/omit-absent.ts';
import { accountDigestBinary, accountFields } from '../documents/account-document.ts';
import { auditDocument, auditRecordOf } from '../documents/audit-document.ts';
import { credentialDocument, credentialOf } from '../documents/credential-document.ts';
import { dateOrNull, instantOrNull } from '../documents/dates.ts';
import type { OutboxDocument } from '../documents/outbox-document.ts';
import { payeeDocument, payeeOf } from '../documents/payee-document.ts';
import { recordDocument, recordOf, transferIdsOf } from '../documents/record-document.ts';
import type { RecordDocument } from '../documents/record-document.ts';
import { securityEventDocument, securityEventOf } from '../documents/security-event-document.ts';
import { storedEntries, transferDocument, transferOf } from '../documents/transfer-document.ts';
import { sessionDocument, sessionOf, userDocument, userOf } from '../documents/user-document.ts';
import type { MongoScan } from '../reading/mongo-scan.ts';
import type { Collections } from '../schema/collections.ts';
import type { Transaction } from '../transactions/transaction.ts';

/**
 * The kind of row to which each collection belongs. `derived` documents are written after the rows. `passing` ones are
 * about running servers, and are not copied.
 */
export const MONGO_COLLECTIONS: Readonly<Record<keyof Collections, RowKind | 'derived' | 'passing'>> = {
  users: 'users',
  credentials: 'credentials',
  sessions: 'sessions',
  payees: 'payees',
  securityEvents: 'securityEvents',
  mailHours: 'mailHours',
  parcels: 'parcels',
  accounts: 'accounts',
  transfers: 'transfers',
  records: 'records',
  audit: 'audit',
  blocks: 'derived',
  ledger: 'passing',
  turns: 'passing',
  processes: 'passing',
  counts: 'passing',
  throttles: 'passing',
};

type Found = { readonly collections: Collections; readonly scan: MongoScan };
type Reader<K extends RowKind> = (found: Found, page: PageRequest) => Promise<readonly BookRows[K][]>;

const READERS: { readonly [K in RowKind]: Reader<K> } = {
  users: async ({ collections }, page) =>
    (await pageOf(collections.users, page)).map((document) => ({
      user: userOf(document),
      passwordHash: document.passwordHash,
    })),
  credentials: async ({ collections }, page) =>
    (await pageOf(collections.credentials, page)).map(credentialOf),
  sessions: async ({ collections }, page) => (await pageOf(collections.sessions, page)).map(sessionOf),
  payees: async ({ collections }, page) => (await pageOf(collections.payees, page)).map(payeeOf),
  securityEvents: async ({ collections }, page) =>
    (await pageOf(collections.securityEvents, page)).map(securityEventOf),
  mailHours: async ({ collections }, page) =>
    (await pageOf(collections.mailHours, page)).map(({ _id, content }) => mailHourFromText(_id, content)),
  parcels: async ({ collections }, page) => (await pageOf(collections.parcels, page)).map(parcelOf),
  accounts: ({ scan }, page) => scan.accountsPage(page),
  transfers: async ({ collections }, page) =>
    (await pageOf(collections.transfers, page)).map((document) => {
      const { record } = document;
      return {
        transfer: transferOf(document),
        entries: storedEntries(document),
        record: record ? { ...record, at: record.at.getTime() } : null,
      };
    }),
  records: otherRecords,
  audit: async ({ collections }, { after, limit }) => {
    const documents = collections.audit.find({ _id: { $gt: BigInt(after ?? 0) } });
    return (await documents.sort({ _id: 1 }).limit(limit).toArray()).map(auditRecordOf);
  },
};

type Inserter<K extends RowKind> = (
  insert: Insert,
  collections: Collections,
  rows: readonly BookRows[K][],
) => Promise<void>;
type Insert = <T extends object>(
  collection: Collection<T>,
  documents: readonly OptionalUnlessRequiredId<T>[],
) => Promise<void>;

const INSERTERS: { readonly [K in RowKind]: Inserter<K> } = {
  users: (insert, { users }, rows) =>
    insert(
      users,
      rows.map(({ user, passwordHash }) => ({ ...userDocument(user), passwordHash })),
    ),
  credentials: (insert, { credentials }, rows) => insert(credentials, rows.map(credentialDocument)),
  sessions: (insert, { sessions }, rows) => insert(sessions, rows.map(sessionDocument)),
  payees: (insert, { payees }, rows) => insert(payees, rows.map(payeeDocument)),
  securityEvents: (insert, { securityEvents }, rows) =>
    insert(securityEvents, rows.map(securityEventDocument)),
  mailHours: (insert, { mailHours }, rows) =>
    insert(
      mailHours,
      rows.map((hour) => ({
        _id: hour.recipientId,
        endsAt: new Date(endOfHour(hour)),
        content: mailHourToText(hour),
      })),
    ),
  parcels: (insert, { parcels }, rows) => insert(parcels, rows.map(parcelDocument)),
  accounts: (insert, { accounts }, rows) =>
    insert(
      accounts,
      rows.map((account) => ({
        _id: account.id,
        ...accountFields(account),
        digest: accountDigestBinary(account),
      })),
    ),
  transfers: (insert, { transfers }, rows) =>
    insert(
      transfers,
      rows.map((row) =>
        transferDocument(row.transfer, {
          entries: inWritingOrder(row),
          record: row.record ? { ...row.record, at: new Date(row.record.at) } : undefined,
        }),
      ),
    ),
  records: (insert, { records }, rows) => insert(records, rows.map(recordDocument)),
  audit: (insert, { audit }, rows) => insert(audit, rows.map(auditDocument)),
};

export function findRows<K extends RowKind>(
  found: Found,
  kind: K,
  page: PageRequest,
): Promise<readonly BookRows[K][]> {
  return READERS[kind](found, page);
}

/** Inserts the documents of rows, but for the blocks of entries. */
export function insertRows<K extends RowKind>(
  { transaction, collections }: { transaction: Transaction; collections: Collections },
  kind: K,
  rows: readonly BookRows[K][],
): Promise<void> {
  return INSERTERS[kind](
    async (collection, documents) => {
      await transaction.write((session) =>
        collection.insertMany([...documents], { session, ordered: false }),
      );
    },
    collections,
    rows,
  );
}

/** Transfers that one page of records restores at most, but for one record's own. */
const MOST_MEMBERS = 2_000;

async function otherRecords(
  { collections: { records, transfers } }: Found,
  { after, limit }: PageRequest,
): Promise<BookRows['records'][]> {
  const documents: RecordDocument[] = [];
  const transferIds: string[] = [];
  for await (const document of records.find(above(after)).sort({ _id: 1 }).limit(limit)) {
    documents.push(document);
    transferIds.push(...transferIdsOf(document));
    if (transferIds.length >= MOST_MEMBERS) break;
  }
  const found = await transfers.find({ _id: { $in: transferIds } }).toArray();
  const byId = new Map(found.map((transfer) => [transfer._id, transfer]));
  return documents.map((document) => recordOf(keyFromText(document._id), document, byId));
}

async function pageOf<T extends { readonly _id: string }>(
  collection: Collection<T>,
  { after, limit }: PageRequest,
): Promise<readonly T[]> {
  const found = collection.find(above(after) as never).sort({ _id: 1 });
  return (await found.limit(limit).toArray()) as unknown as readonly T[];
}

function above(after: string | null): { _id?: { $gt: string } } {
  return after === null ? {} : { _id: { $gt: after } };
}

function parcelDocument(parcel: CopiedParcel): OutboxDocument {
  const { id, messages, attempts, dueAt, givenUpAt, reason } = parcel;
  const states = { dueAt: dateOrNull(dueAt), gaveUpAt: dateOrNull(givenUpAt), reason };
  return { _id: id, messages, attempts, ...omitAbsent(states) };
}

function parcelOf({ _id, messages, attempts, dueAt, gaveUpAt, reason }: OutboxDocument): CopiedParcel {
  return {
    id: _id,
    messages,
    attempts,
    dueAt: instantOrNull(dueAt),
    givenUpAt: instantOrNull(gaveUpAt),
    reason: reason ?? null,
  };
}
