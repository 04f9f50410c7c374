import type { Account } from '../../domain/account.ts';
import type { Changes } from '../../domain/books.ts';
import { findAccount } from './accounts.ts';
import type { Connection } from './connection.ts';

/** Some 20 MB of accounts. */
const MOST = 20_000;

/**
 * Accounts as they were last committed. Used under the write lock alone, and only after `refresh` there: what another
 * process committed since makes all that is remembered doubtful.
 */
export class RememberedAccounts {
  readonly #connection: Connection;
  readonly #accounts = new Map<string, Account>();
  #dataVersion: bigint | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether another process may have written since the last time. */
  refresh(): boolean {
    // It changes with the commits of other connections, and not with this one's (https://sqlite.org/pragma.html).
    const version = (this.#connection.get('PRAGMA data_version') as { data_version: bigint } | undefined)
      ?.data_version;
    if (version === this.#dataVersion) return false;

    this.#accounts.clear();
    this.#dataVersion = version;
    return true;
  }

  find(id: string): Account | undefined {
    const remembered = this.#accounts.get(id);
    if (remembered) return remembered;

    const account = findAccount(this.#connection, id);
    if (account) this.#keep(account);
    return account;
  }

  /** After the commit. */
  committed({ accounts }: Changes): void {
    for (const { after } of accounts) this.#keep(after);
  }

  /** The next `refresh` begins anew. */
  forget(): void {
    this.#accounts.clear();
    this.#dataVersion = undefined;
  }

  #keep(account: Account): void {
    if (this.#accounts.size >= MOST) this.#accounts.clear();
    this.#accounts.set(account.id, account);
  }
}
