import { describe, expect, test } from 'vitest';
import { problemOf } from '../../../src/adapters/http/responses/problem.ts';
import { errorCatalogue } from '../../../src/domain/errors.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';

/** The table that clients rely on, written out: not found, already ended, refused, another payload, too many, unknown. */
const CODES: Readonly<Record<number, readonly ErrorCode[]>> = {
  400: [
    'accounts_must_be_different',
    'source_account_closed',
    'destination_account_closed',
    'source_account_frozen',
    'destination_account_frozen',
    'destination_account_unavailable',
    'currency_mismatch',
    'insufficient_funds',
    'exceeds_maximum_balance',
    'amount_overflow',
    'account_limit_reached',
    'transfer_not_pending',
    'not_reversible',
    'exceeds_hold_amount',
    'exceeds_reversible_amount',
    'linked_transfer_failed',
    'balance_not_zero',
    'holds_outstanding',
    'invalid_request',
    'malformed_json',
    'link_not_valid',
    'api_key_limit_reached',
    'payee_limit_reached',
  ],
  401: [
    'unauthenticated',
    'session_expired',
    'invalid_token',
    'invalid_credentials',
    'key_expired',
    'second_factor_required',
    'invalid_second_factor',
  ],
  403: [
    'user_locked',
    'forbidden',
    'cross_site_request',
    'insufficient_scope',
    'exceeds_key_limit',
    'second_factor_setup_required',
    'step_up_required',
  ],
  404: [
    'source_account_not_found',
    'destination_account_not_found',
    'account_not_found',
    'transfer_not_found',
    'checkpoint_not_found',
    'user_not_found',
    'session_not_found',
    'idempotency_key_not_found',
    'route_not_found',
    'api_key_not_found',
    'payee_not_found',
    'second_factor_not_found',
  ],
  405: ['method_not_allowed'],
  409: [
    'already_completed',
    'already_voided',
    'hold_expired',
    'already_closed',
    'external_id_taken',
    'nothing_to_erase',
    'email_already_registered',
    'second_factor_already_set_up',
  ],
  413: ['body_too_large'],
  415: ['unsupported_media_type'],
  422: ['idempotency_key_reused', 'statement_too_long'],
  429: ['too_many_requests'],
  500: ['internal_error'],
  503: ['queue_full', 'unavailable', 'storage_full', 'maintenance', 'outcome_unknown'],
};

describe('The status of a problem', () => {
  const table = Object.entries(CODES).flatMap(([status, codes]) =>
    codes.map((code) => [code, Number(status)] as const),
  );

  test('is tested for every error code', () => {
    expect(table.map(([code]) => code).sort()).toEqual(Object.keys(errorCatalogue).sort());
  });

  test.each(table)('%s: %i', (code, status) => {
    expect(problemOf(code)).toMatchObject({ status, code, retry: errorCatalogue[code].retry });
  });

  test('of 429 and 5xx is always to be retried with the same key', () => {
    const faults = table.filter(([, status]) => status === 429 || status >= 500);

    expect(faults.map(([code]) => errorCatalogue[code].retry)).toEqual(faults.map(() => 'same_key'));
  });
});
