import type { BookedHold, BookLine, HoldPlace } from '../../application/ports/ledger-store.ts';
import type { AccountOfPayee } from '../../application/ports/payee-store.ts';
import { isNewer, positionOf } from '../../application/ports/transfer-position.ts';
import type { TransferPosition } from '../../application/ports/transfer-position.ts';
import { NOTHING_PENDING } from '../../domain/entities/counters.ts';
import { identifierText, identifiersOfAccount, identifiersOfTransfer } from '../../domain/books/prefetch.ts';
import type { Identifier } from '../../domain/books/prefetch.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { PendingSums } from '../../domain/entities/counters.ts';
import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import { pendingOf } from '../../domain/books/working-books.ts';
import type { Change, Changes } from '../../domain/books/changes.ts';
import { erasesText } from '../../domain/decisions/erase-text.ts';
import { keyText } from '../../domain/books/idempotency.ts';
import type { IdempotencyRecord } from '../../domain/books/idempotency.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { Payee } from '../../domain/payees/payee.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import { isAboutTransfer } from '../../domain/entities/notification.ts';
import type { Notification } from '../../domain/entities/notification.ts';
import type { Outcome } from '../../domain/books/outcome.ts';
import type { Credential } from '../../domain/entities/credential.ts';
import type { SecurityEvent } from '../../domain/entities/security-event.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Instant } from '../../domain/time.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import type { User } from '../../domain/entities/user.ts';
import { countBefore, countUpTo, insertSorted, removeSorted } from './sorted-list.ts';

export type StoredMessage = {
  readonly message: Notification;
  readonly attempts: number;
  /** Null once the message is given up. */
  readonly dueAt: Instant | null;
  /** Null while the message waits. */
  readonly givenUpAt: Instant | null;
  readonly reason: string | null;
  /** Position in the order of writing. The map has another order once a unit was rolled back. */
  readonly order: number;
};

/** All data of the store. Entities are immutable, so later changes never affect a reader. */
export class MemoryData {
  readonly accounts = new Map<string, Account>();
  /** By owner, in order of opening. */
  readonly accountIds = new Map<string, string[]>();
  readonly transfers = new Map<string, Transfer>();
  /** Id of the account or transfer that has an identifier, by `identifierText`. */
  readonly identifiers = new Map<string, string>();
  /** By `Transfer.unbookedFor`, in the order of `TransferPosition`, the oldest first. */
  readonly unbooked = new Map<string, TransferPosition[]>();
  /** By account, in order of sequence. */
  readonly entries = new Map<string, LedgerEntry[]>();
  /** By transfer. */
  readonly entriesOfTransfers = new Map<string, LedgerEntry[]>();
  /** Pending holds by account, in order of expiry. */
  readonly pending = new Map<string, PendingHold[]>();
  /** All holds by account, in order of their placing. */
  readonly placed = new Map<string, TransferPosition[]>();
  readonly auditLog: AuditRecord[] = [];
  readonly records = new Map<string, IdempotencyRecord>();
  /** A second reference to each entity as last written. `verify` compares the first one with it. */
  readonly written = {
    accounts: new Map<string, Account>(),
    transfers: new Map<string, Transfer>(),
    records: new Map<string, IdempotencyRecord>(),
  };
  /** Without those that were sent. */
  readonly messages = new Map<string, StoredMessage>();
  #messagesWritten = 0;
  readonly users = new Map<string, { readonly user: User; readonly passwordHash: string }>();
  readonly sessions = new Map<string, Session>();
  readonly credentials = new Map<string, Credential>();
  readonly securityEvents = new Map<string, SecurityEvent>();
  readonly payees = new Map<string, Payee>();
  /** By recipient. */
  readonly mailHours = new Map<string, MailHour>();

  /** In order of id. */
  accountsOf(ownerId: string): readonly Account[] {
    const ids = this.accountIds.get(ownerId) ?? [];
    return ids.toSorted().flatMap((id) => this.accounts.get(id) ?? []);
  }

  session(id: string): { session: Session; user: User } | undefined {
    const session = this.sessions.get(id);
    const user = session && this.users.get(session.userId)?.user;
    return session && user && { session, user };
  }

  apiKeys(digests: readonly string[]): { key: Credential<'api_key'>; user: User }[] {
    return [...this.credentials.values()].flatMap((key) => {
      if (key.kind !== 'api_key' || key.digest === null || !digests.includes(key.digest)) return [];
      const user = this.users.get(key.userId)?.user;
      return user ? [{ key, user }] : [];
    });
  }

  payeeAt(userId: string, accountId: string): Payee | undefined {
    for (const payee of this.payees.values()) {
      if (payee.userId === userId && payee.accountId === accountId) return payee;
    }
    return undefined;
  }

  accountsOfPayees(userId: string, accountIds: readonly string[]): AccountOfPayee[] {
    return [...new Set(accountIds)].flatMap((accountId) => {
      const account = this.accounts.get(accountId);
      const owner = this.users.get(account?.ownerId ?? '')?.user;
      const payee = this.payeeAt(userId, accountId) ?? null;
      return account && owner ? [{ accountId, number: account.number, owner, payee }] : [];
    });
  }

  /** Only positions before `before`, the newest first. */
  unbookedOf(
    userId: string,
    { before, limit }: { before: TransferPosition | null; limit: number },
  ): readonly Transfer[] {
    const places = this.unbooked.get(userId) ?? [];
    const end = before === null ? places.length : countBefore(places, before, isNewer);
    const newest = places.slice(Math.max(0, end - limit), end).toReversed();
    return newest.flatMap(({ id }) => this.transfers.get(id) ?? []);
  }

  dueOn(accountId: string, until: Instant): PendingSums {
    let { debits, credits } = NOTHING_PENDING;
    for (const hold of this.pending.get(accountId) ?? []) {
      if (hold.expiresAt > until) break;
      debits += hold.debits;
      credits += hold.credits;
    }
    return { debits, credits };
  }

  /** In order of expiry, then of id. */
  pendingAfter(
    accountId: string,
    { after, limit }: { after: HoldPlace | null; limit: number },
  ): readonly Transfer[] {
    const pending: readonly HoldPlace[] = this.pending.get(accountId) ?? [];
    const from = after ? countUpTo(pending, after, expiresAfter) : 0;
    return pending.slice(from, from + limit).flatMap(({ id }) => this.transfers.get(id) ?? []);
  }

  /** The newest first. */
  holdsBefore(
    accountId: string,
    { before, limit }: { before: TransferPosition; limit: number },
  ): readonly Transfer[] {
    const placed = this.placed.get(accountId) ?? [];
    const to = countBefore(placed, before, isNewer);
    const places = placed.slice(Math.max(0, to - limit), to).toReversed();
    return places.flatMap(({ id }) => this.transfers.get(id) ?? []);
  }

  booked(transfer: Transfer, accountId: string): BookedHold {
    const entries = (this.entriesOfTransfers.get(transfer.id) ?? []).filter(
      (entry) => entry.accountId === accountId,
    );
    const placed = entries.find(({ step }) => step === 'held')?.sequence ?? 0;
    return { transfer, placed, ended: entries.find(({ step }) => step !== 'held')?.sequence ?? null };
  }

  /** Erases the texts in outcomes, which contain transfers as they were at that time. */
  #forgetTexts(erased: Transfer): void {
    for (const [key, record] of this.records) {
      const outcome = withoutTexts(record.outcome, erased);
      if (outcome !== record.outcome) this.#keepRecord(key, { ...record, outcome });
    }
    for (const [id, stored] of this.messages) {
      const { message } = stored;
      if (isAboutTransfer(message) && message.transferId === erased.id) {
        this.messages.set(id, { ...stored, message: { ...message, description: null } });
      }
    }
  }

  line(entry: LedgerEntry): BookLine {
    const transfer = this.transfers.get(entry.transferId);
    if (!transfer) throw new TypeError(`Transfer ${entry.transferId} was not kept`);
    return { entry, transfer };
  }

  #indexHold({ before, after }: Change<Transfer>): void {
    if (!after.isHold) return;
    for (const { accountId } of after.legs) {
      const pending = listOf(this.pending, accountId);
      const hold = pendingHold(after, accountId);
      if (before === null) insertSorted(listOf(this.placed, accountId), positionOf(after), isNewer);
      if (before === null && after.status === 'pending') insertSorted(pending, hold, expiresAfter);
      if (before?.status === 'pending' && after.status !== 'pending')
        removeSorted(pending, hold, expiresAfter);
    }
  }

  #keepRecord(key: string, record: IdempotencyRecord): void {
    this.records.set(key, record);
    this.written.records.set(key, record);
  }

  #identify(id: string, identifiers: readonly Identifier[]): void {
    for (const identifier of identifiers) this.identifiers.set(identifierText(identifier), id);
  }

  newMessage(message: Notification, state: Pick<StoredMessage, 'attempts' | 'dueAt'>): StoredMessage {
    this.#messagesWritten += 1;
    return { message, ...state, givenUpAt: null, reason: null, order: this.#messagesWritten };
  }

  /** Synchronous, and checks before it writes: nobody sees a partial write. */
  write(changes: Changes): void {
    for (const { before, after } of changes.accounts) {
      if ((this.accounts.get(after.id) ?? null) !== before)
        throw new TypeError(`Account ${after.id} has changed since it was read`);
    }

    for (const { before, after } of changes.accounts) {
      if (before === null) this.#identify(after.id, identifiersOfAccount(after));
      this.accounts.set(after.id, after);
      this.written.accounts.set(after.id, after);
      if (before === null && after.ownerId !== null) append(this.accountIds, after.ownerId, after.id);
    }
    for (const entry of changes.entries) {
      append(this.entries, entry.accountId, entry);
      append(this.entriesOfTransfers, entry.transferId, entry);
    }
    for (const change of changes.transfers) {
      const { before, after } = change;
      if (before === null) this.#identify(after.id, identifiersOfTransfer(after));
      this.transfers.set(after.id, after);
      this.written.transfers.set(after.id, after);
      if (before === null && after.unbookedFor !== null)
        insertSorted(listOf(this.unbooked, after.unbookedFor), positionOf(after), isNewer);
      this.#indexHold(change);
    }
    this.auditLog.push(...changes.audit);
    for (const record of changes.records) this.#keepRecord(keyText(record), record);
    for (const message of changes.messages) {
      const { messagesDueAt: dueAt } = changes;
      const state = dueAt === null ? { attempts: 0, dueAt: message.at } : { attempts: 1, dueAt };
      this.messages.set(message.id, this.newMessage(message, state));
    }
    for (const change of changes.transfers) if (erasesText(change)) this.#forgetTexts(change.after);
  }
}

function withoutTexts<O extends Outcome>(outcome: O, erased: Transfer): O {
  switch (outcome.kind) {
    case 'transferred':
    case 'refused':
      return outcome.transfer?.id === erased.id && erased.erased
        ? { ...outcome, transfer: outcome.transfer.eraseTexts(erased.erased) }
        : outcome;
    case 'batch': {
      const members = outcome.members.map((member) => withoutTexts(member, erased));
      return members.every((member, index) => member === outcome.members[index])
        ? outcome
        : { ...outcome, members };
    }
    case 'opened':
    case 'changed':
      return outcome;
    default:
      return outcome satisfies never;
  }
}

/** A pending hold on one account: its expiry, and the amount that it reserves there. */
export type PendingHold = HoldPlace & PendingSums;

export function pendingHold(hold: Transfer, accountId: string): PendingHold {
  return { id: hold.id, expiresAt: Number(hold.expiresAt), ...pendingOf(hold, accountId) };
}

/** The order of pending holds: by expiry, then by id. */
export function expiresAfter(a: HoldPlace, b: HoldPlace): boolean {
  return a.expiresAt === b.expiresAt ? a.id > b.id : a.expiresAt > b.expiresAt;
}

function append<V>(lists: Map<string, V[]>, key: string, value: V): void {
  listOf(lists, key).push(value);
}

function listOf<V>(lists: Map<string, V[]>, key: string): V[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
