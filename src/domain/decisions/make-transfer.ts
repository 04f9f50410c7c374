import { Account, systemAccountId } from '../entities/account.ts';
import type { LimitCode } from '../entities/account.ts';
import { owns } from '../actor.ts';
import type { Actor } from '../actor.ts';
import { WorkingBooks } from '../books/working-books.ts';
import type { AccountRef, BatchCommand, Command, Expiry, TransferInstruction } from '../books/command.ts';
import type { DecisionContext } from './decision-context.ts';
import type { FieldError, RefusalCode } from '../errors.ts';
import type { Direction } from '../entities/counters.ts';
import { messagesOf } from './notify-parties.ts';
import type { Refusal, TransferOutcome } from '../books/outcome.ts';
import { dueOn, postStep, refuse, expireDueHolds, stepInstant, transferred } from './post-step.ts';
import type { Instant } from '../time.ts';
import { Transfer } from '../entities/transfer.ts';
import type { Leg, TransferFacts } from '../entities/transfer.ts';

export type InitiatedTransfer = {
  readonly actor: Actor;
  readonly instruction: TransferInstruction;
  readonly batchId: string | null;
};

/** One leg of a transfer, with its account resolved. */
export type Side = { readonly account: Account; readonly direction: Direction; readonly amount: bigint };

const NO_FAULTS: readonly FieldError[] = [];

/**
 * Returns faults for holds whose expiry is not in the future. Recorded commands are answered before this check, so a
 * retry gets its answer even after the hold's expiry.
 */
export function expiryFaults(command: Command, now: Instant): readonly FieldError[] {
  if (command.type === 'transfer')
    return isOverdue(command.instruction, now) ? [overdue('expiresAt')] : NO_FAULTS;
  if (command.type !== 'batch') return NO_FAULTS;
  return command.instructions.flatMap((instruction, index) =>
    isOverdue(instruction, now) ? overdue(`transfers.${index}.expiresAt`) : NO_FAULTS,
  );
}

function isOverdue({ hold }: TransferInstruction, now: Instant): boolean {
  return hold !== null && 'at' in hold && hold.at <= now;
}

function overdue(field: string): FieldError {
  return { field, message: 'must be in the future' };
}

/** Makes one transfer or places a hold: checks the rules in the documented order, then makes all changes. */
export function makeTransfer(
  books: WorkingBooks,
  placed: InitiatedTransfer,
  context: DecisionContext,
): TransferOutcome {
  const { instruction, actor } = placed;
  const found = identify(books, placed, context);
  if ('kind' in found) return found;

  if (isExternalIdTaken(books, instruction.externalId)) return refuse('external_id_taken');

  const { sides } = found;
  const at = stepInstant(
    sides.map(({ account }) => account),
    context,
  );
  const facts = factsOf(placed, sides.map(legOf), {
    sides,
    expiresAt: instruction.hold && expiryOf(instruction.hold, at),
  });
  const code = ruleBroken(books, sides, {
    currency: instruction.currency,
    actor,
    context: { ...context, now: at },
  });
  if (code) return reject(books, facts, code, context);
  // An account ahead of the clock can move `at` past an expiry that is still in the future by the clock
  if (facts.expiresAt !== null && facts.expiresAt <= at) return reject(books, facts, 'hold_expired', context);

  return applyTransfer(books, facts, { sides, at, actor }, context);
}

export function isExternalIdTaken(books: WorkingBooks, externalId: string | null): boolean {
  return externalId !== null && books.isTaken({ kind: 'transfer_external_id', value: externalId });
}

/** Writes a transfer that passed every check. */
export function applyTransfer(
  books: WorkingBooks,
  facts: TransferFacts,
  { sides, at, actor }: { sides: readonly Side[]; at: Instant; actor: Actor },
  context: DecisionContext,
): TransferOutcome {
  const { expiresAt } = facts;
  for (const { account } of sides) {
    const due = Math.min(account.nextExpiryAt ?? Infinity, expiresAt ?? Infinity);
    books.keepAccount(account.expectExpiry(due === Infinity ? null : due));
  }
  const transfer = expiresAt === null ? Transfer.complete(facts, at) : Transfer.hold(facts, at);
  postStep(books, transfer, { step: expiresAt === null ? 'completed' : 'held', at }, context);
  if (context.notify) {
    for (const message of messagesOf(books, transfer, { ...context, now: at })) books.send(message);
  }
  return transferred(books, { transfer, actor }, context);
}

/** Returns a member's outcome in a failed linked batch: the culprit's own code, `linked_transfer_failed` for others. */
export function linkedFailure(
  books: WorkingBooks,
  { actor, id: batchId, instructions }: BatchCommand,
  { index, culprit }: { index: number; culprit: { at: number; member: Refusal } },
  context: DecisionContext,
): TransferOutcome {
  const instruction = instructions[index] as TransferInstruction;
  const code = index === culprit.at ? culprit.member.code : 'linked_transfer_failed';
  if (index === culprit.at && culprit.member.transfer) {
    books.keepTransfer(culprit.member.transfer);
    return culprit.member;
  }
  const found = identify(new WorkingBooks(books), { actor, instruction, batchId }, context);
  if ('kind' in found) return found.transfer ? reject(books, found.transfer, code, context) : refuse(code);
  const { sides } = found;
  const expiresAt = instruction.hold && expiryOf(instruction.hold, context.now);
  const facts = factsOf({ actor, instruction, batchId }, sides.map(legOf), { sides, expiresAt });
  return index === culprit.at ? refuse(code) : reject(books, facts, code, context);
}

/** Runs checks 5 to 7: resolves the accounts and expires their due holds, or refuses if the actor may not use one. */
function identify(
  books: WorkingBooks,
  placed: InitiatedTransfer,
  context: DecisionContext,
): { readonly sides: readonly Side[] } | Refusal {
  const { instruction } = placed;
  const named = instruction.legs.flatMap(({ account }) =>
    'accountId' in account ? [account.accountId] : [],
  );
  if (new Set(named).size < named.length) {
    const legs = instruction.legs.map(({ account, direction, amount }) => ({
      accountId: 'accountId' in account ? account.accountId : '',
      ownerId: null,
      direction,
      amount,
    }));
    const expiresAt = instruction.hold && expiryOf(instruction.hold, context.now);
    return reject(
      books,
      factsOf(placed, legs, { sides: [], expiresAt }),
      'accounts_must_be_different',
      context,
    );
  }

  const sides: Side[] = [];
  for (const { account: ref, direction, amount } of instruction.legs) {
    const other = instruction.legs.find((leg) => leg.direction !== direction)?.account;
    const account = find(books, { ref, other }, context.now);
    const may = account && (direction === 'debit' ? mayDebit(placed, account) : mayCredit(placed, account));
    if (!account || !may) {
      // A system account is unresolved only if the other side is missing, which decides its currency
      const isSource = (direction === 'debit') !== (!account && 'purpose' in ref);
      return refuse(isSource ? 'source_account_not_found' : 'destination_account_not_found');
    }
    sides.push({ account, direction, amount });
  }
  const accounts = sides.map(({ account }) => account);
  if (new Set(accounts.map(({ id }) => id)).size < accounts.length) {
    const expiresAt = instruction.hold && expiryOf(instruction.hold, context.now);
    const facts = factsOf(placed, sides.map(legOf), { sides, expiresAt });
    return reject(books, facts, 'accounts_must_be_different', context);
  }
  expireDueHolds(books, accounts, context);
  // Expiring holds on one account may have changed the others
  return {
    sides: sides.map((side) => ({ ...side, account: books.account(side.account.id) ?? side.account })),
  };
}

/** Resolves an account. A system account that does not exist yet is returned as it would be opened. */
function find(
  books: WorkingBooks,
  { ref, other }: { ref: AccountRef; other: AccountRef | undefined },
  at: Instant,
): Account | undefined {
  if ('accountId' in ref) return books.account(ref.accountId);
  if ('ownerId' in ref) return books.activeAccounts(ref)[0];

  // A system account takes currency and exponent from the other side
  const across = other && find(books, { ref: other, other: undefined }, at);
  if (!across) return undefined;

  const { currency, exponent } = across;
  const { purpose } = ref;
  return (
    books.account(systemAccountId(purpose, currency)) ??
    Account.openSystem({ purpose, currency, exponent, at })
  );
}

function mayDebit({ actor, instruction }: InitiatedTransfer, account: Account): boolean {
  if (instruction.kind === 'withdrawal') return account.ownerId !== null;
  return actor.kind === 'system' || owns(actor, account);
}

/** Denies customers any credit to a system account. Initial funds go to customers only. */
function mayCredit({ actor, instruction }: InitiatedTransfer, account: Account): boolean {
  if (instruction.kind === 'initial_funds') return account.ownerId !== null;
  return actor.kind === 'system' || account.ownerId !== null;
}

/** Returns the code of the first of checks 9 to 14 that fails. */
export function ruleBroken(
  books: WorkingBooks,
  sides: readonly Side[],
  terms: { currency: string | null; actor: Actor; context: DecisionContext },
): RefusalCode | undefined {
  const sources = sides.filter(({ direction }) => direction === 'debit').map(({ account }) => account);
  const destinations = sides.filter(({ direction }) => direction === 'credit').map(({ account }) => account);
  if (sources.some(({ status }) => status === 'closed')) return 'source_account_closed';
  if (destinations.some(({ status }) => status === 'closed')) return 'destination_account_closed';
  if (sources.some((account) => account.refuses('debit'))) return 'source_account_frozen';
  if (destinations.some((account) => account.refuses('credit'))) return 'destination_account_frozen';

  const currency = terms.currency ?? sources[0]?.currency;
  if (sides.some(({ account }) => account.currency !== currency)) return 'currency_mismatch';

  const broken = sides
    .filter(({ account, direction }) => direction === 'debit' || mayLookAtBalance(account, terms))
    .map(({ account, direction, amount }) =>
      account.limitBrokenBy(direction, amount, dueOn(books, account, terms.context)),
    );
  return LIMIT_CODES_IN_ORDER.find((code) => broken.includes(code));
}

const LIMIT_CODES_IN_ORDER: readonly LimitCode[] = [
  'insufficient_funds',
  'exceeds_maximum_balance',
  'amount_overflow',
];

function mayLookAtBalance(
  account: Account,
  { actor, context }: { actor: Actor; context: DecisionContext },
): boolean {
  return !context.dryRun || actor.kind === 'system' || owns(actor, account);
}

export function reject(
  books: WorkingBooks,
  facts: TransferFacts,
  code: RefusalCode,
  { now }: DecisionContext,
): Refusal {
  const rejected = Transfer.reject(facts, code, now);
  books.keepTransfer(rejected);
  return refuse(code, rejected);
}

export function legOf({ account, direction, amount }: Side): Leg {
  return { accountId: account.id, ownerId: account.ownerId, direction, amount };
}

function factsOf(
  { actor, instruction, batchId }: InitiatedTransfer,
  legs: readonly Leg[],
  known: { sides: readonly Side[]; expiresAt: Instant | null },
): TransferFacts {
  const source = known.sides[0]?.account;
  return {
    id: instruction.id,
    kind: instruction.kind,
    legs,
    currency: source?.currency ?? null,
    exponent: source?.exponent ?? null,
    initiator: { kind: actor.kind, id: actor.id ?? null },
    payerName: actor.kind === 'user' ? (actor.name ?? null) : null,
    description: instruction.description,
    reference: instruction.reference,
    externalId: instruction.externalId,
    metadata: instruction.metadata,
    salt: instruction.salt,
    expiresAt: known.expiresAt,
    reverses: null,
    batchId,
  };
}

function expiryOf(expiry: Expiry, placedAt: Instant): Instant {
  return 'at' in expiry ? expiry.at : placedAt + expiry.inSeconds * 1000;
}
