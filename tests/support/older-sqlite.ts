import { formerAccountText } from '../../src/adapters/shared/row-digest.ts';
import { sha256 } from '../../src/adapters/shared/sha256.ts';
import type { Connection } from '../../src/adapters/sqlite/connection/connection.ts';
import { LEDGER_SCHEMA } from '../../src/adapters/sqlite/schema/schema.ts';
import { accountsAfter } from '../../src/adapters/sqlite/tables/accounts.ts';
import { digestBytes, toBytes } from '../../src/adapters/sqlite/tables/bytes.ts';
import { selectEntries } from '../../src/adapters/sqlite/tables/entries.ts';
import { recordDigestsAfter } from '../../src/adapters/sqlite/tables/idempotency-records.ts';
import { findTransfer } from '../../src/adapters/sqlite/tables/transfers.ts';
import type { Account } from '../../src/domain/entities/account.ts';
import { GENESIS_HASH } from '../../src/domain/entities/genesis-hash.ts';
import { entryDigest, linkHash, sealTransfer } from '../../src/domain/integrity/hash-chain.ts';

const ALL = { after: null, limit: 1_000 };

const NUMBER_TRIGGERS: ReadonlySet<string> = new Set([
  'accounts_have_a_number',
  'accounts_keep_their_number',
  'transfers_keep_their_external_id',
]);

const WITHOUT_NUMBERS = `
  DROP TABLE payees;
  UPDATE accounts SET head = hash FROM entries
  WHERE entries.account_id = accounts.id AND entries.sequence = accounts.sequence;
  UPDATE transfers SET erased = json_remove(erased, '$.reference');
  UPDATE idempotency_records SET account = json_remove(account, '$.number', '$.externalId', '$.metadata');
  DROP INDEX accounts_by_number;
  DROP INDEX accounts_by_external_id;
  DROP INDEX transfers_by_external_id;
  DROP VIEW account_states;
  ALTER TABLE accounts DROP COLUMN number;
  ALTER TABLE accounts DROP COLUMN external_id;
  ALTER TABLE accounts DROP COLUMN metadata;
  ALTER TABLE transfers DROP COLUMN reference;
  ALTER TABLE transfers DROP COLUMN external_id;
  ${/CREATE VIEW account_states[^;]*;/.exec(LEDGER_SCHEMA)?.[0]}
  DELETE FROM schema_migrations WHERE number >= 9`;

/** Reverts a file to the version without account numbers, references and external ids, which its books must not use. */
export function revertNumbers(connection: Connection): void {
  connection.exec('BEGIN');
  const triggers = connection.all("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'") as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) connection.exec(`DROP TRIGGER ${name}`);
  for (const account of accountsAfter(connection, ALL)) {
    revertHashes(connection, account);
    const digest = digestBytes(formerAccountText(account));
    connection.run('UPDATE accounts SET digest = ? WHERE id = ?', digest, account.id);
  }
  connection.exec(WITHOUT_NUMBERS);
  for (const { key, expected } of recordDigestsAfter(connection, ALL)) {
    connection.run('UPDATE idempotency_records SET digest = ? WHERE key = ?', expected, key);
  }
  for (const { name, sql } of triggers) if (!NUMBER_TRIGGERS.has(name)) connection.exec(sql);
  connection.exec('COMMIT');
}

function revertHashes(connection: Connection, { id, number }: Account): void {
  let head = GENESIS_HASH;
  for (const entry of selectEntries(connection, id, ALL)) {
    const transfer = findTransfer(connection, entry.transferId);
    if (!transfer) throw new TypeError(`The transfer ${entry.transferId} is missing`);
    const covering = { seal: sealTransfer(transfer, sha256), number, digest: sha256, version: 1 } as const;
    head = linkHash(head, entryDigest(entry, transfer, covering), sha256);
    const sql = 'UPDATE entries SET hash = ? WHERE account_id = ? AND sequence = ?';
    connection.run(sql, toBytes(head), id, entry.sequence);
  }
}

/** SQL that reverts a file without numbers to the version with three roles and no credentials but passwords. */
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
