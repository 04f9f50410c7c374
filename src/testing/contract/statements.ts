import { describe, expect, it } from 'vitest';
import type { Page } from '../../application/page.ts';
import type { StatementRequest } from '../../application/reporting/get-statement.ts';
import type { MonthlyStatement } from '../../application/reporting/list-statements.ts';
import type { Viewer } from '../../domain/actor.ts';
import { HOUR_MS } from '../../domain/time.ts';
import type { Instant } from '../../domain/time.ts';
import { Random } from '../fixtures/random.ts';
import type { TestBank } from '../fixtures/bank.ts';
import { SYSTEM } from '../fixtures/bank.ts';
import { aCustomer } from '../fixtures/builders.ts';
import { BusyBank, DAY_MS, naiveBalance, wholeBook } from '../fixtures/busy-bank.ts';
import type { WholeLine } from '../fixtures/busy-bank.ts';
import type { Subject } from './subject.ts';

export function describeStatements(
  subject: () => Pick<Subject, 'store' | 'clock'>,
  { steps = 40, rounds = 5, seed = 1 }: { steps?: number; rounds?: number; seed?: number } = {},
): void {
  const busy = async (part: number) => {
    const { store, clock } = subject();
    const random = Random.ofPart(seed, 100 + part);
    const from = clock.now();
    const one = new BusyBank({ store, clock, random });
    await one.open();
    await one.live(steps);
    const draw = () => random.integer(from - HOUR_MS, clock.now() - HOUR_MS);
    return { one, bank: one.bank, clock, random, draw };
  };

  describe('a statement', () => {
    it('shows the effect of a period on an account, with counterparties, descriptions and pending holds', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob, { funds: 50n });
      clock.advance(HOUR_MS);
      const startsAt = clock.now();
      await bank.pay(alice, { from, to, amount: 30n, description: 'Rent' });
      await bank.pay(bob, { from: to, to: from, amount: 7n });
      const hold = await bank.hold(alice, { from, to, amount: 20n, description: 'Room' });
      const placedAt = clock.now();
      await bank.hold(alice, { from, to, amount: 3n, expiresInSeconds: 60 });
      clock.advance(HOUR_MS);
      const endsAt = clock.now();
      clock.advance(DAY_MS);
      await bank.capture(bob, hold, 15n);

      const entries = await bank.entriesOf(from);
      const period = { from: startsAt, to: endsAt };
      expect(await whole(bank, alice, from, period)).toStrictEqual({
        accountId: from,
        accountNumber: (await bank.reads.account(from))!.number,
        accountName: null,
        ownerId: alice.id,
        currency: 'EUR',
        exponent: 2,
        readAt: clock.now(),
        entryCount: 4,
        ...period,
        final: true,
        opening: 100n,
        totalIn: 7n,
        totalOut: 30n,
        closing: 77n,
        held: 20n,
        available: 57n,
        holds: [
          {
            transferId: hold,
            amount: 20n,
            counterparty: { name: null, account: to, more: 0 },
            description: 'Room',
            reference: null,
            placedAt,
            expiresAt: placedAt + 7 * DAY_MS,
          },
        ],
        lines: [
          {
            sequence: 2,
            transferId: entries[1]!.transferId,
            kind: 'transfer',
            at: startsAt,
            counterparty: { name: null, account: to, more: 0 },
            description: 'Rent',
            reference: null,
            flow: 'out',
            amount: 30n,
            balance: 70n,
          },
          {
            sequence: 3,
            transferId: entries[2]!.transferId,
            kind: 'transfer',
            at: startsAt,
            counterparty: { name: 'Bob', account: to.slice(-4), more: 0 },
            description: null,
            reference: null,
            flow: 'in',
            amount: 7n,
            balance: 77n,
          },
        ],
      });
    });

    it('adds up, covers the whole book of its period, and opens at the closing balance of the previous one', async () => {
      const { one, bank, clock, draw } = await busy(1);
      for (const { id, owner } of one.accounts) {
        const book = await wholeBook(bank, id);
        for (let round = 0; round < rounds; round++) {
          const [first, second] = [draw(), draw()].toSorted((a, b) => a - b) as [Instant, Instant];
          const bounds = [undefined, first, second, undefined] as const;
          let opens = 0n;
          for (const [index, to] of bounds.slice(1).entries()) {
            const from = bounds[index];
            const period = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
            const statement = await whole(bank, owner, id, period);
            expectNaive(statement, book, { from: from ?? 0, to: to ?? clock.now() + 1 });
            expect(statement.opening).toBe(opens);
            opens = statement.closing;
          }
        }
      }
    });

    it('does not change once it is final, even if its holds and transfers do', async () => {
      const { one, bank, clock, draw } = await busy(2);
      clock.advance(11_000);
      const periods = [
        { to: clock.now() - 10_999 },
        { from: draw(), to: clock.now() - 10_999 },
        { to: draw() },
      ];
      const read = () =>
        Promise.all(
          one.accounts.flatMap(({ id, owner }) => periods.map((period) => whole(bank, owner, id, period))),
        );
      const before = await read();
      expect(before.filter(({ final }) => !final)).toEqual([]);

      await one.live(steps);
      for (const { id, owner } of one.accounts) {
        await bank.ledger.renameAccount(owner, { accountId: id, name: 'Another' });
      }
      await bank.sweep();
      const readAt = clock.now();
      const renamed = before.map((statement) => ({ ...statement, readAt, accountName: 'Another' }));
      expect(await read()).toStrictEqual(renamed);
    });

    it('is empty before the opening, for an account without entries, and for an empty period', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const alice = aCustomer('Alice');
      const empty = await bank.account(alice);
      const funded = await bank.account(alice, { funds: 5n });
      const nothing = { opening: 0n, totalIn: 0n, totalOut: 0n, closing: 0n, holds: [], lines: [] };
      const now = clock.now();
      expect(await whole(bank, alice, empty)).toMatchObject({
        ...nothing,
        from: now,
        to: now + 1,
        final: false,
      });
      const before = { from: now - DAY_MS, to: now - HOUR_MS };
      expect(await whole(bank, alice, funded, before)).toMatchObject({ ...nothing, ...before, final: true });
      clock.advance(1);
      const none = { from: clock.now(), to: clock.now() };
      expect(await whole(bank, alice, funded, none)).toMatchObject({ ...nothing, opening: 5n, closing: 5n });
    });

    it('of an unfinished period ends now, and is not final', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
      const from = await bank.account(alice, { funds: 100n });
      const to = await bank.account(bob);
      const hold = await bank.hold(alice, { from, to, amount: 30n, expiresInSeconds: 60 });
      const period = { from: clock.now() - DAY_MS, to: clock.now() + DAY_MS };

      const statement = await whole(bank, alice, from, period);
      expect(statement).toMatchObject({ ...period, final: false, closing: 100n, held: 30n, available: 70n });
      expect(statement.holds).toMatchObject([{ transferId: hold }]);
      expect(statement.lines).toHaveLength(1);

      clock.advance(2 * DAY_MS);
      expect(await whole(bank, alice, from, period)).toMatchObject({ final: true, held: 0n, holds: [] });
    });

    it("of the bank's own account counts debits as money in", async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const transferId = await bank.fund(await bank.account(aCustomer()), 5n);
      const funding = (await bank.reads.transfer(transferId))!.source.accountId;
      const { lines, ...totals } = await whole(bank, SYSTEM, funding);
      expect(lines.at(-1)).toMatchObject({ transferId, flow: 'in', amount: 5n, balance: totals.closing });
      expect(totals.opening + totals.totalIn - totals.totalOut).toBe(totals.closing);
    });

    it.each([
      [{ from: 2, to: 1 }, 'from', 'must not be after "to"'],
      [{ from: Number.NaN }, 'from', 'must be an instant, in milliseconds since 1970'],
      [{ from: 0, to: 1.5 }, 'to', 'must be an instant, in milliseconds since 1970'],
      [{ from: Date.UTC(9999, 1) }, 'from', 'must not be in the future'],
      [{ from: Date.UTC(9999, 1), to: Date.UTC(9999, 2) }, 'from', 'must not be in the future'],
      [{ to: Number.MAX_SAFE_INTEGER }, 'to', 'must be an instant, in milliseconds since 1970'],
    ])('is refused for the period %j', async (period, field, message) => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const alice = aCustomer('Alice');
      const accountId = await bank.account(alice);
      await expect(bank.ledger.getStatement(alice, accountId, period)).rejects.toMatchObject({
        code: 'invalid_request',
        facts: { errors: [{ field, message }] },
      });
    });
  });

  describe('the monthly statements of an account', () => {
    it.each(['UTC', 'Pacific/Auckland', 'America/Los_Angeles'])(
      'in %s are its whole months, newest first, with the balances of their statements',
      async (timeZone) => {
        const { store, clock } = subject();
        const { bank } = new BusyBank({ store, clock, random: new Random(1) });
        const [alice, bob] = [aCustomer('Alice'), aCustomer('Bob')];
        const from = await bank.account(alice, { funds: 1_000n });
        const to = await bank.account(bob);
        const start = clock.now();
        for (let day = 0; day < 130; day += 3) {
          await bank.pay(alice, { from, to, amount: 1n });
          clock.advance(3 * DAY_MS);
        }
        const found = await months(bank, alice, from, timeZone);
        expect(found.length).toBeGreaterThanOrEqual(4);
        expect(found.map(({ number }) => number)).toEqual(
          found
            .map(({ number }) => number)
            .toSorted()
            .toReversed(),
        );
        for (const [index, month] of found.entries()) {
          const { from: first, to: next } = month;
          const { opening, closing } = await bank.ledger.getStatement(alice, from, { from: first, to: next });
          expect(month).toMatchObject({ accountId: from, timeZone, opening, closing, final: true });
          expect(next).toBe(found[index - 1]?.from ?? next);
        }
        expect(found.at(-1)?.from).toBeLessThanOrEqual(start);
        expect(found[0]?.to).toBeLessThanOrEqual(clock.now());
        expect(found[0]?.opening).toBeGreaterThan(found[0]?.closing ?? 0n);
      },
    );

    it('are none before the first month has ended', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const alice = aCustomer('Alice');
      const accountId = await bank.account(alice);
      expect(await bank.ledger.listStatements(alice, accountId)).toEqual({ items: [], nextCursor: null });
    });

    it('are for those who may see the account, and a cursor for one zone', async () => {
      const { store, clock } = subject();
      const { bank } = new BusyBank({ store, clock, random: new Random(1) });
      const alice = aCustomer('Alice');
      const accountId = await bank.account(alice);
      clock.advance(100 * DAY_MS);
      await expect(bank.ledger.listStatements(aCustomer('Eve'), accountId)).rejects.toMatchObject({
        code: 'account_not_found',
      });
      const { nextCursor } = await bank.ledger.listStatements(alice, accountId, { limit: 1 });
      const cursor = nextCursor ?? '';
      const other = { limit: 1, cursor, timeZone: 'Asia/Tokyo' };
      await expect(bank.ledger.listStatements(alice, accountId, other)).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });
  });
}

/** The months of an account one by one, as pages of two. */
async function months(bank: TestBank, viewer: Viewer, accountId: string, timeZone: string) {
  const found: MonthlyStatement[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const request = { timeZone, limit: 2, ...(cursor === undefined ? {} : { cursor }) };
    const page: Page<MonthlyStatement> = await bank.ledger.listStatements(viewer, accountId, request);
    expect(page.items.length).toBeLessThanOrEqual(2);
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return found;
}

async function whole(bank: TestBank, viewer: Viewer, accountId: string, request: StatementRequest = {}) {
  const statement = await bank.ledger.getStatement(viewer, accountId, request);
  const lines = [];
  for await (const some of statement.lines()) lines.push(...some);
  return { ...statement, lines };
}

function expectNaive(
  statement: Awaited<ReturnType<typeof whole>>,
  book: readonly WholeLine[],
  { from, to }: { from: Instant; to: Instant },
): void {
  const opened = naiveBalance(book, from - 1);
  const closed = naiveBalance(book, to - 1);
  const posted = book.filter(({ entry }) => entry.posted > 0n && entry.at >= from && entry.at < to);
  const sum = (direction: string) =>
    posted.reduce((sum, { entry }) => (entry.direction === direction ? sum + entry.posted : sum), 0n);
  expect(statement).toMatchObject({
    opening: opened.balance,
    totalIn: sum('credit'),
    totalOut: sum('debit'),
    closing: closed.balance,
    held: closed.held,
    available: closed.balance - closed.held,
  });
  expect(statement.opening + statement.totalIn - statement.totalOut).toBe(statement.closing);
  expect(statement.holds.reduce((sum, { amount }) => sum + amount, 0n)).toBe(closed.held);
  expect(statement.lines.map(({ sequence }) => sequence)).toEqual(posted.map(({ entry }) => entry.sequence));
  let running = statement.opening;
  const balances = statement.lines.map(({ flow, amount }) => (running += flow === 'in' ? amount : -amount));
  expect(statement.lines.map(({ balance }) => balance)).toEqual(balances);
}
