/** SQL that reverts a file to the version whose list of pending holds has no amounts. */
export const BEFORE_SUMS = `
  CREATE TABLE former_holds (
    account_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    transfer_id TEXT NOT NULL,
    PRIMARY KEY (account_id, expires_at, transfer_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO former_holds SELECT account_id, expires_at, transfer_id FROM pending_holds;
  DROP TABLE pending_holds;
  ALTER TABLE former_holds RENAME TO pending_holds;
  DROP INDEX entries_of_holds;
  DELETE FROM schema_migrations WHERE number >= 7;`;

/** SQL that reverts a file to the version whose rows have no digest. */
export const BEFORE_DIGESTS = `${BEFORE_SUMS}
  DROP INDEX sessions_by_end;
  DROP TABLE mail_hours;
  ALTER TABLE audit_log DROP COLUMN user_id;
  DROP TRIGGER transfers_keep_their_digest;
  ALTER TABLE accounts DROP COLUMN digest;
  ALTER TABLE transfers DROP COLUMN digest;
  ALTER TABLE idempotency_records DROP COLUMN digest;
  DELETE FROM schema_migrations WHERE number >= 5`;
