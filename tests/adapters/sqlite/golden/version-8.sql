-- Books that a program at schema version 8 wrote, before accounts had numbers.
CREATE TABLE schema_migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT;
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
  created_at INTEGER NOT NULL, digest BLOB,
  CHECK (credits_posted - debits_posted BETWEEN -9007199254740991 AND 9007199254740991),
  CHECK ((owner_id IS NULL) <> (purpose IS NULL))
) STRICT, WITHOUT ROWID;
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
  record_at INTEGER, digest BLOB,
  CHECK ((record_key IS NULL) = (record_request IS NULL)),
  CHECK (status NOT IN ('pending', 'voided', 'expired') OR expires_at IS NOT NULL),
  CHECK ((status = 'rejected') = (code IS NOT NULL)),
  CHECK ((status = 'completed') = (completed_at IS NOT NULL))
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
  members TEXT, digest BLOB,
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
, user_id TEXT) STRICT;
CREATE TABLE parcels (
  id TEXT NOT NULL PRIMARY KEY,
  messages TEXT NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  due_at INTEGER,
  given_up_at INTEGER,
  reason TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
, refresh_digest TEXT, previous_digest TEXT, refreshed_at INTEGER NOT NULL DEFAULT 0, last_used_at INTEGER NOT NULL DEFAULT 0, methods TEXT NOT NULL DEFAULT '["password"]', address TEXT, device TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE entry_blocks (
  account_id TEXT NOT NULL,
  block INTEGER NOT NULL CHECK (block > 0),
  others TEXT NOT NULL,
  PRIMARY KEY (account_id, block)
) STRICT, WITHOUT ROWID;
CREATE TABLE unbooked_transfers (
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  transfer_id TEXT NOT NULL,
  PRIMARY KEY (user_id, created_at, transfer_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE newest_entry (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE write_probe (filler BLOB NOT NULL) STRICT;
CREATE TABLE mail_hours (
  recipient_id TEXT NOT NULL PRIMARY KEY,
  ends_at INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE "pending_holds" (
  account_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  transfer_id TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('debit', 'credit')),
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
  PRIMARY KEY (account_id, expires_at, transfer_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE "users" (
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
CREATE TABLE credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  content TEXT NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO schema_migrations VALUES (1, 'ledger and outbox', 1768471200000);
INSERT INTO schema_migrations VALUES (2, 'entries by counterparty in blocks', 1768471200000);
INSERT INTO schema_migrations VALUES (3, 'transfers by user in books', 1768471200000);
INSERT INTO schema_migrations VALUES (4, 'the newest entry, and a probe of writes', 1768471200000);
INSERT INTO schema_migrations VALUES (5, 'a digest of what no chain covers', 1768471200000);
INSERT INTO schema_migrations VALUES (6, 'sessions by their end, mails by the hour, users in the audit log', 1768471200000);
INSERT INTO schema_migrations VALUES (7, 'pending holds with their amounts', 1768471200000);
INSERT INTO schema_migrations VALUES (8, 'profiles, refresh tokens, credentials and security events', 1768471200000);
INSERT INTO accounts VALUES ('00000000-0000-8000-8000-000001455552', NULL, 'funding', NULL, 'EUR', 2, 'asset', 'active', 0, NULL, NULL, 100000, 0, 0, 0, 1, 1768471203000, X'82bef1981b111398534c5b86f63266078a44b5df8de4af120251c69c8d794720', NULL, 1768471203000, X'baecd3821e7119b26d6213723076089d');
INSERT INTO accounts VALUES ('019bc0de-0008-7000-8000-000000000001', 'alice', NULL, 'Current', 'EUR', 2, 'liability', 'active', 0, 0, NULL, 1041, 100300, 80, 0, 8, 1768471210000, X'10ad33ee408e160780f93da6d315e571bcfd1fc989cfc86ac3d321ced7f3da15', 1768474810000, 1768471201000, X'ca166210d5a0968fc74445343cd43804');
INSERT INTO accounts VALUES ('019bc0de-0008-7000-8000-000000000002', 'bob', NULL, 'Shop', 'EUR', 2, 'liability', 'active', 0, -500, 1000000, 300, 1041, 0, 80, 7, 1768471210000, X'b8e90958bb17f6f4f3f9b966c03bee4a1a175a601b9d85a38bf6513bc994d90b', 1768474810000, 1768471202000, X'2977efe9f5c32846d95a497f8fd979eb');
INSERT INTO accounts VALUES ('019bc0de-0008-7000-8000-000000000003', 'alice', NULL, 'Holiday', 'EUR', 2, 'liability', 'frozen', 0, 0, NULL, 0, 0, 0, 0, 0, 1768471203000, X'0000000000000000000000000000000000000000000000000000000000000000', NULL, 1768471203000, X'8974241e8f15c50485360cc5f4d0953c');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-000000000004', 'initial_funds', 'completed', NULL, '[["00000000-0000-8000-8000-000001455552",null,"debit","100000"],["019bc0de-0008-7000-8000-000000000001","alice","credit","100000"]]', 'EUR', 2, 'system', NULL, NULL, NULL, NULL, X'88888888888888888888888888888881', NULL, NULL, NULL, 1768471203000, 1768471203000, NULL, NULL, NULL, 'initial_funds ledger fund', '[1,["destinationAccountId","019bc0de-0008-7000-8000-000000000001"],["amount","100000"]]', '[["00000000-0000-8000-8000-000001455552","100000","0","100000"]]', 1768471203000, X'49fb712d0e28ae953d09062e8a6aebd9');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-000000000006', 'transfer', 'completed', NULL, '[["019bc0de-0008-7000-8000-000000000001","alice","debit","900"],["019bc0de-0008-7000-8000-000000000002","bob","credit","900"]]', 'EUR', 2, 'user', 'alice', 'Alice', 'Rent', '{"order":"7"}', X'88888888888888888888888888888882', NULL, NULL, NULL, 1768471204000, 1768471204000, NULL, '["300","300"]', NULL, 'transfer user:alice rent', '[1,["sourceAccountId","019bc0de-0008-7000-8000-000000000001"],["destinationAccountId","019bc0de-0008-7000-8000-000000000002"],["amount","900"],["description","1be589dd5262973ff2169928696387c26421c3383ebdfd006f91b1d86991d2cb"],["metadata","1b7590637ff97cccb40242d276df5ed85f8e314a5f80cfa56b41b03711f6a2ce"]]', '[["019bc0de-0008-7000-8000-000000000001","99100","0","99100"]]', 1768471204000, X'acedf9f849dbfae9d00702ddd82c2197');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-000000000007', 'reversal', 'completed', NULL, '[["019bc0de-0008-7000-8000-000000000002","bob","debit","300"],["019bc0de-0008-7000-8000-000000000001","alice","credit","300"]]', 'EUR', 2, 'user', 'bob', 'Bob', NULL, NULL, X'88888888888888888888888888888883', NULL, '019bc0de-0008-7000-8000-000000000006', NULL, 1768471204000, 1768471204000, NULL, NULL, NULL, 'reverse user:bob reverse', '[1,["transferId","019bc0de-0008-7000-8000-000000000006"],["amount","300"]]', '[["019bc0de-0008-7000-8000-000000000002","600","0","600"]]', 1768471204000, X'9effa26a6b04dd88ab5c167036f63645');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-000000000009', 'transfer', 'completed', NULL, '[["019bc0de-0008-7000-8000-000000000001","alice","debit","100"],["019bc0de-0008-7000-8000-000000000002","bob","credit","100"]]', 'EUR', 2, 'user', 'alice', 'Alice', NULL, NULL, X'88888888888888888888888888888884', 1769076005000, NULL, NULL, 1768471205000, 1768471205000, 40, NULL, NULL, 'transfer user:alice pay 019bc0de-0008-7000-8000-000000000008', '[1,["sourceAccountId","019bc0de-0008-7000-8000-000000000001"],["destinationAccountId","019bc0de-0008-7000-8000-000000000002"],["amount","100"],["pending","true"],["expiresInSeconds","604800"]]', '[["019bc0de-0008-7000-8000-000000000001","99400","100","99300"]]', 1768471205000, X'd950df53182544e8f9c3aab4e0015ef2');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-00000000000b', 'transfer', 'rejected', 'insufficient_funds', '[["019bc0de-0008-7000-8000-000000000001","alice","debit","9999999"],["019bc0de-0008-7000-8000-000000000002","bob","credit","9999999"]]', 'EUR', 2, 'user', 'alice', 'Alice', 'Yacht', NULL, X'88888888888888888888888888888885', NULL, NULL, NULL, 1768471206000, NULL, NULL, NULL, NULL, 'transfer user:alice pay 019bc0de-0008-7000-8000-00000000000a', '[1,["sourceAccountId","019bc0de-0008-7000-8000-000000000001"],["destinationAccountId","019bc0de-0008-7000-8000-000000000002"],["amount","9999999"],["description","cf12ffeadbb962ca337592946980d1ac9a0707c5fb5ae15bd9133838f5f2ccdd"]]', '[]', 1768471206000, X'3bcfc8057ca64c5208afd4ab5e4bd54b');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-00000000000d', 'transfer', 'completed', NULL, '[["019bc0de-0008-7000-8000-000000000001","alice","debit","100"],["019bc0de-0008-7000-8000-000000000002","bob","credit","100"]]', 'EUR', 2, 'user', 'alice', 'Alice', NULL, NULL, X'88888888888888888888888888888886', NULL, NULL, NULL, 1768471207000, 1768471207000, NULL, NULL, '{"description":"eed183810e2f71a058895474c8ba3334ac6a56dd3e16cea4760dae3cf530d50f","metadata":"3caba6a8608bd7b841f7cd6fc477517bc6b5bcc891afb2d538ef8b441aa9e659"}', 'transfer user:alice pay 019bc0de-0008-7000-8000-00000000000c', '[1,["sourceAccountId","019bc0de-0008-7000-8000-000000000001"],["destinationAccountId","019bc0de-0008-7000-8000-000000000002"],["amount","100"],["description","9c29cf1f9634c16f36bb06cfb5f0d5f17eba517423f047a53d387f99908cce62"],["metadata","f4740e0ba90ed3770ee07d471790ac318a1980d9980feea96963b05da7fb4b33"]]', '[["019bc0de-0008-7000-8000-000000000001","99260","0","99260"]]', 1768471207000, X'b38116abfa45f2916ea59d9572066b18');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-00000000000e', 'transfer', 'completed', NULL, '[["019bc0de-0008-7000-8000-000000000001","alice","debit","1"],["019bc0de-0008-7000-8000-000000000002","bob","credit","1"]]', 'EUR', 2, 'user', 'alice', 'Alice', NULL, NULL, X'88888888888888888888888888888887', NULL, NULL, '019bc0de-0008-7000-8000-000000000010', 1768471209000, 1768471209000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, X'802790a1aac01daf9b5ea318024f03f4');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-00000000000f', 'transfer', 'rejected', 'insufficient_funds', '[["019bc0de-0008-7000-8000-000000000001","alice","debit","9999999"],["019bc0de-0008-7000-8000-000000000002","bob","credit","9999999"]]', 'EUR', 2, 'user', 'alice', 'Alice', NULL, NULL, X'88888888888888888888888888888888', NULL, NULL, '019bc0de-0008-7000-8000-000000000010', 1768471209000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, X'a06cdbcc7e910f3f603cfbcb44392add');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-000000000012', 'transfer', 'pending', NULL, '[["019bc0de-0008-7000-8000-000000000001","alice","debit","80"],["019bc0de-0008-7000-8000-000000000002","bob","credit","80"]]', 'EUR', 2, 'user', 'alice', 'Alice', 'Deposit', NULL, X'88888888888888888888888888888889', 1768474810000, NULL, NULL, 1768471210000, NULL, NULL, NULL, NULL, 'transfer user:alice pay 019bc0de-0008-7000-8000-000000000011', '[1,["sourceAccountId","019bc0de-0008-7000-8000-000000000001"],["destinationAccountId","019bc0de-0008-7000-8000-000000000002"],["amount","80"],["description","d8429d91cb33738d8c4aa5346d9c8e59e76be3f63c4d7919ec2aa0ad8e549597"],["pending","true"],["expiresInSeconds","3600"]]', '[["019bc0de-0008-7000-8000-000000000001","99259","80","99179"]]', 1768471210000, X'2d3a9f465b2e59bdc2a46cd427326ec9');
INSERT INTO transfers VALUES ('019bc0de-0008-7000-8000-000000000014', 'transfer', 'completed', NULL, '[["019bc0de-0008-7000-8000-000000000001","alice","debit","5"],["019bc0de-0008-7000-8000-000000000002","bob","credit","5"]]', 'EUR', 2, 'user', 'alice', 'Alice', NULL, NULL, X'8888888888888888888888888888888a', NULL, NULL, NULL, 1768471211000, 1768471211000, NULL, NULL, NULL, 'transfer user:alice pay 019bc0de-0008-7000-8000-000000000013', '[1,["sourceAccountId","019bc0de-0008-7000-8000-000000000001"],["destinationAccountId","019bc0de-0008-7000-8000-000000000002"],["amount","5"]]', '[["019bc0de-0008-7000-8000-000000000001","99254","80","99174"]]', 1768471211000, X'e02de23f8c84f4870d832e4a5b0066a7');
INSERT INTO entries VALUES ('00000000-0000-8000-8000-000001455552', 1, '019bc0de-0008-7000-8000-000000000004', '019bc0de-0008-7000-8000-000000000001', 'completed', 'debit', 100000, 0, 100000, 0, 0, 0, 1768471203000, X'82bef1981b111398534c5b86f63266078a44b5df8de4af120251c69c8d794720');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 1, '019bc0de-0008-7000-8000-000000000004', '00000000-0000-8000-8000-000001455552', 'completed', 'credit', 100000, 0, 0, 100000, 0, 0, 1768471203000, X'bf4fc45767d3973b7d4ecfef54e9a11d4ae5ae18ec8bc800a342f6051c44efea');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 2, '019bc0de-0008-7000-8000-000000000006', '019bc0de-0008-7000-8000-000000000002', 'completed', 'debit', 900, 0, 900, 100000, 0, 0, 1768471204000, X'fbf275278bab4da42328618899d6e771d89d1b383fd845e4560863bf90e51be8');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 3, '019bc0de-0008-7000-8000-000000000007', '019bc0de-0008-7000-8000-000000000002', 'completed', 'credit', 300, 0, 900, 100300, 0, 0, 1768471204000, X'78eec42a9f3b227484ebeea8a56491126c0ceb92f61d41a5dce5f6ae0614f912');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 4, '019bc0de-0008-7000-8000-000000000009', '019bc0de-0008-7000-8000-000000000002', 'held', 'debit', 0, 100, 900, 100300, 100, 0, 1768471205000, X'7821a5f084cbb2a501cf479d20dc84b10fba1c47b2315170349c9596affb32c8');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 5, '019bc0de-0008-7000-8000-000000000009', '019bc0de-0008-7000-8000-000000000002', 'captured', 'debit', 40, 100, 940, 100300, 0, 0, 1768471205000, X'08b839eda825e795368fdf38837108880f3d40ae4697c1d492ebd9660d5bfd74');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 6, '019bc0de-0008-7000-8000-00000000000d', '019bc0de-0008-7000-8000-000000000002', 'completed', 'debit', 100, 0, 1040, 100300, 0, 0, 1768471207000, X'29368ff5a1ac4250059e4c1ffcb96252f3f29fd0756db051e3def150ab570b83');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 7, '019bc0de-0008-7000-8000-00000000000e', '019bc0de-0008-7000-8000-000000000002', 'completed', 'debit', 1, 0, 1041, 100300, 0, 0, 1768471209000, X'f869ad02a3c0df346b94992a6330ab33df5b1c2739f3e4b0eff371cecf7d4047');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 8, '019bc0de-0008-7000-8000-000000000012', '019bc0de-0008-7000-8000-000000000002', 'held', 'debit', 0, 80, 1041, 100300, 80, 0, 1768471210000, X'10ad33ee408e160780f93da6d315e571bcfd1fc989cfc86ac3d321ced7f3da15');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000001', 9, '019bc0de-0008-7000-8000-000000000014', '019bc0de-0008-7000-8000-000000000002', 'completed', 'debit', 5, 0, 1046, 100300, 80, 0, 1768471211000, X'b76592dffe919e167f65589c1033c88f1a055251b8680ddd2864aee3b612c832');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 1, '019bc0de-0008-7000-8000-000000000006', '019bc0de-0008-7000-8000-000000000001', 'completed', 'credit', 900, 0, 0, 900, 0, 0, 1768471204000, X'dfa1db2c9f310a2508b3b68582e583399b59be59aaabe47e944cb403f309a426');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 2, '019bc0de-0008-7000-8000-000000000007', '019bc0de-0008-7000-8000-000000000001', 'completed', 'debit', 300, 0, 300, 900, 0, 0, 1768471204000, X'9376449c9e9ea8c919ea5f6651789a81cca89ddb2eba7a4d02ab59cb196f4285');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 3, '019bc0de-0008-7000-8000-000000000009', '019bc0de-0008-7000-8000-000000000001', 'held', 'credit', 0, 100, 300, 900, 0, 100, 1768471205000, X'a59f4083585f7698457757ce3f2df84490be419c5af147cec66bea61857e0ecc');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 4, '019bc0de-0008-7000-8000-000000000009', '019bc0de-0008-7000-8000-000000000001', 'captured', 'credit', 40, 100, 300, 940, 0, 0, 1768471205000, X'542e253b78a343537b8c2e9e602ef853d2ec319a193558b4f28dce8237d2236a');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 5, '019bc0de-0008-7000-8000-00000000000d', '019bc0de-0008-7000-8000-000000000001', 'completed', 'credit', 100, 0, 300, 1040, 0, 0, 1768471207000, X'41a901040e368831b987fdce07e4159c04fecf2a16c5b8d901149737375f04f4');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 6, '019bc0de-0008-7000-8000-00000000000e', '019bc0de-0008-7000-8000-000000000001', 'completed', 'credit', 1, 0, 300, 1041, 0, 0, 1768471209000, X'50fc067dc1577e3516e25dd7bbc5dc6c8becaba8b0940aa3d31e7f0c24249351');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 7, '019bc0de-0008-7000-8000-000000000012', '019bc0de-0008-7000-8000-000000000001', 'held', 'credit', 0, 80, 300, 1041, 0, 80, 1768471210000, X'b8e90958bb17f6f4f3f9b966c03bee4a1a175a601b9d85a38bf6513bc994d90b');
INSERT INTO entries VALUES ('019bc0de-0008-7000-8000-000000000002', 8, '019bc0de-0008-7000-8000-000000000014', '019bc0de-0008-7000-8000-000000000001', 'completed', 'credit', 5, 0, 300, 1046, 0, 80, 1768471211000, X'6ff064dedd9bd9398021b01da179306d8fb63f439aea12557fa3d4cdcc392829');
INSERT INTO idempotency_records VALUES ('batch user:alice batch', '[1,["transfers","[[\"019bc0de-0008-7000-8000-000000000001\",\"019bc0de-0008-7000-8000-000000000002\",\"1\",null,null,null,null,null,null,null],[\"019bc0de-0008-7000-8000-000000000001\",\"019bc0de-0008-7000-8000-000000000002\",\"9999999\",null,null,null,null,null,null,null]]"],["linked","false"]]', 1768471209000, 'batch', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[["transferred",null,"019bc0de-0008-7000-8000-00000000000e","completed",1768471209000,"[[\"019bc0de-0008-7000-8000-000000000001\",\"99259\",\"0\",\"99259\"]]"],["refused","insufficient_funds","019bc0de-0008-7000-8000-00000000000f","rejected",null,"[]"]]', X'c3bf38573fa6d06b346aa048e6728656');
INSERT INTO idempotency_records VALUES ('capture user:bob capture', '[1,["transferId","019bc0de-0008-7000-8000-000000000009"],["amount","40"]]', 1768471205000, 'transferred', NULL, '019bc0de-0008-7000-8000-000000000009', 'completed', 1768471205000, 40, '[["019bc0de-0008-7000-8000-000000000002","640","0","640"]]', NULL, NULL, X'b77748ed8d21e094353ab538f2209130');
INSERT INTO idempotency_records VALUES ('freeze_account ledger freeze', '[1,["accountId","019bc0de-0008-7000-8000-000000000003"],["credits","false"],["reason","lost card"]]', 1768471210000, 'changed', NULL, NULL, NULL, NULL, NULL, NULL, '{"id":"019bc0de-0008-7000-8000-000000000003","ownerId":"alice","purpose":null,"name":"Holiday","currency":"EUR","exponent":2,"class":"liability","status":"frozen","creditsFrozen":false,"minimumBalance":"0","maximumBalance":null,"counters":{"debitsPosted":"0","creditsPosted":"0","debitsPending":"0","creditsPending":"0"},"sequence":0,"latestAt":1768471203000,"head":"0000000000000000000000000000000000000000000000000000000000000000","nextExpiryAt":null,"createdAt":1768471203000}', NULL, X'10271dc38f112cff3fbcc793ba82bea8');
INSERT INTO idempotency_records VALUES ('open_account user:alice open Current', '[1,["ownerId","alice"],["currency","EUR"],["name","Current"]]', 1768471201000, 'opened', NULL, NULL, NULL, NULL, NULL, NULL, '{"id":"019bc0de-0008-7000-8000-000000000001","ownerId":"alice","purpose":null,"name":"Current","currency":"EUR","exponent":2,"class":"liability","status":"active","creditsFrozen":false,"minimumBalance":"0","maximumBalance":null,"counters":{"debitsPosted":"0","creditsPosted":"0","debitsPending":"0","creditsPending":"0"},"sequence":0,"latestAt":1768471201000,"head":"0000000000000000000000000000000000000000000000000000000000000000","nextExpiryAt":null,"createdAt":1768471201000}', NULL, X'8d266d4e8c8562535628d25fea77d15d');
INSERT INTO idempotency_records VALUES ('open_account user:alice open Trip', '[1,["ownerId","alice"],["currency","EUR"],["name","Trip"]]', 1768471203000, 'opened', NULL, NULL, NULL, NULL, NULL, NULL, '{"id":"019bc0de-0008-7000-8000-000000000003","ownerId":"alice","purpose":null,"name":"Trip","currency":"EUR","exponent":2,"class":"liability","status":"active","creditsFrozen":false,"minimumBalance":"0","maximumBalance":null,"counters":{"debitsPosted":"0","creditsPosted":"0","debitsPending":"0","creditsPending":"0"},"sequence":0,"latestAt":1768471203000,"head":"0000000000000000000000000000000000000000000000000000000000000000","nextExpiryAt":null,"createdAt":1768471203000}', NULL, X'85fbcd3323ff1ca585d1d1b1a430bc19');
INSERT INTO idempotency_records VALUES ('open_account user:bob open Shop', '[1,["ownerId","bob"],["currency","EUR"],["name","Shop"]]', 1768471202000, 'opened', NULL, NULL, NULL, NULL, NULL, NULL, '{"id":"019bc0de-0008-7000-8000-000000000002","ownerId":"bob","purpose":null,"name":"Shop","currency":"EUR","exponent":2,"class":"liability","status":"active","creditsFrozen":false,"minimumBalance":"0","maximumBalance":null,"counters":{"debitsPosted":"0","creditsPosted":"0","debitsPending":"0","creditsPending":"0"},"sequence":0,"latestAt":1768471202000,"head":"0000000000000000000000000000000000000000000000000000000000000000","nextExpiryAt":null,"createdAt":1768471202000}', NULL, X'8133644e3779e56012cd0800041bd626');
INSERT INTO audit_log VALUES (1, 1768471207000, 'system', NULL, 'text_erased', NULL, '019bc0de-0008-7000-8000-00000000000d', 'asked for', '[["description","eed183810e2f71a058895474c8ba3334ac6a56dd3e16cea4760dae3cf530d50f",null],["metadata","3caba6a8608bd7b841f7cd6fc477517bc6b5bcc891afb2d538ef8b441aa9e659",null]]', X'1decffa6f5e932ea67f36636555e85135e9c08d86d7d375f41640d0b48d087aa', NULL);
INSERT INTO audit_log VALUES (2, 1768471210000, 'system', NULL, 'account_frozen', '019bc0de-0008-7000-8000-000000000003', NULL, 'lost card', '[["status","active","frozen"]]', X'c9265a93cfcd99d3d930348c454bbd90eb66f748b133c5aea2c115e0fbc1581b', NULL);
INSERT INTO audit_log VALUES (3, 1768471210000, 'system', NULL, 'account_limited', '019bc0de-0008-7000-8000-000000000002', NULL, 'agreed', '[["minimumBalance","0","-500"],["maximumBalance",null,"1000000"]]', X'4a640181f37b9a7cb91597616b68efeb946114f63a9416c3e4e6a0d68b8882b5', NULL);
INSERT INTO unbooked_transfers VALUES ('alice', 1768471206000, '019bc0de-0008-7000-8000-00000000000b');
INSERT INTO unbooked_transfers VALUES ('alice', 1768471209000, '019bc0de-0008-7000-8000-00000000000f');
INSERT INTO newest_entry VALUES (1, 1768471211000);
INSERT INTO pending_holds VALUES ('019bc0de-0008-7000-8000-000000000001', 1768474810000, '019bc0de-0008-7000-8000-000000000012', 'debit', 80);
INSERT INTO pending_holds VALUES ('019bc0de-0008-7000-8000-000000000002', 1768474810000, '019bc0de-0008-7000-8000-000000000012', 'credit', 80);
CREATE INDEX accounts_by_owner ON accounts (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX accounts_by_expiry ON accounts (next_expiry_at) WHERE next_expiry_at IS NOT NULL;
CREATE UNIQUE INDEX transfers_by_key ON transfers (record_key) WHERE record_key IS NOT NULL;
CREATE INDEX entries_by_transfer ON entries (transfer_id);
CREATE INDEX parcels_by_due ON parcels (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX sessions_by_end ON sessions (min(expires_at, ifnull(ended_at, expires_at)));
CREATE INDEX mail_hours_by_end ON mail_hours (ends_at);
CREATE INDEX entries_of_holds ON entries (account_id, at, transfer_id) WHERE step = 'held';
CREATE INDEX sessions_by_user ON sessions (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX credentials_by_user ON credentials (user_id, kind, id);
CREATE INDEX credentials_by_digest ON credentials (kind, digest) WHERE digest IS NOT NULL;
CREATE INDEX credentials_by_expiry ON credentials (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX security_events_by_user ON security_events (user_id, id);
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
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'an entry never changes'); END;
CREATE TRIGGER entries_never_disappear BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'an entry never disappears'); END;
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
CREATE TRIGGER entry_blocks_never_change BEFORE UPDATE ON entry_blocks
BEGIN SELECT raise(ABORT, 'a block of entries never changes'); END;
CREATE TRIGGER entry_blocks_never_disappear BEFORE DELETE ON entry_blocks
BEGIN SELECT raise(ABORT, 'a block of entries never disappears'); END;
CREATE TRIGGER records_never_change BEFORE UPDATE ON idempotency_records
BEGIN SELECT raise(ABORT, 'an idempotency record never changes'); END;
CREATE TRIGGER transfers_keep_their_digest BEFORE UPDATE OF payer_name, digest ON transfers
BEGIN SELECT raise(ABORT, 'what a transfer began with never changes'); END;
CREATE TRIGGER security_events_never_change BEFORE UPDATE OF id, at, user_id, actor_id, action, session_id
ON security_events BEGIN SELECT raise(ABORT, 'what happened never changes'); END;
CREATE TRIGGER security_events_never_disappear BEFORE DELETE ON security_events
BEGIN SELECT raise(ABORT, 'a security event never disappears'); END;
