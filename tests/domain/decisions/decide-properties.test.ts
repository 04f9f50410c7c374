import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/adapters/shared/sha256.ts';
import type { Account } from '../../../src/domain/entities/account.ts';
import type { AuditRecord } from '../../../src/domain/integrity/audit-log.ts';
import { auditHash } from '../../../src/domain/integrity/audit-log.ts';
import { NO_CHANGES, whole } from '../../../src/domain/books/changes.ts';
import type { Change, Changes } from '../../../src/domain/books/changes.ts';
import { entryDigest, linkHash, sealTransfer } from '../../../src/domain/integrity/hash-chain.ts';
import { GENESIS_HASH } from '../../../src/domain/entities/genesis-hash.ts';
import type { Command, TransferInstruction } from '../../../src/domain/books/command.ts';
import type { DecisionContext } from '../../../src/domain/decisions/decision-context.ts';
import type { LedgerEntry } from '../../../src/domain/entities/ledger-entry.ts';
import { isWithinBound, MAX_AMOUNT, MAX_COUNTER } from '../../../src/domain/money/money.ts';
import type { Decided, TransferOutcome } from '../../../src/domain/books/outcome.ts';
import { decide, decideInParts } from '../../../src/domain/decisions/decide.ts';
import type { Instant } from '../../../src/domain/time.ts';
import type { Transfer } from '../../../src/domain/entities/transfer.ts';
import { countersAfter } from '../../../src/testing/fixtures/books.ts';
import { anAccount, freshId, JANUARY } from '../../../src/testing/fixtures/builders.ts';
import {
  aBatchCommand,
  aCaptureCommand,
  aCloseCommand,
  aFreezeCommand,
  aFundingCommand,
  aLimitCommand,
  anOpenCommand,
  anInstruction,
  anUnfreezeCommand,
  aReverseCommand,
  aTransferCommand,
  aVoidCommand,
  WholeBooks,
} from '../../../src/testing/fixtures/commands.ts';

const CONTEXT: DecisionContext = { now: JANUARY, digest: sha256, notify: true, dryRun: false };

/** The runs of each property: enough to have found every fault that was planted. */
const RUNS = { numRuns: 300 };

const OWNERS = ['alice', 'bob', null] as const;
const owner = fc.constantFrom('alice', 'bob');
const currency = fc.constantFrom('EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'USD');
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
      status: fc.constantFrom('active', 'active', 'active', 'active', 'active', 'frozen', 'closed'),
      creditsFrozen: fc.boolean(),
      minimumBalance: fc.constantFrom(0n, 0n, -15n, 10n, null),
      maximumBalance: fc.constantFrom(null, null, 40n, 5n, MAX_AMOUNT),
      balance: fc.oneof(
        { weight: 6, arbitrary: fc.bigInt({ min: -20n, max: 60n }) },
        { weight: 1, arbitrary: fc.constantFrom(0n, MAX_AMOUNT, -MAX_AMOUNT, MAX_AMOUNT - 10n) },
      ),
      latestAt: fc.integer({ min: JANUARY - 5, max: JANUARY + 5 }),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((sketches) =>
    sketches.map((sketch) => anAccount({ ...sketch, purpose: sketch.ownerId === null ? 'suspense' : null })),
  );

/** One act of a list. What it is about is named by a number, since it may be drawn before it. */
type Draft =
  | { readonly made: Command; readonly repeats: number }
  | {
      readonly end: 'capture' | 'void' | 'reverse';
      readonly of: number;
      readonly part: bigint | null;
      readonly as: Command['actor'];
      readonly repeats: number;
    };

const actor = fc.constantFrom<Command['actor']>(
  { kind: 'user', id: 'alice', name: 'Alice' },
  { kind: 'user', id: 'bob' },
  { kind: 'system' },
  { kind: 'system' },
  { kind: 'system' },
);

/** Commands over these accounts, over some that are not there, and over those that they open; some keys used twice. */
function commandsOver(known: readonly Account[]): fc.Arbitrary<readonly Command[]> {
  const opened = Array.from({ length: 3 }, () => anOpenCommand().id);
  const accountId = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...known.map(({ id }) => id)) },
    { weight: 1, arbitrary: fc.constantFrom(...opened, 'missing') },
  );
  const named = fc.constantFrom(null, null, null, null, null, 'EUR', 'USD');
  const hold = fc.constantFrom<TransferInstruction['hold']>(
    null,
    null,
    { inSeconds: 1 },
    { inSeconds: 60 },
    { at: JANUARY + 1003 },
    { at: JANUARY },
  );
  const pair = fc
    .record({ sourceAccountId: accountId, destinationAccountId: accountId, amount, currency: named, hold })
    .map((facts) => anInstruction(facts));
  const several = fc
    .record({ one: accountId, many: fc.array(fc.tuple(accountId, amount), { minLength: 2, maxLength: 3 }) })
    .chain(({ one, many }) =>
      fc.boolean().map((debits): TransferInstruction => {
        const [here, there] = debits ? (['debit', 'credit'] as const) : (['credit', 'debit'] as const);
        const sum = many.reduce((total, [, part]) => total + part, 0n);
        const legs = [
          { account: { accountId: one }, direction: here, amount: sum },
          ...many.map(([id, part]) => ({
            account: { accountId: id },
            direction: there,
            amount: part,
          })),
        ];
        return anInstruction({ legs: debits ? legs : [...legs.slice(1), legs[0]!] });
      }),
    );
  const instruction = fc.oneof({ weight: 4, arbitrary: pair }, several);
  const transfer = fc
    .record({ actor, instruction })
    .map((facts) => ({ ...aTransferCommand(facts), ...facts }));
  const batch = fc
    .record({
      actor,
      linked: fc.boolean(),
      instructions: fc.array(instruction, { minLength: 1, maxLength: 4 }),
    })
    .map((facts) => aBatchCommand(facts));
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
  const administration = fc.oneof(
    fc.record({ actor, accountId, credits: fc.boolean() }).map((facts) => aFreezeCommand(facts)),
    fc.record({ actor, accountId }).map((facts) => anUnfreezeCommand(facts)),
    fc
      .record({
        actor,
        accountId,
        minimumBalance: fc.constantFrom(0n, -20n, 10n),
        maximumBalance: fc.constantFrom(null, 30n, 5n),
      })
      .map((facts) => aLimitCommand(facts)),
    fc.record({ actor, accountId, to: accountId, sweeps: fc.boolean() }).map(({ to, sweeps, ...facts }) =>
      aCloseCommand({
        ...facts,
        sweep: sweeps && to !== facts.accountId ? { accountId: to, id: freshId(), salt: 'salt' } : null,
      }),
    ),
  );
  const repeats = fc.nat({ max: 9 });
  const made = fc.oneof({ weight: 5, arbitrary: transfer }, batch, funding, open, administration);
  const ends = fc.record({
    end: fc.constantFrom('capture', 'void', 'reverse'),
    of: fc.nat({ max: 3 }),
    part: fc.option(fc.bigInt({ min: 1n, max: 31n })),
    as: actor,
    repeats,
  });
  const draft: fc.Arbitrary<Draft> = fc.oneof(
    fc.record({ made, repeats }),
    fc.record({ made, repeats }),
    ends,
  );
  return fc.array(draft, { maxLength: 30, size: '+1' }).map((drafts) => commandsFrom(drafts, opened));
}

function commandsFrom(drafts: readonly Draft[], opened: readonly string[]): readonly Command[] {
  let openings = 0;
  const commands: Command[] = [];
  const made: string[] = [];
  const holds: string[] = [];
  for (const draft of drafts) {
    const earlier = commands[draft.repeats];
    const command = 'made' in draft ? draft.made : ending(draft, draft.end === 'reverse' ? made : holds);
    made.push(...idsOf(command));
    holds.push(...holdsIn(command));
    // An id is drawn once; ids of openings rise, as those of one process do.
    if (command.type === 'open_account') {
      const id = opened[openings++];
      if (id !== undefined) commands.push({ ...command, id });
    } else commands.push(command);
    if (earlier && earlier.type !== 'open_account' && draft.repeats < 3) commands.push(again(earlier));
  }
  return commands;
}

function ending(
  { end, of, part, as: by }: Extract<Draft, { end: unknown }>,
  made: readonly string[],
): Command {
  const transferId = made[of % Math.max(made.length, 1)] ?? 'missing';
  const facts = { actor: by, transferId };
  if (end === 'void') return aVoidCommand(facts);
  return end === 'capture'
    ? aCaptureCommand({ ...facts, amount: part })
    : aReverseCommand({ ...facts, amount: part });
}

/** The transfers that a command may make. */
function idsOf(command: Command): readonly string[] {
  if (command.type === 'transfer') return [command.instruction.id];
  if (command.type === 'batch') return command.instructions.map(({ id }) => id);
  return command.type === 'reverse' ? [command.id] : [];
}

function holdsIn(command: Command): readonly string[] {
  const orders =
    command.type === 'transfer'
      ? [command.instruction]
      : command.type === 'batch'
        ? command.instructions
        : [];
  return orders.flatMap(({ id, hold }) => (hold === null ? [] : [id]));
}

/** The same request under the same key, with ids of its own. */
function again(command: Command): Command {
  const other = (order: TransferInstruction) => ({ ...order, id: freshId() });
  if (command.type === 'transfer') return { ...command, instruction: other(command.instruction) };
  if (command.type === 'batch')
    return { ...command, id: freshId(), instructions: command.instructions.map(other) };
  return command.type === 'reverse' ? { ...command, id: freshId() } : command;
}

/** How far the clock is from one half of a list to the next; it may go back. */
const nows = fc.constantFrom<readonly Instant[]>(
  [JANUARY, JANUARY],
  [JANUARY, JANUARY + 1001, JANUARY + 1003, JANUARY + 1005],
  [JANUARY, JANUARY + 1004, JANUARY + 1002, JANUARY + 999, JANUARY + 1006],
  [JANUARY, JANUARY + 70_000],
);

const scenario = accounts.chain((known) =>
  fc.record({ commands: commandsOver(known), nows }).map((drawn) => ({ known, ...drawn })),
);

type Scenario = { readonly known: readonly Account[] } & {
  readonly commands: readonly Command[];
  readonly nows: readonly Instant[];
};

/** The list cut into as many parts as there are instants. */
function parts({
  commands,
  nows: instants,
}: Scenario): readonly { now: Instant; part: readonly Command[] }[] {
  const size = Math.ceil(commands.length / instants.length);
  return instants.map((now, index) => ({ now, part: commands.slice(index * size, (index + 1) * size) }));
}

describe('for random books and commands', () => {
  it('a decision keeps the books consistent', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const books = new WholeBooks(drawn.known);
        for (const { now, part } of parts(drawn)) {
          for (const command of part) {
            const { result, changes } = decide(books, [command], { ...CONTEXT, now });
            expect(result).toHaveLength(1);
            if (result[0] && 'malformed' in result[0]) {
              expect(changes).toStrictEqual(NO_CHANGES);
              continue;
            }
            expectSteps(changes, books);
            for (const { before, after } of changes.accounts) {
              expectRunningBook(changes, books, { before, after });
              expectLimitsKept(command, before, after);
            }
            expectOneRecordForEachKey(changes, [command], books);
            expectMessagesOfWhatWasPlacedOrMovedOnly(changes);
            expectOutcomeOfWhatWasKept(result[0], changes);
            books.write(changes);
          }
        }
        expectReservedIsPending(drawn.known, books);
        expectNothingReversedTwice(books);
      }),
      RUNS,
    );
  });

  it('a repeated decision is identical, and leaves its books and commands unchanged', () => {
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

  it('commands decided together have the same outcomes as one after another', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const together = new WholeBooks(drawn.known);
        const apart = new WholeBooks(drawn.known);
        const log: AuditRecord[][] = [[], []];
        for (const { now, part } of parts(drawn)) {
          const decision = decide(together, part, { ...CONTEXT, now });
          for (const change of decision.changes.accounts) {
            expectRunningBook(decision.changes, together, change);
          }
          together.write(decision.changes);
          log[0]?.push(...decision.changes.audit);

          const answers = part.map((command) => {
            const { result, changes } = decide(apart, [command], { ...CONTEXT, now });
            apart.write(changes);
            log[1]?.push(...changes.audit);
            return result[0];
          });
          expect(decision.result).toStrictEqual(answers);
        }
        expect(together.accounts()).toStrictEqual(apart.accounts());
        expect(together.transfers()).toStrictEqual(apart.transfers());
        expect(log[0]).toStrictEqual(log[1]);
        expectOneAuditChain(log[0] ?? []);
      }),
      RUNS,
    );
  });

  it('commands decided in parts have the same outcomes as in one decision', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 1, max: 7 }), (drawn, size) => {
        const books = new WholeBooks(drawn.known);
        for (const { now, part } of parts(drawn)) {
          const context = { ...CONTEXT, now };
          const atOnce = decide(books, part, context);
          const { result, changes } = whole(decideInParts(books, part, { ...context, size }));
          expect(result).toStrictEqual(atOnce.result);
          expect(changes).toStrictEqual(atOnce.changes);
          books.write(changes);
        }
      }),
      RUNS,
    );
  });

  it('the drawn lists reach every outcome that a rule can give', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(scenario, (drawn) => {
        const books = new WholeBooks(drawn.known);
        for (const { now, part } of parts(drawn)) {
          const { result, changes } = decide(books, part, { ...CONTEXT, now });
          books.write(changes);
          for (const answer of result) for (const outcome of outcomesOf(answer)) seen.add(outcome);
          for (const { step } of changes.entries) seen.add(step);
        }
      }),
      { ...RUNS, seed: 1 },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'malformed',
        'replayed',
        'transferred',
        'opened',
        'changed',
        'completed',
        'held',
        'captured',
        'voided',
        'expired',
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
        'transfer_not_found',
        'transfer_not_pending',
        'not_reversible',
        'already_completed',
        'already_voided',
        'hold_expired',
        'exceeds_hold_amount',
        'exceeds_reversible_amount',
        'linked_transfer_failed',
        'account_not_found',
        'balance_not_zero',
        'holds_outstanding',
        'already_closed',
        'account_limit_reached',
      ]),
    );
  });
});

function outcomesOf(answer: Decided): readonly string[] {
  if ('malformed' in answer) return ['malformed'];
  if ('conflict' in answer) return [];
  if (answer.replayed) return ['replayed'];
  const { outcome } = answer;
  const codeOrKind = (one: TransferOutcome) => (one.kind === 'refused' ? one.code : one.kind);
  if (outcome.kind === 'batch') return outcome.members.map(codeOrKind);
  return [outcome.kind === 'refused' ? outcome.code : outcome.kind];
}

/** What a transfer becomes writes its entries, which sum to zero on both sides; a rejection writes none. */
function expectSteps({ transfers, entries }: Changes, books: WholeBooks): void {
  const expected = transfers.flatMap(({ before, after }) => stepsOf(before, after));
  const signed = entries.map(({ transferId, accountId, step, direction, posted, pending }) => ({
    transferId,
    accountId,
    step,
    direction,
    posted,
    pending,
  }));
  expect(byText(signed)).toEqual(byText(expected));
  for (const id of new Set(entries.map(({ transferId }) => transferId))) {
    const own = entries.filter(({ transferId }) => transferId === id);
    expect(sumOf(own, 'posted')).toBe(0n);
    expect(sumOf(own, 'pending')).toBe(0n);
    expect(new Set(own.map(({ at }) => at)).size).toBe(1);
  }
  for (const { before, after } of transfers) {
    expect(before).toBe(books.transfer(after.id) ?? null);
    if (before) expect(immutable(after)).toStrictEqual(immutable(before));
  }
}

function stepsOf(before: Transfer | null, after: Transfer) {
  const entry = (step: LedgerEntry['step'], move: (of: bigint) => { posted: bigint; pending: bigint }) =>
    after.legs.map(({ accountId, direction, amount: of }) => ({
      transferId: after.id,
      accountId,
      step,
      direction,
      ...move(of),
    }));
  const reserved = (of: bigint) => ({ posted: 0n, pending: of });
  const change = `${before?.status ?? 'none'} ${after.status}`;
  switch (change) {
    case 'none completed':
      return entry('completed', (of) => ({ posted: of, pending: 0n }));
    case 'none pending':
      return entry('held', reserved);
    case 'pending completed':
      return entry('captured', (of) => ({ posted: after.amountCaptured ?? -1n, pending: of }));
    case 'pending voided':
      return entry('voided', reserved);
    case 'pending expired':
      return entry('expired', reserved);
    case 'none rejected':
      return [];
    case 'completed completed':
      expect(after.amountReversed > (before?.amountReversed ?? 0n)).toBe(true);
      return [];
    default:
      throw new TypeError(`A transfer cannot go from ${change}`);
  }
}

/** All that never changes of a transfer. */
function immutable(transfer: Transfer): Partial<Transfer> {
  const { status: _s, completedAt: _c, amountCaptured: _a, reversed: _r, ...fixed } = { ...transfer };
  return fixed;
}

function sumOf(entries: readonly LedgerEntry[], side: 'posted' | 'pending'): bigint {
  return entries.reduce((sum, entry) => {
    const moved = side === 'posted' || entry.step === 'held' ? entry[side] : -entry[side];
    return sum + (entry.direction === 'debit' ? moved : -moved);
  }, 0n);
}

/** A limit that was kept is kept, and one that was broken is not broken further. */
function expectLimitsKept(command: Command, before: Account | null, after: Account): void {
  const { counters } = after;
  expect(isWithinBound(after.balance) && isWithinBound(after.available)).toBe(true);
  expect(counters.debitsPosted <= MAX_COUNTER && counters.creditsPosted <= MAX_COUNTER).toBe(true);
  expect(before === null || before.status !== 'closed').toBe(true);
  if (after.status === 'closed') {
    expect([after.balance, after.held, after.incoming]).toEqual([0n, 0n, 0n]);
    return;
  }
  const { minimumBalance, maximumBalance } = command.type === 'limit' ? (before ?? after) : after;
  const [least, most] = [minimumBalance ?? -MAX_AMOUNT, maximumBalance ?? MAX_AMOUNT];
  const [available, full] = [before?.available ?? 0n, (before?.balance ?? 0n) + (before?.incoming ?? 0n)];
  expect(after.available >= least || after.available >= available).toBe(true);
  expect(after.balance + after.incoming <= most || after.balance + after.incoming <= full).toBe(true);
}

/** The account afterwards is the one before and its entries: sequences, instants, counters and hashes. */
function expectRunningBook(
  { entries, transfers }: Changes,
  books: WholeBooks,
  { before, after }: Change<Account>,
): void {
  const own = entries.filter(({ accountId }) => accountId === after.id);
  let { sequence, latestAt, counters, head } = before ?? {
    sequence: 0,
    latestAt: JANUARY,
    counters: { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n },
    head: GENESIS_HASH,
  };
  for (const entry of own) {
    const transfer =
      transfers.find(({ after: { id } }) => id === entry.transferId)?.after ??
      books.transfer(entry.transferId)!;
    const { number } = after;
    const context = { seal: sealTransfer(transfer, sha256), number, digest: sha256 };
    sequence += 1;
    counters = countersAfter(counters, entry);
    head = linkHash(head, entryDigest(entry, transfer, context), sha256);
    expect({ ...entry }).toMatchObject({ sequence, after: counters, hash: head });
    expect(entry.at).toBeGreaterThanOrEqual(latestAt);
    latestAt = entry.at;
  }
  expect({ ...after }).toMatchObject(
    own.length > 0 || before ? { sequence, latestAt, counters, head } : { sequence, counters, head },
  );
}

/** What an account has pending is what its pending holds say, and it remembers the first of them. */
function expectReservedIsPending(known: readonly Account[], books: WholeBooks): void {
  for (const account of books.accounts()) {
    const holds = books.holdsOf(account.id);
    const legs = holds.flatMap((hold) => hold.legs).filter(({ accountId }) => accountId === account.id);
    const sum = (direction: 'debit' | 'credit') =>
      legs.reduce((total, leg) => (leg.direction === direction ? total + leg.amount : total), 0n);
    expect([account.counters.debitsPending, account.counters.creditsPending]).toEqual([
      sum('debit'),
      sum('credit'),
    ]);
    const first = Math.min(...holds.map(({ expiresAt }) => Number(expiresAt)));
    expect(holds.length === 0 || (account.nextExpiryAt ?? Infinity) <= first).toBe(true);
  }
  expect(books.accounts().length).toBeGreaterThanOrEqual(known.length);
}

/** All reversals of one transfer never exceed it, in all and leg by leg, and it says how much was reversed. */
function expectNothingReversedTwice(books: WholeBooks): void {
  for (const transfer of books.transfers()) {
    const reversals = books
      .transfers()
      .filter(({ reverses, status }) => reverses === transfer.id && status === 'completed');
    const total = reversals.reduce((sum, { amount: of }) => sum + of, 0n);
    expect(transfer.amountReversed).toBe(total);
    expect(total <= transfer.amountMoved).toBe(true);
    expect(transfer.reversible.every((left) => left >= 0n) || transfer.status !== 'completed').toBe(true);
    for (const [index, leg] of transfer.legs.entries()) {
      if (
        reversals.length === 0 ||
        new Set(transfer.legs.map(({ accountId }) => accountId)).size < transfer.legs.length
      )
        continue;
      const back = reversals
        .flatMap(({ legs }) => legs)
        .filter(({ accountId, direction }) => accountId === leg.accountId && direction !== leg.direction)
        .reduce((sum, { amount: of }) => sum + of, 0n);
      expect(back).toBe(transfer.reversed?.[index] ?? 0n);
    }
  }
}

function expectOneRecordForEachKey(
  { records }: Changes,
  commands: readonly Command[],
  books: WholeBooks,
): void {
  const keys = new Set(commands.flatMap(({ key }) => (key === null || books.record(key) ? [] : [key.key])));
  expect(records.map(({ key }) => key).toSorted()).toEqual([...keys].toSorted());
}

function expectMessagesOfWhatWasPlacedOrMovedOnly({ transfers, messages }: Changes): void {
  const expected = transfers
    .filter(
      ({ before, after }) =>
        ['pending', 'completed'].includes(after.status) && before?.status !== after.status,
    )
    .flatMap(({ after: { id, legs } }) => [
      ...new Set(legs.flatMap(({ ownerId }) => (ownerId === null ? [] : [`${id} ${ownerId}`]))),
    ]);
  const sent = messages.map((message) =>
    'transferId' in message ? `${message.transferId} ${message.recipientId}` : message.kind,
  );
  expect(sent.toSorted()).toEqual(expected.toSorted());
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
}

/** Expects the rejections that are kept to be exactly those answered, with the same codes. */
function expectOutcomeOfWhatWasKept(answer: Decided | undefined, { transfers }: Changes): void {
  const rejected = transfers.flatMap(({ after }) => (after.status === 'rejected' ? [after] : []));
  if (!answer || 'malformed' in answer || 'conflict' in answer || answer.replayed) {
    expect(rejected).toEqual([]);
    return;
  }
  const { outcome } = answer;
  const members = outcome.kind === 'batch' ? outcome.members : [outcome];
  const rejections = members.flatMap((one) => (one.kind === 'refused' && one.transfer ? [one] : []));
  expect(byText(rejected.map(({ id, code }) => ({ id, code })))).toEqual(
    byText(rejections.map(({ transfer, code }) => ({ id: transfer?.id, code }))),
  );
}

function expectOneAuditChain(log: readonly AuditRecord[]): void {
  let previous = GENESIS_HASH;
  for (const [index, record] of log.entries()) {
    expect(record.sequence).toBe(index + 1);
    previous = auditHash(previous, record, sha256);
    expect(record.hash).toBe(previous);
  }
}

function byText<T>(things: readonly T[]): readonly T[] {
  const text = (thing: T) =>
    JSON.stringify(thing, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  return things.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
