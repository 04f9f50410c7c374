import { describe, expect, it } from 'vitest';
import { systemAccountId } from '../../domain/entities/account.ts';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId, PLAIN } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeBankBusiness(subject: () => Subject): void {
  describe('an exchange', () => {
    it('is a linked batch of two transfers, through the exchange account of each currency', async () => {
      const { bank, otherBank } = subject();
      const { alice, dirhams, yen } = await twoCurrencies(subject());
      const result = await bank.ledger.exchangeFunds(SYSTEM, {
        sourceAccountId: dirhams,
        destinationAccountId: yen,
        sourceAmount: 1000n,
        destinationAmount: 41n,
        description: 'Journey',
        idempotencyKey: freshId(),
      });
      const [out, into] = [systemAccountId('exchange', 'AED'), systemAccountId('exchange', 'JPY')];
      expect(result).toMatchObject({
        ok: true,
        replayed: false,
        members: [
          {
            ok: true,
            transfer: {
              sourceAccountId: dirhams,
              destinationAccountId: out,
              amount: 1000n,
              currency: 'AED',
              exponent: 2,
            },
            balances: [{ accountId: out }],
          },
          {
            ok: true,
            transfer: {
              sourceAccountId: into,
              destinationAccountId: yen,
              amount: 41n,
              currency: 'JPY',
              exponent: 0,
            },
            balances: [{ accountId: into }],
          },
        ],
      });
      const ids = result.members?.map(transferIdOf) ?? [];
      const views = await Promise.all(ids.map((id) => otherBank.ledger.getTransfer(alice, id)));
      expect(new Set(views.map(({ batchId }) => batchId)).size).toBe(1);
      expect(views).toMatchObject([
        { sourceAccountId: dirhams, destinationAccountId: null, counterparty: null, description: 'Journey' },
        { sourceAccountId: null, destinationAccountId: yen, counterparty: null, amount: 41n },
      ]);
      expect([await bank.balanceOf(dirhams), await bank.balanceOf(yen)]).toEqual([0n, 41n]);
    });

    it('moves nothing if either of its two transfers is refused', async () => {
      const { bank } = subject();
      const { dirhams, yen } = await twoCurrencies(subject());
      const exchange = (change: object) =>
        bank.ledger.exchangeFunds(SYSTEM, {
          sourceAccountId: dirhams,
          destinationAccountId: yen,
          sourceAmount: 1000n,
          destinationAmount: 41n,
          idempotencyKey: freshId(),
          ...change,
        });
      const codesAfter = async (change: object) => (await exchange(change)).members?.map(codeOf);
      expect(await codesAfter({ sourceAmount: 1001n })).toEqual([
        'insufficient_funds',
        'linked_transfer_failed',
      ]);
      expect(await codesAfter({ sourceAccountId: freshId() })).toEqual([
        'source_account_not_found',
        'linked_transfer_failed',
      ]);
      expect(await codesAfter({ destinationAccountId: freshId() })).toEqual([
        'linked_transfer_failed',
        'destination_account_not_found',
      ]);
      await bank.alter(yen, { maximumBalance: 40n });
      expect(await codesAfter({})).toEqual(['linked_transfer_failed', 'exceeds_maximum_balance']);
      expect([await bank.balanceOf(dirhams), await bank.balanceOf(yen)]).toEqual([1000n, 0n]);
    });

    it('accepts customers’ and system accounts, but refuses to exchange an exchange account with itself', async () => {
      const { bank } = subject();
      const { dirhams, yen } = await twoCurrencies(subject());
      const exchange = systemAccountId('exchange', 'AED');
      await bank.pay(SYSTEM, { from: dirhams, to: exchange, amount: 1n });
      const seed = { sourceAmount: 1n, destinationAmount: 1n };
      await bank.ledger.exchangeFunds(SYSTEM, {
        sourceAccountId: dirhams,
        destinationAccountId: yen,
        ...seed,
        idempotencyKey: freshId(),
      });
      const result = await bank.ledger.exchangeFunds(SYSTEM, {
        sourceAccountId: exchange,
        destinationAccountId: yen,
        ...seed,
        idempotencyKey: freshId(),
      });
      expect(result.members?.map(codeOf)).toEqual(['accounts_must_be_different', 'linked_transfer_failed']);
    });

    it('is made once, and answered identically, if it is sent twice', async () => {
      const { bank, otherBank } = subject();
      const { dirhams, yen } = await twoCurrencies(subject());
      const request = {
        sourceAccountId: dirhams,
        destinationAccountId: yen,
        sourceAmount: 400n,
        destinationAmount: 16n,
        idempotencyKey: freshId(),
      };
      const first = await bank.ledger.exchangeFunds(SYSTEM, request);
      expect(await otherBank.ledger.exchangeFunds({ kind: 'system', id: freshId() }, request)).toStrictEqual({
        ...first,
        replayed: true,
        members: first.members?.map((member) => ({ ...member, replayed: true })),
      });
      expect([await bank.balanceOf(dirhams), await bank.balanceOf(yen)]).toEqual([600n, 16n]);
    });
  });

  describe('a withdrawal', () => {
    it('is the mirror of initial funds: the money returns to the funding account', async () => {
      const { bank, otherBank, clock } = subject();
      const alice = aCustomer('Alice');
      const accountId = await bank.account(alice, { funds: 500n, currency: 'NOK' });
      const funding = systemAccountId('funding', 'NOK');
      await bank.takeMessages();
      const result = await bank.ledger.withdrawFunds(SYSTEM, {
        sourceAccountId: accountId,
        amount: 200n,
        description: 'Cash',
        idempotencyKey: freshId(),
      });
      const transfer = {
        ...PLAIN,
        transferId: expect.any(String) as string,
        kind: 'withdrawal',
        status: 'completed',
        sourceAccountId: accountId,
        destinationAccountId: funding,
        amount: 200n,
        currency: 'NOK',
        exponent: 2,
        description: 'Cash',
        reference: null,
        externalId: null,
        metadata: null,
        counterparty: null,
        code: null,
        createdAt: clock.now(),
        completedAt: clock.now(),
      };
      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer,
        balances: [{ accountId: funding, balance: 300n, held: 0n, available: 300n }],
      });
      expect(await otherBank.ledger.getTransfer(alice, transferIdOf(result))).toStrictEqual({
        ...transfer,
        destinationAccountId: null,
      });
      expect(await bank.takeMessages()).toMatchObject([
        {
          kind: 'withdrawal_made',
          recipientId: alice.id,
          amount: 200n,
          counterparty: { name: null, account: null },
          balances: [{ accountId, balance: 300n, held: 0n }],
        },
      ]);
    });

    it("that names a user debits the user's oldest active account in the currency", async () => {
      const { bank } = subject();
      const alice = aCustomer();
      await bank.account(alice, { status: 'frozen' });
      const oldest = await bank.account(alice, { funds: 9n });
      await bank.account(alice, { funds: 9n });
      const request = { userId: alice.id, amount: 5n, idempotencyKey: freshId() };
      expect(await bank.ledger.withdrawFunds(SYSTEM, request)).toMatchObject({
        ok: true,
        transfer: { sourceAccountId: oldest },
      });
      expect(
        await bank.ledger.withdrawFunds(SYSTEM, { ...request, currency: 'GBP', idempotencyKey: freshId() }),
      ).toMatchObject({
        ok: false,
        code: 'source_account_not_found',
        transferId: null,
      });
    });

    it.each([
      ['source_account_not_found', 'absent'],
      ['source_account_closed', { status: 'closed' }],
      ['source_account_frozen', { status: 'frozen' }],
      ['currency_mismatch', 'in dollars'],
      ['insufficient_funds', { minimumBalance: 1n }],
    ] as const)('follows the rules of any transfer: %s', async (code, change) => {
      const { bank } = subject();
      const currency = change === 'in dollars' ? 'USD' : 'EUR';
      const accountId = await bank.account(aCustomer(), { funds: 5n, currency });
      if (typeof change === 'object') await bank.alter(accountId, change);
      const refused = await bank.ledger.withdrawFunds(SYSTEM, {
        sourceAccountId: change === 'absent' ? freshId() : accountId,
        amount: 5n,
        currency: 'EUR',
        idempotencyKey: freshId(),
      });
      expect(refused).toMatchObject({ ok: false, code });
      expect(await bank.balanceOf(accountId)).toBe(5n);
    });

    it("is for the system alone, and only from customers' accounts", async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const accountId = await bank.account(alice, { funds: 5n });
      const request = { sourceAccountId: accountId, amount: 1n, idempotencyKey: freshId() };
      await expect(bank.ledger.withdrawFunds(alice as never, request)).rejects.toMatchObject({
        code: 'forbidden',
      });
      const funding = { ...request, sourceAccountId: systemAccountId('funding', 'EUR') };
      expect(codeOf(await bank.ledger.withdrawFunds(SYSTEM, funding))).toBe('source_account_not_found');
      expect(
        codeOf(await bank.ledger.withdrawFunds(SYSTEM, { ...request, idempotencyKey: freshId() })),
      ).toBeNull();
    });

    it('is found by its key', async () => {
      const { bank } = subject();
      const accountId = await bank.account(aCustomer(), { funds: 5n });
      const idempotencyKey = freshId();
      await bank.ledger.withdrawFunds(SYSTEM, { sourceAccountId: accountId, amount: 1n, idempotencyKey });
      expect(await bank.ledger.findTransferByKey(SYSTEM, idempotencyKey, 'withdrawal')).toMatchObject({
        transfer: { kind: 'withdrawal', amount: 1n },
      });
    });
  });

  describe("an account's currency", () => {
    it.each([
      ['JPY', 0],
      ['EUR', 2],
      ['KWD', 3],
      ['UYW', 4],
    ] as const)(
      '%s has its own exponent, in the account and in its transfers',
      async (currency, exponent) => {
        const { bank } = subject();
        const alice = aCustomer();
        const from = await bank.account(alice, { funds: 1000n, currency });
        const to = await bank.account(alice, { currency });
        expect(await bank.ledger.getAccount(alice, from)).toMatchObject({ currency, exponent });
        expect(await bank.pay(alice, { from, to, amount: 1n, currency })).toMatchObject({
          ok: true,
          transfer: { currency, exponent },
        });
      },
    );
  });
}

async function twoCurrencies({ bank }: Subject) {
  const alice = aCustomer('Alice');
  return {
    alice,
    dirhams: await bank.account(alice, { funds: 1000n, currency: 'AED' }),
    yen: await bank.account(alice, { currency: 'JPY' }),
  };
}
