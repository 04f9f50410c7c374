import { owns } from '../actor.ts';
import type { Actor } from '../actor.ts';
import type { WorkingBooks } from '../books/working-books.ts';
import type { CaptureCommand, ExpireCommand, VoidCommand } from '../books/command.ts';
import type { DecisionContext } from './decision-context.ts';
import type { RefusalCode } from '../errors.ts';
import { messagesOf } from './notify-parties.ts';
import type { Outcome, TransferOutcome } from '../books/outcome.ts';
import {
  accountsOf,
  expire,
  postStep,
  refuse,
  requireAccount,
  settledAccount,
  stepInstant,
  transferred,
} from './post-step.ts';
import type { Transfer } from '../entities/transfer.ts';

/** Captures all or part of a hold and releases the rest. Checks no limit again, since both sides were reserved. */
export function capture(
  books: WorkingBooks,
  command: CaptureCommand,
  context: DecisionContext,
): TransferOutcome {
  const hold = pendingHold(books, command, context);
  if (typeof hold === 'string') return refuse(hold);
  const amount = command.amount ?? hold.amount;
  if (amount > hold.amount) return refuse('exceeds_hold_amount');
  const destination = requireAccount(books, hold.destination.accountId);
  if (destination.status === 'closed') return refuse('destination_account_closed');
  if (destination.refuses('credit')) return refuse('destination_account_frozen');

  const at = stepInstant(accountsOf(books, hold), context);
  const captured = hold.capture(amount, at);
  postStep(books, captured, { step: 'captured', at, captured: amount }, context);
  if (context.notify) {
    for (const message of messagesOf(books, captured, { ...context, now: at })) books.send(message);
  }
  return transferred(books, { transfer: captured, actor: command.actor }, context);
}

/** Voids a hold. Works regardless of the accounts' status. */
export function releaseHold(
  books: WorkingBooks,
  command: VoidCommand,
  context: DecisionContext,
): TransferOutcome {
  const hold = pendingHold(books, command, context);
  if (typeof hold === 'string') return refuse(hold);

  const at = stepInstant(accountsOf(books, hold), context);
  const voided = hold.void();
  postStep(books, voided, { step: 'voided', at }, context);
  return transferred(books, { transfer: voided, actor: command.actor }, context);
}

/** Expires the due holds on one account, up to the limit of one unit. */
export function expireDue(books: WorkingBooks, command: ExpireCommand, context: DecisionContext): Outcome {
  const account = settledAccount(books, command.accountId, context);
  return account ? { kind: 'changed', account } : refuse('account_not_found');
}

/** Returns the hold if the actor may end it and it is pending; otherwise the code of the first broken rule. */
function pendingHold(
  books: WorkingBooks,
  { actor, transferId }: { actor: Actor; transferId: string },
  context: DecisionContext,
): Transfer | RefusalCode {
  const hold = books.transfer(transferId);
  if (!hold || !mayEnd(actor, hold)) return 'transfer_not_found';
  if (!hold.isHold) return 'transfer_not_pending';

  const at = stepInstant(accountsOf(books, hold), context);
  if (hold.status === 'pending' && hold.statusAt(at) === 'expired') expire(books, hold, context);
  const status = hold.statusAt(at);
  switch (status) {
    case 'pending':
      return hold;
    case 'completed':
      return 'already_completed';
    case 'voided':
      return 'already_voided';
    case 'expired':
      return 'hold_expired';
    case 'rejected':
      return 'transfer_not_pending';
    default:
      return status satisfies never;
  }
}

/** Allows the payee and the system. The payer cannot end a hold: otherwise it would guarantee nothing. */
function mayEnd(actor: Actor, { status, destination }: Transfer): boolean {
  return actor.kind === 'system' || (status !== 'rejected' && owns(actor, destination));
}
