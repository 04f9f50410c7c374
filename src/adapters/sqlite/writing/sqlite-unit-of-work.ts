import { ReentrancyGuard } from '../../shared/reentrancy-guard.ts';
import { decideInTurns } from '../../shared/decide-in-turns.ts';
import { nextTurn, wholeTurn } from '../../../application/event-loop.ts';
import { ClaimedBatches } from '../../shared/outbox-batch.ts';
import type { OutboxBatch } from '../../shared/outbox-batch.ts';
import type { Stores, UnitOfWork, UnitTerms } from '../../../application/ports/ledger-store.ts';
import type { Clock } from '../../../application/ports/runtime.ts';
import type { Books } from '../../../domain/books/working-books.ts';
import type { Changes, Decision } from '../../../domain/books/changes.ts';
import type { Prefetch } from '../../../domain/books/prefetch.ts';
import { PassbookError } from '../../../domain/errors.ts';
import type { Instant } from '../../../domain/time.ts';
import { countAccounts, findByIdentifier, oldestActiveIds } from '../tables/accounts.ts';
import { findAuditHead } from '../tables/audit-log.ts';
import { newestEntryIn } from './clock-guard.ts';
import type { SqliteClockGuard } from './clock-guard.ts';
import { isMarkedBackup, unmarkBackup } from '../backup/backup-mark.ts';
import type { Connection } from '../connection/connection.ts';
import type { DatabaseFile } from '../connection/database-file.ts';
import { beforeCommit, isBusy, sqliteFault } from '../connection/faults.ts';
import { recordFinder } from '../tables/idempotency-records.ts';
import type { LazyThread } from './lazy-thread.ts';
import { assertKnownVersion } from '../schema/migrations.ts';
import { SqliteAccountCache } from './remembered-accounts.ts';
import { Scope, sqliteStores } from '../sqlite-stores.ts';
import { selectDueSums, findTransfer, firstHolds } from '../tables/transfers.ts';
import { runOwnWrite } from './own-writes.ts';
import type { SqliteTransaction } from './own-writes.ts';
import { SqliteUnitWriter } from './unit-writer.ts';
import { SerialQueue, whenUnlocked } from './waiting.ts';
import { OtherWriters, LocalWriter } from './writing-connection.ts';
import type { WritingConnection } from './writing-connection.ts';

/** About the size of some transfers' changes. Units fail on a disk with less free space. */
const PROBE_BYTES = 65_536;
const PROBED_FOR_MS = 1000;

/**
 * Runs units one after another: within this process by a queue, between processes by SQLite's write lock. Under load a
 * separate thread writes the units of the ledger: the first part while the next is decided, and all of it while this
 * thread serves requests.
 */
export class SqliteUnitOfWork implements UnitOfWork<SqliteTransaction> {
  readonly pipelineThreshold = 256;
  readonly #connection: Connection;
  readonly #file: DatabaseFile;
  readonly #clock: Clock;
  readonly #lockTimeoutMs: number;
  readonly #clockGuard: SqliteClockGuard;
  readonly #accounts: SqliteAccountCache;
  readonly #here: LocalWriter;
  readonly #thread: LazyThread;
  readonly #onCheckpoint: (durationMs: number) => void;
  readonly #others = new OtherWriters();
  readonly #guard = new ReentrancyGuard();
  readonly #queue = new SerialQueue();
  readonly #parcelsSeen = ClaimedBatches.none();
  /** Time of the last successful probe, if no error followed. */
  #probedAt = -Infinity;
  #probing: Promise<void> | undefined;

  constructor(ports: {
    connection: Connection;
    file: DatabaseFile;
    clock: Clock;
    clockGuard: SqliteClockGuard;
    lockTimeoutMs: number;
    thread: LazyThread;
    onCheckpoint: (durationMs: number) => void;
  }) {
    this.#connection = ports.connection;
    this.#file = ports.file;
    this.#clock = ports.clock;
    this.#clockGuard = ports.clockGuard;
    this.#lockTimeoutMs = ports.lockTimeoutMs;
    this.#accounts = new SqliteAccountCache(ports.connection);
    this.#here = new LocalWriter(ports.connection);
    this.#thread = ports.thread;
    this.#onCheckpoint = ports.onCheckpoint;
  }

  /** Reads records on demand: the decision runs under the write lock, where no read waits. */
  async transact<R>(
    want: () => UnitTerms<R, SqliteTransaction>,
    decide: (books: Books) => Decision<R>,
    deadline: Instant,
  ): Promise<R> {
    let isHere = true;
    const committed = await this.#locked(
      deadline - this.#clock.now(),
      async (chosen, until) => {
        const { writing, result, parts, newest, parcels } = await this.#write(chosen, {
          want,
          decide,
          until,
        });
        isHere = writing === this.#here;
        await this.#commit(writing);
        for (const part of parts) this.#accounts.committed(part);
        this.#clockGuard.committed(newest);
        for (const parcel of parcels) this.#parcelsSeen.saw(parcel);
        const sizes = parts.map(({ records, transfers }) => Math.max(records.length, transfers.length));
        this.#thread.expect(sizes.reduce((sum, size) => sum + size, 0));
        return result;
      },
      () => this.#thread.ready ?? this.#here,
    );
    // The commit blocked the event loop. Now timers run, new commands join the next unit, and other processes get the
    // lock.
    if (isHere) await nextTurn();
    return committed;
  }

  run<R>(work: (stores: Stores) => Promise<R>): Promise<R> {
    return this.#locked(this.#lockTimeoutMs, async (writing) => {
      const seen = this.#parcelsSeen.forUnit();
      const result = await this.#guard.run(() => this.#work(work, seen));
      await this.#commit(writing);
      seen.keep();
      return result;
    });
  }

  /** Rejects unless a unit of the ledger could run now. Tries a write if the last successful one is too old. */
  async check(): Promise<void> {
    await this.#locked(this.#lockTimeoutMs, async (writing) => {
      await writing.rollBack();
      this.#clockGuard.check();
    });
    if (performance.now() - this.#probedAt < PROBED_FOR_MS) return;

    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    await this.#probing;
  }

  /** Writes and removes as much as a unit of some transfers writes. */
  async #probe(): Promise<void> {
    try {
      await this.#commitOf([
        'DELETE FROM write_probe',
        `INSERT INTO write_probe VALUES (zeroblob(${PROBE_BYTES}))`,
      ]);
      await this.#commitOf(['DELETE FROM write_probe']);
    } catch (fault) {
      // Nobody waits for the outcome of a probe: its fault is the store's
      throw isUnknown(fault) ? sqliteFault(fault.cause) : fault;
    }
    this.#probedAt = performance.now();
  }

  /** Accepts no more units, and waits for the queued ones. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#thread.close();
  }

  /** Runs `unit` in a transaction, which it must end. `choose` selects the writer once the queue reaches the unit. */
  async #locked<R>(
    waitMs: number,
    unit: (writing: WritingConnection, until: number) => Promise<R>,
    choose: () => WritingConnection = () => this.#here,
  ): Promise<R> {
    this.#guard.assertOutside();

    const until = performance.now() + waitMs;
    return this.#queue.take(until, async () => {
      const writing = choose();
      try {
        await whenUnlocked(() => this.#begin(writing), until);
        return await unit(writing, until);
      } catch (fault) {
        this.#probedAt = -Infinity;
        throw fault;
      }
    });
  }

  #commitOf(statements: readonly string[]): Promise<void> {
    return this.#locked(this.#lockTimeoutMs, async (writing) => {
      try {
        for (const sql of statements) writing.run(sql);
      } catch (fault) {
        await writing.rollBack();
        throw beforeCommit(fault);
      }
      await this.#commit(writing);
    });
  }

  async #begin(writing: WritingConnection): Promise<void> {
    try {
      this.#file.assertInPlace();
      await writing.begin();
      if (await this.#others.haveWritten(writing)) {
        this.#accounts.forget();
        this.#clockGuard.read();
        assertKnownVersion(this.#connection);
        await this.#unmarkBackup(writing);
      }
    } catch (fault) {
      this.#others.forget();
      await writing.rollBack();
      throw isBusy(fault) ? fault : sqliteFault(fault);
    }
  }

  /** Moves the unit to this thread's connection, before it writes: a caller's own writes run there. */
  async #moveHere(chosen: WritingConnection, until: number): Promise<WritingConnection> {
    if (chosen === this.#here) return chosen;
    await chosen.rollBack();
    await whenUnlocked(() => this.#begin(this.#here), until);
    this.#clockGuard.check();
    return this.#here;
  }

  /** Removes the mark before the first write to a restored backup. */
  async #unmarkBackup(writing: WritingConnection): Promise<void> {
    if (!isMarkedBackup(this.#connection)) return;
    await writing.rollBack();
    unmarkBackup(this.#connection);
    await writing.begin();
  }

  async #write<R>(chosen: WritingConnection, { want, decide, until }: Terms<R>): Promise<Unit<R>> {
    let writing = chosen;
    try {
      this.#clockGuard.check();
      const { alongside = [], ...prefetch } = want();
      if (alongside.length > 0) writing = await this.#moveHere(chosen, until);
      const unit = new SqliteUnitWriter(writing, this.#accounts);
      const books = booksOf(this.#connection, this.#accounts, prefetch);
      const result =
        writing === this.#here
          ? await writeAfter(unit, decide(books))
          : await writeBeside(unit, decide(books));
      if (unit.parts.length > 1) await wholeTurn();
      unit.finish(this.#connection);
      const newest = newestEntryIn(unit.parts);
      this.#clockGuard.write(writing, newest);
      for (const write of alongside) runOwnWrite(this.#connection, write, result);
      return { writing, result, parts: unit.parts, newest, parcels: unit.claimed };
    } catch (fault) {
      // The caller's own statements may have ended the transaction
      this.#others.forget();
      await writing.rollBack();
      throw beforeCommit(fault);
    }
  }

  async #work<R>(work: (stores: Stores) => Promise<R>, seen: ClaimedBatches): Promise<R> {
    const scope = new Scope(this.#connection);
    try {
      const result = await work(sqliteStores(scope, seen));
      scope.assertSound();
      return result;
    } catch (fault) {
      this.#connection.rollBack();
      throw beforeCommit(fault);
    } finally {
      scope.end();
    }
  }

  async #commit(writing: WritingConnection): Promise<void> {
    try {
      const checkpointMs = await writing.commit();
      this.#others.wroteBy(writing);
      if (checkpointMs !== null) this.#onCheckpoint(checkpointMs);
    } catch (fault) {
      this.#others.forget();
      await writing.rollBack();
      throw fault;
    }
  }
}

function isUnknown(fault: unknown): fault is PassbookError {
  return fault instanceof PassbookError && fault.code === 'outcome_unknown';
}

type Terms<R> = {
  readonly want: () => UnitTerms<R, SqliteTransaction>;
  readonly decide: (books: Books) => Decision<R>;
  readonly until: number;
};

/** A unit that is written and not committed. */
type Unit<R> = {
  readonly writing: WritingConnection;
  readonly result: R;
  readonly parts: readonly Changes[];
  readonly newest: Instant;
  readonly parcels: readonly OutboxBatch[];
};

/**
 * Decides everything before it writes: on this thread's connection, the books would read the changes as earlier state.
 */
async function writeAfter<R>(unit: SqliteUnitWriter, decision: Decision<R>): Promise<R> {
  const { result, parts } = await decideInTurns(decision);
  for (const changes of parts) {
    // The first of them too: the last part was just decided
    if (parts.length > 1) await wholeTurn();
    unit.write(changes);
  }
  return result;
}

/** Decides the next part while the writing thread writes the last one. */
async function writeBeside<R>(unit: SqliteUnitWriter, decision: Decision<R>): Promise<R> {
  let part = decision;
  for (; 'next' in part; part = part.next()) {
    unit.write(part.changes);
    await wholeTurn();
  }
  unit.write(part.changes);
  return part.result;
}

function booksOf(connection: Connection, accounts: SqliteAccountCache, want: Prefetch): Books {
  return {
    account: (id) => accounts.find(id),
    transfer: (id) => findTransfer(connection, id),
    dueKnownBy: want.holdsDueBy,
    dueOn: (accountId, until) => selectDueSums(connection, accountId, until),
    firstHolds: (accountId, limit) => firstHolds(connection, accountId, limit),
    activeAccounts: (of) =>
      oldestActiveIds(connection, of, want.activeCount).flatMap((id) => accounts.find(id) ?? []),
    accountCount: (ownerId) => countAccounts(connection, ownerId),
    isTaken: (identifier) => findByIdentifier(connection, identifier) !== undefined,
    record: recordFinder(connection, want.keys),
    auditHead: () => findAuditHead(connection),
  };
}
