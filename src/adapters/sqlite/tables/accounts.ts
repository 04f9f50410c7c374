import { accountText } from '../../shared/row-digest.ts';
import { Account } from '../../../domain/entities/account.ts';
import type { Metadata } from '../../../domain/entities/metadata.ts';
import type { AccountClass, AccountStatus, SystemPurpose } from '../../../domain/entities/account.ts';
import type { Identifier, OwnerAndCurrency } from '../../../domain/books/prefetch.ts';
import type { Instant } from '../../../domain/time.ts';
import { digestBytes, toBytes, toHexadecimal } from './bytes.ts';
import type { Connection } from '../connection/connection.ts';
import type { Writer } from '../connection/writer.ts';

type AccountRow = {
  readonly id: string;
  readonly owner_id: string | null;
  readonly purpose: SystemPurpose | null;
  readonly name: string | null;
  /** Like `external_id` and `metadata`, absent in a database that is not migrated yet. */
  readonly number?: string | null;
  readonly external_id?: string | null;
  readonly metadata?: string | null;
  readonly currency: string;
  readonly exponent: bigint;
  readonly class: AccountClass;
  readonly status: AccountStatus;
  readonly credits_frozen: bigint;
  readonly minimum_balance: bigint | null;
  readonly maximum_balance: bigint | null;
  readonly debits_posted: bigint;
  readonly credits_posted: bigint;
  readonly debits_pending: bigint;
  readonly credits_pending: bigint;
  readonly sequence: bigint;
  readonly latest_at: bigint;
  readonly head: Uint8Array;
  readonly next_expiry_at: bigint | null;
  readonly created_at: bigint;
};

const INSERT = `INSERT INTO accounts (
  id, owner_id, purpose, number, external_id, currency, exponent, class, created_at,
  name, metadata, status, credits_frozen, minimum_balance, maximum_balance,
  debits_posted, credits_posted, debits_pending, credits_pending, sequence, latest_at, head, next_expiry_at, digest
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE = `UPDATE accounts SET
  name = ?, metadata = ?, status = ?, credits_frozen = ?, minimum_balance = ?, maximum_balance = ?,
  debits_posted = ?, credits_posted = ?, debits_pending = ?, credits_pending = ?, sequence = ?, latest_at = ?, head = ?,
  next_expiry_at = ?
WHERE id = ?`;

export function insertAccount(writer: Writer, account: Account): void {
  const { id, ownerId, purpose, number, externalId, currency, exponent, createdAt } = account;
  writer.run(
    INSERT,
    id,
    ownerId,
    purpose,
    number,
    externalId,
    currency,
    exponent,
    account.class,
    createdAt,
    ...changeable(account),
    accountDigestBytes(account),
  );
}

/** Covers the facts that neither the account's entries nor the audit log contain. */
export function accountDigestBytes(account: Account): Uint8Array {
  return digestBytes(accountText(account));
}

/** Updates an account's row, unless only money has changed: the account's last entry contains that. */
export function updateAccount(writer: Writer, { before, after }: { before: Account; after: Account }): void {
  if (isOnlyMoneyChanged(before, after)) return;
  writer.run(UPDATE, ...changeable(after), before.id);
  if (before.name === after.name && before.metadata === after.metadata) return;
  writer.run('UPDATE accounts SET digest = ? WHERE id = ?', accountDigestBytes(after), before.id);
}

function isOnlyMoneyChanged(before: Account, after: Account): boolean {
  return (
    before.sequence !== after.sequence &&
    before.nextExpiryAt === after.nextExpiryAt &&
    before.name === after.name &&
    before.metadata === after.metadata &&
    before.status === after.status &&
    before.creditsFrozen === after.creditsFrozen &&
    before.minimumBalance === after.minimumBalance &&
    before.maximumBalance === after.maximumBalance
  );
}

export function findAccount(connection: Connection, id: string): Account | undefined {
  const row = connection.get('SELECT * FROM account_states WHERE id = ?', id) as AccountRow | undefined;
  return row && accountOf(row);
}

const BY_IDENTIFIER: Readonly<Record<Identifier['kind'], string>> = {
  account_number: 'SELECT id FROM accounts WHERE number = ?',
  account_external_id: 'SELECT id FROM accounts WHERE external_id = ?',
  transfer_external_id: "SELECT id FROM transfers WHERE external_id = ? AND status <> 'rejected'",
};

/** Returns the id of the account or transfer that has the identifier. */
export function findByIdentifier(connection: Connection, { kind, value }: Identifier): string | undefined {
  return (connection.get(BY_IDENTIFIER[kind], value) as { id: string } | undefined)?.id;
}

/** The oldest accounts have the lowest ids. */
export function oldestActiveIds(
  connection: Connection,
  { ownerId, currency }: OwnerAndCurrency,
  limit: number,
): readonly string[] {
  const rows = connection.all(
    "SELECT id FROM accounts WHERE owner_id = ? AND currency = ? AND status = 'active' ORDER BY id LIMIT ?",
    ownerId,
    currency,
    limit,
  ) as { id: string }[];
  return rows.map(({ id }) => id);
}

/** Ordered by expiry, the earliest first. */
export function accountIdsWithDueHolds(
  connection: Connection,
  until: Instant,
  limit: number,
): readonly string[] {
  const rows = connection.all(
    'SELECT id FROM accounts WHERE next_expiry_at <= ? ORDER BY next_expiry_at LIMIT ?',
    until,
    limit,
  ) as { id: string }[];
  return rows.map(({ id }) => id);
}

export function countAccounts(connection: Connection, ownerId: string): number {
  const row = connection.get('SELECT count(*) AS count FROM accounts WHERE owner_id = ?', ownerId) as
    | { count: bigint }
    | undefined;
  return Number(row?.count);
}

/** In order of id; only ids above `after`. */
export function accountsAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly Account[] {
  const sql = 'SELECT * FROM account_states WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as AccountRow[]).map(accountOf);
}

const ROWS = `SELECT accounts.*, written.debits_posted AS entry_debits_posted,
  written.credits_posted AS entry_credits_posted, written.debits_pending AS entry_debits_pending,
  written.credits_pending AS entry_credits_pending, written.at AS entry_at, written.hash AS entry_hash,
  (SELECT max(sequence) FROM entries WHERE account_id = accounts.id) AS last
FROM accounts LEFT JOIN entries AS written
  ON written.account_id = accounts.id AND written.sequence = accounts.sequence
WHERE accounts.id > ? ORDER BY accounts.id LIMIT ?`;

type WrittenRow = AccountRow & {
  readonly digest: Uint8Array | null;
  readonly entry_debits_posted: bigint | null;
  readonly entry_credits_posted: bigint | null;
  readonly entry_debits_pending: bigint | null;
  readonly entry_credits_pending: bigint | null;
  readonly entry_at: bigint | null;
  readonly entry_hash: Uint8Array | null;
  readonly last: bigint | null;
};

/** An account's row as written, possibly some entries ago. */
export type AccountAsWritten = {
  readonly account: Account;
  readonly digest: Uint8Array | null;
  /** The entry at the row's sequence, if there is one. */
  readonly entry: Pick<Account, 'counters' | 'latestAt' | 'head'> | undefined;
  /** The sequence of the account's last entry; 0 before the first. */
  readonly last: number;
};

/** In order of id; only ids above `after`. */
export function accountRowsAfter(
  connection: Connection,
  { after, limit }: { after: string | null; limit: number },
): readonly AccountAsWritten[] {
  return (connection.all(ROWS, after ?? '', limit) as WrittenRow[]).map((row) => ({
    account: accountOf(row),
    digest: row.digest,
    entry: row.entry_hash === null ? undefined : entryIn(row, row.entry_hash),
    last: Number(row.last ?? 0),
  }));
}

function entryIn(row: WrittenRow, hash: Uint8Array): AccountAsWritten['entry'] {
  return {
    counters: {
      debitsPosted: row.entry_debits_posted ?? 0n,
      creditsPosted: row.entry_credits_posted ?? 0n,
      debitsPending: row.entry_debits_pending ?? 0n,
      creditsPending: row.entry_credits_pending ?? 0n,
    },
    latestAt: Number(row.entry_at),
    head: toHexadecimal(hash),
  };
}

export function selectAccounts(
  connection: Connection,
  ownerId: string,
  { after, limit }: { after: string | null; limit: number },
): readonly Account[] {
  return (
    connection.all(
      'SELECT * FROM account_states WHERE owner_id = ? AND id > ? ORDER BY id LIMIT ?',
      ownerId,
      after ?? '',
      limit,
    ) as AccountRow[]
  ).map(accountOf);
}

function changeable(account: Account) {
  const { name, metadata, status, creditsFrozen, minimumBalance, maximumBalance, counters } = account;
  return [
    name,
    metadata && JSON.stringify(metadata),
    status,
    creditsFrozen ? 1 : 0,
    minimumBalance,
    maximumBalance,
    counters.debitsPosted,
    counters.creditsPosted,
    counters.debitsPending,
    counters.creditsPending,
    account.sequence,
    account.latestAt,
    toBytes(account.head),
    account.nextExpiryAt,
  ] as const;
}

function accountOf(row: AccountRow): Account {
  return Account.restore({
    id: row.id,
    ownerId: row.owner_id,
    purpose: row.purpose,
    number: row.number ?? null,
    name: row.name,
    externalId: row.external_id ?? null,
    metadata: row.metadata ? (JSON.parse(row.metadata) as Metadata) : null,
    currency: row.currency,
    exponent: Number(row.exponent),
    class: row.class,
    status: row.status,
    creditsFrozen: row.credits_frozen !== 0n,
    minimumBalance: row.minimum_balance,
    maximumBalance: row.maximum_balance,
    counters: {
      debitsPosted: row.debits_posted,
      creditsPosted: row.credits_posted,
      debitsPending: row.debits_pending,
      creditsPending: row.credits_pending,
    },
    sequence: Number(row.sequence),
    latestAt: Number(row.latest_at),
    head: toHexadecimal(row.head),
    nextExpiryAt: row.next_expiry_at === null ? null : Number(row.next_expiry_at),
    createdAt: Number(row.created_at),
  });
}
