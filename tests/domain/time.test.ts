import { describe, expect, it } from 'vitest';
import { isInstant, readInstant } from '../../src/domain/time.ts';

const DAY_RULE = 'must be a day, such as 2030-01-31, or an instant of RFC 3339';
const NO_DAY = 'must have a day that is in the calendar';
const NO_TIME = 'must have a time from 00:00:00 to 23:59:59';

describe('an instant as text', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0000-02-29', '0000-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31', '9999-12-31T00:00:00.000Z'],
    ['2026-11-01T12:30:00Z', '2026-11-01T12:30:00.000Z'],
    ['2026-11-01t12:30:00.123456z', '2026-11-01T12:30:00.123Z'],
    ['2026-11-01T00:30:00+01:00', '2026-10-31T23:30:00.000Z'],
    ['2026-11-01T00:00:00-23:59', '2026-11-01T23:59:00.000Z'],
    ['2026-11-01T00:00:00-00:00', '2026-11-01T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    const read = readInstant(text, { days: true });
    expect('instant' in read && new Date(read.instant).toISOString()).toBe(expected);
  });

  it.each([
    ['2026-02-30', NO_DAY],
    ['2026-02-29', NO_DAY],
    ['1900-02-29', NO_DAY],
    ['0100-02-29', NO_DAY],
    ['2026-13-01', NO_DAY],
    ['2026-00-10', NO_DAY],
    ['2026-11-31T00:00:00Z', NO_DAY],
    ['2026-11-01T23:59:60Z', NO_TIME],
    ['2026-11-01T24:00:00Z', NO_TIME],
    ['2026-11-01T12:60:00Z', NO_TIME],
    ['2026-11-01T12:00:00', 'must end with its offset from UTC, Z or such as +01:00'],
    ['2026-11-01T12:00:00.5', 'must end with its offset from UTC, Z or such as +01:00'],
    ['2026-11-01T12:00:00 01:00', 'must have the plus of its offset written as %2B in a URL'],
    ['2026-11-01T12:00:00.5 0100', 'must have the plus of its offset written as %2B in a URL'],
    ['2026-11-01T12:00:00+24:00', 'must have an offset of at most 23:59'],
    ['2026-11-01T12:00:00+01:60', 'must have an offset of at most 23:59'],
    ['12026-11-01', 'must have a year of four digits'],
    ['+012026-11-01T12:00:00Z', 'must have a year of four digits'],
    ['-000001-11-01', 'must have a year of four digits'],
    ['9999-12-31T23:59:59-00:01', 'must be in the years 0000 to 9999 of UTC'],
    ['0000-01-01T00:00:00+00:01', 'must be in the years 0000 to 9999 of UTC'],
    ['2026-11-01T12:00Z', DAY_RULE],
    ['2026-11-01T12:00:00+0100', DAY_RULE],
    ['2026-11-01T12:00:00 Z', DAY_RULE],
    ['2026-11-01 12:00:00Z', DAY_RULE],
    ['2026-11', DAY_RULE],
    ['20261101', DAY_RULE],
    ['2026-11-01\n', DAY_RULE],
    ['Nov 1 2026', DAY_RULE],
    ['1793491200000', DAY_RULE],
    ['', DAY_RULE],
  ])('cannot be %j', (text, fault) => {
    expect(readInstant(text, { days: true })).toEqual({ fault });
  });

  it('cannot be a day unless days are allowed', () => {
    expect(readInstant('2026-11-01', { days: false })).toEqual({
      fault: 'must be an instant of RFC 3339, such as 2030-01-31T12:00:00Z',
    });
  });
});

describe('an instant', () => {
  it('lies in the range that RFC 3339 can express', () => {
    const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
    expect([first, last, 0, -1].map(isInstant)).toEqual([true, true, true, true]);
    expect([first - 1, last + 1, 0.5, Number.NaN, Infinity, '0', 0n, null].map(isInstant)).toEqual(
      Array.from({ length: 8 }, () => false),
    );
  });
});
