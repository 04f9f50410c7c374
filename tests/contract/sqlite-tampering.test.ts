import { aTamperedSqlite } from '../support/tamper-sqlite.ts';
import { tamperingContract } from './tampering.ts';

tamperingContract('SQLite', aTamperedSqlite, {
  isWhole: false,
  // The primary key is account and sequence, and a record takes its outcome from the transfer
  impossible: ['an extra entry in between', 'a refusal, made of an idempotency record that tells of success'],
});
