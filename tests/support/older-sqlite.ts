/** SQL that reverts a file to the version with three roles, and without credentials beside passwords. */
export const BEFORE_IDENTITY = `
  CREATE TABLE former_users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('customer', 'system', 'auditor')),
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO former_users SELECT id, name, email, role, password_hash, created_at FROM users;
  DROP TABLE users;
  ALTER TABLE former_users RENAME TO users;
  CREATE TABLE former_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT, WITHOUT ROWID;
  INSERT INTO former_sessions SELECT id, user_id, created_at, expires_at, ended_at FROM sessions;
  DROP TABLE sessions;
  ALTER TABLE former_sessions RENAME TO sessions;
  CREATE INDEX sessions_by_end ON sessions (min(expires_at, ifnull(ended_at, expires_at)));
  DROP TABLE credentials;
  DROP TABLE payees;
  DROP TABLE security_events;
  DELETE FROM schema_migrations WHERE number >= 8;`;

/** SQL that reverts a file to the version whose list of pending holds has no amounts. */
export const BEFORE_SUMS = `${BEFORE_IDENTITY}
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
