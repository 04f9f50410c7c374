import { aTamperedSqlite } from '../support/tamper-sqlite.ts';
import { tamperingContract } from './tampering.ts';

tamperingContract('SQLite', aTamperedSqlite, {
  isWhole: false,
  // A primary key of the account and the sequence; and a transfer's record tells what the transfer itself does
  impossible: ['an extra entry in between', 'an idempotency record, changed from success to refusal'],
});
