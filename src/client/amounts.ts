/** Fields that hold an amount in minor units: a JSON number, within plus or minus 2^53 - 1. */
export const AMOUNTS = [
  'amount',
  'amountCaptured',
  'amountReversed',
  'available',
  'balance',
  'closingBalance',
  'fromAmount',
  'held',
  'maximumBalance',
  'minimumBalance',
  'openingBalance',
  'toAmount',
  'transferLimit',
] as const;

/** Fields that hold a sum in minor units: decimal text, without a bound. */
export const SUMS = ['credits', 'debits', 'totalIn', 'totalOut'] as const;

const amounts: ReadonlySet<string> = new Set(AMOUNTS);
const sums: ReadonlySet<string> = new Set(SUMS);

type To<T, From> = T extends From ? bigint : T;

/** JSON with every amount and sum as a `bigint`. The names in metadata are the caller's own. */
export type WithBigints<T> = T extends readonly (infer Item)[]
  ? readonly WithBigints<Item>[]
  : T extends object
    ? {
        [K in keyof T]: K extends 'metadata'
          ? T[K]
          : K extends (typeof AMOUNTS)[number]
            ? To<T[K], number>
            : K extends (typeof SUMS)[number]
              ? To<T[K], string>
              : WithBigints<T[K]>;
      }
    : T;

/** Parses an answer. @throws SyntaxError if the text is not JSON */
export function parseAnswer(text: string): unknown {
  return withBigints(JSON.parse(text));
}

function withBigints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBigints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]: [string, unknown]) => {
      const isAmount =
        (amounts.has(name) && typeof field === 'number') || (sums.has(name) && typeof field === 'string');
      if (isAmount) return [name, BigInt(field)];
      return [name, name === 'metadata' ? field : withBigints(field)];
    }),
  );
}

/**
 * Writes a request. Equal requests give equal text, in whatever order their fields were set.
 * @throws RangeError for an amount that a JSON number would round
 */
export function requestText(request: object): string {
  return JSON.stringify(request, (name, value: unknown) => {
    if (typeof value === 'bigint') return exactNumber(name, value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function exactNumber(name: string, value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`"${name}" must be within plus or minus 2^53 - 1`);
  return number;
}
