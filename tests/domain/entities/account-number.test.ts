import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalNumber,
  formatAccountNumber,
  isAccountNumber,
  isNumberPrefix,
  looksLikeAccountNumber,
  makeAccountNumber,
} from '../../../src/domain/entities/account-number.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const digits = [...'0123456789'];
const prefixes = fc
  .array(fc.constantFrom(...letters), { minLength: 2, maxLength: 4 })
  .map((some) => some.join(''));
const bodies = fc
  .array(fc.constantFrom(...digits), { minLength: 12, maxLength: 12 })
  .map((some) => some.join(''));
const numbers = fc.tuple(prefixes, bodies).map(([prefix, body]) => makeAccountNumber(prefix, body));

describe('an account number', () => {
  it('has check digits as an IBAN has', () => {
    // The example of ISO 13616 for Belgium, whose account part has twelve digits too
    expect(makeAccountNumber('BE', '539007547034')).toBe('BE68539007547034');
    expect(isAccountNumber('BE68539007547034')).toBe(true);
  });

  it('is valid when it is made', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        expect(isAccountNumber(number)).toBe(true);
      }),
    );
  });

  it('with any single character replaced is invalid', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        for (const [index, character] of [...number].entries()) {
          for (const other of [...digits, ...letters].filter((one) => one !== character)) {
            expect(isAccountNumber(number.slice(0, index) + other + number.slice(index + 1))).toBe(false);
          }
        }
      }),
    );
  });

  it('with any two different characters swapped is invalid', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        for (let first = 0; first < number.length; first++) {
          for (let second = first + 1; second < number.length; second++) {
            const swapped = [...number];
            [swapped[first], swapped[second]] = [String(number[second]), String(number[first])];
            if (number[first] !== number[second]) expect(isAccountNumber(swapped.join(''))).toBe(false);
          }
        }
      }),
    );
  });

  it('has check digits from 02 to 98 alone', () => {
    fc.assert(
      fc.property(prefixes, bodies, (prefix, body) => {
        const valid = Array.from({ length: 100 }, (_, check) => String(check).padStart(2, '0')).filter(
          (check) => isAccountNumber(`${prefix}${check}${body}`),
        );
        expect(valid).toHaveLength(1);
      }),
    );
  });

  it('is written in groups of four, and read with spaces and small letters', () => {
    fc.assert(
      fc.property(numbers, (number) => {
        const written = formatAccountNumber(number);
        expect(canonicalNumber(` ${written.toLowerCase()} `)).toBe(number);
        expect(looksLikeAccountNumber(written)).toBe(true);
      }),
    );
    expect(formatAccountNumber('BE68539007547034')).toBe('BE68 5390 0754 7034');
  });

  it.each(['BE6853900754703', 'BE685390075470345', 'be68539007547034', 'BE68 5390 0754 7034', ''])(
    'is not %j',
    (text) => expect(isAccountNumber(text)).toBe(false),
  );

  it('does not look like an id', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(looksLikeAccountNumber(id)).toBe(false);
      }),
    );
    expect(looksLikeAccountNumber('account-1')).toBe(false);
  });
});

describe('the prefix of account numbers', () => {
  it.each(['PB', 'ABC', 'BANK'])('can be %s', (prefix) => expect(isNumberPrefix(prefix)).toBe(true));
  it.each(['P', 'pb', 'P1', 'BANKS', '', undefined])('cannot be %j', (prefix) => {
    expect(isNumberPrefix(prefix)).toBe(false);
    expect(() => makeAccountNumber(String(prefix), '123456789012')).toThrow(TypeError);
  });

  it('needs twelve digits after it', () => {
    expect(() => makeAccountNumber('PB', '12345678901')).toThrow(TypeError);
  });
});
