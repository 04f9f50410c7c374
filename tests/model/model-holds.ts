import type { Actor } from '../../src/domain/actor.ts';
import type { RefusalCode } from '../../src/domain/errors.ts';
import { byId, legsOn, statusAt, sumOf } from './model.ts';
import type { Model, ModelTransfer, TransferOutcome } from './model.ts';
import { refused } from './model-answers.ts';
import { made, refusesCredits } from './model-orders.ts';
import { accountNamed, expire, instantOf, settle, writeStep } from './model-steps.ts';

export type Ending = { readonly actor: Actor; readonly transferId: string };

/** Takes all or part of a hold. No limit is checked again. */
export function capture(
  model: Model,
  { amount: asked, ...ending }: Ending & { amount: bigint | null },
): TransferOutcome {
  const hold = endable(model, ending);
  if (typeof hold === 'string') return refused(hold);
  const held = sumOf(legsOn('debit', hold));
  const amountCaptured = asked ?? held;
  const destination = accountNamed(model, payeeOf(hold).accountId);
  const checks: readonly (readonly [code: RefusalCode, fails: boolean])[] = [
    ['exceeds_hold_amount', amountCaptured > held],
    ['destination_account_closed', destination.status === 'closed'],
    ['destination_account_frozen', refusesCredits(destination)],
  ];
  const code = checks.find(([, fails]) => fails)?.[0];
  if (code) return refused(code);

  const at = instantOf(model, hold);
  const captured: ModelTransfer = { ...hold, status: 'completed', amountCaptured, completedAt: at };
  return made(model, writeStep(model, captured, { step: 'captured', at }), { actor: ending.actor, at });
}

/** Releases a hold, regardless of the status of its accounts. Nobody is notified. */
export function release(model: Model, ending: Ending): TransferOutcome {
  const hold = endable(model, ending);
  if (typeof hold === 'string') return refused(hold);

  const at = instantOf(model, hold);
  const voided = writeStep(model, { ...hold, status: 'voided' }, { step: 'voided', at });
  return made(model, voided, { actor: ending.actor, at, isNotified: false });
}

/** Writes the expiry of all that is due, account by account. */
export function sweep(model: Model): void {
  for (const account of [...model.accounts.values()].sort(byId)) settle(model, [account]);
}

const ENDED = {
  completed: 'already_completed',
  voided: 'already_voided',
  expired: 'hold_expired',
} as const;

/** By its payee or the system, and once only. That it was found to be due is written, if nothing has yet. */
function endable(model: Model, { actor, transferId }: Ending): ModelTransfer | RefusalCode {
  const transfer = model.transfers.get(transferId);
  if (!transfer) return 'transfer_not_found';
  const { status, expiresAt } = transfer;
  const isPayee = status !== 'rejected' && payeeOf(transfer).ownerId === actor.id;
  if (actor.kind !== 'system' && !isPayee) return 'transfer_not_found';
  if (expiresAt === null || status === 'rejected') return 'transfer_not_pending';

  const now = statusAt(transfer, instantOf(model, transfer));
  if (now === 'expired' && status === 'pending') expire(model, transfer, model.now);
  if (now === 'pending') return transfer;
  return now === 'rejected' ? 'transfer_not_pending' : ENDED[now];
}

function payeeOf(transfer: ModelTransfer): ModelTransfer['legs'][number] {
  const [leg] = legsOn('credit', transfer);
  if (!leg) throw new TypeError('A transfer has a credit');
  return leg;
}
