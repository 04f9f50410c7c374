/**
 * The first schema. Tables are STRICT, amounts are minor units, instants milliseconds since 1970, digests and salts
 * their bytes. The checks and triggers repeat the ledger's invariants, so that no mistake above them can break one:
 * 4611686018427387904 is 2^62, the bound of counters; 9007199254740991 is 2^53 - 1, the bound of balances.
 *
 * Each b-tree costs every transfer a page or two of the log. Hence one a table where that can be; and foreign keys,
 * which cost a look-up each, on entries alone.
 */
export const LEDGER_SCHEMA = `
-- An account's last entry tells its counters, sequence, instant and head; a row has them as of the last time that
-- anything else was changed. "account_states" has them as they are.
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
  -- The record of the command that made it, where it was made under a key by itself.
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

-- What is pending, on each of its accounts, in the order in which it expires.
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
  -- The other account of the transfer, where there is just one.
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

-- Of every other command.
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

-- Messages that go together for as long as the same becomes of all of them. What was sent is deleted.
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
 * An index of entries by the other account was a page of the log for each entry of a large ledger: its rows lie
 * anywhere. A row for 64 entries that follow each other tells the same, and only those it names need be looked through.
 */
export const ENTRY_BLOCKS = `
-- Of the entries of an account from 64 * (block - 1) + 1 to 64 * block: the last four characters of each other account,
-- and * where there is none or more than one.
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
 * An index of transfers by user cost each transfer two rows that lie anywhere, and told what the books of the user's
 * accounts tell. What is in none of them is little: what was rejected, and what operators moved.
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
 * rows. "write_probe" is empty but while the store tries whether it can write.
 */
export const NEWEST_ENTRY = `
CREATE TABLE newest_entry (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

INSERT INTO newest_entry (id, at) SELECT 1, max(latest_at) FROM account_states HAVING count(*) > 0;

CREATE TABLE write_probe (filler BLOB NOT NULL) STRICT;
`;

/** Nothing exposed a change of what no chain covers. A digest in the row does: see `row-digest.ts`. */
export const ROW_DIGESTS = `
ALTER TABLE accounts ADD COLUMN digest BLOB;
ALTER TABLE transfers ADD COLUMN digest BLOB;
ALTER TABLE idempotency_records ADD COLUMN digest BLOB;
DROP TRIGGER records_never_change;
`;

/** Once the rows that are there have a digest. */
export const DIGESTS_KEPT = `
CREATE TRIGGER records_never_change BEFORE UPDATE ON idempotency_records
BEGIN SELECT raise(ABORT, 'an idempotency record never changes'); END;
CREATE TRIGGER transfers_keep_their_digest BEFORE UPDATE OF payer_name, digest ON transfers
BEGIN SELECT raise(ABORT, 'what a transfer began with never changes'); END;
`;

/** A session is over when it expires or is ended, whichever comes first; 30 days later it is deleted. */
export const PEOPLE_AND_MAIL = `
CREATE INDEX sessions_by_end ON sessions (min(expires_at, ifnull(ended_at, expires_at)));

-- Set where the record is about a user.
ALTER TABLE audit_log ADD COLUMN user_id TEXT;

-- The mails that each recipient was sent in their hour, and what was gathered beyond, as JSON.
CREATE TABLE mail_hours (
  recipient_id TEXT NOT NULL PRIMARY KEY,
  ends_at INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_hours_by_end ON mail_hours (ends_at);
`;

/**
 * The list of pending holds says how much each reserves, so that all that are due are summed without their transfers.
 * The holds of an account are found in the order of their placing, whatever else its book has between them.
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
