import { owns } from '../actor.ts';
import type { Actor } from '../actor.ts';
import type { WorkingBooks } from '../books/working-books.ts';
import type { ReverseCommand } from '../books/command.ts';
import type { DecisionContext } from './decision-context.ts';
import { applyTransfer, isExternalIdTaken, legOf, reject, ruleBroken } from './make-transfer.ts';
import type { Side } from './make-transfer.ts';
import type { TransferOutcome } from '../books/outcome.ts';
import { accountsOf, refuse, requireAccount, expireDueHolds, stepInstant } from './post-step.ts';
import type { Transfer, TransferFacts } from '../entities/transfer.ts';

/**
 * Reverses all or part of a transfer by a new transfer that references it. A partial reversal of several legs takes
 * from each in proportion to its unreversed amount.
 */
export function reverse(
  books: WorkingBooks,
  command: ReverseCommand,
  context: DecisionContext,
): TransferOutcome {
  const { actor } = command;
  const original = books.transfer(command.transferId);
  if (!original || !mayReverse(actor, original)) return refuse('transfer_not_found');
  if (original.kind === 'reversal' || original.status !== 'completed') return refuse('not_reversible');
  if (actor.kind === 'user' && original.legs.some((leg) => leg.ownerId === null))
    return refuse('not_reversible');

  if (isExternalIdTaken(books, command.externalId)) return refuse('external_id_taken');

  const left = original.amountMoved - original.amountReversed;
  const amount = command.amount ?? left;
  if (amount > left || left === 0n) return refuse('exceeds_reversible_amount');

  const shares = sharesOf(original, amount);
  const sides = sidesOf(books, original, shares, context);
  const facts = factsOf(command, original, sides);
  const at = stepInstant(
    sides.map(({ account }) => account),
    context,
  );
  const terms = { currency: original.currency, actor, context: { ...context, now: at } };
  const code = ruleBroken(books, sides, terms);
  if (code) return reject(books, facts, code, context);

  books.keepTransfer(original.reverse(shares));
  return applyTransfer(books, facts, { sides, at, actor }, context);
}

/** Allows the owner of all credited accounts, and the system. */
function mayReverse(actor: Actor, { legs, status }: Transfer): boolean {
  if (actor.kind === 'system') return true;
  return status !== 'rejected' && legs.every((leg) => leg.direction === 'debit' || owns(actor, leg));
}

/** Returns the amount to reverse of each leg. Each side sums to `amount`, and no leg exceeds its unreversed amount. */
function sharesOf(original: Transfer, amount: bigint): readonly bigint[] {
  const shares = original.legs.map(() => 0n);
  for (const direction of ['debit', 'credit'] as const) {
    const indices = [...original.legs.keys()].filter(
      (index) => original.legs[index]?.direction === direction,
    );
    const left = (index: number) => original.reversible[index] ?? 0n;
    const total = indices.reduce((sum, index) => sum + left(index), 0n);
    let rest = amount;
    for (const index of indices) {
      const share = (left(index) * amount) / total;
      shares[index] = share;
      rest -= share;
    }
    // The rounding remainder goes to the last leg with room for it
    for (const index of indices.toReversed()) {
      const share = shares[index] ?? 0n;
      const more = rest < left(index) - share ? rest : left(index) - share;
      shares[index] = share + more;
      rest -= more;
    }
  }
  return shares;
}

/** Returns the legs in the opposite direction, debits first. Leaves out a leg with no share. */
function sidesOf(
  books: WorkingBooks,
  original: Transfer,
  shares: readonly bigint[],
  context: DecisionContext,
): readonly Side[] {
  expireDueHolds(books, accountsOf(books, original), context);
  const sides = original.legs.map((leg, index): Side => {
    return {
      account: requireAccount(books, leg.accountId),
      direction: leg.direction === 'debit' ? 'credit' : 'debit',
      amount: shares[index] ?? 0n,
    };
  });
  return sides
    .filter(({ amount }) => amount > 0n)
    .sort((a, b) => Number(a.direction === 'credit') - Number(b.direction === 'credit'));
}

function factsOf(command: ReverseCommand, original: Transfer, sides: readonly Side[]): TransferFacts {
  const { actor } = command;
  return {
    id: command.id,
    kind: 'reversal',
    legs: sides.map(legOf),
    currency: original.currency,
    exponent: original.exponent,
    initiator: { kind: actor.kind, id: actor.id ?? null },
    payerName: actor.kind === 'user' ? (actor.name ?? null) : null,
    description: command.description,
    reference: command.reference,
    externalId: command.externalId,
    metadata: null,
    salt: command.salt,
    expiresAt: null,
    reverses: original.id,
    batchId: null,
  };
}
