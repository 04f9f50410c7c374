import { describe, expect, it } from 'vitest';
import { Transfer } from '../../../src/domain/entities/transfer.ts';
import { JANUARY, transferFacts, UNTOUCHED } from '../../../src/testing/fixtures/builders.ts';

describe('a completed transfer', () => {
  it('is complete from the instant it is made', () => {
    const facts = transferFacts();
    expect({ ...Transfer.complete(facts, JANUARY) }).toStrictEqual({
      ...facts,
      status: 'completed',
      code: null,
      expiresAt: null,
      reverses: null,
      batchId: null,
      ...UNTOUCHED,
      createdAt: JANUARY,
      completedAt: JANUARY,
    });
  });

  it.each([0n, -1n])('has no leg of %s', (amount) => {
    expect(() => Transfer.complete(transferFacts({ amount }), JANUARY)).toThrow(
      new TypeError('A leg of a transfer must be above 0'),
    );
  });

  it('has debits that equal its credits', () => {
    const facts = transferFacts({ amount: 5n });
    const debit = facts.legs[0]!;
    expect(() => Transfer.complete({ ...facts, legs: [debit] }, JANUARY)).toThrow(
      new TypeError('A transfer has two sides'),
    );
    for (const legs of [
      [debit, debit],
      [...facts.legs, debit],
    ]) {
      expect(() => Transfer.complete({ ...facts, legs }, JANUARY)).toThrow(
        new TypeError('The debits and credits of a transfer must be equal'),
      );
    }
  });

  it('has the sum of its debits as amount', () => {
    const [debit, credit] = transferFacts({ amount: 5n }).legs;
    const legs = [debit!, debit!, { ...credit!, amount: 10n }];
    const made = Transfer.complete({ ...transferFacts(), legs }, JANUARY);
    expect({ amount: made.amount, source: made.source, destination: made.destination }).toEqual({
      amount: 10n,
      source: debit,
      destination: legs[2],
    });
  });

  it('is in the lists of its initiator and of the owners of its accounts, once in each', () => {
    const parties = (facts: Parameters<typeof transferFacts>[0]) =>
      Transfer.complete(transferFacts(facts), JANUARY).parties;
    expect(parties({ initiator: 'alice', payer: 'alice', payee: 'bob' })).toEqual(['alice', 'bob']);
    expect(parties({ initiator: 'alice', payer: 'alice', payee: 'alice' })).toEqual(['alice']);
    expect(parties({ initiator: null, payer: null, payee: 'bob' })).toEqual(['bob']);
    expect(parties({ initiator: 'operator', payer: null, payee: 'bob' })).toEqual(['operator', 'bob']);
  });
});

describe('a rejected transfer', () => {
  it('keeps its facts with the code of the rule, and never completes', () => {
    const facts = transferFacts();
    expect({ ...Transfer.reject(facts, 'insufficient_funds', JANUARY) }).toStrictEqual({
      ...facts,
      status: 'rejected',
      code: 'insufficient_funds',
      expiresAt: null,
      reverses: null,
      batchId: null,
      ...UNTOUCHED,
      createdAt: JANUARY,
      completedAt: null,
    });
  });

  it("is in its initiator's list alone", () => {
    const facts = transferFacts({ initiator: 'alice', payer: 'alice', payee: 'bob' });
    expect(Transfer.reject(facts, 'insufficient_funds', JANUARY).parties).toEqual(['alice']);
    expect(
      Transfer.reject(transferFacts({ initiator: null }), 'insufficient_funds', JANUARY).parties,
    ).toEqual([]);
  });
});

describe('a restored transfer', () => {
  it('equals the stored state', () => {
    const state = { ...Transfer.reject(transferFacts(), 'insufficient_funds', JANUARY) };
    expect({ ...Transfer.restore(state) }).toStrictEqual(state);
  });
});
