/**
 * ISO 4217 list one (currencies and funds) as of 2026, up to amendment 180 of its maintenance agency, SIX.
 * Keys are alphabetic codes. Values are exponents: the number of decimals of the minor unit.
 *
 * Excludes codes without a minor unit ("N.A."), since no account can be kept in them: the metals (XAG, XAU, XPD,
 * XPT), the units of account (XBA, XBB, XBC, XBD, XDR, XSU, XUA), the test code (XTS) and the code for no currency
 * (XXX).
 *
 * A code that ISO withdraws leaves this list. Existing accounts in it keep their exponent.
 */
export const CURRENCY_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...withExponent(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...withExponent(
    2,
    `
      AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
      CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
      HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
      MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
      RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
      USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    `,
  ),
  ...withExponent(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...withExponent(4, 'CLF UYW'),
]);

function withExponent(exponent: number, codes: string): [code: string, exponent: number][] {
  return codes
    .trim()
    .split(/\s+/)
    .map((code) => [code, exponent]);
}
