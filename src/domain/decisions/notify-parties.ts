import type { WorkingBooks } from '../books/working-books.ts';
import { lastFour } from '../entities/notification.ts';
import type { TransferNotification } from '../entities/notification.ts';
import type { DecisionContext } from './decision-context.ts';
import { released, requireAccount } from './post-step.ts';
import type { Leg, Transfer } from '../entities/transfer.ts';

/**
 * Returns one message for each owner, with only their own legs and new balances. An owner of both sides gets one.
 * @param context its `now` is the instant of the step
 */
export function messagesOf(
  books: WorkingBooks,
  transfer: Transfer,
  context: DecisionContext,
): readonly TransferNotification[] {
  const owners = new Set(transfer.legs.flatMap((leg) => leg.ownerId ?? []));
  return [...owners].map((ownerId, index) => messageFor(books, transfer, { ownerId, index, context }));
}

function messageFor(
  books: WorkingBooks,
  transfer: Transfer,
  { ownerId, index, context }: { ownerId: string; index: number; context: DecisionContext },
): TransferNotification {
  const own = transfer.legs.filter((leg) => leg.ownerId === ownerId);
  const foreign = transfer.legs.filter((leg) => leg.ownerId !== ownerId);
  const pays = own.some((leg) => leg.direction === 'debit');
  const others = foreign.filter((leg) => leg.direction === (pays ? 'credit' : 'debit'));
  const own1 = requireAccount(books, own[0]?.accountId ?? '');
  return {
    id: messageId(transfer, { pays, index }),
    recipientId: ownerId,
    at: context.now,
    kind: kindFor(transfer, { pays, isBetweenOwn: foreign.length === 0 }),
    transferId: transfer.id,
    amount: transfer.amountCaptured ?? (foreign.length === 0 ? transfer.amount : net(own)),
    currency: own1.currency,
    exponent: own1.exponent,
    description: transfer.description,
    ...(transfer.reference === null ? {} : { reference: transfer.reference }),
    counterparty: counterpartyFor(transfer, others[0], { ownerId, pays }),
    ...(others.length > 1 ? { moreCounterparties: others.length - 1 } : {}),
    reverses: transfer.reverses,
    expiresAt: transfer.status === 'pending' ? transfer.expiresAt : null,
    balances: own.map(({ accountId }) => {
      const { balance, held } = released(books, requireAccount(books, accountId), context);
      return { accountId, balance, held };
    }),
  };
}

/** Returns an id unique to event and recipient. A hold has two events: its placement and its capture. */
function messageId(
  { id, status, legs }: Transfer,
  { pays, index }: { pays: boolean; index: number },
): string {
  const event = status === 'pending' ? `${id}.held` : id;
  const role = pays ? 'sent' : 'received';
  return legs.length > 2 ? `${event}.${role}.${index}` : `${event}.${role}`;
}

function kindFor(
  { kind, status }: Transfer,
  { pays, isBetweenOwn }: { pays: boolean; isBetweenOwn: boolean },
): TransferNotification['kind'] {
  if (kind === 'initial_funds') return 'initial_funds_received';
  if (kind === 'withdrawal') return 'withdrawal_made';
  if (status === 'pending') return pays ? 'hold_placed' : 'hold_received';
  if (isBetweenOwn) return 'transfer_between_own_accounts';
  return pays ? 'transfer_sent' : 'transfer_received';
}

/** The payee sees a name and four characters. The payer sees the full account id only if they typed it themselves. */
function counterpartyFor(
  { payerName, initiator, kind, destination }: Transfer,
  other: Leg | undefined,
  { ownerId, pays }: { ownerId: string; pays: boolean },
): TransferNotification['counterparty'] {
  const isTyped = pays && initiator.kind === 'user' && initiator.id === ownerId && kind !== 'reversal';
  const { accountId, ownerId: otherOwnerId } = other ?? destination;
  const account = isTyped ? accountId : lastFour(accountId);
  return { name: pays ? null : payerName, account: otherOwnerId === null ? null : account };
}

/** Returns the net amount that these legs move, without its sign. */
function net(legs: readonly Leg[]): bigint {
  const out = legs.reduce(
    (sum, { direction, amount }) => sum + (direction === 'debit' ? amount : -amount),
    0n,
  );
  return out < 0n ? -out : out;
}
