import { describe, expect, it } from 'vitest';
import { systemAccountId } from '../../domain/entities/account.ts';
import type { LedgerEntry } from '../../domain/entities/ledger-entry.ts';
import { transferIdOf } from '../fixtures/bank.ts';
import { expectRunningBook, expectWholeChain } from '../fixtures/books.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeEntries(subject: () => Subject): void {
  describe('entries', () => {
    it('record the effect of a transfer on each side, and the counters after it', async () => {
      const { bank, second, clock } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(aCustomer('Bob'));
      clock.advance(5);
      const transferId = transferIdOf(await bank.pay(alice, { from, to, amount: 30n }));

      const entry = {
        transferId,
        step: 'completed',
        posted: 30n,
        pending: 0n,
        at: clock.now(),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      };
      const page = { after: null, limit: 10 };
      expect(await second.reads.entriesOf(from, page)).toMatchObject([
        { sequence: 1, direction: 'credit', posted: 100n },
        {
          ...entry,
          accountId: from,
          sequence: 2,
          direction: 'debit',
          after: { debitsPosted: 30n, creditsPosted: 100n, debitsPending: 0n, creditsPending: 0n },
        },
      ]);
      expect(await second.reads.entriesOf(to, page)).toEqual([
        {
          ...entry,
          accountId: to,
          sequence: 1,
          direction: 'credit',
          after: { debitsPosted: 0n, creditsPosted: 30n, debitsPending: 0n, creditsPending: 0n },
        },
      ]);
    });

    it('of concurrent transfers have sequences without a gap, sums of zero and one hash chain', async () => {
      const { bank, otherBank, second } = subject();
      const customers = [aCustomer('Alice'), aCustomer('Bob'), aCustomer('Carol')];
      const accounts: string[] = [];
      for (const customer of customers) accounts.push(await bank.account(customer, { funds: 50n }));

      await Promise.all(
        Array.from({ length: 60 }, (_, index) => {
          const one = index % 3;
          return (index % 2 === 0 ? bank : otherBank).ledger.transferFunds(customers[one]!, {
            sourceAccountId: accounts[one]!,
            destinationAccountId: accounts[(one + 1 + (index % 2)) % 3]!,
            amount: BigInt(1 + ((index * 7) % 23)),
            description: `payment ${index}, ü`,
            ...(index % 4 === 0 ? { metadata: { index: String(index) } } : {}),
            idempotencyKey: freshId(),
          });
        }),
      );

      const books = await Promise.all(
        accounts.map(async (id) => ({
          account: (await second.reads.account(id))!,
          entries: await bank.entriesOf(id),
        })),
      );
      for (const { account, entries } of books) {
        expectRunningBook(account, entries);
        await expectWholeChain(second.reads, account, entries);
      }
      expectTwins(books.flatMap(({ entries }) => entries));
      expect(books.reduce((sum, { account }) => sum + account.balance, 0n)).toBe(150n);
    });

    it("of the bank's own account have these properties too", async () => {
      const { bank, second } = subject();
      const to = await bank.account(aCustomer(), { currency: 'DKK' });
      for (const amount of [5n, 7n, 11n]) await bank.fund(to, amount);

      const funding = (await second.reads.account(systemAccountId('funding', 'DKK')))!;
      const entries = await bank.entriesOf(funding.id);
      expect(entries.slice(-3).map(({ posted }) => posted)).toEqual([5n, 7n, 11n]);
      expectRunningBook(funding, entries);
      await expectWholeChain(second.reads, funding, entries);
    });

    it('never precede the entry before them: if the clock goes back, they take the latest instant', async () => {
      const { bank, clock } = subject();
      const alice = aCustomer();
      const early = await bank.account(alice, { funds: 10n });
      const late = await bank.account(alice);
      clock.advance(60_000);
      const latest = clock.now();
      await bank.fund(late, 10n);
      clock.advance(-30_000);
      try {
        const transferId = transferIdOf(await bank.pay(alice, { from: early, to: late, amount: 1n }));
        const refused = await bank.pay(alice, { from: early, to: late, amount: 1000n });

        expect(await bank.ledger.getTransfer(alice, transferId)).toMatchObject({
          createdAt: latest,
          completedAt: latest,
        });
        expect(await bank.reads.account(early)).toMatchObject({ latestAt: latest });
        expect((await bank.entriesOf(early)).map(({ at }) => at)).toEqual([latest - 60_000, latest]);
        expect((await bank.entriesOf(late)).map(({ at }) => at)).toEqual([latest, latest]);
        expect(refused).toMatchObject({ ok: false, code: 'insufficient_funds' });
      } finally {
        clock.advance(30_000);
      }
    });

    it('are not changed by a refusal', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(alice);
      const before = [await bank.reads.account(from), await bank.entriesOf(from)];
      await bank.pay(alice, { from, to, amount: 11n });
      expect([await bank.reads.account(from), await bank.entriesOf(from)]).toStrictEqual(before);
    });
  });
}

/** Expects a debit and a credit of each transfer between these accounts, of one amount and instant. */
function expectTwins(entries: readonly LedgerEntry[]): void {
  for (const transferId of new Set(entries.map((entry) => entry.transferId))) {
    const twins = entries.filter((entry) => entry.transferId === transferId);
    if (twins.length === 1) {
      expect(twins).toMatchObject([{ sequence: 1, direction: 'credit', posted: 50n }]);
      continue;
    }
    const [debit, credit] = twins.toSorted((a, b) => (a.direction > b.direction ? -1 : 1));
    expect(twins).toHaveLength(2);
    expect([debit?.direction, credit?.direction]).toEqual(['debit', 'credit']);
    expect({ posted: debit?.posted, at: debit?.at }).toEqual({ posted: credit?.posted, at: credit?.at });
  }
}
