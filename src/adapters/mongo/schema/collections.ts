import type { Collection, Db } from 'mongodb';
import type { AccountDocument } from '../documents/account-document.ts';
import type { AuditDocument } from '../documents/audit-document.ts';
import type { BlockDocument } from '../documents/block-document.ts';
import type { CountDocument } from '../documents/count-document.ts';
import type { CredentialDocument } from '../documents/credential-document.ts';
import type { SecurityEventDocument } from '../documents/security-event-document.ts';
import type { VersionDocument } from '../documents/version-document.ts';
import type { MailHourDocument } from '../documents/mail-hour-document.ts';
import type { OutboxDocument } from '../documents/outbox-document.ts';
import type { PayeeDocument } from '../documents/payee-document.ts';
import type { ProcessDocument } from '../documents/process-document.ts';
import type { RecordDocument } from '../documents/record-document.ts';
import type { ThrottleDocument } from '../documents/throttle-document.ts';
import type { TransferDocument } from '../documents/transfer-document.ts';
import type { LeaseDocument } from '../writing/writer-lease.ts';
import type { SessionDocument, UserDocument } from '../documents/user-document.ts';

export type Collections = {
  readonly ledger: Collection<VersionDocument>;
  readonly turns: Collection<LeaseDocument>;
  readonly processes: Collection<ProcessDocument>;
  readonly accounts: Collection<AccountDocument>;
  /** Transfers with their entries, which are appended and never changed or deleted. */
  readonly transfers: Collection<TransferDocument>;
  /** The counterparty index of entries. */
  readonly blocks: Collection<BlockDocument>;
  /** Inserted, and never changed or deleted. */
  readonly audit: Collection<AuditDocument>;
  /** Inserted, and never changed or deleted. */
  readonly records: Collection<RecordDocument>;
  readonly parcels: Collection<OutboxDocument>;
  readonly users: Collection<UserDocument>;
  readonly sessions: Collection<SessionDocument>;
  readonly credentials: Collection<CredentialDocument>;
  /** Inserted and never deleted. Erasing a user clears what is personal. */
  readonly securityEvents: Collection<SecurityEventDocument>;
  readonly payees: Collection<PayeeDocument>;
  readonly mailHours: Collection<MailHourDocument>;
  /** Requests by caller and minute. */
  readonly counts: Collection<CountDocument>;
  /** Failed sign-ins and other throttled attempts, by digest. */
  readonly throttles: Collection<ThrottleDocument>;
};

export function collectionsOf(db: Db): Collections {
  return {
    ledger: db.collection('ledger'),
    turns: db.collection('turns'),
    processes: db.collection('processes'),
    accounts: db.collection('accounts'),
    transfers: db.collection('transfers'),
    blocks: db.collection('blocks'),
    audit: db.collection('audit'),
    records: db.collection('records'),
    parcels: db.collection('parcels'),
    users: db.collection('users'),
    sessions: db.collection('sessions'),
    credentials: db.collection('credentials'),
    securityEvents: db.collection('securityEvents'),
    payees: db.collection('payees'),
    mailHours: db.collection('mailHours'),
    counts: db.collection('counts'),
    throttles: db.collection('throttles'),
  };
}
