import { describe, expect, it } from 'vitest';
import { Account, systemAccountId } from '../../domain/entities/account.ts';
import { AUDITOR, TestBank, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, anAccount, freshId, PLAIN } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeTransfers(subject: () => Subject): void {
  describe('a transfer', () => {
    it("moves its amount, and answers with the caller's balances after it", async () => {
      const { bank, otherBank, clock } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 1000n });
      const to = await bank.account(bob, { funds: 1n });

      const result = await bank.ledger.transferFunds(alice, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 250n,
        currency: 'EUR',
        description: 'Rent, März 🏠',
        metadata: { order: '17', note: 'Zoë' },
        idempotencyKey: freshId(),
      });
      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer: {
          transferId: expect.any(String) as string,
          kind: 'transfer',
          status: 'completed',
          sourceAccountId: from,
          destinationAccountId: to,
          amount: 250n,
          currency: 'EUR',
          exponent: 2,
          description: 'Rent, März 🏠',
          metadata: { order: '17', note: 'Zoë' },
          counterparty: null,
          ...PLAIN,
          code: null,
          createdAt: clock.now(),
          completedAt: clock.now(),
        },
        balances: [{ accountId: from, balance: 750n, held: 0n, available: 750n }],
      });
      expect([await otherBank.balanceOf(from), await otherBank.balanceOf(to)]).toEqual([750n, 251n]);
    });

    it('between two accounts of one owner answers with both', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(alice);

      expect(await bank.pay(alice, { from, to, amount: 4n })).toMatchObject({
        ok: true,
        balances: [
          { accountId: from, balance: 6n, held: 0n, available: 6n },
          { accountId: to, balance: 4n, held: 0n, available: 4n },
        ],
      });
    });

    it("by the system may debit any account, and answers with the bank's own balances", async () => {
      const { bank } = subject();
      const from = await bank.account(aCustomer('Alice'), { funds: 10n, currency: 'SEK' });
      const to = await bank.account(aCustomer('Bob'), { currency: 'SEK' });
      const fees = Account.openSystem({
        purpose: 'fees',
        currency: 'SEK',
        at: bank.clock.now(),
      });
      await bank.seed(fees);

      expect(await bank.pay(SYSTEM, { from, to, amount: 4n })).toMatchObject({ ok: true, balances: [] });
      expect(await bank.pay(SYSTEM, { from, to: fees.id, amount: 1n })).toMatchObject({
        ok: true,
        balances: [{ accountId: fees.id, balance: 1n, held: 0n, available: 1n }],
      });
    });

    it('shows each party only what they may know', async () => {
      const { bank } = subject();
      const [alice, bob, eve] = [aCustomer('Alice'), aCustomer('Bob'), aCustomer('Eve')];
      const from = await bank.account(alice, { funds: 10n, name: 'Private' });
      const to = await bank.account(bob);
      const made = await bank.ledger.transferFunds(alice, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 3n,
        description: 'Lunch',
        metadata: { order: '17' },
        idempotencyKey: freshId(),
      });
      if (!made.ok) throw new TypeError(made.code);
      const { transfer } = made;

      expect(await bank.ledger.getTransfer(alice, transfer.transferId)).toStrictEqual(transfer);
      expect(await bank.ledger.getTransfer(SYSTEM, transfer.transferId)).toStrictEqual(transfer);
      expect(await bank.ledger.getTransfer(AUDITOR, transfer.transferId)).toStrictEqual({
        ...transfer,
        metadata: null,
      });
      expect(await bank.ledger.getTransfer(bob, transfer.transferId)).toStrictEqual({
        ...transfer,
        sourceAccountId: null,
        metadata: null,
        counterparty: { name: 'Alice', account: from.slice(-4) },
        amountReversed: null,
      });
      const anothers = await bank.ledger.getTransfer(eve, transfer.transferId).catch(String);
      expect(anothers).toBe('PassbookError: The transaction was not found');
      expect(await bank.ledger.getTransfer(eve, freshId()).catch(String)).toBe(anothers);
    });

    it('is stored with its code and without entries if it is rejected, for its initiator, the system and auditors', async () => {
      const { bank, otherBank, clock } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 3n });
      const to = await bank.account(bob);
      await bank.takeMessages();
      const refused = await bank.pay(alice, { from, to, amount: 4n });

      expect(refused).toStrictEqual({
        ok: false,
        replayed: false,
        code: 'insufficient_funds',
        retry: 'new_key',
        transferId: expect.any(String) as string,
      });
      const transferId = refused.ok ? '' : refused.transferId!;
      const kept = {
        transferId,
        kind: 'transfer',
        status: 'rejected',
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 4n,
        currency: 'EUR',
        exponent: 2,
        description: null,
        metadata: null,
        counterparty: null,
        ...PLAIN,
        code: 'insufficient_funds',
        createdAt: clock.now(),
        completedAt: null,
      };
      for (const viewer of [alice, SYSTEM, AUDITOR]) {
        expect(await otherBank.ledger.getTransfer(viewer, transferId)).toStrictEqual(kept);
      }
      await expect(otherBank.ledger.getTransfer(bob, transferId)).rejects.toThrow('was not found');
      expect((await otherBank.ledger.listTransfers(alice)).items[0]).toStrictEqual(kept);
      expect((await otherBank.ledger.listTransfers(bob)).items).toEqual([]);
      expect([await bank.entriesOf(from), await bank.entriesOf(to)]).toMatchObject([[{ sequence: 1 }], []]);
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([3n, 0n]);
      expect(await bank.takeMessages()).toEqual([]);
    });

    it('shows its initiator their own input if it is rejected before its accounts are checked', async () => {
      const { bank, clock } = subject();
      const alice = aCustomer('Alice');
      const typed = await bank.account(aCustomer('Bob'));
      const refused = await bank.pay(alice, { from: typed, to: typed, amount: 4n });

      const transferId = refused.ok ? '' : refused.transferId!;
      expect(await bank.ledger.getTransfer(alice, transferId)).toStrictEqual({
        transferId,
        kind: 'transfer',
        status: 'rejected',
        sourceAccountId: typed,
        destinationAccountId: typed,
        amount: 4n,
        currency: null,
        exponent: null,
        description: null,
        metadata: null,
        counterparty: null,
        ...PLAIN,
        code: 'accounts_must_be_different',
        createdAt: clock.now(),
        completedAt: null,
      });
    });

    it('is found by its key, with the other side masked for its initiator', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 3n });
      const to = await bank.account(aCustomer('Bob'), { status: 'closed' });
      const request = { sourceAccountId: from, destinationAccountId: to, amount: 1n };
      const [idempotencyKey, another] = [freshId(), freshId()];
      await bank.ledger.transferFunds(alice, { ...request, idempotencyKey });
      await bank.ledger.transferFunds(alice, {
        ...request,
        destinationAccountId: freshId(),
        idempotencyKey: another,
      });

      expect(await otherBank.ledger.findTransferByKey(alice, idempotencyKey)).toMatchObject({
        transfer: { status: 'rejected', code: 'destination_account_unavailable', amount: 1n },
      });
      expect(await otherBank.ledger.findTransferByKey(alice, another)).toStrictEqual({
        transfer: null,
        code: 'destination_account_not_found',
        retry: 'never',
      });
      for (const [actor, operation] of [
        [aCustomer('Eve'), 'transfer'],
        [SYSTEM, 'transfer'],
        [alice, 'initial_funds'],
      ] as const) {
        await expect(
          otherBank.ledger.findTransferByKey(actor, idempotencyKey, operation),
        ).rejects.toMatchObject({ code: 'idempotency_key_not_found', retry: 'same_key' });
      }
    });
  });

  describe('the key of a batch', () => {
    it('finds the current outcome of each transfer', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 5n });
      const to = await bank.account(aCustomer('Bob'));
      const transfer = { sourceAccountId: from, destinationAccountId: to, amount: 1n };
      const idempotencyKey = freshId();
      await bank.ledger.submitBatch(alice, {
        transfers: [
          { ...transfer, pending: true },
          { ...transfer, amount: 9n },
          { ...transfer, destinationAccountId: freshId() },
        ],
        idempotencyKey,
      });
      const found = await otherBank.ledger.findBatchByKey(alice, idempotencyKey);
      expect(found).toMatchObject([
        { transfer: { status: 'pending', amount: 1n } },
        { transfer: { status: 'rejected', code: 'insufficient_funds' } },
        { transfer: null, code: 'destination_account_not_found', retry: 'never' },
      ]);
      const hold = found[0]?.transfer?.transferId ?? '';
      const voiding = freshId();
      await bank.ledger.voidHold(SYSTEM, { transferId: hold, idempotencyKey: voiding });
      expect(await otherBank.ledger.findBatchByKey(alice, idempotencyKey)).toMatchObject([
        { transfer: { status: 'voided' } },
        {},
        {},
      ]);
      expect(await otherBank.ledger.findTransferByKey(SYSTEM, voiding, 'void')).toMatchObject({
        transfer: { transferId: hold, status: 'voided' },
      });
      await expect(otherBank.ledger.findBatchByKey(SYSTEM, idempotencyKey)).rejects.toMatchObject({
        code: 'idempotency_key_not_found',
      });
      await expect(otherBank.ledger.findTransferByKey(alice, idempotencyKey)).rejects.toMatchObject({
        code: 'idempotency_key_not_found',
      });
    });
  });

  describe('initial funds', () => {
    it("come from the bank's funding account of the currency, which opens on first use", async () => {
      const { bank, otherBank, clock } = subject();
      const alice = aCustomer();
      const to = await bank.account(alice, { currency: 'CHF' });
      const result = await bank.ledger.fundAccount(SYSTEM, {
        destinationAccountId: to,
        amount: 500n,
        description: 'Welcome',
        idempotencyKey: freshId(),
      });

      const funding = systemAccountId('funding', 'CHF');
      const transfer = {
        transferId: expect.any(String) as string,
        kind: 'initial_funds',
        status: 'completed',
        sourceAccountId: funding,
        destinationAccountId: to,
        amount: 500n,
        currency: 'CHF',
        exponent: 2,
        description: 'Welcome',
        metadata: null,
        counterparty: null,
        ...PLAIN,
        code: null,
        createdAt: clock.now(),
        completedAt: clock.now(),
      };
      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer,
        balances: [{ accountId: funding, balance: 500n, held: 0n, available: 500n }],
      });
      expect(await otherBank.ledger.getTransfer(alice, transferIdOf(result))).toStrictEqual({
        ...transfer,
        sourceAccountId: null,
        amountReversed: null,
      });
      expect(await otherBank.ledger.getAccount(SYSTEM, funding)).toMatchObject({
        name: null,
        class: 'asset',
        balance: 500n,
        minimumBalance: null,
        maximumBalance: null,
      });
    });

    it("that name a user go to the user's oldest active account in the currency", async () => {
      const { bank } = subject();
      const alice = aCustomer();
      await bank.account(alice, { status: 'frozen' });
      const dollars = await bank.account(alice, { currency: 'USD' });
      const oldest = await bank.account(alice);
      await bank.account(alice);

      const fund = (currency?: string) =>
        bank.ledger.fundAccount(SYSTEM, {
          userId: alice.id,
          amount: 5n,
          idempotencyKey: freshId(),
          ...(currency === undefined ? {} : { currency }),
        });
      expect(await fund()).toMatchObject({ ok: true, transfer: { destinationAccountId: oldest } });
      expect(await fund('USD')).toMatchObject({ ok: true, transfer: { destinationAccountId: dollars } });
      expect(await fund('GBP')).toStrictEqual({
        ok: false,
        replayed: false,
        code: 'destination_account_not_found',
        retry: 'never',
        transferId: null,
      });
    });

    it('paid concurrently in a new currency all come from one funding account', async () => {
      const { bank, otherBank } = subject();
      const accounts = await Promise.all(
        Array.from({ length: 10 }, () => bank.account(aCustomer(), { currency: 'NZD' })),
      );
      await Promise.all(accounts.map((id, index) => (index % 2 === 0 ? bank : otherBank).fund(id, 7n)));

      expect(await Promise.all(accounts.map((id) => bank.balanceOf(id)))).toEqual(accounts.map(() => 7n));
      expect(await bank.balanceOf(systemAccountId('funding', 'NZD'))).toBe(70n);
    });
  });

  describe('concurrent transfers', () => {
    it('never overdraw: of 50 debits of 10 from 100, exactly 10 succeed', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(aCustomer('Bob'));

      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).pay(alice, { from, to, amount: 10n }),
        ),
      );
      expect(results.map((result) => (result.ok ? 'completed' : result.code)).toSorted()).toEqual([
        ...Array.from({ length: 10 }, () => 'completed'),
        ...Array.from({ length: 40 }, () => 'insufficient_funds'),
      ]);
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([0n, 100n]);
      expect(await bank.entriesOf(to)).toHaveLength(10);
    });

    it('are answered separately, in hundreds, and again on replay', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 300n });
      const accounts = Array.from({ length: 400 }, () => anAccount());
      await bank.seed(...accounts);
      const requests = accounts.map(({ id }) => ({
        sourceAccountId: from,
        destinationAccountId: id,
        amount: 1n,
        idempotencyKey: freshId(),
      }));
      const send = (through: typeof bank) =>
        Promise.all(requests.map((request) => through.ledger.transferFunds(alice, request)));

      const first = await send(bank);
      expect(first.filter(({ ok }) => ok)).toHaveLength(300);
      expect(first.filter((result) => !result.ok && result.code === 'insufficient_funds')).toHaveLength(100);
      expect(await send(otherBank)).toStrictEqual(first.map((result) => ({ ...result, replayed: true })));

      const balances = await Promise.all(accounts.map(({ id }) => bank.balanceOf(id)));
      expect(balances).toEqual(first.map(({ ok }) => (ok ? 1n : 0n)));
      expect(await bank.balanceOf(from)).toBe(0n);
    });

    it('in a ring preserve the sum of all balances', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const ring: string[] = [];
      for (let index = 0; index < 4; index++) ring.push(await bank.account(alice, { funds: 20n }));

      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).pay(alice, {
            from: ring[index % 4]!,
            to: ring[(index + 1 + (index % 3)) % 4]!,
            amount: BigInt(1 + (index % 7)),
          }),
        ),
      );
      const balances = await Promise.all(ring.map((id) => bank.balanceOf(id)));
      expect(balances.reduce((sum, balance) => sum + balance)).toBe(80n);
      expect(balances.every((balance) => balance >= 0n)).toBe(true);
    });
  });

  describe('notifications of a transfer', () => {
    it('go to payer and payee, each with their own balance', async () => {
      const { bank, clock } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(bob, { funds: 1n });
      await bank.takeMessages();
      const made = await bank.ledger.transferFunds(alice, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 3n,
        description: 'Lunch',
        reference: 'INV 7',
        metadata: { order: '17' },
        idempotencyKey: freshId(),
      });
      const transferId = transferIdOf(made);

      const shared = {
        at: clock.now(),
        transferId,
        amount: 3n,
        currency: 'EUR',
        exponent: 2,
        description: 'Lunch',
        reference: 'INV 7',
        reverses: null,
        expiresAt: null,
      };
      expect(byId(await bank.takeMessages())).toEqual([
        {
          ...shared,
          id: `${transferId}.received`,
          kind: 'transfer_received',
          recipientId: bob.id,
          counterparty: { name: 'Alice', account: from.slice(-4) },
          balances: [{ accountId: to, balance: 4n, held: 0n }],
        },
        {
          ...shared,
          id: `${transferId}.sent`,
          kind: 'transfer_sent',
          recipientId: alice.id,
          counterparty: { name: null, account: to },
          balances: [{ accountId: from, balance: 7n, held: 0n }],
        },
      ]);
    });

    it('go once to the owner of both sides, with both balances', async () => {
      const { bank, clock } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(alice);
      await bank.takeMessages();
      const transferId = transferIdOf(await bank.pay(alice, { from, to, amount: 3n }));

      expect(await bank.takeMessages()).toEqual([
        {
          id: `${transferId}.sent`,
          kind: 'transfer_between_own_accounts',
          recipientId: alice.id,
          at: clock.now(),
          transferId,
          amount: 3n,
          currency: 'EUR',
          exponent: 2,
          description: null,
          reverses: null,
          expiresAt: null,
          counterparty: { name: null, account: to },
          balances: [
            { accountId: from, balance: 7n, held: 0n },
            { accountId: to, balance: 3n, held: 0n },
          ],
        },
      ]);
    });

    it("go to the recipient of initial funds, without the bank's account", async () => {
      const { bank, clock } = subject();
      const alice = aCustomer();
      const to = await bank.account(alice, { funds: 1n });
      await bank.takeMessages();
      const transferId = await bank.fund(to, 9n);

      expect(await bank.takeMessages()).toEqual([
        {
          id: `${transferId}.received`,
          kind: 'initial_funds_received',
          recipientId: alice.id,
          at: clock.now(),
          transferId,
          amount: 9n,
          currency: 'EUR',
          exponent: 2,
          description: null,
          reverses: null,
          expiresAt: null,
          counterparty: { name: null, account: null },
          balances: [{ accountId: to, balance: 10n, held: 0n }],
        },
      ]);
    });

    it('are not written if the ledger is configured to send none', async () => {
      const { bank, clock, store } = subject();
      const quiet = new TestBank({ store, clock, notify: false });
      await bank.takeMessages();
      await quiet.account(aCustomer(), { funds: 10n });
      expect(await bank.takeMessages()).toEqual([]);
    });

    it('are written once for each recipient, regardless of retries with the key', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(aCustomer('Bob'));
      await bank.takeMessages();
      const request = {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 3n,
        idempotencyKey: freshId(),
      };
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).ledger.transferFunds(alice, request),
        ),
      );
      expect(await bank.takeMessages()).toHaveLength(2);
    });
  });
}

function byId<T extends { readonly id: string }>(things: readonly T[]): readonly T[] {
  return things.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
