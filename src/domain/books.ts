import type { Account } from './account.ts';
import type { OwnerAndCurrency } from './command.ts';
import { keyText } from './idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from './idempotency.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import type { Message } from './message.ts';
import type { Transfer } from './transfer.ts';

/** What a store has loaded for a decision. It is read and never written. */
export interface Books {
  account(id: string): Account | undefined;
  oldestActive(of: OwnerAndCurrency): Account | undefined;
  /** How many accounts the owner has, closed ones too. */
  accountCount(ownerId: string): number;
  record(key: IdempotencyKey): IdempotencyRecord | undefined;
}

/** What a decision changes: all of it is written in one transaction, or none. */
export type Changes = {
  /** Each account once, as it is afterwards; `before` is null for a new one. */
  readonly accounts: readonly { readonly before: Account | null; readonly after: Account }[];
  readonly transfers: readonly Transfer[];
  /** Of one account in the order of their sequence. */
  readonly entries: readonly LedgerEntry[];
  readonly records: readonly IdempotencyRecord[];
  readonly messages: readonly Message[];
};

/** A decision's result for its callers, and what must be committed before they are answered. */
export type Decision<R> = { readonly result: R; readonly changes: Changes };

/** The books while a list of commands is decided: each command sees what those before it changed. */
export class WorkingBooks implements Books {
  readonly #books: Books;
  readonly #accounts = new Map<string, Account>();
  readonly #opened = new Map<string, Account[]>();
  readonly #records = new Map<string, IdempotencyRecord>();
  readonly #transfers: Transfer[] = [];
  readonly #entries: LedgerEntry[] = [];
  readonly #messages: Message[] = [];

  constructor(books: Books) {
    this.#books = books;
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id) ?? this.#books.account(id);
  }

  oldestActive(of: OwnerAndCurrency): Account | undefined {
    const loaded = this.#books.oldestActive(of);
    const opened = this.#opened.get(of.ownerId)?.filter((account) => account.currency === of.currency) ?? [];
    // An id is drawn before its account is opened: of two at once, either may be opened first.
    const [oldest] = [...(loaded ? [loaded] : []), ...opened].sort((a, b) => (a.id < b.id ? -1 : 1));
    return oldest && this.account(oldest.id);
  }

  accountCount(ownerId: string): number {
    return this.#books.accountCount(ownerId) + (this.#opened.get(ownerId)?.length ?? 0);
  }

  record(key: IdempotencyKey): IdempotencyRecord | undefined {
    return this.#records.get(keyText(key)) ?? this.#books.record(key);
  }

  open(account: Account): void {
    this.#accounts.set(account.id, account);
    if (account.ownerId === null) return;

    const opened = this.#opened.get(account.ownerId);
    if (opened) opened.push(account);
    else this.#opened.set(account.ownerId, [account]);
  }

  append(account: Account, entry: LedgerEntry): void {
    this.#accounts.set(account.id, account);
    this.#entries.push(entry);
  }

  keepTransfer(transfer: Transfer): void {
    this.#transfers.push(transfer);
  }

  keepRecord(record: IdempotencyRecord): void {
    this.#records.set(keyText(record), record);
  }

  send(message: Message): void {
    this.#messages.push(message);
  }

  changes(): Changes {
    return {
      accounts: [...this.#accounts.values()].map((after) => ({
        before: this.#books.account(after.id) ?? null,
        after,
      })),
      transfers: this.#transfers,
      entries: this.#entries,
      records: [...this.#records.values()],
      messages: this.#messages,
    };
  }
}
