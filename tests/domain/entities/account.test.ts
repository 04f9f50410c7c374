import { post } from '../../../src/domain/decisions/post-step.ts';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import { Account, systemAccountId } from '../../../src/domain/entities/account.ts';
import type { AccountClass, SystemPurpose } from '../../../src/domain/entities/account.ts';
import { entryDigest, linkHash, sealTransfer } from '../../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import { Transfer } from '../../../src/domain/entities/transfer.ts';
import { anAccount, JANUARY, transferFacts } from '../../../src/testing/fixtures/builders.ts';

const COUNTERS = { debitsPosted: 30n, creditsPosted: 100n, debitsPending: 5n, creditsPending: 7n };

describe("a customer's new account", () => {
  it('is an empty liability of the bank, active, with a minimum of 0 and no maximum', () => {
    const account = Account.open({
      id: 'a',
      ownerId: 'alice',
      number: 'PB48539007547034',
      currency: 'BHD',
      name: 'Savings',
      at: JANUARY,
    });
    expect({ ...account }).toStrictEqual({
      id: 'a',
      ownerId: 'alice',
      purpose: null,
      number: 'PB48539007547034',
      name: 'Savings',
      externalId: null,
      metadata: null,
      currency: 'BHD',
      exponent: 3,
      class: 'liability',
      status: 'active',
      creditsFrozen: false,
      minimumBalance: 0n,
      maximumBalance: null,
      counters: { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n },
      sequence: 0,
      latestAt: JANUARY,
      head: GENESIS_HASH,
      nextExpiryAt: null,
      createdAt: JANUARY,
    });
  });

  it.each(['XXX', 'eur', 'EURO', '', 'HRK'])('cannot be in "%s", which is not a currency', (currency) => {
    const number = 'PB48539007547034';
    const facts = { id: 'a', ownerId: 'alice', number, currency, name: null, at: JANUARY };
    expect(() => Account.open(facts)).toThrow(new TypeError(`"${currency}" is not a currency of ISO 4217`));
  });

  it('cannot have a number with wrong check digits', () => {
    const number = 'PB48539007547043';
    const facts = { id: 'a', ownerId: 'alice', number, currency: 'EUR', name: null, at: JANUARY };
    expect(() => Account.open(facts)).toThrow(new TypeError(`"${number}" is not an account number`));
  });
});

describe("the bank's own account", () => {
  it.each<[SystemPurpose, AccountClass, string]>([
    ['funding', 'asset', '00000000-0000-8000-8000-000001455552'],
    ['settlement', 'asset', '00000000-0000-8000-8000-000002455552'],
    ['fees', 'income', '00000000-0000-8000-8000-000003455552'],
    ['exchange', 'asset', '00000000-0000-8000-8000-000004455552'],
    ['suspense', 'liability', '00000000-0000-8000-8000-000005455552'],
  ])('for %s has class %s, one fixed id for each currency, and no limits', (purpose, kind, id) => {
    expect({ ...Account.openSystem({ purpose, currency: 'EUR', at: JANUARY }) }).toMatchObject({
      id,
      ownerId: null,
      purpose,
      number: null,
      name: null,
      currency: 'EUR',
      exponent: 2,
      class: kind,
      status: 'active',
      minimumBalance: null,
      maximumBalance: null,
    });
    expect(systemAccountId(purpose, 'USD')).toBe(id.replace('455552', '555344'));
  });

  it('keeps the given exponent, whatever ISO 4217 says today', () => {
    const facts = { purpose: 'funding', currency: 'HRK', at: JANUARY } as const;
    expect(Account.openSystem({ ...facts, exponent: 2 })).toMatchObject({ currency: 'HRK', exponent: 2 });
  });

  it('cannot be in an unknown currency', () => {
    expect(() => Account.openSystem({ purpose: 'fees', currency: 'XXX', at: JANUARY })).toThrow(TypeError);
  });
});

describe('a restored account', () => {
  it('equals the stored state, whatever ISO 4217 says today', () => {
    const state = { ...anAccount({ currency: 'HRK', exponent: 2, status: 'closed', counters: COUNTERS }) };
    expect({ ...Account.restore(state) }).toStrictEqual(state);
  });
});

describe('balances', () => {
  it.each<[AccountClass, object]>([
    ['asset', { normalSide: 'debit', balance: -70n, held: 7n, incoming: 5n, available: -77n }],
    ['expense', { normalSide: 'debit', balance: -70n, held: 7n, incoming: 5n, available: -77n }],
    ['liability', { normalSide: 'credit', balance: 70n, held: 5n, incoming: 7n, available: 65n }],
    ['equity', { normalSide: 'credit', balance: 70n, held: 5n, incoming: 7n, available: 65n }],
    ['income', { normalSide: 'credit', balance: 70n, held: 5n, incoming: 7n, available: 65n }],
  ])('of class %s are on its normal side', (kind, expected) => {
    const { normalSide, balance, held, incoming, available } = anAccount({ class: kind, counters: COUNTERS });
    expect({ normalSide, balance, held, incoming, available }).toEqual(expected);
  });

  it.each([
    ['active', false, { debit: false, credit: false }],
    ['active', true, { debit: false, credit: false }],
    ['frozen', false, { debit: true, credit: false }],
    ['frozen', true, { debit: true, credit: true }],
  ] as const)('of an account that is %s, credits frozen: %s, refuse %o', (status, creditsFrozen, refused) => {
    const account = anAccount({ status, creditsFrozen });
    expect({ debit: account.refuses('debit'), credit: account.refuses('credit') }).toEqual(refused);
  });

  it('of an asset are limited on the other side: debits raise them, and credits lower them', () => {
    const cash = anAccount({
      class: 'asset',
      counters: { ...COUNTERS, debitsPosted: 100n, creditsPosted: 0n, debitsPending: 5n, creditsPending: 7n },
      minimumBalance: 50n,
      maximumBalance: 150n,
    });
    expect(cash.limitBrokenBy('credit', 43n)).toBeUndefined();
    expect(cash.limitBrokenBy('credit', 44n)).toBe('insufficient_funds');
    expect(cash.limitBrokenBy('debit', 45n)).toBeUndefined();
    expect(cash.limitBrokenBy('debit', 46n)).toBe('exceeds_maximum_balance');
  });
});

describe('posting', () => {
  it('returns the changed account and its entry, and leaves the original account unchanged', () => {
    const before = anAccount({ counters: COUNTERS, sequence: 6, head: 'ab'.repeat(32) });
    const stood = { ...before };
    const transfer = Transfer.complete(transferFacts({ source: before.id, amount: 20n }), JANUARY + 5);
    const seal = sealTransfer(transfer, sha256);

    const { account, entry } = post(
      before,
      { leg: transfer.source, transfer },
      {
        step: 'completed',
        at: JANUARY + 5,
        seal,
        digest: sha256,
      },
    );
    const facts = {
      accountId: before.id,
      sequence: 7,
      transferId: transfer.id,
      step: 'completed',
      direction: 'debit',
      posted: 20n,
      pending: 0n,
      after: { ...COUNTERS, debitsPosted: 50n },
      at: JANUARY + 5,
    } as const;
    const hash = linkHash(
      before.head,
      entryDigest(facts, transfer, { seal, number: before.number, digest: sha256 }),
      sha256,
    );
    expect({ ...entry }).toStrictEqual({ ...facts, hash });
    expect({ ...account }).toStrictEqual({
      ...stood,
      counters: facts.after,
      sequence: 7,
      latestAt: JANUARY + 5,
      head: hash,
    });
    expect({ ...before }).toStrictEqual(stood);
  });
});
