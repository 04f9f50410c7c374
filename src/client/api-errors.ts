import { ApiError, RefusalError } from './errors.ts';

/** The two accounts must be different. */
export class AccountsMustBeDifferentError extends RefusalError<'accounts_must_be_different'> {}

/** The account to debit was not found. */
export class SourceAccountNotFoundError extends RefusalError<'source_account_not_found'> {}

/** The account to credit was not found. */
export class DestinationAccountNotFoundError extends RefusalError<'destination_account_not_found'> {}

/** The account to debit is closed. */
export class SourceAccountClosedError extends RefusalError<'source_account_closed'> {}

/** The account to credit is closed. */
export class DestinationAccountClosedError extends RefusalError<'destination_account_closed'> {}

/** The account to debit is frozen. */
export class SourceAccountFrozenError extends RefusalError<'source_account_frozen'> {}

/** The account to credit is frozen. */
export class DestinationAccountFrozenError extends RefusalError<'destination_account_frozen'> {}

/** The currencies of the request and its accounts differ. */
export class CurrencyMismatchError extends RefusalError<'currency_mismatch'> {}

/** The available balance is too low. */
export class InsufficientFundsError extends RefusalError<'insufficient_funds'> {}

/** The credit would exceed the maximum balance. */
export class ExceedsMaximumBalanceError extends RefusalError<'exceeds_maximum_balance'> {}

/** The amount would take a balance out of its bounds. */
export class AmountOverflowError extends RefusalError<'amount_overflow'> {}

/** The transaction was not found. */
export class TransferNotFoundError extends RefusalError<'transfer_not_found'> {}

/** The transaction never was a hold. */
export class TransferNotPendingError extends RefusalError<'transfer_not_pending'> {}

/** The transaction cannot be reversed. */
export class NotReversibleError extends RefusalError<'not_reversible'> {}

/** The hold was captured already. */
export class AlreadyCompletedError extends RefusalError<'already_completed'> {}

/** The hold was voided already. */
export class AlreadyVoidedError extends RefusalError<'already_voided'> {}

/** The hold has expired. */
export class HoldExpiredError extends RefusalError<'hold_expired'> {}

/** Another account or transfer has this external id. */
export class ExternalIdTakenError extends RefusalError<'external_id_taken'> {}

/** The amount is more than was held. */
export class ExceedsHoldAmountError extends RefusalError<'exceeds_hold_amount'> {}

/** The amount is more than is left to reverse. */
export class ExceedsReversibleAmountError extends RefusalError<'exceeds_reversible_amount'> {}

/** A transfer of the linked batch was refused. */
export class LinkedTransferFailedError extends RefusalError<'linked_transfer_failed'> {}

/** The account was not found. */
export class AccountNotFoundError extends RefusalError<'account_not_found'> {}

/** The balance must be zero before the account is closed. */
export class BalanceNotZeroError extends RefusalError<'balance_not_zero'> {}

/** Holds must end before the account is closed. */
export class HoldsOutstandingError extends RefusalError<'holds_outstanding'> {}

/** The account is closed already. */
export class AlreadyClosedError extends RefusalError<'already_closed'> {}

/** The transaction has no text that could be erased. */
export class NothingToEraseError extends RefusalError<'nothing_to_erase'> {}

/** No more accounts can be opened. */
export class AccountLimitReachedError extends RefusalError<'account_limit_reached'> {}

/** The account to credit cannot take this amount. */
export class DestinationAccountUnavailableError extends RefusalError<'destination_account_unavailable'> {}

/** Sign in first. */
export class UnauthenticatedError extends ApiError<'unauthenticated'> {}

/** The session has ended, sign in again and repeat the request with the same key. */
export class SessionExpiredError extends ApiError<'session_expired'> {}

/** The session token is not valid, sign in and repeat the request with the same key. */
export class InvalidTokenError extends ApiError<'invalid_token'> {}

/** The e-mail address or the password is wrong. */
export class InvalidCredentialsError extends ApiError<'invalid_credentials'> {}

/** The bank has locked your access. */
export class UserLockedError extends ApiError<'user_locked'> {}
/** A second factor is required. */
export class SecondFactorRequiredError extends ApiError<'second_factor_required'> {}

/** The code or the passkey is not accepted. */
export class InvalidSecondFactorError extends ApiError<'invalid_second_factor'> {}

/** Your role needs a second factor. */
export class SecondFactorSetupRequiredError extends ApiError<'second_factor_setup_required'> {}

/** An authenticator app is set up already. */
export class SecondFactorAlreadySetUpError extends ApiError<'second_factor_already_set_up'> {}

/** This second factor is not set up. */
export class SecondFactorNotFoundError extends ApiError<'second_factor_not_found'> {}

/** The order needs a confirmation. */
export class StepUpRequiredError extends ApiError<'step_up_required'> {}

/** The API key has expired. */
export class KeyExpiredError extends ApiError<'key_expired'> {}

/** The API key does not allow this. */
export class InsufficientScopeError extends ApiError<'insufficient_scope'> {}

/** The amount is above the limit of the API key. */
export class ExceedsKeyLimitError extends ApiError<'exceeds_key_limit'> {}

/** The API key was not found. */
export class ApiKeyNotFoundError extends ApiError<'api_key_not_found'> {}

/** No more API keys can be made. */
export class ApiKeyLimitReachedError extends ApiError<'api_key_limit_reached'> {}

/** The payee was not found. */
export class PayeeNotFoundError extends ApiError<'payee_not_found'> {}

/** No more payees can be saved. */
export class PayeeLimitReachedError extends ApiError<'payee_limit_reached'> {}

/** Your role does not allow this. */
export class ForbiddenError extends ApiError<'forbidden'> {}

/** A request from another site cannot use the session cookie. */
export class CrossSiteRequestError extends ApiError<'cross_site_request'> {}

/** The request is not valid. */
export class InvalidRequestError extends ApiError<'invalid_request'> {}

/** The body is not valid JSON. */
export class MalformedJsonError extends ApiError<'malformed_json'> {}

/** The body is too large. */
export class BodyTooLargeError extends ApiError<'body_too_large'> {}

/** The body must be application/json. */
export class UnsupportedMediaTypeError extends ApiError<'unsupported_media_type'> {}

/** There is nothing at this path. */
export class RouteNotFoundError extends ApiError<'route_not_found'> {}

/** This path does not know this method. */
export class MethodNotAllowedError extends ApiError<'method_not_allowed'> {}

/** This key was used for another request. */
export class IdempotencyKeyReusedError extends ApiError<'idempotency_key_reused'> {}

/** Nothing is recorded under this key; a request with it may still be under way. */
export class IdempotencyKeyNotFoundError extends ApiError<'idempotency_key_not_found'> {}

/** No checkpoint holds the account up to then. */
export class CheckpointNotFoundError extends ApiError<'checkpoint_not_found'> {}

/** The period has too many entries for a PDF. */
export class StatementTooLongError extends ApiError<'statement_too_long'> {}

/** The link is not valid, was used or has expired. */
export class LinkNotValidError extends ApiError<'link_not_valid'> {}

/** The user was not found. */
export class UserNotFoundError extends ApiError<'user_not_found'> {}

/** The session was not found. */
export class SessionNotFoundError extends ApiError<'session_not_found'> {}

/** This e-mail address is already registered. */
export class EmailAlreadyRegisteredError extends ApiError<'email_already_registered'> {}

/** Too many requests, slow down. */
export class TooManyRequestsError extends ApiError<'too_many_requests'> {}

/** Too much work is waiting, nothing was done. */
export class QueueFullError extends ApiError<'queue_full'> {}

/** The store cannot be reached, nothing was done. */
export class UnavailableError extends ApiError<'unavailable'> {}

/** The store has no space left, nothing was done. */
export class StorageFullError extends ApiError<'storage_full'> {}

/** The bank takes no changes during maintenance, nothing was done. */
export class MaintenanceError extends ApiError<'maintenance'> {}

/** The outcome is not known yet. */
export class OutcomeUnknownError extends ApiError<'outcome_unknown'> {}

/** Something went wrong on our side. */
export class InternalError extends ApiError<'internal_error'> {}
