import type { CallOptions } from './client-session.ts';
import type { KeyedOptions, SettledIntent, SettleOptions } from './keyed-calls.ts';
import type { ApiList } from './pages.ts';
import type { PayeesClient } from './payees-client.ts';
import type { ProfileClient } from './profile-client.ts';
import type { SecondFactorsClient } from './second-factors.ts';
import type {
  ApiAccountFilter,
  ApiAccountMetadata,
  ApiBatchRequest,
  ApiCapture,
  ApiClosing,
  ApiCredentials,
  ApiExchange,
  ApiFreeze,
  ApiHistoryFilter,
  ApiInitialFunds,
  ApiKeyedOperation,
  ApiLimits,
  ApiNewAccount,
  ApiNewKeyRequest,
  ApiPaging,
  ApiPasskeyAnswer,
  ApiStatementPeriod,
  ApiReason,
  ApiRegistration,
  ApiReversal,
  ApiSingleTransfer,
  ApiTransactionFilter,
  ApiWithdrawal,
} from './requests.ts';
import type {
  ApiAccount,
  ApiAuditRecord,
  ApiBalance,
  ApiBatchResult,
  ApiCheckpoint,
  ApiDryRunResult,
  ApiEntry,
  ApiKey,
  ApiKeyOutcome,
  ApiLiveSession,
  ApiMonthlyStatement,
  ApiNewKey,
  ApiStatement,
  ApiStatementProof,
  ApiTransaction,
  ApiTransferResult,
  ApiTrialBalance,
  ApiUser,
  ApiRole,
  ApiSecurityEvent,
  ApiStaffUser,
} from './types.ts';

/** Terms of a dry run, which runs every check and changes nothing. */
export type DryRunOptions = CallOptions & { readonly dryRun: true };

/** A call that moves money, or shows what it would do. */
export interface MoneyCall<Args extends readonly unknown[], Result, DryRunResult> {
  /** Makes it, at most once for its key. */
  (...args: [...Args, options?: KeyedOptions]): Promise<Result>;
  /** Makes a dry run of it. */
  (...args: [...Args, options: DryRunOptions]): Promise<DryRunResult>;
}

/**
 * A client of the bank for one user. Amounts are in minor units: 500n is 5.00 in a currency with two decimals.
 *
 * Every call rejects with an `ApiError` for an answer that says why it failed, a `ConnectionError` or an
 * `UnexpectedAnswerError` without such an answer, and the signal's reason after an abort. A call that takes `key` also
 * rejects with an `OpenIntentError` if its outcome is not known in the end, an `IntentStoreError` if the store fails,
 * and a `SessionChangedError`.
 */
export interface Client {
  /** Calls about second factors. */
  readonly secondFactors: SecondFactorsClient;

  /** Registers a customer and signs them in. Is not repeated if its answer is lost. @throws EmailAlreadyRegisteredError */
  register(registration: ApiRegistration, options?: CallOptions): Promise<ApiUser>;

  /** Signs in, and keeps the session's token in memory. @throws InvalidCredentialsError, SecondFactorRequiredError */
  signIn(credentials: ApiCredentials, options?: CallOptions): Promise<ApiUser>;

  /** Signs in with a passkey alone. @throws InvalidSecondFactorError */
  signInWithPasskey(answer: ApiPasskeyAnswer, options?: CallOptions): Promise<ApiUser>;

  /** Ends the session. Payments under way reject with an `OpenIntentError` if their outcome is not known. */
  signOut(options?: CallOptions): Promise<void>;

  /** Ends all sessions of the user, this one too. */
  signOutEverywhere(options?: CallOptions): Promise<void>;

  /** Renews the session by its refresh cookie. Calls do it by themselves. @throws SessionExpiredError */
  refresh(options?: CallOptions): Promise<ApiUser>;

  /** Lists the user's live sessions, oldest first. */
  listSessions(options?: CallOptions): Promise<readonly ApiLiveSession[]>;

  /** Ends one of the user's sessions. @throws SessionNotFoundError */
  revokeSession(sessionId: string, options?: CallOptions): Promise<void>;

  /** Reads the signed-in user. @throws UnauthenticatedError, SessionExpiredError */
  getMe(options?: CallOptions): Promise<ApiUser>;

  /**
   * Makes an API key, with which a program acts for the user. Is not repeated if its answer is lost.
   * @throws ApiKeyLimitReachedError, AccountNotFoundError
   */
  makeApiKey(request: ApiNewKeyRequest, options?: CallOptions): Promise<ApiNewKey>;

  /** Lists the user's security events, newest first. */
  securityEvents(paging?: ApiPaging, options?: CallOptions): ApiList<ApiSecurityEvent>;

  /** Lists the user's API keys, oldest first. */
  apiKeys(options?: CallOptions): Promise<readonly ApiKey[]>;

  /** Revokes an API key. @throws ApiKeyNotFoundError */
  revokeApiKey(apiKeyId: string, options?: CallOptions): Promise<void>;

  /** Opens an account. @throws AccountLimitReachedError */
  openAccount(request?: ApiNewAccount, options?: KeyedOptions): Promise<ApiAccount>;

  /** Lists the user's accounts, oldest first, closed ones included. With `externalId`: the account that has it. */
  accounts(filter?: ApiAccountFilter, options?: CallOptions): ApiList<ApiAccount>;

  /** Reads an account. @throws AccountNotFoundError */
  getAccount(accountId: string, options?: CallOptions): Promise<ApiAccount>;

  /** Renames an account. Null removes the name. @throws AccountNotFoundError, AlreadyClosedError */
  renameAccount(accountId: string, name: string | null, options?: CallOptions): Promise<ApiAccount>;

  /** Sets the metadata of an account. @throws AccountNotFoundError, AlreadyClosedError */
  setAccountMetadata(
    accountId: string,
    request: ApiAccountMetadata,
    options?: KeyedOptions,
  ): Promise<ApiAccount>;

  /** Closes an account for ever. @throws BalanceNotZeroError, HoldsOutstandingError, AlreadyClosedError */
  closeAccount(accountId: string, request?: ApiClosing, options?: KeyedOptions): Promise<ApiAccount>;

  /** Reads the balance of an account now, or at a day or instant (RFC 3339). @throws AccountNotFoundError */
  getBalance(accountId: string, query?: { readonly at?: string }, options?: CallOptions): Promise<ApiBalance>;

  /** Lists an account's entries, newest first. @throws AccountNotFoundError */
  entries(accountId: string, filter?: ApiHistoryFilter, options?: CallOptions): ApiList<ApiEntry>;

  /** Reads a statement. Default: from the opening of the account until now. @throws AccountNotFoundError */
  getStatement(accountId: string, period?: ApiStatementPeriod, options?: CallOptions): Promise<ApiStatement>;

  /** Reads a statement as CSV, an HTML page to print, camt.053 or OFX. @throws AccountNotFoundError */
  getStatementText(
    accountId: string,
    query: ApiStatementPeriod & { readonly format: 'csv' | 'html' | 'camt053' | 'ofx' },
    options?: CallOptions,
  ): Promise<string>;

  /** Lists the statements of an account's whole months, newest first. @throws AccountNotFoundError */
  statements(
    accountId: string,
    query?: ApiPaging & { readonly timeZone?: string },
    options?: CallOptions,
  ): ApiList<ApiMonthlyStatement>;

  /** Reads the proof of a statement. @throws AccountNotFoundError, CheckpointNotFoundError */
  getStatementProof(
    accountId: string,
    period?: ApiStatementPeriod,
    options?: CallOptions,
  ): Promise<ApiStatementProof>;

  /** Moves money, or holds it with `pending`. @throws InsufficientFundsError and other errors that extend RefusalError */
  readonly transfer: MoneyCall<[request: ApiSingleTransfer], ApiTransferResult, ApiDryRunResult>;

  /** Makes up to 1,000 transfers in one request. @throws LinkedTransferFailedError with the result of each, if linked */
  readonly transferBatch: MoneyCall<[request: ApiBatchRequest], ApiBatchResult, ApiBatchResult>;

  /** Captures a hold, whole or in part. @throws HoldExpiredError, AlreadyVoidedError, AlreadyCompletedError */
  readonly captureHold: MoneyCall<
    [transactionId: string, request?: ApiCapture],
    ApiTransferResult,
    ApiDryRunResult
  >;

  /** Voids a hold. @throws HoldExpiredError, AlreadyVoidedError, AlreadyCompletedError */
  readonly voidHold: MoneyCall<[transactionId: string], ApiTransferResult, ApiDryRunResult>;

  /** Sends a transaction back, whole or in part. @throws NotReversibleError, ExceedsReversibleAmountError */
  readonly reverseTransaction: MoneyCall<
    [transactionId: string, request?: ApiReversal],
    ApiTransferResult,
    ApiDryRunResult
  >;

  /** Lists the transactions that the user is a party of or began, newest first. */
  transactions(filter?: ApiTransactionFilter, options?: CallOptions): ApiList<ApiTransaction>;

  /** Reads a transaction. @throws TransferNotFoundError */
  getTransaction(transactionId: string, options?: CallOptions): Promise<ApiTransaction>;

  /**
   * Asks whether a request with this key happened, without making it happen. Default: a transfer.
   * @throws IdempotencyKeyNotFoundError
   */
  getTransactionByKey(
    key: string,
    query?: { readonly operation?: ApiKeyedOperation },
    options?: CallOptions,
  ): Promise<ApiKeyOutcome>;

  /**
   * Settles every open intent of this user that no call here is working on, oldest first: sends it again under its key,
   * or only asks for its outcome. Call it when a program starts, after signing in, and when the network is back.
   */
  settleOpenIntents(options?: SettleOptions): Promise<readonly SettledIntent[]>;

  /** Returns whether the server's process answers. Makes one attempt. */
  isAlive(options?: CallOptions): Promise<boolean>;

  /** Returns whether the server can read and write its store. Makes one attempt. */
  isReady(options?: CallOptions): Promise<boolean>;

  /** Calls about the user's own account at the bank. */
  readonly profile: ProfileClient;

  /** Calls about the people that the user pays. */
  readonly payees: PayeesClient;

  /** Calls for the roles `system` and `auditor`. */
  readonly system: SystemClient;
}

/** Calls for operators. Auditors may make those that only read. @throws ForbiddenError to everybody else */
export interface SystemClient {
  /** Credits an account from the bank's funding account. @throws DestinationAccountNotFoundError */
  readonly fundAccount: MoneyCall<[request: ApiInitialFunds], ApiTransferResult, ApiDryRunResult>;

  /** Debits an account in favour of the bank's funding account. @throws InsufficientFundsError */
  readonly withdrawFunds: MoneyCall<[request: ApiWithdrawal], ApiTransferResult, ApiDryRunResult>;

  /** Exchanges money between two currencies. @throws LinkedTransferFailedError */
  readonly exchangeFunds: MoneyCall<[request: ApiExchange], ApiBatchResult, ApiBatchResult>;

  /** Stops debits, and credits too with `credits`. @throws AccountNotFoundError, AlreadyClosedError */
  freezeAccount(accountId: string, request: ApiFreeze, options?: KeyedOptions): Promise<ApiAccount>;

  /** Allows debits and credits again. @throws AccountNotFoundError, AlreadyClosedError */
  unfreezeAccount(accountId: string, request: ApiReason, options?: KeyedOptions): Promise<ApiAccount>;

  /** Sets both limits of an account. @throws AccountNotFoundError, AlreadyClosedError */
  limitAccount(accountId: string, request: ApiLimits, options?: KeyedOptions): Promise<ApiAccount>;

  /** Erases a transaction's texts. Is not repeated if its answer is lost. @throws NothingToEraseError */
  eraseText(transactionId: string, request: ApiReason, options?: CallOptions): Promise<ApiTransferResult>;

  /** Lists the audit log, oldest first. */
  audit(paging?: ApiPaging, options?: CallOptions): ApiList<ApiAuditRecord>;

  /** Makes a checkpoint now. */
  makeCheckpoint(options?: CallOptions): Promise<ApiCheckpoint>;

  /** Lists checkpoints, newest first. */
  checkpoints(paging?: ApiPaging, options?: CallOptions): ApiList<ApiCheckpoint>;

  /** Reads the trial balance now, or at a day or instant (RFC 3339). */
  getTrialBalance(query?: { readonly at?: string }, options?: CallOptions): Promise<ApiTrialBalance>;

  /** Finds a user by e-mail address. @throws UserNotFoundError */
  findUser(email: string, options?: CallOptions): Promise<ApiUser>;

  /** Lists users in the order of their registration. */
  users(paging?: ApiPaging, options?: CallOptions): ApiList<ApiStaffUser>;

  /** Reads a user. @throws UserNotFoundError */
  getUser(userId: string, options?: CallOptions): Promise<ApiStaffUser>;

  /** Grants a user a role. @throws UserNotFoundError, ForbiddenError */
  grantRole(
    userId: string,
    request: { readonly role: ApiRole; readonly reason?: string },
    options?: CallOptions,
  ): Promise<ApiStaffUser>;

  /** Locks a user out, and ends their sessions. @throws UserNotFoundError, ForbiddenError */
  lockUser(userId: string, request: ApiReason, options?: CallOptions): Promise<ApiStaffUser>;

  /** Lets a locked user in again. @throws UserNotFoundError */
  unlockUser(userId: string, request: ApiReason, options?: CallOptions): Promise<ApiStaffUser>;

  /** Lists security events, newest first: those of all users, or of one. */
  securityEvents(
    query?: ApiPaging & { readonly userId?: string },
    options?: CallOptions,
  ): ApiList<ApiSecurityEvent>;

  /** Lists a user's accounts, oldest first. */
  accountsOf(userId: string, paging?: ApiPaging, options?: CallOptions): ApiList<ApiAccount>;
}
