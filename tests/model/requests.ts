/** What is malformed in a request, as the model tells it: the first field at fault, in the order of the fields. */
import { isMistyped } from './account-numbers.ts';
import { BOUND, EXPONENTS } from './model.ts';

type Request = {
  readonly accountId?: string;
  readonly sourceAccountId?: string;
  readonly destinationAccountId?: string;
  readonly sweepTo?: string;
  readonly amount?: bigint;
  readonly sourceAmount?: bigint;
  readonly destinationAmount?: bigint;
  readonly currency?: string;
  readonly description?: string;
  readonly reference?: string;
  readonly externalId?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly idempotencyKey?: string;
};

const isAmount = (amount: bigint) => amount >= 1n && amount <= BOUND;

const WELL_FORMED: { readonly [Field in keyof Request]-?: (value: NonNullable<Request[Field]>) => boolean } =
  {
    accountId: isAccountName,
    sourceAccountId: isAccountName,
    destinationAccountId: isAccountName,
    sweepTo: isAccountName,
    amount: isAmount,
    sourceAmount: isAmount,
    destinationAmount: isAmount,
    currency: (currency) => currency in EXPONENTS,
    description: isPlainText,
    reference: (text) => isPlainText(text) && text.length <= 35,
    externalId: (id) => /^[\x21-\x7e]{1,255}$/.test(id),
    name: isPlainText,
    reason: isPlainText,
    idempotencyKey: (key) => /^[\x20-\x7e]{1,255}$/.test(key),
  };

/** Of these fields, which the request may leave out. */
export function malformedField<Field extends keyof Request>(
  request: Request,
  fields: readonly Field[],
): Field | undefined {
  return fields.find((field) => {
    const value = request[field];
    const isWellFormed = WELL_FORMED[field] as (value: unknown) => boolean;
    return value !== undefined && !isWellFormed(value);
  });
}

function isAccountName(text: string): boolean {
  return !isMistyped(text);
}

function isPlainText(text: string): boolean {
  return text !== '' && !text.includes('\n');
}
