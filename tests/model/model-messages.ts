import type { TransferNotification } from '../../src/domain/entities/notification.ts';
import { fundsOf, legsOn, sumOf } from './model.ts';
import type { Model, ModelLeg, ModelTransfer } from './model.ts';
import { accountNamed, countersWithoutDue } from './model-steps.ts';
import { exponentOf } from './model-views.ts';

/** Each owner hears of it once, with their own balances after it, and of their own legs alone. */
export function notifyOwners(model: Model, transfer: ModelTransfer, at: number): void {
  if (!model.terms.notify) return;
  const owners = new Set(transfer.legs.flatMap(({ ownerId }) => ownerId ?? []));
  for (const [index, ownerId] of [...owners].entries()) {
    model.messages.push(messageTo(model, transfer, { ownerId, index, at }));
  }
}

function messageTo(
  model: Model,
  transfer: ModelTransfer,
  { ownerId, index, at }: { ownerId: string; index: number; at: number },
): TransferNotification {
  const { id, legs, initiator, currency, expiresAt } = transfer;
  const own = legs.filter((leg) => leg.ownerId === ownerId);
  const pays = own.some(({ direction }) => direction === 'debit');
  const others = legs.filter(
    (leg) => leg.ownerId !== ownerId && leg.direction === (pays ? 'credit' : 'debit'),
  );
  const other = others[0] ?? legsOn('credit', transfer)[0];
  const isPending = transfer.status === 'pending';
  const typed = pays && initiator.kind === 'user' && initiator.id === ownerId && transfer.kind !== 'reversal';
  const shown = typed ? other?.accountId : other?.accountId.slice(-4);
  return {
    id: `${id}${isPending ? '.held' : ''}.${pays ? 'sent' : 'received'}${legs.length > 2 ? `.${index}` : ''}`,
    kind: kindFor(transfer, { pays, isAllOwn: own.length === legs.length }),
    recipientId: ownerId,
    at,
    transferId: id,
    amount: amountFor(transfer, own),
    currency: currency ?? '',
    exponent: exponentOf(currency ?? ''),
    description: transfer.description,
    ...(transfer.reference !== null && { reference: transfer.reference }),
    reverses: transfer.reverses,
    expiresAt: isPending ? expiresAt : null,
    counterparty: {
      name: pays ? null : transfer.payerName,
      account: other && other.ownerId !== null ? (shown ?? null) : null,
    },
    ...(others.length > 1 && { moreCounterparties: others.length - 1 }),
    balances: own.map(({ accountId }) => {
      const account = accountNamed(model, accountId);
      const { balance, held } = fundsOf(account, countersWithoutDue(model, account));
      return { accountId, balance, held };
    }),
  };
}

function kindFor(
  { kind, status }: ModelTransfer,
  { pays, isAllOwn }: { pays: boolean; isAllOwn: boolean },
): TransferNotification['kind'] {
  if (kind === 'initial_funds') return 'initial_funds_received';
  if (kind === 'withdrawal') return 'withdrawal_made';
  if (status === 'pending') return pays ? 'hold_placed' : 'hold_received';
  if (isAllOwn) return 'transfer_between_own_accounts';
  return pays ? 'transfer_sent' : 'transfer_received';
}

/** What was captured of a hold; else what the recipient is poorer or richer by; or between their own, all of it. */
function amountFor(transfer: ModelTransfer, own: readonly ModelLeg[]): bigint {
  if (transfer.amountCaptured !== null) return transfer.amountCaptured;
  if (own.length === transfer.legs.length) return sumOf(legsOn('debit', transfer));
  const paid = sumOf(own.filter(({ direction }) => direction === 'debit'));
  const received = sumOf(own.filter(({ direction }) => direction === 'credit'));
  return paid > received ? paid - received : received - paid;
}
