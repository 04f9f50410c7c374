import { describe, expect, it } from 'vitest';
import { isIdentifier } from '../../src/domain/actor.ts';
import { firstDifference, isIdempotencyKey, keyText, scopeOf } from '../../src/domain/idempotency.ts';
import type { IdempotencyKey, NormalisedRequest } from '../../src/domain/idempotency.ts';

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
  ])('of %s: %s is one: %s', (_, value, expected) => {
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
  ])('of %s: %s is one: %s', (_, value, expected) => {
    expect(isIdentifier(value)).toBe(expected);
  });
});

describe('the scope of a key', () => {
  it.each([
    ["a user's own", { kind: 'user', id: 'alice' }, 'user:alice'],
    ["the ledger's", { kind: 'system' }, 'ledger'],
    ["the ledger's, whoever operates", { kind: 'system', id: 'operator' }, 'ledger'],
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
  it('is shared by no two keys', () => {
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
    ['none where they are the same', request(['a', '1'], ['b', null]), undefined],
    ['the first in order', request(['a', '2'], ['b', '2']), 'a'],
    ['one that was not given before', request(['a', '1'], ['b', '2']), 'b'],
    ['one that was given before', request(['a', null], ['b', null]), 'a'],
    ['one that is empty, where none was given', request(['a', '1'], ['b', '']), 'b'],
    ['none for a new field that is not given', request(['a', '1'], ['b', null], ['c', null]), undefined],
    ['a new field that is given', request(['a', '1'], ['b', null], ['c', 'x']), 'c'],
  ])('is %s', (_, made, expected) => {
    expect(firstDifference(request(['a', '1'], ['b', null]), made)).toBe(expected);
  });
});
