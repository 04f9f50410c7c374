import type { Prefetch } from '../../domain/books/prefetch.ts';
import type { IdempotencyKey, IdempotencyRecord } from '../../domain/books/idempotency.ts';
import type { Books } from '../../domain/books/working-books.ts';
import type { Decision } from '../../domain/books/changes.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { PendingSums } from '../../domain/entities/counters.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import type { AuditHead, AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { Instant } from '../../domain/time.ts';
import type { Fault } from '../../domain/verification/faults.ts';
import type { OutboxStore } from './outbox.ts';
import type { TransferPosition } from './transfer-position.ts';
import type { SessionReads, SessionStore, UserStore } from './user-store.ts';

/** What an adapter offers to be the bank's memory. `close` ends what it opened; it is called once, last. */
export interface Store {
  readonly unitOfWork: UnitOfWork;
  readonly reads: LedgerReads & SessionReads;
  readonly scan: LedgerScan;
  /** Rejects with `unavailable` unless the store can be read and written now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The only way to write. Isolation: the outcome of units that run at once is that of some order of them, whatever
 * process they run in. A unit inside a unit is a TypeError.
 */
export interface UnitOfWork {
  /**
   * From how many callers on half of them make a unit large enough for the store. Then two units are brought to it at a
   * time: those of one can be answered while it works on the other, which it begins as early as it can. Undefined where
   * as many as can should go into one; it may differ from time to time.
   */
  readonly pipelineThreshold?: number | undefined;

  /**
   * The ledger's door. Loads what is wanted, runs `decide` over it, writes all the changes in one transaction, and
   * gives the result only after the commit is durable: of what was written, and of what was read.
   * `want` is asked once, when nothing is left to wait for: what came while another process had the ledger is in it.
   * `decide` may be run again, over books read anew, as often as it takes; only the committed run's result is given.
   * What `decide` throws comes out as it is, and nothing is written.
   * @throws PassbookError `unavailable` if `deadline` passes or the store fails, and nothing was written
   * @throws PassbookError `outcome_unknown` if it cannot be told by `deadline` whether it was written; the same
   *   command with the same key tells
   */
  transact<R>(want: () => Prefetch, decide: (books: Books) => Decision<R>, deadline: Instant): Promise<R>;

  /**
   * The door for everything else. Commits what `work` returns from, rolls back what it throws from, and rethrows it.
   * May run `work` again, so it has no effect but through its stores; they serve inside `work` alone.
   * @throws PassbookError `unavailable`, `outcome_unknown`
   */
  run<R>(work: (stores: Stores) => Promise<R>): Promise<R>;
}

/** Stores bound to one transaction: each sees what the others wrote in it. */
export interface Stores {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly outbox: OutboxStore;
  readonly mailHours: MailHourStore;
  readonly audit: AuditStore;
}

/** How many mails each recipient was sent in their hour, and what was gathered beyond. */
export interface MailHourStore {
  /** Those that exist, in no order. */
  find(recipientIds: readonly string[]): Promise<readonly MailHour[]>;
  /** Each new, or in place of the recipient's own. */
  keep(hours: readonly MailHour[]): Promise<void>;
  /** Up to `limit` that ended at or before `now`; they are then no longer there. */
  takeEnded(terms: { now: Instant; limit: number }): Promise<readonly MailHour[]>;
}

/** The audit log, for what people do that is no command of the ledger. Two units never append after one record. */
export interface AuditStore {
  /** Undefined while the log is empty. */
  head(): Promise<AuditHead | undefined>;
  append(record: AuditRecord): Promise<void>;
}

/** Reads that need no transaction. They give what is durably committed, and whatever was answered before. */
export interface LedgerReads {
  account(id: string): Promise<Account | undefined>;
  /** By id ascending, which is the order of opening; only ids above `after`. */
  accountsOf(ownerId: string, page: PageRequest): Promise<readonly Account[]>;
  transfer(id: string): Promise<Transfer | undefined>;
  /**
   * The transfers that the user began and no account of theirs has an entry of (`Transfer.unbookedFor`), in the order
   * of `TransferPlace`, the newest first; only those that stand before `before`.
   */
  unbookedOf(
    userId: string,
    page: { before: TransferPosition | null; limit: number },
  ): Promise<readonly Transfer[]>;
  /** By sequence ascending; only sequences above `after`. */
  entriesOf(
    accountId: string,
    page: { after: number | null; limit: number },
  ): Promise<readonly LedgerEntry[]>;
  /** As `entriesOf`, each with its transfer: both as of one moment. */
  linesOf(accountId: string, page: { after: number | null; limit: number }): Promise<readonly BookLine[]>;
  /** The entries at these sequences, those that exist, by sequence ascending. One round trip, however many. */
  entriesAt(accountId: string, sequences: readonly number[]): Promise<readonly LedgerEntry[]>;
  /** By sequence descending, only those below `before`: the lines whose transfer has a leg of the other account too. */
  linesBetween(
    accountId: string,
    counterpartyAccountId: string,
    page: { before: number | null; limit: number },
  ): Promise<readonly BookLine[]>;
  record(key: IdempotencyKey): Promise<IdempotencyRecord | undefined>;
  /** The sums of all pending holds on the account that expire at or before `until`: from an index, however many. */
  dueOn(accountId: string, until: Instant): Promise<PendingSums>;
  /** The pending holds with a leg on the account, by expiry and then by id; only those after `after`. */
  pendingHolds(
    accountId: string,
    page: { after: HoldPlace | null; limit: number },
  ): Promise<readonly BookedHold[]>;
  /**
   * All holds with a leg on the account, whatever became of them, in the order of `TransferPlace`, the newest first;
   * only those that stand before `before`. Found by an index: other entries of the book cost nothing.
   */
  holdsPlaced(
    accountId: string,
    page: { before: TransferPosition; limit: number },
  ): Promise<readonly BookedHold[]>;
  /** Ids of accounts whose `nextExpiryAt` is at or before `until`, those due longest first. */
  accountsWithDueHolds(until: Instant, limit: number): Promise<readonly string[]>;
  /** By sequence ascending; only sequences above `after`. */
  audit(page: { after: number | null; limit: number }): Promise<readonly AuditRecord[]>;
}

/** Reads of all there is, for whoever recomputes it. They give what is durably committed, as `LedgerReads` do. */
export interface LedgerScan {
  /** By id ascending, in the order of their code units; only ids above `after`. */
  accountsPage(page: PageRequest): Promise<readonly Account[]>;
  /** By id ascending; only ids above `after`. */
  transfersPage(page: PageRequest): Promise<readonly TransferWithEntries[]>;
  /** Those that exist, in no order. */
  transfersById(ids: readonly string[]): Promise<readonly TransferWithEntries[]>;
  /** By the text of their key ascending; only those above `after`, which is one. */
  recordsPage(page: PageRequest): Promise<readonly IdempotencyRecord[]>;
  /**
   * Compares what the store keeps beside the entities, such as lists to find them by, copies and digests, with what it
   * is made of. Gives the differences in portions, each of one moment and some of them empty.
   */
  differences(): AsyncIterable<readonly Fault[]>;
  /**
   * Gives `read` the books as they were at one moment, however long it takes and whatever is written meanwhile. They
   * serve inside `read` alone, and nobody waits for it.
   */
  atOnce<R>(read: (books: BooksAtOnce) => Promise<R>): Promise<R>;
}

/** A transfer with all its entries, in no order: both as of one moment. */
export type TransferWithEntries = { readonly transfer: Transfer; readonly entries: readonly LedgerEntry[] };

export interface BooksAtOnce {
  /** Undefined while the audit log is empty. */
  readonly auditHead: AuditHead | undefined;
  /** All, by id ascending, in portions. */
  accounts(): AsyncIterable<readonly Account[]>;
}

/** A line of an account's book, with its transfer as it stands today. */
export type BookLine = { readonly entry: LedgerEntry; readonly transfer: Transfer };

/** A hold in one account's book, as of one moment: the sequences of its entries there. */
export type BookedHold = {
  readonly transfer: Transfer;
  readonly placed: number;
  /** Null while it is pending. */
  readonly ended: number | null;
};

/** Where a hold stands among those that are pending: by its expiry, and at one instant by its id. */
export type HoldPlace = { readonly expiresAt: Instant; readonly id: string };

/** `limit` is 1 or more; `after` is the last id of the page before, or null for the first page. */
export type PageRequest = { readonly after: string | null; readonly limit: number };

/** A fault of the mail server or of the way to it: every mail would fail now, whatever is in it. */
export class MailServerFault extends Error {
  override readonly name = 'MailServerFault';
  /** Whether this one mail may have caused it, as where the connection broke off in the middle of the mail. */
  readonly isPerhapsOfMail: boolean;
  /** The server's answer, such as 535; null where it gave none. */
  readonly responseCode: number | null;

  constructor(
    message: string,
    facts: { cause: unknown; isPerhapsOfMail: boolean; responseCode: number | null },
  ) {
    super(message, { cause: facts.cause });
    this.isPerhapsOfMail = facts.isPerhapsOfMail;
    this.responseCode = facts.responseCode;
  }
}
