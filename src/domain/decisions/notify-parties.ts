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
  return partiesOf(transfer).map((party) => messageFor(books, transfer, { party, context }));
}

/** A mail that a step of a transfer called for, by the id of its message. */
export type ExpectedMail = Pick<TransferNotification, 'id' | 'recipientId' | 'kind'>;

/**
 * Returns the mails that the steps of a transfer so far called for. A hold has one for its placement, and one more for
 * its capture. A rejected transfer has none, and neither has the end of a hold without a capture.
 */
export function expectedMails(transfer: Transfer): readonly ExpectedMail[] {
  const { id, kind, legs, status, isHold } = transfer;
  const steps = [...(isHold ? ['pending' as const] : []), ...(status === 'completed' ? [status] : [])];
  return steps.flatMap((step) =>
    partiesOf(transfer).map((party) => ({
      id: messageId({ id, legs, status: step }, party),
      recipientId: party.ownerId,
      kind: kindFor({ kind, status: step }, party),
    })),
  );
}

/** An owner with their legs, at their place among the owners. */
type Party = {
  readonly ownerId: string;
  readonly index: number;
  readonly own: readonly Leg[];
  readonly foreign: readonly Leg[];
  readonly pays: boolean;
};

function partiesOf({ legs }: Pick<Transfer, 'legs'>): readonly Party[] {
  const owners = new Set(legs.flatMap((leg) => leg.ownerId ?? []));
  return [...owners].map((ownerId, index) => {
    const own = legs.filter((leg) => leg.ownerId === ownerId);
    const foreign = legs.filter((leg) => leg.ownerId !== ownerId);
    return { ownerId, index, own, foreign, pays: own.some((leg) => leg.direction === 'debit') };
  });
}

function messageFor(
  books: WorkingBooks,
  transfer: Transfer,
  { party, context }: { party: Party; context: DecisionContext },
): TransferNotification {
  const { ownerId, own, foreign, pays } = party;
  const others = foreign.filter((leg) => leg.direction === (pays ? 'credit' : 'debit'));
  const own1 = requireAccount(books, own[0]?.accountId ?? '');
  return {
    id: messageId(transfer, party),
    recipientId: ownerId,
    at: context.now,
    kind: kindFor(transfer, party),
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
  { id, status, legs }: Pick<Transfer, 'id' | 'status' | 'legs'>,
  { pays, index }: Party,
): string {
  const event = status === 'pending' ? `${id}.held` : id;
  const role = pays ? 'sent' : 'received';
  return legs.length > 2 ? `${event}.${role}.${index}` : `${event}.${role}`;
}

function kindFor(
  { kind, status }: Pick<Transfer, 'kind' | 'status'>,
  { pays, foreign }: Party,
): TransferNotification['kind'] {
  if (kind === 'initial_funds') return 'initial_funds_received';
  if (kind === 'withdrawal') return 'withdrawal_made';
  if (status === 'pending') return pays ? 'hold_placed' : 'hold_received';
  if (foreign.length === 0) return 'transfer_between_own_accounts';
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
