import { sha256OfHex, systemClock, systemIds } from './adapters/system.ts';
import { sha256 } from './adapters/shared/sha256.ts';
import { DEFAULT_PREFIX } from './domain/entities/account-number.ts';
import { assembleLedger } from './application/ledger.ts';
import type { Ledger, LedgerPorts } from './application/ledger.ts';

/** The store, and any of the ledger's other ports in place of their defaults. */
export type LedgerOptions<Tx = unknown> = Pick<LedgerPorts<Tx>, 'store'> &
  Partial<Omit<LedgerPorts, 'store'>>;

/**
 * Creates a ledger over a store. Defaults: the machine's clock, version 7 UUIDs, SHA-256, euros, numbers of accounts that begin with `PB`, no limit on accounts
 * per owner, no mails and no checkpoints.
 * @example
 * const ledger = createLedger({ store: await openSqliteStore({ path: 'bank.db' }) });
 * @throws TypeError without a store, for a default currency that ISO 4217 does not list, or for a malformed prefix
 */
export function createLedger<Tx>(options: LedgerOptions<Tx>): Ledger<Tx> {
  return assembleLedger({
    clock: systemClock,
    ids: systemIds,
    digest: sha256,
    hexDigest: sha256OfHex,
    checkpoints: null,
    defaultCurrency: 'EUR',
    accountPrefix: DEFAULT_PREFIX,
    accountsPerOwner: null,
    notify: false,
    ...options,
  });
}

// Commands and their answers
export type { Ledger, LedgerPorts } from './application/ledger.ts';
export type {
  AccountMetadataRequest,
  AccountResult,
  CloseRequest,
  FreezeRequest,
  LimitsRequest,
  RenameRequest,
  UnfreezeRequest,
} from './application/accounts/administer-account.ts';
export type { OpenAccountRequest, OpenAccountResult } from './application/accounts/open-account.ts';
export type {
  DryRunBatchResult,
  DryRunRefused,
  DryRunTransferResult,
  DryRunTransferView,
  WithDryRun,
} from './application/dry-run.ts';
export type { SubmitOptions, WriterLimits } from './application/group-commit.ts';
export type { CaptureRequest, ReversalRequest, VoidRequest } from './application/transfers/end-hold.ts';
export type { ErasureRequest } from './application/transfers/erase-text.ts';
export type { ExchangeRequest } from './application/transfers/exchange-funds.ts';
export type { InitialFundsRequest, WithdrawalRequest } from './application/transfers/fund-account.ts';
export type { BatchRequest } from './application/transfers/submit-batch.ts';
export type { TransferRequest } from './application/transfers/transfer-funds.ts';
export type { LegRequest, TransferRequestFields } from './application/transfers/transfer-request.ts';
export type { AccountView, BatchResult, Refused, TransferResult, TransferView } from './application/views.ts';
export type { Actor, SystemActor, Viewer } from './domain/actor.ts';
export { errorCatalogue, PassbookError } from './domain/errors.ts';
export type { ErrorCode, FieldError, RefusalCode, Retry } from './domain/errors.ts';

// Reads, statements and proofs
export type { BalanceView } from './application/accounts/get-account.ts';
export type { ListRequest, Page } from './application/page.ts';
export type { StatementExportRequest, StatementProofReading } from './application/proofs/export-statement.ts';
export type { Verification, VerifyRequest } from './application/proofs/verify-books.ts';
export type { Statement, StatementLine, StatementRequest } from './application/reporting/get-statement.ts';
export type { MonthlyStatement, StatementsRequest } from './application/reporting/list-statements.ts';
export type { TrialBalanceView } from './application/reporting/get-trial-balance.ts';
export type { HistoryFilter, HistoryRequest } from './application/reporting/history-filter.ts';
export type { EntryView } from './application/reporting/list-entries.ts';
export type { BatchOperation, KeyedOperation, KeyView } from './application/transfers/get-transfer.ts';
export type { StatementProof } from './domain/integrity/statement-proof.ts';
export type { Instant } from './domain/time.ts';

// Ports, and the types that a store of your own needs
export type { HoldSweeper, SweeperOptions } from './application/jobs/hold-sweeper.ts';
export type {
  CheckpointArchive,
  CheckpointPorts,
  CheckpointSigner,
  CheckpointView,
} from './application/ports/checkpoints.ts';
export type {
  AnsweredCommand,
  CommandOutcome,
  CommitObserver,
  CommittedUnit,
} from './application/ports/commit-observer.ts';
export type {
  AuditStore,
  BookedHold,
  BookLine,
  BooksAtOnce,
  HoldPlace,
  LedgerReads,
  LedgerScan,
  MailHourStore,
  Store,
  Stores,
  TransferWithEntries,
  UnitOfWork,
  UnitTerms,
} from './application/ports/ledger-store.ts';
export type {
  ClaimedMessage,
  DirectDelivery,
  OutboxReads,
  OutboxStore,
  UnsentMessage,
  UnsentState,
} from './application/ports/outbox.ts';
export type { Clock, IdGenerator, Logger } from './application/ports/runtime.ts';
export type { TransferPosition } from './application/ports/transfer-position.ts';
export type { SharedCounts } from './application/ports/shared-counts.ts';
export type { PageRequest } from './application/ports/page-request.ts';
export type { AccountOfPayee, PayeeReads, PayeeStore } from './application/ports/payee-store.ts';
export type {
  CredentialStore,
  SecurityEventStore,
  SessionReads,
  SessionStore,
  UserStore,
  UserWithPassword,
} from './application/ports/user-store.ts';
export type { Change, Changes, Decision, WholeDecision } from './domain/books/changes.ts';
export { keyText } from './domain/books/idempotency.ts';
export type {
  IdempotencyKey,
  IdempotencyRecord,
  NormalisedRequest,
  Operation,
} from './domain/books/idempotency.ts';
export type { Answer, Decided, Outcome, Refusal, TransferOutcome } from './domain/books/outcome.ts';
export { identifierText, identifiersOfAccount, identifiersOfTransfer } from './domain/books/prefetch.ts';
export type { Identifier, OwnerAndCurrency, Prefetch } from './domain/books/prefetch.ts';
export { pendingOf } from './domain/books/working-books.ts';
export type { Books } from './domain/books/working-books.ts';
export { Account } from './domain/entities/account.ts';
export { formatAccountNumber, isAccountNumber } from './domain/entities/account-number.ts';
export type { AccountClass, AccountState, AccountStatus, SystemPurpose } from './domain/entities/account.ts';
export type { Counters, Direction, EntryStep, PendingSums } from './domain/entities/counters.ts';
export { LedgerEntry } from './domain/entities/ledger-entry.ts';
export type { LedgerEntryFacts, LedgerEntryState } from './domain/entities/ledger-entry.ts';
export { endOfHour } from './domain/entities/mail-hour.ts';
export type { MailHour } from './domain/entities/mail-hour.ts';
export type { Metadata } from './domain/entities/metadata.ts';
export type { Notification } from './domain/entities/notification.ts';
export { isOverBy } from './domain/entities/session.ts';
export type { Credential, CredentialKind } from './domain/entities/credential.ts';
export { isSaved } from './domain/payees/payee.ts';
export type { Payee, SavedPayee } from './domain/payees/payee.ts';
export type { SecurityEvent } from './domain/entities/security-event.ts';
export type { Session } from './domain/entities/session.ts';
export { Transfer } from './domain/entities/transfer.ts';
export type {
  Initiator,
  Leg,
  TransferFacts,
  TransferKind,
  TransferState,
  TransferStatus,
} from './domain/entities/transfer.ts';
export { User } from './domain/entities/user.ts';
export type { Role, UserState } from './domain/entities/user.ts';
export type { Digest } from './domain/integrity/hash-chain.ts';
export type { HexDigest } from './domain/integrity/merkle-tree.ts';
export type { AuditAction, AuditFacts, AuditHead, AuditRecord } from './domain/integrity/audit-log.ts';
export type { Fault } from './domain/verification/faults.ts';
