import { describe, expect, it } from 'vitest';
import { isIdentifier } from '../../../src/domain/actor.ts';
import {
  differenceFromKept,
  firstDifference,
  isIdempotencyKey,
  keyText,
  requestTextDigest,
  scopeOf,
} from '../../../src/domain/books/idempotency.ts';
import type { IdempotencyKey, NormalisedRequest } from '../../../src/domain/books/idempotency.ts';

describe('an idempotency key', () => {
  it.each([
    ['one character', 'a', true],
    ['255 characters', 'k'.repeat(255), true],
    ['the first and the last printable character', ' ~', true],
    ['a space', ' ', true],
    ['nothing', '', false],
    ['256 characters', 'k'.repeat(256), false],
    ['a tab', 'a\tb', false],
    ['a line feed at the end', 'a\n', false],
    ['a NUL', 'a\0', false],
    ['DEL', 'a\u007f', false],
    ['a character beyond ASCII', 'ü', false],
    ['a number', 5, false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['an array', ['a'], false],
    ['an operator', { $ne: null }, false],
  ])('of %s: %s is valid: %s', (_, value, expected) => {
    expect(isIdempotencyKey(value)).toBe(expected);
  });
});

describe('an identifier of an embedder', () => {
  it.each([
    ['visible ASCII', '!alice-~', true],
    ['255 characters', 'i'.repeat(255), true],
    ['256 characters', 'i'.repeat(256), false],
    ['nothing', '', false],
    ['a space', 'a b', false],
    ['a line feed at the end', 'a\n', false],
    ['a character beyond ASCII', 'ü', false],
    ['a number', 5, false],
  ])('of %s: %s is valid: %s', (_, value, expected) => {
    expect(isIdentifier(value)).toBe(expected);
  });
});

describe('the scope of a key', () => {
  it.each([
    ["a user's own", { kind: 'user', id: 'alice' }, 'user:alice'],
    ["the ledger's", { kind: 'system' }, 'ledger'],
    ["the ledger's, for any operator", { kind: 'system', id: 'operator' }, 'ledger'],
    ["a program's", { kind: 'system', id: 'operator', scope: 'payroll' }, 'system:payroll'],
    [
      "a program's, even one that calls itself a user",
      { kind: 'system', scope: 'user:alice' },
      'system:user:alice',
    ],
  ] as const)('is %s', (_, actor, expected) => {
    expect(scopeOf(actor)).toBe(expected);
  });
});

describe('the text of a key', () => {
  it('is unique to each key', () => {
    const keys: IdempotencyKey[] = [
      { operation: 'transfer', scope: 'user:a', key: 'b' },
      { operation: 'initial_funds', scope: 'user:a', key: 'b' },
      { operation: 'open_account', scope: 'user:a', key: 'b' },
      { operation: 'transfer', scope: 'user:ab', key: '' },
      { operation: 'transfer', scope: 'user:a', key: 'b ' },
      { operation: 'transfer', scope: 'user:a', key: ' b' },
      { operation: 'transfer', scope: 'ledger', key: 'user:a b' },
      { operation: 'transfer', scope: 'system:user:a', key: 'b' },
    ];
    expect(new Set(keys.map(keyText)).size).toBe(keys.length);
  });
});

describe('the first difference of two requests', () => {
  const request = (...fields: NormalisedRequest['fields']): NormalisedRequest => ({ version: 1, fields });

  it.each([
    ['none for equal requests', request(['a', '1'], ['b', null]), undefined],
    ['the first in order', request(['a', '2'], ['b', '2']), 'a'],
    ['one that is new', request(['a', '1'], ['b', '2']), 'b'],
    ['one that is missing', request(['a', null], ['b', null]), 'a'],
    ['one that is empty instead of absent', request(['a', '1'], ['b', '']), 'b'],
    ['none for an absent field of a newer version', request(['a', '1'], ['b', null], ['c', null]), undefined],
    ['a present field of a newer version', request(['a', '1'], ['b', null], ['c', 'x']), 'c'],
  ])('is %s', (_, made, expected) => {
    expect(firstDifference(request(['a', '1'], ['b', null]), made)).toBe(expected);
  });
});

describe('a recorded request with empty metadata', () => {
  const key: IdempotencyKey = { operation: 'transfer', scope: 'user:a', key: 'k' };
  const digest = (text: string) => Buffer.from(text).toString('hex');
  const empty = requestTextDigest(key, '[]', digest);
  const some = requestTextDigest(key, '[["a","b"]]', digest);
  const difference = (kept: NormalisedRequest['fields'], made: NormalisedRequest['fields']) =>
    differenceFromKept(
      { ...key, request: { version: 1, fields: kept } },
      { version: 1, fields: made },
      digest,
    );

  it('equals one without metadata', () => {
    expect(difference([['metadata', empty]], [['metadata', null]])).toBeUndefined();
    expect(difference([['metadata', null]], [['metadata', null]])).toBeUndefined();
    expect(difference([['metadata', empty]], [['metadata', some]])).toBe('metadata');
    expect(difference([['metadata', some]], [['metadata', null]])).toBe('metadata');
    expect(difference([['description', empty]], [['description', null]])).toBe('description');
  });

  it('equals one without metadata in a batch', () => {
    const batch = (metadata: string | null) =>
      [['transfers', JSON.stringify([['a', 'b', '1', null, null, metadata]])]] as const;

    expect(difference(batch(empty), batch(null))).toBeUndefined();
    expect(difference(batch(some), batch(null))).toBe('transfers');
    expect(difference(batch(empty), batch(some))).toBe('transfers');
  });
});
