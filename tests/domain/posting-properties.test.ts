import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/adapters/system.ts';
import type { Account } from '../../src/domain/account.ts';
import type { Changes } from '../../src/domain/books.ts';
import { entryDigest, linkHash, sealTransfer } from '../../src/domain/chain.ts';
import type { Command } from '../../src/domain/command.ts';
import { isWithinBound, MAX_AMOUNT, MAX_COUNTER } from '../../src/domain/money.ts';
import { decide } from '../../src/domain/posting.ts';
import type { DecisionContext } from '../../src/domain/posting.ts';
import { anAccount, JANUARY } from '../support/builders.ts';
import { aFundingCommand, anOpenCommand, aTransferCommand, WholeBooks } from '../support/commands.ts';

const CONTEXT: DecisionContext = { now: JANUARY, digest: sha256, notify: true };

/** The runs of each property: enough to have found every fault that was planted. */
const RUNS = { numRuns: 300 };

const OWNERS = ['alice', 'bob', null] as const;
const owner = fc.constantFrom('alice', 'bob');
const currency = fc.constantFrom('EUR', 'EUR', 'EUR', 'USD');
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: 30n }) },
  { weight: 1, arbitrary: fc.constantFrom(MAX_AMOUNT, MAX_AMOUNT - 20n) },
);

type AccountSketch = Pick<
  Account,
  'status' | 'creditsFrozen' | 'maximumBalance' | 'latestAt' | 'currency'
> & {
  readonly ownerId: string | null;
  readonly minimumBalance: bigint | null;
  readonly balance: bigint;
};

const accounts = fc
  .array(
    fc.record<AccountSketch>({
      ownerId: fc.constantFrom(...OWNERS),
      currency,
      status: fc.constantFrom('active', 'active', 'active', 'active', 'frozen', 'closed'),
      creditsFrozen: fc.boolean(),
      minimumBalance: fc.constantFrom(0n, 0n, -15n, 10n, null),
      maximumBalance: fc.constantFrom(null, null, 40n, 5n, MAX_AMOUNT),
      balance: fc.oneof(
        { weight: 6, arbitrary: fc.bigInt({ min: -20n, max: 60n }) },
        { weight: 1, arbitrary: fc.constantFrom(MAX_AMOUNT, -MAX_AMOUNT, MAX_AMOUNT - 10n) },
      ),
      latestAt: fc.integer({ min: JANUARY - 5, max: JANUARY + 5 }),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((sketches) =>
    sketches.map((sketch) => anAccount({ ...sketch, purpose: sketch.ownerId === null ? 'suspense' : null })),
  );

/** Commands over these accounts, over some that are not there, and over those that they open; some keys used twice. */
function commandsOver(known: readonly Account[]): fc.Arbitrary<readonly Command[]> {
  const opened = Array.from({ length: 3 }, () => anOpenCommand().id);
  const accountId = fc.constantFrom(...known.map(({ id }) => id), ...opened, 'missing');
  const actor = fc.constantFrom(
    { kind: 'user', id: 'alice', name: 'Alice' } as const,
    { kind: 'user', id: 'bob' } as const,
    { kind: 'system' } as const,
  );
  const named = fc.constantFrom(null, null, null, 'EUR', 'USD');
  const transfer = fc
    .record({ actor, sourceAccountId: accountId, destinationAccountId: accountId, amount, currency: named })
    .map((facts) => aTransferCommand(facts));
  const funding = fc
    .record({
      amount,
      currency: named,
      destination: fc.oneof(fc.record({ accountId }), fc.record({ ownerId: owner, currency })),
    })
    .map((facts) => aFundingCommand(facts));
  const open = fc
    .record({ ownerId: owner, currency, accountLimit: fc.constantFrom(null, 2, 4) })
    .map((facts) => anOpenCommand(facts));

  return fc
    .array(fc.tuple(fc.oneof({ weight: 6, arbitrary: transfer }, funding, open), fc.nat({ max: 9 })), {
      maxLength: 25,
    })
    .map((drawn) => {
      let openings = 0;
      const commands: Command[] = [];
      for (const [command, repeats] of drawn) {
        const earlier = commands[repeats];
        // An id is drawn once; ids of openings rise, as those of one process do.
        if (command.type === 'open_account') {
          const id = opened[openings++];
          if (id !== undefined) commands.push({ ...command, id });
        } else commands.push(command);
        if (earlier && earlier.type !== 'open_account' && repeats < 3) {
          commands.push({ ...earlier, id: `${earlier.id}.${commands.length}` });
        }
      }
      return commands;
    });
}

const scenario = accounts.chain((known) => commandsOver(known).map((commands) => ({ known, commands })));

describe('for any books and any list of commands', () => {
  it('a decision only makes what keeps the book', () => {
    fc.assert(
      fc.property(scenario, ({ known, commands }) => {
        const { result, changes } = decide(new WholeBooks(known), commands, CONTEXT);
        expect(result).toHaveLength(commands.length);
        expectTwins(changes);
        for (const { before, after } of changes.accounts) {
          expectLimitsKept(before, after);
          expectRunningBook(changes, before, after);
        }
        expectOneRecordForEachKey(changes, commands);
        expectMessagesOfCompletedTransfersOnly(changes);
      }),
      RUNS,
    );
  });

  it('a decision taken again is the same, and leaves books and commands as they were', () => {
    fc.assert(
      fc.property(scenario, ({ known, commands }) => {
        const books = new WholeBooks(known.map((account) => deepFreeze(account)));
        const first = decide(books, deepFreeze(commands), CONTEXT);
        const second = decide(books, commands, CONTEXT);
        expect(second).toStrictEqual(first);
        expect(books.accounts()).toStrictEqual(known);
      }),
      RUNS,
    );
  });

  it('commands decided together are answered as one after the other', () => {
    fc.assert(
      fc.property(scenario, ({ known, commands }) => {
        const together = new WholeBooks(known);
        const decision = decide(together, commands, CONTEXT);
        together.write(decision.changes);

        const apart = new WholeBooks(known);
        const answers = commands.map((command) => {
          const { result, changes } = decide(apart, [command], CONTEXT);
          apart.write(changes);
          return result[0];
        });
        expect(decision.result).toStrictEqual(answers);
        expect(together.accounts()).toStrictEqual(apart.accounts());
      }),
      RUNS,
    );
  });

  it('the lists that are drawn reach every outcome that a rule can give', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(scenario, ({ known, commands }) => {
        for (const answer of decide(new WholeBooks(known), commands, CONTEXT).result) {
          if ('conflict' in answer) continue;
          if (answer.replayed) seen.add('replayed');
          else seen.add(answer.outcome.kind === 'refused' ? answer.outcome.code : answer.outcome.kind);
        }
      }),
      { ...RUNS, seed: 1 },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'replayed',
        'transferred',
        'opened',
        'accounts_must_be_different',
        'source_account_not_found',
        'destination_account_not_found',
        'source_account_closed',
        'destination_account_closed',
        'source_account_frozen',
        'destination_account_frozen',
        'currency_mismatch',
        'insufficient_funds',
        'exceeds_maximum_balance',
        'amount_overflow',
        'account_limit_reached',
      ]),
    );
  });
});

/** Each completed transfer has its entries, which sum to zero; a rejected one has none. */
function expectTwins({ transfers, entries }: Changes): void {
  const sums = new Map<string, bigint>();
  for (const { transferId, direction, posted } of entries) {
    const signed = direction === 'debit' ? posted : -posted;
    sums.set(transferId, (sums.get(transferId) ?? 0n) + signed);
  }
  const completed = transfers.filter(({ status }) => status === 'completed');
  expect([...sums]).toEqual(completed.map(({ id }) => [id, 0n]));
  expect(entries).toHaveLength(2 * completed.length);
  for (const { legs, createdAt, id } of completed) {
    const own = entries.filter(({ transferId }) => transferId === id);
    expect(own.map((entry) => [entry.accountId, entry.direction, entry.posted, entry.at])).toEqual(
      legs.map((leg) => [leg.accountId, leg.direction, leg.amount, createdAt]),
    );
  }
}

/** A limit that was kept is kept, and one that was broken is not broken further. */
function expectLimitsKept(before: Account | null, after: Account): void {
  const { minimumBalance, maximumBalance, counters } = after;
  const least = minimumBalance ?? -MAX_AMOUNT;
  const most = maximumBalance ?? MAX_AMOUNT;
  const [available, full] = [before?.available ?? 0n, (before?.balance ?? 0n) + (before?.incoming ?? 0n)];
  expect(after.available >= least || after.available >= available).toBe(true);
  expect(after.balance + after.incoming <= most || after.balance + after.incoming <= full).toBe(true);
  expect(isWithinBound(after.balance) && isWithinBound(after.available)).toBe(true);
  expect(counters.debitsPosted <= MAX_COUNTER && counters.creditsPosted <= MAX_COUNTER).toBe(true);
  expect(before === null || before.status !== 'closed').toBe(true);
}

/** The account afterwards is the one before and its entries: sequences, instants, counters and hashes. */
function expectRunningBook({ entries, transfers }: Changes, before: Account | null, after: Account): void {
  const own = entries.filter(({ accountId }) => accountId === after.id);
  let { sequence, latestAt, counters, head } = before ?? {
    sequence: 0,
    latestAt: JANUARY,
    counters: { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n },
    head: '0'.repeat(64),
  };
  for (const entry of own) {
    const transfer = transfers.find(({ id }) => id === entry.transferId)!;
    const context = { seal: sealTransfer(transfer, sha256), digest: sha256 };
    sequence += 1;
    counters =
      entry.direction === 'debit'
        ? { ...counters, debitsPosted: counters.debitsPosted + entry.posted }
        : { ...counters, creditsPosted: counters.creditsPosted + entry.posted };
    head = linkHash(head, entryDigest(entry, transfer, context), sha256);
    expect({ ...entry }).toMatchObject({ sequence, after: counters, hash: head });
    expect(entry.at).toBeGreaterThanOrEqual(latestAt);
    latestAt = entry.at;
  }
  expect({ ...after }).toMatchObject({ sequence, latestAt, counters, head });
}

function expectOneRecordForEachKey({ records }: Changes, commands: readonly Command[]): void {
  const keys = new Set(commands.flatMap((command) => command.key?.key ?? []));
  expect(records.map(({ key }) => key).toSorted()).toEqual([...keys].toSorted());
}

function expectMessagesOfCompletedTransfersOnly({ transfers, messages }: Changes): void {
  const expected = transfers
    .filter(({ status }) => status === 'completed')
    .flatMap(({ id, legs }) => [
      ...new Set(legs.flatMap(({ ownerId }) => (ownerId === null ? [] : [`${id} ${ownerId}`]))),
    ]);
  const sent = messages.map((message) =>
    message.kind === 'welcome' ? 'welcome' : `${message.transferId} ${message.recipientId}`,
  );
  expect(sent.toSorted()).toEqual(expected.toSorted());
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
