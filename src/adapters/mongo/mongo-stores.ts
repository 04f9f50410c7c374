import type { Stores } from '../../application/ports/ledger-store.ts';
import type { ClaimedBatches } from '../shared/outbox-batch.ts';
import type { Collections } from './schema/collections.ts';
import { MongoAudit } from './stores/audit.ts';
import { MongoCredentials } from './stores/credentials.ts';
import { MongoMailHours } from './stores/mail-hours.ts';
import { MongoOutbox } from './stores/outbox.ts';
import { MongoPayees } from './stores/payees.ts';
import { MongoSecurityEvents } from './stores/security-events.ts';
import { MongoSessions } from './stores/sessions.ts';
import { MongoUsers } from './stores/users.ts';
import type { Transaction } from './transactions/transaction.ts';

export function mongoStores(
  transaction: Transaction,
  collections: Collections,
  parcelsSeen: ClaimedBatches,
): Stores {
  return {
    users: new MongoUsers(transaction, collections),
    sessions: new MongoSessions(transaction, collections),
    credentials: new MongoCredentials(transaction, collections),
    securityEvents: new MongoSecurityEvents(transaction, collections),
    payees: new MongoPayees(transaction, collections),
    outbox: new MongoOutbox(transaction, collections, parcelsSeen),
    mailHours: new MongoMailHours(transaction, collections),
    audit: new MongoAudit(transaction, collections),
  };
}
