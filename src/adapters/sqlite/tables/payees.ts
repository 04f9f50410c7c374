import type { AccountOfPayee } from '../../../application/ports/payee-store.ts';
import type { PageRequest } from '../../../application/ports/page-request.ts';
import type { Payee, SavedPayee } from '../../../domain/payees/payee.ts';
import type { Connection } from '../connection/connection.ts';
import { findAccount } from './accounts.ts';
import { selectUser } from './users.ts';

type PayeeRow = {
  readonly id: string;
  readonly user_id: string;
  readonly account_id: string;
  readonly number: string;
  readonly label: string | null;
  readonly confirmed_name: string | null;
  readonly saved_at: bigint | null;
  readonly created_at: bigint;
};

export function keepPayee(connection: Connection, payee: Payee): void {
  connection.run(
    `INSERT INTO payees (id, user_id, account_id, number, label, confirmed_name, saved_at, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      user_id = excluded.user_id, account_id = excluded.account_id, number = excluded.number, label = excluded.label,
      confirmed_name = excluded.confirmed_name, saved_at = excluded.saved_at, created_at = excluded.created_at`,
    payee.id,
    payee.userId,
    payee.accountId,
    payee.number,
    payee.label,
    payee.confirmedName,
    payee.savedAt,
    payee.createdAt,
  );
}

export function selectPayee(connection: Connection, id: string): Payee | undefined {
  return payeeIn(connection.get('SELECT * FROM payees WHERE id = ?', id));
}

export function findPayeeAt(connection: Connection, userId: string, accountId: string): Payee | undefined {
  const sql = 'SELECT * FROM payees WHERE account_id = ? AND user_id = ?';
  return payeeIn(connection.get(sql, accountId, userId));
}

export function listSavedPayees(connection: Connection, userId: string): readonly SavedPayee[] {
  const sql = 'SELECT * FROM payees WHERE user_id = ? AND saved_at IS NOT NULL ORDER BY id';
  return (connection.all(sql, userId) as PayeeRow[]).map((row) => payeeOf(row) as SavedPayee);
}

export function listPayeePage(
  connection: Connection,
  userId: string,
  { after, limit }: PageRequest,
): readonly Payee[] {
  const sql = 'SELECT * FROM payees WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, userId, after ?? '', limit) as PayeeRow[]).map(payeeOf);
}

/** Payees of all users, by id; only ids above `after`. */
export function payeesAfter(connection: Connection, { after, limit }: PageRequest): readonly Payee[] {
  const sql = 'SELECT * FROM payees WHERE id > ? ORDER BY id LIMIT ?';
  return (connection.all(sql, after ?? '', limit) as PayeeRow[]).map(payeeOf);
}

export function deletePayee(connection: Connection, id: string): void {
  connection.run('DELETE FROM payees WHERE id = ?', id);
}

export function deletePayeesOf(connection: Connection, userId: string): void {
  connection.run('DELETE FROM payees WHERE user_id = ?', userId);
}

export function erasePayeeNames(connection: Connection, accountIds: readonly string[]): void {
  for (const accountId of accountIds) {
    connection.run('UPDATE payees SET confirmed_name = NULL WHERE account_id = ?', accountId);
  }
}

export function selectAccountsOfPayees(
  connection: Connection,
  userId: string,
  accountIds: readonly string[],
): readonly AccountOfPayee[] {
  return [...new Set(accountIds)].flatMap((accountId) => {
    const account = findAccount(connection, accountId);
    const owner = selectUser(connection, account?.ownerId ?? '');
    const payee = findPayeeAt(connection, userId, accountId) ?? null;
    return account && owner ? [{ accountId, number: account.number, owner, payee }] : [];
  });
}

function payeeIn(found: unknown): Payee | undefined {
  return found === undefined ? undefined : payeeOf(found as PayeeRow);
}

function payeeOf(row: PayeeRow): Payee {
  return {
    id: row.id,
    userId: row.user_id,
    accountId: row.account_id,
    number: row.number,
    label: row.label,
    confirmedName: row.confirmed_name,
    savedAt: row.saved_at === null ? null : Number(row.saved_at),
    createdAt: Number(row.created_at),
  };
}
