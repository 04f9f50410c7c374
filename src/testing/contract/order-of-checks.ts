import { describe, expect, it } from 'vitest';
import { Account, systemAccountId } from '../../domain/entities/account.ts';
import type { AccountState } from '../../domain/entities/account.ts';
import type { Counters } from '../../domain/entities/counters.ts';
import type { Actor } from '../../domain/actor.ts';
import { errorCatalogue } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { MAX_AMOUNT, MAX_COUNTER } from '../../domain/money/money.ts';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, anAccount, freshId } from '../fixtures/builders.ts';
import type { AccountFacts } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const AMOUNT = 10n;
const NO_COUNTERS: Counters = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
const FULL_COUNTERS: Counters = { ...NO_COUNTERS, debitsPosted: MAX_COUNTER, creditsPosted: MAX_COUNTER };

/** An account in dollars that accepts no credit. */
const FULL_OF_DOLLARS: AccountFacts = { currency: 'USD', maximumBalance: 0n };

/** Case of a capture, void or reversal, in the order of `semantics.md`. Later checks in the order would fail too. */
type EndingRow = {
  readonly rule: string;
  readonly of: 'hold' | 'transfer' | 'reversal' | 'rejection' | 'nothing';
  /** An earlier end of the transfer. */
  readonly after?: 'capture' | 'void' | 'expiry' | 'reversal';
  /** Default: the payee. */
  readonly by?: 'payer' | 'another' | 'the bank';
  readonly amount: bigint;
  /** State of the accounts at the attempt. */
  readonly source?: Partial<AccountState>;
  readonly destination?: Partial<AccountState>;
  readonly code: ErrorCode | null;
  /** The bank's code, where it differs from `code`. */
  readonly bankLearns?: ErrorCode | null;
};

const CLOSED: Partial<AccountState> = { status: 'closed' };
const FROZEN: Partial<AccountState> = { status: 'frozen', creditsFrozen: true };

const ORDER_OF_CAPTURE: readonly EndingRow[] = [
  { rule: 'an unknown transfer', of: 'nothing', amount: 11n, code: 'transfer_not_found' },
  {
    rule: 'the payer of a hold, even if the hold has ended',
    of: 'hold',
    after: 'capture',
    by: 'payer',
    amount: 11n,
    destination: CLOSED,
    code: 'transfer_not_found',
    bankLearns: 'already_completed',
  },
  {
    rule: 'a stranger, even for a transfer that never was a hold',
    of: 'transfer',
    by: 'another',
    amount: 11n,
    destination: CLOSED,
    code: 'transfer_not_found',
    bankLearns: 'transfer_not_pending',
  },
  {
    rule: 'a rejection, even for the payer who placed it',
    of: 'rejection',
    by: 'payer',
    amount: 11n,
    code: 'transfer_not_found',
    bankLearns: 'transfer_not_pending',
  },
  {
    rule: 'a rejection, which its payee cannot see',
    of: 'rejection',
    amount: 11n,
    code: 'transfer_not_found',
    bankLearns: 'transfer_not_pending',
  },
  {
    rule: 'a transfer that never was a hold, before the amount and the destination',
    of: 'transfer',
    amount: 11n,
    destination: CLOSED,
    code: 'transfer_not_pending',
  },
  {
    rule: 'a captured hold, before expiry, amount and destination',
    of: 'hold',
    after: 'capture',
    amount: 11n,
    destination: CLOSED,
    code: 'already_completed',
  },
  {
    rule: 'a voided hold, before expiry, amount and destination',
    of: 'hold',
    after: 'void',
    amount: 11n,
    destination: CLOSED,
    code: 'already_voided',
  },
  {
    rule: 'an expired hold, before amount and destination',
    of: 'hold',
    after: 'expiry',
    amount: 11n,
    destination: CLOSED,
    code: 'hold_expired',
  },
  {
    rule: 'an amount above the held amount, before the destination',
    of: 'hold',
    amount: 11n,
    destination: CLOSED,
    code: 'exceeds_hold_amount',
  },
  {
    rule: 'a closed destination',
    of: 'hold',
    amount: 10n,
    source: CLOSED,
    destination: CLOSED,
    code: 'destination_account_closed',
  },
  {
    rule: 'a destination whose credits are frozen',
    of: 'hold',
    amount: 10n,
    source: FROZEN,
    destination: FROZEN,
    code: 'destination_account_frozen',
  },
  {
    rule: 'nothing for a frozen source, broken limits and a frozen destination that accepts credits',
    of: 'hold',
    amount: 10n,
    source: { ...FROZEN, minimumBalance: 1000n },
    destination: { status: 'frozen', maximumBalance: 0n },
    code: null,
  },
];

const ORDER_OF_VOID: readonly EndingRow[] = [
  ...ORDER_OF_CAPTURE.slice(0, 9),
  {
    rule: 'nothing, in any state of the accounts',
    of: 'hold',
    amount: 10n,
    source: CLOSED,
    destination: CLOSED,
    code: null,
  },
];

const ORDER_OF_REVERSAL: readonly EndingRow[] = [
  { rule: 'an unknown transfer', of: 'nothing', amount: 11n, code: 'transfer_not_found' },
  {
    rule: 'the payer, even for a transfer that cannot be reversed',
    of: 'hold',
    by: 'payer',
    amount: 11n,
    destination: CLOSED,
    code: 'transfer_not_found',
    bankLearns: 'not_reversible',
  },
  {
    rule: 'a stranger',
    of: 'transfer',
    by: 'another',
    amount: 11n,
    destination: CLOSED,
    code: 'transfer_not_found',
    bankLearns: 'exceeds_reversible_amount',
  },
  {
    rule: 'a rejection, which its payee cannot see',
    of: 'rejection',
    amount: 11n,
    code: 'transfer_not_found',
    bankLearns: 'not_reversible',
  },
  {
    rule: 'a reversal, before the amount and the accounts',
    of: 'reversal',
    by: 'payer',
    amount: 11n,
    source: CLOSED,
    code: 'not_reversible',
  },
  {
    rule: 'a hold that is pending, before the amount',
    of: 'hold',
    amount: 11n,
    destination: CLOSED,
    code: 'not_reversible',
  },
  {
    rule: 'a hold that was voided',
    of: 'hold',
    after: 'void',
    amount: 11n,
    destination: CLOSED,
    code: 'not_reversible',
  },
  {
    rule: 'a hold that has expired',
    of: 'hold',
    after: 'expiry',
    amount: 11n,
    destination: CLOSED,
    code: 'not_reversible',
  },
  {
    rule: 'an amount above the remainder, before the accounts',
    of: 'transfer',
    after: 'reversal',
    amount: 1n,
    source: CLOSED,
    destination: CLOSED,
    code: 'exceeds_reversible_amount',
  },
  {
    rule: 'an amount above the transfer, before the accounts',
    of: 'transfer',
    amount: 11n,
    source: CLOSED,
    destination: CLOSED,
    code: 'exceeds_reversible_amount',
  },
  {
    rule: 'a closed source of the reversal, before its destination',
    of: 'transfer',
    amount: 10n,
    source: CLOSED,
    destination: CLOSED,
    code: 'source_account_closed',
  },
  {
    rule: 'a closed destination of the reversal, before its frozen source',
    of: 'transfer',
    amount: 10n,
    source: CLOSED,
    destination: FROZEN,
    code: 'destination_account_unavailable',
    bankLearns: 'destination_account_closed',
  },
  {
    rule: 'a frozen source of the reversal, before its destination',
    of: 'transfer',
    amount: 10n,
    source: FROZEN,
    destination: { status: 'frozen' },
    code: 'source_account_frozen',
  },
  {
    rule: 'a frozen destination of the reversal, before funds',
    of: 'transfer',
    amount: 10n,
    source: FROZEN,
    destination: { minimumBalance: 1n },
    code: 'destination_account_unavailable',
    bankLearns: 'destination_account_frozen',
  },
  {
    rule: 'insufficient funds, before the maximum balance of the destination',
    of: 'transfer',
    amount: 10n,
    source: { maximumBalance: 0n },
    destination: { minimumBalance: 1n },
    code: 'insufficient_funds',
  },
  {
    rule: 'the maximum balance of the destination',
    of: 'transfer',
    amount: 10n,
    source: { maximumBalance: 99n },
    code: 'destination_account_unavailable',
    bankLearns: 'exceeds_maximum_balance',
  },
  {
    rule: 'nothing, at each boundary',
    of: 'transfer',
    amount: 10n,
    source: { maximumBalance: 100n, status: 'frozen' },
    destination: { minimumBalance: 0n },
    code: null,
  },
];

/** Cases of a closing in the order of `semantics.md`, with more than one broken rule. */
const ORDER_OF_CLOSING: readonly {
  readonly rule: string;
  readonly by?: 'another';
  readonly account: AccountFacts;
  readonly code: ErrorCode | null;
}[] = [
  {
    rule: "another's account, in any state",
    by: 'another',
    account: { balance: 1n, status: 'closed' },
    code: 'account_not_found',
  },
  {
    rule: 'a positive balance, before holds',
    account: { counters: { ...NO_COUNTERS, creditsPosted: 1n, debitsPending: 1n } },
    code: 'balance_not_zero',
  },
  {
    rule: 'a negative balance',
    account: { balance: -1n, minimumBalance: -5n },
    code: 'balance_not_zero',
  },
  {
    rule: 'an outgoing hold',
    account: { counters: { ...NO_COUNTERS, debitsPending: 1n }, minimumBalance: -5n },
    code: 'holds_outstanding',
  },
  {
    rule: 'an incoming hold',
    account: { counters: { ...NO_COUNTERS, creditsPending: 1n } },
    code: 'holds_outstanding',
  },
  { rule: 'a closed account', account: { status: 'closed' }, code: 'already_closed' },
  {
    rule: 'nothing for an empty account',
    account: { counters: { ...NO_COUNTERS, creditsPosted: 7n, debitsPosted: 7n } },
    code: null,
  },
];

type Row = {
  readonly rule: string;
  /** Default: the payer's account, with 9 EUR. 'absent': it does not exist. */
  readonly source?: AccountFacts | 'absent';
  readonly sourceOf?: 'another' | 'the bank';
  /** Default: an empty account of a payee. */
  readonly destination?: AccountFacts | 'absent' | 'the source';
  readonly destinationOf?: 'the bank';
  /** Currency in the request. Default: none. */
  readonly currency?: string;
  /** The code for the payer, who does not own the destination. */
  readonly payerLearns: ErrorCode;
  /** The code for the system, which may debit any account. */
  readonly systemLearns: ErrorCode;
  /** Whether a rejected transfer is stored in addition to the record. */
  readonly kept: boolean;
};

/**
 * Checks 5 to 13 of `semantics.md`, in order. In each row, all later checks that can fail would fail too, so each row
 * but the last of its kind proves that its check comes first.
 */
const ORDER_OF_CHECKS: readonly Row[] = [
  {
    rule: 'accounts must be different, even if the account does not exist',
    source: 'absent',
    destination: 'the source',
    currency: 'GBP',
    payerLearns: 'accounts_must_be_different',
    systemLearns: 'accounts_must_be_different',
    kept: true,
  },
  {
    rule: "accounts must be different, even if the account is another's, closed and empty",
    source: { status: 'closed', balance: 0n },
    sourceOf: 'another',
    destination: 'the source',
    currency: 'GBP',
    payerLearns: 'accounts_must_be_different',
    systemLearns: 'accounts_must_be_different',
    kept: true,
  },
  {
    rule: 'the source must exist, before the destination must exist',
    source: 'absent',
    destination: 'absent',
    payerLearns: 'source_account_not_found',
    systemLearns: 'source_account_not_found',
    kept: false,
  },
  {
    rule: 'the source must exist, whatever the state of the destination',
    source: 'absent',
    destination: { ...FULL_OF_DOLLARS, status: 'closed' },
    currency: 'GBP',
    payerLearns: 'source_account_not_found',
    systemLearns: 'source_account_not_found',
    kept: false,
  },
  {
    rule: "the source must be the payer's, before the destination must exist",
    source: { status: 'closed' },
    sourceOf: 'another',
    destination: 'absent',
    currency: 'GBP',
    payerLearns: 'source_account_not_found',
    systemLearns: 'destination_account_not_found',
    kept: false,
  },
  {
    rule: 'a customer cannot debit an account of the bank',
    source: { status: 'closed' },
    sourceOf: 'the bank',
    destination: 'absent',
    payerLearns: 'source_account_not_found',
    systemLearns: 'destination_account_not_found',
    kept: false,
  },
  {
    rule: 'the destination must exist, before the source must be open',
    source: { status: 'closed' },
    destination: 'absent',
    currency: 'GBP',
    payerLearns: 'destination_account_not_found',
    systemLearns: 'destination_account_not_found',
    kept: false,
  },
  {
    rule: 'a customer cannot credit an account of the bank',
    source: { status: 'closed' },
    destination: { ...FULL_OF_DOLLARS, status: 'frozen', creditsFrozen: true },
    destinationOf: 'the bank',
    currency: 'GBP',
    payerLearns: 'destination_account_not_found',
    systemLearns: 'source_account_closed',
    kept: false,
  },
  {
    rule: 'the source must not be closed, before the destination',
    source: { status: 'closed' },
    destination: { ...FULL_OF_DOLLARS, status: 'closed' },
    currency: 'GBP',
    payerLearns: 'source_account_closed',
    systemLearns: 'source_account_closed',
    kept: true,
  },
  {
    rule: 'the source must not be closed, before the destination must not be frozen',
    source: { status: 'closed' },
    destination: { ...FULL_OF_DOLLARS, status: 'frozen', creditsFrozen: true },
    currency: 'GBP',
    payerLearns: 'source_account_closed',
    systemLearns: 'source_account_closed',
    kept: true,
  },
  {
    rule: 'the destination must not be closed, before the source must not be frozen',
    source: { status: 'frozen' },
    destination: { ...FULL_OF_DOLLARS, status: 'closed' },
    currency: 'GBP',
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'destination_account_closed',
    kept: true,
  },
  {
    rule: 'the destination must not be closed, before currencies must match and funds suffice',
    destination: { ...FULL_OF_DOLLARS, status: 'closed' },
    currency: 'GBP',
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'destination_account_closed',
    kept: true,
  },
  {
    rule: 'the source must not be frozen, before the destination',
    source: { status: 'frozen' },
    destination: { ...FULL_OF_DOLLARS, status: 'frozen', creditsFrozen: true },
    currency: 'GBP',
    payerLearns: 'source_account_frozen',
    systemLearns: 'source_account_frozen',
    kept: true,
  },
  {
    rule: 'the source must not be frozen, even if its credits are allowed',
    source: { status: 'frozen', creditsFrozen: false },
    destination: FULL_OF_DOLLARS,
    currency: 'GBP',
    payerLearns: 'source_account_frozen',
    systemLearns: 'source_account_frozen',
    kept: true,
  },
  {
    rule: 'the credits of the destination must not be frozen, before currencies must match',
    destination: { ...FULL_OF_DOLLARS, status: 'frozen', creditsFrozen: true },
    currency: 'GBP',
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'destination_account_frozen',
    kept: true,
  },
  {
    rule: 'a frozen destination accepts credits by default; then the accounts must share a currency',
    destination: { ...FULL_OF_DOLLARS, status: 'frozen' },
    payerLearns: 'currency_mismatch',
    systemLearns: 'currency_mismatch',
    kept: true,
  },
  {
    rule: 'frozen credits have no effect on an active account; then the accounts must share a currency',
    destination: { ...FULL_OF_DOLLARS, creditsFrozen: true },
    currency: 'EUR',
    payerLearns: 'currency_mismatch',
    systemLearns: 'currency_mismatch',
    kept: true,
  },
  {
    rule: 'the currency named must be that of the accounts, before funds suffice',
    destination: { maximumBalance: 0n },
    currency: 'USD',
    payerLearns: 'currency_mismatch',
    systemLearns: 'currency_mismatch',
    kept: true,
  },
  {
    rule: 'funds must suffice, before the destination must not be full',
    destination: { maximumBalance: 0n },
    currency: 'EUR',
    payerLearns: 'insufficient_funds',
    systemLearns: 'insufficient_funds',
    kept: true,
  },
  {
    rule: 'funds must suffice, before bounds must hold on either side',
    source: { counters: FULL_COUNTERS },
    destination: { counters: { ...FULL_COUNTERS, debitsPosted: MAX_COUNTER - MAX_AMOUNT } },
    payerLearns: 'insufficient_funds',
    systemLearns: 'insufficient_funds',
    kept: true,
  },
  {
    rule: 'the destination must not be full, before the bounds of the source must hold',
    source: { counters: FULL_COUNTERS, minimumBalance: -10n },
    destination: { maximumBalance: 9n },
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'exceeds_maximum_balance',
    kept: true,
  },
  {
    rule: 'the destination must not be full, before its own bounds must hold',
    source: { balance: 10n },
    destination: { balance: MAX_AMOUNT - 9n, maximumBalance: MAX_AMOUNT },
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'exceeds_maximum_balance',
    kept: true,
  },
  {
    rule: 'the balance of the destination must stay within its bound',
    source: { balance: 10n },
    destination: { balance: MAX_AMOUNT - 9n },
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'amount_overflow',
    kept: true,
  },
  {
    rule: 'the credits of the destination must stay within the bound of counters',
    source: { balance: 10n },
    destination: { counters: { ...FULL_COUNTERS, creditsPosted: MAX_COUNTER - 9n } },
    payerLearns: 'destination_account_unavailable',
    systemLearns: 'amount_overflow',
    kept: true,
  },
];

/** Amounts on both sides of each boundary: the last accepted one, and the first refused one with its rule. */
const BOUNDARIES: readonly {
  readonly limit: string;
  readonly source?: AccountFacts;
  readonly destination?: AccountFacts;
  readonly last: bigint;
  readonly code: ErrorCode;
}[] = [
  { limit: 'the available balance', source: { balance: 100n }, last: 100n, code: 'insufficient_funds' },
  {
    limit: 'a minimum above zero',
    source: { balance: 100n, minimumBalance: 30n },
    last: 70n,
    code: 'insufficient_funds',
  },
  {
    limit: 'an overdraft',
    source: { balance: 100n, minimumBalance: -50n },
    last: 150n,
    code: 'insufficient_funds',
  },
  {
    limit: 'an overdraft already in use',
    source: { balance: -20n, minimumBalance: -50n },
    last: 30n,
    code: 'insufficient_funds',
  },
  {
    limit: 'the balance minus held amounts',
    source: { counters: { ...NO_COUNTERS, creditsPosted: 100n, debitsPending: 40n } },
    last: 60n,
    code: 'insufficient_funds',
  },
  {
    limit: 'the posted balance: pending credits are not available',
    source: { counters: { ...NO_COUNTERS, creditsPosted: 100n, creditsPending: 40n } },
    last: 100n,
    code: 'insufficient_funds',
  },
  {
    limit: 'the bound below zero, without a minimum',
    source: { balance: 10n - MAX_AMOUNT, minimumBalance: null },
    last: 10n,
    code: 'amount_overflow',
  },
  {
    limit: 'the bound below zero, held amounts included',
    source: {
      counters: { ...NO_COUNTERS, debitsPosted: MAX_AMOUNT - 15n, debitsPending: 5n },
      minimumBalance: null,
    },
    last: 10n,
    code: 'amount_overflow',
  },
  {
    limit: 'the bound of the debit counter',
    source: {
      counters: { ...NO_COUNTERS, debitsPosted: MAX_COUNTER - 10n, creditsPosted: MAX_COUNTER },
    },
    last: 10n,
    code: 'insufficient_funds',
  },
  {
    limit: 'the bound of the debit counter, with sufficient funds',
    source: {
      counters: { ...NO_COUNTERS, debitsPosted: MAX_COUNTER - 10n, creditsPosted: MAX_COUNTER },
      minimumBalance: -100n,
    },
    last: 10n,
    code: 'amount_overflow',
  },
  {
    limit: 'a maximum',
    destination: { balance: 90n, maximumBalance: 100n },
    last: 10n,
    code: 'exceeds_maximum_balance',
  },
  {
    limit: 'a maximum, with pending credits',
    destination: {
      counters: { ...NO_COUNTERS, creditsPosted: 90n, creditsPending: 4n },
      maximumBalance: 100n,
    },
    last: 6n,
    code: 'exceeds_maximum_balance',
  },
  {
    limit: 'a maximum, regardless of held amounts',
    destination: {
      counters: { ...NO_COUNTERS, creditsPosted: 90n, debitsPending: 50n },
      maximumBalance: 100n,
    },
    last: 10n,
    code: 'exceeds_maximum_balance',
  },
  {
    limit: 'the bound above zero',
    destination: { balance: MAX_AMOUNT - 10n },
    last: 10n,
    code: 'amount_overflow',
  },
  {
    limit: 'the bound above zero, with pending credits',
    destination: { counters: { ...NO_COUNTERS, creditsPosted: MAX_AMOUNT - 15n, creditsPending: 5n } },
    last: 10n,
    code: 'amount_overflow',
  },
  {
    limit: 'the bound of the credit counter',
    destination: {
      counters: { ...NO_COUNTERS, debitsPosted: MAX_COUNTER, creditsPosted: MAX_COUNTER - 10n },
      minimumBalance: null,
    },
    last: 10n,
    code: 'amount_overflow',
  },
];

export function describeOrderOfChecks(subject: () => Subject): void {
  describe('the order of checks of a transfer', () => {
    it.each(ORDER_OF_CHECKS)('$rule', async (row) => {
      const { bank } = subject();
      const [payer, payee] = [aCustomer('Payer'), aCustomer('Payee')];
      const { source, destination } = await seeded(subject(), row, { payer, payee });
      const request = { from: source, to: destination, amount: AMOUNT };
      const named = row.currency === undefined ? {} : { currency: row.currency };

      const toPayer = await bank.pay(payer, { ...request, ...named });
      expect(toPayer).toStrictEqual({
        ok: false,
        replayed: false,
        code: row.payerLearns,
        retry: errorCatalogue[row.payerLearns].retry,
        transferId: row.kept ? (expect.any(String) as string) : null,
      });
      const toSystem = await bank.pay(SYSTEM, { ...request, ...named });
      expect(toSystem).toMatchObject({ ok: false, code: row.systemLearns });

      const transferId = toPayer.ok ? null : toPayer.transferId;
      if (transferId !== null) {
        expect(await bank.ledger.getTransfer(payer, transferId)).toMatchObject({ code: row.payerLearns });
        expect(await bank.ledger.getTransfer(SYSTEM, transferId)).toMatchObject({ code: row.systemLearns });
      }
      expect((await bank.ledger.listTransfers(payer)).items).toHaveLength(row.kept ? 1 : 0);
      expect([await bank.entriesOf(source), await bank.entriesOf(destination)]).toEqual([[], []]);
    });

    it.each(ORDER_OF_CHECKS.filter(({ payerLearns }) => payerLearns === 'destination_account_unavailable'))(
      'gives the owner of both sides the precise code: $rule',
      async (row) => {
        const payer = aCustomer('Payer');
        const { source, destination } = await seeded(subject(), row, { payer, payee: payer });
        const named = row.currency === undefined ? {} : { currency: row.currency };

        const refused = await subject().bank.pay(payer, {
          from: source,
          to: destination,
          amount: AMOUNT,
          ...named,
        });
        expect(refused).toMatchObject({ ok: false, code: row.systemLearns });
      },
    );
  });

  describe('the boundaries of a transfer', () => {
    it.each(BOUNDARIES)('$limit: $last is accepted, one more is $code', async (row) => {
      const { bank } = subject();
      const alice = aCustomer();
      const enough = { balance: MAX_AMOUNT };
      for (const [amount, code] of [
        [row.last + 1n, row.code],
        [row.last, null],
      ] as const) {
        const source = anAccount({ ...(row.source ?? enough), ownerId: alice.id });
        const destination = anAccount({ ...row.destination, ownerId: alice.id });
        await bank.seed(source, destination);

        const result = await bank.pay(alice, { from: source.id, to: destination.id, amount });
        expect(result.ok ? null : result.code).toBe(code);
        const moved = result.ok ? amount : 0n;
        expect([await bank.balanceOf(source.id), await bank.balanceOf(destination.id)]).toEqual([
          source.balance - moved,
          destination.balance + moved,
        ]);
      }
    });

    it('let a balance break a limit already, but block that side until it complies', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const tooFull = await bank.account(alice, { funds: 80n, maximumBalance: 50n });
      const tooEmpty = await bank.account(alice, { funds: 20n, minimumBalance: 60n });
      const codes: (string | null)[] = [];
      const pay = async (from: string, to: string, amount: bigint) => {
        const result = await bank.pay(alice, { from, to, amount });
        codes.push(result.ok ? null : result.code);
      };

      await pay(tooEmpty, tooFull, 1n);
      await pay(tooFull, tooEmpty, 30n);
      await pay(tooEmpty, tooFull, 1n);
      await pay(tooFull, tooEmpty, 11n);
      await pay(tooEmpty, tooFull, 1n);
      expect(codes).toEqual(['insufficient_funds', null, 'insufficient_funds', null, null]);
      expect([await bank.balanceOf(tooFull), await bank.balanceOf(tooEmpty)]).toEqual([40n, 60n]);
    });
  });

  describe.each([
    ['capture', ORDER_OF_CAPTURE],
    ['void', ORDER_OF_VOID],
    ['reversal', ORDER_OF_REVERSAL],
  ] as const)('the order of checks of a %s', (operation, rows) => {
    const end = (actor: Actor, transferId: string, amount: bigint) => {
      const { bank } = subject();
      if (operation === 'void') return bank.void(actor, transferId);
      return operation === 'capture'
        ? bank.capture(actor, transferId, amount)
        : bank.reverse(actor, transferId, amount);
    };

    it.each(rows)('stops at $rule', async (row) => {
      const { bank } = subject();
      const { payer, payee, from, to, transferId } = await brought(subject(), row);
      const actor = row.by === 'payer' ? payer : row.by === 'another' ? aCustomer('Eve') : payee;
      const before = [await bank.entriesOf(from), await bank.entriesOf(to)];

      const result = await end(actor, transferId, row.amount);
      expect(codeOf(result)).toBe(row.code);
      if (result.ok || row.code === null) {
        expect(await bank.entriesOf(to)).toHaveLength(before[1]!.length + 1);
        return;
      }
      expect(result).toMatchObject({ replayed: false, retry: errorCatalogue[row.code].retry });
      const bankLearns = row.bankLearns === undefined ? row.code : row.bankLearns;
      expect(codeOf(await end(SYSTEM, transferId, row.amount))).toBe(bankLearns);
      const steps = (await Promise.all([from, to].map((id) => bank.entriesOf(id)))).map((entries) =>
        entries.filter(({ step }) => step !== 'expired'),
      );
      expect(steps).toEqual(before);
    });
  });

  describe('the order of checks of a closing', () => {
    it.each(ORDER_OF_CLOSING)('stops at $rule', async ({ by, account, code }) => {
      const { bank, second } = subject();
      const alice = aCustomer();
      const closing = anAccount({ ...account, ownerId: by === 'another' ? freshId() : alice.id });
      await bank.seed(closing);
      const result = await bank.ledger.closeAccount(alice, { accountId: closing.id });
      expect(codeOf(result)).toBe(code);
      if (code === null) return;
      expect(result).toMatchObject({ retry: errorCatalogue[code].retry, transferId: null });
      expect(await second.reads.account(closing.id)).toStrictEqual(closing);
    });
  });

  describe('the order of checks of initial funds', () => {
    const fund = async (
      destination: AccountFacts | string,
      named: { currency?: string; amount?: bigint } = {},
    ) => {
      const { bank } = subject();
      const account = typeof destination === 'string' ? { id: destination } : anAccount(destination);
      if (account instanceof Account) await bank.seed(account);
      return bank.ledger.fundAccount(SYSTEM, {
        destinationAccountId: account.id,
        amount: AMOUNT,
        idempotencyKey: freshId(),
        ...named,
      });
    };

    it.each<[rule: string, destination: AccountFacts | string, currency: string, code: ErrorCode]>([
      ['the destination must exist', freshId(), 'GBP', 'destination_account_not_found'],
      [
        'the destination must not be closed, before currencies must match',
        { ...FULL_OF_DOLLARS, status: 'closed' },
        'GBP',
        'destination_account_closed',
      ],
      [
        'the credits of the destination must not be frozen, before currencies must match',
        { ...FULL_OF_DOLLARS, status: 'frozen', creditsFrozen: true },
        'GBP',
        'destination_account_frozen',
      ],
      [
        'the currency named must be that of the account, before it must not be full',
        FULL_OF_DOLLARS,
        'GBP',
        'currency_mismatch',
      ],
      [
        'the destination must not be full, before its bounds must hold',
        { balance: MAX_AMOUNT - 9n, maximumBalance: MAX_AMOUNT },
        'EUR',
        'exceeds_maximum_balance',
      ],
      ['the bounds must hold', { balance: MAX_AMOUNT - 9n }, 'EUR', 'amount_overflow'],
    ])('%s', async (_, destination, currency, code) => {
      const refused = await fund(destination, { currency });
      expect(refused).toStrictEqual({
        ok: false,
        replayed: false,
        code,
        retry: errorCatalogue[code].retry,
        transferId: code === 'destination_account_not_found' ? null : (expect.any(String) as string),
      });
    });

    it('excludes an account of the bank as destination', async () => {
      const { bank } = subject();
      await bank.account(aCustomer(), { funds: 1n });
      expect(await fund(systemAccountId('funding', 'EUR'))).toMatchObject({
        ok: false,
        code: 'destination_account_not_found',
        transferId: null,
      });
    });

    it('accepts a frozen account, unless its credits are frozen too', async () => {
      expect(await fund({ status: 'frozen' })).toMatchObject({ ok: true });
    });

    it("keeps the bank's own funding account within the bound", async () => {
      const { bank } = subject();
      const opened = Account.openSystem({
        purpose: 'funding',
        currency: 'JOD',
        at: bank.clock.now(),
      });
      const debited = { ...NO_COUNTERS, debitsPosted: MAX_AMOUNT - AMOUNT };
      await bank.seed(Account.restore({ ...opened, counters: debited }));
      const dinars = { currency: 'JOD', exponent: 3 };

      expect(await fund(dinars, { amount: AMOUNT + 1n })).toMatchObject({ code: 'amount_overflow' });
      expect(await fund(dinars)).toMatchObject({ ok: true });
      expect(await bank.balanceOf(opened.id)).toBe(MAX_AMOUNT);
      expect(await fund(dinars, { amount: 1n })).toMatchObject({ code: 'amount_overflow' });
    });
  });
}

/** Sets up a row: Payer with 90 of 100 EUR and Payee with 10, or a hold of 10. */
async function brought({ bank, clock }: Subject, { of, after, source, destination }: EndingRow) {
  const [payer, payee] = [aCustomer('Payer'), aCustomer('Payee')];
  const from = await bank.account(payer, { funds: 100n });
  const to = await bank.account(payee);
  let transferId = freshId();
  if (of === 'hold') transferId = await bank.hold(payer, { from, to, amount: 10n, expiresInSeconds: 1 });
  if (of === 'transfer' || of === 'reversal') {
    transferId = transferIdOf(await bank.pay(payer, { from, to, amount: 10n }));
  }
  if (of === 'reversal') transferId = transferIdOf(await bank.reverse(payee, transferId));
  if (of === 'rejection') {
    const refused = await bank.place(payer, { from, to, amount: 101n });
    transferId = refused.ok ? '' : refused.transferId!;
  }
  if (after === 'capture') await bank.capture(payee, transferId);
  if (after === 'void') await bank.void(payee, transferId);
  if (after === 'reversal') await bank.reverse(payee, transferId);
  // Lets a hold that has ended pass its expiry
  if (after !== undefined) clock.advance(1000);
  await bank.alter(from, source ?? {});
  await bank.alter(to, destination ?? {});
  return { payer, payee, from, to, transferId };
}

async function seeded(
  { bank }: Subject,
  row: Row,
  { payer, payee }: { payer: { id: string }; payee: { id: string } },
): Promise<{ source: string; destination: string }> {
  const accounts: Account[] = [];
  const source =
    row.source === 'absent'
      ? freshId()
      : add({ balance: 9n, ...row.source, ...owner(row.sourceOf ?? payer.id) });
  const destination =
    row.destination === 'the source'
      ? source
      : row.destination === 'absent'
        ? freshId()
        : add({ ...row.destination, ...owner(row.destinationOf ?? payee.id) });
  await bank.seed(...accounts);
  return { source, destination };

  function add(facts: AccountFacts): string {
    const account = anAccount(facts);
    accounts.push(account);
    return account.id;
  }
}

function owner(of: string): AccountFacts {
  if (of === 'the bank') return { ownerId: null, purpose: 'suspense' };
  return { ownerId: of === 'another' ? freshId() : of };
}
