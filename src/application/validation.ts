import { isIdentifier } from '../domain/actor.ts';
import type { Actor } from '../domain/actor.ts';
import { isIdempotencyKey, requestTextDigest } from '../domain/books/idempotency.ts';
import type { IdempotencyKey, NormalisedRequest } from '../domain/books/idempotency.ts';
import type { Metadata } from '../domain/entities/metadata.ts';
import { NAME_MAX_LENGTH } from '../domain/entities/user.ts';
import { invalid } from '../domain/errors.ts';
import { canonicalMetadata } from '../domain/integrity/hash-chain.ts';
import type { Digest } from '../domain/integrity/hash-chain.ts';
import { MAX_AMOUNT, isAmount, isCurrency } from '../domain/money/money.ts';
import { isText } from '../domain/text.ts';
import { isInstant } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';

export const DESCRIPTION_MAX_LENGTH = 280;
/** The length of a reference in ISO 20022 (Max35Text), which statements for other programs have too. */
export const REFERENCE_MAX_LENGTH = 35;
export const ACCOUNT_NAME_MAX_LENGTH = 60;
export const METADATA_MAX_PAIRS = 20;
export const METADATA_VALUE_MAX_LENGTH = 500;

const METADATA_KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;
const METADATA_KEY_SHOWN = 60;
const METADATA_KEY_RULE =
  'must have a name of 1 to 40 characters: A to Z, a to z, 0 to 9, "_", "." and "-", a letter or digit first';
/** Keys that could tamper with an object's prototype when a caller copies the metadata. */
const RESERVED_KEYS = new Set(['constructor', 'prototype']);

/** Returns whether the value is a plain object. Arrays, maps and dates hold more than their own fields. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** @throws PassbookError `invalid_request` naming the field, like all functions here */
export function requireAmount(value: unknown, field = 'amount'): bigint {
  requireBigint(field, value);
  if (!isAmount(value)) {
    throw invalid(field, `must be an integer from 1 to ${MAX_AMOUNT}, in the currency's minor unit`);
  }
  return value;
}

/** Requires a bigint. The message shows how to write one, since callers tend to pass a number. */
export function requireBigint(field: string, value: unknown): asserts value is bigint {
  if (typeof value !== 'bigint') {
    throw invalid(field, "must be a bigint such as 10n, in the currency's minor unit");
  }
}

export function requireKey(value: unknown): string {
  if (!isIdempotencyKey(value)) {
    throw invalid('idempotencyKey', `must be 1 to 255 printable ASCII characters${emptiness(value)}`);
  }
  return value;
}

export function requireId(field: string, value: unknown): string {
  if (!isIdentifier(value)) {
    throw invalid(field, `must be 1 to 255 visible ASCII characters${emptiness(value)}`);
  }
  return value;
}

/** An id of the calling program. A checkpoint could not tell "-" from an absent one. */
export function optionalExternalId(value: unknown): string | null {
  if (value === undefined) return null;
  if (value === '-') throw invalid('externalId', 'must not be "-"');
  return requireId('externalId', value);
}

function emptiness(value: unknown): string {
  return value === '' ? ', and is empty' : '';
}

export function requireInstant(field: string, value: Instant): void {
  if (!isInstant(value)) throw invalid(field, 'must be an instant, in milliseconds since 1970');
}

export function requirePeriod({ from, to }: { from: Instant; to: Instant }): void {
  if (from > to) throw invalid('from', 'must not be after "to"');
}

/** Checks an actor. Its ids become part of keys and of the chain, and a user's name is shown to others. */
export function requireActor(actor: Actor): void {
  const { kind } = actor;
  if (kind !== 'user' && kind !== 'system') throw invalid('actor', 'must be a user or the system');
  if (kind === 'user' && actor.name !== undefined && !isText(actor.name, NAME_MAX_LENGTH)) {
    throw invalid('actor', `must have a name of 1 to ${NAME_MAX_LENGTH} printable characters, or none`);
  }
  const ids = actor.kind === 'user' ? [actor.id] : [actor.id ?? 'none', actor.scope ?? 'none'];
  if (!ids.every(isIdentifier)) throw invalid('actor', 'must be named in 1 to 255 visible ASCII characters');
}

export function optionalCurrency(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string' || !isCurrency(value)) throw invalid('currency', currencyRule(value));
  return value;
}

/** A longer text is no code, and is not repeated. */
const CURRENCY_SHOWN = 20;

function currencyRule(value: unknown): string {
  const rule = 'must be a code of ISO 4217, such as EUR';
  if (typeof value !== 'string' || value.length > CURRENCY_SHOWN) return rule;
  const meant = value.trim().toUpperCase();
  return `${rule}, and is "${value}"${isCurrency(meant) ? `: write it as "${meant}"` : ''}`;
}

export function optionalText(field: string, value: unknown, maxLength: number): string | null {
  if (value === undefined) return null;
  if (!isText(value, maxLength)) throw invalid(field, textRule(value, maxLength));
  return value;
}

function textRule(value: unknown, maxLength: number): string {
  const rule = `must be 1 to ${maxLength} printable characters`;
  if (typeof value !== 'string') return rule;
  const isWrongLength = value.length === 0 || value.length > maxLength;
  return `${rule}, and has ${isWrongLength ? value.length : 'others, such as a line break'}`;
}

/** Validates metadata. Treats empty metadata as absent. */
export function optionalMetadata(value: unknown): Metadata | null {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null || !isPlain(value)) {
    throw invalid('metadata', `must be an object of at most ${METADATA_MAX_PAIRS} pairs of text`);
  }
  const pairs: readonly (readonly [string, unknown])[] = Object.entries(value);
  if (pairs.length > METADATA_MAX_PAIRS) {
    throw invalid('metadata', `must have at most ${METADATA_MAX_PAIRS} pairs`);
  }
  return pairs.length === 0 ? null : Object.fromEntries(pairs.map(requirePair));
}

function requirePair([name, text]: readonly [string, unknown]): readonly [string, string] {
  if (!METADATA_KEY.test(name)) throw invalid(pairField(name), METADATA_KEY_RULE);
  if (RESERVED_KEYS.has(name)) throw invalid(pairField(name), 'must have another name, this one is reserved');
  if (!isText(text, METADATA_VALUE_MAX_LENGTH)) {
    throw invalid(pairField(name), textRule(text, METADATA_VALUE_MAX_LENGTH));
  }
  return [name, text];
}

/** Returns the field name of a pair. Cuts a long key, so that an answer does not outgrow its request. */
function pairField(name: string): string {
  return `metadata.${name.length > METADATA_KEY_SHOWN ? `${name.slice(0, METADATA_KEY_SHOWN)}...` : name}`;
}

/** Normalises a request for recording and comparison. The first differing field, in this order, is the one reported. */
export function normalise(fields: Readonly<Record<string, string | bigint | null>>): NormalisedRequest {
  return {
    version: 1,
    fields: Object.entries(fields).map(([field, value]) => [field, asText(value)] as const),
  };
}

/** Replaces a transfer's texts with digests, because only the transfer itself may store the texts. */
export function withoutTexts<T extends TextFields>(
  fields: T,
  { key, digest }: { key: IdempotencyKey; digest: Digest },
): Readonly<Record<string, string | bigint | null>> & Omit<T, keyof TextFields> {
  const sealed = (text: string | null) => text && requestTextDigest(key, text, digest);
  const { description, reference, metadata } = fields;
  return {
    ...fields,
    description: sealed(description),
    ...(reference === undefined ? {} : { reference: sealed(reference) }),
    ...(metadata === undefined ? {} : { metadata: sealed(metadata && canonicalMetadata(metadata)) }),
  };
}

type TextFields = {
  readonly description: string | null;
  readonly reference?: string | null;
  readonly metadata?: Metadata | null;
};

/** Returns a field's value in recorded form. */
export function asText(value: string | bigint | null): string | null {
  if (value === null || typeof value === 'string') return value;
  return value.toString();
}

export const REASON_MAX_LENGTH = 280;

/** @throws PassbookError `invalid_request` */
export function requireReason(reason: unknown): string {
  const text = optionalText('reason', reason, REASON_MAX_LENGTH);
  if (text === null) throw invalid('reason', 'must say why');
  return text;
}
