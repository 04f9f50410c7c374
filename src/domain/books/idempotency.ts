import type { Actor } from '../actor.ts';
import { canonicalMetadata } from '../integrity/hash-chain.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import type { Outcome } from './outcome.ts';
import type { Instant } from '../time.ts';

/** Operations that take an idempotency key. Equal keys of two operations are two keys. */
export type Operation =
  | 'transfer'
  | 'initial_funds'
  | 'withdrawal'
  | 'exchange'
  | 'batch'
  | 'capture'
  | 'void'
  | 'reverse'
  | 'open_account'
  | 'close_account'
  | 'freeze_account'
  | 'unfreeze_account'
  | 'limit_account'
  | 'set_account_metadata';

/** A stored key. It belongs to a scope (a caller, or the ledger itself) and to an operation. */
export type IdempotencyKey = {
  readonly scope: string;
  readonly operation: Operation;
  readonly key: string;
};

/**
 * A request after defaults. The first differing field, in this order, is the one reported. Values are text; null means
 * that the field is absent, and a stored request may omit null fields. Description, reference and metadata are stored as digests,
 * so that erased texts do not survive here.
 */
export type NormalisedRequest = {
  readonly version: 1;
  readonly fields: readonly (readonly [field: string, value: string | null])[];
};

/** The permanent record of a key, written in the same transaction as the money. */
export type IdempotencyRecord = IdempotencyKey & {
  readonly request: NormalisedRequest;
  readonly outcome: Outcome;
  readonly at: Instant;
};

const KEY = /^[\x20-\x7e]{1,255}$/;

/** Returns whether the value is 1 to 255 printable ASCII characters. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value);
}

/** Joins operation, scope and key into one text, unique for each key. */
export function keyText({ scope, operation, key }: IdempotencyKey): string {
  return `${operation} ${scope} ${key}`;
}

/** Returns the digest that replaces a free text in a request. The key is its salt, so a retry has the same digest. */
export function requestTextDigest(key: IdempotencyKey, text: string, digest: Digest): string {
  return digest(`passbook request text 1\n${keyText(key)}\n${text}`);
}

/** Parses the text of `keyText`. Neither an operation nor a scope contains a space. */
export function keyFromText(text: string): IdempotencyKey {
  const [operation = '', scope = ''] = text.split(' ', 2);
  return { scope, operation: operation as Operation, key: text.slice(operation.length + scope.length + 2) };
}

/**
 * Returns the scope of an actor's keys. A user has their own. System keys belong to the ledger, so that two operators
 * cannot pay the same funding twice.
 */
export function scopeOf(actor: Actor): string {
  if (actor.kind === 'user') return `user:${actor.id}`;
  return actor.scope === undefined ? 'ledger' : `system:${actor.scope}`;
}

/**
 * Returns the first field in which a request differs from the one recorded under its key; undefined if they match.
 * Records of earlier versions hold a digest for empty metadata. Today such a request counts as one without metadata.
 */
export function differenceFromKept(
  kept: Pick<IdempotencyRecord, keyof IdempotencyKey | 'request'>,
  made: NormalisedRequest,
  digest: Digest,
): string | undefined {
  const field = firstDifference(kept.request, made);
  return field && firstDifference(withoutEmptyMetadata(kept, digest), made);
}

function withoutEmptyMetadata(
  { request, ...key }: Pick<IdempotencyRecord, keyof IdempotencyKey | 'request'>,
  digest: Digest,
): NormalisedRequest {
  const empty = requestTextDigest(key, canonicalMetadata({}), digest);
  const fields = request.fields.map(([field, value]) => {
    if (field === 'metadata' && value === empty) return [field, null] as const;
    return [field, field === 'transfers' && value ? value.replaceAll(`"${empty}"`, 'null') : value] as const;
  });
  return { ...request, fields };
}

/** Returns the first field in which the two requests differ; undefined if they match. */
export function firstDifference(kept: NormalisedRequest, made: NormalisedRequest): string | undefined {
  const before = new Map(kept.fields);
  for (const [field, value] of made.fields) {
    if ((before.get(field) ?? null) !== value) return field;
  }
  return undefined;
}
