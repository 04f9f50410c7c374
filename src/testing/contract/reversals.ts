import { describe, expect, it } from 'vitest';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId, PLAIN } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeReversals(subject: () => Subject): void {
  describe('a reversal', () => {
    it('is a new transfer that refers to the first, and answers the payee with their balance', async () => {
      const { bank, otherBank, clock } = subject();
      const { alice, bob, from, to, transferId } = await paid(subject());
      const result = await otherBank.ledger.reverseTransfer(bob, {
        transferId,
        description: 'Sorry',
        idempotencyKey: freshId(),
      });

      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer: {
          ...PLAIN,
          transferId: expect.any(String) as string,
          kind: 'reversal',
          status: 'completed',
          sourceAccountId: to,
          destinationAccountId: null,
          amount: 30n,
          currency: 'EUR',
          exponent: 2,
          description: 'Sorry',
          metadata: null,
          counterparty: { name: null, account: from.slice(-4) },
          reverses: transferId,
          code: null,
          createdAt: clock.now(),
          completedAt: clock.now(),
        },
        balances: [{ accountId: to, balance: 0n, held: 0n, available: 0n }],
      });
      expect(await bank.balanceOf(from)).toBe(100n);
      expect(await bank.ledger.getTransfer(alice, transferIdOf(result))).toMatchObject({
        sourceAccountId: null,
        destinationAccountId: from,
        counterparty: { name: 'Bob', account: to.slice(-4) },
        reverses: transferId,
      });
      expect(await bank.ledger.getTransfer(alice, transferId)).toMatchObject({
        status: 'completed',
        amount: 30n,
        amountReversed: 30n,
      });
    });

    it('may be made in parts, which never exceed the first transfer', async () => {
      const { bank } = subject();
      const { bob, from, to, transferId } = await paid(subject());
      expect(codeOf(await bank.reverse(bob, transferId, 31n))).toBe('exceeds_reversible_amount');
      expect(codeOf(await bank.reverse(bob, transferId, 12n))).toBeNull();
      expect(codeOf(await bank.reverse(SYSTEM, transferId, 19n))).toBe('exceeds_reversible_amount');
      expect(codeOf(await bank.reverse(SYSTEM, transferId, 17n))).toBeNull();
      expect(await bank.reverse(bob, transferId)).toMatchObject({ ok: true, transfer: { amount: 1n } });
      for (const amount of [1n, undefined]) {
        expect(await bank.reverse(bob, transferId, amount)).toStrictEqual({
          ok: false,
          replayed: false,
          code: 'exceeds_reversible_amount',
          retry: 'never',
          transferId: null,
        });
      }
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([100n, 0n]);
    });

    it('is made once if sent twice concurrently', async () => {
      const { bank, otherBank } = subject();
      const { bob, from, to, transferId } = await paid(subject());
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).reverse(index % 3 === 0 ? SYSTEM : bob, transferId),
        ),
      );
      expect(results.map((result) => codeOf(result) ?? 'reversed').toSorted()).toEqual([
        ...Array.from({ length: 9 }, () => 'exceeds_reversible_amount'),
        'reversed',
      ]);
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([100n, 0n]);
    });

    it('in concurrent parts never exceeds the first transfer', async () => {
      const { bank, otherBank } = subject();
      const { bob, from, to, transferId } = await paid(subject());
      await bank.fund(to, 1000n);
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).reverse(bob, transferId, 7n),
        ),
      );
      expect(results.filter(({ ok }) => ok)).toHaveLength(4);
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([98n, 1002n]);
    });

    it('is refused for a reversal, and for a transfer that moved no money', async () => {
      const { bank, clock } = subject();
      const { alice, bob, from, to, transferId } = await paid(subject());
      const reversal = transferIdOf(await bank.reverse(bob, transferId));
      const hold = () => bank.hold(alice, { from, to, amount: 1n, expiresInSeconds: 1 });
      const [pending, voided, expired] = [await hold(), await hold(), await hold()];
      await bank.void(bob, voided);
      for (const id of [reversal, pending, voided, expired]) {
        expect(await bank.reverse(SYSTEM, id)).toStrictEqual({
          ok: false,
          replayed: false,
          code: 'not_reversible',
          retry: 'never',
          transferId: null,
        });
      }
      expect(codeOf(await bank.reverse(alice, reversal))).toBe('not_reversible');
      clock.advance(1000);
      expect(codeOf(await bank.reverse(bob, expired))).toBe('not_reversible');
      const rejected = await bank.pay(alice, { from, to, amount: 1000n });
      expect(codeOf(await bank.reverse(SYSTEM, rejected.ok ? '' : rejected.transferId!))).toBe(
        'not_reversible',
      );
    });

    it('is for the payee and the system; others get transfer_not_found', async () => {
      const { bank } = subject();
      const { alice, from, to, transferId } = await paid(subject());
      const rejected = await bank.pay(alice, { from, to, amount: 1000n });
      for (const [actor, id] of [
        [alice, transferId],
        [aCustomer('Eve'), transferId],
        [alice, freshId()],
        [SYSTEM, 'no id of ours'],
        [alice, rejected.ok ? '' : rejected.transferId!],
      ] as const) {
        expect(await bank.reverse(actor, id)).toStrictEqual({
          ok: false,
          replayed: false,
          code: 'transfer_not_found',
          retry: 'never',
          transferId: null,
        });
      }
      expect(codeOf(await bank.reverse({ kind: 'system', id: freshId() }, transferId))).toBeNull();
    });

    it('of a captured hold returns the captured amount', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await paid(subject());
      const transferId = await bank.hold(alice, { from, to, amount: 20n });
      await bank.capture(bob, transferId, 12n);
      expect(codeOf(await bank.reverse(bob, transferId, 13n))).toBe('exceeds_reversible_amount');
      expect(codeOf(await bank.reverse(bob, transferId, 5n))).toBeNull();
      expect(await bank.reverse(bob, transferId)).toMatchObject({ ok: true, transfer: { amount: 7n } });
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([70n, 30n]);
    });

    it('follows the rules of any transfer, and is stored as rejected if one refuses it', async () => {
      const { bank } = subject();
      const { bob, from, to, transferId } = await paid(subject());
      const kept = (await bank.pay(bob, { from: to, to: from, amount: 25n })).ok;
      expect(kept).toBe(true);
      const refused = await bank.reverse(bob, transferId);
      expect(refused).toMatchObject({
        ok: false,
        code: 'insufficient_funds',
        transferId: expect.any(String) as string,
      });
      expect(await bank.ledger.getTransfer(bob, refused.ok ? '' : refused.transferId!)).toMatchObject({
        kind: 'reversal',
        status: 'rejected',
        code: 'insufficient_funds',
        reverses: transferId,
        amount: 30n,
      });
      expect(await bank.reads.transfer(transferId)).toMatchObject({ reversed: null });
      expect(codeOf(await bank.reverse(bob, transferId, 5n))).toBeNull();
    });

    it('by the system may return money that the bank paid in or out', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const accountId = await bank.account(alice);
      const funded = await bank.fund(accountId, 50n);
      const withdrawn = transferIdOf(
        await bank.ledger.withdrawFunds(SYSTEM, {
          sourceAccountId: accountId,
          amount: 20n,
          idempotencyKey: freshId(),
        }),
      );
      expect(codeOf(await bank.reverse(alice, funded))).toBe('not_reversible');
      expect(codeOf(await bank.reverse(alice, withdrawn))).toBe('transfer_not_found');
      expect(codeOf(await bank.reverse(SYSTEM, withdrawn))).toBeNull();
      expect(await bank.balanceOf(accountId)).toBe(50n);
      expect(codeOf(await bank.reverse(SYSTEM, funded))).toBeNull();
      expect(await bank.balanceOf(accountId)).toBe(0n);
    });

    it('notifies both parties, each with their own balance', async () => {
      const { bank } = subject();
      const { alice, bob, from, to, transferId } = await paid(subject());
      await bank.takeMessages();
      await bank.reverse(bob, transferId, 10n);
      const messages = await bank.takeMessages();
      expect(messages).toHaveLength(2);
      expect(messages.find(({ recipientId }) => recipientId === bob.id)).toMatchObject({
        kind: 'transfer_sent',
        amount: 10n,
        reverses: transferId,
        counterparty: { name: null, account: from.slice(-4) },
        balances: [{ accountId: to, balance: 20n, held: 0n }],
      });
      expect(messages.find(({ recipientId }) => recipientId === alice.id)).toMatchObject({
        kind: 'transfer_received',
        amount: 10n,
        reverses: transferId,
        counterparty: { name: 'Bob', account: to.slice(-4) },
        balances: [{ accountId: from, balance: 80n, held: 0n }],
      });
    });
  });
}

/** Makes a transfer of 30 of Alice's 100 EUR to Bob. */
async function paid({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  const from = await bank.account(alice, { funds: 100n });
  const to = await bank.account(bob);
  return { alice, bob, from, to, transferId: transferIdOf(await bank.pay(alice, { from, to, amount: 30n })) };
}
