import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/index.ts';
import type { LedgerScan } from '../../../src/application/ports/ledger-store.ts';
import { systemAccountId } from '../../../src/domain/entities/account.ts';
import { HOUR_MS } from '../../../src/domain/time.ts';
import { Random } from '../../../src/testing/fixtures/random.ts';
import { TestBank, SYSTEM } from '../../../src/testing/fixtures/bank.ts';
import { aCustomer, FixedClock } from '../../../src/testing/fixtures/builders.ts';
import { BusyBank } from '../../../src/testing/fixtures/busy-bank.ts';

async function aBusyBank() {
  const clock = new FixedClock();
  const store = createMemoryStore();
  const random = new Random(7);
  const busy = new BusyBank({ store, clock, random });
  const openedAt = clock.now();
  await busy.open();
  await busy.live(150);
  return { busy, bank: busy.bank, store, clock, random, openedAt };
}

describe('the trial balance', () => {
  it('has every system account and the sum of the customers, by currency, with equal debits and credits', async () => {
    const clock = new FixedClock();
    const bank = new TestBank({ store: createMemoryStore(), clock });
    const alice = aCustomer();
    const from = await bank.account(alice, { funds: 100n });
    const to = await bank.account(alice);
    await bank.account(alice, { funds: 7n, currency: 'USD' });
    await bank.pay(alice, { from, to, amount: 30n });
    await bank.hold(alice, { from, to, amount: 1n });

    const funding = (currency: string, debits: bigint) => ({
      accountId: systemAccountId('funding', currency),
      purpose: 'funding',
      accounts: 1,
      debits,
      credits: 0n,
    });
    const customers = { accountId: null, purpose: null };
    expect(await bank.ledger.getTrialBalance(SYSTEM)).toStrictEqual({
      at: clock.now(),
      final: false,
      currencies: [
        {
          currency: 'EUR',
          exponent: 2,
          rows: [funding('EUR', 100n), { ...customers, accounts: 2, debits: 30n, credits: 130n }],
          debits: 130n,
          credits: 130n,
          isBalanced: true,
        },
        {
          currency: 'USD',
          exponent: 2,
          rows: [funding('USD', 7n), { ...customers, accounts: 1, debits: 0n, credits: 7n }],
          debits: 7n,
          credits: 7n,
          isBalanced: true,
        },
      ],
    });
  });

  it('of a bank without accounts is empty', async () => {
    const bank = new TestBank({ store: createMemoryStore(), clock: new FixedClock() });
    expect(await bank.ledger.getTrialBalance(SYSTEM)).toMatchObject({ currencies: [] });
    expect(await bank.ledger.getTrialBalance(SYSTEM, { at: 0 })).toEqual({
      at: 0,
      final: true,
      currencies: [],
    });
  });

  it('reports unbalanced books', async () => {
    const bank = new TestBank({ store: createMemoryStore(), clock: new FixedClock() });
    const accountId = await bank.account(aCustomer(), { funds: 5n });
    const { counters } = (await bank.reads.account(accountId))!;
    await bank.alter(accountId, { counters: { ...counters, creditsPosted: 6n } });
    const { currencies } = await bank.ledger.getTrialBalance(SYSTEM);
    expect(currencies).toMatchObject([{ debits: 5n, credits: 6n, isBalanced: false }]);
  });

  it('at an instant is the sum of every book up to it, and does not change once it is final', async () => {
    const { busy, bank, clock, random, openedAt } = await aBusyBank();
    const instants = Array.from({ length: 25 }, () =>
      random.integer(openedAt - HOUR_MS, clock.now() - 11_000),
    );
    const read = () => Promise.all(instants.map((at) => bank.ledger.getTrialBalance(SYSTEM, { at })));
    const before = await read();
    for (const { at, final, currencies } of before) {
      expect(final).toBe(true);
      expect(currencies.every(({ isBalanced }) => isBalanced)).toBe(true);
      let [debits, credits] = [0n, 0n];
      for (const { id } of busy.accounts) {
        for (const entry of await bank.entriesOf(id)) {
          if (entry.at <= at && entry.direction === 'debit') debits += entry.posted;
          if (entry.at <= at && entry.direction === 'credit') credits += entry.posted;
        }
      }
      const customers = currencies[0]?.rows.find(({ accountId }) => accountId === null);
      const opened = busy.accounts.filter(() => at >= openedAt).length;
      expect(customers ?? { accounts: 0, debits: 0n, credits: 0n }).toMatchObject({
        accounts: opened,
        debits,
        credits,
      });
    }
    await busy.live(50);
    expect(await read()).toStrictEqual(before);
  });

  it('at the current instant is balanced despite commits between its reads', async () => {
    const { store, clock } = await aBusyBank();
    let pay: (() => Promise<unknown>) | undefined;
    const scan: LedgerScan = {
      ...store.scan,
      accountsPage: async (page) => {
        const found = await store.scan.accountsPage(page);
        await pay?.();
        return found;
      },
    };
    const bank = new TestBank({ store: { ...store, scan }, clock });
    const accountId = await bank.account(aCustomer());
    let left = 2;
    pay = async () => (left-- > 0 ? bank.fund(accountId, 1n) : undefined);
    const { final, currencies } = await bank.ledger.getTrialBalance(SYSTEM, { at: clock.now() });
    expect({ final, balanced: currencies.map(({ isBalanced }) => isBalanced) }).toEqual({
      final: false,
      balanced: [true],
    });

    pay = () => bank.fund(accountId, 1n);
    await expect(bank.ledger.getTrialBalance(SYSTEM, { at: clock.now() })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('of a future instant is refused', async () => {
    const { bank, clock } = await aBusyBank();
    await expect(bank.ledger.getTrialBalance(SYSTEM, { at: clock.now() + 1 })).rejects.toMatchObject({
      code: 'invalid_request',
      facts: { errors: [{ field: 'at', message: 'must not be in the future' }] },
    });
  });
});
