import { describe, expect, it } from 'vitest';
import type { HistoryFilter, HistoryRequest } from '../../application/reporting/history-filter.ts';
import type { Page } from '../../application/page.ts';
import type { Viewer } from '../../domain/actor.ts';
import { currencyExponent } from '../../domain/money/money.ts';
import { HOUR_MS } from '../../domain/time.ts';
import type { Instant } from '../../domain/time.ts';
import type { Leg, Transfer } from '../../domain/entities/transfer.ts';
import { Random } from '../fixtures/random.ts';
import { AUDITOR, SYSTEM } from '../fixtures/bank.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Customer } from '../fixtures/builders.ts';
import { BusyBank, DAY_MS, naiveBalance, wholeBook, wholeHistory } from '../fixtures/busy-bank.ts';
import type { WholeLine } from '../fixtures/busy-bank.ts';
import type { Subject } from './subject.ts';

/** Number of random commands in each bank, and of random tries of each promise. */
export type HistorySize = { readonly steps: number; readonly rounds: number; readonly seed?: number };

export function describeHistory(
  subject: () => Pick<Subject, 'store' | 'clock'>,
  { steps, rounds, seed = 1 }: HistorySize,
): void {
  const busy = async (part: number) => {
    const { store, clock } = subject();
    const random = Random.ofPart(seed, part);
    const startedAt = clock.now();
    const one = new BusyBank({ store, clock, random });
    await one.open();
    await one.live(steps);
    const draw = new Draw(random, { from: startedAt - DAY_MS, to: clock.now() + DAY_MS });
    return { one, bank: one.bank, clock, random, draw };
  };

  describe('a history', () => {
    it("of an account's entries equals a filter over all of them, newest first", async () => {
      const { one, bank, clock, random, draw } = await busy(1);
      for (const { id, owner } of one.accounts) {
        const book = (await wholeBook(bank, id)).toReversed();
        for (let round = 0; round < rounds; round++) {
          const viewer = random.pick([owner, owner, SYSTEM, AUDITOR]);
          const filter = draw.filter(book.flatMap((line) => shownOf(line, viewer)));
          const found = await allOf(
            (page) => bank.ledger.listEntries(viewer, id, page),
            filter,
            draw.limit(),
          );
          const expected = book.filter((line) => isLeft(filter, factsOf(line, viewer, clock.now())));
          expect(found.map(({ sequence }) => sequence)).toEqual(expected.map(({ entry }) => entry.sequence));
        }
      }
    });

    it("of a user's transfers equals a filter over all of them, newest first", async () => {
      const { one, bank, clock, draw } = await busy(2);
      for (const viewer of one.customers) {
        const all = await wholeHistory(bank.reads, viewer.id);
        for (let round = 0; round < rounds; round++) {
          const filter = draw.filter(all.flatMap((transfer) => accountsShown(transfer, viewer)));
          const found = await allOf((page) => bank.ledger.listTransfers(viewer, page), filter, draw.limit());
          const expected = all.filter((transfer) =>
            isLeft(filter, transferFacts(transfer, viewer, clock.now())),
          );
          expect(found.map(({ transferId }) => transferId)).toEqual(expected.map(({ id }) => id));
        }
      }
    });

    it('neither misses nor repeats an item that precedes its first page, despite concurrent writes', async () => {
      const { one, bank, draw } = await busy(3);
      for (let round = 0; round < Math.ceil(rounds / 10); round++) {
        for (const { id, owner } of one.accounts) {
          const book = (await wholeBook(bank, id)).toReversed();
          const all = await wholeHistory(bank.reads, owner.id);
          // A transfer's status may change between pages, and with it the result of a filter by status
          const { status: _, ...filter } = draw.filter(book.flatMap((line) => shownOf(line, owner)));
          const entries = await allOf(
            (page) => bank.ledger.listEntries(owner, id, page),
            filter,
            3,
            () => one.step(),
          );
          expect(entries.map(({ sequence }) => sequence)).toEqual(
            book.filter((line) => isLeft(filter, factsOf(line, owner, 0))).map(({ entry }) => entry.sequence),
          );
          const transfers = await allOf(
            (page) => bank.ledger.listTransfers(owner, page),
            filter,
            3,
            () => one.step(),
          );
          const ids = transfers.map(({ transferId }) => transferId);
          expect(ids.filter((one) => all.some(({ id }) => id === one))).toEqual(
            all.filter((one) => isLeft(filter, transferFacts(one, owner, 0))).map((one) => one.id),
          );
          expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
        }
      }
    });

    it('shows only the parts of an entry that its viewer may know', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob);
      clock.advance(HOUR_MS);
      await bank.pay(alice, { from, to, amount: 30n, description: 'Rent' });
      const hold = await bank.hold(alice, { from, to, amount: 5n });
      await bank.capture(bob, hold, 2n);

      const [captured, held, paid, funded] = (await bank.ledger.listEntries(alice, from)).items;
      const entries = await bank.entriesOf(from);
      expect(paid).toStrictEqual({
        accountId: from,
        sequence: 2,
        transferId: entries[1]!.transferId,
        kind: 'transfer',
        step: 'completed',
        direction: 'debit',
        amount: 30n,
        balance: 70n,
        held: 0n,
        at: clock.now(),
        hash: entries[1]!.hash,
        counterparty: { name: null, account: to, more: 0 },
        description: 'Rent',
        reference: null,
      });
      expect(held).toMatchObject({ step: 'held', amount: 5n, balance: 70n, held: 5n });
      expect(captured).toMatchObject({ step: 'captured', amount: 2n, balance: 68n, held: 0n });
      expect(funded).toMatchObject({ kind: 'initial_funds', counterparty: null });

      const payees = { counterparty: { name: 'Alice', account: from.slice(-4), more: 0 } };
      expect((await bank.ledger.listEntries(bob, to)).items.at(-1)).toMatchObject(payees);
      const whole = { counterparty: { name: 'Alice', account: from, more: 0 } };
      for (const viewer of [SYSTEM, AUDITOR]) {
        expect((await bank.ledger.listEntries(viewer, to)).items.at(-1)).toMatchObject(whole);
      }
    });

    it("does not reveal hidden facts through its filters: the payer's account and another's metadata", async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob);
      await bank.pay(alice, { from, to, amount: 30n, metadata: { order: '42' } });

      const count = async (viewer: Customer, account: string, filter: HistoryFilter) => [
        (await bank.ledger.listEntries(viewer, account, filter)).items.length,
        (await bank.ledger.listTransfers(viewer, filter)).items.length,
      ];
      expect(await count(alice, from, { metadata: { order: '42' } })).toEqual([1, 1]);
      expect(await count(bob, to, { metadata: { order: '42' } })).toEqual([0, 0]);
      expect(await count(alice, from, { counterparty: to })).toEqual([1, 1]);
      expect(await count(bob, to, { counterparty: from })).toEqual([0, 0]);
      expect(await count(bob, to, { counterparty: from.slice(-4) })).toEqual([1, 1]);
    });

    it('by counterparty finds entries that are far apart in a long book', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const [alice, bob, carol] = [aCustomer('Alice'), aCustomer('Bob'), aCustomer('Carol')];
      const from = await bank.account(alice, { funds: 1000n });
      const [his, hers] = [await bank.account(bob), await bank.account(carol)];
      const split = [
        { accountId: from, direction: 'debit', amount: 2n },
        { accountId: his, direction: 'credit', amount: 1n },
        { accountId: hers, direction: 'credit', amount: 1n },
      ] as const;
      for (let number = 1; number <= 300; number++) {
        if (number % 97 === 0) {
          await bank.ledger.transferFunds(alice, { legs: split, idempotencyKey: freshId() });
        } else await bank.pay(alice, { from, to: number % 140 === 1 ? hers : his, amount: 1n });
      }

      const found = async (counterparty: string, limit: number) =>
        (await allOf((page) => bank.ledger.listEntries(alice, from, page), { counterparty }, limit)).map(
          ({ sequence }) => sequence,
        );
      // Entry 1 is the initial funds
      for (const limit of [1, 3, 50]) {
        expect(await found(hers, limit)).toEqual([292, 282, 195, 142, 98, 2]);
      }
      expect(await found(his, 50)).toHaveLength(297);
      expect(await found(freshId(), 50)).toEqual([]);
    });

    it("of another's account answers as if the account did not exist", async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const accountId = await bank.account(aCustomer('Alice'));
      const eve = aCustomer('Eve');
      for (const id of [accountId, freshId()]) {
        for (const read of [
          () => bank.ledger.listEntries(eve, id),
          () => bank.ledger.listEntries(eve, id, { limit: 0 }),
          () => bank.ledger.getStatement(eve, id),
          () => bank.ledger.getBalance(eve, id, { at: clock.now() + 1 }),
        ]) {
          await expect(read()).rejects.toMatchObject({ code: 'account_not_found' });
        }
      }
    });
  });

  describe('a balance at an instant', () => {
    it('equals the sum of the whole book without expired holds, even if the expiry is not written yet', async () => {
      const { one, bank, clock, random, draw } = await busy(4);
      for (const { id, owner } of one.accounts) {
        const book = await wholeBook(bank, id);
        const instants = book.flatMap(({ entry, transfer }) => [entry.at, transfer.expiresAt ?? entry.at]);
        for (let round = 0; round < rounds; round++) {
          const near = random.pick(instants) + random.integer(-1, 1);
          const at = Math.min(clock.now(), random.chance(0.7) ? near : draw.instant());
          const { balance, held, available } = await bank.ledger.getBalance(owner, id, { at });
          expect({ at, balance, held, available }).toEqual(naive(book, at));
        }
      }
    });

    it('excludes a hold from its expiry on, before and after the sweep, even with entries in between', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob);
      await bank.hold(alice, { from, to, amount: 30n, expiresInSeconds: 60 });
      const longer = await bank.hold(alice, { from, to, amount: 5n });
      const expiresAt = clock.now() + 60_000;
      clock.advance(DAY_MS);
      const held = async () =>
        Promise.all(
          [expiresAt - 1, expiresAt, clock.now()].map(
            async (at) => (await bank.ledger.getBalance(alice, from, { at })).held,
          ),
        );
      const { held: stated } = await bank.ledger.getStatement(alice, from, { to: expiresAt + 1 });
      expect([...(await held()), stated]).toEqual([35n, 5n, 5n, 5n]);

      // Ending another hold does not expire this one, and writes an entry in between
      await bank.void(bob, longer);
      const steps = (await bank.entriesOf(from)).map(({ step }) => step);
      expect(steps).toEqual(['completed', 'held', 'held', 'voided']);
      expect(await held()).toEqual([35n, 5n, 0n]);
      await bank.sweep();
      clock.advance(1);
      expect(await held()).toEqual([35n, 5n, 0n]);
      await bank.pay(alice, { from, to, amount: 1n });
      expect(await held()).toEqual([35n, 5n, 0n]);
    });

    it('does not change once it is final', async () => {
      const { one, bank, clock, draw } = await busy(5);
      const { id, owner } = one.accounts[0]!;
      const instants = Array.from({ length: rounds }, () => Math.min(draw.instant(), clock.now() - 11_000));
      const read = () => Promise.all(instants.map((at) => bank.ledger.getBalance(owner, id, { at })));
      const before = await read();
      expect(before.every(({ final }) => final)).toBe(true);
      await one.live(steps);
      await bank.sweep();
      expect(await read()).toStrictEqual(before);
    });

    it('is final once no pending commit can reach it; a future instant is refused', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const alice = aCustomer();
      const accountId = await bank.account(alice, { funds: 100n });
      const fundedAt = clock.now();
      clock.advance(DAY_MS);
      const read = (at: Instant) => bank.ledger.getBalance(alice, accountId, { at });
      const currency = { currency: 'EUR', exponent: currencyExponent('EUR') };
      const full = { accountId, ...currency, balance: 100n, held: 0n, available: 100n };

      expect(await read(clock.now() - 11_000)).toStrictEqual({
        ...full,
        at: clock.now() - 11_000,
        final: true,
      });
      expect(await read(clock.now() - 10_999)).toMatchObject({ final: false });
      expect(await read(clock.now())).toStrictEqual({ ...full, at: clock.now(), final: false });
      expect(await read(fundedAt)).toMatchObject({ balance: 100n, final: true });
      expect(await read(fundedAt - 1)).toMatchObject({ balance: 0n, final: true });
      for (const at of [clock.now() + 1, Number.NaN, 0.5, 'now' as never]) {
        await expect(read(at)).rejects.toMatchObject({ code: 'invalid_request' });
      }
    });
  });
}

function naive(book: readonly WholeLine[], at: Instant) {
  const { balance, held } = naiveBalance(book, at);
  return { at, balance, held, available: balance - held };
}

class Draw {
  readonly #random: Random;
  readonly #from: Instant;
  readonly #to: Instant;

  constructor(random: Random, { from, to }: { from: Instant; to: Instant }) {
    this.#random = random;
    this.#from = from;
    this.#to = to;
  }

  instant(): Instant {
    return this.#random.integer(this.#from, this.#to);
  }

  limit(): number {
    return this.#random.pick([1, 2, 3, 7, 50, 200]);
  }

  /** Draws a filter, in which each condition has a chance of one in four. */
  filter(counterparties: readonly string[]): HistoryFilter {
    const random = this.#random;
    const [from, to] = [this.instant(), this.instant()].toSorted((a, b) => a - b);
    const [least, most] = [random.integer(1, 60), random.integer(1, 60)].toSorted((a, b) => a - b);
    const some = <T>(value: T): Partial<T> => (random.chance(0.25) ? value : {});
    return {
      ...some({ from: from! }),
      ...some({ to: to! }),
      ...some({ direction: random.pick(['debit', 'credit'] as const) }),
      ...some({ counterparty: random.pick([...counterparties, freshId()]) }),
      ...some({ minAmount: BigInt(least!) }),
      ...some({ maxAmount: BigInt(most!) }),
      ...some({ status: random.pick(['completed', 'pending', 'voided', 'expired'] as const) }),
      ...some({ kind: random.pick(['transfer', 'reversal', 'initial_funds', 'withdrawal'] as const) }),
      ...some({ metadata: { tag: random.pick(['red', 'blue']) } }),
    };
  }
}

/** Reads all pages of a list, and runs `meanwhile` between them. */
async function allOf<T>(
  list: (page: HistoryRequest) => Promise<Page<T>>,
  filter: HistoryFilter,
  limit: number,
  meanwhile: () => Promise<void> = async () => {},
): Promise<readonly T[]> {
  const items: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page<T> = await list({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor !== null) await meanwhile();
  }
  return items;
}

type Facts = {
  readonly at: Instant;
  readonly amount: bigint;
  readonly sides: readonly string[];
  readonly shown: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly status: string;
};

function isLeft(filter: HistoryFilter, facts: Facts): boolean {
  if (filter.from !== undefined && facts.at < filter.from) return false;
  if (filter.to !== undefined && facts.at >= filter.to) return false;
  if (filter.direction !== undefined && !facts.sides.includes(filter.direction)) return false;
  if (filter.counterparty !== undefined && !facts.shown.includes(filter.counterparty)) return false;
  if (filter.minAmount !== undefined && facts.amount < filter.minAmount) return false;
  if (filter.maxAmount !== undefined && facts.amount > filter.maxAmount) return false;
  if (filter.status !== undefined && facts.status !== filter.status) return false;
  if (filter.kind !== undefined && facts.kind !== filter.kind) return false;
  return Object.entries(filter.metadata ?? {}).every(([name, text]) => facts.metadata[name] === text);
}

function factsOf(line: WholeLine, viewer: Viewer, now: Instant): Facts {
  const { entry, transfer } = line;
  return {
    at: entry.at,
    amount: ['completed', 'captured'].includes(entry.step) ? entry.posted : entry.pending,
    sides: [entry.direction],
    shown: shownOf(line, viewer),
    ...sharedFacts(transfer, viewer, now),
  };
}

function transferFacts(transfer: Transfer, viewer: Customer, now: Instant): Facts {
  const seen = transfer.legs.filter((leg) => sees(viewer, transfer, leg));
  const paid = seen.filter(({ direction }) => direction === 'debit');
  return {
    at: transfer.createdAt,
    amount: (paid.length > 0 ? paid : seen).reduce((sum, { amount }) => sum + amount, 0n),
    sides: transfer.legs.filter(({ ownerId }) => ownerId === viewer.id).map(({ direction }) => direction),
    shown: accountsShown(transfer, viewer),
    ...sharedFacts(transfer, viewer, now),
  };
}

function sharedFacts(transfer: Transfer, viewer: Viewer, now: Instant) {
  const isOver = transfer.status === 'pending' && Number(transfer.expiresAt) <= now;
  const isOwn = viewer.kind === 'system' || transfer.initiator.id === viewer.id;
  return {
    metadata: (isOwn && transfer.metadata) || {},
    kind: transfer.kind,
    status: isOver ? 'expired' : transfer.status,
  };
}

/** Whether the viewer sees the whole account of a leg: their own, or one that they typed. */
function sees(viewer: Viewer, { kind, initiator }: Transfer, leg: Leg): boolean {
  if (viewer.kind !== 'user' || leg.ownerId === viewer.id) return true;
  return kind !== 'reversal' && initiator.id === viewer.id;
}

function shownOf({ entry, transfer }: WholeLine, viewer: Viewer): readonly string[] {
  const others = transfer.legs.filter(({ direction }) => direction !== entry.direction);
  const seen = others.filter((leg) => sees(viewer, transfer, leg));
  if (seen.length > 0) return seen.map(({ accountId }) => accountId);
  return others[0]!.ownerId === null ? [] : [others[0]!.accountId.slice(-4)];
}

/** Accounts that the viewer sees, and the last four characters of one on a side where they see none. */
function accountsShown(transfer: Transfer, viewer: Viewer): readonly string[] {
  const seen = transfer.legs.filter((leg) => sees(viewer, transfer, leg));
  const hidden = (['debit', 'credit'] as const)
    .filter((side) => !seen.some(({ direction }) => direction === side))
    .flatMap((side) => transfer.legs.find(({ direction }) => direction === side) ?? [])
    .filter(({ ownerId }) => ownerId !== null);
  return [...seen.map(({ accountId }) => accountId), ...hidden.map(({ accountId }) => accountId.slice(-4))];
}
