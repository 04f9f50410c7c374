import type { Actor } from '../../src/domain/actor.ts';
import type { RefusalCode } from '../../src/domain/errors.ts';
import { legsOn, reversedOf, sumOf } from './model.ts';
import type { Model, ModelLeg, ModelTransfer, Side, TransferOutcome } from './model.ts';
import { refused } from './model-answers.ts';
import { carryOut, isTransferExternalIdTaken, legOf, madeBy, reject, ruleBroken } from './model-orders.ts';
import type { Draft, Known } from './model-orders.ts';
import { accountNamed, accountsIn, instantFor, settle } from './model-steps.ts';

export type Reversal = {
  readonly id: string;
  readonly actor: Actor;
  readonly transferId: string;
  /** Null: all that is left. */
  readonly amount: bigint | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly externalId: string | null;
};

export function reverse(model: Model, reversal: Reversal): TransferOutcome {
  const { actor } = reversal;
  const original = model.transfers.get(reversal.transferId);
  if (!original || !mayReverse(actor, original)) return refused('transfer_not_found');

  const left = original.legs.map((leg) => ({ ...leg, amount: leftOf(leg, original) }));
  const leftInAll = sumOf(left.filter(({ direction }) => direction === 'debit'));
  const amount = reversal.amount ?? leftInAll;
  const isOfTheBank = original.legs.some(({ ownerId }) => ownerId === null);
  const checks: readonly (readonly [code: RefusalCode, fails: boolean])[] = [
    ['not_reversible', original.kind === 'reversal' || original.status !== 'completed'],
    ['not_reversible', actor.kind === 'user' && isOfTheBank],
    ['external_id_taken', isTransferExternalIdTaken(model, reversal.externalId)],
    ['exceeds_reversible_amount', amount > leftInAll || leftInAll === 0n],
  ];
  const failed = checks.find(([, fails]) => fails)?.[0];
  if (failed) return refused(failed);

  settle(model, accountsIn(model, original));
  // What was credited is debited, and debits come first
  const sides = [
    ...takenBack(model, left, { side: 'credit', amount }),
    ...takenBack(model, left, { side: 'debit', amount }),
  ];
  const draft = draftOf(reversal, original, sides);
  const code = ruleBroken(model, sides, { actor, currency: original.currency });
  if (code) return reject(model, draft, code);

  const at = instantFor(
    model,
    sides.map(({ account }) => account),
  );
  model.transfers.set(original.id, { ...original, reversals: [...original.reversals, draft.legs] });
  return carryOut(model, draft, { actor, sides, at });
}

/** The one who received all of it, or the system. */
function mayReverse(actor: Actor, transfer: ModelTransfer): boolean {
  if (actor.kind === 'system') return true;
  const isTheirs = legsOn('credit', transfer).every(({ ownerId }) => ownerId === actor.id);
  return transfer.status !== 'rejected' && isTheirs;
}

function leftOf(leg: ModelLeg, transfer: ModelTransfer): bigint {
  return (transfer.amountCaptured ?? leg.amount) - reversedOf(leg, transfer);
}

/** From each leg of a side in proportion to what is left of it; the units that this leaves over, from the last ones. */
function takenBack(
  model: Model,
  left: readonly ModelLeg[],
  { side, amount }: { side: Side; amount: bigint },
): readonly Known[] {
  const legs = left.filter(({ direction }) => direction === side);
  const shares = legs.map((leg) => (leg.amount * amount) / sumOf(legs));
  for (let over = amount - shares.reduce((sum, share) => sum + share, 0n); over > 0n; over--) {
    const last = legs.findLastIndex((leg, index) => (shares[index] ?? 0n) < leg.amount);
    shares[last] = (shares[last] ?? 0n) + 1n;
  }
  return legs
    .map(({ accountId }, index): Known => {
      return {
        account: accountNamed(model, accountId),
        direction: side === 'debit' ? 'credit' : 'debit',
        amount: shares[index] ?? 0n,
      };
    })
    .filter((known) => known.amount > 0n);
}

function draftOf(
  { id, actor, description, reference, externalId }: Reversal,
  { id: reverses, currency }: ModelTransfer,
  sides: readonly Known[],
): Draft {
  return {
    id,
    kind: 'reversal',
    legs: sides.map(legOf),
    currency,
    ...madeBy(actor),
    description,
    reference,
    externalId,
    metadata: null,
    expiresAt: null,
    reverses,
    batchId: null,
  };
}
