export { createClient } from './client.ts';
export type { ClientOptions } from './client.ts';
export type { Client, DryRunOptions, MoneyCall, SystemClient } from './client-interface.ts';
export type { AttemptEvent, ClientEvent, StoreEvent } from './http-connection.ts';
export type { CallOptions, RetryTerms } from './client-session.ts';
export { formatAmount } from '../domain/money/money.ts';
export { parseAmount } from './parse-amount.ts';

// Intents
export { localStorageIntents, memoryIntents } from './intents.ts';
export type { Intent, IntentRoute, IntentStore } from './intents.ts';
export type { KeyedOptions, SettledIntent, SettleOptions } from './keyed-calls.ts';

// Errors
export * from './api-errors.ts';
export {
  ApiError,
  ClientError,
  ConnectionError,
  IntentStoreError,
  OpenIntentError,
  RefusalError,
  SessionChangedError,
  UnexpectedAnswerError,
} from './errors.ts';
export type { ApiErrorFacts } from './errors.ts';
export type { ErrorCode, FieldError, Retry } from '../domain/errors.ts';

// Requests and answers
export type { ApiList, ApiPage } from './pages.ts';
export type {
  ApiBatchRequest,
  ApiCapture,
  ApiClosing,
  ApiCredentials,
  ApiExchange,
  ApiFreeze,
  ApiHistoryFilter,
  ApiInitialFunds,
  ApiKeyedOperation,
  ApiLegsTransfer,
  ApiLimits,
  ApiNewAccount,
  ApiNewKeyRequest,
  ApiPaging,
  ApiPairTransfer,
  ApiPeriod,
  ApiReason,
  ApiRegistration,
  ApiReversal,
  ApiTransferRequest,
  ApiWithdrawal,
} from './requests.ts';
export type {
  ApiAccount,
  ApiAuditRecord,
  ApiBalance,
  ApiBalancesAfter,
  ApiBatchMember,
  ApiBatchResult,
  ApiCheckpoint,
  ApiCounterparty,
  ApiDirection,
  ApiDryRunResult,
  ApiDryRunTransaction,
  ApiEntry,
  ApiKey,
  ApiKeyOutcome,
  ApiScope,
  ApiLeg,
  ApiNewKey,
  ApiOutcome,
  ApiProblem,
  ApiRole,
  ApiSession,
  ApiStatement,
  ApiStatementHold,
  ApiStatementLine,
  ApiStatementProof,
  ApiTransaction,
  ApiTransactionKind,
  ApiTransactionStatus,
  ApiTransferResult,
  ApiTrialBalance,
  ApiUser,
} from './types.ts';
