import type { Actor, SystemActor, Viewer } from '../domain/actor.ts';
import type { AuditRecord } from '../domain/integrity/audit-log.ts';
import type { StatementProof } from '../domain/integrity/statement-proof.ts';
import type { Instant } from '../domain/time.ts';
import type {
  AccountMetadataRequest,
  AccountResult,
  CloseRequest,
  FreezeRequest,
  LimitsRequest,
  RenameRequest,
  UnfreezeRequest,
} from './accounts/administer-account.ts';
import type { BalanceView } from './accounts/get-account.ts';
import type { OpenAccountRequest, OpenAccountResult } from './accounts/open-account.ts';
import type { DryRunBatchResult, DryRunTransferResult, WithDryRun } from './dry-run.ts';
import type { ListRequest, Page } from './page.ts';
import type { CheckpointView } from './ports/checkpoints.ts';
import type { StatementExportRequest, StatementProofReading } from './proofs/export-statement.ts';
import type { Verification, VerifyRequest } from './proofs/verify-books.ts';
import type { Statement, StatementRequest } from './reporting/get-statement.ts';
import type { MonthlyStatement, StatementsRequest } from './reporting/list-statements.ts';
import type { TrialBalanceView } from './reporting/get-trial-balance.ts';
import type { HistoryRequest } from './reporting/history-filter.ts';
import type { EntryView } from './reporting/list-entries.ts';
import type { CaptureRequest, ReversalRequest, VoidRequest } from './transfers/end-hold.ts';
import type { ErasureRequest } from './transfers/erase-text.ts';
import type { ExchangeRequest } from './transfers/exchange-funds.ts';
import type { InitialFundsRequest, WithdrawalRequest } from './transfers/fund-account.ts';
import type { BatchOperation, KeyedOperation, KeyView } from './transfers/get-transfer.ts';
import type { BatchRequest } from './transfers/submit-batch.ts';
import type { TransferRequest } from './transfers/transfer-funds.ts';
import type { AccountView, BatchResult, TransferResult, TransferView } from './views.ts';
import type { Digest } from '../domain/integrity/hash-chain.ts';
import type { HexDigest } from '../domain/integrity/merkle-tree.ts';
import { isNumberPrefix } from '../domain/entities/account-number.ts';
import { isCurrency } from '../domain/money/money.ts';
import {
  closeAccount,
  freezeAccount,
  limitAccount,
  renameAccount,
  setAccountMetadata,
  unfreezeAccount,
} from './accounts/administer-account.ts';
import { captureHold, reverseTransfer, voidHold } from './transfers/end-hold.ts';
import { eraseText } from './transfers/erase-text.ts';
import { exchangeFunds } from './transfers/exchange-funds.ts';
import { exportStatement, readStatementProof } from './proofs/export-statement.ts';
import { fundAccount, withdrawFunds } from './transfers/fund-account.ts';
import { findAccountByExternalId, getAccount, getBalance } from './accounts/get-account.ts';
import {
  findBatchByKey,
  findTransferByExternalId,
  findTransferByKey,
  getTransfer,
} from './transfers/get-transfer.ts';
import { HoldSweeper } from './jobs/hold-sweeper.ts';
import type { SweeperOptions } from './jobs/hold-sweeper.ts';
import { listAccounts } from './accounts/list-accounts.ts';
import { getStatement } from './reporting/get-statement.ts';
import { listStatements } from './reporting/list-statements.ts';
import { getTrialBalance } from './reporting/get-trial-balance.ts';
import { listAudit } from './reporting/list-audit.ts';
import { listEntries } from './reporting/list-entries.ts';
import { listTransfers } from './transfers/list-transfers.ts';
import { listCheckpoints, makeCheckpoint } from './proofs/make-checkpoint.ts';
import { openAccount } from './accounts/open-account.ts';
import type { CheckpointPorts } from './ports/checkpoints.ts';
import type { CommitObserver } from './ports/commit-observer.ts';
import type { Store } from './ports/ledger-store.ts';
import type { Clock, IdGenerator, Logger } from './ports/runtime.ts';
import type { DirectDelivery } from './ports/outbox.ts';
import { submitBatch } from './transfers/submit-batch.ts';
import { transferFunds } from './transfers/transfer-funds.ts';
import { CommandWriter } from './group-commit.ts';
import type { WriterLimits } from './group-commit.ts';
import { verifyBooks } from './proofs/verify-books.ts';

export type LedgerPorts<Tx = unknown> = {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly digest: Digest;
  readonly hexDigest: HexDigest;
  /** Signs and stores checkpoints. Null: no checkpoints, and no statement proofs. */
  readonly checkpoints: CheckpointPorts | null;
  /** The currency of a request that names none. */
  readonly defaultCurrency: string;
  /** Prefix of the numbers of new accounts: two to four capital letters. */
  readonly accountPrefix: string;
  /** Null for no limit. */
  readonly accountsPerOwner: number | null;
  /** Whether each commit puts mails to the owners into the outbox, for an `OutboxDispatcher` to send. */
  readonly notify: boolean;
  /** Called after each commit; must not throw. */
  readonly onCommit?: () => void;
  /** The dispatcher of this process, which takes new messages without a read of the outbox. */
  readonly directDelivery?: DirectDelivery;
  /** Bounds of the command queue. */
  readonly limits?: Partial<WriterLimits>;
  /** Watch commands and commits. Default: none. */
  readonly observers?: readonly CommitObserver[];
};

/**
 * The ledger's use cases over one store. Amounts are bigints in minor units (500n is 5.00 in euros); instants are
 * milliseconds since 1970.
 *
 * A refusal by a rule (such as `insufficient_funds`) is a result with `ok: false`. Malformed requests and faults of the
 * store are thrown as a `PassbookError`. Every command may throw `invalid_request`, `queue_full` (retry later),
 * `unavailable` (nothing was done) and `outcome_unknown` (retry with the same key).
 *
 * Wherever a method takes the id of an account, it takes the account's number too, with or without spaces. A number
 * with wrong check digits throws `invalid_request`.
 *
 * The caller has authenticated the actor or viewer: the ledger checks only what each may do. No method uses `this`.
 */
export interface Ledger<Tx = unknown> {
  /**
   * Opens an account for a user. Refuses with `account_limit_reached`.
   * @example
   * const opened = await ledger.openAccount({ kind: 'user', id: 'ada' }, { currency: 'EUR' });
   */
  readonly openAccount: (actor: Actor, request?: OpenAccountRequest) => Promise<OpenAccountResult>;

  /**
   * Returns an account with its balances now.
   * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else
   */
  readonly getAccount: (viewer: Viewer, accountId: string) => Promise<AccountView>;

  /**
   * Returns the account that was opened with an external id.
   * @throws PassbookError `account_not_found` if there is none, or it belongs to someone else
   */
  readonly findAccount: (viewer: Viewer, externalId: string) => Promise<AccountView>;

  /**
   * Returns the balance now, or as it stood `at` an instant. The cost does not depend on the number of entries.
   * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else; `invalid_request` for a
   *   future instant
   */
  readonly getBalance: (
    viewer: Viewer,
    accountId: string,
    options?: { at?: Instant },
  ) => Promise<BalanceView>;

  /**
   * Lists an owner's accounts, oldest first.
   * @throws PassbookError `forbidden` for a user who is not the owner; `invalid_request`
   */
  readonly listAccounts: (
    viewer: Viewer,
    ownerId: string,
    request?: ListRequest,
  ) => Promise<Page<AccountView>>;

  /**
   * Moves money between accounts, or reserves it as a hold. A retry with the same key returns the first answer.
   * @example
   * const paid = await ledger.transferFunds(ada, {
   *   sourceAccountId, destinationAccountId, amount: 500n, idempotencyKey: 'invoice-17',
   * });
   * if (!paid.ok) console.log(paid.code);
   */
  readonly transferFunds: WithDryRun<Actor, TransferRequest, TransferResult, DryRunTransferResult, Tx>;

  /** Makes 1 to 1,000 transfers under one key: each on its own, or `linked`, which is all or nothing. */
  readonly submitBatch: WithDryRun<Actor, BatchRequest, BatchResult, DryRunBatchResult, Tx>;

  /** Captures all or part of a hold, for its payee or the system. The rest of the hold is released. */
  readonly captureHold: WithDryRun<Actor, CaptureRequest, TransferResult, DryRunTransferResult, Tx>;

  /** Releases a hold, for its payee or the system. */
  readonly voidHold: WithDryRun<Actor, VoidRequest, TransferResult, DryRunTransferResult, Tx>;

  /** Returns all or part of a completed transfer by a new one, for the party that received it or the system. */
  readonly reverseTransfer: WithDryRun<Actor, ReversalRequest, TransferResult, DryRunTransferResult, Tx>;

  /**
   * Brings money into the bank: debits the currency's funding account and credits a customer's account.
   * @throws PassbookError `forbidden` for an actor other than the system
   */
  readonly fundAccount: WithDryRun<
    SystemActor,
    InitialFundsRequest,
    TransferResult,
    DryRunTransferResult,
    Tx
  >;

  /**
   * Takes money out of the bank: debits a customer's account and credits the currency's funding account.
   * @throws PassbookError `forbidden` for an actor other than the system
   */
  readonly withdrawFunds: WithDryRun<
    SystemActor,
    WithdrawalRequest,
    TransferResult,
    DryRunTransferResult,
    Tx
  >;

  /** Exchanges between two currencies: a linked batch of two transfers through the bank's exchange accounts. */
  readonly exchangeFunds: WithDryRun<SystemActor, ExchangeRequest, BatchResult, DryRunBatchResult, Tx>;

  /** Sets the owner's name for an account. Null removes it. */
  readonly renameAccount: (actor: Actor, request: RenameRequest) => Promise<AccountResult>;

  /** Sets an account's metadata, for its owner or the system. The change goes into the audit log. */
  readonly setAccountMetadata: (actor: Actor, request: AccountMetadataRequest) => Promise<AccountResult>;

  /** Blocks debits of an account, and credits too with `credits: true`. The reason goes into the audit log. */
  readonly freezeAccount: (actor: SystemActor, request: FreezeRequest) => Promise<AccountResult>;

  /** Lifts a freeze. The reason goes into the audit log. */
  readonly unfreezeAccount: (actor: SystemActor, request: UnfreezeRequest) => Promise<AccountResult>;

  /** Sets both balance limits, in minor units. A balance outside of them stays. The reason goes into the audit log. */
  readonly limitAccount: (actor: SystemActor, request: LimitsRequest) => Promise<AccountResult>;

  /** Closes an account. Its balance must be zero, or goes to `sweepTo`, another account of the same owner. */
  readonly closeAccount: (actor: Actor, request: CloseRequest) => Promise<AccountResult>;

  /**
   * Deletes a transfer's description and metadata wherever they are stored. The hash chain stays intact.
   * @throws PassbookError `forbidden` for an actor other than the system
   */
  readonly eraseText: (actor: SystemActor, request: ErasureRequest) => Promise<TransferResult>;

  /**
   * Lists the audit log, oldest record first.
   * @throws PassbookError `forbidden` for a user; `invalid_request`
   */
  readonly listAudit: (viewer: Viewer, request?: ListRequest) => Promise<Page<AuditRecord>>;

  /**
   * Returns a job that posts the expiry of due holds once it is started. Balances are right without it: a due hold
   * counts as expired before its expiry is posted.
   */
  readonly sweeper: (log: Logger, options?: SweeperOptions) => HoldSweeper;

  /**
   * Recomputes balances, chains and digests from the stored entries, and returns every difference. Safe to run while
   * the ledger is in use. With a checkpoint, also finds history that was rewritten after it.
   */
  readonly verifyBooks: (request?: VerifyRequest) => Promise<Verification>;

  /**
   * Signs the present state of all accounts and of the audit log.
   * @throws TypeError if the ledger was created without checkpoints
   */
  readonly makeCheckpoint: () => Promise<CheckpointView>;

  /**
   * Lists checkpoints, newest first.
   * @throws PassbookError `forbidden` for a user; `invalid_request`
   * @throws TypeError if the ledger was created without checkpoints
   */
  readonly listCheckpoints: (viewer: Viewer, request?: ListRequest) => Promise<Page<CheckpointView>>;

  /**
   * Returns an account's entries of a period with the proof that a checkpoint covers them, in memory. For a long
   * period, use `readStatementProof`.
   * @throws PassbookError, TypeError as `readStatementProof`
   */
  readonly exportStatement: (viewer: Viewer, request: StatementExportRequest) => Promise<StatementProof>;

  /**
   * Returns the same proof as `exportStatement`, with its entries as a stream.
   * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else; `checkpoint_not_found`
   *   if no checkpoint reaches the end of the period; `invalid_request`
   * @throws TypeError if the ledger was created without checkpoints
   */
  readonly readStatementProof: (
    viewer: Viewer,
    request: StatementExportRequest,
  ) => Promise<StatementProofReading>;

  /**
   * Returns a transfer as the viewer may see it.
   * @throws PassbookError `transfer_not_found` if it does not exist or the viewer is no party of it
   */
  readonly getTransfer: (viewer: Viewer, transferId: string) => Promise<TransferView>;

  /**
   * Returns the transfer that was made with an external id. A rejected transfer is not found, since its id is free.
   * @throws PassbookError `transfer_not_found` if there is none, or the viewer is no party of it
   */
  readonly findTransfer: (viewer: Viewer, externalId: string) => Promise<TransferView>;

  /**
   * Returns the outcome stored under an idempotency key, without using the key. Default operation: `transfer`.
   * @throws PassbookError `idempotency_key_not_found`: nothing is stored, though the command may be under way
   */
  readonly findTransferByKey: (actor: Actor, key: string, operation?: KeyedOperation) => Promise<KeyView>;

  /**
   * Returns the outcome of each transfer of a batch or exchange, by its idempotency key, in the order of the request.
   * Does not use the key. Default operation: `batch`.
   * @throws PassbookError `idempotency_key_not_found`: nothing is stored, though the command may be under way
   */
  readonly findBatchByKey: (
    actor: Actor,
    key: string,
    operation?: BatchOperation,
  ) => Promise<readonly KeyView[]>;

  /**
   * Lists the transfers that a user is a party of, or tried to make, newest first.
   * @throws PassbookError `invalid_request`
   */
  readonly listTransfers: (
    viewer: Viewer & { id: string },
    request?: HistoryRequest,
  ) => Promise<Page<TransferView>>;

  /**
   * Lists an account's entries, newest first.
   * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else; `invalid_request`
   */
  readonly listEntries: (
    viewer: Viewer,
    accountId: string,
    request?: HistoryRequest,
  ) => Promise<Page<EntryView>>;

  /**
   * Returns an account's statement for a period: the balance before, every posted change, the balance after.
   * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else; `invalid_request`
   */
  readonly getStatement: (
    viewer: Viewer,
    accountId: string,
    request?: StatementRequest,
  ) => Promise<Statement>;

  /**
   * Lists the statements of an account's whole months, newest first, with the balances of each.
   * @throws PassbookError `account_not_found` if it does not exist or belongs to someone else; `invalid_request`
   */
  readonly listStatements: (
    viewer: Viewer,
    accountId: string,
    request?: StatementsRequest,
  ) => Promise<Page<MonthlyStatement>>;

  /**
   * Returns the balance of every system account and the sum of all customers' accounts, by currency: now, or as of
   * `at`.
   * @throws PassbookError `forbidden` for a user; `invalid_request` for a future instant; `unavailable` where commits
   *   in progress keep reaching a recent instant
   */
  readonly getTrialBalance: (viewer: Viewer, options?: { at?: Instant }) => Promise<TrialBalanceView>;

  /** Stops taking commands and waits for those in progress. The store stays open: its opener closes it. */
  readonly close: () => Promise<void>;

  /** Closes the ledger at the end of an `await using` block. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * Wires the use cases over one store.
 * @throws TypeError without a store, for a default currency that ISO 4217 does not list, or for a malformed prefix
 */
export function assembleLedger<Tx>(ports: LedgerPorts<Tx>): Ledger<Tx> {
  requireStore(ports);
  if (!isCurrency(ports.defaultCurrency)) {
    throw new TypeError(`"${ports.defaultCurrency}" is not a currency of ISO 4217`);
  }
  if (!isNumberPrefix(ports.accountPrefix)) {
    throw new TypeError(`"${String(ports.accountPrefix)}" is not a prefix of two to four capital letters`);
  }
  const { store, ...rest } = ports;
  const writer = new CommandWriter({ ...rest, unitOfWork: store.unitOfWork });
  const { reads, scan } = store;
  const shared = { ...rest, reads, scan, writer, commitDeadlineMs: writer.deadlineMs };
  return {
    openAccount: openAccount(shared),
    getAccount: getAccount(shared),
    findAccount: findAccountByExternalId(shared),
    getBalance: getBalance(shared),
    listAccounts: listAccounts(shared),
    transferFunds: transferFunds(shared),
    submitBatch: submitBatch(shared),
    captureHold: captureHold(shared),
    voidHold: voidHold(shared),
    reverseTransfer: reverseTransfer(shared),
    fundAccount: fundAccount(shared),
    withdrawFunds: withdrawFunds(shared),
    exchangeFunds: exchangeFunds(shared),
    renameAccount: renameAccount(shared),
    setAccountMetadata: setAccountMetadata(shared),
    freezeAccount: freezeAccount(shared),
    unfreezeAccount: unfreezeAccount(shared),
    limitAccount: limitAccount(shared),
    closeAccount: closeAccount(shared),
    eraseText: eraseText(shared),
    listAudit: listAudit(shared),
    sweeper: (log: Logger, options?: SweeperOptions) => new HoldSweeper({ ...shared, log }, options),
    verifyBooks: verifyBooks(shared),
    makeCheckpoint: makeCheckpoint(shared),
    listCheckpoints: listCheckpoints(shared),
    exportStatement: exportStatement(shared),
    readStatementProof: readStatementProof(shared),
    getTransfer: getTransfer(shared),
    findTransfer: findTransferByExternalId(shared),
    findTransferByKey: findTransferByKey(shared),
    findBatchByKey: findBatchByKey(shared),
    listTransfers: listTransfers(shared),
    listEntries: listEntries(shared),
    getStatement: getStatement(shared),
    listStatements: listStatements(shared),
    getTrialBalance: getTrialBalance(shared),
    close: () => writer.close(),
    [Symbol.asyncDispose]: () => writer.close(),
  };
}

function requireStore({ store }: { readonly store?: unknown }): void {
  if (store instanceof Promise) throw new TypeError('The store of a ledger is a promise: await it first');
  if (typeof store !== 'object' || store === null || !('unitOfWork' in store)) {
    throw new TypeError('A ledger needs a store, such as createLedger({ store: createMemoryStore() })');
  }
}
