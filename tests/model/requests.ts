/** What is malformed in a request, as the model tells it; the test makes no request with two faults. */
import { BOUND, EXPONENTS } from './model.ts';

type Request = {
  readonly amount?: bigint;
  readonly currency?: string;
  readonly description?: string;
  readonly name?: string;
  readonly idempotencyKey?: string;
};

export function malformedField({
  amount,
  currency,
  description,
  name,
  idempotencyKey,
}: Request): keyof Request | undefined {
  if (amount !== undefined && (amount < 1n || amount > BOUND)) return 'amount';
  if (currency !== undefined && !(currency in EXPONENTS)) return 'currency';
  if (description !== undefined && !isPlainText(description)) return 'description';
  if (name !== undefined && !isPlainText(name)) return 'name';
  return idempotencyKey === undefined || /^[\x20-\x7e]{1,255}$/.test(idempotencyKey)
    ? undefined
    : 'idempotencyKey';
}

function isPlainText(text: string): boolean {
  return text !== '' && !text.includes('\n');
}
