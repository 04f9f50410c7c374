import type { Context } from 'hono';
import type { FC } from 'hono/jsx';
import { errorCatalogue, PassbookError } from '../../domain/errors.ts';
import type { ErrorCode, ErrorFacts } from '../../domain/errors.ts';

/** A sentence for people about an error, and what to do about it. */
export type FaultText = {
  readonly title: string;
  readonly advice: string | null;
  /** Field at fault, if it is one. */
  readonly field?: string;
};

/** Advice that is written for programs reads differently on a page. */
const ON_PAGES: Partial<Record<ErrorCode, FaultText>> = {
  insufficient_funds: {
    title: 'There is not enough money available',
    advice: 'Choose a smaller amount, or add money to the account first. Nothing was sent.',
  },
  destination_account_not_found: {
    title: 'No account has this number',
    advice: 'Check the number with the person who gave it to you. Nothing was sent.',
  },
  destination_account_closed: {
    title: 'The account of the payee is closed',
    advice: 'Ask the payee for another account number. Nothing was sent.',
  },
  source_account_frozen: {
    title: 'Your account is frozen',
    advice: 'The bank has stopped payments from it. Ask the bank for the reason. Nothing was sent.',
  },
  destination_account_frozen: {
    title: 'The account of the payee takes no payments now',
    advice: 'Ask the payee for another account number. Nothing was sent.',
  },
  destination_account_unavailable: {
    title: 'The account of the payee takes no payments now',
    advice: 'Ask the payee for another account number. Nothing was sent.',
  },
  accounts_must_be_different: {
    title: 'You cannot send money from an account to itself',
    advice: 'Choose another account.',
  },
  currency_mismatch: {
    title: 'The two accounts have different currencies',
    advice: 'Choose an account of your own in the currency of the payee. Nothing was sent.',
  },
  source_account_closed: {
    title: 'Your account is closed',
    advice: 'Choose another account. Nothing was sent.',
  },
  source_account_not_found: {
    title: 'There is no such account of yours',
    advice: 'Choose another account. Nothing was sent.',
  },
  exceeds_maximum_balance: {
    title: 'The account may not hold so much money',
    advice: 'Choose a smaller amount, or ask the bank for a higher limit. Nothing was sent.',
  },
  amount_overflow: {
    title: 'The amount is too large',
    advice: 'Choose a smaller amount. Nothing was sent.',
  },
  idempotency_key_reused: {
    title: 'This form was sent before, with other content',
    advice: 'Look at your entries first. If the payment is not there, send this form again.',
  },
  step_up_required: {
    title: 'An amount this large needs a second factor',
    advice: 'Set up an authenticator app or a passkey under Security, then come back. Nothing was sent.',
  },
  transfer_not_pending: { title: 'Nothing is reserved by this payment', advice: null },
  not_reversible: { title: 'This payment cannot be refunded', advice: null },
  already_completed: { title: 'The money was taken already', advice: 'Nothing is left to do.' },
  already_voided: { title: 'The reservation was cancelled already', advice: 'Nothing is left to do.' },
  hold_expired: {
    title: 'The reservation has expired',
    advice: 'The money went back. Ask the payer for a new one.',
  },
  exceeds_hold_amount: {
    title: 'This is more than was reserved',
    advice: 'Choose at most the amount that was reserved.',
  },
  exceeds_reversible_amount: {
    title: 'This is more than is left to refund',
    advice: 'Choose a smaller amount. Nothing was sent.',
  },
  balance_not_zero: {
    title: 'There is still money in the account',
    advice: 'Choose another account of yours that gets the rest, or send the money first.',
  },
  holds_outstanding: {
    title: 'Money is still reserved in this account',
    advice: 'Wait until the reservations have ended, then close it.',
  },
  already_closed: { title: 'The account is closed already', advice: 'Nothing is left to do.' },
  account_limit_reached: {
    title: 'You cannot open any more accounts',
    advice: 'Use an account that you have, or ask the bank for a higher limit.',
  },
  payee_not_found: { title: 'There is no such payee', advice: 'You may have removed it. See your payees.' },
  payee_limit_reached: {
    title: 'Your list of payees is full',
    advice: 'Remove a payee whom you no longer pay, then save this one.',
  },
  invalid_credentials: {
    title: 'The e-mail address or the password is wrong',
    advice: 'Try again, or reset your password.',
  },
  invalid_second_factor: {
    title: 'The code is wrong or was used already',
    advice: 'Wait for the next code of your app, or use a recovery code.',
  },
  user_locked: {
    title: 'The bank has locked your access',
    advice: 'Ask the bank for the reason. Your money is safe.',
  },
  email_already_registered: {
    title: 'Somebody is registered with this e-mail address',
    advice: 'Sign in instead, or reset your password.',
  },
  too_many_requests: { title: 'Too many tries', advice: null },
  session_expired: { title: 'Your session has ended', advice: 'Sign in again. Nothing was lost.' },
  cross_site_request: {
    title: 'This form is no longer valid',
    advice: 'Go back, load the page again and repeat what you did. Nothing was done.',
  },
  unavailable: {
    title: 'The bank cannot do this at the moment',
    advice: 'Nothing was done. Try again in a minute.',
  },
  storage_full: {
    title: 'The bank cannot write at the moment',
    advice: 'Nothing was done. Try again later.',
  },
  outcome_unknown: {
    title: 'The bank does not know yet whether this was done',
    advice: 'Send the same form again: it takes effect once at most.',
  },
  queue_full: { title: 'The bank is very busy', advice: 'Nothing was done. Try again in a few seconds.' },
  internal_error: {
    title: 'Something went wrong in the bank',
    advice: 'It was noted. Check your entries before you try again.',
  },
  account_not_found: { title: 'There is no such account', advice: 'It does not exist, or it is not yours.' },
  transfer_not_found: {
    title: 'There is no such payment',
    advice: 'It does not exist, or you have no part in it.',
  },
  forbidden: { title: 'You may not do this', advice: 'Your role does not include it.' },
};

const MISTYPED = 'The account number is mistyped: its check digits do not match';

/** Returns what to tell a person about an error. */
export function faultText(code: ErrorCode, facts: ErrorFacts = {}): FaultText {
  const [first] = facts.errors ?? [];
  if (first?.message.includes('check digits')) {
    return { title: MISTYPED, advice: null, field: first.field };
  }
  if (first) return { title: `${labelOf(first.field)} ${first.message}`, advice: null, field: first.field };
  if (code === 'too_many_requests' && facts.retryAfterSeconds !== undefined) {
    return { title: 'Too many tries', advice: `Try again in ${waitText(facts.retryAfterSeconds)}.` };
  }
  const { meaning, remedy } = errorCatalogue[code];
  return ON_PAGES[code] ?? { title: facts.reason ?? meaning, advice: remedy };
}

function waitText(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

/** Names of fields for people. */
const LABELS: Readonly<Record<string, string>> = {
  email: 'The e-mail address',
  password: 'The password',
  name: 'The name',
  number: 'The account number',
  toAccount: 'The account number',
  destinationAccountId: 'The account number',
  sourceAccountId: 'The account to pay from',
  amount: 'The amount',
  description: 'The message',
  reference: 'The reference',
  label: 'The label',
  code: 'The code',
  sure: 'The box',
  from: 'The first day',
  to: 'The last day',
  minAmount: 'The smallest amount',
  maxAmount: 'The largest amount',
  currency: 'The currency',
  reason: 'The reason',
  minimumBalance: 'The lowest available balance',
  maximumBalance: 'The highest balance',
  sweepTo: 'The account that gets the rest',
  accountId: 'The account',
  role: 'The role',
  cursor: 'The page',
  idempotencyKey: 'The key of the form',
};

function labelOf(field: string): string {
  return LABELS[field] ?? `"${field}"`;
}

/** A box that tells what went wrong. Screen readers say it at once. */
export const FaultBox: FC<{ fault: FaultText | undefined; id?: string }> = ({ fault, id = 'fault' }) =>
  fault === undefined ? null : (
    <div class="note fault" role="alert" id={id}>
      <strong>{fault.title}.</strong>
      {fault.advice && ` ${fault.advice}`}
    </div>
  );

/** Returns the error of a failed attempt. @throws the error itself, if it is none that a person may see */
export function shownFault(
  error: unknown,
  c: Context,
  { edge }: { edge: { setStatus(c: Context, code: ErrorCode, facts?: ErrorFacts): void } },
): FaultText {
  if (!(error instanceof PassbookError)) throw error;
  if (error.code === 'unauthenticated' || error.code === 'session_expired') throw error;
  edge.setStatus(c, error.code, error.facts);
  return faultText(error.code, error.facts);
}
