import type { Account } from '../../../domain/entities/account.ts';
import type { Changes } from '../../../domain/books/changes.ts';
import { findAccount } from '../tables/accounts.ts';
import type { Connection } from '../connection/connection.ts';

/** About 20 MB of accounts. */
const MOST = 20_000;

/**
 * Accounts as last committed. Used only under the write lock, and cleared there once another process has written, as
 * any account may have changed.
 */
export class SqliteAccountCache {
  readonly #connection: Connection;
  readonly #accounts = new Map<string, Account>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  find(id: string): Account | undefined {
    const remembered = this.#accounts.get(id);
    if (remembered) return remembered;

    const account = findAccount(this.#connection, id);
    if (account) this.#keep(account);
    return account;
  }

  /** Adds the changes of a commit. */
  committed({ accounts }: Changes): void {
    for (const { after } of accounts) this.#keep(after);
  }

  forget(): void {
    this.#accounts.clear();
  }

  #keep(account: Account): void {
    if (this.#accounts.size >= MOST) this.#accounts.clear();
    this.#accounts.set(account.id, account);
  }
}
