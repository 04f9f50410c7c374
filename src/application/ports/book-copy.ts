import type { IdempotencyRecord } from '../../domain/books/idempotency.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { Credential } from '../../domain/entities/credential.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import type { MailHour } from '../../domain/entities/mail-hour.ts';
import type { SecurityEvent } from '../../domain/entities/security-event.ts';
import type { Session } from '../../domain/entities/session.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import type { AuditRecord } from '../../domain/integrity/audit-log.ts';
import type { Payee } from '../../domain/payees/payee.ts';
import type { Instant } from '../../domain/time.ts';
import type { LedgerReads, LedgerScan } from './ledger-store.ts';
import type { PageRequest } from './page-request.ts';
import type { UserWithPassword } from './user-store.ts';

/** Everything that a store keeps, in forms that no store owns. Lists and indexes derive from it. */
export type BookRows = {
  readonly users: UserWithPassword;
  readonly credentials: Credential;
  readonly sessions: Session;
  readonly payees: Payee;
  readonly securityEvents: SecurityEvent;
  readonly mailHours: MailHour;
  readonly parcels: CopiedParcel;
  readonly accounts: Account;
  readonly transfers: CopiedTransfer;
  /** Idempotency records of commands that made no single transfer. */
  readonly records: IdempotencyRecord;
  readonly audit: AuditRecord;
};

export type RowKind = keyof BookRows;

/** All kinds, in the order of writing: an entry needs its account. */
export const ROW_KINDS = [
  'users',
  'credentials',
  'sessions',
  'payees',
  'securityEvents',
  'mailHours',
  'parcels',
  'accounts',
  'transfers',
  'records',
  'audit',
] as const satisfies readonly RowKind[];

/** A transfer with its entries and the idempotency record of its own command, as the texts that stores keep. */
export type CopiedTransfer = {
  readonly transfer: Transfer;
  readonly entries: readonly LedgerEntry[];
  readonly record: OwnRecord | null;
};

export type OwnRecord = {
  readonly key: string;
  readonly request: string;
  readonly balances: string;
  readonly at: Instant;
};

/** A batch of the outbox that is not sent. The messages are the text that stores keep. */
export type CopiedParcel = {
  readonly id: string;
  readonly messages: string;
  readonly attempts: number;
  /** Null once it was given up. */
  readonly dueAt: Instant | null;
  readonly givenUpAt: Instant | null;
  readonly reason: string | null;
};

/** A whole store that a copy reads. Its rows do not change meanwhile, unless the caller allowed it. */
export interface CopySource {
  /** The books, for verification. */
  readonly reads: LedgerReads;
  readonly scan: LedgerScan;
  /**
   * Returns rows with ids (`rowId`) above `after`, in ascending order. A page may be shorter than `limit`, as some rows
   * are large; only an empty one is the end.
   */
  rows<K extends RowKind>(kind: K, page: PageRequest): Promise<readonly BookRows[K][]>;
  /** Returns about how many rows there are, for a progress report. */
  count(kind: RowKind): Promise<number>;
  close(): Promise<void>;
}

/** The state of an unfinished copy. The target stores it in the transaction of each page. */
export type CopyProgress = {
  /** Digest of the source at the beginning. */
  readonly source: string;
  /** The kind that is being written. */
  readonly kind: RowKind;
  /** Id of the last written row of that kind. */
  readonly after: string | null;
  /** Rows written so far, by kind. */
  readonly counts: Readonly<Partial<Record<RowKind, number>>>;
};

/** A store that a copy writes. No other program opens it until the copy has finished. */
export interface CopyTarget extends CopySource {
  /** Whether it holds nothing, an unfinished copy, or books. */
  state(): Promise<'empty' | 'books' | CopyProgress>;
  /**
   * Marks the empty store as an unfinished copy, which no program opens.
   * @throws CopyFault `target_not_empty`, `target_in_use`
   */
  begin(progress: CopyProgress): Promise<void>;
  /**
   * Writes a page and the progress after it in one transaction.
   * @throws CopyFault `target_in_use` if the stored progress is not `before`: another copy writes too
   */
  write<K extends RowKind>(
    kind: K,
    rows: readonly BookRows[K][],
    progress: { readonly before: CopyProgress; readonly after: CopyProgress },
  ): Promise<void>;
  /** Writes everything that derives from the rows. May be repeated. */
  derive(): Promise<void>;
  /** Removes the mark. */
  finish(): Promise<void>;
}

export type CopyFaultCode =
  | 'source_faulty'
  | 'source_in_use'
  | 'source_changed'
  | 'target_in_use'
  | 'target_not_empty'
  | 'copy_differs'
  | 'copy_faulty';

/** The reason why books were not copied. */
export class CopyFault extends Error {
  override readonly name = 'CopyFault';
  readonly code: CopyFaultCode;

  constructor(code: CopyFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}
