import { NOTHING_PENDING } from '../entities/counters.ts';
import type { Account } from '../entities/account.ts';
import type { PendingSums } from '../entities/counters.ts';
import type { LedgerEntry } from '../entities/ledger-entry.ts';
import type { Notification } from '../entities/notification.ts';
import type { Transfer } from '../entities/transfer.ts';
import type { AuditHead, AuditRecord } from '../integrity/audit-log.ts';
import type { Instant } from '../time.ts';
import { NO_CHANGES } from './changes.ts';
import type { Change, Changes } from './changes.ts';
import { keyText } from './idempotency.ts';
import type { IdempotencyKey, IdempotencyRecord } from './idempotency.ts';
import { identifierText, identifiersOfAccount, identifiersOfTransfer } from './prefetch.ts';
import type { Identifier, OwnerAndCurrency } from './prefetch.ts';

/** Maximum number of expiries that a unit writes along with its commands. More would delay the units behind it. */
export const MOST_EXPIRIES = 200;

/** The part of the books that a store has loaded for a decision. Read-only. */
export interface Books {
  account(id: string): Account | undefined;
  transfer(id: string): Transfer | undefined;
  /**
   * The instant up to which due holds are known. At most `Prefetch.holdsDueBy`, and not before the books were loaded. A
   * hold that expires later is not due in this decision.
   */
  readonly dueKnownBy: Instant;
  /** Sums all pending holds on the account that expire at or before `until`, which is at most `dueKnownBy`. */
  dueOn(accountId: string, until: Instant): PendingSums;
  /**
   * Returns the pending holds on the account that expire first, by expiry: at most `limit`, fewer if fewer were loaded.
   * If all holds due at `dueKnownBy` are among them, the next one is too.
   */
  firstHolds(accountId: string, limit: number): readonly Transfer[];
  /** Returns the owner's prefetched active accounts in the currency, lowest id first. */
  activeAccounts(of: OwnerAndCurrency): readonly Account[];
  /** Returns the number of the owner's accounts, including closed ones. */
  accountCount(ownerId: string): number;
  /** Returns whether an account or a transfer has the prefetched identifier. */
  isTaken(identifier: Identifier): boolean;
  record(key: IdempotencyKey): IdempotencyRecord | undefined;
  /** Undefined while the audit log is empty. */
  auditHead(): AuditHead | undefined;
}

/**
 * Splits changes into slices of about `size` entries, for stores that write one slice at a time. A transfer is in the
 * same slice as its entries and the record of its command. Other records go in the last slice, the rest in the first.
 * Changes that interleave the entries of two transfers stay in one slice.
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

/** The working set of a decision: each command sees the changes of the commands before it. */
export class WorkingBooks implements Books {
  readonly #books: Books;
  readonly #accounts = new Map<string, Account>();
  readonly #opened = new Map<string, Account[]>();
  /** Accounts whose status changed here, by owner. */
  readonly #changed = new Map<string, Account[]>();
  readonly #transfers = new Map<string, Transfer>();
  /** Holds placed here, by account. */
  readonly #placed = new Map<string, Transfer[]>();
  /** Holds that were pending and ended here, by account. */
  readonly #ended = new Map<string, Transfer[]>();
  /** Latest result of `dueOn`, by account. Dropped when a hold is placed or ended on the account. */
  readonly #due = new Map<string, { readonly until: Instant; readonly sums: PendingSums }>();
  /** First holds as loaded, by account. */
  readonly #first = new Map<string, { readonly limit: number; readonly holds: readonly Transfer[] }>();
  /** Texts of the identifiers of accounts and transfers that are new here. */
  readonly #taken = new Set<string>();
  #expiries = 0;
  readonly #records = new Map<string, IdempotencyRecord>();
  readonly #entries: LedgerEntry[] = [];
  readonly #messages: Notification[] = [];
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

  get dueKnownBy(): Instant {
    return this.#books.dueKnownBy;
  }

  dueOn(accountId: string, until: Instant): PendingSums {
    const known = this.#due.get(accountId);
    if (known?.until === until) return known.sums;

    let { debits, credits } = this.#books.dueOn(accountId, until);
    const count = (hold: Transfer, sign: bigint) => {
      if (Number(hold.expiresAt) > until) return;
      const sums = pendingOf(hold, accountId);
      debits += sign * sums.debits;
      credits += sign * sums.credits;
    };
    for (const hold of this.#placed.get(accountId) ?? []) count(hold, 1n);
    for (const hold of this.#ended.get(accountId) ?? []) count(hold, -1n);
    const sums = { debits, credits };
    this.#due.set(accountId, { until, sums });
    return sums;
  }

  firstHolds(accountId: string, limit: number): readonly Transfer[] {
    return this.#pending(this.#holdsSeen(accountId, limit)).slice(0, limit);
  }

  /** Returns the holds to expire now, at most as many as this unit may still write. */
  holdsToExpire(accountId: string, now: Instant): readonly Transfer[] {
    const left = this.expiriesLeft;
    // One more than needed: `nextExpiryOf` needs the one after
    const first = this.firstHolds(accountId, left + 1);
    return first.slice(0, left).filter((hold) => hold.statusAt(now) === 'expired');
  }

  /** Number of expiries that this unit may still write. */
  get expiriesLeft(): number {
    const books = this.#books;
    return (books instanceof WorkingBooks ? books.expiriesLeft : MOST_EXPIRIES) - this.#expiries;
  }

  /**
   * Returns a lower bound for the expiry of the account's pending holds; null if there are none. A hold that was not
   * due and ended here still counts: it may have been the only such hold loaded.
   */
  nextExpiryOf(account: Account, now: Instant): Instant | null {
    const seen = this.#holdsSeen(account.id, 1);
    const { debits, credits } = this.dueOn(account.id, now);
    if (debits === 0n && credits === 0n) {
      return seen.find(({ expiresAt }) => Number(expiresAt) > now)?.expiresAt ?? null;
    }
    const due = seen.filter(({ expiresAt }) => Number(expiresAt) <= now);
    return (this.#pending(due)[0] ?? due.at(-1))?.expiresAt ?? account.nextExpiryAt;
  }

  /**
   * Returns holds as they were loaded or placed, even if they ended here. Sorted by expiry, so that equal holds leave
   * equal entries on every store.
   */
  #holdsSeen(accountId: string, limit: number): readonly Transfer[] {
    const ended = this.#ended.get(accountId) ?? [];
    const books = this.#books;
    const most = limit + ended.length;
    const loaded =
      books instanceof WorkingBooks ? books.#holdsSeen(accountId, most) : this.#loaded(accountId, most);
    return [...loaded, ...(this.#placed.get(accountId) ?? [])].sort(byExpiry);
  }

  #loaded(accountId: string, limit: number): readonly Transfer[] {
    const known = this.#first.get(accountId);
    if (known && known.limit >= limit) return known.holds;

    const holds = this.#books.firstHolds(accountId, limit);
    this.#first.set(accountId, { limit, holds });
    return holds;
  }

  #pending(holds: readonly Transfer[]): readonly Transfer[] {
    return holds.map((hold) => this.transfer(hold.id) ?? hold).filter(({ status }) => status === 'pending');
  }

  activeAccounts(of: OwnerAndCurrency): readonly Account[] {
    const added = [...(this.#opened.get(of.ownerId) ?? []), ...(this.#changed.get(of.ownerId) ?? [])];
    const ids = new Set([...this.#books.activeAccounts(of), ...added].map(({ id }) => id));
    // An id is drawn before its account is opened, so concurrent openings may not follow the order of ids
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

  /** Stores a new account, or the new state of an existing one. */
  keepAccount(account: Account): void {
    const before = this.account(account.id);
    if (account.ownerId !== null) {
      if (before === undefined) push(this.#opened, account.ownerId, account);
      else if (before.status !== account.status) push(this.#changed, account.ownerId, account);
    }
    this.#accounts.set(account.id, account);
    if (before === undefined) this.#take(identifiersOfAccount(account));
  }

  append(account: Account, entry: LedgerEntry): void {
    this.#accounts.set(account.id, account);
    this.#entries.push(entry);
  }

  /** Stores a new transfer, or the new state of an existing one. */
  keepTransfer(transfer: Transfer): void {
    this.#keepHold(transfer);
    this.#take(identifiersOfTransfer(transfer));
    this.#transfers.set(transfer.id, transfer);
  }

  #take(identifiers: readonly Identifier[]): void {
    for (const identifier of identifiers) this.#taken.add(identifierText(identifier));
  }

  isTaken(identifier: Identifier): boolean {
    return this.#taken.has(identifierText(identifier)) || this.#books.isTaken(identifier);
  }

  #keepHold(after: Transfer): void {
    if (!after.isHold) return;
    const before = this.transfer(after.id);
    const holds = before ? this.#ended : this.#placed;
    if (before && (before.status !== 'pending' || after.status === 'pending')) return;

    for (const { accountId } of after.legs) {
      push(holds, accountId, after);
      this.#due.delete(accountId);
    }
    if (after.status === 'expired') this.#expiries += 1;
  }

  keepRecord(record: IdempotencyRecord): void {
    this.#records.set(keyText(record), record);
  }

  send(message: Notification): void {
    this.#messages.push(message);
  }

  keepAudit(record: AuditRecord): void {
    this.#audit.push(record);
  }

  /** Applies the changes of working books that were created over these. */
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

/** Returns the sums that a hold reserves on one of its accounts. */
export function pendingOf({ legs }: Transfer, accountId: string): PendingSums {
  let { debits, credits } = NOTHING_PENDING;
  for (const leg of legs) {
    if (leg.accountId !== accountId) continue;
    if (leg.direction === 'debit') debits += leg.amount;
    else credits += leg.amount;
  }
  return { debits, credits };
}

function byExpiry(a: Transfer, b: Transfer): number {
  return Number(a.expiresAt) - Number(b.expiresAt) || (a.id < b.id ? -1 : 1);
}

function push<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
