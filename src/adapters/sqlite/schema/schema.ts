/**
 * The first schema. Tables are STRICT. Amounts are minor units, instants are milliseconds since 1970, and digests and
 * salts are bytes. The checks and triggers repeat the ledger's invariants, so that no bug in the code above can break
 * one. 4611686018427387904 is 2^62, the bound of counters; 9007199254740991 is 2^53 - 1, the bound of balances.
 *
 * Each b-tree costs every transfer a page or two of the log. Hence one per table where possible. Foreign keys cost a
 * look-up each, so only entries have them.
 */
export const LEDGER_SCHEMA = `
-- An account's last entry has its current counters, sequence, instant and head. The row has them as of the last change
-- of another column. The view "account_states" has the current ones.
CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY,
  owner_id TEXT,
  purpose TEXT CHECK (purpose IN ('funding', 'settlement', 'fees', 'exchange', 'suspense')),
  name TEXT,
  currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
  exponent INTEGER NOT NULL CHECK (exponent BETWEEN 0 AND 4),
  class TEXT NOT NULL CHECK (class IN ('asset', 'liability', 'equity', 'income', 'expense')),
  status TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'closed')),
  credits_frozen INTEGER NOT NULL CHECK (credits_frozen IN (0, 1)),
  minimum_balance INTEGER CHECK (minimum_balance BETWEEN -9007199254740991 AND 9007199254740991),
  maximum_balance INTEGER CHECK (maximum_balance BETWEEN -9007199254740991 AND 9007199254740991),
  debits_posted INTEGER NOT NULL CHECK (debits_posted BETWEEN 0 AND 4611686018427387904),
  credits_posted INTEGER NOT NULL CHECK (credits_posted BETWEEN 0 AND 4611686018427387904),
  debits_pending INTEGER NOT NULL CHECK (debits_pending BETWEEN 0 AND 4611686018427387904),
  credits_pending INTEGER NOT NULL CHECK (credits_pending BETWEEN 0 AND 4611686018427387904),
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  latest_at INTEGER NOT NULL,
  head BLOB NOT NULL CHECK (length(head) = 32),
  next_expiry_at INTEGER,
  created_at INTEGER NOT NULL,
  CHECK (credits_posted - debits_posted BETWEEN -9007199254740991 AND 9007199254740991),
  CHECK ((owner_id IS NULL) <> (purpose IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_by_owner ON accounts (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX accounts_by_expiry ON accounts (next_expiry_at) WHERE next_expiry_at IS NOT NULL;

CREATE TABLE transfers (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('transfer', 'initial_funds', 'withdrawal', 'reversal')),
  status TEXT NOT NULL CHECK (status IN ('completed', 'pending', 'voided', 'expired', 'rejected')),
  code TEXT,
  legs TEXT NOT NULL,
  currency TEXT,
  exponent INTEGER,
  initiator_kind TEXT NOT NULL CHECK (initiator_kind IN ('user', 'system')),
  initiator_id TEXT,
  payer_name TEXT,
  description TEXT,
  metadata TEXT,
  salt BLOB NOT NULL,
  expires_at INTEGER,
  reverses TEXT,
  batch_id TEXT,
  created_at INTEGER NOT NULL,
  completed_at INTEGER,
  amount_captured INTEGER CHECK (amount_captured BETWEEN 1 AND 9007199254740991),
  reversed TEXT,
  erased TEXT,
  -- The idempotency record of the transfer's own command, if it had one.
  record_key TEXT,
  record_request TEXT,
  record_balances TEXT,
  record_at INTEGER,
  CHECK ((record_key IS NULL) = (record_request IS NULL)),
  CHECK (status NOT IN ('pending', 'voided', 'expired') OR expires_at IS NOT NULL),
  CHECK ((status = 'rejected') = (code IS NOT NULL)),
  CHECK ((status = 'completed') = (completed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX transfers_by_key ON transfers (record_key) WHERE record_key IS NOT NULL;

CREATE TABLE transfer_parties (
  user_id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  PRIMARY KEY (user_id, transfer_id)
) STRICT, WITHOUT ROWID;

-- Pending holds on each of their accounts, in order of expiry.
CREATE TABLE pending_holds (
  account_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  transfer_id TEXT NOT NULL,
  PRIMARY KEY (account_id, expires_at, transfer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  sequence INTEGER NOT NULL CHECK (sequence > 0),
  transfer_id TEXT NOT NULL REFERENCES transfers (id),
  -- The transfer's other account; null unless there is exactly one.
  other_id TEXT,
  step TEXT NOT NULL CHECK (step IN ('completed', 'held', 'captured', 'voided', 'expired')),
  direction TEXT NOT NULL CHECK (direction IN ('debit', 'credit')),
  posted INTEGER NOT NULL CHECK (posted BETWEEN 0 AND 9007199254740991),
  pending INTEGER NOT NULL CHECK (pending BETWEEN 0 AND 9007199254740991),
  debits_posted INTEGER NOT NULL CHECK (debits_posted BETWEEN 0 AND 4611686018427387904),
  credits_posted INTEGER NOT NULL CHECK (credits_posted BETWEEN 0 AND 4611686018427387904),
  debits_pending INTEGER NOT NULL CHECK (debits_pending BETWEEN 0 AND 4611686018427387904),
  credits_pending INTEGER NOT NULL CHECK (credits_pending BETWEEN 0 AND 4611686018427387904),
  at INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (account_id, sequence),
  CHECK (credits_posted - debits_posted BETWEEN -9007199254740991 AND 9007199254740991)
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_by_other ON entries (account_id, other_id, sequence);
CREATE INDEX entries_by_transfer ON entries (transfer_id);

CREATE VIEW account_states AS
SELECT accounts.id, owner_id, purpose, name, currency, exponent, class, status, credits_frozen, minimum_balance,
  maximum_balance, next_expiry_at, created_at, accounts.sequence AS written,
  max(accounts.sequence, ifnull(latest.sequence, 0)) AS sequence,
  iif(latest.sequence > accounts.sequence, latest.debits_posted, accounts.debits_posted) AS debits_posted,
  iif(latest.sequence > accounts.sequence, latest.credits_posted, accounts.credits_posted) AS credits_posted,
  iif(latest.sequence > accounts.sequence, latest.debits_pending, accounts.debits_pending) AS debits_pending,
  iif(latest.sequence > accounts.sequence, latest.credits_pending, accounts.credits_pending) AS credits_pending,
  iif(latest.sequence > accounts.sequence, latest.at, accounts.latest_at) AS latest_at,
  iif(latest.sequence > accounts.sequence, latest.hash, accounts.head) AS head
FROM accounts LEFT JOIN entries AS latest ON latest.account_id = accounts.id
  AND latest.sequence = (SELECT max(sequence) FROM entries WHERE account_id = accounts.id);

-- The records of all other commands.
CREATE TABLE idempotency_records (
  key TEXT NOT NULL PRIMARY KEY,
  request TEXT NOT NULL,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('transferred', 'opened', 'changed', 'refused', 'batch')),
  code TEXT,
  transfer_id TEXT,
  transfer_status TEXT,
  transfer_completed_at INTEGER,
  transfer_captured INTEGER,
  balances TEXT,
  account TEXT,
  members TEXT,
  CHECK ((outcome = 'refused') = (code IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
  sequence INTEGER NOT NULL PRIMARY KEY CHECK (sequence > 0),
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'system')),
  actor_id TEXT,
  action TEXT NOT NULL,
  account_id TEXT,
  transfer_id TEXT,
  reason TEXT,
  changes TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Outbox batches: messages in one state. Sent ones are deleted.
CREATE TABLE parcels (
  id TEXT NOT NULL PRIMARY KEY,
  messages TEXT NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  due_at INTEGER,
  given_up_at INTEGER,
  reason TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX parcels_by_due ON parcels (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('customer', 'system', 'auditor')),
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'an entry never changes'); END;
CREATE TRIGGER entries_never_disappear BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'an entry never disappears'); END;

CREATE TRIGGER records_never_change BEFORE UPDATE ON idempotency_records
BEGIN SELECT raise(ABORT, 'an idempotency record never changes'); END;
CREATE TRIGGER records_never_disappear BEFORE DELETE ON idempotency_records
BEGIN SELECT raise(ABORT, 'an idempotency record never disappears'); END;

CREATE TRIGGER audit_log_never_changes BEFORE UPDATE ON audit_log
BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_never_shrinks BEFORE DELETE ON audit_log
BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;

CREATE TRIGGER transfers_keep_their_facts BEFORE UPDATE OF
  id, kind, legs, currency, exponent, initiator_kind, initiator_id, salt, expires_at, reverses, batch_id, created_at,
  record_key, record_request, record_balances, record_at
ON transfers
BEGIN SELECT raise(ABORT, 'what a transfer began with never changes'); END;
CREATE TRIGGER transfers_never_disappear BEFORE DELETE ON transfers
BEGIN SELECT raise(ABORT, 'a transfer never disappears'); END;

CREATE TRIGGER accounts_keep_their_facts BEFORE UPDATE OF
  id, owner_id, purpose, currency, exponent, class, created_at
ON accounts
BEGIN SELECT raise(ABORT, 'what an account was opened with never changes'); END;
CREATE TRIGGER accounts_never_disappear BEFORE DELETE ON accounts
BEGIN SELECT raise(ABORT, 'an account never disappears'); END;
`;

/**
 * Replaces an index of entries by the other account. In a large ledger that cost a page of the log per entry, as its
 * rows were scattered. One row for 64 consecutive entries answers the same question: only the entries of matching rows
 * are searched.
 */
export const ENTRY_BLOCKS = `
-- Covers an account's entries from 64 * (block - 1) + 1 to 64 * block. Contains the last four characters of each other
-- account, and * for none or several.
CREATE TABLE entry_blocks (
  account_id TEXT NOT NULL,
  block INTEGER NOT NULL CHECK (block > 0),
  others TEXT NOT NULL,
  PRIMARY KEY (account_id, block)
) STRICT, WITHOUT ROWID;

DROP INDEX entries_by_other;

INSERT INTO entry_blocks (account_id, block, others)
SELECT account_id, (sequence + 63) / 64 AS block, group_concat(ifnull(substr(other_id, -4), '*'))
FROM entries GROUP BY account_id, block HAVING count(*) = 64;

CREATE TRIGGER entry_blocks_never_change BEFORE UPDATE ON entry_blocks
BEGIN SELECT raise(ABORT, 'a block of entries never changes'); END;
CREATE TRIGGER entry_blocks_never_disappear BEFORE DELETE ON entry_blocks
BEGIN SELECT raise(ABORT, 'a block of entries never disappears'); END;
`;

/**
 * Replaces an index of transfers by user. That cost each transfer two scattered rows, and repeated the books of the
 * user's accounts. Only rejected transfers and those by operators are in none of these books.
 */
export const UNBOOKED_TRANSFERS = `
CREATE TABLE unbooked_transfers (
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  transfer_id TEXT NOT NULL,
  PRIMARY KEY (user_id, created_at, transfer_id)
) STRICT, WITHOUT ROWID;

INSERT INTO unbooked_transfers (user_id, created_at, transfer_id)
SELECT initiator_id, created_at, id FROM transfers WHERE initiator_id IS NOT NULL AND (
  status = 'rejected' OR NOT EXISTS (SELECT 1 FROM json_each(legs) WHERE value ->> 1 = initiator_id)
);

DROP TABLE transfer_parties;
`;

/**
 * The instant of the newest entry, to compare with the clock. An index over all entries would cost each transfer two
 * rows. "write_probe" has rows only while the store tests whether it can write.
 */
export const NEWEST_ENTRY = `
CREATE TABLE newest_entry (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

INSERT INTO newest_entry (id, at) SELECT 1, max(latest_at) FROM account_states HAVING count(*) > 0;

CREATE TABLE write_probe (filler BLOB NOT NULL) STRICT;
`;

/** Digests in rows, which expose changes of facts that no chain covers: see `row-digest.ts`. */
export const ROW_DIGESTS = `
ALTER TABLE accounts ADD COLUMN digest BLOB;
ALTER TABLE transfers ADD COLUMN digest BLOB;
ALTER TABLE idempotency_records ADD COLUMN digest BLOB;
DROP TRIGGER records_never_change;
`;

/** Applies once all existing rows have a digest. */
export const DIGESTS_KEPT = `
CREATE TRIGGER records_never_change BEFORE UPDATE ON idempotency_records
BEGIN SELECT raise(ABORT, 'an idempotency record never changes'); END;
CREATE TRIGGER transfers_keep_their_digest BEFORE UPDATE OF payer_name, digest ON transfers
BEGIN SELECT raise(ABORT, 'what a transfer began with never changes'); END;
`;

/** Sessions end when they expire or are ended, whichever comes first. They are deleted 30 days later. */
export const PEOPLE_AND_MAIL = `
CREATE INDEX sessions_by_end ON sessions (min(expires_at, ifnull(ended_at, expires_at)));

-- Set if the record is about a user.
ALTER TABLE audit_log ADD COLUMN user_id TEXT;

-- Mails sent to each recipient within their hour, and the notifications gathered beyond the limit, as JSON.
CREATE TABLE mail_hours (
  recipient_id TEXT NOT NULL PRIMARY KEY,
  ends_at INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_hours_by_end ON mail_hours (ends_at);
`;

/**
 * Adds the reserved amount to the list of pending holds, so that due ones are summed without reading their transfers.
 * Lists the holds of an account in the order of their placing, without a scan of its book.
 */
export const HOLDS_IN_SUM = `
CREATE TABLE summed_holds (
  account_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  transfer_id TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('debit', 'credit')),
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  PRIMARY KEY (account_id, expires_at, transfer_id)
) STRICT, WITHOUT ROWID;

INSERT INTO summed_holds (account_id, expires_at, transfer_id, direction, amount)
SELECT account_id, pending_holds.expires_at, transfer_id, leg.value ->> 2, CAST(leg.value ->> 3 AS INTEGER)
FROM pending_holds JOIN transfers ON transfers.id = transfer_id JOIN json_each(transfers.legs) AS leg
WHERE leg.value ->> 0 = account_id;

DROP TABLE pending_holds;
ALTER TABLE summed_holds RENAME TO pending_holds;

CREATE INDEX entries_of_holds ON entries (account_id, at, transfer_id) WHERE step = 'held';
`;

/**
 * Adds what a person may set, refresh tokens, credentials beside passwords, and the log of security events. A table of
 * users with a check of five roles replaces the one with three.
 */
export const IDENTITY = `
CREATE TABLE people (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('customer', 'support', 'auditor', 'operator', 'system')),
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  email_verified_at INTEGER,
  language TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  locked_at INTEGER,
  erased_at INTEGER
) STRICT, WITHOUT ROWID;

INSERT INTO people (id, name, email, role, password_hash, created_at, language, time_zone)
SELECT id, name, email, role, password_hash, created_at, 'en', 'UTC' FROM users;

DROP TABLE users;
ALTER TABLE people RENAME TO users;

-- Digests are SHA-256 in base64url. The methods are a JSON list.
ALTER TABLE sessions ADD COLUMN refresh_digest TEXT;
ALTER TABLE sessions ADD COLUMN previous_digest TEXT;
ALTER TABLE sessions ADD COLUMN refreshed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN methods TEXT NOT NULL DEFAULT '["password"]';
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN device TEXT;
UPDATE sessions SET refreshed_at = created_at, last_used_at = created_at;
CREATE INDEX sessions_by_user ON sessions (user_id, id) WHERE ended_at IS NULL;

-- Content is JSON.
CREATE TABLE credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX credentials_by_user ON credentials (user_id, kind, id);
CREATE INDEX credentials_by_digest ON credentials (kind, digest) WHERE digest IS NOT NULL;
CREATE INDEX credentials_by_expiry ON credentials (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE security_events (
  id TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  user_id TEXT,
  actor_id TEXT,
  action TEXT NOT NULL,
  session_id TEXT,
  address TEXT,
  device TEXT,
  details TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX security_events_by_user ON security_events (user_id, id);

CREATE TRIGGER security_events_never_change BEFORE UPDATE OF id, at, user_id, actor_id, action, session_id
ON security_events BEGIN SELECT raise(ABORT, 'what happened never changes'); END;
CREATE TRIGGER security_events_never_disappear BEFORE DELETE ON security_events
BEGIN SELECT raise(ABORT, 'a security event never disappears'); END;
`;

/**
 * Adds the numbers of accounts, references, external ids and the metadata of accounts. The numbers of existing accounts
 * are drawn after it.
 */
export const NUMBERS = `
ALTER TABLE accounts ADD COLUMN number TEXT;
ALTER TABLE accounts ADD COLUMN external_id TEXT;
ALTER TABLE accounts ADD COLUMN metadata TEXT;
ALTER TABLE transfers ADD COLUMN reference TEXT;
ALTER TABLE transfers ADD COLUMN external_id TEXT;

CREATE UNIQUE INDEX accounts_by_number ON accounts (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX accounts_by_external_id ON accounts (external_id) WHERE external_id IS NOT NULL;
-- A rejected transfer leaves its external id to another one.
CREATE UNIQUE INDEX transfers_by_external_id ON transfers (external_id)
WHERE external_id IS NOT NULL AND status <> 'rejected';

DROP VIEW account_states;
CREATE VIEW account_states AS
SELECT accounts.id, owner_id, purpose, number, external_id, metadata, name, currency, exponent, class, status,
  credits_frozen, minimum_balance, maximum_balance, next_expiry_at, created_at, accounts.sequence AS written,
  max(accounts.sequence, ifnull(latest.sequence, 0)) AS sequence,
  iif(latest.sequence > accounts.sequence, latest.debits_posted, accounts.debits_posted) AS debits_posted,
  iif(latest.sequence > accounts.sequence, latest.credits_posted, accounts.credits_posted) AS credits_posted,
  iif(latest.sequence > accounts.sequence, latest.debits_pending, accounts.debits_pending) AS debits_pending,
  iif(latest.sequence > accounts.sequence, latest.credits_pending, accounts.credits_pending) AS credits_pending,
  iif(latest.sequence > accounts.sequence, latest.at, accounts.latest_at) AS latest_at,
  iif(latest.sequence > accounts.sequence, latest.hash, accounts.head) AS head
FROM accounts LEFT JOIN entries AS latest ON latest.account_id = accounts.id
  AND latest.sequence = (SELECT max(sequence) FROM entries WHERE account_id = accounts.id);
`;

/** Applies once all existing accounts have a number. */
export const NUMBERS_KEPT = `
CREATE TRIGGER accounts_have_a_number BEFORE INSERT ON accounts WHEN NEW.owner_id IS NOT NULL AND NEW.number IS NULL
BEGIN SELECT raise(ABORT, 'an account has a number'); END;
CREATE TRIGGER accounts_keep_their_number BEFORE UPDATE OF number, external_id ON accounts
BEGIN SELECT raise(ABORT, 'what an account was opened with never changes'); END;
CREATE TRIGGER transfers_keep_their_external_id BEFORE UPDATE OF external_id ON transfers
BEGIN SELECT raise(ABORT, 'what a transfer began with never changes'); END;
`;

/** Adds the labels and confirmed names that users keep about the accounts of others. */
export const PAYEES = `
CREATE TABLE payees (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  number TEXT NOT NULL,
  label TEXT,
  confirmed_name TEXT,
  saved_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (account_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX payees_by_user ON payees (user_id, id);
`;
