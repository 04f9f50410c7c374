import { describe, expect, it } from 'vitest';
import { Account } from '../../domain/entities/account.ts';
import { TestBank } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeAccounts(subject: () => Subject): void {
  describe('opening an account', () => {
    it('gives a customer an empty, active account with a minimum balance of zero', async () => {
      const { bank, clock } = subject();
      const alice = aCustomer();
      const opened = await bank.ledger.openAccount(alice, { currency: 'BHD', name: 'Savings' });

      const account = {
        accountId: expect.any(String) as string,
        number: expect.stringMatching(/^PB\d{14}$/) as string,
        name: 'Savings',
        externalId: null,
        metadata: null,
        currency: 'BHD',
        exponent: 3,
        class: 'liability',
        status: 'active',
        balance: 0n,
        held: 0n,
        available: 0n,
        minimumBalance: 0n,
        maximumBalance: null,
        createdAt: clock.now(),
      };
      expect(opened).toStrictEqual({ ok: true, replayed: false, account });
    });

    it('makes the account visible to other clients before the call returns', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const opened = await bank.ledger.openAccount(alice, { name: 'Savings' });

      if (!opened.ok) throw new TypeError(opened.code);
      expect(await otherBank.ledger.getAccount(alice, opened.account.accountId)).toStrictEqual(
        opened.account,
      );
    });

    it('opens a new account each time if there is no key', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      await Promise.all([bank.open(alice), bank.open(alice)]);
      expect((await bank.ledger.listAccounts(alice, alice.id)).items).toHaveLength(2);
    });

    it('is refused beyond the limit of an owner, and changes nothing', async () => {
      const { clock, store } = subject();
      const bank = new TestBank({ store, clock, accountsPerOwner: 2 });
      const alice = aCustomer();
      await bank.open(alice);
      const second = await bank.open(alice, { currency: 'USD' });

      const refused = {
        ok: false,
        replayed: false,
        code: 'account_limit_reached',
        retry: 'new_key',
        transferId: null,
      };
      expect(await bank.ledger.openAccount(alice)).toStrictEqual(refused);
      await bank.alter(second, { status: 'closed' });
      expect(await bank.ledger.openAccount(alice, { idempotencyKey: freshId() })).toStrictEqual(refused);
      expect((await bank.ledger.listAccounts(alice, alice.id)).items).toHaveLength(2);
      expect(await bank.open(aCustomer())).toEqual(expect.any(String));
    });

    it('keeps to the limit when one owner opens many accounts concurrently', async () => {
      const { clock, store, second } = subject();
      const banks = [store, second].map((one) => new TestBank({ store: one, clock, accountsPerOwner: 5 }));
      const alice = aCustomer();

      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => banks[index % 2]!.ledger.openAccount(alice)),
      );
      expect(results.map((result) => (result.ok ? 'opened' : result.code)).toSorted()).toEqual([
        ...Array.from({ length: 15 }, () => 'account_limit_reached'),
        ...Array.from({ length: 5 }, () => 'opened'),
      ]);
      expect((await banks[0]!.ledger.listAccounts(alice, alice.id)).items).toHaveLength(5);
    });

    it('keeps to the limit in a unit of many commands, which is decided in parts', async () => {
      const { clock, store } = subject();
      const bank = new TestBank({ store, clock, accountsPerOwner: 150 });
      const alice = aCustomer();
      const results = await Promise.all(Array.from({ length: 200 }, () => bank.ledger.openAccount(alice)));
      expect(results.filter(({ ok }) => ok)).toHaveLength(150);
      expect((await bank.ledger.listAccounts(alice, alice.id, { limit: 200 })).items).toHaveLength(150);
    });
  });

  describe('an account', () => {
    it('is visible to its owner, the system and auditors; others get account_not_found', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const accountId = await bank.account(alice, { funds: 70n });
      const system = { kind: 'system' } as const;
      const auditor = { kind: 'auditor', id: freshId() } as const;

      const seen = await bank.ledger.getAccount(alice, accountId);
      expect(seen).toMatchObject({ accountId, balance: 70n });
      expect(await bank.ledger.getAccount(system, accountId)).toStrictEqual(seen);
      expect(await bank.ledger.getAccount(auditor, accountId)).toStrictEqual(seen);
      for (const read of [bank.ledger.getAccount, bank.ledger.getBalance]) {
        const anothers = await read(aCustomer('Eve'), accountId).catch(String);
        expect(anothers).toBe('PassbookError: The account was not found');
        expect(await read(aCustomer('Eve'), freshId()).catch(String)).toBe(anothers);
        expect(await read(alice, 'no id of ours').catch(String)).toBe(anothers);
      }
    });

    it('shows its balance, its held and available amounts, and the instant of the read', async () => {
      const { bank, clock } = subject();
      const alice = aCustomer();
      const accountId = await bank.account(alice, {
        counters: { creditsPosted: 100n, debitsPosted: 30n, debitsPending: 20n, creditsPending: 7n },
      });

      expect(await bank.ledger.getBalance(alice, accountId)).toStrictEqual({
        accountId,
        currency: 'EUR',
        exponent: 2,
        balance: 70n,
        held: 20n,
        available: 50n,
        at: clock.now(),
        final: false,
      });
    });

    it('of the bank is invisible to a customer', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const transferId = await bank.fund(await bank.account(alice), 5n);
      const transfer = await bank.reads.transfer(transferId);

      await expect(bank.ledger.getAccount(alice, transfer!.source.accountId)).rejects.toThrow(
        'The account was not found',
      );
    });

    it('is stored with all its fields', async () => {
      const { bank, second } = subject();
      const id = freshId();
      const account = Account.restore({
        id,
        ownerId: null,
        purpose: 'exchange',
        number: 'ABCD05000000000001',
        name: 'Zoë’s 🏦',
        externalId: 'crm:17/a',
        metadata: { 'cost-centre': 'Öl 🛢', team: 'b' },
        currency: 'CLF',
        exponent: 4,
        class: 'expense',
        status: 'frozen',
        creditsFrozen: true,
        minimumBalance: -9_007_199_254_740_991n,
        maximumBalance: 9_007_199_254_740_991n,
        counters: {
          debitsPosted: 2n ** 62n,
          creditsPosted: 2n ** 62n - 1n,
          debitsPending: 9_007_199_254_740_993n,
          creditsPending: 1n,
        },
        sequence: 4_000_000_000,
        latestAt: 1_768_471_200_123,
        head: 'ab'.repeat(32),
        nextExpiryAt: 1_768_471_200_456,
        createdAt: 1_768_471_200_001,
      });
      await bank.seed(account);
      expect(await second.reads.account(id)).toStrictEqual(account);
    });
  });
}
