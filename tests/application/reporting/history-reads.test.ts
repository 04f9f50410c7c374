import { beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import { balancesAt } from '../../../src/application/reporting/balances-at.ts';
import type { HistoryFilter } from '../../../src/application/reporting/history-filter.ts';
import type { LedgerReads, Store } from '../../../src/application/ports/ledger-store.ts';
import { PassbookError } from '../../../src/domain/errors.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock, freshId } from '../../../src/testing/fixtures/builders.ts';
import { idsOf, MINUTE_MS } from '../../../src/testing/fixtures/busy-bank.ts';

const LENGTH = 3_000;

/** A long book: one entry of 1 a minute. Every read is counted by its name, with how many items it gave. */
async function aLongBook() {
  const clock = new FixedClock();
  const store = createMemoryStore();
  const seen: { readonly read: string; readonly items: number }[] = [];
  const reads = new Proxy(store.reads, {
    get:
      (target, name: keyof LedgerReads) =>
      async (...terms: never[]) => {
        const found: unknown = await (target[name] as (...terms: never[]) => Promise<unknown>)(...terms);
        seen.push({ read: name, items: Array.isArray(found) ? found.length : 1 });
        return found;
      },
  });
  const watched: Store = { ...store, reads };
  const bank = new TestBank({ store: watched, clock, ids: idsOf(clock) });
  const alice = aCustomer();
  const accountId = await bank.account(alice);
  const openedAt = clock.now();
  for (let index = 0; index < LENGTH; index++) {
    clock.advance(MINUTE_MS);
    await bank.fund(accountId, 1n);
  }
  return { bank, alice, accountId, openedAt, seen };
}

let book: Awaited<ReturnType<typeof aLongBook>>;
beforeAll(async () => {
  book = await aLongBook();
  book.seen.length = 0;
});

async function reading<T>(read: () => Promise<T>) {
  book.seen.length = 0;
  const found = await read();
  return { found, seen: [...book.seen] };
}

describe('a balance at an instant', () => {
  it.each([1, 2, 17, 1_500, LENGTH - 1])('takes a few short reads, after entry %i of many', async (nth) => {
    const { bank, alice, accountId, openedAt } = book;
    const at = openedAt + nth * MINUTE_MS;
    const { found, seen } = await reading(() => bank.ledger.getBalance(alice, accountId, { at }));
    expect(found.balance).toBe(BigInt(nth));
    expect(seen.filter(({ read }) => read !== 'entriesAt')).toEqual([{ read: 'account', items: 1 }]);
    // 17 ^ 3 is above the length
    expect(seen.length).toBeLessThanOrEqual(1 + 3);
    expect(seen.every(({ items }) => items <= 16)).toBe(true);
  });
});

describe('a history', () => {
  it('with few matches reads a bounded number of entries for a page, and continues from its cursor', async () => {
    const { bank, alice, accountId } = book;
    const filter = { minAmount: 2n };
    const pages: number[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const { found, seen } = await reading(() =>
        bank.ledger.listEntries(alice, accountId, { ...filter, ...(cursor ? { cursor } : {}) }),
      );
      pages.push(found.items.length);
      expect(seen.reduce((sum, { items }) => sum + items, 0)).toBeLessThanOrEqual(1 + 1_000);
      ({ nextCursor: cursor } = found);
    }
    expect(pages).toEqual([0, 0, 0, 0]);
    const transfers = await bank.ledger.listTransfers(alice, filter);
    expect(transfers).toEqual({ items: [], nextCursor: expect.any(String) as string });
  });

  it('of a period reads little more than the entries in it', async () => {
    const { bank, alice, accountId, openedAt } = book;
    const span = { from: openedAt + 1_000 * MINUTE_MS, to: openedAt + 1_010 * MINUTE_MS };
    const entries = await reading(() => bank.ledger.listEntries(alice, accountId, span));
    expect(entries.found.items.map(({ sequence }) => sequence)).toEqual([
      1009, 1008, 1007, 1006, 1005, 1004, 1003, 1002, 1001, 1000,
    ]);
    expect(entries.seen.reduce((sum, { items }) => sum + items, 0)).toBeLessThanOrEqual(1 + 3 * 16 + 51);

    const transfers = await reading(() => bank.ledger.listTransfers(alice, span));
    expect(transfers.found).toEqual({ items: transfers.found.items, nextCursor: null });
    expect(transfers.found.items).toHaveLength(10);
    const search = transfers.seen.filter(({ read }) => read === 'entriesAt');
    expect(search.length).toBeLessThanOrEqual(3);
    expect(search.every(({ items }) => items <= 16)).toBe(true);
    expect(transfers.seen.filter((one) => !search.includes(one))).toEqual([
      { read: 'accountsOf', items: 1 },
      { read: 'unbookedOf', items: 0 },
      { read: 'linesOf', items: 52 },
    ]);
  });

  it('between two accounts reads only their common entries', async () => {
    const { bank, alice, accountId } = book;
    const { found, seen } = await reading(() =>
      bank.ledger.listEntries(alice, accountId, { counterparty: freshId() }),
    );
    expect(found).toEqual({ items: [], nextCursor: null });
    expect(seen.map(({ read }) => read)).toEqual(['account', 'linesBetween']);
  });

  it.each<[HistoryFilter, string, string]>([
    [{ from: 1.5 }, 'from', 'must be an instant, in milliseconds since 1970'],
    [{ to: Number.NaN }, 'to', 'must be an instant, in milliseconds since 1970'],
    [{ from: 2, to: 1 }, 'from', 'must not be after "to"'],
    [{ direction: 'in' as never }, 'direction', 'must be one of debit, credit'],
    [{ status: 'done' as never }, 'status', 'must be one of completed, pending, voided, expired, rejected'],
    [{ kind: 'gift' as never }, 'kind', 'must be one of transfer, initial_funds, withdrawal, reversal'],
    [{ counterparty: '' }, 'counterparty', 'must be 1 to 255 visible ASCII characters, and is empty'],
    [
      { minAmount: 0n },
      'minAmount',
      "must be an integer from 1 to 9007199254740991, in the currency's minor unit",
    ],
    [{ maxAmount: 5 as never }, 'maxAmount', "must be a bigint such as 10n, in the currency's minor unit"],
    [{ minAmount: 2n, maxAmount: 1n }, 'minAmount', 'must not be above "maxAmount"'],
    [
      { metadata: { 'a b': 'c' } },
      'metadata.a b',
      'must have a name of 1 to 40 characters: A to Z, a to z, 0 to 9, "_", "." and "-", a letter or digit first',
    ],
  ])('cannot be filtered by %o', async (filter, field, message) => {
    const { bank, alice, accountId } = book;
    const fault = new PassbookError('invalid_request', { errors: [{ field, message }] });
    await expect(bank.ledger.listEntries(alice, accountId, filter)).rejects.toEqual(fault);
    await expect(bank.ledger.listTransfers(alice, filter)).rejects.toEqual(fault);
  });

  it('of entries refuses the cursor of another list', async () => {
    const { bank, alice, accountId } = book;
    const { nextCursor } = await bank.ledger.listTransfers(alice, { limit: 1 });
    await expect(bank.ledger.listEntries(alice, accountId, { cursor: nextCursor! })).rejects.toEqual(
      new PassbookError('invalid_request', {
        errors: [{ field: 'cursor', message: 'is of another list or filter: leave it out to begin a list' }],
      }),
    );
  });
});

describe('a statement', () => {
  it('of a long period is read in parts, on demand', async () => {
    const { bank, alice, accountId } = book;
    const { found, seen } = await reading(() => bank.ledger.getStatement(alice, accountId));
    expect(found.closing).toBe(BigInt(LENGTH));
    expect(seen.every(({ read }) => read === 'account' || read === 'entriesAt')).toBe(true);

    const parts = await reading(async () => {
      const lengths: number[] = [];
      for await (const lines of found.lines()) {
        lengths.push(lines.length);
        expect(book.seen).toHaveLength(lengths.length);
      }
      return lengths;
    });
    expect(parts.found).toEqual(Array.from({ length: LENGTH / 100 }, () => 100));
  });
});

describe('the balances at several instants', () => {
  it('are those of each instant alone, and share their reads', async () => {
    const { bank, alice, accountId, openedAt } = book;
    const instants = Array.from(
      { length: 30 },
      (_, day) => openedAt - MINUTE_MS + day * 100 * MINUTE_MS + day,
    );
    const { found: balances, seen } = await reading(() =>
      balancesAt({ reads: bank.reads })(alice, accountId, instants),
    );
    const alone = await Promise.all(instants.map((at) => bank.ledger.getBalance(alice, accountId, { at })));
    expect(balances).toEqual(alone.map(({ balance }) => balance));
    expect(seen.length).toBeLessThanOrEqual(8);
  });

  it('are for their owner alone', async () => {
    const { bank, accountId } = book;
    const read = balancesAt({ reads: bank.reads })(aCustomer(), accountId, [bank.clock.now()]);
    await expect(read).rejects.toMatchObject({ code: 'account_not_found' });
  });
});
