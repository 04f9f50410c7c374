import { administer } from './administer-account.ts';
import { inSlices, WorkingBooks } from '../books/working-books.ts';
import { NO_CHANGES, whole } from '../books/changes.ts';
import type { Books } from '../books/working-books.ts';
import type { Changes, Decision, WholeDecision } from '../books/changes.ts';
import { sizeOf, sizeOfInstruction } from '../books/command.ts';
import type { Digest } from '../integrity/hash-chain.ts';
import type { BatchCommand, Command } from '../books/command.ts';
import type { DecisionContext } from './decision-context.ts';
import { capture, expireDue, releaseHold } from './end-hold.ts';
import { eraseTransferText } from './erase-text.ts';
import { differenceFromKept } from '../books/idempotency.ts';
import { expiryFaults, linkedFailure, makeTransfer } from './make-transfer.ts';
import { MORE_IS_DUE, NUMBER_IS_TAKEN } from '../books/outcome.ts';
import type { Answer, Decided, Outcome, Refusal, TransferOutcome } from '../books/outcome.ts';
import { reverse } from './reverse-transfer.ts';

/**
 * Decides commands in order over the books: returns each command's outcome or refusal, and all changes.
 * Pure and synchronous. A store may run it any number of times; only the committed run counts.
 */
export function decide(
  books: Books,
  commands: readonly Command[],
  context: DecisionContext,
): WholeDecision<readonly Decided[]> {
  return whole(decideInParts(books, commands, { ...context, size: Infinity }));
}

/**
 * Same as `decide`, in parts of about `size` (see `sizeOf`). A large batch spans several parts. Parts of a linked batch
 * change nothing until it is decided; then its changes also come in parts. Each `next` is called once.
 */
export function decideInParts(
  books: Books,
  commands: readonly Command[],
  { size, ...context }: DecisionContext & { readonly size: number },
): Decision<readonly Decided[]> {
  const share = new Share(new WorkingBooks(books), size);
  const deciding = answerAll(commands, share, context);
  const part = (): Decision<readonly Decided[]> => {
    const { done, value } = deciding.next();
    const [first = NO_CHANGES, ...more] = inSlices(share.books.changes(), 2 * size);
    const last = (changes: Changes) => (done ? { result: value, changes } : { changes, next: part });
    share.begin();
    return more.reduceRight<(changes: Changes) => Decision<readonly Decided[]>>(
      (next, slice) => (changes) => ({ changes, next: () => next(slice) }),
      last,
    )(first);
  };
  return part();
}

/** One part of a decision, with the size that it may still take. */
class Share {
  readonly size: number;
  #left: number;
  books: WorkingBooks;

  constructor(books: WorkingBooks, size: number) {
    this.books = books;
    this.size = size;
    this.#left = size;
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  count(size: number): void {
    this.#left -= size;
  }

  /** Starts the next part, on top of this part's changes. */
  begin(): void {
    this.books = new WorkingBooks(this.books);
    this.#left = this.size;
  }
}

/** Answers the commands in order. Yields at the end of each part. */
function* answerAll(
  commands: readonly Command[],
  share: Share,
  context: DecisionContext,
): Generator<void, readonly Decided[]> {
  const answers: Decided[] = [];
  for (const command of commands) {
    if (share.isFull) yield;
    if (command.type === 'batch') {
      answers.push(
        answeredBefore(share.books, command, context) ??
          keep(share, command, yield* decideBatch(share, command, context), context),
      );
      continue;
    }
    answers.push(answer(share.books, command, context));
    share.count(sizeOf(command));
  }
  return answers;
}

function answer(
  books: WorkingBooks,
  command: Exclude<Command, BatchCommand>,
  context: DecisionContext,
): Decided {
  return (
    answeredBefore(books, command, context) ??
    keep({ books }, command, perform(books, command, context), context)
  );
}

/** Returns the answer of a command that needs no execution: a recorded one, or fields that are invalid by now. */
function answeredBefore(
  books: WorkingBooks,
  command: Command,
  { now, digest }: DecisionContext,
): Decided | undefined {
  const kept = keptAnswer(books, command, digest);
  if (kept) return kept;
  const malformed = expiryFaults(command, now);
  return malformed.length > 0 ? { malformed } : undefined;
}

/** Returns the answer recorded under the key, if any. */
function keptAnswer(books: WorkingBooks, { key, request }: Command, digest: Digest): Answer | undefined {
  const kept = key && books.record(key);
  if (!kept) return undefined;
  const field = differenceFromKept(kept, request, digest);
  return field === undefined ? { replayed: true, outcome: kept.outcome } : { conflict: { field } };
}

function keep(
  { books }: Pick<Share, 'books'>,
  { key, request }: Command,
  outcome: Outcome,
  { now: at }: DecisionContext,
): Answer {
  if (outcome === MORE_IS_DUE || outcome === NUMBER_IS_TAKEN)
    return { replayed: false, outcome, unfinished: true };
  if (key) books.keepRecord({ ...key, request, outcome, at });
  return { replayed: false, outcome };
}

function perform(
  books: WorkingBooks,
  command: Exclude<Command, BatchCommand>,
  context: DecisionContext,
): Outcome {
  switch (command.type) {
    case 'transfer':
      return makeTransfer(books, { ...command, batchId: null }, context);
    case 'capture':
      return capture(books, command, context);
    case 'void':
      return releaseHold(books, command, context);
    case 'reverse':
      return reverse(books, command, context);
    case 'expire':
      return expireDue(books, command, context);
    case 'erase_text':
      return eraseTransferText(books, command, context);
    case 'open_account':
    case 'rename':
    case 'freeze':
    case 'unfreeze':
    case 'limit':
    case 'describe':
    case 'close':
      return administer(books, command, context);
    default:
      return command satisfies never;
  }
}

/** Decides a batch. Yields at the end of each part. */
function* decideBatch(
  share: Share,
  command: BatchCommand,
  context: DecisionContext,
): Generator<void, Outcome> {
  const { actor, id: batchId, instructions, linked } = command;
  // All changes of a linked batch come at once, so a large one starts a new part
  if (linked && sizeOf(command) > share.size) yield;
  const books = linked ? new WorkingBooks(share.books) : undefined;
  const members: TransferOutcome[] = [];
  for (const instruction of instructions) {
    if (share.isFull) yield;
    const member = makeTransfer(books ?? share.books, { actor, instruction, batchId }, context);
    members.push(member);
    share.count(sizeOfInstruction(instruction));
    if (linked && member.kind === 'refused') {
      return yield* failLinked(share, command, { at: members.length - 1, member }, context);
    }
  }
  if (books) share.books.adopt(books.changes());
  return { kind: 'batch', members };
}

function* failLinked(
  share: Share,
  command: BatchCommand,
  culprit: { at: number; member: Refusal },
  context: DecisionContext,
): Generator<void, Outcome> {
  const members: TransferOutcome[] = [];
  for (const [index, instruction] of command.instructions.entries()) {
    if (share.isFull) yield;
    members.push(linkedFailure(share.books, command, { index, culprit }, context));
    share.count(sizeOfInstruction(instruction));
  }
  return { kind: 'batch', members };
}
