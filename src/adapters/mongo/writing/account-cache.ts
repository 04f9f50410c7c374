import type { Timestamp } from 'mongodb';
import type { StoredAccount } from '../documents/account-document.ts';

/** About 50 MB of accounts. */
const MAX_ACCOUNTS = 50_000;
/** Above that, the next process reads the accounts itself. */
const MAX_PUBLISHED = 500;

/** The accounts that a process changed in consecutive units, in their new state. */
export type ChangedAccounts = {
  /** The ledger version before these changes. */
  readonly from: bigint;
  /** The ledger version after them. */
  readonly unit: bigint;
  /** Server time of the commit. Reads that accompany these accounts must not be older. */
  readonly at: Timestamp;
  readonly accounts: readonly StoredAccount[];
};

/**
 * Accounts as the last unit of this process left them. They are valid while the ledger version is that unit's: every
 * unit that writes from the cache has the server check this in its own transaction.
 */
export class AccountCache {
  readonly #accounts = new Map<string, StoredAccount>();
  #unit: bigint | undefined;
  /** Changes by this process since another one last wrote; null if they are too many to publish. */
  #changed: { readonly from: bigint; readonly accounts: Map<string, StoredAccount> } | null = null;

  /** The ledger version of the cache; undefined if it is empty. */
  get unit(): bigint | undefined {
    return this.#unit;
  }

  account(id: string): StoredAccount | undefined {
    return this.#accounts.get(id);
  }

  /** Adds accounts that were read at ledger version `unit`. */
  load(unit: bigint, accounts: Iterable<StoredAccount>): void {
    if (unit !== this.#unit) {
      this.#accounts.clear();
      this.#changed = { from: unit, accounts: new Map() };
    }
    this.#unit = unit;
    for (const account of accounts) this.#keep(account);
  }

  /** Records the commit that advanced the ledger version to `unit`. */
  committed(unit: bigint, accounts: readonly StoredAccount[]): void {
    const before = this.#unit;
    this.#unit = unit;
    if (before === unit) return;
    for (const stored of accounts) {
      this.#keep(stored);
      this.#changed?.accounts.set(stored.account.id, stored);
    }
    if (this.#changed && this.#changed.accounts.size > MAX_PUBLISHED) this.#changed = null;
  }

  /** The changes for another process, which then need not read these accounts. */
  changedAccounts(at: Timestamp): ChangedAccounts | null {
    if (this.#unit === undefined || !this.#changed) return null;
    return { from: this.#changed.from, unit: this.#unit, at, accounts: [...this.#changed.accounts.values()] };
  }

  /** Applies the changes of another process. Null if it published none: then the cache is emptied. */
  apply(handover: ChangedAccounts | null): void {
    if (!handover || this.#unit !== handover.from) this.forget();
    if (!handover) return;
    this.#unit = handover.unit;
    for (const account of handover.accounts) this.#keep(account);
    this.#changed = { from: handover.unit, accounts: new Map() };
  }

  forget(): void {
    this.#accounts.clear();
    this.#unit = undefined;
    this.#changed = null;
  }

  #keep(stored: StoredAccount): void {
    if (this.#accounts.size >= MAX_ACCOUNTS) this.#accounts.clear();
    this.#accounts.set(stored.account.id, stored);
  }
}
