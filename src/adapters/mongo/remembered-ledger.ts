import type { StoredAccount } from './account-document.ts';

/** Some 50 MB of accounts. */
const MOST = 50_000;

/**
 * The accounts as the last unit of this process left them. What is remembered counts for as long as the head of the
 * ledger is where that unit left it: every unit that writes with it says so to the server in its own transaction.
 */
export class RememberedLedger {
  readonly #accounts = new Map<string, StoredAccount>();
  #unit: bigint | undefined;

  /** The head; undefined where nothing is remembered. */
  get unit(): bigint | undefined {
    return this.#unit;
  }

  account(id: string): StoredAccount | undefined {
    return this.#accounts.get(id);
  }

  /** What was read while the head was at `unit`. */
  learn(unit: bigint, accounts: Iterable<StoredAccount>): void {
    if (unit !== this.#unit) this.#accounts.clear();
    this.#unit = unit;
    for (const account of accounts) this.#keep(account);
  }

  /** After the commit that moved the head to `unit`. */
  committed(unit: bigint, accounts: Iterable<StoredAccount>): void {
    this.#unit = unit;
    for (const account of accounts) this.#keep(account);
  }

  forget(): void {
    this.#accounts.clear();
    this.#unit = undefined;
  }

  #keep(stored: StoredAccount): void {
    if (this.#accounts.size >= MOST) this.#accounts.clear();
    this.#accounts.set(stored.account.id, stored);
  }
}
