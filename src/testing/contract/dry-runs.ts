import { describe, expect, it } from 'vitest';
import type { SubmitOptions } from '../../application/group-commit.ts';
import { userTransfers } from '../../application/transfers/user-transfers.ts';
import { codeOf, SYSTEM, transferIdOf } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { TransferView } from '../../index.ts';
import type { Subject } from './subject.ts';

const DRY: SubmitOptions = { dryRun: true };

export function describeDryRuns(subject: () => Subject): void {
  describe('a dry run', () => {
    it('of every command answers like the real one, marked and without ids, and stores nothing, not even its key', async () => {
      const { bank, otherBank } = subject();
      const { alice, bob, from, to, yen } = await people(subject());
      const paid = transferIdOf(await bank.pay(alice, { from, to, amount: 30n }));
      const [first, second] = [
        await bank.hold(alice, { from, to, amount: 5n }),
        await bank.hold(alice, { from, to, amount: 5n }),
      ];
      const plain = { sourceAccountId: from, destinationAccountId: to, amount: 7n };
      const key = () => ({ idempotencyKey: freshId() });
      const { ledger } = bank;
      const runs: readonly ((options?: SubmitOptions) => Promise<object>)[] = [
        (
          (request) => (options) =>
            ledger.transferFunds(alice, request, options)
        )({ ...plain, ...key() }),
        (
          (request) => (options) =>
            ledger.transferFunds(alice, request, options)
        )({ ...plain, pending: true, ...key() }),
        (
          (request) => (options) =>
            ledger.transferFunds(alice, request, options)
        )({ ...plain, amount: 1000n, ...key() }),
        (
          (request) => (options) =>
            ledger.transferFunds(alice, request, options)
        )({
          ...plain,
          destinationAccountId: freshId(),
          ...key(),
        }),
        (
          (request) => (options) =>
            ledger.submitBatch(alice, request, options)
        )({ transfers: [plain, plain], ...key() }),
        (
          (request) => (options) =>
            ledger.submitBatch(alice, request, options)
        )({
          transfers: [plain, { ...plain, amount: 1000n }],
          linked: true,
          ...key(),
        }),
        (
          (request) => (options) =>
            ledger.captureHold(bob, request, options)
        )({ transferId: first, amount: 3n, ...key() }),
        (
          (request) => (options) =>
            ledger.voidHold(bob, request, options)
        )({ transferId: second, ...key() }),
        (
          (request) => (options) =>
            ledger.reverseTransfer(bob, request, options)
        )({ transferId: paid, amount: 3n, ...key() }),
        (
          (request) => (options) =>
            ledger.fundAccount(SYSTEM, request, options)
        )({
          destinationAccountId: from,
          amount: 9n,
          ...key(),
        }),
        (
          (request) => (options) =>
            ledger.withdrawFunds(SYSTEM, request, options)
        )({ sourceAccountId: from, amount: 9n, ...key() }),
        (
          (request) => (options) =>
            ledger.exchangeFunds(SYSTEM, request, options)
        )({
          sourceAccountId: from,
          destinationAccountId: yen,
          sourceAmount: 5n,
          destinationAmount: 1n,
          ...key(),
        }),
      ];
      await bank.takeMessages();
      for (const run of runs) {
        const before = await state(subject(), [from, to, yen], alice.id);
        const rehearsed = await run(DRY);
        expect(await run(DRY)).toStrictEqual(rehearsed);
        expect(await state(subject(), [from, to, yen], alice.id)).toStrictEqual(before);
        expect(await otherBank.takeMessages()).toEqual([]);

        expect(rehearsed).toStrictEqual(asDryRun(await run()));
        await bank.takeMessages();
      }
    });

    it('with a used key gives the recorded answer without its id, or the conflict', async () => {
      const { bank } = subject();
      const { alice, from, to } = await people(subject());
      const request = {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 7n,
        idempotencyKey: freshId(),
      };
      const first = await bank.ledger.transferFunds(alice, request);
      expect(await bank.ledger.transferFunds(alice, request, DRY)).toStrictEqual(
        asDryRun({ ...first, replayed: true }),
      );
      expect(await bank.ledger.transferFunds(alice, { ...request, amount: 8n }, DRY)).toStrictEqual({
        ok: false,
        dryRun: true,
        replayed: false,
        code: 'idempotency_key_reused',
        retry: 'never',
        transferId: null,
        field: 'amount',
      });
    });

    it('makes the same checks in the same order', async () => {
      const { bank } = subject();
      const { alice, from, to } = await people(subject());
      const dry = async (change: object) =>
        codeOf(
          await bank.ledger.transferFunds(
            alice,
            {
              sourceAccountId: from,
              destinationAccountId: to,
              amount: 7n,
              idempotencyKey: freshId(),
              ...change,
            },
            DRY,
          ),
        );
      expect(await dry({ destinationAccountId: from })).toBe('accounts_must_be_different');
      expect(await dry({ sourceAccountId: freshId(), destinationAccountId: freshId() })).toBe(
        'source_account_not_found',
      );
      expect(await dry({ currency: 'USD', amount: 1000n })).toBe('currency_mismatch');
      expect(await dry({ amount: 101n })).toBe('insufficient_funds');
      expect(await dry({ amount: 100n })).toBeNull();
      await bank.alter(from, { status: 'frozen' });
      expect(await dry({ amount: 1000n })).toBe('source_account_frozen');
      await expect(dry({ amount: 0n })).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('treats an expired hold as expired without writing its expiry', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await people(subject());
      const hold = await bank.hold(alice, { from, to, amount: 100n, expiresInSeconds: 1 });
      clock.advance(1000);
      const request = {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 100n,
        idempotencyKey: freshId(),
      };
      expect(await bank.ledger.transferFunds(alice, request, DRY)).toMatchObject({ ok: true });
      expect(await bank.reads.transfer(hold)).toMatchObject({ status: 'pending' });
      expect(await bank.entriesOf(from)).toHaveLength(2);
    });
  });
}

async function state({ second }: Subject, accountIds: readonly string[], userId: string): Promise<unknown> {
  const page = { after: null, limit: 200 };
  return {
    accounts: await Promise.all(accountIds.map((id) => second.reads.account(id))),
    entries: await Promise.all(accountIds.map((id) => second.reads.entriesOf(id, page))),
    transfers: await userTransfers(second.reads, userId, { before: null, limit: 200 }),
  };
}

/** The dry run's answer for this real answer: marked, and without ids of records that it does not store. */
function asDryRun(answer: object): object {
  if ('members' in answer) {
    return { ...answer, dryRun: true, members: (answer.members as readonly object[]).map(asDryRun) };
  }
  if (!('transfer' in answer)) return { ...answer, dryRun: true, transferId: null };
  const { transferId: _transferId, batchId: _batchId, ...transfer } = answer.transfer as TransferView;
  return { ...answer, dryRun: true, transfer };
}

async function people({ bank }: Subject) {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  return {
    alice,
    bob,
    from: await bank.account(alice, { funds: 100n }),
    to: await bank.account(bob),
    yen: await bank.account(alice, { currency: 'JPY' }),
  };
}
