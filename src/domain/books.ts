import type { Account } from './account.ts';
import type { AuditHead, AuditRecord } from './audit.ts';
import type { OwnerAndCurrency } from './command.ts';
import { keyText } from './idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from './idempotency.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import type { Message } from './message.ts';
import type { Instant } from './time.ts';
import type { Transfer } from './transfer.ts';

/** What a store has loaded for a decision. It is read and never written. */
export interface Books {
  account(id: string): Account | undefined;
  transfer(id: string): Transfer | undefined;
  /** The pending holds on the account that were wanted: those that are due, and the next one. */
  holdsOf(accountId: string): readonly Transfer[];
  /** The owner's active accounts in the currency that were wanted, the lowest id first. */
  activeAccounts(of: OwnerAndCurrency): readonly Account[];
  /** How many accounts the owner has, closed ones too. */
  accountCount(ownerId: string): number;
  record(key: IdempotencyKey): IdempotencyRecord | undefined;
  /** Undefined while the audit log is empty. */
  auditHead(): AuditHead | undefined;
}

export type Change<T> = { readonly before: T | null; readonly after: T };

/** What a decision changes: all of it is written in one transaction, or none. */
export type Changes = {
  /** Each account once, as it is afterwards; `before` is null for a new one. */
  readonly accounts: readonly Change<Account>[];
  /**
   * Each transfer once. Only its status, code, completion, what was captured or reversed of it and its texts ever
   * change. Where its texts are erased they are gone for good: from the outcomes of records too, and from messages,
   * sent ones among them.
   */
  readonly transfers: readonly Change<Transfer>[];
  /** Of one account in the order of their sequence. */
  readonly entries: readonly LedgerEntry[];
  readonly records: readonly IdempotencyRecord[];
  readonly messages: readonly Message[];
  /** When the messages are due for whoever claims; null: each at its own instant. */
  readonly messagesDueAt: Instant | null;
  readonly audit: readonly AuditRecord[];
};

export const NO_CHANGES: Changes = {
  accounts: [],
  transfers: [],
  entries: [],
  records: [],
  messages: [],
  messagesDueAt: null,
  audit: [],
};

/** A decision's result for its callers, and what must be committed before they are answered. */
export type WholeDecision<R> = { readonly result: R; readonly changes: Changes };

/**
 * A decision, or its first part: `next` decides on, over these books with these changes. So a store may write one part
 * while the next is decided. All parts are one unit; the last has the result.
 */
export type Decision<R> = WholeDecision<R> | { readonly changes: Changes; readonly next: () => Decision<R> };

/** All parts as one. */
export function whole<R>(decision: Decision<R>): WholeDecision<R> {
  const parts: Changes[] = [];
  let part: Decision<R> = decision;
  for (; 'next' in part; part = part.next()) parts.push(part.changes);
  return parts.length === 0 ? part : { result: part.result, changes: joined([...parts, part.changes]) };
}

/** Changes that follow one another as one. */
export function joined(parts: readonly Changes[]): Changes {
  return {
    accounts: joinedById(parts.map(({ accounts }) => accounts)),
    transfers: joinedById(parts.map(({ transfers }) => transfers)),
    entries: parts.flatMap(({ entries }) => entries),
    records: parts.flatMap(({ records }) => records),
    messages: parts.flatMap(({ messages }) => messages),
    messagesDueAt: parts.find(({ messagesDueAt }) => messagesDueAt !== null)?.messagesDueAt ?? null,
    audit: parts.flatMap(({ audit }) => audit),
  };
}

/**
 * The same changes in slices of about `size` entries, for stores that write one at a time. Each transfer is in one slice
 * with its entries and the record of the command that made it. The other records are in the last, all else in the first. Changes in which the entries of two transfers mingle are one slice.
 */
export function inSlices(changes: Changes, size: number): readonly Changes[] {
  const { transfers, entries } = changes;
  if (entries.length + transfers.length <= 2 * size) return [changes];
  const counts = new Map<string, number>();
  for (const { transferId } of entries) counts.set(transferId, (counts.get(transferId) ?? 0) + 1);
  const slices: Slice[] = [];
  const sliceOf = new Map<string, number>();
  for (const change of transfers) {
    const entriesOfIt = counts.get(change.after.id) ?? 0;
    let slice = slices.at(-1);
    if (!slice || slice.size >= size)
      slices.push((slice = { transfers: [], entries: [], records: [], size: 0 }));
    slice.transfers.push(change);
    slice.size += Math.max(1, entriesOfIt);
    sliceOf.set(change.after.id, slices.length - 1);
  }
  let latest = 0;
  for (const entry of entries) {
    const at = sliceOf.get(entry.transferId) ?? -1;
    if (at < latest) return [changes];
    latest = at;
    slices[at]?.entries.push(entry);
  }
  for (const record of changes.records) {
    const made = 'transfer' in record.outcome ? record.outcome.transfer?.id : undefined;
    slices[sliceOf.get(made ?? '') ?? slices.length - 1]?.records.push(record);
  }
  return slices.map(({ size: _size, ...slice }, index) => ({
    ...(index === 0 ? changes : NO_CHANGES),
    messagesDueAt: changes.messagesDueAt,
    ...slice,
  }));
}

type Slice = {
  readonly transfers: Change<Transfer>[];
  readonly entries: LedgerEntry[];
  readonly records: IdempotencyRecord[];
  size: number;
};

function joinedById<T extends { readonly id: string }>(
  parts: readonly (readonly Change<T>[])[],
): Change<T>[] {
  const changes = new Map<string, Change<T>>();
  for (const { before, after } of parts.flat()) {
    const earlier = changes.get(after.id);
    changes.set(after.id, { before: earlier ? earlier.before : before, after });
  }
  return [...changes.values()];
}

/** The books while a list of commands is decided: each command sees what those before it changed. */
export class WorkingBooks implements Books {
  readonly #books: Books;
  readonly #accounts = new Map<string, Account>();
  readonly #opened = new Map<string, Account[]>();
  /** Whose status changed here, by owner. */
  readonly #changed = new Map<string, Account[]>();
  readonly #transfers = new Map<string, Transfer>();
  /** Holds placed here, by account. */
  readonly #placed = new Map<string, Transfer[]>();
  readonly #records = new Map<string, IdempotencyRecord>();
  readonly #entries: LedgerEntry[] = [];
  readonly #messages: Message[] = [];
  readonly #audit: AuditRecord[] = [];

  constructor(books: Books) {
    this.#books = books;
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id) ?? this.#books.account(id);
  }

  transfer(id: string): Transfer | undefined {
    return this.#transfers.get(id) ?? this.#books.transfer(id);
  }

  /** What expires first comes first, so that equal holds leave equal entries on every store. */
  holdsOf(accountId: string): readonly Transfer[] {
    return this.#holdsSeen(accountId)
      .map((hold) => this.transfer(hold.id) ?? hold)
      .filter((hold) => hold.status === 'pending')
      .sort((a, b) => Number(a.expiresAt) - Number(b.expiresAt) || (a.id < b.id ? -1 : 1));
  }

  /**
   * No hold that is pending on the account expires after `now` and before this instant; null if none can. One that
   * ended here counts: it may have been the only one that was loaded of those that are not due.
   */
  nextExpiryOf(accountId: string, now: Instant): Instant | null {
    const ahead = this.#holdsSeen(accountId)
      .map((hold) => Number(hold.expiresAt))
      .filter((expiresAt) => expiresAt > now);
    return ahead.length > 0 ? Math.min(...ahead) : null;
  }

  /** As they were loaded or placed, those that ended here too. */
  #holdsSeen(accountId: string): readonly Transfer[] {
    const books = this.#books;
    const loaded = books instanceof WorkingBooks ? books.#holdsSeen(accountId) : books.holdsOf(accountId);
    return [...loaded, ...(this.#placed.get(accountId) ?? [])];
  }

  activeAccounts(of: OwnerAndCurrency): readonly Account[] {
    const added = [...(this.#opened.get(of.ownerId) ?? []), ...(this.#changed.get(of.ownerId) ?? [])];
    const ids = new Set([...this.#books.activeAccounts(of), ...added].map(({ id }) => id));
    // An id is drawn before its account is opened: of two at once, either may be opened first.
    return [...ids]
      .flatMap((id) => this.account(id) ?? [])
      .filter((one) => one.status === 'active' && one.currency === of.currency)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  accountCount(ownerId: string): number {
    return this.#books.accountCount(ownerId) + (this.#opened.get(ownerId)?.length ?? 0);
  }

  record(key: IdempotencyKey): IdempotencyRecord | undefined {
    return this.#records.get(keyText(key)) ?? this.#books.record(key);
  }

  auditHead(): AuditHead | undefined {
    return this.#audit.at(-1) ?? this.#books.auditHead();
  }

  /** A new account, or one as it is from now on. */
  keepAccount(account: Account): void {
    const before = this.account(account.id);
    if (account.ownerId !== null) {
      if (before === undefined) push(this.#opened, account.ownerId, account);
      else if (before.status !== account.status) push(this.#changed, account.ownerId, account);
    }
    this.#accounts.set(account.id, account);
  }

  append(account: Account, entry: LedgerEntry): void {
    this.#accounts.set(account.id, account);
    this.#entries.push(entry);
  }

  /** A new transfer, or one as it is from now on. */
  keepTransfer(transfer: Transfer): void {
    if (transfer.status === 'pending' && this.transfer(transfer.id) === undefined) {
      for (const leg of transfer.legs) push(this.#placed, leg.accountId, transfer);
    }
    this.#transfers.set(transfer.id, transfer);
  }

  keepRecord(record: IdempotencyRecord): void {
    this.#records.set(keyText(record), record);
  }

  send(message: Message): void {
    this.#messages.push(message);
  }

  keepAudit(record: AuditRecord): void {
    this.#audit.push(record);
  }

  /** Takes over what was changed in books that were opened over these. */
  adopt(changes: Changes): void {
    for (const { after } of changes.accounts) this.keepAccount(after);
    for (const { after } of changes.transfers) this.keepTransfer(after);
    for (const record of changes.records) this.keepRecord(record);
    this.#entries.push(...changes.entries);
    this.#messages.push(...changes.messages);
    this.#audit.push(...changes.audit);
  }

  changes(): Changes {
    return {
      accounts: Array.from(this.#accounts.values(), (after) => ({
        before: this.#books.account(after.id) ?? null,
        after,
      })),
      transfers: Array.from(this.#transfers.values(), (after) => ({
        before: this.#books.transfer(after.id) ?? null,
        after,
      })),
      entries: this.#entries,
      records: [...this.#records.values()],
      messages: this.#messages,
      messagesDueAt: null,
      audit: this.#audit,
    };
  }
}

function push<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
