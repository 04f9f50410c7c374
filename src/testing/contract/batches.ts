import { describe, expect, it } from 'vitest';
import type { BatchRequest } from '../../application/transfers/submit-batch.ts';
import type { BatchResult } from '../../application/views.ts';
import { codeOf, SYSTEM } from '../fixtures/bank.ts';
import { expectSumsOfZero } from '../fixtures/books.ts';
import { aCustomer, anAccount, freshId } from '../fixtures/builders.ts';
import type { Customer } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

type Order = BatchRequest['transfers'][number];

export function describeBatches(subject: () => Subject): void {
  describe('an unlinked batch', () => {
    it('answers each transfer separately and in order; each sees the effects of those before it', async () => {
      const { otherBank } = subject();
      const { alice, from, to } = await between(subject());
      const result = await send(subject(), alice, [
        pay(from, to, 60n),
        pay(from, to, 41n),
        pay(from, freshId(), 1n),
        pay(from, from, 1n),
        { ...pay(from, to, 40n), description: 'the rest', metadata: { order: '18' } },
      ]);

      expect(result.ok).toBe(false);
      expect(codes(result)).toEqual([
        null,
        'insufficient_funds',
        'destination_account_not_found',
        'accounts_must_be_different',
        null,
      ]);
      expect(result).toMatchObject({
        replayed: false,
        members: [
          {
            ok: true,
            transfer: { amount: 60n, status: 'completed' },
            balances: [{ accountId: from, balance: 40n }],
          },
          { ok: false, transferId: expect.any(String) as string },
          { ok: false, transferId: null },
          { ok: false, transferId: expect.any(String) as string },
          { ok: true, transfer: { amount: 40n, description: 'the rest', metadata: { order: '18' } } },
        ],
      });
      expect([await otherBank.balanceOf(from), await otherBank.balanceOf(to)]).toEqual([0n, 100n]);
    });

    it('gives all its transfers, including rejections, the same batch id', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      await send(subject(), alice, [pay(from, to, 1n), pay(from, to, 1000n), pay(from, to, 2n)]);
      const kept = (await bank.ledger.listTransfers(alice)).items.slice(0, 3);
      expect(kept.map(({ status, amount }) => [status, amount])).toEqual([
        ['completed', 2n],
        ['rejected', 1000n],
        ['completed', 1n],
      ]);
      expect(new Set(kept.map(({ batchId }) => batchId)).size).toBe(1);
      expect(kept[0]?.batchId).toEqual(expect.any(String));
    });

    it('accepts holds and transfers with several legs', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const third = await bank.account(alice);
      const result = await send(subject(), alice, [
        { ...pay(from, to, 10n), pending: true, expiresInSeconds: 60 },
        {
          legs: [
            { accountId: from, direction: 'debit', amount: 7n },
            { accountId: to, direction: 'credit', amount: 3n },
            { accountId: third, direction: 'credit', amount: 4n },
          ],
        },
      ]);
      expect(codes(result)).toEqual([null, null]);
      expect(await bank.stateOf(from)).toEqual({ balance: 93n, held: 10n, available: 83n });
      expect([await bank.balanceOf(to), await bank.balanceOf(third)]).toEqual([3n, 4n]);
    });

    it('of a thousand transfers is one unit of work with one key', async () => {
      const { bank, otherBank } = subject();
      const { alice, from } = await between(subject());
      const accounts = Array.from({ length: 10 }, () => anAccount());
      await bank.seed(...accounts);
      const request = {
        transfers: Array.from({ length: 1000 }, (_, index) =>
          pay(from, accounts[index % 10]!.id, index < 950 ? 1000n : 1n),
        ),
        idempotencyKey: freshId(),
      };
      const result = await bank.ledger.submitBatch(alice, request);
      expect(codes(result)).toEqual([
        ...Array.from({ length: 950 }, () => 'insufficient_funds'),
        ...Array.from({ length: 50 }, () => null),
      ]);
      expect(await bank.balanceOf(from)).toBe(50n);
      expect(await otherBank.ledger.submitBatch(alice, request)).toStrictEqual(replayed(result));
      expect(await bank.balanceOf(from)).toBe(50n);
    });

    it.each([0, 1001])('of %i transfers is malformed', async (length) => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      await expect(
        bank.ledger.submitBatch(alice, {
          transfers: Array.from({ length }, () => pay(from, to, 1n)),
          idempotencyKey: freshId(),
        }),
      ).rejects.toMatchObject({ code: 'invalid_request', facts: { errors: [{ field: 'transfers' }] } });
      expect(await bank.balanceOf(from)).toBe(100n);
    });

    it('with malformed transfers does nothing, and names each faulty field by its index', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const idempotencyKey = freshId();
      await expect(
        bank.ledger.submitBatch(alice, {
          transfers: [pay(from, to, 1n), pay(from, to, 0n), { ...pay(from, to, 1n), currency: 'eur' }],
          idempotencyKey,
        }),
      ).rejects.toMatchObject({
        facts: { errors: [{ field: 'transfers.1.amount' }, { field: 'transfers.2.currency' }] },
      });
      expect(await bank.balanceOf(from)).toBe(100n);
      const again = await bank.ledger.submitBatch(alice, { transfers: [pay(from, to, 1n)], idempotencyKey });
      expect(again).toMatchObject({ ok: true, replayed: false });
    });
  });

  describe('a linked batch', () => {
    it('completes all its transfers if every rule allows it', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await between(subject());
      const result = await send(subject(), alice, [pay(from, to, 60n), pay(from, to, 40n)], { linked: true });
      expect(result).toMatchObject({
        ok: true,
        members: [
          { ok: true, balances: [{ balance: 40n }] },
          { ok: true, balances: [{ balance: 0n }] },
        ],
      });
      expect((await bank.ledger.listTransfers(bob)).items).toHaveLength(2);
      expectSumsOfZero([...(await bank.entriesOf(from)).slice(1), ...(await bank.entriesOf(to))]);
    });

    it.each([0, 1, 2])(
      'fails as a whole: culprit %i has its own code, the others linked_transfer_failed',
      async (at) => {
        const { bank, second } = subject();
        const { alice, bob, from, to } = await between(subject());
        await bank.takeMessages();
        const before = [await second.reads.account(from), await second.reads.account(to)];
        const orders = [pay(from, to, 1n), pay(from, to, 2n), pay(from, to, 3n)];
        orders[at] = pay(from, to, 101n);
        const result = await send(subject(), alice, orders, { linked: true });

        expect(result).toStrictEqual({
          ok: false,
          replayed: false,
          members: orders.map((_, index) => ({
            ok: false,
            replayed: false,
            code: index === at ? 'insufficient_funds' : 'linked_transfer_failed',
            retry: 'new_key',
            transferId: expect.any(String) as string,
          })),
        });
        expect([await second.reads.account(from), await second.reads.account(to)]).toStrictEqual(before);
        expect(await bank.entriesOf(to)).toEqual([]);
        expect(await bank.takeMessages()).toEqual([]);
        expect((await bank.ledger.listTransfers(bob)).items).toEqual([]);
        const kept = (await bank.ledger.listTransfers(alice)).items.slice(0, 3).toReversed();
        expect(kept.map(({ status, code, amount }) => [status, code, amount])).toEqual(
          orders.map(({ amount }, index) => [
            'rejected',
            index === at ? 'insufficient_funds' : 'linked_transfer_failed',
            amount,
          ]),
        );
      },
    );

    it('fails if its earlier members have already spent the money', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const result = await send(subject(), alice, [pay(from, to, 60n), pay(from, to, 60n)], { linked: true });
      expect(codes(result)).toEqual(['linked_transfer_failed', 'insufficient_funds']);
      expect(await bank.balanceOf(from)).toBe(100n);
    });

    it('may pass money on: a member may spend money from an earlier member', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const [a, b, c] = [
        await bank.account(alice, { funds: 5n }),
        await bank.account(alice),
        await bank.account(alice),
      ];
      const result = await send(subject(), alice, [pay(a, b, 5n), pay(b, c, 5n)], { linked: true });
      expect(codes(result)).toEqual([null, null]);
      expect([await bank.balanceOf(a), await bank.balanceOf(b), await bank.balanceOf(c)]).toEqual([
        0n,
        0n,
        5n,
      ]);
    });

    it('keeps no rejection of a member whose account was not found, no matter which member failed first', async () => {
      const { alice, from, to } = await between(subject());
      const first = await send(subject(), alice, [pay(from, to, 1n), pay(from, freshId(), 1n)], {
        linked: true,
      });
      expect(first.members).toMatchObject([
        { code: 'linked_transfer_failed', transferId: expect.any(String) as string },
        { code: 'destination_account_not_found', transferId: null },
      ]);
      const second = await send(subject(), alice, [pay(from, to, 101n), pay(from, freshId(), 1n)], {
        linked: true,
      });
      expect(second.members).toMatchObject([
        { code: 'insufficient_funds', transferId: expect.any(String) as string },
        { code: 'linked_transfer_failed', transferId: null },
      ]);
    });

    it('keeps every rejection with its answered code, even if a member names one account twice', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const orders = [pay(from, to, 101n), pay(from, from, 1n)];
      const result = await send(subject(), alice, orders, { linked: true });
      expect(codes(result)).toEqual(['insufficient_funds', 'linked_transfer_failed']);
      const kept = (await bank.ledger.listTransfers(alice)).items.filter(
        ({ status }) => status === 'rejected',
      );
      expect(kept.map(({ code }) => code)).toEqual(['linked_transfer_failed', 'insufficient_funds']);
      expect(result.members?.map((one) => (one.ok ? null : one.transferId)).toReversed()).toEqual(
        kept.map(({ transferId }) => transferId),
      );
    });

    it('leaves no hold behind if it fails', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const orders = [{ ...pay(from, to, 10n), pending: true }, pay(from, to, 91n)];
      const result = await send(subject(), alice, orders, { linked: true });
      expect(codes(result)).toEqual(['linked_transfer_failed', 'insufficient_funds']);
      expect(await bank.reads.account(from)).toMatchObject({ held: 0n, nextExpiryAt: null });
      expect(await bank.reads.account(to)).toMatchObject({ incoming: 0n, nextExpiryAt: null });
    });

    it('shows a payer only that another’s destination is unavailable', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const closed = await bank.account(aCustomer('Bob'), { status: 'closed' });
      const orders = [pay(from, to, 1n), pay(from, closed, 1n)];
      expect(codes(await send(subject(), alice, orders, { linked: true }))).toEqual([
        'linked_transfer_failed',
        'destination_account_unavailable',
      ]);
      expect(codes(await send(subject(), SYSTEM, orders, { linked: true }))).toEqual([
        'linked_transfer_failed',
        'destination_account_closed',
      ]);
    });

    it('is reversed one member at a time', async () => {
      const { bank } = subject();
      const { alice, bob, from, to } = await between(subject());
      const result = await send(subject(), alice, [pay(from, to, 60n), pay(from, to, 40n)], { linked: true });
      const [first] = result.members?.map((one) => (one.ok ? one.transfer.transferId : '')) ?? [];
      expect(codeOf(await bank.reverse(bob, first!))).toBeNull();
      expect([await bank.balanceOf(from), await bank.balanceOf(to)]).toEqual([60n, 40n]);
    });

    it('never takes half effect when concurrent with others', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const [a, b, c] = [
        await bank.account(alice, { funds: 30n }),
        await bank.account(alice),
        await bank.account(alice),
      ];
      const results = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          (index % 2 === 0 ? bank : otherBank).ledger.submitBatch(alice, {
            transfers: [pay(a, b, 3n), pay(a, c, 4n)],
            linked: true,
            idempotencyKey: freshId(),
          }),
        ),
      );
      expect(results.filter(({ ok }) => ok)).toHaveLength(4);
      expect([await bank.balanceOf(a), await bank.balanceOf(b), await bank.balanceOf(c)]).toEqual([
        2n,
        12n,
        16n,
      ]);
    });
  });

  describe('the key of a batch', () => {
    it.each([false, true])(
      'gives the same answers again, linked: %s, from any client, and moves money once',
      async (linked) => {
        const { bank, otherBank } = subject();
        const { alice, from, to } = await between(subject());
        for (const amounts of [
          [60n, 41n],
          [10n, 20n],
        ]) {
          const request = {
            transfers: amounts.map((amount) => pay(from, to, amount)),
            linked,
            idempotencyKey: freshId(),
          };
          const first = await bank.ledger.submitBatch(alice, request);
          const after = await bank.balanceOf(from);
          await bank.fund(from, 1000n);
          expect(await otherBank.ledger.submitBatch(alice, request)).toStrictEqual(replayed(first));
          expect(await bank.balanceOf(from)).toBe(after + 1000n);
          await bank.pay(alice, { from, to, amount: 1000n });
        }
      },
    );

    it.each<[field: string, change: Partial<BatchRequest>]>([
      ['transfers', { transfers: [] }],
      ['linked', { linked: true }],
    ])('covers one request: a different %s is a conflict', async (field, change) => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const request = { transfers: [pay(from, to, 1n)], idempotencyKey: freshId() };
      await bank.ledger.submitBatch(alice, request);
      const other = { ...request, ...change };
      const transfers = other.transfers.length > 0 ? other.transfers : [pay(from, to, 1n), pay(from, to, 1n)];
      expect(await bank.ledger.submitBatch(alice, { ...other, transfers })).toStrictEqual({
        ok: false,
        replayed: false,
        code: 'idempotency_key_reused',
        retry: 'never',
        transferId: null,
        field,
      });
      expect(await bank.balanceOf(from)).toBe(99n);
    });

    it('differs from the same key of a transfer', async () => {
      const { bank } = subject();
      const { alice, from, to } = await between(subject());
      const idempotencyKey = freshId();
      await bank.ledger.submitBatch(alice, { transfers: [pay(from, to, 1n)], idempotencyKey });
      expect(await bank.ledger.transferFunds(alice, { ...pay(from, to, 1n), idempotencyKey })).toMatchObject({
        ok: true,
        replayed: false,
      });
    });
  });
}

function pay(sourceAccountId: string, destinationAccountId: string, amount: bigint): Order {
  return { sourceAccountId, destinationAccountId, amount };
}

function send(
  { bank }: Subject,
  actor: Customer | typeof SYSTEM,
  transfers: readonly Order[],
  terms: { linked?: boolean } = {},
): Promise<BatchResult> {
  return bank.ledger.submitBatch(actor, { transfers, ...terms, idempotencyKey: freshId() });
}

function codes(result: BatchResult): readonly (string | null)[] {
  return result.members?.map(codeOf) ?? [];
}

function replayed(result: BatchResult): unknown {
  return { ...result, replayed: true, members: result.members?.map((one) => ({ ...one, replayed: true })) };
}

/** Opens accounts of Alice, with 100 EUR, and of Bob. */
async function between({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  return { alice, bob, from: await bank.account(alice, { funds: 100n }), to: await bank.account(bob) };
}
