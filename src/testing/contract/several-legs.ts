import { describe, expect, it } from 'vitest';
import type { LegRequest } from '../../application/transfers/transfer-request.ts';
import type { TransferResult } from '../../application/views.ts';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { expectSumsOfZero } from '../fixtures/books.ts';
import { aCustomer, anAccount, freshId, PLAIN } from '../fixtures/builders.ts';
import type { Actor } from '../../domain/actor.ts';
import type { Subject } from './subject.ts';

export function describeSeveralLegs(subject: () => Subject): void {
  describe('a transfer with several legs', () => {
    it("with one debit and many credits moves all of them together, and answers with the caller's balances", async () => {
      const { bank, clock } = subject();
      const { alice, from, hers, his } = await people(subject());
      const legs = [debit(from, 60n), credit(his, 25n), credit(hers, 35n)];
      const result = await send(subject(), alice, legs);

      expect(result).toStrictEqual({
        ok: true,
        replayed: false,
        transfer: {
          ...PLAIN,
          transferId: expect.any(String) as string,
          kind: 'transfer',
          status: 'completed',
          sourceAccountId: from,
          destinationAccountId: his,
          amount: 60n,
          currency: 'EUR',
          exponent: 2,
          description: null,
          metadata: null,
          counterparty: null,
          legs,
          code: null,
          createdAt: clock.now(),
          completedAt: clock.now(),
        },
        balances: [{ accountId: from, balance: 40n, held: 0n, available: 40n }],
      });
      expect([await bank.balanceOf(his), await bank.balanceOf(hers)]).toEqual([25n, 35n]);
    });

    it('with many debits and one credit moves them all if the caller owns every debited account', async () => {
      const { bank } = subject();
      const { alice, bob, from, his } = await people(subject());
      const other = await bank.account(alice, { funds: 10n });
      const legs = [credit(his, 15n), debit(from, 5n), debit(other, 10n)];
      expect(await send(subject(), alice, legs)).toMatchObject({
        ok: true,
        transfer: { amount: 15n, sourceAccountId: from, legs: [legs[1], legs[2], legs[0]] },
        balances: [
          { accountId: from, balance: 95n },
          { accountId: other, balance: 0n },
        ],
      });
      const bobs = await bank.account(bob, { funds: 10n });
      const foreign = [credit(his, 15n), debit(from, 5n), debit(bobs, 10n)];
      expect(await send(subject(), alice, foreign)).toMatchObject({
        ok: false,
        code: 'source_account_not_found',
        transferId: null,
      });
      expect(codeOf(await send(subject(), SYSTEM, foreign))).toBeNull();
    });

    it('writes entries that sum to zero, each with its own amount, of one instant', async () => {
      const { bank } = subject();
      const { alice, from, hers, his } = await people(subject());
      const transferId = transferIdOf(
        await send(subject(), alice, [debit(from, 60n), credit(his, 25n), credit(hers, 35n)]),
      );
      const entries = (await Promise.all([from, his, hers].map((id) => bank.entriesOf(id))))
        .flat()
        .filter((entry) => entry.transferId === transferId);
      expect(entries.map(({ accountId, direction, posted }) => [accountId, direction, posted])).toEqual([
        [from, 'debit', 60n],
        [his, 'credit', 25n],
        [hers, 'credit', 35n],
      ]);
      expectSumsOfZero(entries);
    });

    it('completes as a whole or not at all: one refused leg stops it', async () => {
      const { bank } = subject();
      const { alice, from, hers, his } = await people(subject());
      await bank.alter(hers, { maximumBalance: 34n });
      const legs = [debit(from, 60n), credit(his, 25n), credit(hers, 35n)];
      expect(await send(subject(), alice, legs)).toMatchObject({
        ok: false,
        code: 'destination_account_unavailable',
      });
      expect(await send(subject(), SYSTEM, legs)).toMatchObject({
        ok: false,
        code: 'exceeds_maximum_balance',
      });
      expect([await bank.balanceOf(from), await bank.balanceOf(his), await bank.balanceOf(hers)]).toEqual([
        100n,
        0n,
        0n,
      ]);
    });

    it.each<[code: string, change: object]>([
      ['destination_account_closed', { status: 'closed' }],
      ['destination_account_frozen', { status: 'frozen', creditsFrozen: true }],
    ])('is refused for its last leg as for its first: %s', async (code, change) => {
      const { bank } = subject();
      const { from, hers, his } = await people(subject());
      await bank.alter(hers, change);
      expect(
        codeOf(await send(subject(), SYSTEM, [debit(from, 2n), credit(his, 1n), credit(hers, 1n)])),
      ).toBe(code);
    });

    it('has one currency on all legs: that of its debit', async () => {
      const { bank } = subject();
      const { alice, from, his } = await people(subject());
      const dollars = await bank.account(alice, { currency: 'USD' });
      const legs = [debit(from, 2n), credit(his, 1n), credit(dollars, 1n)];
      expect(codeOf(await send(subject(), SYSTEM, legs))).toBe('currency_mismatch');
    });

    it('is refused if it names an account twice', async () => {
      const { alice, from, his } = await people(subject());
      expect(await send(subject(), alice, [debit(from, 2n), credit(his, 1n), credit(his, 1n)])).toMatchObject(
        {
          ok: false,
          code: 'accounts_must_be_different',
          transferId: expect.any(String) as string,
        },
      );
    });

    it.each<[rule: string, legs: (from: string, his: string, hers: string) => readonly LegRequest[]]>([
      [
        'debits and credits that differ',
        (from, his, hers) => [debit(from, 3n), credit(his, 1n), credit(hers, 1n)],
      ],
      ['one leg', (from) => [debit(from, 1n)]],
      ['no credit', (from, his) => [debit(from, 1n), debit(his, 1n)]],
      [
        'many debits and many credits',
        (from, his, hers) => [debit(from, 1n), debit(his, 1n), credit(hers, 1n), credit(freshId(), 1n)],
      ],
      [
        '101 legs',
        (from) => [debit(from, 100n), ...Array.from({ length: 100 }, () => credit(freshId(), 1n))],
      ],
    ])('is malformed with %s', async (_, legs) => {
      const { bank } = subject();
      const { alice, from, his, hers } = await people(subject());
      await expect(send(subject(), alice, legs(from, his, hers))).rejects.toMatchObject({
        code: 'invalid_request',
        facts: { errors: [{ field: 'legs' }] },
      });
      expect(await bank.balanceOf(from)).toBe(100n);
    });

    it('may have a hundred legs', async () => {
      const { bank } = subject();
      const { alice, from } = await people(subject());
      const accounts = Array.from({ length: 99 }, () => anAccount());
      await bank.seed(...accounts);
      const legs = [debit(from, 99n), ...accounts.map(({ id }) => credit(id, 1n))];
      expect(codeOf(await send(subject(), alice, legs))).toBeNull();
      expect(await bank.balanceOf(from)).toBe(1n);
      expect(await Promise.all(accounts.map(({ id }) => bank.balanceOf(id)))).toEqual(accounts.map(() => 1n));
    });

    it('cannot be a hold', async () => {
      const { bank } = subject();
      const { alice, from, his } = await people(subject());
      await expect(
        bank.ledger.transferFunds(alice, {
          legs: [debit(from, 1n), credit(his, 1n)],
          pending: true,
          idempotencyKey: freshId(),
        }),
      ).rejects.toMatchObject({ facts: { errors: [{ field: 'pending' }] } });
    });

    it('is malformed if it also has the fields that its legs replace', async () => {
      const { bank } = subject();
      const { alice, from, his } = await people(subject());
      for (const [field, value] of [
        ['sourceAccountId', from],
        ['destinationAccountId', his],
        ['amount', 1n],
      ] as const) {
        await expect(
          bank.ledger.transferFunds(alice, {
            legs: [debit(from, 1n), credit(his, 1n)],
            [field]: value,
            idempotencyKey: freshId(),
          }),
        ).rejects.toMatchObject({ facts: { errors: [{ field }] } });
      }
    });

    it('shows each party their own legs, and its initiator and the system all legs', async () => {
      const { bank } = subject();
      const { alice, bob, carol, from, his, hers } = await people(subject());
      const legs = [debit(from, 60n), credit(his, 25n), credit(hers, 35n)];
      const transferId = transferIdOf(await send(subject(), alice, legs));
      for (const viewer of [alice, SYSTEM]) {
        expect(await bank.ledger.getTransfer(viewer, transferId)).toMatchObject({ amount: 60n, legs });
      }
      for (const [viewer, own] of [
        [bob, legs[1]!],
        [carol, legs[2]!],
      ] as const) {
        const view = await bank.ledger.getTransfer(viewer, transferId);
        expect(view).toMatchObject({
          sourceAccountId: null,
          destinationAccountId: own.accountId,
          amount: own.amount,
          legs: [own],
          amountReversed: null,
          counterparty: { name: 'Alice', account: from.slice(-4) },
        });
        expect((await bank.ledger.listTransfers(viewer)).items[0]).toStrictEqual(view);
      }
    });

    it('notifies each owner of their own legs alone', async () => {
      const { bank } = subject();
      const { alice, bob, carol, from, his, hers } = await people(subject());
      await bank.takeMessages();
      const transferId = transferIdOf(
        await send(subject(), alice, [debit(from, 60n), credit(his, 25n), credit(hers, 35n)]),
      );
      const messages = await bank.takeMessages();
      const sentTo = (id: string) => messages.filter((message) => message.recipientId === id);
      expect(messages).toHaveLength(3);
      expect(sentTo(alice.id)).toMatchObject([
        { kind: 'transfer_sent', amount: 60n, balances: [{ accountId: from, balance: 40n, held: 0n }] },
      ]);
      expect(sentTo(bob.id)).toMatchObject([
        { kind: 'transfer_received', amount: 25n, balances: [{ accountId: his, balance: 25n }] },
      ]);
      expect(sentTo(carol.id)).toMatchObject([
        { kind: 'transfer_received', amount: 35n, balances: [{ accountId: hers }] },
      ]);

      await bank.reverse(SYSTEM, transferId);
      const back = await bank.takeMessages();
      const amounts = back.map((message) => [message.recipientId, 'amount' in message ? message.amount : 0n]);
      expect(Object.fromEntries(amounts)).toEqual({ [alice.id]: 60n, [bob.id]: 25n, [carol.id]: 35n });
    });
  });

  describe('reversing a part of a transfer with several legs', () => {
    it('is pro rata, and the last leg takes the remainder', async () => {
      const { bank } = subject();
      const { alice, from, his, hers } = await people(subject());
      const third = await bank.account(aCustomer('Dora'));
      const legs = [debit(from, 30n), credit(his, 10n), credit(hers, 10n), credit(third, 10n)];
      const transferId = transferIdOf(await send(subject(), alice, legs));

      expect(await bank.reverse(SYSTEM, transferId, 10n)).toMatchObject({
        ok: true,
        transfer: {
          kind: 'reversal',
          amount: 10n,
          legs: [debit(his, 3n), debit(hers, 3n), debit(third, 4n), credit(from, 10n)],
        },
      });
      expect(await Promise.all([from, his, hers, third].map((id) => bank.balanceOf(id)))).toEqual([
        80n,
        7n,
        7n,
        6n,
      ]);
      expect(await bank.ledger.getTransfer(SYSTEM, transferId)).toMatchObject({
        amount: 30n,
        amountReversed: 10n,
      });
    });

    it('omits a leg whose share is zero', async () => {
      const { bank } = subject();
      const { alice, from, his, hers } = await people(subject());
      const transferId = transferIdOf(
        await send(subject(), alice, [debit(from, 4n), credit(his, 2n), credit(hers, 2n)]),
      );
      expect(await bank.reverse(SYSTEM, transferId, 1n)).toMatchObject({
        ok: true,
        transfer: { legs: null, sourceAccountId: hers, destinationAccountId: from, amount: 1n },
      });
      expect(await bank.entriesOf(his)).toHaveLength(1);
    });

    it('never takes more from a leg than its amount, in any number of parts', async () => {
      const { bank } = subject();
      const { alice, from, his, hers } = await people(subject());
      const third = await bank.account(aCustomer('Dora'));
      const legs = [debit(from, 23n), credit(his, 7n), credit(hers, 15n), credit(third, 1n)];
      const transferId = transferIdOf(await send(subject(), alice, legs));
      for (let taken = 0n; taken < 23n; ) {
        const amount = taken % 3n === 0n ? 1n : 2n;
        const result = await bank.reverse(SYSTEM, transferId, taken + amount > 23n ? 1n : amount);
        expect(codeOf(result)).toBeNull();
        taken += result.ok ? result.transfer.amount : 0n;
        const balances = await Promise.all([his, hers, third].map((id) => bank.balanceOf(id)));
        expect(balances.every((balance) => balance >= 0n)).toBe(true);
        expect(await bank.balanceOf(from)).toBe(77n + taken);
        expect(balances.reduce((sum, balance) => sum + balance)).toBe(23n - taken);
      }
      expect(codeOf(await bank.reverse(SYSTEM, transferId, 1n))).toBe('exceeds_reversible_amount');
      expect(await bank.reads.transfer(transferId)).toMatchObject({ reversed: [23n, 7n, 15n, 1n] });
    });

    it('with many debits returns to each in proportion', async () => {
      const { bank } = subject();
      const { alice, bob, from, his } = await people(subject());
      const other = await bank.account(alice, { funds: 10n });
      const transferId = transferIdOf(
        await send(subject(), alice, [debit(from, 20n), debit(other, 10n), credit(his, 30n)]),
      );
      expect(await bank.reverse(bob, transferId, 10n)).toMatchObject({
        ok: true,
        transfer: { sourceAccountId: his, destinationAccountId: null, amount: 10n },
        balances: [{ accountId: his, balance: 20n }],
      });
      expect([await bank.balanceOf(from), await bank.balanceOf(other)]).toEqual([86n, 4n]);
    });

    it('is for a payee of the whole amount; a payee of a part gets transfer_not_found', async () => {
      const { bank } = subject();
      const { alice, bob, from, his, hers } = await people(subject());
      const both = await bank.account(bob);
      const shared = transferIdOf(
        await send(subject(), alice, [debit(from, 4n), credit(his, 2n), credit(hers, 2n)]),
      );
      expect(codeOf(await bank.reverse(bob, shared))).toBe('transfer_not_found');
      const all = transferIdOf(
        await send(subject(), alice, [debit(from, 4n), credit(his, 2n), credit(both, 2n)]),
      );
      expect(codeOf(await bank.reverse(bob, all))).toBeNull();
    });
  });
}

function debit(accountId: string, amount: bigint): LegRequest {
  return { accountId, direction: 'debit', amount };
}

function credit(accountId: string, amount: bigint): LegRequest {
  return { accountId, direction: 'credit', amount };
}

function send({ bank }: Subject, actor: Actor, legs: readonly LegRequest[]): Promise<TransferResult> {
  return bank.ledger.transferFunds(actor, { legs, idempotencyKey: freshId() });
}

async function people({ bank }: Subject) {
  const [alice, bob, carol] = [aCustomer('Alice'), aCustomer('Bob'), aCustomer('Carol')];
  return {
    alice,
    bob,
    carol,
    from: await bank.account(alice, { funds: 100n }),
    his: await bank.account(bob),
    hers: await bank.account(carol),
  };
}
