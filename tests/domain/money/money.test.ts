import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Currency,
  currencyExponent,
  decimalText,
  formatAmount,
  groupedText,
  isAmount,
  isCurrency,
  isWithinBound,
  MAX_AMOUNT,
  MAX_COUNTER,
} from '../../../src/domain/money/money.ts';

describe('the bounds', () => {
  it('set the largest amount to the largest integer that no JSON client rounds', () => {
    expect(MAX_AMOUNT).toBe(BigInt(Number.MAX_SAFE_INTEGER));
  });

  it('let counters grow to 2^62, so that one more amount still fits 64 bits', () => {
    expect(MAX_COUNTER).toBe(4_611_686_018_427_387_904n);
    expect(BigInt.asIntN(64, MAX_COUNTER + MAX_AMOUNT)).toBe(MAX_COUNTER + MAX_AMOUNT);
  });
});

describe('isAmount', () => {
  it.each([
    [-1n, false],
    [0n, false],
    [1n, true],
    [2n, true],
    [9_007_199_254_740_990n, true],
    [9_007_199_254_740_991n, true],
    [9_007_199_254_740_992n, false],
    [2n ** 64n + 1n, false],
  ])('returns for %s: %s', (value, expected) => {
    expect(isAmount(value)).toBe(expected);
  });

  it.each([
    ['a number', 1],
    ['a text', '1'],
    ['a boolean', true],
    ['an array', [1n]],
    ['an object that acts as a bigint', Object(1n)],
    ['null', null],
    ['undefined', undefined],
  ])('refuses %s', (_, value) => {
    expect(isAmount(value)).toBe(false);
  });
});

describe('isWithinBound', () => {
  it.each([
    [-9_007_199_254_740_992n, false],
    [-9_007_199_254_740_991n, true],
    [-1n, true],
    [0n, true],
    [1n, true],
    [9_007_199_254_740_991n, true],
    [9_007_199_254_740_992n, false],
  ])('returns for %s: %s', (balance, expected) => {
    expect(isWithinBound(balance)).toBe(expected);
  });
});

describe('a currency', () => {
  it.each<[Currency, number]>([
    ['JPY', 0],
    ['USD', 2],
    ['KWD', 3],
    ['CLF', 4],
  ])('may be %s of ISO 4217, with exponent %i', (code, exponent) => {
    expect(isCurrency(code)).toBe(true);
    expect(currencyExponent(code)).toBe(exponent);
  });

  it.each(['usd', ' USD', 'USD ', 'US', 'USDT', 'BTC', 'XXX', '', 'constructor', '__proto__'])(
    'cannot be %j, which has no exponent',
    (code) => {
      expect(isCurrency(code)).toBe(false);
      expect(currencyExponent(code)).toBeUndefined();
    },
  );
});

describe('formatAmount', () => {
  it.each<[bigint, Currency, number, string]>([
    [123_456n, 'USD', 2, 'USD\u00a01,234.56'],
    [-123_456n, 'USD', 2, '-USD\u00a01,234.56'],
    [0n, 'USD', 2, 'USD\u00a00.00'],
    [1n, 'USD', 2, 'USD\u00a00.01'],
    [-1n, 'USD', 2, '-USD\u00a00.01'],
    [99n, 'USD', 2, 'USD\u00a00.99'],
    [100n, 'USD', 2, 'USD\u00a01.00'],
    [500n, 'JPY', 0, 'JPY\u00a0500'],
    [0n, 'JPY', 0, 'JPY\u00a00'],
    [999n, 'KWD', 3, 'KWD\u00a00.999'],
    [1_000n, 'KWD', 3, 'KWD\u00a01.000'],
    [12_345n, 'CLF', 4, 'CLF\u00a01.2345'],
    [MAX_AMOUNT, 'USD', 2, 'USD\u00a090,071,992,547,409.91'],
    [-MAX_AMOUNT, 'USD', 2, '-USD\u00a090,071,992,547,409.91'],
    [MAX_AMOUNT, 'JPY', 0, 'JPY\u00a09,007,199,254,740,991'],
    [MAX_AMOUNT, 'CLF', 4, 'CLF\u00a0900,719,925,474.0991'],
    // A total in a report may pass the bound
    [10n ** 24n + 1n, 'USD', 2, 'USD\u00a010,000,000,000,000,000,000,000.01'],
  ])('formats %s of %s with exponent %i as %j', (amountMinor, currency, exponent, expected) => {
    expect(formatAmount(amountMinor, currency, exponent)).toBe(expected);
  });

  it("uses the account's exponent instead of Intl's", () => {
    expect(formatAmount(123_456n, 'IQD', 3)).toBe('IQD\u00a0123.456');
    expect(formatAmount(123_456n, 'JPY', 2)).toBe('JPY\u00a01,234.56');
  });

  it('formats a withdrawn currency, because accounts in it remain', () => {
    expect(formatAmount(123_456n, 'BGN', 2)).toBe('BGN\u00a01,234.56');
  });

  it('formats in the requested language', () => {
    expect(formatAmount(123_456n, 'EUR', 2, 'de')).toBe('1.234,56\u00a0EUR');
  });

  it.each<[string, Parameters<typeof formatAmount>]>([
    ['a currency that is not three letters', [1n, 'EURO', 2]],
    ['a negative exponent', [1n, 'EUR', -1]],
    ['an exponent that is not a number', [1n, 'EUR', Number.NaN]],
    ['a locale that is not well-formed', [1n, 'EUR', 2, 'not_a_locale']],
  ])('refuses %s', (_, parameters) => {
    expect(() => formatAmount(...parameters)).toThrow(RangeError);
  });

  it('formats alike on a machine with another language and time zone, and for an unknown language', () => {
    const money = new URL('../../../src/domain/money/money.ts', import.meta.url).href;
    const program = `
      import { formatAmount } from ${JSON.stringify(money)};
      const own = new Intl.NumberFormat(undefined).format(1.5);
      const texts = [formatAmount(123456n, 'USD', 2), formatAmount(123456n, 'USD', 2, 'qaa')];
      process.stdout.write(JSON.stringify([own, ...texts]));
    `;
    const answer = execFileSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {
        cwd: fileURLToPath(new URL('../../..', import.meta.url)),
        env: { ...process.env, LC_ALL: 'de_DE.UTF-8', TZ: 'Pacific/Kiritimati' },
        encoding: 'utf8',
      },
    );
    expect(JSON.parse(answer)).toEqual(['1,5', 'USD\u00a01,234.56', 'USD\u00a01,234.56']);
  });

  it("keeps every digit, and has the exponent's number of decimals", () => {
    const beyond = 2n ** 80n;
    const amounts = fc.oneof(
      fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT }),
      fc.bigInt({ min: -10_000n, max: 10_000n }),
      fc.bigInt({ min: -beyond, max: beyond }),
      fc.constantFrom(MAX_AMOUNT, -MAX_AMOUNT),
    );
    const exponents = fc.integer({ min: 0, max: 4 });
    // With their mark for decimals
    const locales = fc.constantFrom(['en', '.'], ['de', ','], ['fr', ','], ['hi', '.']);

    fc.assert(
      fc.property(amounts, exponents, locales, (amountMinor, exponent, [locale = '', mark = '']) => {
        const text = formatAmount(amountMinor, 'USD', exponent, locale);
        const [whole = '', fraction = '', ...more] = text.split(mark);

        expect(more).toEqual([]);
        expect(digitsOf(fraction)).toHaveLength(exponent);
        const sign = text.includes('-') ? -1n : 1n;
        expect(sign * BigInt(digitsOf(whole) + digitsOf(fraction))).toBe(amountMinor);
      }),
      { numRuns: 2_000 },
    );
  });
});

function digitsOf(text: string): string {
  return text.replaceAll(/\D/g, '');
}

describe('an amount as a plain decimal', () => {
  it.each([
    [0n, 2, '0.00', '0.00'],
    [5n, 2, '0.05', '0.05'],
    [-5n, 2, '-0.05', '\u22120.05'],
    [123456n, 2, '1234.56', '1,234.56'],
    [-100000n, 2, '-1000.00', '\u22121,000.00'],
    [1234567n, 0, '1234567', '1,234,567'],
    [999n, 0, '999', '999'],
    [1234567890n, 3, '1234567.890', '1,234,567.890'],
    [MAX_AMOUNT, 4, '900719925474.0991', '900,719,925,474.0991'],
  ])(
    'has all decimals and no groups; the text for people has groups: %d',
    (minor, exponent, plain, grouped) => {
      expect([decimalText(minor, exponent), groupedText(minor, exponent)]).toEqual([plain, grouped]);
    },
  );
});
