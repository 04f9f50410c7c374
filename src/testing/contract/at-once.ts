import { describe, expect, it } from 'vitest';
import { systemAccountId } from '../../domain/entities/account.ts';
import type { Account } from '../../domain/entities/account.ts';
import type { Ledger, TransferResult } from '../../index.ts';
import { SYSTEM, aPrefetch } from '../fixtures/bank.ts';
import type { TestBank } from '../fixtures/bank.ts';
import { expectRunningBook, expectSumsOfZero, expectWholeChain } from '../fixtures/books.ts';
import { aCustomer, freshId } from '../fixtures/builders.ts';
import type { Customer } from '../fixtures/builders.ts';
import type { Subject } from './subject.ts';

const WAVES = 10;
const COMMANDS = 14;
/** Seed and currencies of each run. No other run uses them, so a run knows all accounts in them. */
const RUNS: readonly (readonly [seed: number, currencies: Currencies])[] = [
  [20_260_115, ['MXN', 'MXV']],
  [7, ['UYU', 'UYI']],
];

/** Sends one command, whose key is drawn with it so that it can be sent again. */
type Send = (ledger: Ledger) => Promise<Answered>;
type Answered = { readonly ok: boolean; readonly replayed: boolean; readonly code?: string };
type Currencies = readonly [string, string];
type Place = { readonly owner: Customer; readonly id: string; readonly currency: string };

export function describeAtOnce(subject: () => Subject): void {
  describe('concurrent commands of every kind', () => {
    it.each(RUNS)(
      'take effect once although each is sent twice; readers see zero sums and no broken limit, seed %i',
      async (seed, currencies) => {
        const { bank, otherBank, second, clock } = subject();
        const random = randomOf(seed);
        const places = await somePlaces(bank, currencies);
        const accountIds = [...places.map(({ id }) => id), ...bankAccounts(currencies)];
        const kinds = kindsOf({ random, places, currencies });

        const reading = new AbortController();
        const seen: string[] = [];
        let looks = 0;
        const reader = (async (door: TestBank) => {
          while (!reading.signal.aborted) {
            seen.push(...faultsOf(await snapshot(door, accountIds), { places, currencies }));
            looks += 1;
            await new Promise((resolve) => {
              setImmediate(resolve);
            });
          }
        })(otherBank);

        const codes = new Set<string>();
        try {
          for (let wave = 0; wave < WAVES; wave++) {
            const sends = Array.from({ length: COMMANDS }, () => kinds.draw());
            const answers = await Promise.all([
              Promise.all(sends.map((send, index) => send((index % 2 === 0 ? bank : otherBank).ledger))),
              Promise.all(sends.map((send, index) => send((index % 3 === 0 ? bank : otherBank).ledger))),
              wave % 3 === 1 ? bank.sweep() : 0,
            ]);
            for (const [index, first] of answers[0].entries()) {
              const again = answers[1][index]!;
              expect(Number(first.replayed) + Number(again.replayed)).toBe(1);
              expect(unmarked(again)).toStrictEqual(unmarked(first));
              codes.add(first.ok ? 'done' : (first.code ?? 'in part'));
            }
            clock.advance(400);
          }
        } finally {
          reading.abort();
          await reader;
        }

        clock.advance(8 * 86_400_000);
        await bank.sweep();
        expect(seen).toEqual([]);
        expect(looks).toBeGreaterThan(0);
        expect(codes.size).toBeGreaterThan(5);
        const final = await snapshot(bank, accountIds);
        expect(faultsOf(final, { places, currencies })).toEqual([]);
        expect(final.filter(({ held, incoming }) => held !== 0n || incoming !== 0n)).toEqual([]);
        const books = await Promise.all(
          final.map(async (account) => ({ account, entries: await bank.entriesOf(account.id) })),
        );
        for (const { account, entries } of books) {
          expectRunningBook(account, entries);
          await expectWholeChain(second.reads, account, entries);
        }
        expectSumsOfZero(books.flatMap(({ entries }) => entries));
        const steps = new Set(books.flatMap(({ entries }) => entries.map(({ step }) => step)));
        expect([...steps].toSorted()).toEqual(['captured', 'completed', 'expired', 'held', 'voided']);
      },
      120_000,
    );

    it('of one owner never spend more than the total balance of the owner’s two accounts', async () => {
      const { bank, otherBank } = subject();
      const alice = aCustomer();
      const [a, b] = [await bank.account(alice, { funds: 50n }), await bank.account(alice, { funds: 50n })];
      const to = await bank.account(aCustomer('Bob'));
      await Promise.all(
        Array.from({ length: 30 }, (_, index) => {
          const door = index % 2 === 0 ? bank : otherBank;
          const [from, other] = index % 3 === 0 ? [a, b] : [b, a];
          if (index % 5 === 0) return door.pay(alice, { from, to: other, amount: 20n });
          return index % 5 === 1
            ? door.place(alice, { from, to, amount: 9n })
            : door.pay(alice, { from, to, amount: 9n });
        }),
      );
      const states = await Promise.all([a, b, to].map((id) => bank.reads.account(id)));
      expect(states.reduce((sum, account) => sum + account!.balance, 0n)).toBe(100n);
      expect(states.every((account) => account!.available >= 0n)).toBe(true);
      const held = states[0]!.held + states[1]!.held;
      expect(states[2]!.incoming).toBe(held);
    });
  });
}

/** The faults in one consistent read of all accounts in two currencies. */
function faultsOf(
  accounts: readonly Account[],
  { places, currencies }: { places: readonly Place[]; currencies: Currencies },
): readonly string[] {
  const faults: string[] = [];
  for (const currency of currencies) {
    const own = accounts.filter((account) => account.currency === currency);
    const sum = (of: (counters: Account['counters']) => bigint) =>
      own.reduce((total, { counters }) => total + of(counters), 0n);
    const posted = sum(({ debitsPosted, creditsPosted }) => debitsPosted - creditsPosted);
    const pending = sum(({ debitsPending, creditsPending }) => debitsPending - creditsPending);
    if (posted !== 0n || pending !== 0n) faults.push(`${currency}: posted ${posted}, pending ${pending}`);
  }
  const [limited] = places;
  for (const { id, available, balance, incoming, minimumBalance, maximumBalance, held, status } of accounts) {
    if (status === 'closed' && (balance !== 0n || held !== 0n || incoming !== 0n))
      faults.push(`${id}: not empty`);
    // The limits of the first account change during the run, so its balance may already break them
    if (id === limited?.id || status === 'closed') continue;
    if (minimumBalance !== null && available < minimumBalance) faults.push(`${id}: ${available} available`);
    if (maximumBalance !== null && balance + incoming > maximumBalance)
      faults.push(`${id}: ${balance} in it`);
  }
  return faults;
}

function snapshot(bank: TestBank, accountIds: readonly string[]): Promise<readonly Account[]> {
  return bank.unitOfWork.transact(
    aPrefetch({ accountIds }),
    (books) => ({
      result: accountIds.flatMap((id) => books.account(id) ?? []),
      changes: {
        accounts: [],
        transfers: [],
        entries: [],
        records: [],
        messages: [],
        messagesDueAt: null,
        audit: [],
      },
    }),
    bank.deadline(),
  );
}

function bankAccounts(currencies: Currencies): readonly string[] {
  return currencies.flatMap((currency) =>
    (['funding', 'exchange'] as const).map((purpose) => systemAccountId(purpose, currency)),
  );
}

async function somePlaces(bank: TestBank, currencies: Currencies): Promise<readonly Place[]> {
  const owners = [aCustomer('Alice'), aCustomer('Bob'), aCustomer('Carol')];
  const places: Place[] = [];
  for (let index = 0; index < 8; index++) {
    const owner = owners[index % owners.length]!;
    const currency = index < 5 ? currencies[0] : currencies[1];
    const limits = index === 1 ? { maximumBalance: 150n } : index === 2 ? { minimumBalance: -30n } : {};
    places.push({ owner, currency, id: await bank.account(owner, { funds: 100n, currency, ...limits }) });
  }
  return places;
}

/** Draws commands. Later commands may end a hold or transfer that an answered one made. */
function kindsOf({
  random,
  places,
  currencies,
}: {
  random: (below: number) => number;
  places: readonly Place[];
  currencies: Currencies;
}) {
  const holds: { id: string; payee: Customer | undefined }[] = [];
  const paid: { id: string; payee: Customer | undefined }[] = [];
  const one = <T>(of: readonly T[]): T => of[random(of.length)]!;
  const amount = (most = 40) => BigInt(1 + random(most));
  const ownerOf = (id: string | undefined) => places.find((place) => place.id === id)?.owner;
  const pair = () => {
    const from = one(places);
    const to = one(places.filter(({ currency, id }) => currency === from.currency && id !== from.id));
    return { from, to };
  };
  const order = () => {
    const { from, to } = pair();
    return { from, order: { sourceAccountId: from.id, destinationAccountId: to.id, amount: amount() } };
  };
  const note = (list: typeof holds, answer: TransferResult) => {
    if (answer.ok && !answer.replayed) {
      list.push({
        id: answer.transfer.transferId,
        payee: ownerOf(answer.transfer.destinationAccountId ?? undefined),
      });
    }
    return answer;
  };
  const key = () => ({ idempotencyKey: freshId() });
  const ender = (payee: Customer | undefined) => (payee && random(3) > 0 ? payee : SYSTEM);
  let closings = 0;

  const draws: readonly (() => Send)[] = [
    () => {
      const { from, order: made } = order();
      const request = { ...made, ...key() };
      return async (ledger) => note(paid, await ledger.transferFunds(from.owner, request));
    },
    () => {
      const { from, order: made } = order();
      const request = { ...made, pending: true, expiresInSeconds: 1 + random(4), ...key() };
      return async (ledger) => note(holds, await ledger.transferFunds(from.owner, request));
    },
    () => {
      const { id, payee } = holds.length > 0 ? one(holds) : { id: freshId(), payee: undefined };
      const request = { transferId: id, ...(random(2) === 0 ? { amount: amount(30) } : {}), ...key() };
      const by = ender(payee);
      return (ledger) => ledger.captureHold(by, request);
    },
    () => {
      const { id, payee } = holds.length > 0 ? one(holds) : { id: freshId(), payee: undefined };
      const request = { transferId: id, ...key() };
      const by = ender(payee);
      return (ledger) => ledger.voidHold(by, request);
    },
    () => {
      const { id, payee } = paid.length > 0 ? one(paid) : { id: freshId(), payee: undefined };
      const request = { transferId: id, ...(random(2) === 0 ? { amount: amount(20) } : {}), ...key() };
      const by = ender(payee);
      return (ledger) => ledger.reverseTransfer(by, request);
    },
    () => {
      const from = one(places);
      const others = places
        .filter(({ currency, id }) => currency === from.currency && id !== from.id)
        .slice(0, 2);
      const parts = others.map((to) => ({
        accountId: to.id,
        direction: 'credit' as const,
        amount: amount(15),
      }));
      const total = parts.reduce((sum, part) => sum + part.amount, 0n);
      const request = {
        legs: [{ accountId: from.id, direction: 'debit' as const, amount: total }, ...parts],
        ...key(),
      };
      return async (ledger) => note(paid, await ledger.transferFunds(from.owner, request));
    },
    () => {
      const transfers = Array.from({ length: 3 }, () => ({ ...order().order, pending: random(4) === 0 }));
      const request = { transfers, linked: random(2) === 0, ...key() };
      return (ledger) => ledger.submitBatch(SYSTEM, request);
    },
    () => {
      const request = { destinationAccountId: one(places).id, amount: amount(20), ...key() };
      return (ledger) => ledger.fundAccount(SYSTEM, request);
    },
    () => {
      const request = { sourceAccountId: one(places).id, amount: amount(20), ...key() };
      return (ledger) => ledger.withdrawFunds(SYSTEM, request);
    },
    () => {
      const [from, to] = [one(places.slice(0, 5)), one(places.slice(5))];
      const request = {
        sourceAccountId: from.id,
        destinationAccountId: to.id,
        sourceAmount: amount(20),
        destinationAmount: amount(20),
        ...key(),
      };
      return (ledger) => ledger.exchangeFunds(SYSTEM, request);
    },
    () => {
      const request = { accountId: one(places).id, credits: random(2) === 0, reason: 'at random', ...key() };
      return (ledger) => ledger.freezeAccount(SYSTEM, request);
    },
    ...Array.from({ length: 2 }, () => () => {
      const request = { accountId: one(places).id, reason: 'at random', ...key() };
      return (ledger: Ledger) => ledger.unfreezeAccount(SYSTEM, request);
    }),
    () => {
      const limits = { minimumBalance: -amount(50), maximumBalance: random(2) === 0 ? null : amount(200) };
      const request = { accountId: places[0]!.id, ...limits, reason: 'at random', ...key() };
      return (ledger) => ledger.limitAccount(SYSTEM, request);
    },
    () => {
      // Few closings, so that other commands still succeed
      const [closing, rest] = closings++ < 2 ? [places[3]!, places[0]!] : [places[4]!, places[1]!];
      const request = { accountId: closing.id, sweepTo: rest.id, ...key() };
      return (ledger) => ledger.closeAccount(closing.owner, request);
    },
    () => {
      const request = { currency: one(currencies), ...key() };
      const { owner } = one(places);
      return (ledger) => ledger.openAccount(owner, request);
    },
  ];
  return {
    draw: () => {
      // Payments and holds are drawn more often than the rest
      const index = random(2) === 0 ? random(5) : random(draws.length);
      return draws[index]!();
    },
  };
}

/** The answer without its mark as a replay. */
function unmarked(answer: object): object {
  const members = 'members' in answer ? (answer.members as readonly object[] | undefined) : undefined;
  return {
    ...answer,
    replayed: null,
    ...(members ? { members: members.map((member) => ({ ...member, replayed: null })) } : {}),
  };
}

/** Mulberry32: reproducible numbers below a bound. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
