import type { Decision } from '../../domain/books/changes.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/books/idempotency.ts';
import type { Identifier, Prefetch } from '../../domain/books/prefetch.ts';
import type { Books } from '../../domain/books/working-books.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { PendingSums } from '../../domain/entities/counters.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import type { AuditHead, AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { Instant } from '../../domain/time.ts';
import type { Fault } from '../../domain/verification/faults.ts';
import type { OutboxReads, OutboxStore } from './outbox.ts';
import type { PageRequest } from './page-request.ts';
import type { PayeeReads, PayeeStore } from './payee-store.ts';
import type { SharedCounts } from './shared-counts.ts';
import type { ThrottleCounts } from './throttle-counts.ts';
import type { TransferPosition } from './transfer-position.ts';
import type {
  CredentialStore,
  SecurityEventStore,
  SessionReads,
  SessionStore,
  UserStore,
} from './user-store.ts';

/**
 * A store adapter. `Tx` is the transaction that it hands to a caller's own writes. `close` releases the resources that the adapter
 * opened; it is called last.
 */
export interface Store<Tx = unknown> {
  readonly unitOfWork: UnitOfWork<Tx>;
  readonly reads: LedgerReads & SessionReads & PayeeReads;
  readonly scan: LedgerScan;
  /** Absent in a store that cannot count its outbox. */
  readonly outbox?: OutboxReads;
  /** Present where several servers may use the store. */
  readonly sharedCounts?: SharedCounts;
  /** Present where several servers may use the store. */
  readonly throttleCounts?: ThrottleCounts;
  /** Rejects with `unavailable` unless the store can currently be read and written. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The only way to write. Units are serializable, across processes too. Starting a unit inside a unit throws a
 * TypeError.
 */
export interface UnitOfWork<Tx = unknown> {
  /**
   * Number of concurrent callers from which the store wants two units at a time, each with half of the callers. One
   * unit's callers are answered while the store works on the other. Undefined: one unit takes as many as fit. The value
   * may change between reads.
   */
  readonly pipelineThreshold?: number | undefined;

  /**
   * Runs a unit on the ledger: loads the prefetch, runs `decide` over it, and writes all changes in one transaction.
   * Resolves only after the commit is durable, both of the changes and of the state that was read.
   * Calls `want` once, when the store is ready to write, so commands queued meanwhile join the same transaction.
   * May run `decide` again over freshly loaded books, any number of times. Returns the result of the committed run.
   * Calls each `alongside` of the terms after each run, one after another, with the transaction and the run's result.
   * Commits its writes together with the changes. The transaction is unusable afterwards.
   * If `decide` or an `alongside` throws, nothing is written and the error is rethrown unchanged.
   * @throws PassbookError `unavailable` if `deadline` passes or the store fails, and nothing was written
   * @throws PassbookError `outcome_unknown` if the outcome of the commit is still unknown at `deadline`. Retry with the
   *   same key
   */
  transact<R>(
    want: () => UnitTerms<R, Tx>,
    decide: (books: Books) => Decision<R>,
    deadline: Instant,
  ): Promise<R>;

  /**
   * Throws a TypeError inside an asynchronous `alongside`: a command submitted there would wait for its own unit. Absent
   * if the store has none.
   */
  assertOutside?(): void;

  /**
   * Runs any other transaction. Commits when `work` returns; rolls back and rethrows when it throws.
   * May run `work` again, so `work` must have no side effects except through its stores. The stores are unusable after
   * `work` ends.
   * @throws PassbookError `unavailable`, `outcome_unknown`
   */
  run<R>(work: (stores: Stores) => Promise<R>): Promise<R>;
}

/** Everything that a unit loads, and the writes of its callers' own. */
export type UnitTerms<R, Tx = unknown> = Prefetch & {
  readonly alongside?: readonly ((transaction: Tx, result: R) => Promise<void> | void)[];
};

/** Stores bound to one transaction. Each sees the others' writes. */
export interface Stores {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly credentials: CredentialStore;
  readonly securityEvents: SecurityEventStore;
  readonly payees: PayeeStore;
  readonly outbox: OutboxStore;
  readonly mailHours: MailHourStore;
  readonly audit: AuditStore;
}

/** Mail hours: the mails sent to each recipient within the hour, and the notifications held back for a digest. */
export interface MailHourStore {
  /** Returns the mail hours that exist, in no particular order. */
  find(recipientIds: readonly string[]): Promise<readonly MailHour[]>;
  /** Inserts each mail hour, or replaces the recipient's existing one. */
  keep(hours: readonly MailHour[]): Promise<void>;
  /** Removes and returns up to `limit` mail hours that ended at or before `now`. */
  takeEnded(terms: { now: Instant; limit: number }): Promise<readonly MailHour[]>;
}

/**
 * The audit log, for actions that are not ledger commands. Two concurrent units never append after the same record.
 */
export interface AuditStore {
  /** Returns the end of the log; undefined while it is empty. */
  head(): Promise<AuditHead | undefined>;
  append(record: AuditRecord): Promise<void>;
}

/**
 * Reads outside a transaction. They return durably committed state, including everything answered before the call.
 * A store that has lost its primary may answer with all that this process answered, or heard of, before the loss.
 */
export interface LedgerReads {
  /** Whether a read of the last 30 seconds may lack what another process answered. Default: false. */
  readonly mayBeBehind?: boolean;
  account(id: string): Promise<Account | undefined>;
  /** Returns the owner's accounts with ids above `after`, by id ascending, which is the order of opening. */
  accountsOf(ownerId: string, page: PageRequest): Promise<readonly Account[]>;
  transfer(id: string): Promise<Transfer | undefined>;
  /**
   * Returns the ids of the accounts and transfers that have these identifiers, by `identifierText`, in one round trip.
   * Leaves out those that nothing has.
   */
  identify(identifiers: readonly Identifier[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Returns the transfers that the user initiated and that have no entry in any account of theirs
   * (`Transfer.unbookedFor`). Newest first by `TransferPosition`; only those older than `before`.
   */
  unbookedOf(
    userId: string,
    page: { before: TransferPosition | null; limit: number },
  ): Promise<readonly Transfer[]>;
  /** Returns entries with sequences above `after`, by sequence ascending. */
  entriesOf(
    accountId: string,
    page: { after: number | null; limit: number },
  ): Promise<readonly LedgerEntry[]>;
  /** Same as `entriesOf`, each with its transfer. Entry and transfer are read as of one moment. */
  linesOf(accountId: string, page: { after: number | null; limit: number }): Promise<readonly BookLine[]>;
  /** Returns the entries that exist at these sequences, by sequence ascending, in one round trip. */
  entriesAt(accountId: string, sequences: readonly number[]): Promise<readonly LedgerEntry[]>;
  /**
   * Returns the lines whose transfer also has a leg on the counterparty account. By sequence descending; only sequences
   * below `before`.
   */
  linesBetween(
    accountId: string,
    counterpartyAccountId: string,
    page: { before: number | null; limit: number },
  ): Promise<readonly BookLine[]>;
  record(key: IdempotencyKey): Promise<IdempotencyRecord | undefined>;
  /** Sums all pending holds on the account that expire at or before `until`, using an index. */
  dueOn(accountId: string, until: Instant): Promise<PendingSums>;
  /** Returns the pending holds with a leg on the account, by expiry and then by id; only those after `after`. */
  pendingHolds(
    accountId: string,
    page: { after: HoldPlace | null; limit: number },
  ): Promise<readonly BookedHold[]>;
  /**
   * Returns the holds with a leg on the account, in any status. Newest first by `TransferPosition`; only those older
   * than `before`. Uses an index, so other entries of the book cost nothing.
   */
  holdsPlaced(
    accountId: string,
    page: { before: TransferPosition; limit: number },
  ): Promise<readonly BookedHold[]>;
  /** Returns ids of accounts whose `nextExpiryAt` is at or before `until`, longest overdue first. */
  accountsWithDueHolds(until: Instant, limit: number): Promise<readonly string[]>;
  /** Returns audit records with sequences above `after`, by sequence ascending. */
  audit(page: { after: number | null; limit: number }): Promise<readonly AuditRecord[]>;
}

/** Full scans of the books, for verification. They return durably committed state, like `LedgerReads`. */
export interface LedgerScan {
  /** Returns accounts with ids above `after`, by id ascending in code-unit order. */
  accountsPage(page: PageRequest): Promise<readonly Account[]>;
  /** Returns transfers with ids above `after`, by id ascending. */
  transfersPage(page: PageRequest): Promise<readonly TransferWithEntries[]>;
  /** Returns the transfers that exist, in no particular order. */
  transfersById(ids: readonly string[]): Promise<readonly TransferWithEntries[]>;
  /** Returns records by key text (`keyText`) ascending; only those above `after`, also a key text. */
  recordsPage(page: PageRequest): Promise<readonly IdempotencyRecord[]>;
  /**
   * Compares the store's derived data (listings, copies, digests) with the entities that it derives from. Yields the
   * differences in chunks, each read as of one moment. A chunk may be empty.
   */
  differences(): AsyncIterable<readonly Fault[]>;
  /**
   * Passes `read` a snapshot of the books. The snapshot stays consistent while others write, blocks no writer, and is
   * unusable after `read` ends.
   */
  atOnce<R>(read: (books: BooksAtOnce) => Promise<R>): Promise<R>;
}

/** A transfer with all its entries in no particular order, read as of one moment. */
export type TransferWithEntries = { readonly transfer: Transfer; readonly entries: readonly LedgerEntry[] };

export interface BooksAtOnce {
  /** Undefined while the audit log is empty. */
  readonly auditHead: AuditHead | undefined;
  /** Yields all accounts by id ascending, in chunks. */
  accounts(): AsyncIterable<readonly Account[]>;
}

/** An entry of an account's book, with the current state of its transfer. */
export type BookLine = { readonly entry: LedgerEntry; readonly transfer: Transfer };

/** A hold in one account's book, with the sequences of its entries there, read as of one moment. */
export type BookedHold = {
  readonly transfer: Transfer;
  readonly placed: number;
  /** Null while it is pending. */
  readonly ended: number | null;
};

/** Position of a hold among the pending ones: by expiry, then by id. */
export type HoldPlace = { readonly expiresAt: Instant; readonly id: string };
