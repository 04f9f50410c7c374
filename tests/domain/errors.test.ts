import { describe, expect, it } from 'vitest';
import { errorCatalogue, invalid, PassbookError } from '../../src/domain/errors.ts';
import type { ErrorCode, Retry } from '../../src/domain/errors.ts';

/** A new code must be thought about here too: what may be retried is a promise. */
const RETRY: Readonly<Record<ErrorCode, Retry>> = {
  accounts_must_be_different: 'never',
  source_account_not_found: 'never',
  destination_account_not_found: 'never',
  source_account_closed: 'never',
  destination_account_closed: 'never',
  source_account_frozen: 'new_key',
  destination_account_frozen: 'new_key',
  currency_mismatch: 'never',
  insufficient_funds: 'new_key',
  exceeds_maximum_balance: 'new_key',
  amount_overflow: 'new_key',
  transfer_not_found: 'never',
  transfer_not_pending: 'never',
  not_reversible: 'never',
  already_completed: 'never',
  already_voided: 'never',
  hold_expired: 'never',
  exceeds_hold_amount: 'never',
  exceeds_reversible_amount: 'never',
  linked_transfer_failed: 'new_key',
  balance_not_zero: 'new_key',
  holds_outstanding: 'new_key',
  already_closed: 'never',
  external_id_taken: 'never',
  nothing_to_erase: 'never',
  account_limit_reached: 'new_key',
  destination_account_unavailable: 'new_key',
  unauthenticated: 'never',
  session_expired: 'same_key',
  invalid_token: 'same_key',
  invalid_credentials: 'never',
  user_locked: 'never',
  second_factor_required: 'never',
  invalid_second_factor: 'never',
  second_factor_setup_required: 'same_key',
  second_factor_already_set_up: 'never',
  second_factor_not_found: 'never',
  step_up_required: 'same_key',
  key_expired: 'never',
  insufficient_scope: 'never',
  exceeds_key_limit: 'never',
  api_key_not_found: 'never',
  api_key_limit_reached: 'never',
  payee_not_found: 'never',
  payee_limit_reached: 'never',
  forbidden: 'never',
  cross_site_request: 'never',
  invalid_request: 'never',
  malformed_json: 'never',
  body_too_large: 'never',
  unsupported_media_type: 'never',
  route_not_found: 'never',
  method_not_allowed: 'never',
  idempotency_key_reused: 'never',
  idempotency_key_not_found: 'same_key',
  account_not_found: 'never',
  checkpoint_not_found: 'same_key',
  statement_too_long: 'never',
  link_not_valid: 'never',
  user_not_found: 'never',
  session_not_found: 'never',
  email_already_registered: 'never',
  too_many_requests: 'same_key',
  queue_full: 'same_key',
  unavailable: 'same_key',
  storage_full: 'same_key',
  maintenance: 'same_key',
  outcome_unknown: 'same_key',
  internal_error: 'same_key',
};

describe('the catalogue of errors', () => {
  it('says for every code how to retry', () => {
    const retry = Object.entries(errorCatalogue).map(([code, { retry: may }]) => [code, may]);
    expect(Object.fromEntries(retry)).toEqual(RETRY);
  });

  it.each(Object.entries(errorCatalogue))(
    'has a meaning for %s, as a sentence without a full stop',
    (_, entry) => {
      expect(entry.meaning).toMatch(/^[A-Z][^.\n]+[^.\s]$/);
    },
  );

  it('has codes that are words in lower case', () => {
    expect(Object.keys(errorCatalogue).filter((code) => !/^[a-z]+(_[a-z]+)*$/.test(code))).toEqual([]);
  });

  it('gives each code a different meaning', () => {
    const meanings = Object.values(errorCatalogue).map(({ meaning }) => meaning);
    expect(new Set(meanings).size).toBe(meanings.length);
  });
});

describe('an error of the ledger', () => {
  it('carries its code, its retry advice, its facts and its meaning', () => {
    const cause = new Error('socket closed');
    const error = new PassbookError('unavailable', { retryAfterSeconds: 1 }, { cause });
    expect(error).toBeInstanceOf(Error);
    expect({
      name: error.name,
      code: error.code,
      retry: error.retry,
      facts: error.facts,
      message: error.message,
      cause: error.cause,
    }).toEqual({
      name: 'PassbookError',
      code: 'unavailable',
      retry: 'same_key',
      facts: { retryAfterSeconds: 1 },
      message: 'The store cannot be reached, nothing was done',
      cause,
    });
  });

  it('quotes the faulty fields', () => {
    const errors = [
      { field: 'amount', message: 'must be above 0' },
      { field: 'currency', message: 'must be a code' },
    ];
    expect(new PassbookError('invalid_request', { errors }).message).toBe(
      'The request is not valid: "amount" must be above 0; "currency" must be a code',
    );
  });

  it('of one field names that field', () => {
    const { code, facts, message } = invalid('amount', 'must be above 0');
    expect({ code, facts, message }).toEqual({
      code: 'invalid_request',
      facts: { errors: [{ field: 'amount', message: 'must be above 0' }] },
      message: 'The request is not valid: "amount" must be above 0',
    });
  });
});
