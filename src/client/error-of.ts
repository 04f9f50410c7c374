import type { ErrorCode, MaskedCode, RefusalCode } from '../domain/errors.ts';
import * as errors from './api-errors.ts';
import { ApiError } from './errors.ts';
import type { ApiErrorFacts, RefusalError } from './errors.ts';

type ClassOf<C extends ErrorCode> = new (
  facts: ApiErrorFacts<C>,
) => C extends RefusalCode | MaskedCode ? RefusalError<C> : ApiError<C>;

/** The class of each code. Without a class for a new code of the server, this does not compile. */
const CLASSES: { readonly [C in ErrorCode]: ClassOf<C> } = {
  accounts_must_be_different: errors.AccountsMustBeDifferentError,
  source_account_not_found: errors.SourceAccountNotFoundError,
  destination_account_not_found: errors.DestinationAccountNotFoundError,
  source_account_closed: errors.SourceAccountClosedError,
  destination_account_closed: errors.DestinationAccountClosedError,
  source_account_frozen: errors.SourceAccountFrozenError,
  destination_account_frozen: errors.DestinationAccountFrozenError,
  currency_mismatch: errors.CurrencyMismatchError,
  insufficient_funds: errors.InsufficientFundsError,
  exceeds_maximum_balance: errors.ExceedsMaximumBalanceError,
  amount_overflow: errors.AmountOverflowError,
  transfer_not_found: errors.TransferNotFoundError,
  transfer_not_pending: errors.TransferNotPendingError,
  not_reversible: errors.NotReversibleError,
  already_completed: errors.AlreadyCompletedError,
  already_voided: errors.AlreadyVoidedError,
  hold_expired: errors.HoldExpiredError,
  exceeds_hold_amount: errors.ExceedsHoldAmountError,
  exceeds_reversible_amount: errors.ExceedsReversibleAmountError,
  linked_transfer_failed: errors.LinkedTransferFailedError,
  account_not_found: errors.AccountNotFoundError,
  balance_not_zero: errors.BalanceNotZeroError,
  holds_outstanding: errors.HoldsOutstandingError,
  external_id_taken: errors.ExternalIdTakenError,
  already_closed: errors.AlreadyClosedError,
  nothing_to_erase: errors.NothingToEraseError,
  account_limit_reached: errors.AccountLimitReachedError,
  destination_account_unavailable: errors.DestinationAccountUnavailableError,
  unauthenticated: errors.UnauthenticatedError,
  session_expired: errors.SessionExpiredError,
  invalid_token: errors.InvalidTokenError,
  invalid_credentials: errors.InvalidCredentialsError,
  user_locked: errors.UserLockedError,
  second_factor_required: errors.SecondFactorRequiredError,
  invalid_second_factor: errors.InvalidSecondFactorError,
  second_factor_setup_required: errors.SecondFactorSetupRequiredError,
  second_factor_already_set_up: errors.SecondFactorAlreadySetUpError,
  second_factor_not_found: errors.SecondFactorNotFoundError,
  step_up_required: errors.StepUpRequiredError,
  key_expired: errors.KeyExpiredError,
  insufficient_scope: errors.InsufficientScopeError,
  exceeds_key_limit: errors.ExceedsKeyLimitError,
  api_key_not_found: errors.ApiKeyNotFoundError,
  api_key_limit_reached: errors.ApiKeyLimitReachedError,
  payee_not_found: errors.PayeeNotFoundError,
  payee_limit_reached: errors.PayeeLimitReachedError,
  forbidden: errors.ForbiddenError,
  cross_site_request: errors.CrossSiteRequestError,
  invalid_request: errors.InvalidRequestError,
  malformed_json: errors.MalformedJsonError,
  body_too_large: errors.BodyTooLargeError,
  unsupported_media_type: errors.UnsupportedMediaTypeError,
  route_not_found: errors.RouteNotFoundError,
  method_not_allowed: errors.MethodNotAllowedError,
  idempotency_key_reused: errors.IdempotencyKeyReusedError,
  idempotency_key_not_found: errors.IdempotencyKeyNotFoundError,
  checkpoint_not_found: errors.CheckpointNotFoundError,
  statement_too_long: errors.StatementTooLongError,
  link_not_valid: errors.LinkNotValidError,
  user_not_found: errors.UserNotFoundError,
  session_not_found: errors.SessionNotFoundError,
  email_already_registered: errors.EmailAlreadyRegisteredError,
  too_many_requests: errors.TooManyRequestsError,
  queue_full: errors.QueueFullError,
  unavailable: errors.UnavailableError,
  storage_full: errors.StorageFullError,
  maintenance: errors.MaintenanceError,
  outcome_unknown: errors.OutcomeUnknownError,
  internal_error: errors.InternalError,
};

/** Makes the error of an answer. The code of a newer server, which has no class yet, gives an `ApiError`. */
export function errorOf(facts: ApiErrorFacts<ErrorCode>): ApiError {
  const Known = CLASSES[facts.code] as new (facts: ApiErrorFacts<ErrorCode>) => ApiError;
  return Object.hasOwn(CLASSES, facts.code) ? new Known(facts) : new ApiError(facts);
}
