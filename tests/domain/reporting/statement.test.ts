import { describe, expect, it } from 'vitest';
import type { AccountClass } from '../../../src/domain/entities/account.ts';
import { flowOf, heldSideOf, totalsBetween } from '../../../src/domain/reporting/statement.ts';
import { anAccount } from '../../../src/testing/fixtures/builders.ts';

const BEFORE = { debitsPosted: 3n, creditsPosted: 10n, debitsPending: 5n, creditsPending: 6n };
const AFTER = { debitsPosted: 7n, creditsPosted: 30n, debitsPending: 0n, creditsPending: 0n };

describe('the totals of a period', () => {
  it.each<[AccountClass, object]>([
    ['liability', { opening: 7n, totalIn: 20n, totalOut: 4n, closing: 23n }],
    ['equity', { opening: 7n, totalIn: 20n, totalOut: 4n, closing: 23n }],
    ['income', { opening: 7n, totalIn: 20n, totalOut: 4n, closing: 23n }],
    ['asset', { opening: -7n, totalIn: 4n, totalOut: 20n, closing: -23n }],
    ['expense', { opening: -7n, totalIn: 4n, totalOut: 20n, closing: -23n }],
  ])('of an account of class %s come from its counters at both ends', (kind, expected) => {
    const account = anAccount({ class: kind });
    const [before, after] = [BEFORE, AFTER].map((counters) => anAccount({ ...account, counters })) as [
      typeof account,
      typeof account,
    ];
    expect(totalsBetween(before, after)).toStrictEqual(expected);
  });
});

describe('money in an account', () => {
  it.each([
    ['liability', 'credit', 'in', 'debit'],
    ['liability', 'debit', 'out', 'debit'],
    ['asset', 'debit', 'in', 'credit'],
    ['asset', 'credit', 'out', 'credit'],
  ] as const)(
    'of class %s: a %s entry moves it %s, and a pending %s reserves it',
    (kind, side, flow, held) => {
      const account = anAccount({ class: kind });
      expect([flowOf(account, side), heldSideOf(account)]).toEqual([flow, held]);
    },
  );
});
