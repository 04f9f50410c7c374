import type { Instant } from './time.ts';

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
  accounts_must_be_different: {
    retry: 'never',
    meaning: 'The two accounts must be different',
    remedy: 'Name another account as the source or as the destination.',
  },
  source_account_not_found: {
    retry: 'never',
    meaning: 'The account to debit was not found',
    remedy: 'Check the id. You can debit only an account of your own.',
  },
  destination_account_not_found: {
    retry: 'never',
    meaning: 'The account to credit was not found',
    remedy: 'Check the id with the person who gave it to you.',
  },
  source_account_closed: {
    retry: 'never',
    meaning: 'The account to debit is closed',
    remedy: 'Pay from another account. A closed account stays closed.',
  },
  destination_account_closed: {
    retry: 'never',
    meaning: 'The account to credit is closed',
    remedy: 'Pay to another account. A closed account stays closed.',
  },
  source_account_frozen: {
    retry: 'new_key',
    meaning: 'The account to debit is frozen',
    remedy: 'Ask the bank why the account is frozen, or pay from another one.',
  },
  destination_account_frozen: {
    retry: 'new_key',
    meaning: 'The account to credit is frozen',
    remedy: 'Ask the bank why the account is frozen, or pay to another one.',
  },
  currency_mismatch: {
    retry: 'never',
    meaning: 'The currencies of the request and its accounts differ',
    remedy:
      'Use accounts of one currency, and leave `currency` out or name theirs. Only an exchange moves money between currencies.',
  },
  external_id_taken: {
    retry: 'never',
    meaning: 'Another account or transfer has this external id',
    remedy: 'Find the one that has it with `?externalId=`, or choose another external id.',
  },
  insufficient_funds: {
    retry: 'new_key',
    meaning: 'The available balance is too low',
    remedy: 'Read the available balance, then pay less or add money first.',
  },
  exceeds_maximum_balance: {
    retry: 'new_key',
    meaning: 'The credit would exceed the maximum balance',
    remedy: 'Send a smaller amount, or ask the bank for a higher limit.',
  },
  amount_overflow: {
    retry: 'new_key',
    meaning: 'The amount would take a balance out of its bounds',
    remedy: 'Send a smaller amount: no balance can go beyond 9,007,199,254,740,991 minor units.',
  },
  transfer_not_found: {
    retry: 'never',
    meaning: 'The transaction was not found',
    remedy: 'Check the id. You can see only transactions that you are a party of.',
  },
  transfer_not_pending: {
    retry: 'never',
    meaning: 'The transaction never was a hold',
    remedy: 'Capture or void only a transaction that was made with `pending`.',
  },
  not_reversible: {
    retry: 'never',
    meaning: 'The transaction cannot be reversed',
    remedy: 'Reverse only a completed transaction, and never a reversal.',
  },
  already_completed: {
    retry: 'never',
    meaning: 'The hold was captured already',
    remedy: 'Nothing is left to do: read the transaction to see the captured amount.',
  },
  already_voided: {
    retry: 'never',
    meaning: 'The hold was voided already',
    remedy: 'Nothing is left to do. To take the money after all, ask the payer for a new transaction.',
  },
  hold_expired: {
    retry: 'never',
    meaning: 'The hold has expired',
    remedy: 'Ask the payer for a new hold: the money went back.',
  },
  exceeds_hold_amount: {
    retry: 'never',
    meaning: 'The amount is more than was held',
    remedy: 'Capture at most the amount of the hold.',
  },
  exceeds_reversible_amount: {
    retry: 'never',
    meaning: 'The amount is more than is left to reverse',
    remedy: 'Read the transaction, and reverse at most its amount less `amountReversed`.',
  },
  linked_transfer_failed: {
    retry: 'new_key',
    meaning: 'A transfer of the linked batch was refused',
    remedy:
      'Read `results`: the transfer that failed has a code of its own. Mend it, and send the batch under a new key.',
  },
  account_not_found: {
    retry: 'never',
    meaning: 'The account was not found',
    remedy: 'Check the id. You can see only accounts of your own.',
  },
  balance_not_zero: {
    retry: 'new_key',
    meaning: 'The balance must be zero before the account is closed',
    remedy: 'Move the rest of the money, or name an account in `sweepTo`.',
  },
  holds_outstanding: {
    retry: 'new_key',
    meaning: 'Holds must end before the account is closed',
    remedy: 'Wait until the holds are captured, voided or expired.',
  },
  already_closed: {
    retry: 'never',
    meaning: 'The account is closed already',
    remedy: 'Use another account. A closed account stays closed.',
  },
  nothing_to_erase: {
    retry: 'never',
    meaning: 'The transaction has no text that could be erased',
    remedy: 'Nothing is left to do: the transaction has no description and no metadata.',
  },
  account_limit_reached: {
    retry: 'new_key',
    meaning: 'No more accounts can be opened',
    remedy: 'Use an account that you have, or ask the bank for a higher limit.',
  },
} as const satisfies Catalogue;

/** Errors that are not recorded: the request never reached the ledger's rules, or a fault stopped it. */
const problems = {
  unauthenticated: {
    retry: 'never',
    meaning: 'Sign in first',
    remedy: 'Register or sign in, then send the token as a Bearer token or as the session cookie.',
  },
  session_expired: {
    retry: 'same_key',
    meaning: 'The session has ended, sign in again and repeat the request with the same key',
    remedy: 'Sign in again, then send the same request with the same key.',
  },
  invalid_token: {
    retry: 'same_key',
    meaning: 'The session token is not valid, sign in and repeat the request with the same key',
    remedy: 'Check that the token or API key is whole and comes from this server. Otherwise sign in again.',
  },
  invalid_credentials: {
    retry: 'never',
    meaning: 'The e-mail address or the password is wrong',
    remedy: 'Check both and try again. The answer does not say which of them is wrong.',
  },
  user_locked: {
    retry: 'never',
    meaning: 'The bank has locked your access',
    remedy: 'Ask the bank why. Your money is where it was.',
  },
  second_factor_required: {
    retry: 'never',
    meaning: 'A second factor is required',
    remedy: 'Send the same request with `code` or `passkey`: `methods` names what the user has set up.',
  },
  invalid_second_factor: {
    retry: 'never',
    meaning: 'The code or the passkey is not accepted',
    remedy: 'Wait for the next code, or ask for a new challenge. Each works once, and for a short time.',
  },
  second_factor_setup_required: {
    retry: 'same_key',
    meaning: 'Your role needs a second factor',
    remedy: 'Set up an authenticator app or a passkey, or sign in with it. Then send the same request again.',
  },
  second_factor_already_set_up: {
    retry: 'never',
    meaning: 'An authenticator app is set up already',
    remedy: 'Remove it before you set up another one.',
  },
  second_factor_not_found: {
    retry: 'never',
    meaning: 'This second factor is not set up',
    remedy: 'Read the list of your second factors.',
  },
  step_up_required: {
    retry: 'same_key',
    meaning: 'The order needs a confirmation',
    remedy:
      'Confirm exactly this order with your second factor. Then send it with the `confirmation` and the same key.',
  },
  key_expired: {
    retry: 'never',
    meaning: 'The API key has expired',
    remedy: 'Make a new key, and give it to the program.',
  },
  insufficient_scope: {
    retry: 'never',
    meaning: 'The API key does not allow this',
    remedy: 'Use a key with the scopes that the route needs, or sign in. No key can make or revoke keys.',
  },
  exceeds_key_limit: {
    retry: 'never',
    meaning: 'The amount is above the limit of the API key',
    remedy: 'Send a smaller amount, or make a key with a higher limit.',
  },
  api_key_not_found: {
    retry: 'never',
    meaning: 'The API key was not found',
    remedy: 'List your keys, and use an id of the list.',
  },
  api_key_limit_reached: {
    retry: 'never',
    meaning: 'No more API keys can be made',
    remedy: 'Revoke a key that no program uses, then make the new one.',
  },
  payee_not_found: {
    retry: 'never',
    meaning: 'The payee was not found',
    remedy: 'List your payees, and use an id of the list.',
  },
  payee_limit_reached: {
    retry: 'never',
    meaning: 'No more payees can be saved',
    remedy: 'Forget a payee that you no longer pay, then save the new one.',
  },
  forbidden: {
    retry: 'never',
    meaning: 'Your role does not allow this',
    remedy: 'Sign in as a user whose role allows the request.',
  },
  cross_site_request: {
    retry: 'never',
    meaning: 'A request from another site cannot use the session cookie',
    remedy: "Send the request from the bank's own pages, or authenticate with a Bearer token.",
  },
  invalid_request: {
    retry: 'never',
    meaning: 'The request is not valid',
    remedy: 'Read `errors`: each names a field and says what it must be. Mend the request.',
  },
  malformed_json: {
    retry: 'never',
    meaning: 'The body is not valid JSON',
    remedy: 'Send one JSON object in UTF-8, made by a JSON library.',
  },
  body_too_large: {
    retry: 'never',
    meaning: 'The body is too large',
    remedy: 'Send at most 64 KiB, or at most 2 MiB in a batch. Split a larger batch.',
  },
  unsupported_media_type: {
    retry: 'never',
    meaning: 'The body must be application/json',
    remedy: 'Send the header `Content-Type: application/json` and an uncompressed body.',
  },
  route_not_found: {
    retry: 'never',
    meaning: 'There is nothing at this path',
    remedy: 'Check the path in the list of routes.',
  },
  method_not_allowed: {
    retry: 'never',
    meaning: 'This path does not know this method',
    remedy: 'Use one of the methods in the header `Allow`.',
  },
  idempotency_key_reused: {
    retry: 'never',
    meaning: 'This key was used for another request',
    remedy:
      'Use a new key for a new request. To retry a request, repeat it unchanged: `errors` names the first field that differs.',
  },
  idempotency_key_not_found: {
    retry: 'same_key',
    meaning: 'Nothing is recorded under this key; a request with it may still be under way',
    remedy: 'Send the request under this key: it takes effect at most once.',
  },
  checkpoint_not_found: {
    retry: 'same_key',
    meaning: 'No checkpoint holds the account up to then',
    remedy: 'Wait for the next checkpoint, or ask for an earlier period.',
  },
  statement_too_long: {
    retry: 'never',
    meaning: 'The period has too many entries for a PDF',
    remedy: 'Ask for a shorter period, or for CSV, which has no limit.',
  },
  link_not_valid: {
    retry: 'never',
    meaning: 'This link is not valid, was used or has expired',
    remedy: 'Ask for a new link. Only the newest one works, and once.',
  },
  user_not_found: {
    retry: 'never',
    meaning: 'The user was not found',
    remedy: 'Check the e-mail address or the id.',
  },
  session_not_found: {
    retry: 'never',
    meaning: 'The session was not found',
    remedy: 'List your sessions. One that has ended cannot be revoked.',
  },
  email_already_registered: {
    retry: 'never',
    meaning: 'This e-mail address is already registered',
    remedy: 'Sign in with this address, or register with another one.',
  },
  too_many_requests: {
    retry: 'same_key',
    meaning: 'Too many requests, slow down',
    remedy: 'Wait for the seconds in the header `Retry-After`, then send the same request with the same key.',
  },
  queue_full: {
    retry: 'same_key',
    meaning: 'Too much work is waiting, nothing was done',
    remedy: 'Wait for the seconds in the header `Retry-After`, then send the same request with the same key.',
  },
  unavailable: {
    retry: 'same_key',
    meaning: 'The store cannot be reached, nothing was done',
    remedy: 'Wait for the seconds in the header `Retry-After`, then send the same request with the same key.',
  },
  storage_full: {
    retry: 'same_key',
    meaning: 'The store has no space left, nothing was done',
    remedy:
      "Reads still work. The bank's operators must free space, or make the store writable. Then send the same request with the same key.",
  },
  maintenance: {
    retry: 'same_key',
    meaning: 'The bank takes no changes during maintenance, nothing was done',
    remedy:
      'Reads still work. Wait for the seconds in the header `Retry-After`, then send the same request with the same key.',
  },
  outcome_unknown: {
    retry: 'same_key',
    meaning: 'The outcome is not known yet',
    remedy: 'Send the same request with the same key: the answer then says what happened.',
  },
  internal_error: {
    retry: 'same_key',
    meaning: 'Something went wrong on our side',
    remedy:
      'Send the same request with the same key. If it fails again, report the `X-Request-Id` of the answer.',
  },
} as const satisfies Catalogue;

type ErrorEntry = {
  readonly retry: Retry;
  readonly meaning: string;
  /** Advice for the caller. */
  readonly remedy: string;
};

type Catalogue = Record<string, ErrorEntry>;

export type RefusalCode = keyof typeof refusals;
/** Code for a closed, frozen or full destination, in answers to anyone but its owner. */
export type MaskedCode = 'destination_account_unavailable';
export type ErrorCode = RefusalCode | MaskedCode | keyof typeof problems;

/** All error codes, with their meanings, retry advice and remedies. */
export const errorCatalogue: Readonly<Record<ErrorCode, ErrorEntry>> = {
  ...refusals,
  destination_account_unavailable: {
    retry: 'new_key',
    meaning: 'The account to credit cannot take this amount',
    remedy: 'Ask the payee, who can see why, or pay to another account.',
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
  /** The part of the bank that fails, such as `store`. */
  component?: string;
  /** Start of the fault, or of the maintenance. */
  since?: Instant;
  /** Second factors that the user has set up. */
  methods?: readonly string[];
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
