import type { BookRows, RowKind } from '../../../application/ports/book-copy.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Connection } from '../connection/connection.ts';
import { accountsAfter, insertAccount } from '../tables/accounts.ts';
import { insertAuditRecord, listAuditRecords } from '../tables/audit-log.ts';
import { credentialsAfter, insertCredential } from '../tables/credentials.ts';
import { entriesOfTransfer, insertEntryAlone } from '../tables/entries.ts';
import { insertRecord, otherRecordsAfter } from '../tables/idempotency-records.ts';
import { keepMailHour, mailHoursAfter } from '../tables/mail-hours.ts';
import { insertCopiedParcel, parcelsAfter } from '../tables/outbox.ts';
import { keepPayee, payeesAfter } from '../tables/payees.ts';
import { insertSecurityEvent, securityEventsAfter } from '../tables/security-events.ts';
import { insertSession, sessionsAfter } from '../tables/sessions.ts';
import { insertTransfer, listHold, transferRowsAfter } from '../tables/transfers.ts';
import { insertUser, usersAfter } from '../tables/users.ts';

/**
 * The kind of row to which each table belongs. `derived` tables are written with the rows or after them; those of the
 * `store` are about the file itself. A test compares the names with the schema.
 */
export const SQLITE_TABLES: Readonly<Record<string, RowKind | 'derived' | 'store'>> = {
  users: 'users',
  credentials: 'credentials',
  sessions: 'sessions',
  payees: 'payees',
  security_events: 'securityEvents',
  mail_hours: 'mailHours',
  parcels: 'parcels',
  accounts: 'accounts',
  transfers: 'transfers',
  entries: 'transfers',
  idempotency_records: 'records',
  audit_log: 'audit',
  pending_holds: 'derived',
  unbooked_transfers: 'derived',
  entry_blocks: 'derived',
  newest_entry: 'derived',
  schema_migrations: 'store',
  write_probe: 'store',
};

/** The table that has one row for each of a kind. */
const MAIN_TABLE: Readonly<Record<RowKind, string>> = {
  users: 'users',
  credentials: 'credentials',
  sessions: 'sessions',
  payees: 'payees',
  securityEvents: 'security_events',
  mailHours: 'mail_hours',
  parcels: 'parcels',
  accounts: 'accounts',
  transfers: 'transfers',
  records: 'idempotency_records',
  audit: 'audit_log',
};

type Reader<K extends RowKind> = (connection: Connection, page: PageRequest) => readonly BookRows[K][];

const READERS: { readonly [K in RowKind]: Reader<K> } = {
  users: usersAfter,
  credentials: credentialsAfter,
  sessions: sessionsAfter,
  payees: payeesAfter,
  securityEvents: securityEventsAfter,
  mailHours: mailHoursAfter,
  parcels: parcelsAfter,
  accounts: accountsAfter,
  transfers: (connection, page) =>
    transferRowsAfter(connection, page).map(({ transfer, record }) => ({
      transfer,
      entries: entriesOfTransfer(connection, transfer.id),
      record: record ?? null,
    })),
  records: otherRecordsAfter,
  audit: (connection, { after, limit }) =>
    listAuditRecords(connection, { after: after === null ? null : Number(after), limit }),
};

type RowWriter<K extends RowKind> = (connection: Connection, row: BookRows[K]) => void;

const WRITERS: { readonly [K in RowKind]: RowWriter<K> } = {
  users: (connection, { user, passwordHash }) => insertUser(connection, user, passwordHash),
  credentials: insertCredential,
  sessions: insertSession,
  payees: keepPayee,
  securityEvents: insertSecurityEvent,
  mailHours: keepMailHour,
  parcels: insertCopiedParcel,
  accounts: insertAccount,
  transfers: (connection, { transfer, entries, record }) => {
    insertTransfer(connection, transfer, record ?? undefined);
    listHold(connection, { before: null, after: transfer });
    for (const entry of entries) insertEntryAlone(connection, entry, transfer.legs);
  },
  records: insertRecord,
  audit: insertAuditRecord,
};

export function readRows<K extends RowKind>(
  connection: Connection,
  kind: K,
  page: PageRequest,
): readonly BookRows[K][] {
  return READERS[kind](connection, page);
}

/** Writes a row with the lists that contain it, but for the blocks of entries. */
export function writeRow<K extends RowKind>(connection: Connection, kind: K, row: BookRows[K]): void {
  WRITERS[kind](connection, row);
}

export function countRows(connection: Connection, kind: RowKind): number {
  const row = connection.get(`SELECT count(*) AS count FROM ${MAIN_TABLE[kind]}`) as { count: bigint };
  return Number(row.count);
}
