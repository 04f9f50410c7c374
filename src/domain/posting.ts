import { administer } from './administration.ts';
import { WorkingBooks } from './books.ts';
import type { Books, Decision, WholeDecision } from './books.ts';
import type { BatchCommand, Command } from './command.ts';
import type { DecisionContext } from './decision-context.ts';
import { capture, expireDue, voidHold } from './holds.ts';
import { eraseText } from './erasure.ts';
import { firstDifference } from './idempotency.ts';
import { expiryFaults, linkedFailure, placeOrder } from './orders.ts';
import type { Decided, Outcome } from './outcome.ts';
import { reverse } from './reversal.ts';

/**
 * The bank in one function: what these commands, in their order, do to these books, or which rule refuses each.
 * Pure and synchronous; a store may run it any number of times, and only the run that it commits counts.
 */
export function decide(
  books: Books,
  commands: readonly Command[],
  context: DecisionContext,
): WholeDecision<readonly Decided[]> {
  const working = new WorkingBooks(books);
  const result = commands.map((command) => answer(working, command, context));
  return { result, changes: working.changes() };
}

/** As `decide`, up to `size` commands at a time. */
export function decideInParts(
  books: Books,
  commands: readonly Command[],
  { size, ...context }: DecisionContext & { readonly size: number },
): Decision<readonly Decided[]> {
  const part = (before: Books, at: number, answered: readonly Decided[]): Decision<readonly Decided[]> => {
    const working = new WorkingBooks(before);
    const end = at + size;
    const answers = commands.slice(at, end).map((command) => answer(working, command, context));
    const result = [...answered, ...answers];
    const changes = working.changes();
    return end < commands.length ? { changes, next: () => part(working, end, result) } : { result, changes };
  };
  return part(books, 0, []);
}

function answer(books: WorkingBooks, command: Command, context: DecisionContext): Decided {
  const { key, request } = command;
  const kept = key && books.record(key);
  if (kept) {
    const field = firstDifference(kept.request, request);
    return field === undefined ? { replayed: true, outcome: kept.outcome } : { conflict: { field } };
  }

  const malformed = expiryFaults(command, context.now);
  if (malformed.length > 0) return { malformed };

  const outcome = perform(books, command, context);
  if (key) books.keepRecord({ ...key, request, outcome, at: context.now });
  return { replayed: false, outcome };
}

function perform(books: WorkingBooks, command: Command, context: DecisionContext): Outcome {
  switch (command.type) {
    case 'transfer':
      return placeOrder(books, { ...command, batchId: null }, context);
    case 'batch':
      return batch(books, command, context);
    case 'capture':
      return capture(books, command, context);
    case 'void':
      return voidHold(books, command, context);
    case 'reverse':
      return reverse(books, command, context);
    case 'expire':
      return expireDue(books, command, context);
    case 'erase_text':
      return eraseText(books, command, context);
    case 'open_account':
    case 'rename':
    case 'freeze':
    case 'unfreeze':
    case 'limit':
    case 'close':
      return administer(books, command, context);
    default:
      return command satisfies never;
  }
}

function batch(books: WorkingBooks, command: BatchCommand, context: DecisionContext): Outcome {
  const { actor, id: batchId, orders, linked } = command;
  if (!linked) {
    return {
      kind: 'batch',
      members: orders.map((order) => placeOrder(books, { actor, order, batchId }, context)),
    };
  }
  const attempt = new WorkingBooks(books);
  const members = [];
  for (const order of orders) {
    const member = placeOrder(attempt, { actor, order, batchId }, context);
    members.push(member);
    if (member.kind === 'refused') {
      return {
        kind: 'batch',
        members: linkedFailure(books, command, { at: members.length - 1, member }, context),
      };
    }
  }
  books.adopt(attempt.changes());
  return { kind: 'batch', members };
}
