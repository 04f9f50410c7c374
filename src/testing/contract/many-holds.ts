import { describe, expect, it } from 'vitest';
import { MOST_EXPIRIES } from '../../domain/books/working-books.ts';
import type { LedgerReads } from '../../application/ports/ledger-store.ts';
import { codeOf } from '../fixtures/bank.ts';
import { expectRunningBook } from '../fixtures/books.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import { KEPT } from './scans.ts';
import type { Subject } from './subject.ts';

/** More holds than two units may expire. */
const MANY = 2 * MOST_EXPIRIES + 10;
const NOTHING = { balance: 0n, held: 0n, available: 0n };

/** Opens two accounts with more holds of 1 than one unit may expire, all due at one instant. */
async function manyDue({ bank, clock }: Subject, alice = aCustomer()) {
  const bob = aCustomer();
  const from = await bank.account(alice, { funds: BigInt(MANY) });
  const to = await bank.account(bob);
  const hold = { sourceAccountId: from, destinationAccountId: to, amount: 1n, pending: true };
  const transfers = Array.from({ length: MANY }, () => ({ ...hold, expiresInSeconds: 1 }));
  const placed = await bank.ledger.submitBatch(alice, { transfers, idempotencyKey: freshId() });
  expect(placed).toMatchObject({ ok: true });
  clock.advance(1000);
  return { alice, bob, from, to };
}

async function pendingOn(reads: LedgerReads, accountId: string): Promise<number> {
  return (await reads.pendingHolds(accountId, { after: null, limit: 10 * MANY })).length;
}

export function describeManyHolds(subject: () => Subject): void {
  describe('more due holds than one unit may expire', () => {
    it('all count as expired for a payment, which writes the expiry of some', async () => {
      const { bank, otherBank } = subject();
      const { alice, from, to } = await manyDue(subject());
      expect(await otherBank.stateOf(from)).toEqual({
        ...NOTHING,
        balance: BigInt(MANY),
        available: BigInt(MANY),
      });
      expect(await pendingOn(bank.reads, from)).toBe(MANY);

      const tooMuch = await bank.pay(alice, { from, to, amount: BigInt(MANY) + 1n });
      expect(codeOf(tooMuch)).toBe('insufficient_funds');
      const left = await pendingOn(bank.reads, from);
      expect(left).toBeGreaterThanOrEqual(MANY - MOST_EXPIRIES);
      expect(left).toBeLessThan(MANY);
      const paid = await bank.pay(alice, { from, to, amount: BigInt(MANY) });
      expect(paid).toMatchObject({ ok: true, balances: [{ accountId: from, ...NOTHING }] });
      const stillPending = await pendingOn(bank.reads, from);
      expect(stillPending).toBeGreaterThanOrEqual(left - MOST_EXPIRIES);
      expect(stillPending).toBeLessThan(left);

      const account = await otherBank.reads.account(from);
      expect(account?.held).toBe(BigInt(stillPending));
      expect(account && account.nextExpiryAt !== null && account.nextExpiryAt <= bank.clock.now()).toBe(true);
      expect(await otherBank.stateOf(from)).toEqual(NOTHING);
      expect(await otherBank.stateOf(to)).toMatchObject({ held: 0n, available: BigInt(MANY) });
      // Ignores accounts that other tests altered by hand
      const { faults } = await bank.ledger.verifyBooks();
      const mine = faults.filter(
        ({ kind, accountId }) => accountId === from || accountId === to || KEPT.has(kind),
      );
      expect(mine).toEqual([]);
    });

    it("free their amount under the payee's maximum balance", async () => {
      const { bank } = subject();
      const { alice, from, to } = await manyDue(subject());
      await bank.alter(to, { maximumBalance: BigInt(MANY) });
      expect(codeOf(await bank.pay(alice, { from, to, amount: BigInt(MANY) }))).toBeNull();
    });

    it('count towards one limit of expiries per unit, over all its commands and accounts', async () => {
      const { bank } = subject();
      const first = await manyDue(subject());
      const some = [first, await manyDue(subject(), first.alice)] as const;
      const transfers = some.map(({ from }) => ({
        sourceAccountId: from,
        destinationAccountId: some[0].to,
        amount: BigInt(MANY),
      }));
      const before = await Promise.all(some.map(({ from }) => pendingOn(bank.reads, from)));
      const terms = { transfers, idempotencyKey: freshId() };
      expect(await bank.ledger.submitBatch(some[0].alice, terms)).toMatchObject({ ok: true });
      const after = await Promise.all(some.map(({ from }) => pendingOn(bank.reads, from)));
      const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
      expect(sum(before) - sum(after)).toBeLessThanOrEqual(MOST_EXPIRIES);
      expect(sum(before) - sum(after)).toBeGreaterThan(0);
    });

    it('are swept unit by unit, until nothing is due', async () => {
      const { bank } = subject();
      const { from, to } = await manyDue(subject());
      expect(await bank.sweep()).toBeGreaterThanOrEqual(2);
      for (const id of [from, to]) {
        expect(await pendingOn(bank.reads, id)).toBe(0);
        const account = await bank.reads.account(id);
        expect(account).toMatchObject({ held: 0n, incoming: 0n, nextExpiryAt: null });
        if (account) expectRunningBook(account, await bank.entriesOf(id));
      }
    });

    it("do not prevent a closing, and leave nothing pending in the closed account's book", async () => {
      const { bank } = subject();
      const { alice, from, to } = await manyDue(subject());
      await bank.pay(alice, { from, to, amount: BigInt(MANY) });
      expect(await pendingOn(bank.reads, from)).toBeGreaterThan(0);
      const request = { accountId: from, idempotencyKey: freshId() };
      expect(await bank.ledger.closeAccount(alice, request)).toMatchObject({ ok: true, replayed: false });
      expect(await bank.reads.account(from)).toMatchObject({ status: 'closed', held: 0n });
      expect(await pendingOn(bank.reads, from)).toBe(0);
      expect(await bank.ledger.closeAccount(alice, request)).toMatchObject({ ok: true, replayed: true });
    });

    it('are in no later balance or statement, whether or not their expiry was written by then', async () => {
      const { bank, clock } = subject();
      const { alice, from, to } = await manyDue(subject());
      const placed = clock.now() - 1;
      await bank.pay(alice, { from, to, amount: 10n });
      const then = clock.now();
      clock.advance(1);
      const left = BigInt(MANY) - 10n;
      const expected = { balance: left, held: 0n, available: left };
      const see = async () => {
        expect(await bank.ledger.getBalance(alice, from, { at: then })).toMatchObject(expected);
        expect(await bank.ledger.getStatement(alice, from, { to: then + 1 })).toMatchObject({
          closing: left,
          held: 0n,
          available: left,
          holds: [],
        });
        expect(await bank.ledger.getBalance(alice, from, { at: placed })).toMatchObject({
          held: BigInt(MANY),
        });
        const { holds } = await bank.ledger.getStatement(alice, from, { to: placed + 1 });
        expect(holds).toHaveLength(MANY);
      };
      await see();
      await bank.sweep();
      await see();
    });
  });
}
