import { splitRecords } from '../../shared/transfer-records.ts';
import { batchNotifications } from '../../shared/outbox-batch.ts';
import type { OutboxBatch } from '../../shared/outbox-batch.ts';
import type { Account } from '../../../domain/entities/account.ts';
import type { Changes } from '../../../domain/books/changes.ts';
import { erasesText } from '../../../domain/decisions/erase-text.ts';
import type { Notification } from '../../../domain/entities/notification.ts';
import type { Instant } from '../../../domain/time.ts';
import { insertAccount, updateAccount } from '../tables/accounts.ts';
import { insertAuditRecord } from '../tables/audit-log.ts';
import type { Connection } from '../connection/connection.ts';
import { insertEntry } from '../tables/entries.ts';
import { insertRecord, inlineRecordRow } from '../tables/idempotency-records.ts';
import { eraseFromParcels, insertParcel } from '../tables/outbox.ts';
import type { SqliteAccountCache } from './remembered-accounts.ts';
import { insertTransfer, listHold, updateTransfer } from '../tables/transfers.ts';
import type { WritingConnection } from './writing-connection.ts';

/** Writes the changes of one unit, part by part. */
export class SqliteUnitWriter {
  readonly #writer: WritingConnection;
  readonly #accounts: SqliteAccountCache;
  readonly parts: Changes[] = [];
  /** Outbox batches that were written as claimed. */
  readonly claimed: OutboxBatch[] = [];
  /** Latest sequences of the accounts that this unit has changed. */
  readonly #sequences = new Map<string, number>();
  readonly #messages: Notification[] = [];
  readonly #erased: string[] = [];
  #messagesDueAt: Instant | null = null;

  constructor(writer: WritingConnection, accounts: SqliteAccountCache) {
    this.#writer = writer;
    this.#accounts = accounts;
  }

  /** @throws TypeError if the changes do not build on the stored state */
  write(changes: Changes): void {
    const writer = this.#writer;
    for (const { before, after } of changes.accounts) {
      if (before) {
        this.#assertIsAsRead(before);
        updateAccount(writer, { before, after });
      } else insertAccount(writer, after);
      this.#sequences.set(after.id, after.sequence);
    }
    const { own, others } = splitRecords(changes, inlineRecordRow);
    for (const change of changes.transfers) {
      const { before, after } = change;
      if (before) updateTransfer(writer, { before, after });
      else insertTransfer(writer, after, own.get(after.id));
      listHold(writer, change);
      if (erasesText(change)) this.#erased.push(after.id);
    }
    const legs = new Map(changes.transfers.map(({ after }) => [after.id, after.legs]));
    for (const entry of changes.entries) insertEntry(writer, entry, legs.get(entry.transferId) ?? []);
    for (const record of others) insertRecord(writer, record);
    for (const record of changes.audit) insertAuditRecord(writer, record);
    this.#messages.push(...changes.messages);
    this.#messagesDueAt ??= changes.messagesDueAt;
    this.parts.push(changes);
    writer.flush();
  }

  /**
   * Writes the data that the whole unit shares, after its last part. `connection` still reads the state before the
   * unit.
   */
  finish(connection: Connection): void {
    if (this.#erased.length > 0) eraseFromParcels(connection, this.#writer, this.#erased);
    const dueAt = this.#messagesDueAt;
    for (const parcel of batchNotifications(this.#messages)) {
      const state =
        dueAt === null ? { attempts: 0, dueAt: parcel.messages[0]?.at ?? 0 } : { attempts: 1, dueAt };
      insertParcel(this.#writer, parcel, state);
      if (dueAt !== null) this.claimed.push(parcel);
    }
  }

  #assertIsAsRead({ id, sequence }: Account): void {
    const found = this.#sequences.get(id) ?? this.#accounts.find(id)?.sequence;
    if (found !== sequence) throw new TypeError(`Account ${id} has changed since it was read`);
  }
}
