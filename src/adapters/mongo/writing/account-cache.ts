import type { Timestamp } from 'mongodb';
import type { StoredAccount } from '../documents/account-document.ts';

/** Some 50 MB of accounts. */
const MAX_ACCOUNTS = 50_000;
/** Others read more than that themselves. */
const MAX_PUBLISHED = 500;

/** What a process's units changed, one after another: the accounts as they are since. */
export type ChangedAccounts = {
  /** Where the head was before. */
  readonly from: bigint;
  /** Where it is since. */
  readonly unit: bigint;
  /** When it was committed, by the server's time: what is read beside it must not be older. */
  readonly at: Timestamp;
  readonly accounts: readonly StoredAccount[];
};

/**
 * The accounts as the last unit of this process left them. What is remembered counts for as long as the head of the
 * ledger is where that unit left it: every unit that writes with it says so to the server in its own transaction.
 */
export class AccountCache {
  readonly #accounts = new Map<string, StoredAccount>();
  #unit: bigint | undefined;
  /** What this process changed since it last heard of another; null where that is too much to tell. */
  #changed: { readonly from: bigint; readonly accounts: Map<string, StoredAccount> } | null = null;

  /** The head; undefined where nothing is remembered. */
  get unit(): bigint | undefined {
    return this.#unit;
  }

  account(id: string): StoredAccount | undefined {
    return this.#accounts.get(id);
  }

  /** What was read while the head was at `unit`. */
  load(unit: bigint, accounts: Iterable<StoredAccount>): void {
    if (unit !== this.#unit) {
      this.#accounts.clear();
      this.#changed = { from: unit, accounts: new Map() };
    }
    this.#unit = unit;
    for (const account of accounts) this.#keep(account);
  }

  /** After the commit that moved the head to `unit`. */
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

  /** For another process, which then need not read it. */
  changedAccounts(at: Timestamp): ChangedAccounts | null {
    if (this.#unit === undefined || !this.#changed) return null;
    return { from: this.#changed.from, unit: this.#unit, at, accounts: [...this.#changed.accounts.values()] };
  }

  /** Of what another process wrote since; null where it does not say. */
  apply(told: ChangedAccounts | null): void {
    if (!told || this.#unit !== told.from) this.forget();
    if (!told) return;
    this.#unit = told.unit;
    for (const account of told.accounts) this.#keep(account);
    this.#changed = { from: told.unit, accounts: new Map() };
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
