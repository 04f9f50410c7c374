import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import type { LedgerReads, Store } from '../../../src/application/ports/ledger-store.ts';
import { isNewer, positionOf } from '../../../src/application/ports/transfer-position.ts';
import type { TransferPosition } from '../../../src/application/ports/transfer-position.ts';
import { userTransfers } from '../../../src/application/transfers/user-transfers.ts';
import type { Transfer } from '../../../src/domain/entities/transfer.ts';
import { Random } from '../../../src/testing/fixtures/random.ts';
import { TestBank } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import type { Customer } from '../../../src/testing/fixtures/builders.ts';

describe("a user's transfers", () => {
  const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
  let clock: FixedClock;
  let store: Store;
  let bank: TestBank;
  let reads: LedgerReads;
  /** The accounts whose books were read, and how many entries of each at once. */
  let seen: { accountId: string; limit: number }[];

  beforeEach(() => {
    clock = new FixedClock();
    store = createMemoryStore();
    bank = new TestBank({ store, clock });
    seen = [];
    reads = {
      ...store.reads,
      linesOf(accountId, page) {
        seen.push({ accountId, limit: page.limit });
        return store.reads.linesOf(accountId, page);
      },
      entriesAt(accountId, sequences) {
        seen.push({ accountId, limit: sequences.length });
        return store.reads.entriesAt(accountId, sequences);
      },
    };
  });

  /** Those of the whole ledger, by what the domain says of each. */
  async function expected(userId: string): Promise<readonly Transfer[]> {
    const all = await store.scan.transfersPage({ after: null, limit: 10_000 });
    return all
      .map(({ transfer }) => transfer)
      .filter(({ parties }) => parties.includes(userId))
      .sort((a, b) => (isNewer(positionOf(a), positionOf(b)) ? -1 : 1));
  }

  async function inPages(userId: string, limit: number): Promise<readonly Transfer[]> {
    const found: Transfer[] = [];
    for (let before: TransferPosition | null = null; ; ) {
      const page: readonly Transfer[] = await userTransfers(reads, userId, { before, limit });
      expect(page.length).toBeLessThanOrEqual(limit);
      found.push(...page);
      const last = page.at(-1);
      if (!last || page.length < limit) return found;
      before = positionOf(last);
    }
  }

  it('are in order and each appears once, from any number of books, even with several at one instant', async () => {
    const random = new Random(7);
    const accounts: { id: string; owner: Customer }[] = [];
    for (const owner of [alice, alice, alice, bob, bob]) {
      accounts.push({ id: await bank.account(owner, { funds: 40n }), owner });
    }
    const holds: { id: string; payee: Customer }[] = [];
    for (let step = 0; step < 120; step++) {
      if (random.chance(0.3)) clock.advance(random.integer(1, 3));
      const [from, to] = [random.pick(accounts), random.pick(accounts)];
      if (from.id === to.id) continue;
      const terms = { from: from.id, to: to.id, amount: BigInt(random.integer(1, 25)) };
      if (random.chance(0.4) && terms.amount < 5n) {
        const hold = await bank.hold(from.owner, terms).catch(() => undefined);
        if (hold !== undefined) holds.push({ id: hold, payee: to.owner });
      } else await bank.pay(from.owner, terms);
      const due = random.chance(0.2) ? holds.pop() : undefined;
      if (due) await bank.capture(due.payee, due.id);
    }
    for (const { id } of [alice, bob]) {
      const all = await expected(id);
      expect(all.length).toBeGreaterThan(50);
      for (const limit of [1, 2, 7, 50, 1000]) expect(await inPages(id, limit)).toStrictEqual(all);
      for (const place of [...all.map(positionOf), { at: clock.now() + 1, id: '' }, { at: 0, id: '~' }]) {
        const behind = all.filter((transfer) => isNewer(place, positionOf(transfer)));
        expect(await userTransfers(reads, id, { before: place, limit: 9 })).toStrictEqual(behind.slice(0, 9));
      }
    }
  });

  it('are read from the books that have them, a few from each of many books', async () => {
    const [busy, ...quiet] = await Promise.all(Array.from({ length: 40 }, () => bank.account(alice)));
    for (const accountId of quiet) await bank.fund(accountId, 1n);
    clock.advance(1);
    for (let count = 0; count < 30; count++) await bank.fund(busy!, 1n);

    expect(await userTransfers(reads, alice.id, { before: null, limit: 20 })).toHaveLength(20);
    // The first look is at eight lists, one of them of what is in no book
    expect(new Set(seen.map(({ accountId }) => accountId)).size).toBe(7);
    expect(Math.max(...seen.map(({ limit }) => limit))).toBe(8);

    seen.length = 0;
    expect(await userTransfers(reads, alice.id, { before: null, limit: 31 })).toHaveLength(31);
    expect(new Set(seen.map(({ accountId }) => accountId)).size).toBe(40);
  });

  it('are not read from accounts that were opened after the cursor', async () => {
    const first = await bank.account(alice);
    await bank.fund(first, 1n);
    const [funded] = await userTransfers(reads, alice.id, { before: null, limit: 1 });
    clock.advance(1);
    const second = await bank.account(alice, { funds: 1n });
    await userTransfers(reads, alice.id, { before: { ...positionOf(funded!), id: '~' }, limit: 5 });
    expect(seen.map(({ accountId }) => accountId)).not.toContain(second);
  });
});
