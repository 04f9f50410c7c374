export { createClient } from './client.ts';
export type { ApiNewPayee, ApiPayeeQuestion, PayeesClient } from './payees-client.ts';
export type { ApiProfileChange, ProfileClient } from './profile-client.ts';
export type { ClientOptions } from './client.ts';
export type { Client, DryRunOptions, MoneyCall, SystemClient } from './client-interface.ts';
export type { SecondFactorsClient } from './second-factors.ts';
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
  ApiAssertion,
  ApiAttestation,
  ApiAccountFilter,
  ApiAccountMetadata,
  ApiBatchRequest,
  ApiCapture,
  ApiClosing,
  ApiConfirmed,
  ApiCredentials,
  ApiExchange,
  ApiFreeze,
  ApiHistoryFilter,
  ApiInitialFunds,
  ApiKeyedOperation,
  ApiLegsTransfer,
  ApiLimits,
  ApiNewAccount,
  ApiNewPasskey,
  ApiOrder,
  ApiNewKeyRequest,
  ApiPaging,
  ApiPairTransfer,
  ApiPasskeyAnswer,
  ApiPayment,
  ApiPeriod,
  ApiStatementPeriod,
  ApiPublicKeyCredential,
  ApiReason,
  ApiRegistration,
  ApiReversal,
  ApiSecondFactor,
  ApiSingleTransfer,
  ApiTransferRequest,
  ApiTransactionFilter,
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
  ApiConfirmation,
  ApiCounterparty,
  ApiDirection,
  ApiDryRunResult,
  ApiDryRunTransaction,
  ApiEntry,
  ApiFactors,
  ApiKey,
  ApiKeyOutcome,
  ApiScope,
  ApiLeg,
  ApiNewKey,
  ApiOutcome,
  ApiPasskey,
  ApiPasskeyQuestion,
  ApiPayee,
  ApiPayeeCheck,
  ApiProblem,
  ApiRole,
  ApiLiveSession,
  ApiSavedPayee,
  ApiSecondFactorMethod,
  ApiSession,
  ApiMonthlyStatement,
  ApiStatement,
  ApiStatementFormat,
  ApiStatementHold,
  ApiStatementLine,
  ApiStatementProof,
  ApiTotpSetup,
  ApiTransaction,
  ApiTransactionKind,
  ApiTransactionStatus,
  ApiTransferResult,
  ApiTrialBalance,
  ApiErasure,
  ApiProfile,
  ApiUser,
  ApiSecurityAction,
  ApiSecurityEvent,
  ApiStaffUser,
} from './types.ts';
