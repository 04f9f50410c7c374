import type { Actor } from '../actor.ts';
import { canonicalMetadata } from '../integrity/hash-chain.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import type { Outcome } from './outcome.ts';
import type { Instant } from '../time.ts';

/** The operations that take a key; equal keys of two operations are two keys. */
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
  | 'limit_account';

/** A key as it is stored: it belongs to a scope (a caller, or the ledger itself) and to an operation. */
export type IdempotencyKey = {
  readonly scope: string;
  readonly operation: Operation;
  readonly key: string;
};

/**
 * A request after defaults, in the order in which a difference is named. Each value as text; null where the field is
 * absent; what is kept may leave out a field that is null. The description and the metadata of a transfer stand as
 * their digests, so that where they are erased, they are not kept here.
 */
export type NormalisedRequest = {
  readonly version: 1;
  readonly fields: readonly (readonly [field: string, value: string | null])[];
};

/** What is kept for ever under a key, written in the transaction of the money. */
export type IdempotencyRecord = IdempotencyKey & {
  readonly request: NormalisedRequest;
  readonly outcome: Outcome;
  readonly at: Instant;
};

const KEY = /^[\x20-\x7e]{1,255}$/;

/** 1 to 255 printable ASCII characters. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value);
}

/** The scope, operation and key as one text; no two keys share one. */
export function keyText({ scope, operation, key }: IdempotencyKey): string {
  return `${operation} ${scope} ${key}`;
}

/** What stands for a free text in a request: a digest that the key salts, and so the same whenever it is asked again. */
export function requestTextDigest(key: IdempotencyKey, text: string, digest: Digest): string {
  return digest(`passbook request text 1\n${keyText(key)}\n${text}`);
}

/** From a key's text: neither an operation nor a scope has a space in it. */
export function keyFromText(text: string): IdempotencyKey {
  const [operation = '', scope = ''] = text.split(' ', 2);
  return { scope, operation: operation as Operation, key: text.slice(operation.length + scope.length + 2) };
}

/**
 * Whose keys an actor's requests use. A user's are their own; the system's belong to the ledger, so that two
 * operators cannot pay one funding twice.
 */
export function scopeOf(actor: Actor): string {
  if (actor.kind === 'user') return `user:${actor.id}`;
  return actor.scope === undefined ? 'ledger' : `system:${actor.scope}`;
}

/**
 * The first field in which a request differs from the one kept under its key; undefined if they are the same.
 * Records of earlier versions hold a digest for metadata without pairs; today that is a request without metadata.
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

/** The first field in which the two differ; undefined if they are the same request. */
export function firstDifference(kept: NormalisedRequest, made: NormalisedRequest): string | undefined {
  const before = new Map(kept.fields);
  for (const [field, value] of made.fields) {
    if ((before.get(field) ?? null) !== value) return field;
  }
  return undefined;
}
