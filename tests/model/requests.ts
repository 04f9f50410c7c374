/** What is malformed in a request, as the model tells it: the first field at fault, in the order of the fields. */
import { BOUND, EXPONENTS } from './model.ts';

type Request = {
  readonly amount?: bigint;
  readonly sourceAmount?: bigint;
  readonly destinationAmount?: bigint;
  readonly currency?: string;
  readonly description?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly idempotencyKey?: string;
};

const isAmount = (amount: bigint) => amount >= 1n && amount <= BOUND;

const WELL_FORMED: { readonly [Field in keyof Request]-?: (value: NonNullable<Request[Field]>) => boolean } =
  {
    amount: isAmount,
    sourceAmount: isAmount,
    destinationAmount: isAmount,
    currency: (currency) => currency in EXPONENTS,
    description: isPlainText,
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

function isPlainText(text: string): boolean {
  return text !== '' && !text.includes('\n');
}
