import { STATUS_CODES } from 'node:http';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from '../../../application/ports/runtime.ts';
import type { Refused } from '../../../application/views.ts';
import { errorCatalogue, PassbookError } from '../../../domain/errors.ts';
import type { ErrorCode, ErrorFacts, FieldError, Retry } from '../../../domain/errors.ts';
import type { HttpEnv } from '../env.ts';

/** HTTP status by error code. No other place maps one to the other. */
export const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  accounts_must_be_different: 400,
  source_account_not_found: 404,
  destination_account_not_found: 404,
  source_account_closed: 400,
  destination_account_closed: 400,
  source_account_frozen: 400,
  destination_account_frozen: 400,
  destination_account_unavailable: 400,
  currency_mismatch: 400,
  insufficient_funds: 400,
  exceeds_maximum_balance: 400,
  amount_overflow: 400,
  account_limit_reached: 400,
  transfer_not_pending: 400,
  not_reversible: 400,
  already_completed: 409,
  already_voided: 409,
  hold_expired: 409,
  exceeds_hold_amount: 400,
  exceeds_reversible_amount: 400,
  linked_transfer_failed: 400,
  balance_not_zero: 400,
  holds_outstanding: 400,
  already_closed: 409,
  external_id_taken: 409,
  nothing_to_erase: 409,
  unauthenticated: 401,
  session_expired: 401,
  invalid_token: 401,
  invalid_credentials: 401,
  user_locked: 403,
  second_factor_required: 401,
  invalid_second_factor: 401,
  second_factor_setup_required: 403,
  second_factor_already_set_up: 409,
  second_factor_not_found: 404,
  step_up_required: 403,
  key_expired: 401,
  insufficient_scope: 403,
  exceeds_key_limit: 403,
  api_key_not_found: 404,
  api_key_limit_reached: 400,
  payee_not_found: 404,
  payee_limit_reached: 400,
  forbidden: 403,
  cross_site_request: 403,
  invalid_request: 400,
  malformed_json: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  route_not_found: 404,
  method_not_allowed: 405,
  idempotency_key_reused: 422,
  idempotency_key_not_found: 404,
  account_not_found: 404,
  transfer_not_found: 404,
  checkpoint_not_found: 404,
  statement_too_long: 422,
  link_not_valid: 400,
  user_not_found: 404,
  session_not_found: 404,
  email_already_registered: 409,
  too_many_requests: 429,
  queue_full: 503,
  unavailable: 503,
  storage_full: 503,
  maintenance: 503,
  outcome_unknown: 503,
  internal_error: 500,
};

/** An error response (RFC 9457). */
export type Problem = {
  /** Link to the page about the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The detail again, for older clients. */
  readonly message: string;
  readonly code: ErrorCode;
  readonly retry: Retry;
  /** Set for a dry run, which stores nothing. */
  readonly dryRun?: true;
  /** Set for a stored rejection. */
  readonly transactionId?: string;
  readonly errors?: readonly FieldError[];
  /** Set where a second factor is required: those that the user has set up. */
  readonly methods?: readonly string[];
  /** Set while the bank refuses changes: the part that fails, such as `store`. Absent during maintenance. */
  readonly component?: string;
  /** Set while the bank refuses changes: since when, as RFC 3339. */
  readonly since?: string;
  /** Set for a failed linked batch: the result of each transfer. */
  readonly results?: readonly unknown[];
};

type ProblemFacts = ErrorFacts & {
  readonly transactionId?: string | null;
  readonly dryRun?: true;
  readonly results?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
};

const RETRY_AFTER_SECONDS = 1;

/** The server's page of errors. */
const ERRORS_PAGE = '/docs/errors';

export function problemOf(
  code: ErrorCode,
  facts: ProblemFacts = {},
  {
    status = STATUS[code],
    errorsPage = ERRORS_PAGE,
  }: { status?: number; errorsPage?: string | null | undefined } = {},
): Problem {
  const { errors, methods, component, since, transactionId, dryRun, results } = facts;
  const detail = new PassbookError(code, facts).message;
  return {
    // Without a page, `code` alone says which problem it is (RFC 9457, section 4.2.1)
    type: errorsPage === null ? 'about:blank' : `${errorsPage}#${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    message: detail,
    code,
    retry: errorCatalogue[code].retry,
    ...(dryRun ? { dryRun } : {}),
    ...(transactionId ? { transactionId } : {}),
    ...(errors ? { errors } : {}),
    ...(methods ? { methods } : {}),
    ...(component === undefined ? {} : { component }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    ...(results ? { results } : {}),
  };
}

export function sendProblem(c: Context, code: ErrorCode, facts: ProblemFacts = {}): Response {
  const status = STATUS[code];
  c.set('code', code);
  return c.body(JSON.stringify(problemOf(code, facts, { errorsPage: errorsPageOf(c) })), status, {
    ...facts.headers,
    ...headersFor(code, facts),
    'Content-Type': 'application/problem+json',
  });
}

/** Where problems of this app link to. Undefined: the server's own page. */
export function errorsPageOf(c: Context): string | null | undefined {
  return c.get('errorsPage') as HttpEnv['Variables']['errorsPage'];
}

/** Sends a refusal that the ledger decided or replayed. */
export function sendRefusal(c: Context, refused: Refused): Response {
  const { code, transferId, field, dryRun } = refused;
  return sendProblem(c, code, {
    transactionId: transferId,
    headers: replayHeader(refused),
    ...(dryRun ? { dryRun } : {}),
    ...(field === undefined
      ? {}
      : { errors: [{ field, message: 'differs from the request first made with this key' }] }),
  });
}

/** The header of a replay. A dry run is never one, even under a used key: its answer was not given before. */
export function replayHeader({
  replayed,
  dryRun,
}: Pick<Refused, 'replayed' | 'dryRun'>): Record<string, string> {
  return replayed && !dryRun ? { 'Idempotent-Replayed': 'true' } : {};
}

/** Answers anything thrown. An unknown error is logged, and answered as `internal_error` without its text. */
export function problemHandler({ log }: { log: Logger }) {
  return (error: unknown, c: Context<HttpEnv>): Response => {
    const { code, facts } = error instanceof PassbookError ? error : new PassbookError('internal_error');
    if (STATUS[code] >= 500) log.error({ err: error, requestId: c.get('requestId'), code }, 'request failed');
    return sendProblem(c, code, facts);
  };
}

/** Headers that the status of a problem requires. */
export function headersFor(code: ErrorCode, { retryAfterSeconds }: ErrorFacts): Record<string, string> {
  const status: number = STATUS[code];
  switch (status) {
    case 401: {
      // RFC 9110 (15.5.2) requires a challenge, and cookies have none. The error is that of RFC 6750, section 3.1
      const isTokenRefused = code === 'session_expired' || code === 'invalid_token' || code === 'key_expired';
      return { 'WWW-Authenticate': isTokenRefused ? 'Bearer error="invalid_token"' : 'Bearer' };
    }
    case 429:
    case 503:
      return { 'Retry-After': String(retryAfterSeconds ?? RETRY_AFTER_SECONDS) };
    default:
      return {};
  }
}
