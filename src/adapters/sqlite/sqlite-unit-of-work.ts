import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { partRecords } from '../../application/own-records.ts';
import { ParcelsSeen, parcelsOf } from '../../application/parcel.ts';
import type { Clock, Stores, UnitOfWork } from '../../application/ports.ts';
import type { Account } from '../../domain/account.ts';
import { whole } from '../../domain/books.ts';
import type { Books, Changes, Decision, WholeDecision } from '../../domain/books.ts';
import type { Want } from '../../domain/command.ts';
import { erasesText } from '../../domain/erasure.ts';
import type { Instant } from '../../domain/time.ts';
import { countAccounts, insertAccount, oldestActiveIds, updateAccount } from './accounts.ts';
import { findAuditHead, insertAuditRecord } from './audit-log.ts';
import type { Connection } from './connection.ts';
import type { DatabaseFile } from './database-file.ts';
import { insertEntry } from './entries.ts';
import { atCommit, beforeCommit, isBusy, unavailable } from './faults.ts';
import { insertRecord, ownRecord, recordFinder } from './idempotency-records.ts';
import { assertKnownVersion } from './migrations.ts';
import { eraseFromParcels, insertParcel } from './outbox.ts';
import { RememberedAccounts } from './remembered-accounts.ts';
import { Scope, storesOf } from './sqlite-stores.ts';
import { dueHoldsAndNext, findTransfer, insertTransfer, listHold, updateTransfer } from './transfers.ts';
import { Turns, whenUnlocked } from './waiting.ts';

/** Units run one after another: in this process by turns, among processes by SQLite's write lock. */
export class SqliteUnitOfWork implements UnitOfWork {
  readonly #connection: Connection;
  readonly #file: DatabaseFile;
  readonly #clock: Clock;
  readonly #lockTimeoutMs: number;
  readonly #accounts: RememberedAccounts;
  readonly #inside = new AsyncLocalStorage<true>();
  #lent = 0;
  readonly #turns = new Turns();
  readonly #parcelsSeen = ParcelsSeen.none();

  constructor(ports: { connection: Connection; file: DatabaseFile; clock: Clock; lockTimeoutMs: number }) {
    this.#connection = ports.connection;
    this.#file = ports.file;
    this.#clock = ports.clock;
    this.#lockTimeoutMs = ports.lockTimeoutMs;
    this.#accounts = new RememberedAccounts(ports.connection);
  }

  /** What is wanted is read when it is asked for: the decision runs under the write lock, where no read waits. */
  async transact<R>(want: () => Want, decide: (books: Books) => Decision<R>, deadline: Instant): Promise<R> {
    const committed = await this.#locked(deadline - this.#clock.now(), async () => {
      const { result, changes } = this.#write(want, decide);
      this.#commit();
      this.#accounts.committed(changes);
      if (changes.messagesDueAt !== null) {
        for (const parcel of parcelsOf(changes.messages)) this.#parcelsSeen.saw(parcel);
      }
      return result;
    });
    // The commit kept the event loop from turning. Now it turns: timers run, what came in meanwhile joins the next
    // batch, and another process gets at the lock.
    await setImmediate();
    return committed;
  }

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    return this.#locked(this.#lockTimeoutMs, async () => {
      const seen = this.#parcelsSeen.forUnit();
      const result = await this.#lend(() => this.#work(work, seen));
      this.#commit();
      seen.keep();
      return result;
    });
  }

  /** Rejects unless a unit could be run now. */
  check(): Promise<void> {
    return this.#locked(this.#lockTimeoutMs, async () => this.#connection.rollBack());
  }

  /** Lets no more units in, and waits for those who are. */
  async close(): Promise<void> {
    await this.#turns.close();
  }

  /** Runs `unit` in a transaction of its own, which it is to end. */
  async #locked<R>(waitMs: number, unit: () => Promise<R>): Promise<R> {
    if (this.#inside.getStore()) throw new TypeError('A unit of work cannot run inside another');

    const until = performance.now() + waitMs;
    return this.#turns.take(until, async () => {
      await whenUnlocked(() => this.#begin(), until);
      return unit();
    });
  }

  /** Marks what `work` does as inside a unit: it is another's, and may try to begin one. */
  async #lend<R>(work: () => Promise<R>): Promise<R> {
    this.#lent++;
    try {
      return await this.#inside.run(true, work);
    } finally {
      this.#lent--;
      // While a storage is in use, Node 20 walks it at every promise of the process.
      if (this.#lent === 0) this.#inside.disable();
    }
  }

  #begin(): void {
    try {
      this.#file.assertInPlace();
      this.#connection.exec('BEGIN IMMEDIATE');
      if (this.#accounts.refresh()) assertKnownVersion(this.#connection);
    } catch (fault) {
      this.#accounts.forget();
      this.#connection.rollBack();
      throw isBusy(fault) ? fault : unavailable(fault);
    }
  }

  #write<R>(want: () => Want, decide: (books: Books) => Decision<R>): WholeDecision<R> {
    try {
      const decision = whole(decide(booksOf(this.#connection, this.#accounts, want())));
      for (const { before } of decision.changes.accounts) if (before) this.#assertIsAsRead(before);
      writeChanges(this.#connection, decision.changes);
      return decision;
    } catch (fault) {
      this.#connection.rollBack();
      throw beforeCommit(fault);
    }
  }

  /** @throws TypeError if the changes do not go on from what is there */
  #assertIsAsRead({ id, sequence }: Account): void {
    if (this.#accounts.find(id)?.sequence !== sequence) throw new TypeError(`Account ${id} has moved on`);
  }

  async #work<R>(work: (stores: Stores) => Promise<R>, seen: ParcelsSeen): Promise<R> {
    const scope = new Scope(this.#connection);
    try {
      const result = await work(storesOf(scope, seen));
      scope.assertSound();
      return result;
    } catch (fault) {
      this.#connection.rollBack();
      throw beforeCommit(fault);
    } finally {
      scope.end();
    }
  }

  #commit(): void {
    try {
      this.#connection.exec('COMMIT');
    } catch (fault) {
      this.#accounts.forget();
      this.#connection.rollBack();
      throw atCommit(fault);
    }
  }
}

function booksOf(connection: Connection, accounts: RememberedAccounts, want: Want): Books {
  return {
    account: (id) => accounts.find(id),
    transfer: (id) => findTransfer(connection, id),
    holdsOf: (accountId) => dueHoldsAndNext(connection, accountId, want.holdsDueBy),
    activeAccounts: (of) =>
      oldestActiveIds(connection, of, want.activeCount).flatMap((id) => accounts.find(id) ?? []),
    accountCount: (ownerId) => countAccounts(connection, ownerId),
    record: recordFinder(connection, want.keys),
    auditHead: () => findAuditHead(connection),
  };
}

function writeChanges(connection: Connection, changes: Changes): void {
  for (const { before, after } of changes.accounts) {
    if (before) updateAccount(connection, { before, after });
    else insertAccount(connection, after);
  }
  const { own, others } = partRecords(changes, ownRecord);
  for (const change of changes.transfers) {
    const { before, after } = change;
    if (before) updateTransfer(connection, { before, after });
    else insertTransfer(connection, after, own.get(after.id));
    listHold(connection, change);
    if (erasesText(change)) eraseFromParcels(connection, after.id);
  }
  const legs = new Map(changes.transfers.map(({ after }) => [after.id, after.legs]));
  for (const entry of changes.entries) insertEntry(connection, entry, legs.get(entry.transferId) ?? []);
  for (const record of others) insertRecord(connection, record);
  for (const parcel of parcelsOf(changes.messages)) {
    const { messagesDueAt: dueAt } = changes;
    const at = parcel.messages[0]?.at ?? 0;
    insertParcel(connection, parcel, dueAt === null ? { attempts: 0, dueAt: at } : { attempts: 1, dueAt });
  }
  for (const record of changes.audit) insertAuditRecord(connection, record);
}
