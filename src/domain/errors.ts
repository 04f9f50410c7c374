/**
 * Advice on retrying.
 * `same_key`: the outcome is unknown or nothing was done. Retry with the same key; the command takes effect at most
 * once.
 * `new_key`: this attempt is final. Another attempt under a new key may succeed.
 * `never`: the same request will always be refused.
 */
export type Retry = 'same_key' | 'new_key' | 'never';

/** Refusals by a rule of the ledger. A refusal is a result: it is recorded under its key and replayed. */
const refusals = {
  accounts_must_be_different: { retry: 'never', meaning: 'The two accounts must be different' },
  source_account_not_found: { retry: 'never', meaning: 'The account to debit was not found' },
  destination_account_not_found: { retry: 'never', meaning: 'The account to credit was not found' },
  source_account_closed: { retry: 'never', meaning: 'The account to debit is closed' },
  destination_account_closed: { retry: 'never', meaning: 'The account to credit is closed' },
  source_account_frozen: { retry: 'new_key', meaning: 'The account to debit is frozen' },
  destination_account_frozen: { retry: 'new_key', meaning: 'The account to credit is frozen' },
  currency_mismatch: { retry: 'never', meaning: 'The currencies of the request and its accounts differ' },
  insufficient_funds: { retry: 'new_key', meaning: 'The available balance is too low' },
  exceeds_maximum_balance: { retry: 'new_key', meaning: 'The credit would exceed the maximum balance' },
  amount_overflow: { retry: 'new_key', meaning: 'The amount would take a balance out of its bounds' },
  transfer_not_found: { retry: 'never', meaning: 'The transaction was not found' },
  transfer_not_pending: { retry: 'never', meaning: 'The transaction never was a hold' },
  not_reversible: { retry: 'never', meaning: 'The transaction cannot be reversed' },
  already_completed: { retry: 'never', meaning: 'The hold was captured already' },
  already_voided: { retry: 'never', meaning: 'The hold was voided already' },
  hold_expired: { retry: 'never', meaning: 'The hold has expired' },
  exceeds_hold_amount: { retry: 'never', meaning: 'The amount is more than was held' },
  exceeds_reversible_amount: { retry: 'never', meaning: 'The amount is more than is left to reverse' },
  linked_transfer_failed: { retry: 'new_key', meaning: 'A transfer of the linked batch was refused' },
  account_not_found: { retry: 'never', meaning: 'The account was not found' },
  balance_not_zero: { retry: 'new_key', meaning: 'The balance must be zero before the account is closed' },
  holds_outstanding: { retry: 'new_key', meaning: 'Holds must end before the account is closed' },
  already_closed: { retry: 'never', meaning: 'The account is closed already' },
  nothing_to_erase: { retry: 'never', meaning: 'The transaction has no text that could be erased' },
  account_limit_reached: { retry: 'new_key', meaning: 'No more accounts can be opened' },
} as const satisfies Catalogue;

/** Errors that are not recorded: the request never reached the ledger's rules, or a fault stopped it. */
const problems = {
  unauthenticated: { retry: 'never', meaning: 'Sign in first' },
  session_expired: {
    retry: 'same_key',
    meaning: 'The session has ended, sign in again and repeat the request with the same key',
  },
  invalid_token: {
    retry: 'same_key',
    meaning: 'The session token is not valid, sign in and repeat the request with the same key',
  },
  invalid_credentials: { retry: 'never', meaning: 'The e-mail address or the password is wrong' },
  forbidden: { retry: 'never', meaning: 'Your role does not allow this' },
  cross_site_request: {
    retry: 'never',
    meaning: 'A request from another site cannot use the session cookie',
  },
  invalid_request: { retry: 'never', meaning: 'The request is not valid' },
  malformed_json: { retry: 'never', meaning: 'The body is not valid JSON' },
  body_too_large: { retry: 'never', meaning: 'The body is too large' },
  unsupported_media_type: { retry: 'never', meaning: 'The body must be application/json' },
  route_not_found: { retry: 'never', meaning: 'There is nothing at this path' },
  method_not_allowed: { retry: 'never', meaning: 'This path does not know this method' },
  idempotency_key_reused: { retry: 'never', meaning: 'This key was used for another request' },
  idempotency_key_not_found: {
    retry: 'same_key',
    meaning: 'Nothing is recorded under this key; a request with it may still be under way',
  },
  checkpoint_not_found: { retry: 'same_key', meaning: 'No checkpoint holds the account up to then' },
  user_not_found: { retry: 'never', meaning: 'The user was not found' },
  email_already_registered: { retry: 'never', meaning: 'This e-mail address is already registered' },
  too_many_requests: { retry: 'same_key', meaning: 'Too many requests, slow down' },
  queue_full: { retry: 'same_key', meaning: 'Too much work is waiting, nothing was done' },
  unavailable: { retry: 'same_key', meaning: 'The store cannot be reached, nothing was done' },
  storage_full: { retry: 'same_key', meaning: 'The store has no space left, nothing was done' },
  outcome_unknown: { retry: 'same_key', meaning: 'The outcome is not known yet' },
  internal_error: { retry: 'same_key', meaning: 'Something went wrong on our side' },
} as const satisfies Catalogue;

type Catalogue = Record<string, { retry: Retry; meaning: string }>;

export type RefusalCode = keyof typeof refusals;
/** Code for a closed, frozen or full destination, in answers to anyone but its owner. */
export type MaskedCode = 'destination_account_unavailable';
export type ErrorCode = RefusalCode | MaskedCode | keyof typeof problems;

/** All error codes, with their meanings and retry advice. */
export const errorCatalogue: Readonly<Record<ErrorCode, { retry: Retry; meaning: string }>> = {
  ...refusals,
  destination_account_unavailable: {
    retry: 'new_key',
    meaning: 'The account to credit cannot take this amount',
  },
  ...problems,
};

export type FieldError = { field: string; message: string };

/** Facts that an error carries in addition to its code. Each is safe to show to the caller. */
export type ErrorFacts = {
  /** Subject of the error, such as a path or a limit. Appended to the meaning. */
  subject?: string;
  errors?: readonly FieldError[];
  retryAfterSeconds?: number;
  /** Sentence that replaces the code's meaning if that is too general. */
  reason?: string;
};

/** The only error class of the core, with a stable `code` and typed facts. Refusals are results and are not thrown. */
export class PassbookError extends Error {
  override readonly name = 'PassbookError';
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(messageOf(code, facts), options);
    this.code = code;
    this.facts = facts;
  }

  get retry(): Retry {
    return errorCatalogue[this.code].retry;
  }
}

/** Makes the error for a request with one malformed field. */
export function invalid(field: string, message: string): PassbookError {
  return new PassbookError('invalid_request', { errors: [{ field, message }] });
}

function messageOf(code: ErrorCode, facts: ErrorFacts): string {
  const meaning = facts.reason ?? errorCatalogue[code].meaning;
  const faults =
    facts.subject ?? facts.errors?.map((error) => `"${error.field}" ${error.message}`).join('; ');
  return faults ? `${meaning}: ${faults}` : meaning;
}
