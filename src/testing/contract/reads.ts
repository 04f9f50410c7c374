import { describe, expect, it } from 'vitest';
import type { Page, ListRequest } from '../../application/page.ts';
import { userTransfers } from '../../application/transfers/user-transfers.ts';
import { positionOf } from '../../application/ports/transfer-position.ts';
import type { Account } from '../../domain/entities/account.ts';
import { MAX_COUNTER } from '../../domain/money/money.ts';
import type { Transfer } from '../../domain/entities/transfer.ts';
import { SYSTEM } from '../fixtures/bank.ts';
import { aCustomer, anAccount, freshId, UNTOUCHED } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

export function describeReads(subject: () => Subject): void {
  describe('reads', () => {
    it('of unknown ids find nothing', async () => {
      const { reads } = subject().second;
      for (const id of [freshId(), 'no id of ours', '', '$ne', "' or 1=1 --", 'ü', 'a'.repeat(300)]) {
        expect(await reads.account(id)).toBeUndefined();
        expect(await reads.transfer(id)).toBeUndefined();
        expect(await reads.accountsOf(id, { after: null, limit: 10 })).toEqual([]);
        expect(await reads.unbookedOf(id, { before: null, limit: 10 })).toEqual([]);
        expect(await userTransfers(reads, id, { before: null, limit: 10 })).toEqual([]);
        expect(await reads.entriesOf(id, { after: null, limit: 10 })).toEqual([]);
        expect(await reads.linesOf(id, { after: null, limit: 10 })).toEqual([]);
        expect(await reads.entriesAt(id, [1, 2])).toEqual([]);
        expect(await reads.linesBetween(id, id, { before: null, limit: 10 })).toEqual([]);
        expect(await reads.record({ scope: id, operation: 'transfer', key: id })).toBeUndefined();
      }
    });

    it("of accounts return one owner's accounts by ascending id, above a given id", async () => {
      const { bank, second } = subject();
      const ownerId = freshId();
      const accounts = Array.from({ length: 5 }, (_, index) =>
        anAccount({ ownerId, currency: index % 2 === 0 ? 'EUR' : 'USD', status: 'closed' }),
      ) as [Account, Account, Account, Account, Account];
      await bank.seed(accounts[3], accounts[0], anAccount(), accounts[4], accounts[1], accounts[2]);

      const read = (after: string | null, limit: number) =>
        second.reads.accountsOf(ownerId, { after, limit });
      expect(await read(null, 10)).toStrictEqual(accounts);
      expect(await read(null, 2)).toStrictEqual(accounts.slice(0, 2));
      expect(await read(accounts[1].id, 2)).toStrictEqual(accounts.slice(2, 4));
      expect(await read(accounts[3].id, 2)).toStrictEqual(accounts.slice(4));
      expect(await read(accounts[4].id, 2)).toEqual([]);
    });

    it('of unbooked transfers return those of one initiator, by descending instant and id', async () => {
      const { bank, second, clock } = subject();
      const [alice, bob, operator] = [aCustomer('Alice'), aCustomer('Bob'), { ...SYSTEM, id: freshId() }];
      const from = await bank.account(alice, { funds: 10n });
      const to = await bank.account(bob);
      await bank.pay(alice, { from, to, amount: 2n });
      const rejected = async (amount: bigint) => {
        const made = await bank.pay(alice, { from, to, amount });
        if (made.ok || made.transferId === null) throw new TypeError('It was to be rejected');
        return made.transferId;
      };
      const together: readonly string[] = [await rejected(91n), await rejected(92n)];
      clock.advance(1);
      const last = await rejected(93n);
      const request = { destinationAccountId: to, amount: 5n, idempotencyKey: freshId() };
      const funded = await bank.ledger.fundAccount(operator, request);
      if (!funded.ok) throw new TypeError(funded.code);

      const read = (userId: string, before: Transfer | null, limit: number) =>
        second.reads.unbookedOf(userId, { before: before && positionOf(before), limit });
      const hers = await read(alice.id, null, 10);
      expect(hers.map(({ id }) => id)).toEqual([last, ...together.toSorted().toReversed()]);
      expect(hers).toStrictEqual(await Promise.all(hers.map(({ id }) => second.reads.transfer(id))));
      expect(await read(alice.id, null, 2)).toStrictEqual(hers.slice(0, 2));
      expect(await read(alice.id, hers[0]!, 1)).toStrictEqual(hers.slice(1, 2));
      expect(await read(alice.id, hers[1]!, 9)).toStrictEqual(hers.slice(2));
      expect(await read(alice.id, hers[2]!, 9)).toEqual([]);
      expect(await read(bob.id, null, 10)).toEqual([]);
      expect(await read(operator.id, null, 10)).toMatchObject([{ id: funded.transfer.transferId }]);
    });

    it('of transfers return every field as written', async () => {
      const { bank, second, clock } = subject();
      const alice = aCustomer('Zoë 🏦');
      const from = await bank.account(alice, { funds: 10n, currency: 'BHD' });
      const to = await bank.account(aCustomer('Bob'), { currency: 'BHD' });
      const made = await bank.ledger.transferFunds(alice, {
        sourceAccountId: from,
        destinationAccountId: to,
        amount: 2n,
        description: 'März 🏠',
        reference: 'RF18 5390 0754 7034',
        externalId: 'order/17',
        metadata: { z: '1', a: '$ne', 'x.y': '"' },
        idempotencyKey: freshId(),
      });
      if (!made.ok) throw new TypeError(made.code);

      const transfer = (await second.reads.transfer(made.transfer.transferId))!;
      expect({ ...transfer }).toStrictEqual({
        id: made.transfer.transferId,
        kind: 'transfer',
        status: 'completed',
        code: null,
        legs: [
          { accountId: from, ownerId: alice.id, direction: 'debit', amount: 2n },
          {
            accountId: to,
            ownerId: (await second.reads.account(to))!.ownerId,
            direction: 'credit',
            amount: 2n,
          },
        ],
        currency: 'BHD',
        exponent: 3,
        initiator: { kind: 'user', id: alice.id },
        payerName: 'Zoë 🏦',
        description: 'März 🏠',
        reference: 'RF18 5390 0754 7034',
        externalId: 'order/17',
        metadata: { z: '1', a: '$ne', 'x.y': '"' },
        salt: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        expiresAt: null,
        reverses: null,
        batchId: null,
        ...UNTOUCHED,
        createdAt: clock.now(),
        completedAt: clock.now(),
      });
    });

    it('of entries return those of one account by sequence, above a given sequence', async () => {
      const { bank, second } = subject();
      const accountId = await bank.account(aCustomer());
      for (const amount of [1n, 2n, 3n, 4n, 5n]) await bank.fund(accountId, amount);

      const read = async (after: number | null, limit: number) =>
        (await second.reads.entriesOf(accountId, { after, limit })).map(({ sequence, posted }) => [
          sequence,
          posted,
        ]);
      expect(await read(null, 2)).toEqual([
        [1, 1n],
        [2, 2n],
      ]);
      expect(await read(0, 1)).toEqual([[1, 1n]]);
      expect(await read(2, 2)).toEqual([
        [3, 3n],
        [4, 4n],
      ]);
      expect(await read(4, 2)).toEqual([[5, 5n]]);
      expect(await read(5, 2)).toEqual([]);
    });

    it('of lines return each entry with the current state of its transfer', async () => {
      const { bank, second } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob);
      const hold = await bank.hold(alice, { from, to, amount: 20n });
      await bank.capture(bob, hold, 15n);
      await bank.reverse(bob, hold, 5n);

      const lines = await second.reads.linesOf(from, { after: null, limit: 10 });
      expect(lines.map(({ entry }) => entry)).toStrictEqual(await bank.entriesOf(from));
      expect(lines.map(({ entry }) => entry.step)).toEqual(['completed', 'held', 'captured', 'completed']);
      expect(lines.map(({ transfer }) => transfer)).toStrictEqual(
        await Promise.all(lines.map(({ entry }) => second.reads.transfer(entry.transferId))),
      );
      expect(lines[1]!.transfer).toMatchObject({ id: hold, status: 'completed', amountCaptured: 15n });
      expect(lines[1]!.transfer.reversed).toEqual([5n, 5n]);
      expect(await second.reads.linesOf(from, { after: 1, limit: 2 })).toStrictEqual(lines.slice(1, 3));
      expect(await second.reads.linesOf(from, { after: 4, limit: 2 })).toEqual([]);
      expect(await second.reads.linesOf(freshId(), { after: null, limit: 2 })).toEqual([]);
    });

    it('of entries at given sequences return the existing ones, each once, ascending', async () => {
      const { bank, second } = subject();
      const accountId = await bank.account(aCustomer());
      for (const amount of [1n, 2n, 3n, 4n, 5n]) await bank.fund(accountId, amount);

      const entries = await bank.entriesOf(accountId);
      const read = (...sequences: number[]) => second.reads.entriesAt(accountId, sequences);
      expect(await read(1, 3, 5)).toStrictEqual([entries[0], entries[2], entries[4]]);
      expect(await read(5, 2, 2, 99, 0, 6)).toStrictEqual([entries[1], entries[4]]);
      expect(await read()).toEqual([]);
      expect(await second.reads.entriesAt(freshId(), [1])).toEqual([]);
    });

    it('of lines between two accounts return those of transfers with a leg on each, newest first', async () => {
      const { bank, second } = subject();
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob);
      const other = await bank.account(bob);
      await bank.pay(alice, { from, to, amount: 1n });
      await bank.pay(alice, { from, to: other, amount: 2n });
      const hold = await bank.hold(alice, { from, to, amount: 3n });
      await bank.ledger.transferFunds(alice, {
        legs: [
          { accountId: from, direction: 'debit', amount: 9n },
          { accountId: other, direction: 'credit', amount: 4n },
          { accountId: to, direction: 'credit', amount: 5n },
        ],
        idempotencyKey: freshId(),
      });
      await bank.void(bob, hold);

      const read = async (one: string, two: string, before: number | null, limit = 10) =>
        (await second.reads.linesBetween(one, two, { before, limit })).map(({ entry, transfer }) => [
          entry.accountId,
          entry.sequence,
          entry.step,
          transfer.status,
        ]);
      const all = [
        [from, 6, 'voided', 'voided'],
        [from, 5, 'completed', 'completed'],
        [from, 4, 'held', 'voided'],
        [from, 2, 'completed', 'completed'],
      ];
      expect(await read(from, to, null)).toEqual(all);
      expect(await read(from, to, null, 2)).toEqual(all.slice(0, 2));
      expect(await read(from, to, 5)).toEqual(all.slice(2));
      expect(await read(from, to, 4, 1)).toEqual(all.slice(3));
      expect(await read(from, to, 2)).toEqual([]);
      expect(await read(to, other, null)).toEqual([[to, 3, 'completed', 'completed']]);
      expect(await read(from, freshId(), null)).toEqual([]);
    });

    it('of all accounts return each once, by id', async () => {
      const { bank, second } = subject();
      const opened = [anAccount(), anAccount(), anAccount()];
      await bank.seed(...opened);

      const found: Account[] = [];
      for (let after: string | null = null; ; after = found.at(-1)?.id ?? null) {
        const page: readonly Account[] = await second.scan.accountsPage({ after, limit: 7 });
        found.push(...page);
        if (page.length < 7) break;
      }
      const ids = found.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].toSorted());
      const given = found.filter(({ id }) => opened.some((one) => one.id === id));
      expect(given).toStrictEqual(opened);
      expect(found.some(({ purpose }) => purpose === 'funding')).toBe(true);
    });

    it('of a trial balance can exceed the bound of a counter', async () => {
      const { bank, otherBank } = subject();
      const counters = { ...anAccount().counters, creditsPosted: MAX_COUNTER, debitsPosted: MAX_COUNTER };
      await bank.seed(...[1, 2, 3].map(() => anAccount({ currency: 'LYD', exponent: 3, counters })));
      const { currencies } = await otherBank.ledger.getTrialBalance(SYSTEM);
      expect(currencies.find(({ currency }) => currency === 'LYD')).toMatchObject({
        debits: 3n * MAX_COUNTER,
        credits: 3n * MAX_COUNTER,
        isBalanced: true,
      });
    });

    it('of a trial balance never see only one side of a concurrent transfer', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 1000n, currency: 'TND' });
      const to = await bank.account(alice, { currency: 'TND' });
      const reading = new AbortController();
      const writes = (async () => {
        while (!reading.signal.aborted) {
          await Promise.all([bank, otherBank].map((one) => one.pay(alice, { from, to, amount: 1n })));
          await bank.fund(to, 1n);
        }
      })();
      try {
        for (let round = 0; round < 20; round++) {
          const { currencies } = await otherBank.ledger.getTrialBalance(SYSTEM);
          expect(currencies.find(({ currency }) => currency === 'TND')).toMatchObject({ isBalanced: true });
        }
      } finally {
        reading.abort();
        await writes;
      }
    });
  });

  describe('pages', () => {
    it('of accounts contain each once, oldest first', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const opened: string[] = [];
      for (let index = 0; index < 7; index++) opened.push(await bank.open(alice));
      await bank.open(aCustomer('Bob'));

      const pages = await allPages((page) => otherBank.ledger.listAccounts(alice, alice.id, page), 3);
      expect(pages.map((page) => page.map(({ accountId }) => accountId))).toEqual([
        opened.slice(0, 3),
        opened.slice(3, 6),
        opened.slice(6),
      ]);
    });

    it('end with the last item, even if it fills a page', async () => {
      const { bank } = subject();
      const alice = aCustomer();
      for (let index = 0; index < 4; index++) await bank.open(alice);

      const pages = await allPages((page) => bank.ledger.listAccounts(alice, alice.id, page), 2);
      expect(pages.map(({ length }) => length)).toEqual([2, 2]);
      expect(await bank.ledger.listAccounts(SYSTEM, freshId())).toEqual({ items: [], nextCursor: null });
    });

    it('have no gap and no repeat despite concurrent writes', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const from = await bank.account(alice, { funds: 1000n });
      const to = await bank.account(alice);
      const pay = (through = bank) => through.pay(alice, { from, to, amount: 1n });
      await Promise.all(Array.from({ length: 30 }, () => pay()));
      const there = (await bank.ledger.listTransfers(alice, { limit: 200 })).items;
      expect(there).toHaveLength(31);

      const reading = new AbortController();
      const writes = (async () => {
        while (!reading.signal.aborted) await Promise.all([pay(), pay(otherBank), bank.open(alice)]);
      })();
      try {
        for (let round = 0; round < 3; round++) {
          const transfers = await allPages((page) => otherBank.ledger.listTransfers(alice, page), 4);
          const ids = transfers.flat().map(({ transferId }) => transferId);
          expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
          expect(ids.slice(-31)).toEqual(there.map(({ transferId }) => transferId));

          const entries: number[] = [];
          for (let after: number | null = null; entries.length < 31; after = entries.at(-1) ?? null) {
            const page = await otherBank.reads.entriesOf(from, { after, limit: 4 });
            entries.push(...page.map(({ sequence }) => sequence));
          }
          expect(entries).toEqual(entries.map((_, index) => index + 1));
        }
      } finally {
        reading.abort();
        await writes;
      }
      const accounts = (await allPages((page) => bank.ledger.listAccounts(alice, alice.id, page), 3)).flat();
      const accountIds = accounts.map(({ accountId }) => accountId);
      expect(accountIds).toEqual([...new Set(accountIds)].toSorted());
    });

    it("of an operator's transfers contain that operator's transfers alone", async () => {
      const { bank } = subject();
      const operator = { ...SYSTEM, id: freshId() };
      const accountId = await bank.account(aCustomer());
      const funded = await bank.ledger.fundAccount(operator, {
        destinationAccountId: accountId,
        amount: 1n,
        idempotencyKey: freshId(),
      });
      await bank.fund(accountId, 2n);
      if (!funded.ok) throw new TypeError(funded.code);
      expect((await bank.ledger.listTransfers(operator)).items).toStrictEqual([funded.transfer]);
    });
  });
}

async function allPages<T>(
  list: (page: ListRequest) => Promise<Page<T>>,
  limit: number,
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page<T> = await list(cursor === undefined ? { limit } : { limit, cursor });
    pages.push(page.items);
    cursor = page.nextCursor;
  }
  return pages;
}
