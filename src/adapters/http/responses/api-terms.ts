import { PassbookError } from '../../../domain/errors.ts';

/** API names of fields that the core names differently. */
const API_FIELDS: ReadonlyMap<string, string> = new Map([
  ['sourceAccountId', 'fromAccount'],
  ['destinationAccountId', 'toAccount'],
  ['sourceAmount', 'fromAmount'],
  ['destinationAmount', 'toAmount'],
  ['transferId', 'transactionId'],
  ['accountId', 'account'],
]);

/** Returns the result, or throws its error, with field names of the API. */
export async function inApiTerms<R extends { readonly field?: string } | object>(
  result: Promise<R>,
): Promise<R> {
  try {
    const settled = await result;
    return 'field' in settled && typeof settled.field === 'string'
      ? { ...settled, field: apiField(settled.field) }
      : settled;
  } catch (error) {
    if (!(error instanceof PassbookError && error.facts.errors)) throw error;
    const errors = error.facts.errors.map(({ field, message }) => ({ field: apiField(field), message }));
    throw new PassbookError(error.code, { ...error.facts, errors }, { cause: error });
  }
}

function apiField(field: string): string {
  // Keys of metadata belong to the client
  const end = field.indexOf('metadata.');
  const ours = end === -1 ? field : field.slice(0, end);
  const names = ours.split('.').map((name) => API_FIELDS.get(name) ?? name);
  return names.join('.') + field.slice(ours.length);
}
