import type { Collection, Db } from 'mongodb';
import type { AccountDocument, OwnerDocument } from './account-document.ts';
import type { AuditDocument } from './audit-document.ts';
import type { EntryDocument } from './entry-document.ts';
import type { MessageDocument } from './message-document.ts';
import type { RecordDocument } from './record-document.ts';
import type { TransferDocument } from './transfer-document.ts';
import type { SessionDocument, UserDocument } from './user-document.ts';

export type Collections = {
  readonly accounts: Collection<AccountDocument>;
  readonly owners: Collection<OwnerDocument>;
  /** Inserted, and never changed or deleted. */
  readonly entries: Collection<EntryDocument>;
  readonly transfers: Collection<TransferDocument>;
  /** Inserted, and never changed or deleted. */
  readonly audit: Collection<AuditDocument>;
  readonly records: Collection<RecordDocument>;
  readonly messages: Collection<MessageDocument>;
  readonly users: Collection<UserDocument>;
  readonly sessions: Collection<SessionDocument>;
};

export function collectionsOf(db: Db): Collections {
  return {
    accounts: db.collection('accounts'),
    owners: db.collection('owners'),
    entries: db.collection('entries'),
    transfers: db.collection('transfers'),
    audit: db.collection('audit'),
    records: db.collection('records'),
    messages: db.collection('messages'),
    users: db.collection('users'),
    sessions: db.collection('sessions'),
  };
}
