import currencyCodes from 'currency-codes';
import { describe, expect, it } from 'vitest';
import { CURRENCY_EXPONENTS } from '../../../src/domain/money/currencies.ts';

const ours = [...CURRENCY_EXPONENTS];

/** ISO 4217 gives these no minor unit, so no account can be kept in them. */
const WITHOUT_MINOR_UNIT = {
  XAG: 'silver, by the ounce',
  XAU: 'gold, by the ounce',
  XPD: 'palladium, by the ounce',
  XPT: 'platinum, by the ounce',
  XBA: 'bond markets unit (EURCO)',
  XBB: 'bond markets unit (E.M.U.-6)',
  XBC: 'bond markets unit (E.U.A.-9)',
  XBD: 'bond markets unit (E.U.A.-17)',
  XDR: 'special drawing right of the International Monetary Fund',
  XSU: 'sucre, unit of account of ALBA',
  XUA: 'unit of account of the African Development Bank',
  XTS: 'reserved for tests',
  XXX: 'no currency',
};

/** ISO 4217 moved these to its list three, of historic codes. */
const WITHDRAWN = {
  ANG: 'XCG since 2025-03-31 (amendment 176)',
  BGN: 'EUR since 2026-01-01 (amendment 180)',
  CUC: 'withdrawn in 2021-06 (amendment 178)',
  HRK: 'EUR since 2023-01-01 (amendment 174)',
  SLL: 'SLE alone since 2024-01-01 (amendment 175)',
  ZWL: 'ZWG alone since 2024-09-01 (amendment 177)',
};

describe('the list of ISO 4217', () => {
  it.each([
    [0, 17],
    [1, 0],
    [2, 139],
    [3, 7],
    [4, 2],
  ])('has for exponent %i, %i currencies', (exponent, count) => {
    expect(ours.filter(([, value]) => value === exponent)).toHaveLength(count);
  });

  it('has 165 currencies', () => {
    expect(ours).toHaveLength(165);
  });

  it('writes each code as three capital letters', () => {
    expect(ours.filter(([code]) => !/^[A-Z]{3}$/.test(code))).toEqual([]);
  });

  it.each(Object.entries(WITHOUT_MINOR_UNIT))('leaves out %s, which has no minor unit: %s', (code) => {
    expect(CURRENCY_EXPONENTS.has(code)).toBe(false);
  });

  it.each(Object.entries(WITHDRAWN))('leaves out %s, which is withdrawn: %s', (code) => {
    expect(CURRENCY_EXPONENTS.has(code)).toBe(false);
  });

  it.each([
    ['SLE', 2, 'leone of Sierra Leone, for SLL'],
    ['VED', 2, 'digital bolívar, beside VES (amendment 170)'],
    ['VES', 2, 'bolívar, beside VED'],
    ['XAD', 2, 'Arab accounting dinar (amendment 179)'],
    ['XCG', 2, 'Caribbean guilder, for ANG'],
    ['ZWG', 2, 'Zimbabwe gold, for ZWL'],
  ])('has the newcomer %s with exponent %i: %s', (code, exponent) => {
    expect(CURRENCY_EXPONENTS.get(code)).toBe(exponent);
  });

  it.each([
    ['MGA', 'ariary'],
    ['MRU', 'ouguiya'],
  ])('gives %s exponent 2, although its minor unit is one fifth of a %s', (code) => {
    expect(CURRENCY_EXPONENTS.get(code)).toBe(2);
  });
});

// The package holds the list of 2024-06-25. A newer one that no longer differs must be noted here.
describe('the list of ISO 4217, compared with the package currency-codes,', () => {
  const theirs = new Map(currencyCodes.data.map(({ code, digits }) => [code, digits]));

  it('adds only currencies that are newer than the package', () => {
    const cameLater = ['XAD', 'XCG'];
    expect(missing({ from: theirs, of: CURRENCY_EXPONENTS })).toEqual(cameLater);
  });

  it('lacks only later withdrawals and codes without a minor unit', () => {
    const leftLater = ['ANG', 'BGN', 'CUC'];
    const expected = [...leftLater, ...Object.keys(WITHOUT_MINOR_UNIT)].sort();
    expect(missing({ from: CURRENCY_EXPONENTS, of: theirs })).toEqual(expected);
  });

  it('has the same exponents', () => {
    const different = ours.filter(([code, exponent]) => (theirs.get(code) ?? exponent) !== exponent);
    expect(different).toEqual([]);
  });
});

// Node brings Intl's data (CLDR), and each version its own: a difference listed here may be gone in some of them.
describe('the list of ISO 4217, compared with Intl,', () => {
  const theirs = new Set(Intl.supportedValuesOf('currency'));

  it('lacks only currencies that are withdrawn or have no minor unit', () => {
    const known = { ...WITHDRAWN, ...WITHOUT_MINOR_UNIT };
    const unknown = missing({ from: CURRENCY_EXPONENTS, of: theirs }).filter((code) => !(code in known));
    expect(unknown).toEqual([]);
  });

  it('adds only funds and currencies that circulate beside another', () => {
    const known = {
      BOV: 'fund of Bolivia (mvdol)',
      CHE: 'fund of Switzerland (WIR euro)',
      CHW: 'fund of Switzerland (WIR franc)',
      CLF: 'fund of Chile (unidad de fomento)',
      COU: 'fund of Colombia (unidad de valor real)',
      MXV: 'fund of Mexico (unidad de inversión)',
      USN: 'fund of the United States (next day)',
      UYI: 'fund of Uruguay (unidad indexada)',
      UYW: 'unit of Uruguay for pensions (unidad previsional)',
      VED: 'the code of the bolívar in Venezuela that CLDR leaves out for VES',
      XAD: 'fund of the Arab Monetary Fund',
    };
    const unknown = missing({ from: theirs, of: CURRENCY_EXPONENTS }).filter((code) => !(code in known));
    expect(unknown).toEqual([]);
  });

  it('has the same exponents, except where Intl omits decimals that cash lacks', () => {
    // CLDR follows use: these have decimals in ISO 4217, and are paid in whole units
    const shownWhole = {
      AFN: 'afghani: no pul in use',
      ALL: 'lek: no qindarkë in use',
      COP: 'Colombian peso: no centavos in use (from CLDR 48)',
      HUF: 'forint: no fillér in use (from CLDR 48)',
      IDR: 'rupiah: no sen in use (from CLDR 48)',
      IQD: 'Iraqi dinar (3 decimals in ISO 4217): no fils in use',
      IRR: 'Iranian rial: no dinar in use',
      KPW: 'North Korean won: no chon in use',
      LAK: 'kip: no att in use',
      LBP: 'Lebanese pound: no piastres in use',
      MGA: 'ariary: no iraimbilanja in use',
      MMK: 'kyat: no pya in use',
      PKR: 'Pakistani rupee: no paisa in use (from CLDR 48)',
      RSD: 'Serbian dinar: no para in use (until CLDR 47)',
      SOS: 'Somali shilling: no senti in use',
      SYP: 'Syrian pound: no piastres in use',
      YER: 'Yemeni rial: no fils in use',
    };
    const different = ours
      .map(([code, exponent]) => ({ code, exponent, intl: intlDigits(code) }))
      .filter(({ exponent, intl }) => exponent !== intl);
    expect(different.filter(({ code, intl }) => intl !== 0 || !(code in shownWhole))).toEqual([]);
  });
});

type Codes = ReadonlySet<string> | ReadonlyMap<string, number>;

/** The codes of `of` that `from` lacks, sorted. */
function missing({ from, of }: { from: Codes; of: Codes }): string[] {
  return [...of.keys()].filter((code) => !from.has(code)).sort();
}

function intlDigits(currency: string): number | undefined {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
}
