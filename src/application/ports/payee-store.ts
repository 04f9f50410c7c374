import type { Payee, SavedPayee } from '../../domain/payees/payee.ts';
import type { User } from '../../domain/entities/user.ts';
import type { PageRequest } from './page-request.ts';

/** Payees of users. A user has at most one at each account. */
export interface PayeeStore {
  /** Inserts the payee, or replaces all fields of the one with its id. */
  keep(payee: Payee): Promise<void>;
  find(id: string): Promise<Payee | undefined>;
  /** Returns the user's payee at the account. */
  at(userId: string, accountId: string): Promise<Payee | undefined>;
  /** Returns all payees that the user has saved, by id ascending. */
  savedOf(userId: string): Promise<readonly SavedPayee[]>;
  /** Returns the user's payees with ids above `after`, saved or not, by id ascending. */
  page(userId: string, page: PageRequest): Promise<readonly Payee[]>;
  /** Has no effect on a payee that does not exist. */
  remove(id: string): Promise<void>;
  /** Removes all payees of the user. */
  removeOf(userId: string): Promise<void>;
  /** Clears the confirmed names of all users' payees at these accounts. The payees stay. */
  eraseNamesAt(accountIds: readonly string[]): Promise<void>;
}

/** An account, its owner, and the payee that one user has there. */
export type AccountOfPayee = {
  readonly accountId: string;
  readonly number: string | null;
  readonly owner: User;
  /** Null if the user has none there. */
  readonly payee: Payee | null;
};

/** Reads outside a transaction. Same guarantees as `LedgerReads`. */
export interface PayeeReads {
  /**
   * Returns those of the accounts that exist and belong to a user, in no particular order, in one round trip. Each comes
   * with the current state of its owner, and with the payee of the user `userId`.
   */
  accountsOfPayees(userId: string, accountIds: readonly string[]): Promise<readonly AccountOfPayee[]>;
}
